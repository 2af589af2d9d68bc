//! The editor as its users meet it, in a window without a screen.

mod closing;
mod fields;
#[path = "../canvas/picture.rs"]
mod picture;
mod plugins;
mod results;
mod robot;
#[cfg(feature = "app")]
mod runs;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use editor::app::Message;
use editor::canvas::scene::{Scene, Side};
use editor::chrome::{empty, tabs, toolbar};
use editor::command::Command;
use editor::host::Host;
use editor::plugins::Shelf;
use editor::space::{WorldPoint, WorldVector};
use graph::document::{Graph, NodeId, Position, Wire};
use graph::engine::{Engine, Settings};
use graph::node::Descriptor;
use graph::registry::{Entry, Registry};
use graph::run::Resources;
use graph::value::Footprint;
use graph::workflow::to_text;
use iced::Point;
use iced::keyboard::Key;
use iced::keyboard::key::Named;
use picture::Picture;
use robot::Robot;
use tempfile::TempDir;

/// The kinds of the fixture; their nodes cannot be run.
fn registry() -> Registry {
    let kinds = include_str!("../fixtures/kinds.ron");
    let kinds: Vec<Descriptor> = ron::from_str(kinds).expect("the fixture holds descriptors");
    let mut registry = Registry::default();
    for kind in kinds {
        let entry = Entry::new(kind, "", |_| Err(Vec::new()), |_, _| {});
        let _ = registry.insert(entry);
    }
    registry
}

fn host(folder: &Path) -> Host {
    let engine = || {
        Ok(Engine::new(Settings {
            workers: 2,
            budget: Footprint::default(),
            device_class: "test".into(),
            resources: Resources::default(),
        }))
    };
    Host {
        registry: Arc::new(registry()),
        plugins: Shelf::empty(),
        engine: Arc::new(engine),
        device: "processor".into(),
        folders: robot::folders(folder),
        examples: workflows(),
    }
}

fn workflows() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflows")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// The editor with `files` open, which are copied from the example workflows.
fn editor(folder: &Path, files: &[&str]) -> Robot {
    let copies: Vec<PathBuf> = files.iter().map(|name| copy(folder, name)).collect();
    Robot::new(host(folder), &copies, (1280, 800))
}

fn copy(folder: &Path, name: &str) -> PathBuf {
    let copy = folder.join(name);
    let _ = std::fs::copy(workflows().join(name), &copy).expect("the example is there");
    copy
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the file is there")
}

/// A free place on the canvas of `text_to_image.ron`.
const FREE: Point = Point::new(420.0, 660.0);

fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("it is a name")
}

fn graph(robot: &Robot) -> &Graph {
    robot.app.document().graph()
}

/// Adds the node that `query` finds first, at a point of the window.
fn add(robot: &mut Robot, query: &str, at: Point) {
    robot.point_at(at);
    robot.press(Named::Tab);
    robot.write(query);
    robot.press(Named::Enter);
}

/// Where a socket of a node is in the window.
fn socket(robot: &Robot, node: &str, port: &str, side: Side) -> Point {
    let app = &robot.app;
    let registry = registry();
    let scene = Scene::new(app.document().graph(), &registry, &BTreeSet::new());
    let world = scene
        .anchor(&id(node).port(port), side)
        .expect("there is such a socket");
    in_window(robot, world)
}

/// Selects a node of `text_to_image.ron` by a click on its title.
fn select(robot: &mut Robot, node: &str) {
    select_of(robot, &registry(), node);
}

/// Selects a node of a workflow of the kinds in `registry` by a click on its title.
fn select_of(robot: &mut Robot, registry: &Registry, node: &str) {
    let scene = Scene::new(graph(robot), registry, &BTreeSet::new());
    let bounds = scene.node(&id(node)).expect("there is such a node").bounds;
    let at = bounds.origin + WorldVector::new(60.0, 15.0);
    robot.click_at(in_window(robot, at));
}

fn in_window(robot: &Robot, at: WorldPoint) -> Point {
    let at = robot.app.canvas().camera.to_screen(at);
    Point::new(at.x, at.y + tabs::HEIGHT + toolbar::HEIGHT)
}

