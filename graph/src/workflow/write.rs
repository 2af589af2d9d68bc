//! From graph to text, in the one canonical form.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};

use super::FORMAT;
use crate::document::{
    Extent, FrameColour, Graph, Layout, NodeId, Note, PlacedNode, PortRef, Position, State,
};
use crate::param::ParamValue;

/// How many letters a line may have before it is broken.
const WIDTH: usize = 100;

/// `graph` as a workflow file, always the same for the same graph: nodes by name, wires by where they end, layout last.
pub fn to_text(graph: &Graph) -> String {
    let mut text = format!("(\n    format: {FORMAT},\n");
    field(&mut text, "about", quoted(graph.about()));
    let plugins = graph.plugins().iter();
    let plugins = plugins.map(|(name, versions)| entry(name, quoted(versions)));
    field(&mut text, "plugins", group(4, '{', '}', plugins.collect()));
    field(&mut text, "nodes", nodes(graph.nodes()));
    let wires = graph.wires().iter();
    let wires =
        wires.map(|wire| format!("({}, {})", quoted_port(&wire.from), quoted_port(&wire.to)));
    field(&mut text, "wires", lines(4, '[', ']', wires.collect()));
    field(&mut text, "interface", interface(graph));
    if !graph.layout().is_empty() {
        let entries = layout(graph.layout());
        field(&mut text, "layout", group(4, '{', '}', entries));
    }
    text.push_str(")\n");
    text
}

fn field(text: &mut String, name: &str, value: String) {
    let _ = writeln!(text, "    {name}: {value},");
}

fn nodes(nodes: &BTreeMap<NodeId, PlacedNode>) -> String {
    let longest = nodes
        .keys()
        .map(|id| id.as_str().chars().count())
        .max()
        .unwrap_or(0);
    let entries = nodes.iter().map(|(id, placed)| {
        let padding = longest - id.as_str().chars().count();
        let key = format!("{}:{:padding$} ", quoted(id.as_str()), "");
        let line = format!("{key}{}", node_line(placed));
        if 8 + line.chars().count() < WIDTH && !line.contains('\n') {
            line
        } else {
            format!("{}: {}", quoted(id.as_str()), node_block(placed))
        }
    });
    lines(4, '{', '}', entries.collect())
}

fn node_line(node: &PlacedNode) -> String {
    let params = format!("{{{}}}", params(node).join(", "));
    let mut text = format!(
        "(kind: {}, version: {}, params: {params}",
        quoted(&node.kind),
        node.version
    );
    if let Some(state) = node.state {
        let _ = write!(text, ", state: {}", state_name(state));
    }
    text.push(')');
    text
}

fn node_block(node: &PlacedNode) -> String {
    let mut fields = vec![
        format!("kind: {}", quoted(&node.kind)),
        format!("version: {}", node.version),
        format!("params: {}", lines(12, '{', '}', params(node))),
    ];
    if let Some(state) = node.state {
        fields.push(format!("state: {}", state_name(state)));
    }
    lines(8, '(', ')', fields)
}

fn state_name(state: State) -> &'static str {
    match state {
        State::Muted => "Muted",
        State::Bypassed => "Bypassed",
    }
}

fn params(node: &PlacedNode) -> Vec<String> {
    let values = node.params.iter().map(|(name, value)| (name, param(value)));
    let kept = node
        .verbatim
        .iter()
        .map(|(name, text)| (name, text.clone()));
    let sorted: BTreeMap<&String, String> = values.chain(kept).collect();
    sorted
        .into_iter()
        .map(|(name, value)| entry(name, value))
        .collect()
}

fn param(value: &ParamValue) -> String {
    match value {
        ParamValue::Text(text) => quoted(text),
        // Always with a point or an exponent, so that it is read as a number of the same type.
        ParamValue::Float(number) => format!("{number:?}"),
        ParamValue::Int(number) => number.to_string(),
        ParamValue::Bool(value) => value.to_string(),
    }
}

