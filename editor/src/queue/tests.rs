use std::path::Path;
use std::sync::Arc;

use graph::document::Graph;
use graph::edit::Edit;
use iced::futures::StreamExt;
use iced::futures::executor::block_on;
use iced_test::runtime::{Action, task};

use super::{Entry, EntryId, EntryState, Queue};
use crate::runner::sample::{Gate, engine, graph, here, id, registry};
use crate::runner::{self, Message, Request, Runner, TabId};

/// A queue with a folder and a runner of its own.
struct Bench {
    folder: tempfile::TempDir,
    queue: Queue,
    runner: Runner,
    gate: Gate,
}

impl Bench {
    fn new() -> Self {
        Self::within(tempfile::tempdir().expect("a folder can be made"))
    }

    fn within(folder: tempfile::TempDir) -> Self {
        let (queue, error) = Queue::load(&folder.path().join("state/queue.ron"));
        assert!(error.is_none(), "{error:?}");
        let gate = Gate::default();
        let held = gate.clone();
        Self {
            folder,
            queue,
            runner: Runner::new(registry(), Arc::new(move || Ok(engine(&held)))),
            gate,
        }
    }

    fn add(&mut self, label: &str, graph: Graph) -> EntryId {
        let request = Request {
            graph,
            until: None,
            base: here().into(),
            document: TabId(7),
            label: label.into(),
        };
        let id = self.queue.add(&request, &registry());
        self.keep();
        id
    }

    /// Writes what has changed, as another thread does.
    fn keep(&mut self) {
        if let Some(saving) = self.queue.saving() {
            let _ = self.queue.saved(saving.perform());
        }
    }

    /// Starts the next run; its messages.
    fn advance(&mut self) -> impl Iterator<Item = Message> + use<> {
        let task = self.queue.advance(&mut self.runner, &registry());
        let mut stream = task::into_stream(task);
        std::iter::from_fn(move || match block_on(stream.as_mut()?.next())? {
            Action::Output(message) => Some(message),
            other => panic!("{other:?} is no message"),
        })
    }

    /// Takes in what a run tells.
    fn take_in(&mut self, messages: impl Iterator<Item = Message>) {
        for message in messages {
            if let runner::Action::Ended { run, took, end, .. } = self.runner.update(message) {
                assert!(self.queue.ended(run, took, &end));
            }
        }
    }

    /// Runs until nothing waits.
    fn run(&mut self) {
        while self.queue.entries().iter().any(waits) && !self.queue.is_paused() {
            let messages = self.advance();
            self.take_in(messages);
        }
    }

    /// The window is closed and opened again.
    fn restart(self) -> Self {
        let Self { folder, queue, .. } = self;
        // The file is locked for as long as the queue lives.
        drop(queue);
        Self::within(folder)
    }

    fn fares(&self) -> Vec<String> {
        let fares = |entry: &Entry| {
            let word = match &entry.state {
                EntryState::Waiting => "waits".into(),
                EntryState::Running(_) => "runs".into(),
                EntryState::Done { .. } => "done".into(),
                EntryState::Failed { message } => format!("failed: {message}"),
                EntryState::Cancelled => "cancelled".into(),
            };
            format!("{} {word}", entry.label)
        };
        self.queue.entries().iter().map(fares).collect()
    }
}

fn waits(entry: &Entry) -> bool {
    entry.state == EntryState::Waiting
}

const FINE: &str = "a: number\n end: paint\n a.number -> end.number\n => end.image";
const SLOW: &str = "a: number\n end: slow\n a.number -> end.number\n => end.number";
const WRONG: &str = "a: number\n end: go_wrong \"how\": \"hint\"\n a.number -> end.number";

#[test]
fn runs_go_one_after_the_other_in_order() {
    let mut bench = Bench::new();
    let _ = bench.add("one", graph(SLOW));
    let _ = bench.add("two", graph(FINE));
    let messages = bench.advance();
    assert_eq!(bench.fares(), ["one runs", "two waits"]);
    assert_eq!(
        bench.queue.running().map(|it| it.label.as_str()),
        Some("one")
    );
    assert!(bench.advance().next().is_none(), "one at a time");
    assert_eq!(bench.fares(), ["one runs", "two waits"]);
    bench.gate.open(4);
    bench.take_in(messages);
    assert_eq!(bench.fares(), ["one done", "two waits"]);
    bench.run();
    assert_eq!(bench.fares(), ["one done", "two done"]);
    assert!(bench.runner.statuses(TabId(7)).get(&id("end")).is_some());
    assert_eq!(bench.queue.trouble(), None);
}

