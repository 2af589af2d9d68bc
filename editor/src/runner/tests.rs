use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use graph::document::NodeId;
use graph::edit::Edit;
use graph::engine::Happened;
use iced::futures::StreamExt;
use iced::futures::channel::mpsc::Receiver;
use iced::futures::executor::block_on;

use super::sample::{Gate, engine, graph, here, id, registry};
use super::{Action, End, Message, News, Request, RunNumber, Runner, Stage, TabId};
use crate::preview::Shown;
use crate::status::NodeStatus;

const TAB: TabId = TabId(1);

/// A runner with an engine that a test can hold back.
struct Bench {
    runner: Runner,
    gate: Gate,
}

/// A run of a test.
struct Trial {
    number: RunNumber,
    messages: Receiver<Message>,
}

impl Bench {
    fn new() -> Self {
        let gate = Gate::default();
        let held = gate.clone();
        Self {
            runner: Runner::new(registry(), Arc::new(move || Ok(engine(&held)))),
            gate,
        }
    }

    fn start(&mut self, lines: &str, until: Option<&str>) -> Trial {
        let (number, messages) = self.runner.launch(Request {
            graph: graph(lines),
            until: until.map(id),
            base: here().into(),
            document: TAB,
            label: "a run".into(),
        });
        Trial { number, messages }
    }

    /// Takes in messages until `enough`.
    fn until(&mut self, trial: &mut Trial, enough: impl Fn(&Runner) -> bool) {
        while !enough(&self.runner) {
            let message = trial.next().expect("there is more to come");
            assert_eq!(self.runner.update(message), Action::None);
        }
    }

    /// Takes in all that is left, and tells how it ended.
    fn end(&mut self, trial: &mut Trial) -> End {
        loop {
            let message = trial.next().expect("the end is told");
            if let Action::Ended { run, end, .. } = self.runner.update(message) {
                assert_eq!(run, trial.number);
                assert!(trial.next().is_none(), "nothing comes after the end");
                return end;
            }
        }
    }

    fn run(&mut self, lines: &str) -> End {
        let mut trial = self.start(lines, None);
        self.end(&mut trial)
    }

    /// The nodes of which something else is known than what these lines come to.
    fn stale(&mut self, lines: &str) -> Vec<String> {
        let now = graph(lines);
        assert!(self.runner.compare(TAB, &now), "something was run");
        let statuses = self.runner.statuses(TAB);
        let nodes = now.nodes().keys().filter(|node| statuses.is_stale(node));
        nodes.map(ToString::to_string).collect()
    }

    /// How the nodes fare, in a word each.
    fn fares(&self) -> Vec<String> {
        let statuses = self.runner.statuses(TAB).iter();
        let word = |(node, status): (&NodeId, &NodeStatus)| {
            let word = match status {
                NodeStatus::Waiting => "waits",
                NodeStatus::Running { .. } => "runs",
                NodeStatus::Finished {
                    from_cache: true, ..
                } => "was there",
                NodeStatus::Finished { .. } => "ran",
                NodeStatus::Failed { .. } => "failed",
                NodeStatus::Skipped { .. } => "skipped",
                NodeStatus::Cancelled => "stopped",
            };
            format!("{node} {word}")
        };
        statuses.map(word).collect()
    }
}

impl Trial {
    fn next(&mut self) -> Option<Message> {
        block_on(self.messages.next())
    }
}

/// Whether the slow node shows `text`.
fn shows(runner: &Runner, text: &str) -> bool {
    let live = runner.thumbnails(TAB).live(&id("slow"));
    matches!(live, Some(Shown::Text(shown)) if shown == text)
}

const SLOW: &str = "
    a: number
    slow: slow
    end: paint
    a.number -> slow.number
    slow.number -> end.number
    => end.image
";

