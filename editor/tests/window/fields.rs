//! What is typed in fields, and what becomes of it.

use std::path::Path;

use editor::app::Message;
use editor::chrome::tabs;
use editor::command::Command;
use graph::param::ParamValue;
use iced::keyboard::key::Named;

use super::{
    BTreeSet, FREE, Robot, Scene, add, command, editor, folder, graph, id, in_window, registry,
    select, text,
};

const STEPS: &str = "param sample.steps";
const PROMPT: &str = "param prompt.text";

fn value(robot: &Robot, node: &str, name: &str) -> ParamValue {
    let node = graph(robot).node(&id(node)).expect("the node is there");
    node.params.get(name).expect("it is set").clone()
}

fn steps(robot: &Robot) -> ParamValue {
    value(robot, "sample", "steps")
}

/// The editor with a number typed in a field of the inspector that was not left.
fn typing(folder: &Path, words: &str) -> Robot {
    let mut robot = editor(folder, &["text_to_image.ron"]);
    select(&mut robot, "sample");
    robot.enter(STEPS);
    robot.write(words);
    assert_eq!(steps(&robot), ParamValue::Int(16), "it is not taken yet");
    robot
}

#[test]
fn what_is_typed_is_saved() {
    let folder = folder();
    let file = folder.path().join("text_to_image.ron");
    let mut robot = typing(folder.path(), "32");
    robot.control("s");
    robot.settle();
    assert!(text(&file).contains("\"steps\": 32"));
    assert_eq!(robot.app.title(), "text_to_image – Smalto");
}

#[test]
fn what_is_typed_is_run_and_what_cannot_be_run_is_told() {
    let folder = folder();
    let mut robot = typing(folder.path(), "32");
    command(&mut robot, Command::Run);
    assert_eq!(steps(&robot), ParamValue::Int(32));

    let mut robot = typing(folder.path(), "many");
    command(&mut robot, Command::Run);
    assert_eq!(robot.app.statuses().iter().count(), 0, "nothing was run");
    let said = robot.app.said().expect("it was told why");
    assert!(said.words.contains("cannot be used"), "{said:?}");
    assert!(
        robot.find("many").is_some(),
        "what was typed is still there"
    );
}

#[test]
fn what_is_typed_is_asked_about_when_its_tab_or_the_window_is_closed() {
    let folder = folder();
    let file = folder.path().join("text_to_image.ron");
    for close in [Message::CloseRequested, closing_tab()] {
        let mut robot = typing(folder.path(), "32");
        robot.send(close);
        robot.press(Named::Enter);
        robot.settle();
        assert!(text(&file).contains("\"steps\": 32"));
    }
}

fn closing_tab() -> Message {
    Message::Toolbar(editor::chrome::toolbar::Message::Command(Command::CloseTab))
}

#[test]
fn what_is_typed_stays_when_another_tab_is_turned_to() {
    let folder = folder();
    let mut robot = typing(folder.path(), "32");
    robot.send(Message::Tabs(tabs::Message::Added));
    assert!(graph(&robot).nodes().is_empty());
    command(&mut robot, Command::PreviousTab);
    assert_eq!(steps(&robot), ParamValue::Int(32));
}

#[test]
fn what_is_typed_in_the_form_is_saved() {
    let folder = folder();
    let file = folder.path().join("text_to_image.ron");
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    command(&mut robot, Command::FormView);
    robot.enter("param sample.guidance");
    robot.write("2.5");
    robot.control("s");
    robot.settle();
    assert!(text(&file).contains("\"guidance\": 2.5"));
}

#[test]
fn what_is_typed_on_the_canvas_is_saved() {
    let folder = folder();
    let file = folder.path().join("text_to_image.ron");
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    let scene = Scene::new(graph(&robot), &registry(), &BTreeSet::new());
    let node = scene.node(&id("sample")).expect("it is there");
    let mut rows = node.params.iter();
    let row = rows.find(|row| row.socket.port == id("sample").port("steps"));
    let at = in_window(&robot, row.expect("it is shown").field.center());
    robot.click_at(at);
    robot.write("40");
    robot.control("s");
    robot.settle();
    assert!(text(&file).contains("\"steps\": 40"));
}

#[test]
fn a_name_that_is_typed_is_taken_when_another_node_is_clicked() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    select(&mut robot, "sample");
    robot.enter("inspector name");
    robot.write("painter");
    select(&mut robot, "prompt");
    assert!(graph(&robot).node(&id("painter")).is_some());
    let selection = &robot.app.canvas().selection;
    assert_eq!(selection.only_node(), Some(&id("prompt")));
}

#[test]
fn undo_in_a_field_takes_back_what_was_typed_there_and_nothing_else() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    add(&mut robot, "curve", FREE);
    let count = graph(&robot).nodes().len();
    select(&mut robot, "sample");
    robot.enter(STEPS);
    robot.write("32");
    robot.control("z");
    assert!(robot.find("32").is_none() && robot.find("16").is_some());
    robot.control("y");
    robot.press(Named::Enter);
    assert_eq!(steps(&robot), ParamValue::Int(32));

    // What the field has set is taken back there, and what was done before is not.
    for _ in 0..3 {
        robot.control("z");
    }
    assert_eq!(steps(&robot), ParamValue::Int(16));
    assert_eq!(graph(&robot).nodes().len(), count);
    robot.control("y");
    assert_eq!(steps(&robot), ParamValue::Int(32));
}

#[test]
fn undo_elsewhere_gives_up_first_what_cannot_be_used() {
    let folder = folder();
    let mut robot = typing(folder.path(), "many");
    command(&mut robot, Command::Undo);
    assert!(robot.find("many").is_none());
    assert_eq!(robot.app.title(), "text_to_image – Smalto");
}

#[test]
fn a_prompt_is_taken_back_word_by_word() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    select(&mut robot, "prompt");
    robot.enter(PROMPT);
    robot.write("a green frog");
    robot.control("z");
    robot.control("z");
    robot.write("s");
    robot.control("s");
    robot.settle();
    let text = ParamValue::Text("a greens".into());
    assert_eq!(value(&robot, "prompt", "text"), text);
}

#[test]
fn keys_of_a_field_do_nothing_on_the_canvas() {
    let folder = folder();
    let mut robot = editor(folder.path(), &["text_to_image.ron"]);
    select(&mut robot, "model");
    robot.enter("param model.path");
    let before = graph(&robot).clone();
    for key in [Named::ArrowUp, Named::ArrowDown, Named::Tab] {
        robot.press(key);
    }
    robot.write("m");
    robot.control("z");
    assert_eq!(graph(&robot), &before);
}
