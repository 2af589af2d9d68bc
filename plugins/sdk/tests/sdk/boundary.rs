//! Nodes as a host runs them.

use smalto_sdk::abi::Status;
use smalto_sdk::error::NodeError;
use smalto_sdk::node::Node;
use smalto_sdk::param::{ParamValue, ParamValues, Seed};
use smalto_sdk::policy::Question;
use smalto_sdk::run::Run;
use smalto_sdk::testing::{Boundary, Refusal, params};
use smalto_sdk::value::{Image, Mask, Own, Tokens, WireValue};

use crate::plugin::{
    Count, CountInputs, Counts, KEPT, Mishap, ScaleAll, ScaleInputs, smalto_plugin_entry_v1,
};

fn boundary() -> Boundary {
    Boundary::of(smalto_plugin_entry_v1).expect("the plugin serves this host")
}

fn picture(pixels: &[f32]) -> Image {
    Image::new([1, 1, pixels.len() / 3], pixels.to_vec()).expect("the pixels fill the picture")
}

fn needed(more: ParamValues) -> ParamValues {
    let mut values = params([("needed", ParamValue::Int(1))]);
    values.extend(more);
    values
}

fn scaled(more: ParamValues) -> Result<(Image, String), Refusal> {
    let mask = Mask::new([1, 2], vec![false, true]).expect("two pixels fill the region");
    let inputs = vec![
        ("image", picture(&[0.2, 0.4, 0.6, 0.8, 1.0, 0.0]).send()),
        ("mask", mask.send()),
        ("captions", String::from("one").send()),
        ("captions", String::from("two").send()),
    ];
    let results = boundary().run("test.scale", &needed(more), inputs)?;
    let image = results.one("image").expect("there is a picture");
    let report = results.one("report").expect("there is a report");
    Ok((image, report))
}

#[test]
fn a_node_runs_by_hand_and_behind_the_boundary_alike() {
    let node = ScaleAll {
        factor: 0.5,
        times: 2,
        mishap: Mishap::None,
        negative: false,
        name: "nobody".into(),
        path: "a/b.txt".into(),
        seed: Seed(7),
        needed: 1,
    };
    let mask = Mask::new([1, 2], vec![false, true]);
    let inputs = ScaleInputs {
        image: picture(&[0.2, 0.4, 0.6, 0.8, 1.0, 0.0]),
        mask,
        captions: vec!["one".into(), "two".into()],
    };
    let by_hand = node
        .run(inputs, &mut Run::alone())
        .expect("nothing goes wrong");
    let more = params([("times", ParamValue::Int(2)), ("seed", ParamValue::Int(7))]);
    let (image, report) = scaled(more).expect("nothing goes wrong");
    assert_eq!(image.pixels(), [0.05, 0.1, 0.15, 0.8, 1.0, 0.0]);
    assert_eq!(by_hand.image, image);
    assert_eq!(by_hand.report, report);
    assert!(report.starts_with("one+two 0."), "{report}");
    assert!(report.ends_with(" a/b.txt"), "{report}");
}

#[test]
fn what_is_wrong_is_said_with_where_and_how_to_mend_it() {
    let check = |more: ParamValues, status, place: &str, problem: &str, hint: &str| {
        let refusal = scaled(more).expect_err("something is wrong");
        let expected = Refusal {
            status,
            place: place.into(),
            problem: problem.into(),
            hint: hint.into(),
        };
        assert_eq!(refusal, expected);
    };
    let mishap = |name: &str| params([("mishap", ParamValue::Text(name.into()))]);
    check(mishap("failure"), Status::FAILED, "", "it broke", "glue it");
    check(
        mishap("full_panic"),
        Status::PANIC,
        "",
        "the plugin panicked: as it was told, 1 times",
        "this is a mistake of the plugin, please report it",
    );
    check(
        params([("factor", ParamValue::Float(f64::NAN))]),
        Status::INVALID_INPUT,
        "factor",
        "parameter `factor` must be a number from -4 to 4, but is NaN",
        "",
    );
    check(
        params([("name", ParamValue::Text("forbidden".into()))]),
        Status::INVALID_INPUT,
        "name",
        "parameter `name` must be another name, but is forbidden",
        "",
    );
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let run = |inputs| {
        let results = boundary().run("test.scale", &needed(ParamValues::new()), inputs);
        results
            .err()
            .map(|refusal| (refusal.place, refusal.problem))
    };
    assert_eq!(
        run(vec![]),
        Some((
            "image".into(),
            "input `image` does not fit: expected image, found nothing wired to it".into()
        ))
    );
    assert_eq!(
        run(vec![("image", String::from("a picture").send())]),
        Some((
            "image".into(),
            "input `image` does not fit: expected image, found a text".into()
        ))
    );
}

