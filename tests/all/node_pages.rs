//! `docs/nodes.md`: what every node does, written from the nodes themselves.

use graph::node::{Descriptor, Effect};
use graph::param::{ParamKind, ParamSpec};
use graph::port::{Arity, PortSpec};
use graph::registry::Registry;

use crate::repository::{read, root};

const PAGE: &str = "docs/nodes.md";

#[test]
fn the_page_of_nodes_is_up_to_date() {
    let mut registry = Registry::default();
    nodes::register(&mut registry);
    let page = page(&registry);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(root().join(PAGE), &page).expect("the page can be written");
    }
    assert!(
        read(PAGE) == page,
        "{PAGE} is out of date: run `UPDATE=1 cargo test -p smalto page_of_nodes`"
    );
}

#[test]
fn every_node_port_and_parameter_is_documented() {
    let mut registry = Registry::default();
    nodes::register(&mut registry);
    assert!(registry.iter().count() > 5, "hardly any node is registered");
    for entry in registry.iter() {
        let node = &entry.descriptor;
        let ports = node.inputs.iter().chain(&node.outputs);
        let docs = ports
            .map(|port| (&port.name, &port.doc))
            .chain(node.params.iter().map(|param| (&param.name, &param.doc)))
            .chain([(&node.id, &node.doc)]);
        for (name, doc) in docs {
            assert!(
                !doc.trim().is_empty(),
                "`{name}` of {} is not documented",
                node.id
            );
        }
        assert!(
            node.id.contains('.') && node.group() != node.id,
            "{} has no group before its dot",
            node.id
        );
    }
}

fn page(registry: &Registry) -> String {
    let mut page = String::from(
        "# Nodes\n\n\
         What every node takes, gives and lets you set.\n\
         Written from the nodes themselves by `UPDATE=1 cargo test -p smalto page_of_nodes`; do not edit.\n",
    );
    let mut group = "";
    for entry in registry.iter() {
        let node = entry.descriptor.as_ref();
        if node.group() != group {
            group = node.group();
            page.push_str(&format!("\n## {group}\n"));
        }
        page.push_str(&section(node));
    }
    page
}

fn section(node: &Descriptor) -> String {
    let mut text = format!("\n### `{}`\n\n{}\n", node.id, node.doc.trim());
    text.push_str(match node.effect {
        Effect::Pure => "",
        Effect::ReadsFiles => "\nReads files.\n",
        Effect::WritesFiles => "\nWrites files, so it runs every time.\n",
        Effect::Impure => "\nRuns every time.\n",
    });
    text.push_str(&table(
        "input | takes | |\n|---|---|---|",
        node.inputs.iter().map(port),
    ));
    text.push_str(&table(
        "parameter | may be | unless set | |\n|---|---|---|---|",
        node.params.iter().map(param),
    ));
    text.push_str(&table(
        "output | gives | |\n|---|---|---|",
        node.outputs.iter().map(port),
    ));
    text
}

fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n| {head}\n{}\n", rows.join("\n"))
}

fn port(port: &PortSpec) -> String {
    let arity = match port.arity {
        Arity::One => "",
        Arity::Optional => ", optional",
        Arity::Many => ", any number of wires",
    };
    format!(
        "| `{}` | {}{arity} | {} |",
        port.name,
        port.kind,
        cell(&port.doc)
    )
}

fn param(spec: &ParamSpec) -> String {
    let kind = match &spec.kind {
        ParamKind::Choice { options } => options
            .iter()
            .map(|option| format!("`{}`: {}", option.name, cell(&option.doc)))
            .collect::<Vec<_>>()
            .join("<br>"),
        ParamKind::Text { .. } => "text".into(),
        ParamKind::Path { .. } => "a path".into(),
        ParamKind::Bool | ParamKind::Int { .. } | ParamKind::Float { .. } | ParamKind::Seed => {
            spec.kind.to_string()
        }
    };
    let unit = spec
        .unit
        .as_ref()
        .map_or(String::new(), |unit| format!(", {unit}"));
    let default = match &spec.default {
        Some(default) => format!("`{default}`"),
        None => "must be set".into(),
    };
    format!(
        "| `{}` | {kind}{unit} | {default} | {} |",
        spec.name,
        cell(&spec.doc)
    )
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.trim().replace('\n', " ").replace('|', "\\|")
}
