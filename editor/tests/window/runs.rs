//! Real runs of the example workflows with the small model, and the pictures of them that the documentation shows.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use editor::app::Message;
use editor::canvas::scene::Scene;
use editor::chrome::{empty, toolbar};
use editor::command::Command;
use editor::host::Host;
use editor::plugins::Shelf;
use editor::preview::Shown;
use editor::status::NodeStatus;
use editor::{inspector, param};
use graph::engine::{Engine, Happened, RunOptions, Settings};
use graph::plan::Plan;
use graph::preview::{self, Preview};
use graph::registry::Registry;
use graph::run::{Cancel, Resources};
use graph::value::Footprint;
use graph::workflow::Workflow;
use iced::Point;
use iced::keyboard::key::Named;
use nodes::compute::Compute;

use crate::picture::Picture;
use crate::robot::{self, Robot};
use crate::{folder, graph, id, workflows};

/// The share of pixels that may be others: runs take another time each, and other processors paint a little otherwise.
const SHARE: f64 = 0.08;

/// The editor with all nodes, as the program starts it.
fn host(folder: &std::path::Path) -> Host {
    let mut registry = Registry::default();
    nodes::register(&mut registry);
    let engine = || {
        let compute = Compute::cpu();
        Ok(Engine::new(Settings {
            workers: 2,
            budget: Footprint {
                host: 1 << 30,
                device: 0,
            },
            device_class: compute.name().into(),
            resources: Resources::default().with(compute),
        }))
    };
    Host {
        registry: Arc::new(registry),
        plugins: Shelf::empty(),
        engine: Arc::new(engine),
        device: "cpu".into(),
        folders: robot::folders(folder),
        examples: workflows(),
    }
}

/// An editor in which an example was opened; the example itself is not touched.
fn with_example(folder: &std::path::Path, name: &str) -> Robot {
    let mut robot = Robot::new(host(folder), &[], (1280, 800));
    robot.send(Message::Empty(empty::Message::Example(
        workflows().join(name),
    )));
    robot
}

fn command(robot: &mut Robot, command: Command) {
    robot.send(Message::Toolbar(toolbar::Message::Command(command)));
}

fn is_finished(robot: &Robot, node: &str) -> bool {
    let status = robot.app.statuses().get(&id(node));
    matches!(status, Some(NodeStatus::Finished { .. }))
}

/// The picture that `decode` shows in the editor.
fn painted(robot: &Robot) -> preview::Picture {
    match robot.app.thumbnails().at(&id("decode"), "image") {
        Some(Shown::Pictures(pictures)) => pictures[0].picture().clone(),
        other => panic!("there is no picture but {other:?}"),
    }
}

/// The picture of the same workflow without a window.
fn painted_headless() -> preview::Picture {
    let folder = folder();
    let host = host(folder.path());
    let path = workflows().join("text_to_image.ron");
    let workflow = Workflow::open(&path, &host.registry).expect("it is a workflow");
    let plan = Plan::new(&workflow.graph, &host.registry).expect("it can be run");
    let options = RunOptions {
        base: workflows(),
        show: true,
        ..RunOptions::default()
    };
    let mut picture = None;
    let engine = (host.engine)().expect("the processor is there");
    let _ = engine.run(&plan, &options, &Cancel::default(), |event| {
        if let Happened::Shown { node, preview, .. } = &event.what
            && *node == id("decode")
            && let Preview::Images(pictures) = preview
        {
            picture = pictures.first().cloned();
        }
    });
    picture.expect("a picture was painted")
}

/// Keeps what is seen as a picture of the documentation, or compares it with the one kept.
fn shoot(robot: &mut Robot, name: &str) {
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/screenshots")
        .join(format!("{name}.webp"));
    Picture::new(robot.look(1.0)).is_as(&kept, SHARE);
}

#[test]
fn a_picture_is_made_step_by_step_and_gone_on_from() {
    let folder = folder();
    let mut robot = with_example(folder.path(), "text_to_image.ron");
    assert_eq!(
        robot.app.document().path(),
        None,
        "examples are not written to"
    );
    robot.control_named(Named::Enter);
    robot.settle();
    for node in ["prompt", "encode", "model", "sample", "tokenizer", "decode"] {
        assert!(is_finished(&robot, node), "{node}: {:?}", robot.app.said());
    }
    let painted = painted(&robot);
    assert!(
        painted == painted_headless(),
        "the window changed the picture"
    );
    robot.point_at(Point::new(4.0, 400.0));
    shoot(&mut robot, "text_to_image_dark");
    command(&mut robot, Command::Theme);
    shoot(&mut robot, "text_to_image_light");
    command(&mut robot, Command::Theme);

    robot.click("Form");
    robot.resize((960, 640));
    robot.point_at(Point::new(950.0, 400.0));
    shoot(&mut robot, "form");
    robot.resize((1280, 800));

    robot.click("Tokens");
    robot.settle();
    for _ in 0..6 {
        robot.press(Named::ArrowLeft);
    }
    robot.rest();
    robot.point_at(Point::new(200.0, 240.0));
    shoot(&mut robot, "tokens");

    let before = graph(&robot).nodes().len();
    robot.press(Named::Enter);
    robot.settle();
    let added = graph(&robot).nodes().len() - before;
    assert_eq!(added, 3, "a step, a sampler and a decoder");
    robot.control("z");
    assert_eq!(graph(&robot).nodes().len(), before, "undone in one go");
}

#[test]
fn a_run_that_fails_shows_where_and_why() {
    let folder = folder();
    let mut robot = with_example(folder.path(), "text_to_image.ron");
    let field = |event| {
        let target = id("tokenizer").port("path");
        Message::Inspector(inspector::Message::Field(param::Message { target, event }))
    };
    robot.send(field(param::Event::Typed("models/missing".into())));
    robot.send(field(param::Event::Submitted));
    robot.control_named(Named::Enter);
    robot.settle();
    let status = robot.app.statuses().get(&id("tokenizer"));
    assert!(
        matches!(status, Some(NodeStatus::Failed { .. })),
        "{status:?}"
    );
    assert!(!is_finished(&robot, "decode"));
    shoot(&mut robot, "error");
}

#[test]
fn the_nodes_of_no_workflow_lie_on_each_other() {
    let mut registry = Registry::default();
    nodes::register(&mut registry);
    let (mut checked, mut found) = (0, Vec::new());
    for entry in std::fs::read_dir(workflows()).expect("the workflows are there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|ending| ending != "ron") {
            continue;
        }
        let workflow = Workflow::open(&path, &registry).expect("it is a workflow");
        let scene = Scene::new(&workflow.graph, &registry, &BTreeSet::new());
        for (number, node) in scene.nodes().iter().enumerate() {
            // What a run tells of a node stands above it.
            let room = node.bounds.inflate(0.0, 14.0);
            for other in &scene.nodes()[number + 1..] {
                let meets = room.intersects(&other.bounds.inflate(0.0, 14.0));
                let [node, other] = [&node.id, &other.id];
                if meets {
                    found.push(format!("{}: `{node}` lies on `{other}`", path.display()));
                }
            }
        }
        checked += 1;
    }
    assert_eq!(found, [""; 0]);
    assert!(checked > 10, "only {checked} workflows were found");
}