#[test]
fn a_run_tells_how_every_node_fares_and_what_came_out() {
    let mut bench = Bench::new();
    let mut trial = bench.start(SLOW, None);
    assert_eq!(bench.fares(), ["a waits", "end waits", "slow waits"]);
    assert_eq!(
        bench.runner.current(TAB).map(|current| current.stage),
        Some(Stage::Opening)
    );
    bench.gate.open(2);
    bench.until(&mut trial, |runner| shows(runner, "step 2"));
    assert_eq!(bench.fares(), ["a ran", "end waits", "slow runs"]);
    assert!(matches!(
        bench.runner.statuses(TAB).get(&id("slow")),
        Some(NodeStatus::Running { total: 4, .. })
    ));
    assert_eq!(
        bench.runner.current(TAB).map(|current| current.stage),
        Some(Stage::Running)
    );
    bench.gate.open(2);
    assert_eq!(bench.end(&mut trial), End::Complete);
    assert_eq!(bench.fares(), ["a ran", "end ran", "slow ran"]);
    assert!(bench.runner.current(TAB).is_none());
    let notes: Vec<&str> = bench.runner.statuses(TAB).notes(&id("slow")).collect();
    assert_eq!(notes, ["did 0", "did 1", "did 2", "did 3"]);
    assert_eq!(
        bench.runner.statuses(TAB).reason(&id("slow")),
        Some("it has not run before")
    );
    let thumbnails = bench.runner.thumbnails(TAB);
    assert!(thumbnails.live(&id("slow")).is_none());
    let shown: Vec<&str> = thumbnails.ports(&id("end")).map(|(port, _)| port).collect();
    assert_eq!(shown, ["history", "image"]);
    assert!(matches!(
        thumbnails.of(&id("end")),
        Some(Shown::Pictures(pictures)) if pictures.len() == 1
    ));
    assert!(matches!(
        thumbnails.at(&id("end"), "history"),
        Some(Shown::Steps { grids, .. }) if grids.len() == 2
    ));
}

#[test]
fn what_was_there_before_is_shown_again() {
    let mut bench = Bench::new();
    bench.gate.open(4);
    assert_eq!(bench.run(SLOW), End::Complete);
    bench.runner.close(TAB);
    assert!(bench.runner.thumbnails(TAB).of(&id("end")).is_none());
    assert_eq!(bench.run(SLOW), End::Complete);
    assert_eq!(
        bench.fares(),
        ["a was there", "end was there", "slow was there"]
    );
    let thumbnails = bench.runner.thumbnails(TAB);
    assert_eq!(thumbnails.ports(&id("end")).count(), 2);
    assert_eq!(thumbnails.ports(&id("slow")).count(), 1);
    bench.runner.forget_results();
    bench.gate.open(4);
    assert_eq!(bench.run(SLOW), End::Complete);
    assert_eq!(bench.fares(), ["a ran", "end ran", "slow ran"]);
}

#[test]
fn a_cancelled_run_ends_within_a_step() {
    let mut bench = Bench::new();
    let mut trial = bench.start(SLOW, None);
    bench.gate.open(1);
    bench.until(&mut trial, |runner| shows(runner, "step 1"));
    bench.runner.cancel(TAB);
    assert_eq!(
        bench.runner.current(TAB).map(|current| current.stage),
        Some(Stage::Cancelling)
    );
    // Nobody opens the gate again: the step that waits there notices by itself.
    assert_eq!(bench.end(&mut trial), End::Cancelled);
    assert_eq!(bench.fares(), ["a ran", "end stopped", "slow stopped"]);
}

#[test]
fn a_run_until_a_node_leaves_the_others_alone() {
    let mut bench = Bench::new();
    bench.gate.open(4);
    assert_eq!(bench.run(SLOW), End::Complete);
    let mut trial = bench.start(SLOW, Some("a"));
    assert_eq!(bench.end(&mut trial), End::Complete);
    assert_eq!(bench.fares(), ["a was there", "end ran", "slow ran"]);
    // What else is wrong with the graph does not matter.
    let mut trial = bench.start("a: number\n other: paint\n => other.image", Some("a"));
    assert_eq!(bench.end(&mut trial), End::Complete);
}

#[test]
fn a_node_that_fails_says_where_and_how_to_mend_it() {
    let mut bench = Bench::new();
    let failing = |how: &str| {
        format!(
            "a: number
             bad: go_wrong \"how\": \"{how}\"
             slow: slow
             end: paint
             fine: paint
             a.number -> bad.number
             bad.number -> slow.number
             slow.number -> end.number
             a.number -> fine.number"
        )
    };
    let mut check = |how: &str, message: &str, hint: Option<&str>, port: Option<&str>| {
        let End::Failed(failed) = bench.run(&failing(how)) else {
            panic!("{how} is a failure");
        };
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].0, id("bad"));
        let statuses = bench.runner.statuses(TAB);
        let expected = NodeStatus::Failed {
            message: message.into(),
            hint: hint.map(Into::into),
            port: port.map(Into::into),
        };
        assert_eq!(statuses.get(&id("bad")), Some(&expected));
        let because = NodeStatus::Skipped { because: id("bad") };
        assert_eq!(statuses.get(&id("slow")), Some(&because));
        assert_eq!(statuses.get(&id("end")), Some(&because));
        assert!(matches!(
            statuses.get(&id("fine")),
            Some(NodeStatus::Finished { .. })
        ));
    };
    check(
        "input",
        "input `number` does not fit: expected an even number, found an odd one",
        None,
        Some("number"),
    );
    check("hint", "it broke", Some("glue it"), None);
    check(
        "panic",
        "the node panicked: as it was told",
        Some("this is a mistake of the node, please report it"),
        None,
    );
}