fn command(robot: &mut Robot, command: Command) {
    robot.send(Message::Toolbar(toolbar::Message::Command(command)));
}

/// Where a node is on the canvas.
fn place(robot: &Robot, node: &str) -> Position {
    graph(robot).layout().nodes[&id(node)]
}

#[test]
fn who_types_faster_than_the_window_is_drawn_finds_the_same_node() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    let letters = "text input".chars();
    let letters = letters.map(|letter| Key::Character(letter.to_string().into()));
    robot.point_at(FREE);
    robot.press_at_once(
        [Key::Named(Named::Tab)]
            .into_iter()
            .chain(letters)
            .chain([Key::Named(Named::Backspace), Key::Character("t".into())]),
    );
    robot.press(Named::Enter);
    assert!(graph(&robot).nodes().contains_key(&id("text")));
}

#[test]
fn a_node_comes_to_the_pointer_that_was_moved_while_the_search_was_open() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    add(&mut robot, "text input", FREE);
    robot.press(Named::Tab);
    robot.point_at(Point::new(FREE.x, FREE.y - 500.0));
    robot.point_at(FREE);
    robot.press(Named::Escape);
    robot.press(Named::Tab);
    robot.write("text input");
    robot.press(Named::Enter);
    assert_eq!(place(&robot, "text"), place(&robot, "text_2"));
}

#[test]
fn a_node_is_found_added_undone_and_saved() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    let file = folder.path().join("text_to_image.ron");
    let before = text(&file);
    assert_eq!(robot.app.title(), "text_to_image – Smalto");

    add(&mut robot, "curve", FREE);
    let added: Vec<&NodeId> = robot.app.canvas().selection.nodes.iter().collect();
    assert_eq!(added.len(), 1, "the new node is selected");
    let added = added[0].clone();
    let kind = &graph(&robot).node(&added).expect("it was added").kind;
    assert!(kind.contains("curve"), "{kind}");
    assert_eq!(robot.app.title(), "● text_to_image – Smalto");

    robot.control("z");
    assert!(graph(&robot).node(&added).is_none());
    assert_eq!(robot.app.title(), "text_to_image – Smalto");
    robot.control("y");
    robot.control("s");
    robot.settle();
    assert_eq!(robot.app.title(), "text_to_image – Smalto");
    assert_eq!(text(&file), to_text(graph(&robot)));
    assert_ne!(text(&file), before);

    robot.control("z");
    robot.control("s");
    robot.settle();
    assert_eq!(text(&file), before, "undo reaches behind a save");
}

#[test]
fn a_wire_is_drawn_from_socket_to_socket() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    let from = socket(&robot, "encode", "prompt", Side::Output);
    let to = socket(&robot, "sample", "negative", Side::Input);
    robot.drag(from, to);
    robot.let_go();
    let wire = Wire::new(id("encode").port("prompt"), id("sample").port("negative"));
    assert!(graph(&robot).wires().contains(&wire));

    // Tokens are no prompt, and what depends on a node cannot feed it.
    let wires = graph(&robot).wires().len();
    let from = socket(&robot, "sample", "tokens", Side::Output);
    let to = socket(&robot, "encode", "text", Side::Input);
    robot.drag(from, to);
    robot.let_go();
    assert_eq!(graph(&robot).wires().len(), wires);
}

#[test]
fn a_wire_let_go_on_the_canvas_offers_what_fits() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    let from = socket(&robot, "sample", "tokens", Side::Output);
    robot.drag(from, FREE);
    robot.let_go();
    robot.write("decode");
    robot.press(Named::Enter);
    let selection = &robot.app.canvas().selection;
    let added = selection.only_node().expect("a node was added").clone();
    let wires = graph(&robot).wires_into(&added);
    assert_eq!(wires.len(), 1);
    assert_eq!(wires[0].from, id("sample").port("tokens"));
}