#[test]
fn a_run_that_failed_says_why_and_can_be_tried_again() {
    let mut bench = Bench::new();
    let wrong = bench.add("wrong", graph(WRONG));
    let unready = bench.add("unready", graph("end: paint\n => end.image"));
    let _ = bench.add("fine", graph(FINE));
    bench.run();
    let [failed, refused, fine] = [
        "wrong failed: `end`: it broke; glue it",
        "unready failed: nothing is wired to `end.number`, which needs number",
        "fine done",
    ];
    assert_eq!(bench.fares(), [failed, refused, fine]);
    assert!(bench.queue.retry(wrong));
    assert!(!bench.queue.retry(wrong), "it waits already");
    assert_eq!(bench.fares(), [refused, fine, "wrong waits"]);
    bench.run();
    assert_eq!(bench.fares(), [refused, fine, failed]);
    assert!(bench.queue.remove(unready));
    assert!(!bench.queue.remove(unready), "it is gone");
    bench.queue.clear();
    assert!(bench.queue.entries().is_empty());
}

#[test]
fn what_waits_can_change_places_and_what_runs_stays() {
    let mut bench = Bench::new();
    let [one, two, three] = ["one", "two", "three"].map(|label| bench.add(label, graph(SLOW)));
    let messages = bench.advance();
    assert!(!bench.queue.raise(two), "what runs is not overtaken");
    assert!(bench.queue.raise(three));
    assert_eq!(bench.fares(), ["one runs", "three waits", "two waits"]);
    assert!(bench.queue.lower(three) && !bench.queue.lower(three));
    assert_eq!(bench.fares(), ["one runs", "two waits", "three waits"]);
    assert!(!bench.queue.remove(one), "it runs");
    bench.runner.cancel(TabId(7));
    bench.take_in(messages);
    assert_eq!(bench.fares(), ["one cancelled", "two waits", "three waits"]);
    bench.queue.pause();
    assert!(bench.advance().next().is_none());
    assert_eq!(bench.fares(), ["one cancelled", "two waits", "three waits"]);
    bench.queue.resume();
    bench.gate.open(8);
    bench.run();
    assert_eq!(bench.fares(), ["one cancelled", "two done", "three done"]);
}

#[test]
fn the_queue_is_there_again_after_a_restart_and_waits_for_a_word() {
    let mut bench = Bench::new();
    let mut painted = graph(FINE);
    let expose = Edit::SetInterfaceParam {
        name: "strength".into(),
        target: Some(id("a").port("value")),
    };
    let _ = painted.apply(expose).expect("there is such a node");
    let _ = bench.add("done", graph(FINE));
    bench.run();
    let _ = bench.add("ran", graph(SLOW));
    let _ = bench.add("next", painted.clone());
    let messages = bench.advance();
    assert_eq!(bench.fares(), ["done done", "ran runs", "next waits"]);
    drop(messages);

    let mut bench = bench.restart();
    assert_eq!(bench.fares(), ["done done", "ran waits", "next waits"]);
    assert!(bench.queue.is_paused());
    let next = &bench.queue.entries()[2];
    assert_eq!(next.settings["strength"], "1.0");
    let request = next.request(&registry()).expect("the workflow was saved");
    assert_eq!(request.graph, painted);
    bench.queue.resume();
    bench.gate.open(4);
    bench.run();
    assert_eq!(bench.fares(), ["done done", "ran done", "next done"]);
}

