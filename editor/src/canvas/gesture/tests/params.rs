use graph::edit::Edit;
use graph::param::ParamValue;

use crate::canvas::Action;
use crate::canvas::sample::{Bench, FREE, SHIFT, ref_of};
use crate::space::{ScreenPoint, ScreenRect, ScreenSize, ScreenVector};

const NODES: &str =
    "a: test.sample 0 0\n b: test.blur 400 0\n c: test.picture 800 0\n d: test.text 0 600";

#[test]
fn numbers_change_by_moving_sideways() {
    let cases = [
        ("b.amount", 50.0, FREE, ParamValue::Float(0.7)),
        ("b.amount", -50.0, FREE, ParamValue::Float(0.3)),
        ("b.amount", 50.0, SHIFT, ParamValue::Float(0.52)),
        ("b.amount", 900.0, FREE, ParamValue::Float(1.0)),
        ("a.steps", 100.0, FREE, ParamValue::Int(128)),
        ("a.steps", 100.0, SHIFT, ParamValue::Int(70)),
        ("a.steps", -900.0, FREE, ParamValue::Int(1)),
        ("a.seed", 50.0, FREE, ParamValue::Int(5)),
        ("a.seed", -50.0, FREE, ParamValue::Int(0)),
    ];
    for (param, way, held, expected) in cases {
        let mut bench = Bench::new(NODES);
        let field = bench.field(param);
        bench.press(field, crate::canvas::Button::Left, FREE);
        bench.go(field + ScreenVector::new(way / 2.0, 30.0), held);
        bench.go(field + ScreenVector::new(way, -30.0), held);
        bench.release(field, crate::canvas::Button::Left);
        let port = ref_of(param);
        let value = bench.params(port.node.as_str()).get(&port.port).cloned();
        let steps = usize::from(value.is_some());
        assert_eq!(
            value.unwrap_or(ParamValue::Int(0)),
            expected,
            "{param} by {way}"
        );
        assert_eq!(bench.steps(), steps);
    }
}

#[test]
fn one_click_asks_for_what_has_to_be_typed_or_chosen() {
    let mut bench = Bench::new(NODES);
    for param in ["b.amount", "a.name", "a.seed", "c.path", "c.fit", "d.text"] {
        let field = bench.field(param);
        bench.click(field, FREE);
    }
    let bounds = |x, y, width, height| {
        ScreenRect::new(ScreenPoint::new(x, y), ScreenSize::new(width, height))
    };
    let edit = |target, bounds| Action::Edit {
        target: ref_of(target),
        bounds,
    };
    let expected = [
        edit("b.amount", bounds(483.0, 60.0, 89.0, 20.0)),
        edit("a.name", bounds(83.0, 132.0, 89.0, 20.0)),
        edit("a.seed", bounds(83.0, 156.0, 65.0, 20.0)),
        edit("c.path", bounds(883.0, 60.0, 89.0, 20.0)),
        Action::Choose {
            target: ref_of("c.fit"),
            bounds: bounds(883.0, 132.0, 89.0, 20.0),
        },
        edit("d.text", bounds(8.0, 660.0, 164.0, 68.0)),
    ];
    assert_eq!(bench.asked, expected);
    assert_eq!(bench.steps(), 0);
}

#[test]
fn a_click_turns_yes_to_no_and_two_clicks_back() {
    let mut bench = Bench::new(NODES);
    let field = bench.field("c.keep");
    bench.click(field, FREE);
    assert_eq!(bench.params("c")["keep"], ParamValue::Bool(true));
    bench.happens(crate::canvas::Message::DoubleClicked { at: field });
    assert_eq!(bench.params("c")["keep"], ParamValue::Bool(false));
}

#[test]
fn dice_roll_another_seed_each_time() {
    let mut bench = Bench::new(NODES);
    let scene = bench.scene();
    let row = scene.nodes()[0]
        .param("seed")
        .cloned()
        .expect("it is shown");
    let dice = bench.seen(row.dice.expect("a seed has dice").center());
    let mut seeds = Vec::new();
    for _ in 0..3 {
        bench.click(dice, FREE);
        seeds.push(bench.params("a")["seed"].clone());
    }
    assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2]);
    for seed in seeds {
        assert!(matches!(seed, ParamValue::Int(0..=4_294_967_295)), "{seed}");
    }
    assert_eq!(bench.steps(), 3);
}

#[test]
fn a_parameter_that_is_no_number_drags_its_node() {
    let mut bench = Bench::new(NODES);
    let field = bench.field("c.fit");
    bench.drag(field, field + ScreenVector::new(40.0, 0.0), FREE);
    assert_eq!(bench.place("c"), (840, 0));
    let unset = Edit::SetParam {
        node: crate::canvas::sample::id("c"),
        name: "size".into(),
        value: Some(ParamValue::Text("odd".into())),
    };
    bench.does(|_, _| Action::Apply(unset));
    let field = bench.field("c.size");
    bench.drag(field, field + ScreenVector::new(40.0, 0.0), FREE);
    assert_eq!(
        bench.place("c"),
        (880, 0),
        "a text where a number belongs cannot be changed so"
    );
}
