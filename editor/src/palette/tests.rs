use graph::document::{Graph, NodeId, PlacedNode};
use graph::edit::Edit;
use graph::kind::Kind;
use graph::node::{Descriptor, Effect};
use graph::param::{ParamKind, ParamSpec, ParamValue};
use graph::port::{Arity, PortSpec};
use graph::registry::{Entry, Registry};

use super::{Action, Context, Message, Mode, Palette, Pick, remember};
use crate::canvas::Loose;
use crate::command::Command;
use crate::keymap::Keymap;
use crate::space::WorldPoint;

fn port(name: &str, kind: &str, arity: Arity) -> PortSpec {
    PortSpec {
        name: name.into(),
        doc: format!("The {name}."),
        kind: Kind::new(kind),
        arity,
    }
}

fn number(name: &str) -> ParamSpec {
    ParamSpec {
        name: name.into(),
        doc: format!("The {name}."),
        kind: ParamKind::Int { min: 1, max: 64 },
        default: Some(ParamValue::Int(16)),
        unit: None,
    }
}

/// A kind of node as `id`, title, doc, inputs, outputs and parameters tell it.
fn kind(
    (id, title, doc): (&str, &str, &str),
    inputs: Vec<PortSpec>,
    outputs: Vec<PortSpec>,
    params: Vec<ParamSpec>,
) -> Entry {
    let descriptor = Descriptor {
        id: id.into(),
        version: 1,
        title: title.into(),
        doc: doc.into(),
        effect: Effect::Pure,
        params,
        inputs,
        outputs,
    };
    Entry::new(descriptor, "", |_| Err(Vec::new()), |_, _| ())
}

fn registry() -> Registry {
    let one = |name: &str, kind: &str| vec![port(name, kind, Arity::One)];
    let mut registry = Registry::default();
    let _ = registry
        .insert(kind(
            ("input.text", "Text", "Gives a text, such as a prompt."),
            vec![],
            one("text", "text"),
            vec![],
        ))
        .insert(kind(
            ("input.number", "Number", "Gives a number."),
            vec![],
            one("number", "number"),
            vec![],
        ))
        .insert(kind(
            ("tokenizer.encode", "Encode", "Turns pictures into tokens."),
            one("image", "image"),
            one("tokens", "tokens"),
            vec![],
        ))
        .insert(kind(
            (
                "sample.edit",
                "Edit sampler",
                "Lays tokens, and lays them anew.\nIt edits.",
            ),
            vec![
                port("prompt", "prompt", Arity::One),
                port("start", "tokens", Arity::Optional),
            ],
            vec![
                port("tokens", "tokens", Arity::One),
                port("history", "history", Arity::One),
            ],
            vec![number("steps")],
        ))
        .insert(kind(
            ("decoder.decode", "Decode", "Turns tokens into pictures."),
            one("tokens", "tokens"),
            one("image", "image"),
            vec![number("tile")],
        ))
        .insert(kind(
            ("image.sheet", "Sheet", "Lays pictures side by side."),
            vec![port("images", "image", Arity::Many)],
            one("image", "image"),
            vec![number("columns"), number("gap")],
        ));
    registry
}

/// The keys that commands have until somebody gives them others.
fn keymap() -> Keymap {
    let folder = tempfile::tempdir().expect("a folder");
    let (keymap, problems) = Keymap::load(&folder.path().join("keymap.ron"));
    assert!(problems.is_empty(), "{problems:?}");
    keymap
}

fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("a name")
}

fn graph() -> Graph {
    let mut graph = Graph::default();
    for (name, kind) in [
        ("encode", "tokenizer.encode"),
        ("sampler", "sample.edit"),
        ("decode", "decoder.decode"),
        ("sheet", "image.sheet"),
    ] {
        let edit = Edit::add(id(name), PlacedNode::new(kind, 1));
        let _ = graph.apply(edit).expect("a new node");
    }
    for (from, to) in [
        ("encode.tokens", "decode.tokens"),
        ("decode.image", "sheet.images"),
    ] {
        let port = |text: &str| text.parse().expect("a port");
        let _ = graph
            .apply(Edit::connect(port(from), port(to)))
            .expect("a new wire");
    }
    graph
}

fn open(mode: Mode, recent: &[&str]) -> Palette {
    let recent: Vec<String> = recent.iter().map(ToString::to_string).collect();
    Palette::open(
        mode,
        Context {
            graph: &graph(),
            registry: &registry(),
            keymap: &keymap(),
            recent: &recent,
        },
    )
}

fn add(from: Option<Loose>) -> Mode {
    Mode::Add {
        at: WorldPoint::new(3.0, 4.0),
        from,
    }
}

fn names(palette: &Palette) -> Vec<&str> {
    let rows = palette.rows.iter();
    rows.map(|row| palette.entries[row.entry].name.as_str())
        .collect()
}

fn typed(mut palette: Palette, query: &str) -> Palette {
    assert_eq!(palette.update(Message::Typed(query.into())), Action::None);
    palette
}

#[test]
fn without_a_query_nodes_stand_by_group_and_those_used_lately_first() {
    let palette = open(add(None), &["image.sheet", "gone.kind", "input.text"]);
    assert_eq!(
        names(&palette),
        [
            "image.sheet",
            "input.text",
            "input.number",
            "tokenizer.encode",
            "sample.edit",
            "decoder.decode",
        ]
    );
    let headings: Vec<Option<&str>> = palette
        .rows
        .iter()
        .map(|row| row.heading.as_deref())
        .collect();
    assert_eq!(
        headings,
        [
            Some("recently used"),
            None,
            Some("input"),
            Some("tokenizer"),
            Some("sample"),
            Some("decoder"),
        ]
    );
}

