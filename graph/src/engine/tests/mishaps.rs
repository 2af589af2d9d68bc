//! Nodes that fail, panic, wait, and speak when they are no longer asked.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};

use super::Bench;
use crate::document::Graph;
use crate::edit::Edit;
use crate::engine::{Event, Happened, Outcome};
use crate::error::NodeError;
use crate::node::Node;
use crate::plan::Plan;
use crate::prelude::*;
use crate::run::{Cancel, Resources};
use crate::sample::{TextOut, graph, id, port, registry};

/// What happened to each node, as `name: what`.
fn story(events: &[Event]) -> Vec<String> {
    let mut story: Vec<String> = events
        .iter()
        .filter_map(|event| {
            let node = event.what.node()?;
            Some(match &event.what {
                Happened::Finished { .. } => format!("{node}: finished"),
                Happened::Failed { error, .. } => format!("{node}: {error}"),
                Happened::Skipped { because, .. } => format!("{node}: skipped for {because}"),
                Happened::Cancelled { .. } => format!("{node}: cancelled"),
                Happened::Note { line, .. } => format!("{node}: says {line}"),
                _ => return None,
            })
        })
        .collect();
    story.sort();
    story
}

fn without_cycle_of(kind: &str) -> Graph {
    graph(&format!(
        r#"
        bad: test.go_wrong how="{kind}"
        behind: test.mark
        last: test.mark
        a: test.text text="a"
        fine: test.mark
        bad.text -> behind.text
        behind.text -> last.text
        a.text -> fine.text
    "#
    ))
}

#[test]
fn a_failing_node_stops_what_needs_it_and_nothing_else() {
    let problems = [
        ("panic", "bad: the node panicked: as it was told"),
        ("error", "bad: it broke; glue it"),
    ];
    for (kind, problem) in problems {
        for workers in [1, 3] {
            let bench = Bench::new(workers);
            let mut graph = without_cycle_of(kind);
            let result = Edit::SetInterfaceOutput {
                name: "fine".into(),
                target: Some(port("fine.text")),
            };
            let _ = graph.apply(result).expect("there is such a node");
            let (outcome, events) = bench.run(&graph);
            let mut expected = vec![
                problem.to_owned(),
                "a: finished".into(),
                "behind: skipped for bad".into(),
                "fine: finished".into(),
                "last: skipped for bad".into(),
            ];
            expected.sort();
            assert_eq!(story(&events), expected);
            assert_eq!(outcome.skipped, [id("behind"), id("last")]);
            assert_eq!(outcome.failed.len(), 1);
            assert!(!outcome.is_complete() && !outcome.cancelled);
            assert_eq!(
                outcome.outputs["fine"][0]
                    .get::<String>()
                    .map(String::as_str),
                Some("a!")
            );
        }
    }
}

#[test]
fn an_output_may_be_missing_where_nobody_must_have_it() {
    let bench = Bench::new(1);
    let (_, events) = bench.run(&without_cycle_of("nothing"));
    assert!(
        story(&events).contains(
            &"behind: input `text` does not fit: expected text, found nothing from `bad.text`"
                .into()
        ),
        "{events:?}"
    );
    let mut bench = Bench::new(1);
    let optional = graph(
        "bad: test.go_wrong how=\"nothing\"\n a: test.text text=\"a\"\n j: test.join\n \
         a.text -> j.first\n bad.text -> j.second\n bad.text -> j.more",
    );
    assert_eq!(bench.text(&optional, "j"), "a");
}

#[test]
fn a_failed_node_runs_again_and_what_was_fine_does_not() {
    let bench = Bench::new(1);
    let mut graph = without_cycle_of("error");
    let _ = bench.run(&graph);
    let _ = bench.log.take();
    let how = Edit::set(&port("bad.how"), crate::sample::text("panic"));
    let _ = graph.apply(how).expect("there is such a node");
    let (outcome, _) = bench.run(&graph);
    assert!(matches!(outcome.failed[0].1, NodeError::Panicked(_)));
    assert_eq!(bench.log.take(), [""; 0]);
}