#[test]
fn a_new_run_of_a_document_takes_the_place_of_the_one_before() {
    let mut bench = Bench::new();
    let mut old = bench.start(SLOW, None);
    bench.until(&mut old, |runner| shows(runner, "step 0"));
    let other = "b: number \"value\": 2.0\n c: paint\n b.number -> c.number";
    let mut new = bench.start(other, None);
    assert_eq!(bench.fares(), ["b waits", "c waits"]);
    // What the old run still says is about nothing that anybody sees.
    assert_eq!(bench.end(&mut old), End::Cancelled);
    assert_eq!(bench.fares(), ["b waits", "c waits"]);
    assert!(
        bench.runner.thumbnails(TAB).of(&id("a")).is_some(),
        "it was told in time"
    );
    assert_eq!(bench.end(&mut new), End::Complete);
    assert_eq!(bench.fares(), ["b ran", "c ran"]);
}

#[test]
fn late_events_of_an_old_run_are_dropped() {
    let mut bench = Bench::new();
    let old = bench.start(SLOW, None);
    let mut new = bench.start(SLOW, None);
    let late = vec![
        News::Happened(Happened::Progress {
            node: id("slow"),
            done: 3,
            total: 4,
            rate: 1.0,
            eta: None,
        }),
        News::Live {
            node: id("slow"),
            shown: Shown::Text("late".into()),
        },
    ];
    let told = Message::Told {
        run: old.number,
        news: late,
    };
    assert_eq!(bench.runner.update(told), Action::None);
    assert_eq!(bench.fares(), ["a waits", "end waits", "slow waits"]);
    assert!(bench.runner.thumbnails(TAB).of(&id("slow")).is_none());
    drop(old);
    bench.gate.open(8);
    assert_eq!(bench.end(&mut new), End::Complete);
}

#[test]
fn a_busy_window_hears_the_latest_and_not_all() {
    let steps = 2000;
    let mut bench = Bench::new();
    let lines = SLOW.replace("slow: slow", &format!("slow: slow \"steps\": {steps}"));
    let mut trial = bench.start(&lines, None);
    bench.gate.open(steps);
    while !bench.gate.is_shut() {
        std::thread::yield_now();
    }
    let (mut messages, mut previews) = (0, 0);
    let end = loop {
        let message = trial.next().expect("the end is told");
        messages += 1;
        if let Message::Told { news, .. } = &message {
            let live = |news: &&News| matches!(news, News::Live { .. });
            previews += news.iter().filter(live).count();
            assert!(
                news.iter().filter(live).count() <= 1,
                "of what a node shows the latest is enough"
            );
        }
        if let Action::Ended { end, .. } = bench.runner.update(message) {
            break end;
        }
    };
    assert_eq!(end, End::Complete);
    assert!(
        messages < 20 && previews < 20,
        "{messages} messages with {previews} previews of {steps} steps"
    );
    let slow = id("slow");
    assert_eq!(
        bench.runner.statuses(TAB).notes(&slow).last(),
        Some("did 1999"),
        "the last line is never lost"
    );
}

#[test]
fn what_is_loose_is_left_out_and_what_is_in_the_way_is_told() {
    let mut bench = Bench::new();
    let mut trial = bench.start(
        "a: number\n end: paint\n loose: paint\n a.number -> end.number\n => end.image",
        None,
    );
    let left_out = bench.runner.current(TAB).map(|it| it.left_out.clone());
    assert_eq!(left_out, Some(vec![id("loose")]));
    assert_eq!(bench.end(&mut trial), End::Complete);
    assert_eq!(bench.fares(), ["a ran", "end ran"]);

    let refused = End::Refused("nothing is wired to `end.number`, which needs number".into());
    assert_eq!(bench.run("a: number\n end: paint\n => end.image"), refused);
    assert_eq!(
        bench.run("end: paint"),
        refused,
        "there is nothing else to run"
    );
    assert_eq!(bench.fares(), ["a ran", "end ran"], "nothing has begun");
}

