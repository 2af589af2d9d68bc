//! The checker on true pictures, and on pictures that are wrong in one thing.

use std::path::Path;

use graph::node::AnyNode;
use graph::param::{ParamValue, ParamValues};
use graph::port::Values;
use graph::registry::Registry;
use graph::run::{Resources, Run};
use graph::value::Value;

use super::checker::Checker;
use super::judge::{Score, judge};
use crate::compute::Compute;
use crate::input::captions;
use crate::input::scenes::Scenes;
use crate::input::scenes::grammar::Noun;
use crate::input::scenes::tests::{EMOJI, THINGS, held_out, scenes};
use crate::value::{Dataset, Example, Image, Pixels, Samples, Truth};

const COUNT: usize = 100;

/// A third of the things that there are, from the whole alphabet.
fn many_things() -> String {
    let rows = captions::read(&Path::new(EMOJI).join("fluent-3d")).expect("the list is there");
    let names: Vec<String> = rows
        .into_iter()
        .filter_map(|row| Some(Noun::of(&row.concept, &row.group)?.name))
        .collect();
    let third: Vec<&str> = names.iter().step_by(3).map(String::as_str).collect();
    third.join(",")
}

fn few_things() -> [(&'static str, ParamValue); 2] {
    [held_out(), ("size", ParamValue::Int(64))]
}

fn run() -> Run {
    Run::alone(Resources::default().with(Compute::cpu()))
}

fn example(scenes: &Scenes, index: usize) -> (Vec<u8>, Truth) {
    let Example { pixels, truth, .. } = scenes.get(index).expect("there are a million");
    let Pixels::Raw { bytes, .. } = pixels else {
        panic!("scenes are pictures");
    };
    (bytes, truth.expect("scenes have a truth"))
}

#[test]
fn true_scenes_of_many_things_are_recognised() {
    let things = many_things();
    let scenes = scenes(&[
        held_out(),
        ("only", ParamValue::Text(things.clone())),
        ("size", ParamValue::Int(64)),
    ]);
    let checker = Checker::open(Path::new(EMOJI), "fluent-3d", &things, &run())
        .expect("the pictures are there");
    let mut score = Score::default();
    for index in 0..COUNT {
        let (bytes, truth) = example(&scenes, index);
        let seen = checker.look(&bytes, 64, 64);
        score.add(&truth.category, &judge(&seen, 64, &truth, 64));
    }
    println!("the checker on true scenes: {score:?}");
    assert!(score.overall.score >= 0.97, "{score:?}");
    assert_eq!(score.categories.len(), 5);
    assert!(score.categories.values().all(|share| share.of == COUNT / 5));
}

#[test]
fn every_statement_that_does_not_hold_is_noticed() {
    let scenes = scenes(&few_things());
    let checker = Checker::open(Path::new(EMOJI), "fluent-3d", THINGS, &run())
        .expect("the pictures are there");
    let mut wrong = 0;
    for index in 0..50 {
        let (bytes, truth) = example(&scenes, index);
        let seen = checker.look(&bytes, 64, 64);
        assert!(
            judge(&seen, 64, &truth, 64).is_right(),
            "{index}: {truth:?} {seen:?}"
        );
        let mut check = |change: &dyn Fn(&mut Truth)| {
            let mut changed = truth.clone();
            change(&mut changed);
            let judgement = judge(&seen, 64, &changed, 64);
            if changed != truth {
                wrong += 1;
                assert!(!judgement.is_right(), "{index}: {changed:?}");
            }
        };
        check(&|truth| truth.background = "black".into());
        check(&|truth| truth.objects[0].name = "mermaid".into());
        check(&|truth| truth.objects.push(truth.objects[0].clone()));
        check(&|truth| drop(truth.objects.pop()));
        check(&|truth| {
            if !truth.relation.is_empty() {
                truth.objects.reverse();
            }
        });
        check(&|truth| {
            if truth.category == "size" {
                truth.objects[0].size = 55 - truth.objects[0].size;
            }
        });
    }
    assert!(wrong > 200, "{wrong} changes were made");
}

fn evaluate(
    scenes: Scenes,
    images: &[Image],
    reconstructed: Option<Image>,
) -> Result<(serde_json::Value, f64), String> {
    let mut registry = Registry::default();
    let _ = registry.add::<super::EvaluateScenes>();
    let params = ParamValues::from([
        ("path".into(), ParamValue::Text(EMOJI.into())),
        ("only".into(), ParamValue::Text(THINGS.into())),
        ("count".into(), ParamValue::Int(10)),
    ]);
    let entry = registry.get("evaluate.scenes").expect("added above");
    let node: Box<dyn AnyNode> = entry.build(&params).expect("the parameters are right");
    let mut inputs = Values::default();
    inputs.push("dataset", Value::new(Dataset::new(scenes)));
    for image in images {
        inputs.push("image", Value::new(image.clone()));
    }
    if let Some(image) = reconstructed {
        inputs.push("reconstructed", Value::new(image));
    }
    let outputs = node
        .call(&inputs, &mut run())
        .map_err(|error| error.to_string())?;
    let report: String = outputs.one("report").expect("the node has this output");
    let score: f64 = outputs.one("score").expect("the node has this output");
    Ok((
        serde_json::from_str(&report).expect("the report is JSON"),
        score,
    ))
}

/// The pictures of the first ten scenes and what else is asked for.
fn prompts(scenes: Scenes) -> (String, Image) {
    let mut registry = Registry::default();
    crate::input::register(&mut registry);
    let entry = registry.get("input.scene_prompts").expect("it is built in");
    let params = ParamValues::from([("count".into(), ParamValue::Int(10))]);
    let node = entry.build(&params).expect("the parameters are right");
    let mut inputs = Values::default();
    inputs.push("dataset", Value::new(Dataset::new(scenes)));
    let outputs = node
        .call(&inputs, &mut run())
        .expect("there are ten scenes");
    (
        outputs.one("text").expect("the node has this output"),
        outputs.one("image").expect("the node has this output"),
    )
}

#[test]
fn the_report_stands_beside_what_bounds_it() {
    let (text, pictures) = prompts(scenes(&few_things()));
    let captions: Vec<&str> = text.lines().collect();
    let expected: Vec<String> = (0..10)
        .map(|at| scenes(&few_things()).scene(at).caption)
        .collect();
    assert_eq!(captions, expected);

    let blank = Image::new(pictures.pixels().ones_like()).expect("the shape is that of pictures");
    let rounds = [pictures.clone(), blank.clone()];
    let (report, score) =
        evaluate(scenes(&few_things()), &rounds, Some(blank.clone())).expect("all fits");
    assert_eq!(report["captions"], 10);
    assert_eq!(report["pictures"], 20);
    assert_eq!(report["score"]["overall"]["right"], 10);
    assert_eq!(score, 0.5);
    assert_eq!(report["score"]["categories"]["counting"]["of"], 4);
    assert_eq!(report["checker_on_true_pictures"]["overall"]["score"], 1.0);
    assert_eq!(
        report["checker_on_reconstructions"]["overall"]["score"],
        0.0
    );

    let (report, _) = evaluate(scenes(&few_things()), &[pictures], None).expect("all fits");
    assert!(report.get("checker_on_reconstructions").is_none());
}

#[test]
fn what_does_not_fit_is_refused() {
    let (_, pictures) = prompts(scenes(&few_things()));
    let three = Image::new(pictures.pixels().clone().narrow(0, 0, 3)).expect("these are pictures");
    let refused = |images: &[Image], reconstructed, expected: &str| {
        let error =
            evaluate(scenes(&few_things()), images, reconstructed).expect_err("it must be refused");
        assert!(error.contains(expected), "{error}");
    };
    refused(&[], None, "`image`");
    refused(
        std::slice::from_ref(&three),
        None,
        "whole rounds of 10 pictures, found 3",
    );
    refused(
        std::slice::from_ref(&pictures),
        Some(three),
        "`reconstructed`",
    );
    let few = scenes(&[held_out(), ("count", ParamValue::Int(4))]);
    let error = evaluate(few, &[pictures], None).expect_err("it must be refused");
    assert!(error.contains("at least 10 scenes"), "{error}");
}