/// Runs `graph` and cancels it at the first event that `when` likes.
fn cancel_when(
    bench: &Bench,
    graph: &Graph,
    when: impl Fn(&Happened) -> bool,
) -> (Outcome, Vec<Event>) {
    let plan = Plan::new(graph, &registry()).expect("the graph can be run");
    let cancel = Cancel::default();
    let mut events = Vec::new();
    let outcome = bench.engine.run(&plan, &bench.options, &cancel, |event| {
        if when(&event.what) {
            cancel.cancel();
        }
        events.push(event.clone());
    });
    (outcome, events)
}

#[test]
fn cancelling_stops_what_runs_and_starts_nothing_more() {
    let waiting =
        graph("a: test.text\n w: test.wait\n m: test.mark\n a.text -> w.text\n w.text -> m.text");
    for workers in [1, 2] {
        let bench = Bench::new(workers);
        let (outcome, events) = cancel_when(&bench, &waiting, |what| {
            matches!(what, Happened::Note { .. })
        });
        assert!(outcome.cancelled && !outcome.is_complete() && outcome.failed.is_empty());
        assert_eq!(
            story(&events),
            ["a: finished", "w: cancelled", "w: says waiting"]
        );
        let last = events.last().map(|event| &event.what);
        assert!(matches!(
            last,
            Some(Happened::Ended {
                cancelled: true,
                ..
            })
        ));
        // What was done is not lost, and the engine can go on.
        let _ = bench.log.take();
        let rest = graph("a: test.text\n m: test.mark\n a.text -> m.text");
        assert!(bench.run(&rest).0.is_complete());
        assert_eq!(bench.log.take(), ["!"]);
    }
}

#[test]
fn cancelling_before_the_start_or_at_the_very_end() {
    let bench = Bench::new(1);
    let chain = graph("a: test.text\n m: test.mark\n a.text -> m.text");
    let (outcome, events) = cancel_when(
        &bench,
        &chain,
        |what| matches!(what, Happened::Finished { node, .. } if node.as_str() == "m"),
    );
    assert!(
        !outcome.cancelled,
        "there was nothing left to cancel: {events:?}"
    );

    let plan = Plan::new(&chain, &registry()).expect("the graph can be run");
    let cancel = Cancel::default();
    cancel.cancel();
    bench.engine.forget();
    let mut events = Vec::new();
    let outcome = bench.engine.run(&plan, &bench.options, &cancel, |event| {
        events.push(event.clone());
    });
    assert!(outcome.cancelled && outcome.failed.is_empty());
    assert_eq!(events.len(), 1, "nothing is started: {events:?}");
}

/// Lent to nodes that wait for each other.
struct Meeting(Barrier);

/// Returns only when another of its kind runs at the same time.
#[derive(Clone, Debug, Params)]
struct Meet {
    /// Tells one from another.
    name: String,
}

impl Node for Meet {
    const ID: &'static str = "test.meet";
    type Inputs = ();
    type Outputs = TextOut;

    fn run(&self, (): (), run: &mut Run) -> Result<TextOut, NodeError> {
        let _ = run.resource::<Meeting>()?.0.wait();
        Ok(TextOut {
            text: self.name.clone(),
        })
    }
}

#[test]
fn independent_branches_run_at_the_same_time() {
    let mut kinds = registry();
    let _ = kinds.add::<Meet>();
    let resources = Resources::default().with(Meeting(Barrier::new(2)));
    let bench = Bench::with_resources(2, resources);
    let graph = graph("a: test.meet name=\"a\"\n b: test.meet name=\"b\"");
    let plan = Plan::new(&graph, &kinds).expect("the graph can be run");
    // With one worker this would never end.
    let outcome = bench
        .engine
        .run(&plan, &bench.options, &Cancel::default(), |_| {});
    assert!(outcome.is_complete());
}

/// Leaves a thread behind that reports on and on.
#[derive(Clone, Debug, Params)]
struct Chatter {}