fn interface(graph: &Graph) -> String {
    let map = |map: &BTreeMap<String, PortRef>| -> Vec<String> {
        map.iter()
            .map(|(name, target)| entry(name, quoted_port(target)))
            .collect()
    };
    let params = map(&graph.interface().params);
    let outputs = map(&graph.interface().outputs);
    let one_line = format!(
        "(params: {{{}}}, outputs: {{{}}})",
        params.join(", "),
        outputs.join(", ")
    );
    if "    interface: ,".len() + one_line.chars().count() < WIDTH {
        return one_line;
    }
    lines(
        4,
        '(',
        ')',
        vec![
            format!("params: {}", group(8, '{', '}', params)),
            format!("outputs: {}", group(8, '{', '}', outputs)),
        ],
    )
}

fn layout(layout: &Layout) -> Vec<String> {
    let nodes: BTreeSet<&NodeId> = layout.nodes.keys().chain(&layout.collapsed).collect();
    let mut entries: Vec<String> = nodes
        .into_iter()
        .map(|id| entry(id.as_str(), place(layout, id)))
        .collect();
    entries.extend(layout.frames.iter().map(|(id, frame)| {
        let mut fields = boxed("title", &frame.title, frame.at, frame.size);
        if frame.colour != FrameColour::Grey {
            let _ = write!(fields, ", colour: {}", frame.colour.name());
        }
        entry(&format!("frame/{id}"), format!("({fields})"))
    }));
    entries.extend(layout.notes.iter().map(|(id, note)| {
        let Note { text, at, size } = note;
        let fields = boxed("text", text, *at, *size);
        entry(&format!("note/{id}"), format!("({fields})"))
    }));
    entries.extend(layout.reroutes.iter().map(|(wire, points)| {
        let points: Vec<String> = points.iter().map(|point| position(*point)).collect();
        entry(&wire.to_string(), format!("[{}]", points.join(", ")))
    }));
    entries
}

/// Where a node stands, and whether it is collapsed.
fn place(layout: &Layout, id: &NodeId) -> String {
    let at = layout.nodes.get(id).map(|at| position(*at));
    match (at, layout.collapsed.contains(id)) {
        (Some(at), false) => at,
        (Some(at), true) => format!("(at: {at}, collapsed: true)"),
        (None, collapsed) => format!("(collapsed: {collapsed})"),
    }
}

fn boxed(name: &str, text: &str, at: Position, size: Extent) -> String {
    format!(
        "{name}: {}, at: {}, size: ({}, {})",
        quoted(text),
        position(at),
        size.width,
        size.height
    )
}

fn position(at: Position) -> String {
    format!("({}, {})", at.x, at.y)
}

fn entry(key: &str, value: impl Display) -> String {
    format!("{}: {value}", quoted(key))
}

fn quoted_port(port: &PortRef) -> String {
    quoted(&port.to_string())
}

/// On one line where it is short, else one entry a line.
fn group(indent: usize, open: char, close: char, entries: Vec<String>) -> String {
    let one_line = format!("{open}{}{close}", entries.join(", "));
    // The longest name of a field and its punctuation take less than the twenty letters set aside here.
    if indent + 20 + one_line.chars().count() < WIDTH {
        one_line
    } else {
        lines(indent, open, close, entries)
    }
}

/// One entry a line.
fn lines(indent: usize, open: char, close: char, entries: Vec<String>) -> String {
    if entries.is_empty() {
        return format!("{open}{close}");
    }
    let mut text = format!("{open}\n");
    for entry in entries {
        let _ = writeln!(text, "{:indent$}    {entry},", "");
    }
    let _ = write!(text, "{:indent$}{close}", "");
    text
}

/// A text as RON writes it, on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Marks that turn the writing direction round could make a file look other than it is.
            _ if letter.is_control() || is_invisible(letter) => {
                let _ = write!(quoted, "\\u{{{:x}}}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}