#[test]
fn documents_run_side_by_side_and_the_engine_is_opened_once() {
    let opened = Arc::new(AtomicUsize::new(0));
    let gate = Gate::default();
    let (count, held) = (opened.clone(), gate.clone());
    let open = move || {
        let _ = count.fetch_add(1, Ordering::SeqCst);
        Ok(engine(&held))
    };
    let mut bench = Bench {
        runner: Runner::new(registry(), Arc::new(open)),
        gate,
    };
    assert_eq!(opened.load(Ordering::SeqCst), 0, "nothing has run yet");
    let mut held_back = bench.start(SLOW, None);
    let (_, messages) = bench.runner.launch(Request {
        graph: graph("a: number"),
        until: None,
        base: here().into(),
        document: TabId(2),
        label: "beside".into(),
    });
    let last = block_on(messages.fold(None, |_, message| async { Some(message) }));
    let last = last.expect("the end is told");
    let Message::Over { run, .. } = &last else {
        panic!("{last:?} is not the end");
    };
    let number = *run;
    assert_eq!(bench.runner.running().count(), 2);
    let action = bench.runner.update(last);
    assert!(
        matches!(&action, Action::Ended { run, document: TabId(2), label, end: End::Complete, .. }
            if *run == number && label == "beside"),
        "{action:?}"
    );
    bench.gate.open(4);
    assert_eq!(bench.end(&mut held_back), End::Complete);
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

#[test]
fn a_device_that_cannot_be_opened_is_told_and_tried_again() {
    let tries = AtomicUsize::new(0);
    let open = move || match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Err("there is no such device".into()),
        1 => panic!("the driver is broken"),
        _ => Ok(engine(&Gate::default())),
    };
    let mut bench = Bench {
        runner: Runner::new(registry(), Arc::new(open)),
        gate: Gate::default(),
    };
    let why = |end: End| match end {
        End::Refused(why) => why,
        end => format!("{end:?}"),
    };
    assert_eq!(why(bench.run("a: number")), "there is no such device");
    assert_eq!(
        why(bench.run("a: number")),
        "the program panicked while it opened the device"
    );
    assert_eq!(bench.run("a: number"), End::Complete);
}

#[test]
fn a_run_that_nobody_listens_to_is_cancelled() {
    let mut bench = Bench::new();
    let trial = bench.start(SLOW, None);
    drop(trial.messages);
    // The next run waits for it; it would wait for ever if the first had not noticed.
    let mut trial = bench.start("a: number", None);
    assert_eq!(bench.end(&mut trial), End::Complete);
}

#[test]
fn a_renamed_node_keeps_its_status_and_its_picture() {
    let mut bench = Bench::new();
    let lines = "a: number\n end: paint\n a.number -> end.number";
    assert_eq!(bench.run(lines), End::Complete);
    bench.runner.rename(TAB, &id("end"), &id("z"));
    assert_eq!(bench.fares(), ["a ran", "z ran"]);
    assert!(bench.runner.thumbnails(TAB).of(&id("z")).is_some());
    // It runs under the new name as before, since names are no part of what results depend on.
    let mut renamed = graph(lines);
    let edit = Edit::RenameNode {
        from: id("end"),
        to: id("z"),
    };
    let _ = renamed.apply(edit).expect("the name is free");
    let (number, messages) = bench.runner.launch(Request {
        graph: renamed,
        until: None,
        base: here().into(),
        document: TAB,
        label: "again".into(),
    });
    let mut trial = Trial { number, messages };
    assert_eq!(bench.end(&mut trial), End::Complete);
    assert_eq!(bench.fares(), ["a was there", "z was there"]);
}

#[test]
fn results_are_stale_while_something_else_is_set_than_they_came_of() {
    let mut bench = Bench::new();
    let lines = |value: &str| {
        format!("a: number \"value\": {value}\n b: number\n end: paint\n a.number -> end.number")
    };
    assert!(
        !bench.runner.compare(TAB, &graph("a: number")),
        "no run yet"
    );
    assert_eq!(bench.run(&lines("2.0")), End::Complete);
    assert!(bench.stale(&lines("2.0")).is_empty());
    assert_eq!(bench.stale(&lines("3.0")), ["a", "end"]);
    assert!(bench.stale(&lines("2.0")).is_empty(), "it was taken back");

    // A run of a part makes no more than that part fresh.
    let mut trial = bench.start(&lines("3.0"), Some("a"));
    assert_eq!(bench.stale(&lines("3.0")), ["end"], "a is on its way");
    assert_eq!(bench.end(&mut trial), End::Complete);
    assert_eq!(bench.stale(&lines("3.0")), ["end"]);
    assert_eq!(bench.stale(&lines("2.0")), ["a"]);
}

#[test]
fn a_failure_is_stale_as_soon_as_something_is_done_about_it() {
    let mut bench = Bench::new();
    let lines = |how: &str| {
        format!("a: number\n bad: go_wrong \"how\": \"{how}\"\n a.number -> bad.number")
    };
    assert!(matches!(bench.run(&lines("hint")), End::Failed(_)));
    assert!(bench.stale(&lines("hint")).is_empty());
    assert_eq!(bench.stale(&lines("input")), ["bad"]);
}
