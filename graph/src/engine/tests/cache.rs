//! What runs again, and what does not.

use std::collections::BTreeSet;

use super::Bench;
use crate::document::Graph;
use crate::edit::Edit;
use crate::engine::{Event, Happened};
use crate::param::ParamValue;
use crate::sample::{Dice, graph, id, port, text};

const CHAIN: &str = r#"
    a: test.text text="a"
    b: test.text text="b"
    first: test.mark mark="1"
    second: test.mark mark="2"
    join: test.join
    end: test.mark mark="3"
    a.text -> first.text
    b.text -> second.text
    first.text -> join.first
    second.text -> join.more
    join.text -> end.text
"#;

fn set(graph: &mut Graph, target: &str, value: ParamValue) {
    let edit = Edit::set(&port(target), value);
    let _ = graph.apply(edit).expect("there is such a node");
}

/// Why each node ran or did not, as `name: reason`, those from the cache in brackets.
fn reasons(events: &[Event]) -> Vec<String> {
    let mut reasons: Vec<String> = events
        .iter()
        .filter_map(|event| match &event.what {
            Happened::Finished {
                node,
                from_cache,
                reason,
                ..
            } => Some(if *from_cache {
                format!("[{node}: {reason}]")
            } else {
                format!("{node}: {reason}")
            }),
            _ => None,
        })
        .collect();
    reasons.sort();
    reasons
}

#[test]
fn a_change_near_the_end_runs_the_end_alone() {
    let mut bench = Bench::new(2);
    let mut graph = graph(CHAIN);
    assert_eq!(bench.text(&graph, "end"), "a1+b23");
    assert_eq!(bench.log.take(), ["1", "2", "3", "a", "b", "join"]);
    assert_eq!(bench.text(&graph, "end"), "a1+b23");
    assert_eq!(bench.log.take(), [""; 0], "nothing changed");
    set(&mut graph, "end.mark", text("!"));
    assert_eq!(bench.text(&graph, "end"), "a1+b2!");
    assert_eq!(bench.log.take(), ["!"]);
    set(&mut graph, "second.mark", text("x"));
    assert_eq!(bench.text(&graph, "end"), "a1+bx!");
    assert_eq!(bench.log.take(), ["!", "join", "x"]);
    set(&mut graph, "second.mark", text("2"));
    assert_eq!(bench.text(&graph, "end"), "a1+b2!");
    assert_eq!(bench.log.take(), [""; 0], "it had this before");
}

#[test]
fn it_says_why() {
    let bench = Bench::new(1);
    let mut graph = graph(CHAIN);
    let new = bench.run(&graph).1;
    assert!(
        reasons(&new)
            .iter()
            .all(|it| it.ends_with(": it has not run before"))
    );
    set(&mut graph, "second.mark", text("x"));
    set(&mut graph, "join.copies", ParamValue::Int(2));
    assert_eq!(
        reasons(&bench.run(&graph).1),
        [
            "[a: everything that needs it came from the cache]",
            "[b: nothing changed]",
            "[first: nothing changed]",
            "end: input `text` changed",
            "join: parameter `copies` changed, input `more` changed",
            "second: parameter `mark` changed",
        ]
    );
    bench.engine.forget();
    let forgot = reasons(&bench.run(&graph).1);
    assert!(
        forgot
            .iter()
            .all(|it| it.ends_with(": its result is not in the cache"))
    );
}

#[test]
fn without_the_cache_everything_runs() {
    let mut bench = Bench::new(1);
    let graph = graph(CHAIN);
    let _ = bench.run(&graph);
    let _ = bench.log.take();
    bench.options.use_cache = false;
    let (_, events) = bench.run(&graph);
    assert_eq!(bench.log.take().len(), 6);
    assert!(
        reasons(&events)
            .iter()
            .all(|it| it.ends_with(": the cache is off"))
    );
}

#[test]
fn what_needs_it_being_there_a_forgotten_result_is_not_made_again() {
    let mut bench = Bench::new(1);
    let mut graph = graph(
        r#"
        a: test.text text="a"
        middle: test.join copies=9
        end: test.mark mark="1"
        a.text -> middle.first
        middle.text -> end.text
    "#,
    );
    // The result of `end` is there, those before it are not.
    assert_eq!(bench.text(&graph, "end"), "aaaaaaaaa1");
    let _ = bench.log.take();
    bench.engine.cache().forget_all_but("aaaaaaaaa1");
    assert_eq!(bench.text(&graph, "end"), "aaaaaaaaa1");
    assert_eq!(bench.log.take(), [""; 0]);
    set(&mut graph, "end.mark", text("2"));
    assert_eq!(bench.text(&graph, "end"), "aaaaaaaaa2");
    assert_eq!(bench.log.take(), ["2", "a", "join"]);
}

#[test]
fn renaming_a_node_changes_no_result_and_no_key() {
    let mut bench = Bench::new(2);
    let mut graph = graph(CHAIN);
    assert_eq!(bench.text(&graph, "end"), "a1+b23");
    let _ = bench.log.take();
    for (from, to) in [("a", "zebra"), ("second", "0"), ("join", "first-of-all")] {
        let rename = Edit::RenameNode {
            from: id(from),
            to: id(to),
        };
        let _ = graph.apply(rename).expect("the name is free");
    }
    assert_eq!(bench.text(&graph, "end"), "a1+b23");
    assert_eq!(bench.log.take(), [""; 0]);
}