/// Lent to [`Chatter`]: its thread speaks once it may, and says when it has spoken.
struct Line {
    may_speak: Arc<Barrier>,
    has_spoken: Arc<Barrier>,
}

impl Node for Chatter {
    const ID: &'static str = "test.chatter";
    type Inputs = ();
    type Outputs = TextOut;

    fn run(&self, (): (), run: &mut Run) -> Result<TextOut, NodeError> {
        run.note("in time");
        run.progress(1, 2);
        let line = run.resource::<Line>()?;
        let (may_speak, has_spoken) = (line.may_speak.clone(), line.has_spoken.clone());
        let run = run.clone();
        let _ = std::thread::spawn(move || {
            for _ in 0..2 {
                let _ = may_speak.wait();
                run.note("too late");
                run.progress(2, 2);
                let _ = has_spoken.wait();
            }
        });
        Ok(TextOut {
            text: "done".into(),
        })
    }
}

#[test]
fn what_a_node_says_when_it_is_through_is_not_heard() {
    let mut kinds = registry();
    let _ = kinds.add::<Chatter>();
    let (may_speak, has_spoken) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let bench = Bench::with_resources(
        1,
        Resources::default().with(Line {
            may_speak: may_speak.clone(),
            has_spoken: has_spoken.clone(),
        }),
    );
    let graph = graph("c: test.chatter\n m: test.mark\n c.text -> m.text");
    let plan = Plan::new(&graph, &kinds).expect("the graph can be run");
    let mut events = Vec::new();
    let speak = || {
        let _ = may_speak.wait();
        let _ = has_spoken.wait();
    };
    let outcome = bench
        .engine
        .run(&plan, &bench.options, &Cancel::default(), |event| {
            if matches!(&event.what, Happened::Finished { node, .. } if node.as_str() == "c") {
                speak();
            }
            events.push(event.clone());
        });
    assert!(outcome.is_complete());
    // Now even the run is over.
    speak();
    assert_eq!(
        story(&events),
        ["c: finished", "c: says in time", "m: finished"]
    );
    let progress = |event: &&Event| matches!(event.what, Happened::Progress { .. });
    assert_eq!(events.iter().filter(progress).count(), 1);
}

#[test]
fn every_run_has_an_id_of_its_own_and_events_come_in_order() {
    let bench = Bench::new(3);
    let (sender, receiver) = channel();
    let graph = without_cycle_of("error");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (bench, graph, sender) = (&bench, graph.clone(), sender.clone());
            let _ = scope.spawn(move || sender.send(bench.run(&graph)).is_ok());
        }
    });
    drop(sender);
    let mut runs = BTreeSet::new();
    for (outcome, events) in receiver {
        assert!(
            runs.insert(outcome.run),
            "two runs are called {}",
            outcome.run
        );
        assert!(events.iter().all(|event| event.run == outcome.run));
        let (last, before) = events.split_last().expect("a run ends with an event");
        assert!(matches!(last.what, Happened::Ended { .. }));
        let mut running = BTreeSet::new();
        let mut over = BTreeSet::new();
        for event in before {
            let node = event.what.node().expect("only the last is of no node");
            assert!(!over.contains(node), "{node} goes on when it is over");
            match event.what {
                Happened::Started { .. } => assert!(running.insert(node)),
                Happened::Failed { .. } => assert!(running.contains(node) && over.insert(node)),
                _ => assert!(over.insert(node)),
            }
        }
        assert_eq!(over.len(), 5);
    }
}

#[test]
fn a_listener_that_panics_takes_nobody_with_it() {
    let bench = Bench::new(2);
    let graph = graph("a: test.text\n m: test.mark\n a.text -> m.text");
    let plan = Plan::new(&graph, &registry()).expect("the graph can be run");
    let listening = std::panic::AssertUnwindSafe(|| {
        bench
            .engine
            .run(&plan, &bench.options, &Cancel::default(), |_| {
                panic!("cannot listen")
            })
    });
    assert!(std::panic::catch_unwind(listening).is_err());
    assert!(bench.run(&graph).0.is_complete());
}