#[test]
fn what_is_not_saved_is_asked_about() {
    let folder = folder();
    let file = folder.path().join("text_to_image.ron");
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    let before = text(&file);

    add(&mut robot, "curve", FREE);
    robot.control("w");
    robot.press(Named::Escape);
    assert_eq!(
        robot.app.title(),
        "● text_to_image – Smalto",
        "nothing is closed"
    );
    robot.control("w");
    robot.write("d");
    assert_eq!(robot.app.document().path(), None, "another tab is there");
    assert_eq!(text(&file), before);

    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    add(&mut robot, "curve", FREE);
    let changed = to_text(graph(&robot));
    robot.control("q");
    assert!(!robot.closed);
    robot.press(Named::Enter);
    robot.settle();
    assert!(robot.closed);
    assert_eq!(text(&file), changed);
}

#[test]
fn comments_in_a_file_are_lost_only_when_that_is_wanted() {
    let folder = folder();
    let file = copy(folder.path(), "text_to_image.ron");
    let commented = format!("// Made by hand.\n{}", text(&file));
    std::fs::write(&file, &commented).expect("there is room");
    let mut robot = Robot::new(
        host(folder.path()),
        std::slice::from_ref(&file),
        (1280, 800),
    );
    add(&mut robot, "curve", FREE);
    robot.control("s");
    robot.settle();
    assert_eq!(text(&file), commented);
    robot.click("Save anyway");
    robot.settle();
    assert_eq!(text(&file), to_text(graph(&robot)));
    assert!(robot.find("Save anyway").is_none());
}

#[test]
fn a_killed_editor_leaves_its_changes_to_the_next() {
    let folder = folder();
    let file = folder.path().join("text_to_image.ron");
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    let before = text(&file);
    add(&mut robot, "curve", FREE);
    let changed = to_text(graph(&robot));
    robot.send(Message::Ticked);
    robot.settle();
    drop(robot);
    assert_eq!(text(&file), before, "the file is not written by itself");

    let mut robot = Robot::new(host(folder.path()), &[], (1280, 800));
    robot.press(Named::Enter);
    assert_eq!(to_text(graph(&robot)), changed);
    assert_eq!(robot.app.document().path(), Some(file.as_path()));
    assert!(robot.app.document().is_dirty());
}

#[test]
fn nodes_are_copied_from_one_window_to_another() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    robot.control("a");
    robot.control("c");
    robot.settle();
    robot.control("n");
    assert!(graph(&robot).nodes().is_empty());
    robot.control("v");
    robot.settle();
    let pasted: Vec<&str> = graph(&robot).nodes().keys().map(NodeId::as_str).collect();
    let expected = ["decode", "encode", "model", "prompt", "sample", "tokenizer"];
    assert_eq!(pasted, expected);
    assert_eq!(graph(&robot).wires().len(), 6);
    robot.control("v");
    robot.settle();
    assert_eq!(graph(&robot).nodes().len(), 12, "under names that are free");
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_all_that_is_wrong() {
    let folder = folder();
    let path = folder.path().join("broken.ron");
    let broken = "(format: 1, nodes: {\"a\": (kind: 3)})";
    std::fs::write(&path, broken).expect("there is room");
    let mut robot = Robot::new(
        host(folder.path()),
        std::slice::from_ref(&path),
        (1280, 800),
    );
    assert!(
        robot
            .find("This workflow cannot be read: 1 problem")
            .is_some()
    );
    robot.press(Named::Escape);
    assert_eq!(robot.app.document().path(), None);
    assert_eq!(text(&path), broken, "the file is as it was");
}

#[test]
fn every_command_can_be_run_on_any_workflow() {
    let folder = folder();
    for files in [&[][..], &["text_to_image.ron"], &["compare_editing.ron"]] {
        let own = tempfile::tempdir_in(folder.path()).expect("there is room");
        let mut robot = editor(own.path(), files);
        let before = to_text(graph(&robot));
        for selected in [false, true] {
            for command in Command::all() {
                if matches!(command, Command::Quit | Command::CloseTab | Command::New) {
                    continue;
                }
                if selected {
                    robot.send(Message::Toolbar(toolbar::Message::Command(
                        Command::SelectAll,
                    )));
                }
                robot.send(Message::Toolbar(toolbar::Message::Command(command)));
                robot.press(Named::Escape);
                robot.press(Named::Escape);
            }
            robot.settle();
        }
        for _ in 0..200 {
            robot.send(Message::Toolbar(toolbar::Message::Command(Command::Undo)));
        }
        assert_eq!(to_text(graph(&robot)), before, "{files:?}");
    }
}