#[test]
fn the_order_of_wires_counts() {
    let mut bench = Bench::new(1);
    let swapped =
        "a: test.text text=\"a\"\n b: test.text text=\"b\"\n j: test.join\n a.text -> j.first\n";
    let one = graph(&format!("{swapped} a.text -> j.more\n b.text -> j.more"));
    let other = graph(&format!("{swapped} b.text -> j.more\n a.text -> j.more"));
    assert_eq!(bench.text(&one, "j"), "a+a+b");
    assert_eq!(bench.text(&other, "j"), "a+b+a");
}

#[test]
fn numbers_and_texts_on_wires_set_parameters() {
    let wired = |number: &str, word: &str| {
        graph(&format!(
            "n: test.number value={number}\n t: test.text text=\"{word}\"\n x: test.text text=\"x\"\n \
             j: test.join\n x.text -> j.first\n n.number -> j.copies\n t.text -> j.case"
        ))
    };
    let mut bench = Bench::new(2);
    assert_eq!(bench.text(&wired("3.0", "upper"), "j"), "XXX");
    let _ = bench.log.take();
    assert_eq!(bench.text(&wired("3.0", "upper"), "j"), "XXX");
    assert_eq!(bench.log.take(), [""; 0]);
    assert_eq!(bench.text(&wired("2.0", "upper"), "j"), "XX");
    assert_eq!(bench.log.take(), ["join", "number"]);
    let fails = |graph: &Graph| bench.run(graph).0.failed[0].1.to_string();
    assert_eq!(
        fails(&wired("2.5", "upper")),
        "parameter `copies` must be a whole number from 1 to 9, but is 2.5"
    );
    assert_eq!(
        fails(&wired("10.0", "upper")),
        "parameter `copies` must be a whole number from 1 to 9, but is 10"
    );
    assert_eq!(
        fails(&wired("1.0", "lower")),
        r#"parameter `case` must be one of "kept", "upper", but is "lower""#
    );
}

#[test]
fn files_are_read_again_when_what_is_in_them_changes() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("the folder can be written");
    };
    write("one.txt", "1");
    let mut bench = Bench::new(1);
    bench.options.base = folder.path().into();
    let mut reads = graph("r: test.read path=\"one.txt\"\n m: test.mark\n r.text -> m.text");
    assert_eq!(bench.text(&reads, "m"), "1!");
    let _ = bench.log.take();
    write("one.txt", "1");
    assert_eq!(bench.text(&reads, "m"), "1!");
    assert_eq!(bench.log.take(), [""; 0], "written again, but the same");
    write("one.txt", "2");
    assert_eq!(bench.text(&reads, "m"), "2!");
    assert_eq!(bench.log.take(), ["!", "read"]);
    write("one.txt", "3");
    let why = reasons(&bench.run(&reads).1);
    assert_eq!(why[1], "r: the files of `path` changed");

    std::fs::create_dir(folder.path().join("many")).expect("the folder can be written");
    write("many/a", "1");
    set(&mut reads, "r.path", text("many"));
    let again = |bench: &mut Bench| {
        let _ = bench.log.take();
        let _ = bench.text(&reads, "m");
        bench.log.take().contains(&"read".to_owned())
    };
    assert!(again(&mut bench));
    assert!(!again(&mut bench));
    write("many/b", "");
    assert!(again(&mut bench), "a file more");
    write("many/a", "2");
    assert!(again(&mut bench), "other contents");
    std::fs::rename(folder.path().join("many/b"), folder.path().join("many/c"))
        .expect("the folder can be written");
    assert!(again(&mut bench), "another name");
    assert!(!again(&mut bench));
}

#[test]
fn what_does_more_than_compute_always_runs() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut bench = Bench::new(1);
    bench.options.base = folder.path().into();
    let graph = graph(
        r#"
        t: test.text text="x"
        w: test.write path="out.txt"
        behind: test.mark
        r: test.read
        c: test.count
        after: test.join
        t.text -> w.text
        w.text -> behind.text
        w.text -> r.path
        t.text -> after.first
        c.text -> after.more
    "#,
    );
    let _ = bench.run(&graph);
    assert_eq!(
        bench.log.take(),
        ["!", "count", "join", "read", "write", "x"]
    );
    let (_, events) = bench.run(&graph);
    assert_eq!(
        bench.log.take(),
        ["count", "join", "write"],
        "what follows a count is new too"
    );
    let why = reasons(&events);
    assert!(
        why.contains(&"c: it may give another result each time".into()),
        "{why:?}"
    );
    assert!(why.contains(&"w: it writes files".into()), "{why:?}");
    std::fs::write(folder.path().join("out.txt"), "y").expect("the folder can be written");
    bench.options.keep = BTreeSet::from([id("r")]);
    let (outcome, _) = bench.run(&graph);
    let read: String = outcome.nodes[&id("r")]
        .one("text")
        .expect("it gives a text");
    assert_eq!(read, "x", "it reads what was written in this run");
}

#[test]
fn a_small_budget_costs_time_and_nothing_else() {
    for seed in 0..30 {
        let mut dice = Dice::new(seed);
        let mut small = Bench::with_budget(1 + dice.below(3), 8);
        let mut none = Bench::new(1);
        none.options.use_cache = false;
        let mut graph = graph(CHAIN);
        for _ in 0..12 {
            let target =
                *dice.pick(&["a.text", "b.text", "first.mark", "end.mark", "join.between"]);
            set(
                &mut graph,
                target,
                text(dice.pick::<&str>(&["x", "yy", "z"])),
            );
            assert_eq!(small.text(&graph, "end"), none.text(&graph, "end"));
            assert!(small.engine.cached().host <= 8);
        }
    }
}