#[test]
fn typing_finds_titles_before_ids_before_docs() {
    let check = |query: &str, expected: &[&str]| {
        let palette = typed(open(add(None), &[]), query);
        assert_eq!(names(&palette), expected, "{query}");
    };
    check("dec", &["decoder.decode"]);
    check("edit", &["sample.edit"]);
    check(
        "tokens",
        &["tokenizer.encode", "sample.edit", "decoder.decode"],
    );
    check("smpl", &["sample.edit"]);
    check("pictures side", &["image.sheet"]);
    check("text", &["input.text"]);
    check("zebra", &[]);
}

#[test]
fn what_is_typed_stands_out_in_the_title() {
    let palette = typed(open(add(None), &[]), "sht");
    assert_eq!(names(&palette), ["image.sheet"]);
    assert_eq!(palette.rows[0].letters, [0, 1, 4]);
}

#[test]
fn with_a_wire_in_the_hand_only_nodes_that_fit_are_offered_and_the_best_fit_first() {
    let tokens = Loose::Output("encode.tokens".parse().expect("a port"));
    let palette = open(add(Some(tokens)), &[]);
    assert_eq!(names(&palette), ["decoder.decode", "sample.edit"]);
    assert_eq!(palette.left_out, 4);

    let image = Loose::Input("sheet.images".parse().expect("a port"));
    let palette = open(add(Some(image)), &[]);
    assert_eq!(names(&palette), ["decoder.decode", "image.sheet"]);
}

#[test]
fn enter_adds_the_best_match_with_the_wire_connected() {
    let tokens = Loose::Output("encode.tokens".parse().expect("a port"));
    let mut palette = open(add(Some(tokens.clone())), &[]);
    assert_eq!(
        palette.update(Message::Submitted),
        Action::Add {
            kind: "decoder.decode".into(),
            connect: Some((tokens, "tokens".into())),
            at: WorldPoint::new(3.0, 4.0),
        }
    );
}

#[test]
fn tab_goes_to_the_next_socket_that_fits() {
    let number = Loose::Input("sheet.gap".parse().expect("a port"));
    let mut palette = open(add(Some(number)), &[]);
    assert_eq!(names(&palette), ["input.number"]);
    assert_eq!(palette.update(Message::SocketMoved), Action::None);
    assert_eq!(palette.socket, 0, "there is just one");

    let mut graph = graph();
    let node = PlacedNode::new("input.number", 1);
    let _ = graph.apply(Edit::add(id("n"), node)).expect("a new node");
    let loose = Loose::Output("n.number".parse().expect("a port"));
    let mut palette = Palette::open(
        add(Some(loose)),
        Context {
            graph: &graph,
            registry: &registry(),
            keymap: &keymap(),
            recent: &[],
        },
    );
    let mut palette_at_sheet = typed(palette.clone(), "sheet");
    assert_eq!(palette_at_sheet.update(Message::SocketMoved), Action::None);
    let action = palette_at_sheet.update(Message::Submitted);
    let Action::Add { connect, .. } = action else {
        panic!("expected a node to be added, found {action:?}");
    };
    assert_eq!(connect.map(|(_, port)| port).as_deref(), Some("gap"));

    assert_eq!(palette.update(Message::SocketChosen(7)), Action::None);
    let action = palette.update(Message::Submitted);
    assert!(
        matches!(action, Action::Add { connect: None, .. }),
        "a socket that is not there is not wired: {action:?}"
    );
}

#[test]
fn arrows_go_round_and_pages_end_at_the_end() {
    let mut palette = open(add(None), &[]);
    let mut at = |message| {
        assert_eq!(palette.update(message), Action::None);
        palette.chosen
    };
    assert_eq!(at(Message::Moved(1)), 1);
    assert_eq!(at(Message::Moved(-1)), 0);
    assert_eq!(at(Message::Moved(-1)), 5);
    assert_eq!(at(Message::Moved(1)), 0);
    assert_eq!(at(Message::Moved(6)), 5);
    assert_eq!(at(Message::Moved(-6)), 0);
    assert_eq!(at(Message::Ended(true)), 5);
}

#[test]
fn nothing_found_is_nothing_done() {
    let mut palette = typed(open(add(None), &[]), "zebra");
    assert_eq!(palette.update(Message::Moved(1)), Action::None);
    assert_eq!(palette.update(Message::Submitted), Action::None);
    assert_eq!(palette.update(Message::Dismissed), Action::Close);
}

#[test]
fn wires_are_offered_to_free_sockets_first_and_never_in_a_circle() {
    let palette = open(Mode::Connect { from: id("decode") }, &[]);
    let titles: Vec<&str> = palette
        .rows
        .iter()
        .map(|row| palette.entries[row.entry].title.as_str())
        .collect();
    assert_eq!(titles, ["sampler.tokens → decode.tokens"]);
    let Some(entry) = palette.chosen() else {
        panic!("expected a wire");
    };
    assert_eq!(entry.summary(), "Instead of the wire from encode.tokens.");
    assert!(matches!(&entry.pick, Pick::Wire { from, .. } if from.to_string() == "sampler.tokens"));
}

#[test]
fn commands_are_found_by_their_titles() {
    let mut palette = typed(open(Mode::Command, &[]), "undo");
    assert_eq!(
        palette.update(Message::Submitted),
        Action::Run(Command::Undo)
    );
}

#[test]
fn what_was_used_last_is_remembered_first_and_once() {
    let mut recent = vec!["a".to_owned(), "b".to_owned()];
    remember(&mut recent, "b");
    remember(&mut recent, "c");
    assert_eq!(recent, ["c", "b", "a"]);
}