#[test]
fn the_look_is_remembered() {
    let folder = folder();
    let command = || Message::Toolbar(toolbar::Message::Command(Command::Theme));
    let mut robot = editor(folder.path(), &[]);
    let dark = robot.app.theme();
    robot.send(command());
    let light = robot.app.theme();
    assert_ne!(dark, light);
    robot.settle();
    drop(robot);
    assert_eq!(editor(folder.path(), &[]).app.theme(), light);
}

#[test]
fn settings_that_cannot_be_written_are_told() {
    let folder = folder();
    std::fs::write(folder.path().join("config"), "no folder").expect("there is room");
    let mut robot = editor(folder.path(), &[]);
    command(&mut robot, Command::Theme);
    robot.settle();
    let said = robot.app.said().expect("it was told");
    assert!(
        said.words.contains("the settings cannot be saved"),
        "{said:?}"
    );
}

#[test]
fn a_tab_that_is_added_is_brought_into_view() {
    let folder = folder();
    let mut robot = editor(folder.path(), &[]);
    for _ in 0..11 {
        command(&mut robot, Command::New);
        robot.settle();
    }
    assert!(robot.find("Untitled 12").is_some());
    assert!(robot.find("Untitled 1").is_none());
}

/// The share of pixels that may be others than in the pictures of the documentation.
const SHARE: f64 = 0.002;

/// Keeps what is seen as a picture of the documentation, or compares it with the one kept.
fn shoot(robot: &mut Robot, name: &str) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/screenshots")
        .join(format!("{name}.webp"));
    Picture::new(robot.look(1.0)).is_as(&kept, SHARE);
}

/// Opens an example as a workflow of its own, which says nothing of the folders of this computer.
fn example(folder: &Path, name: &str) -> Robot {
    let mut robot = Robot::new(host(folder), &[], (1280, 800));
    let path = workflows().join(name);
    robot.send(Message::Empty(empty::Message::Example(path)));
    robot
}

#[test]
fn every_file_that_cannot_be_opened_is_told_of() {
    let folder = folder();
    let paths = ["a.ron", "b.ron", "c.ron"].map(|name| folder.path().join(name));
    let mut robot = Robot::new(host(folder.path()), &paths, (1280, 800));
    for path in &paths {
        let told = paths.iter().map(|path| path.display().to_string());
        let told: Vec<String> = told.filter(|file| robot.find(file).is_some()).collect();
        assert_eq!(told, [path.display().to_string()], "one at a time");
        robot.press(Named::Escape);
    }
    let told = paths.map(|path| robot.find(&path.display().to_string()));
    assert_eq!(told, [None; 3], "all were read");
}

#[test]
fn the_pictures_of_the_documentation_are_what_is_seen() {
    let folder = folder();
    let mut robot = example(folder.path(), "text_to_image.ron");
    let from = socket(&robot, "encode", "prompt", Side::Output);
    robot.drag(from, Point::new(480.0, 400.0));
    shoot(&mut robot, "wiring");
    robot.press(Named::Escape);
    robot.let_go();

    let from = socket(&robot, "sample", "tokens", Side::Output);
    let to = socket(&robot, "encode", "text", Side::Input);
    robot.drag(from, to);
    shoot(&mut robot, "refused");
    robot.press(Named::Escape);
    robot.let_go();

    robot.point_at(FREE);
    robot.press(Named::Tab);
    robot.write("image");
    shoot(&mut robot, "search");
    robot.press(Named::Escape);

    robot.write("?");
    shoot(&mut robot, "keys");
}
