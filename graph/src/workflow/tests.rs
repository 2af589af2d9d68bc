use super::{FORMAT, LARGEST, Workflow, save, to_text};
use crate::document::{FrameColour, Graph, NodeId, State};
use crate::param::ParamValue;
use crate::registry::Registry;
use crate::sample::{Dice, edits, id, registry, text};

mod bad;
mod files;

const FILE: &str = r#"(
    format: 1,
    about: "Two words.",
    plugins: {},
    nodes: {
        "a":    (kind: "test.text", version: 1, params: {"text": "x"}),
        "join": (kind: "test.join", version: 1, params: {"copies": 2, "weight": 0.5}),
        "mark": (kind: "test.mark", version: 1, params: {}, state: Muted),
    },
    wires: [
        ("a.text", "join.first"),
        ("a.text", "mark.text"),
    ],
    interface: (params: {"word": "a.text"}, outputs: {"text": "join.text"}),
    layout: {"a": (0, 0), "join": (160, -20)},
)
"#;

fn read(text: &str) -> Workflow {
    Workflow::read("test.ron", text, &registry()).expect("the file is right")
}

#[test]
fn a_file_in_canonical_form_comes_back_as_it_is() {
    let workflow = read(FILE);
    assert_eq!(to_text(&workflow.graph), FILE);
    let join = workflow.graph.node(&id("join")).expect("it is in the file");
    assert_eq!(join.params["copies"], ParamValue::Int(2));
    assert_eq!(join.params["weight"], ParamValue::Float(0.5));
    let mark = workflow.graph.node(&id("mark")).expect("it is in the file");
    assert_eq!(mark.state, Some(State::Muted));
}

#[test]
fn an_empty_graph_is_a_file_too() {
    let text = to_text(&Graph::default());
    assert_eq!(read(&text).graph, Graph::default());
    assert!(!text.contains("layout"));
}

#[test]
fn a_file_written_by_hand_may_be_brief_and_have_comments() {
    let workflow = read(
        "#![enable(implicit_some)]\r\n// a comment\r\n(format: 1, nodes: {\r\n\
         \"a\": (kind: \"test.text\", /* another /* within */ */ params: {\"text\": r#\"x\"y\"#}),\r\n\
         \"b\": (kind: \"test.mark\")}, wires: [(\"a.text\", \"b.text\",),],)",
    );
    let a = workflow.graph.node(&id("a")).expect("it is in the file");
    assert_eq!(a.params["text"], text("x\"y"));
    assert_eq!(a.version, 1);
    assert_eq!(workflow.graph.wires().len(), 1);
    let marked = format!("\u{feff}{FILE}");
    assert_eq!(read(&marked).graph, read(FILE).graph);
}

#[test]
fn the_comments_that_writing_loses_are_known() {
    let text = r##"// Made by hand.
(   /* Formats: /* only one */ so far. */
    format: 1, // The newest.
    about: "See http://example.org/*.",
    nodes: {
        "a": (kind: "test.text", version: 1, params: {"text": r#"// "no" comment"#}),
        "b": (kind: "acme.odd", version: 1, params: {"odd": Some('/' /* kept */)}),
    },//
)
// The end"##;
    let expected = [
        "// Made by hand.",
        "/* Formats: /* only one */ so far. */",
        "// The newest.",
        "//",
        "// The end",
    ];
    let workflow = read(text);
    assert_eq!(workflow.lost_comments(), expected);
    let written = to_text(&workflow.graph);
    assert!(written.contains("/* kept */"), "{written}");
    assert!(read(&written).lost_comments().is_empty());
}

#[test]
fn long_nodes_and_long_lists_are_broken_into_lines() {
    let params: Vec<String> = (0..12)
        .map(|at| format!("\"p{at:02}\": \"{at}\""))
        .collect();
    let places: Vec<String> = (0..12)
        .map(|at| format!("\"frame/f{at:02}\": ()"))
        .collect();
    let brief = format!(
        "(format: 1, nodes: {{\"a\": (kind: \"x.y\", params: {{{}}}, state: Bypassed)}}, layout: {{{}}})",
        params.join(", "),
        places.join(", ")
    );
    let text = to_text(&read(&brief).graph);
    let start = "(
    format: 1,
    about: \"\",
    plugins: {},
    nodes: {
        \"a\": (
            kind: \"x.y\",
            version: 1,
            params: {
                \"p00\": \"0\",
";
    let end = "
                \"p11\": \"11\",
            },
            state: Bypassed,
        ),
    },
    wires: [],
    interface: (params: {}, outputs: {}),
    layout: {
        \"frame/f00\": (title: \"\", at: (0, 0), size: (0, 0)),
";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains(end), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert_eq!(to_text(&read(&text).graph), text);
}

#[test]
fn collapsed_nodes_and_colours_of_frames_are_kept() {
    let layout = r#"{
        "a": (at: (0, 0), collapsed: true),
        "join": (160, -20),
        "mark": (collapsed: true),
        "frame/grey": (title: "", at: (0, 0), size: (1, 2)),
        "frame/red": (title: "", at: (0, 0), size: (1, 2), colour: Red),
    }"#;
    let plain = r#"{"a": (0, 0), "join": (160, -20)}"#;
    let file = FILE.replace(plain, layout);
    let graph = read(&file).graph;
    let collapsed: Vec<&str> = graph
        .layout()
        .collapsed
        .iter()
        .map(NodeId::as_str)
        .collect();
    assert_eq!(collapsed, ["a", "mark"]);
    assert_eq!(graph.layout().nodes.len(), 2);
    let colour = |name: &str| graph.layout().frames[&id(name)].colour;
    assert_eq!(
        (colour("grey"), colour("red")),
        (FrameColour::Grey, FrameColour::Red)
    );
    assert_eq!(to_text(&graph), file);
    let said = file.replace("size: (1, 2)),", "size: (1, 2), colour: Grey),");
    assert_eq!(
        to_text(&read(&said).graph),
        file,
        "what is as usual is not written"
    );
}

#[test]
fn the_way_of_a_wire_to_a_parameter_that_nobody_can_read_is_kept() {
    let file = r#"(
        format: 1,
        nodes: {
            "a": (kind: "test.text"),
            "b": (kind: "acme.curve", params: {"points": [1, 2]}),
        },
        wires: [("a.text", "b.points")],
        layout: {"a.text -> b.points": [(1, 2)]},
    )"#;
    assert_eq!(read(file).graph.layout().reroutes.len(), 1);
}