#[test]
fn a_run_that_was_cancelled_ends() {
    let inputs = vec![("image", picture(&[0.5; 3]).send())];
    let results = boundary().run_cancelled("test.scale", &needed(ParamValues::new()), inputs);
    let refusal = results.err().expect("the run was cancelled");
    assert_eq!(refusal.status, Status::CANCELLED);
    assert_eq!(refusal.problem, "", "cancelling is no mistake");
}

#[test]
fn tokens_keep_what_is_masked_and_own_kinds_travel_between_nodes() {
    let boundary = boundary();
    let codes = vec![3, Tokens::MASK, 1, 3];
    let tokens = Tokens::new([1, 2, 2], 4, codes).expect("the codes are below 4");
    let none = ParamValues::new();
    let results = boundary
        .run("test.count", &none, vec![("tokens", tokens.send())])
        .expect("the codes can be counted");
    let turned: Tokens = results.one("tokens").expect("there are tokens");
    assert_eq!(turned.codes(), [3, 1, Tokens::MASK, 3]);
    assert_eq!(results.one("masked"), Ok(1.0));
    let counts: Own<Counts> = results.one("counts").expect("there are counts");
    assert_eq!(counts.0.0, [0, 1, 0, 2]);

    let results = boundary
        .run("test.commonest", &none, vec![("counts", counts.send())])
        .expect("the counts are those of this plugin");
    assert_eq!(results.one("code"), Ok(3.0));
}

#[test]
fn what_is_no_value_is_no_value() {
    assert!(Image::new([1, 2, 2], vec![0.0; 11]).is_none());
    assert!(Image::new([usize::MAX, 2, 2], vec![]).is_none());
    assert!(Mask::new([0, 3], vec![]).is_none());
    assert!(Tokens::new([1, 1, 2], 4, vec![0, 4]).is_none());
    let tokens = Tokens::new([1, 1, 2], 4, vec![0, 3]).expect("the codes are below 4");
    let counted = Count.run(CountInputs { tokens }, &mut Run::alone());
    let counted = counted.expect("the codes can be counted");
    assert_eq!(counted.counts.0.0, [1, 0, 0, 1]);
}

fn asked(steps: u32, greedy: bool) -> Result<Vec<u32>, Refusal> {
    let boundary = boundary();
    let params = params([("greedy", ParamValue::Bool(greedy))]);
    let results = boundary.run("test.last_first", &params, vec![])?;
    let question = Question {
        step: 0,
        steps,
        sample: 0,
        rows: 2,
        columns: 2,
        count: 2,
        confidences: &[0.5; 4],
        masked: &[true, true, false, true],
        random: &[0.5; 4],
    };
    results.choose(&boundary, "policy", &question)
}

#[test]
fn a_policy_is_asked_through_its_table() {
    assert_eq!(asked(4, false), Ok(vec![3, 1]));
    let problem = |answer: Result<Vec<u32>, Refusal>| {
        let refusal = answer.expect_err("something is wrong");
        (refusal.status, refusal.problem)
    };
    assert_eq!(
        problem(asked(13, false)),
        (Status::FAILED, "thirteen steps".into())
    );
    assert_eq!(
        problem(asked(4, true)),
        (
            Status::FAILED,
            "the policy chose 3 positions where 2 were asked for".into()
        )
    );
    let (status, said) = problem(asked(14, false));
    assert_eq!(status, Status::PANIC);
    assert!(
        said.ends_with("fourteen steps\n  left: 14\n right: 14"),
        "{said}"
    );
}

#[test]
fn what_an_older_version_saved_is_rewritten() {
    let saved = params([
        ("strength", ParamValue::Float(2.0)),
        ("name", ParamValue::Text("kept".into())),
    ]);
    let now = boundary().migrate("test.scale", 1, saved.clone());
    let expected = params([
        ("factor", ParamValue::Float(2.0)),
        ("name", ParamValue::Text("kept".into())),
    ]);
    assert_eq!(now, Ok(expected));
    assert_eq!(
        boundary().migrate("test.scale", 2, saved.clone()),
        Ok(saved)
    );
    let unknown = boundary().migrate("test.nothing", 1, ParamValues::new());
    let refusal = unknown.expect_err("there is no such node");
    assert_eq!(refusal.status, Status::UNSUPPORTED);
}

#[test]
fn a_run_that_is_over_answers_nothing() {
    let keep = params([("name", ParamValue::Text("keep".into()))]);
    let _ = scaled(keep).expect("nothing goes wrong");
    let kept = KEPT
        .lock()
        .expect("nobody panics while it is locked")
        .take();
    let kept = kept.expect("the node kept its run");
    assert_eq!(kept.check(), Err(NodeError::Cancelled));
    assert_eq!(kept.progress(1, 2), Err(NodeError::Cancelled));
    kept.note("nobody hears this");
}
