//! Windows and tabs that are closed while runs go on.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use editor::app::Message;
use editor::command::Command;
use editor::host::Host;
use graph::prelude::*;
use graph::registry::Registry;
use iced::keyboard::key::Named;

use crate::robot::Robot;
use crate::{command, folder, host, text};

/// How long it takes to keep what was learnt.
const KEEPING: Duration = Duration::from_millis(300);

/// Learns until it is cancelled, and keeps then what it has learnt.
#[derive(Clone, Debug, Params)]
struct Learn {
    /// The file that it writes what it does to.
    diary: String,
}

impl Learn {
    fn write(&self, words: &str) {
        let mut options = OpenOptions::new();
        let diary = options.create(true).append(true).open(&self.diary);
        let mut diary = diary.expect("there is room");
        writeln!(diary, "{words}").expect("there is room");
    }
}

impl Node for Learn {
    const ID: &'static str = "test.learn";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = ();
    type Outputs = ();

    fn run(&self, (): (), run: &mut Run) -> Result<(), NodeError> {
        self.write("begins");
        while run.check().is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(KEEPING);
        self.write("has kept what it learnt");
        run.check()
    }
}

/// An editor whose workflow learns, and the file that tells what became of it.
fn learning(folder: &Path) -> (Robot, std::path::PathBuf) {
    let diary = folder.join("diary");
    let file = folder.join("workflow.ron");
    let workflow = format!(
        "(format: 1, nodes: {{\"learn\": (kind: \"test.learn\", version: 1, params: {{\"diary\": {diary:?}}})}})"
    );
    std::fs::write(&file, workflow).expect("there is room");
    let mut kinds = Registry::default();
    let _ = kinds.add::<Learn>();
    let host = Host {
        registry: Arc::new(kinds),
        ..host(folder)
    };
    let mut robot = Robot::new(host, &[file], (1280, 800));
    command(&mut robot, Command::Run);
    robot.settle_until(|_| diary.exists());
    (robot, diary)
}

const QUESTION: &str = "Stop the run of “workflow”?";

#[test]
fn a_window_waits_for_what_its_runs_keep_and_begins_no_other() {
    let folder = folder();
    let (mut robot, diary) = learning(folder.path());
    command(&mut robot, Command::Run);
    robot.send(Message::CloseRequested);
    assert!(robot.find(QUESTION).is_some());
    robot.press(Named::Escape);
    assert_eq!(text(&diary), "begins\n", "it goes on");

    robot.send(Message::CloseRequested);
    robot.press(Named::Enter);
    robot.settle_until(|robot| robot.closed);
    assert_eq!(text(&diary), "begins\nhas kept what it learnt\n");
}

#[test]
fn a_window_that_is_closed_again_does_not_wait() {
    let folder = folder();
    let (mut robot, diary) = learning(folder.path());
    robot.send(Message::CloseRequested);
    robot.press(Named::Enter);
    let said = robot.app.said().map(|said| said.words.as_str());
    let waits = "closes as soon as the runs have stopped; close again not to wait";
    assert_eq!(said, Some(waits));
    robot.send(Message::CloseRequested);
    robot.settle_until(|robot| robot.closed);
    assert_eq!(text(&diary), "begins\n");
}

#[test]
fn a_window_that_waits_stays_open_for_a_new_run() {
    let folder = folder();
    let (mut robot, diary) = learning(folder.path());
    robot.send(Message::CloseRequested);
    robot.press(Named::Enter);
    command(&mut robot, Command::Run);
    let again = "begins\nhas kept what it learnt\nbegins\n";
    robot.settle_until(|_| text(&diary) == again);
    assert_eq!(text(&diary), again);
    assert!(!robot.closed);
    assert!(robot.find(QUESTION).is_none());
    command(&mut robot, Command::Cancel);
    robot.settle();
    assert!(!robot.closed);
}

#[test]
fn a_tab_whose_run_goes_on_is_asked_about() {
    let folder = folder();
    let (mut robot, diary) = learning(folder.path());
    command(&mut robot, Command::CloseTab);
    assert!(robot.find(QUESTION).is_some());
    robot.press(Named::Escape);
    assert!(robot.app.document().path().is_some(), "it is still open");
    command(&mut robot, Command::CloseTab);
    robot.press(Named::Enter);
    assert_eq!(robot.app.document().path(), None);

    robot.send(Message::CloseRequested);
    assert!(robot.find(QUESTION).is_none(), "it is stopping already");
    robot.settle_until(|robot| robot.closed);
    assert_eq!(text(&diary), "begins\nhas kept what it learnt\n");
}