#[test]
fn every_graph_survives_its_file() {
    let nothing_known = Registry::default();
    let (mut nodes, mut wires) = (0, 0);
    for seed in 100..200 {
        let mut dice = Dice::new(seed);
        let mut graph = Graph::default();
        for _ in 0..60 {
            let edit = edits::edit(&mut dice, &graph);
            let _ = graph.apply(edit);
        }
        nodes += graph.nodes().len();
        wires += graph.wires().len();
        let text = to_text(&graph);
        let again = Workflow::read("again.ron", &text, &nothing_known);
        let again = again
            .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
            .graph;
        assert_eq!(again, graph, "{text}");
        assert_eq!(
            to_text(&again),
            text,
            "the canonical form is its own canonical form"
        );
        let ron: Result<ron::Value, _> = ron::from_str(&text);
        assert!(ron.is_ok(), "{ron:?}\n{text}");
    }
    assert!(
        nodes > 200 && wires > 50,
        "{nodes} nodes, {wires} wires prove little"
    );
}

#[test]
fn kinds_that_nobody_knows_are_kept_as_they_are() {
    let unknown = [
        r#""curve": [(0, 0.5), (1, 18446744073709551615)]"#,
        r#""empty": None"#,
        r#""far": inf"#,
        r#""letter": 'x'"#,
        r#""n": 1.0"#,
        r#""some": Shape(sides: 3, /* a comment */ of: b"bytes")"#,
    ];
    let file = FILE.replace(
        r#"(kind: "test.text", version: 1, params: {"text": "x"})"#,
        &format!(
            r#"(kind: "acme.curve", version: 7, params: {{{}}})"#,
            unknown.join(", ")
        ),
    );
    let workflow = read(&file);
    let text = to_text(&workflow.graph);
    for param in unknown {
        assert!(
            text.contains(&format!("{param},\n")),
            "{param} is not in {text}"
        );
    }
    assert!(text.contains("version: 7,"), "{text}");
    assert_eq!(read(&text).graph, workflow.graph);
    let problems = workflow.plan(&registry());
    let problems = problems.err().expect("nobody can run it");
    assert!(
        problems.has("unknown-kind") && problems.len() == 1,
        "{problems}"
    );
}

#[test]
fn nodes_of_older_versions_are_rewritten_and_those_of_newer_ones_kept() {
    use crate::prelude::*;

    /// Was called `old` once, and `older` before.
    #[derive(Clone, Debug, Params)]
    struct Renamed {
        /// The text.
        new: String,
    }

    impl Node for Renamed {
        const ID: &'static str = "test.renamed";
        const VERSION: u32 = 3;
        type Inputs = ();
        type Outputs = ();

        fn migrate(version: u32, params: &mut ParamValues) {
            if version < 2
                && let Some(value) = params.remove("older")
            {
                let _ = params.insert("old".into(), value);
            }
            if version < 3
                && let Some(value) = params.remove("old")
            {
                let _ = params.insert("new".into(), value);
            }
        }

        fn run(&self, (): (), _: &mut Run) -> Result<(), NodeError> {
            Ok(())
        }
    }

    let mut registry = Registry::default();
    let _ = registry.add::<Renamed>();
    let written = |version: u32, param: &str| {
        let file = format!(
            r#"(format: 1, nodes: {{"a": (kind: "test.renamed", version: {version}, params: {{"{param}": "x"}})}})"#
        );
        let workflow = Workflow::read("old.ron", &file, &registry).expect("the file is right");
        let planned = workflow
            .plan(&registry)
            .map(|_| ())
            .map_err(|it| it.to_string());
        (workflow.graph.nodes()[&id("a")].clone(), planned)
    };
    for (version, param) in [(1, "older"), (2, "old"), (3, "new")] {
        let (node, planned) = written(version, param);
        assert_eq!((node.version, &node.params["new"]), (3, &text("x")));
        assert_eq!(planned, Ok(()));
    }
    let (node, planned) = written(4, "newest");
    assert_eq!((node.version, &node.params["newest"]), (4, &text("x")));
    assert!(
        planned
            .expect_err("it is too new")
            .contains("newer-version")
    );
}

#[test]
fn the_format_counts_the_migrations() {
    assert_eq!(FORMAT, 1);
    assert!(FILE.contains(&format!("format: {FORMAT},")));
}