#[test]
fn a_damaged_queue_is_told_and_set_aside() {
    let check = |bytes: &[u8], expected: &str| {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("queue.ron");
        for aside in ["queue.damaged.ron", "queue.damaged-2.ron"] {
            std::fs::write(&path, bytes).expect("the folder can be written");
            let (queue, error) = Queue::load(&path);
            assert!(queue.entries().is_empty() && !queue.is_paused());
            let aside = folder.path().join(aside);
            let error = error.expect("it is damaged").to_string();
            let told = error.replace(&aside.display().to_string(), "ASIDE");
            assert_eq!(
                told,
                format!("the queue of before is damaged ({expected}) and was set aside as `ASIDE`")
            );
            assert_eq!(std::fs::read(&aside).expect("it is kept"), bytes);
            assert!(!path.exists());
        }
    };
    check(
        b"(format: 1, entries: [",
        "1:22-1:23: Expected opening `(` for struct `SavedEntry`",
    );
    check(
        b"(format: 2, entries: [])",
        "it is of format 2, this editor knows 1",
    );
    check(b"\xff", "invalid utf-8 sequence of 1 bytes from index 0");
}

#[test]
fn of_two_editors_one_has_the_queue() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("queue.ron");
    let open = |path: &Path| {
        let (queue, error) = Queue::load(path);
        (queue, error.map(|error| error.to_string()))
    };
    let (first, error) = open(&path);
    assert_eq!(error, None);
    let (mut second, error) = open(&path);
    assert_eq!(
        error.as_deref(),
        Some("another editor has the queue: what is put here is forgotten when this one is closed")
    );
    let request = Request {
        graph: graph(FINE),
        until: Some(id("a")),
        base: here().into(),
        document: TabId(1),
        label: "beside".into(),
    };
    let _ = second.add(&request, &registry());
    assert_eq!(second.entries().len(), 1);
    assert!(!path.exists(), "it is not this editor's to write");
    drop(first);
    let (mut third, error) = open(&path);
    assert_eq!(error, None);
    let _ = third.add(&request, &registry());
    drop(third);
    let (fourth, _) = open(&path);
    assert_eq!(fourth.entries()[0].until, Some(id("a")));
}

#[test]
fn a_disk_that_cannot_be_written_is_told_and_stops_nothing() {
    let mut bench = Bench::new();
    let state = bench.folder.path().join("state");
    std::fs::remove_dir_all(&state).expect("it was made");
    let _ = bench.add("one", graph(FINE));
    assert!(bench.queue.trouble().is_some());
    bench.run();
    assert_eq!(bench.fares(), ["one done"]);
    std::fs::create_dir(&state).expect("the folder can be written");
    let _ = bench.add("two", graph(FINE));
    assert_eq!(bench.queue.trouble(), None);
}

#[test]
fn entries_that_are_over_go_when_there_are_many() {
    let mut bench = Bench::new();
    for _ in 0..super::KEPT + 3 {
        let _ = bench.add("refused", graph("end: paint\n => end.image"));
    }
    let _ = bench.add("last", graph(FINE));
    bench.run();
    assert_eq!(bench.queue.entries().len(), super::KEPT);
    assert_eq!(bench.fares().last().map(String::as_str), Some("last done"));
}

#[test]
fn a_queue_is_written_when_it_has_changed_and_a_failure_is_told_once() {
    let mut bench = Bench::new();
    assert!(bench.queue.saving().is_none());
    let path = bench.folder.path().join("state/queue.ron");
    let request = Request {
        graph: graph(FINE),
        until: None,
        base: here().into(),
        document: TabId(1),
        label: "one".into(),
    };
    let _ = bench.queue.add(&request, &registry());
    assert!(!path.exists(), "that is for another thread to do");
    let first = bench.queue.saving().expect("it has changed");
    assert!(bench.queue.saving().is_none());
    bench.queue.clear();
    let _ = bench.queue.add(&request, &registry());
    let second = bench.queue.saving().expect("it has changed");
    assert!(!bench.queue.saved(second.perform()));
    let newest = std::fs::read(&path).expect("it was written");
    assert!(!bench.queue.saved(first.perform()));
    assert_eq!(std::fs::read(&path).expect("it is there"), newest);

    std::fs::remove_dir_all(bench.folder.path().join("state")).expect("it was made");
    for is_new in [true, false] {
        let _ = bench.queue.add(&request, &registry());
        let saving = bench.queue.saving().expect("it has changed");
        assert_eq!(bench.queue.saved(saving.perform()), is_new);
        assert!(bench.queue.trouble().is_some());
    }
}
