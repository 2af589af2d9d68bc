//! The nodes of a file.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use crate::document::{NodeId, PlacedNode, State};
use crate::edit::Edit;
use crate::param::{ParamValue, ParamValues};
use crate::plan::order;
use crate::problem::Problem;
use crate::workflow::MOST_NODES;
use crate::workflow::syntax::{Form, Key, Tree};

impl Reader<'_> {
    /// Reads the nodes; the `wires` tell in which order they are best taken in.
    pub fn nodes(&mut self, tree: Tree, wires: Option<&Tree>) {
        let span = tree.span.clone();
        self.lost.everything |= !matches!(tree.form, Form::Map(_));
        let entries = self.map(Some(tree), "`nodes`");
        if entries.len() > MOST_NODES {
            self.report(
                Problem::new(
                    "too-large",
                    format!("there are more than {MOST_NODES} nodes"),
                )
                .hint("no workflow needs that: the file is damaged or not a workflow"),
                span,
            );
            self.lost.everything = true;
            return;
        }
        for (key, value) in in_order(entries, wires) {
            let name = key.name.clone();
            if self.node(key, value).is_none() {
                let _ = self.failed_nodes.insert(name);
            }
        }
    }

    fn node(&mut self, key: Key, tree: Tree) -> Option<()> {
        let id = match NodeId::new(key.name.clone()) {
            Ok(id) => id,
            Err(error) => {
                self.report(Problem::new("bad-name", error.to_string()), key.span);
                return None;
            }
        };
        let name = id.as_str().to_owned();
        let what = format!("node `{name}`");
        let known = ["kind", "version", "params", "state"];
        let span = key.span.start..tree.span.end;
        let mut fields = self.record(tree, &known, &what, Some(&name))?;

        let Some(kind) = fields.take("kind") else {
            if fields.complete {
                self.report(
                    Problem::new("missing-field", format!("{what} has no field `kind`"))
                        .node(&name)
                        .hint("`smalto nodes` lists the kinds there are"),
                    key.span,
                );
            }
            return None;
        };
        let kind_span = kind.span.clone();
        let kind = self.text(&kind, &format!("the kind of {what}"))?;
        let version = match fields.take("version") {
            None => None,
            Some(tree) => match tree.form {
                Form::Int(version @ 1..=0xffff_ffff) => Some(version as u32),
                _ => {
                    let what = format!("the version of {what}");
                    self.expected(&what, "a whole number of at least 1", &tree);
                    None
                }
            },
        };
        let state = fields
            .take("state")
            .and_then(|tree| self.state(&tree, &what));
        let mut node = PlacedNode {
            // A node written by hand without a version is of the present one.
            version: version.unwrap_or_else(|| self.present_version(&kind)),
            kind,
            params: ParamValues::new(),
            state,
            verbatim: BTreeMap::new(),
        };
        for (key, value) in self.map(fields.take("params"), &format!("the params of {what}")) {
            self.param(&id, &mut node, key, value);
        }
        self.migrate_node(&mut node);
        let _ = self.locations.nodes.insert(id.clone(), span.clone());
        let _ = self.locations.kinds.insert(id.clone(), kind_span);
        self.apply(Edit::add(id, node), span).then_some(())
    }

    fn present_version(&self, kind: &str) -> u32 {
        self.registry
            .get(kind)
            .map_or(1, |entry| entry.descriptor.version)
    }

    fn migrate_node(&self, node: &mut PlacedNode) {
        if let Some(entry) = self.registry.get(&node.kind) {
            entry.bring_up_to_date(node);
        }
    }

    fn state(&mut self, tree: &Tree, what: &str) -> Option<State> {
        match &tree.form {
            Form::Name(name) if name == "Muted" => Some(State::Muted),
            Form::Name(name) if name == "Bypassed" => Some(State::Bypassed),
            _ => {
                self.expected(&format!("the state of {what}"), "Muted or Bypassed", tree);
                None
            }
        }
    }

    fn param(&mut self, id: &NodeId, node: &mut PlacedNode, key: Key, value: Tree) {
        let value_read = match &value.form {
            Form::Text(text) => Some(ParamValue::Text(text.clone())),
            Form::Int(number) => Some(ParamValue::Int(*number)),
            Form::Float(number) => Some(ParamValue::Float(*number)),
            Form::Bool(value) => Some(ParamValue::Bool(*value)),
            _ => None,
        };
        let target = id.port(key.name.clone());
        let span = key.span.start..value.span.end;
        if let Some(value) = value_read {
            let _ = node.params.insert(key.name, value);
            let _ = self.locations.params.insert(target, span);
            return;
        }
        if value.form == Form::Broken {
            let _ = self.lost.ports.insert(target);
            return;
        }
        let Some(entry) = self.registry.get(&node.kind) else {
            // A kind that is not here may make sense of what nothing here can; it is kept as it stands.
            let text = self.source.text()[value.span.clone()].to_owned();
            let _ = node.verbatim.insert(key.name, text);
            let _ = self.locations.params.insert(target, span);
            return;
        };
        let _ = self.lost.ports.insert(target.clone());
        let expected = match entry.descriptor.param(&key.name) {
            Some(spec) => spec.kind.to_string(),
            None => "true or false, a number, or text in quotes".into(),
        };
        let code = match value.form {
            Form::NotFinite => "not-finite",
            _ => "wrong-type",
        };
        let message = format!("`{target}` must be {expected}, but is {}", value.describe());
        self.report(
            Problem::new(code, message).node(id).port(key.name),
            value.span,
        );
    }
}

/// `entries`, each behind what is wired to it.
///
/// A graph that grows in this order need never put its nodes into another: for long chains that is the
/// difference between a moment and a minute.
fn in_order(entries: Vec<(Key, Tree)>, wires: Option<&Tree>) -> Vec<(Key, Tree)> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = entries
        .iter()
        .map(|(key, _)| (key.name.clone(), BTreeSet::new()))
        .collect();
    let Some(Form::List(wires)) = wires.map(|wires| &wires.form) else {
        return entries;
    };
    for wire in wires {
        if let Form::Tuple(ends) = &wire.form
            && let [from, to] = ends.as_slice()
            && let (Some(from), Some(to)) = (node_of(from), node_of(to))
            && needs.contains_key(from)
            && let Some(needs) = needs.get_mut(to)
        {
            let _ = needs.insert(from.to_owned());
        }
    }
    let order = order::in_order(&needs);
    let places: BTreeMap<&String, usize> = order.iter().zip(0..).collect();
    let mut entries = entries;
    // Nodes in cycles have no place: they come last.
    entries.sort_by_key(|(key, _)| places.get(&key.name).copied().unwrap_or(usize::MAX));
    entries
}

/// The node of a text such as `node.port`.
fn node_of(tree: &Tree) -> Option<&str> {
    match &tree.form {
        Form::Text(text) => Some(text.split_once('.')?.0),
        _ => None,
    }
}
