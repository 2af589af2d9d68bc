//! Read this first: ten short tests that show the whole system, from a file to a picture.

use std::path::PathBuf;

use graph::document::{Graph, NodeId, PlacedNode};
use graph::edit::Edit;
use graph::engine::{Engine, Outcome, RunOptions, Settings};
use graph::param::{ParamValue, Seed};
use graph::plan::Plan;
use graph::random::Random;
use graph::registry::Registry;
use graph::run::{Cancel, Resources};
use graph::value::Footprint;
use graph::workflow::{Workflow, to_text};
use nodes::compute::Compute;
use nodes::value::{Grid, Image, Tokens};

use crate::program::smalto;
use crate::repository::root;

const HELLO: &str = r#"(
    format: 1,
    about: "Says hello.",
    plugins: {},
    nodes: {
        "hello": (kind: "input.text", version: 1, params: {"text": "hello"}),
    },
    wires: [],
    interface: (params: {"words": "hello.text"}, outputs: {"said": "hello.text"}),
)
"#;

fn registry() -> Registry {
    let mut registry = Registry::default();
    nodes::register(&mut registry);
    registry
}

fn engine() -> Engine {
    Engine::new(Settings {
        workers: 2,
        budget: Footprint {
            host: 1 << 30,
            device: 0,
        },
        device_class: "cpu".into(),
        resources: Resources::default().with(Compute::cpu()),
    })
}

fn run(engine: &Engine, graph: &Graph) -> (Outcome, Vec<String>) {
    let plan = Plan::new(graph, &registry()).expect("the workflow has no problems");
    let options = RunOptions {
        base: root().join("workflows"),
        ..RunOptions::default()
    };
    let mut events = Vec::new();
    let outcome = engine.run(&plan, &options, &Cancel::default(), |event| {
        events.push(serde_json::to_string(event).expect("an event is data"));
    });
    assert!(outcome.is_complete(), "{:?}", outcome.failed);
    (outcome, events)
}

fn hello() -> Graph {
    let workflow = Workflow::read("hello.ron", HELLO, &registry());
    workflow.expect("the text is a workflow").graph
}

fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("the name is plain")
}

#[test]
fn a_workflow_is_text_and_text_is_a_workflow() {
    assert_eq!(to_text(&hello()), HELLO);
}

#[test]
fn every_change_is_an_edit_and_every_edit_has_an_inverse() {
    let mut graph = hello();
    let before = graph.clone();
    let more = PlacedNode::new("input.text", 1).with("text", ParamValue::Text("more".into()));
    let inverse = graph
        .apply(Edit::add(id("more"), more))
        .expect("there is no such node yet");
    assert_eq!(graph.nodes().len(), 2);
    let _ = graph.apply(inverse).expect("it was just added");
    assert_eq!(graph, before);
}

#[test]
fn a_plan_names_everything_that_is_wrong() {
    let text = HELLO
        .replace("input.text", "input.txet")
        .replace("wires: []", "wires: 7");
    let problems = Workflow::check_text("hello.ron", &text, &registry());
    let shown = problems.to_string();
    assert!(
        shown.contains("hello.ron:6:25: node `hello` is of the unknown kind `input.txet`"),
        "{shown}"
    );
    assert!(shown.contains("did you mean `input.text`?"), "{shown}");
    assert!(shown.contains("hello.ron:8:12: "), "{shown}");
}

#[test]
fn an_engine_runs_a_plan_and_tells_of_it() {
    let (outcome, events) = run(&engine(), &hello());
    let said = outcome.outputs["said"][0].get::<String>();
    assert_eq!(said.map(String::as_str), Some("hello"));
    assert!(
        events[0].contains(r#""event":"started","node":"hello""#),
        "{events:?}"
    );
    assert!(events[1].contains(r#""event":"finished""#), "{events:?}");
}

#[test]
fn what_has_not_changed_does_not_run_again() {
    let engine = engine();
    let mut graph = hello();
    let finished = |events: &[String], from_cache: bool| {
        let part = format!("\"from_cache\":{from_cache},");
        events.iter().filter(|event| event.contains(&part)).count()
    };
    assert_eq!(finished(&run(&engine, &graph).1, false), 1);
    assert_eq!(finished(&run(&engine, &graph).1, true), 1);
    let edit = Edit::SetParam {
        node: id("hello"),
        name: "text".into(),
        value: Some(ParamValue::Text("good evening".into())),
    };
    let _ = graph.apply(edit).expect("the node is there");
    assert_eq!(finished(&run(&engine, &graph).1, false), 1);
}

#[test]
fn randomness_depends_on_seed_and_place_alone() {
    let draw = |seed| Random::new(Seed(seed)).stream(0).uniform(3, 2, 1);
    assert!(draw(7) > 0.0 && draw(7) < 1.0);
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn a_value_checks_its_shape_when_it_is_made() {
    let grid = Grid {
        rows: 2,
        columns: 2,
    };
    assert!(Tokens::new(vec![0, 1, 2, Tokens::MASK], grid, 3).is_ok());
    let error = Tokens::new(vec![0, 1, 2, 3], grid, 3).expect_err("3 is no code of three");
    assert_eq!(
        error.to_string(),
        "code 3 at position 3 is not below the codebook's size 3"
    );
}

#[test]
fn kernels_agree_with_their_references() {
    let reports = kernels::verify(Compute::cpu().device(), |_, _| true);
    assert!(reports.len() > 10);
    for report in reports {
        assert!(
            report.passed,
            "{} {}: {}",
            report.kernel, report.case, report.error
        );
    }
}

fn set(graph: &mut Graph, node: &str, param: &str, value: i64) {
    let edit = Edit::SetParam {
        node: id(node),
        name: param.into(),
        value: Some(ParamValue::Int(value)),
    };
    let _ = graph.apply(edit).expect("the node is there");
}

/// The whole way: text, prompt, sampler, denoiser, decoder, picture; then a change at the end of it.
#[test]
fn a_prompt_becomes_a_picture() {
    let path: PathBuf = root().join("workflows/text_to_image.ron");
    let workflow = Workflow::open(&path, &registry()).expect("it has no problems");
    let mut graph = workflow.graph;
    set(&mut graph, "sample", "steps", 2);
    let engine = engine();
    let (outcome, _) = run(&engine, &graph);
    let image = outcome.outputs["image"][0].get::<Image>();
    let image = image.expect("it is a picture");
    assert_eq!(
        (image.batch(), image.height(), image.width()),
        (1, 256, 256)
    );
    let bytes = image.to_bytes();
    assert!(
        bytes.iter().any(|byte| *byte != bytes[0]),
        "the picture is empty"
    );

    set(&mut graph, "decode", "tile", 32);
    let (_, events) = run(&engine, &graph);
    let started = events.iter().filter(|event| event.contains("\"started\""));
    let started: Vec<&String> = started.collect();
    assert_eq!(started.len(), 1, "{started:?}");
    assert!(started[0].contains("\"node\":\"decode\""), "{started:?}");
}

#[test]
fn the_program_explains_itself() {
    let ended = smalto(&["nodes", "sample.edit"]).expect(0);
    assert!(
        ended.stdout.starts_with("sample.edit (version 1)\n"),
        "{ended:#?}"
    );
}
