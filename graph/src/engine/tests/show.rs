//! How results are shown.

use super::{Bench, CHAIN};
use crate::engine::{Event, Happened};
use crate::plan::Plan;
use crate::prelude::*;
use crate::preview::{Picture, TokenGrid};
use crate::run::Cancel;
use crate::sample::{graph, port, registry, text};
use crate::value::Footprint;

/// What is said of finished nodes: `name` for the end, `name.port: text` for what is shown.
fn shown(events: &[Event]) -> Vec<String> {
    let said = |event: &Event| match &event.what {
        Happened::Finished { node, .. } => Some(node.to_string()),
        Happened::Shown {
            node,
            port,
            preview: Preview::Text(text),
        } => Some(format!("{node}.{port}: {text}")),
        _ => None,
    };
    events.iter().filter_map(said).collect()
}

#[test]
fn every_result_is_shown_when_it_is_there_also_from_the_cache() {
    let mut bench = Bench::new(1);
    let mut graph = graph(CHAIN);
    assert_eq!(shown(&bench.run(&graph).1), ["a", "b", "first", "join"]);
    bench.engine.forget();
    bench.options.show = true;
    let all = [
        "a",
        "a.text: a",
        "b",
        "b.text: b",
        "first",
        "first.text: a1",
        "join",
        "join.text: a1+b",
    ];
    assert_eq!(shown(&bench.run(&graph).1), all);
    let _ = bench.log.take();
    assert_eq!(shown(&bench.run(&graph).1), all, "nobody needs most of it");
    assert_eq!(bench.log.take(), [""; 0], "nothing runs to be shown");
    let edit = crate::edit::Edit::set(&port("join.between"), text("-"));
    let _ = graph.apply(edit).expect("there is such a node");
    let last = shown(&bench.run(&graph).1).pop();
    assert_eq!(last.as_deref(), Some("join.text: a1-b"));
}

#[test]
fn what_is_neither_needed_nor_at_hand_is_not_shown() {
    let mut bench = Bench::new(1);
    let graph = graph(CHAIN);
    let _ = bench.run(&graph);
    bench.engine.cache().forget_all_but("a1+b");
    bench.options.show = true;
    assert_eq!(
        shown(&bench.run(&graph).1),
        ["a", "b", "first", "join", "join.text: a1+b"]
    );
}

/// Something that is seen in one way or another.
#[derive(Clone)]
struct Sight(u8);

impl WireValue for Sight {
    const KIND: &'static str = "sight";

    fn preview(&self) -> Preview {
        assert!(self.0 < 9, "nothing can be seen");
        Preview::image(1, 1, vec![self.0; 3])
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(1)
    }
}

/// Makes sights.
#[derive(Clone, Debug, Params)]
struct Look {}

#[derive(Ports)]
struct Sights {
    /// What cannot be seen.
    dark: Sight,
    /// Nothing at all.
    none: Option<Sight>,
    /// What can be seen.
    seen: Vec<Sight>,
}

impl Node for Look {
    const ID: &'static str = "test.look";
    type Inputs = ();
    type Outputs = Sights;

    fn run(&self, (): (), _: &mut Run) -> Result<Sights, NodeError> {
        Ok(Sights {
            dark: Sight(9),
            none: None,
            seen: vec![Sight(1), Sight(2)],
        })
    }
}

#[test]
fn several_pictures_are_one_batch_and_what_cannot_be_shown_spoils_nothing() {
    let mut kinds = registry();
    let _ = kinds.add::<Look>();
    let mut bench = Bench::new(1);
    bench.options.show = true;
    let plan = Plan::new(&graph("a: test.look"), &kinds).expect("the graph can be run");
    let mut shown = Vec::new();
    let cancel = Cancel::default();
    let outcome = bench.engine.run(&plan, &bench.options, &cancel, |event| {
        if let Happened::Shown { port, preview, .. } = &event.what {
            shown.push((port.clone(), preview.clone()));
        }
    });
    assert!(outcome.is_complete());
    let picture = |level: u8| Picture {
        width: 1,
        height: 1,
        pixels: vec![level; 3].into(),
    };
    assert_eq!(
        shown,
        [
            (
                "dark".into(),
                Preview::Text("sight cannot be shown: nothing can be seen".into())
            ),
            ("seen".into(), Preview::Images(vec![picture(1), picture(2)])),
        ]
    );
}

#[test]
fn a_line_of_the_log_says_what_sort_of_thing_is_shown() {
    let line = |preview: Preview| {
        let shown = Happened::Shown {
            node: crate::sample::id("a"),
            port: "out".into(),
            preview,
        };
        let line = serde_json::to_value(shown).expect("events can be written");
        line["preview"].as_str().map(String::from)
    };
    let grid = TokenGrid {
        rows: 2,
        columns: 3,
        ..TokenGrid::default()
    };
    let picture = Preview::image(2, 1, vec![0; 6]);
    assert_eq!(line(picture).as_deref(), Some("image of 2 × 1 pixels"));
    assert_eq!(
        line(Preview::Images(Vec::new())).as_deref(),
        Some("0 images")
    );
    assert_eq!(
        line(Preview::TokenGrid(grid.clone())).as_deref(),
        Some("grid of 2 × 3 tokens")
    );
    assert_eq!(
        line(Preview::Steps(vec![grid.clone(), grid])).as_deref(),
        Some("1 steps")
    );
}
