//! From text to graph, with all that is wrong on the way.

mod fields;
mod layout;
mod nodes;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::migrate::{FORMAT, MIGRATIONS, migrate};
use super::syntax::{Form, Tree, parse};
use super::{Locations, MOST_WIRES, Workflow, file};
use crate::document::{Graph, NodeId, PortRef, Wire};
use crate::edit::{Connection, Edit, EditError};
use crate::plan::{PlanError, Subject, similar};
use crate::problem::{Problem, Source};
use crate::registry::Registry;

/// What reading came to: as much of the graph as could be read, and what could not.
pub struct Reading {
    pub workflow: Workflow,
    pub problems: Vec<Problem>,
    pub lost: Lost,
}

/// What the file speaks of and the graph lacks because it was wrong.
#[derive(Default)]
pub struct Lost {
    ports: BTreeSet<PortRef>,
    everything: bool,
}

impl Lost {
    /// Whether `error` only says that something is missing which reading has already complained of.
    pub fn explains(&self, error: &PlanError) -> bool {
        match error.subject() {
            _ if self.everything => true,
            Subject::Port(port) => self.ports.contains(&port),
            Subject::Node(_)
            | Subject::Kind(_)
            | Subject::Wire(_)
            | Subject::InterfaceParam(_)
            | Subject::InterfaceOutput(_) => false,
        }
    }
}

/// Reads `text`; never fails, but says what is wrong.
pub fn read(name: &str, text: &str, registry: &Registry) -> Reading {
    let too_large = file::check_size(name, text.len() as u64).err();
    let text = if too_large.is_some() { "" } else { text };
    let mut reader = Reader {
        source: Arc::new(Source::new(name, text)),
        registry,
        problems: Vec::new(),
        graph: Graph::default(),
        locations: Locations::default(),
        lost: Lost::default(),
        failed_nodes: BTreeSet::new(),
    };
    match too_large {
        Some(problems) => reader.problems.extend(problems.iter().cloned()),
        None => reader.file(),
    }
    reader.lost.everything |= reader.graph.nodes().is_empty() && !reader.problems.is_empty();
    Reading {
        workflow: Workflow {
            graph: reader.graph,
            source: reader.source,
            locations: reader.locations,
        },
        problems: reader.problems,
        lost: reader.lost,
    }
}

struct Reader<'a> {
    source: Arc<Source>,
    registry: &'a Registry,
    problems: Vec<Problem>,
    graph: Graph,
    locations: Locations,
    lost: Lost,
    /// Nodes that are in the file and could not be read, so that nobody complains of them twice.
    failed_nodes: BTreeSet<String>,
}

impl Reader<'_> {
    fn file(&mut self) {
        let source = self.source.clone();
        let mut tree = parse(&source, &mut self.problems);
        let whole = self.problems.is_empty();
        let limits = ["too-deep", "too-large"];
        if self.problems.iter().any(|it| limits.contains(&it.code)) {
            self.lost.everything = true;
            return;
        }
        let Some(format) = self.format(&tree) else {
            self.lost.everything = true;
            return;
        };
        migrate(&mut tree, format, MIGRATIONS);
        let known = [
            "format",
            "about",
            "plugins",
            "nodes",
            "wires",
            "interface",
            "layout",
        ];
        let Some(mut fields) = self.record(tree, &known, "a workflow", None) else {
            return;
        };
        if let Some(about) = fields.take("about") {
            let about = self.text(&about, "`about`").unwrap_or_default();
            let _ = self.apply(Edit::SetAbout(about), 0..0);
        }
        for (key, value) in self.map(fields.take("plugins"), "`plugins`") {
            if let Some(versions) = self.text(&value, "the versions of a plugin") {
                let name = key.name;
                let versions = Some(versions);
                let _ = self.apply(Edit::SetPlugin { name, versions }, key.span);
            }
        }
        let wires = fields.take("wires");
        match fields.take("nodes") {
            Some(nodes) => self.nodes(nodes, wires.as_ref()),
            None if whole && fields.complete => self.report(
                Problem::new("missing-field", "the workflow has no field `nodes`")
                    .hint("add `nodes: {}` and place nodes in it"),
                fields.span.start..fields.span.start + 1,
            ),
            None => {}
        }
        self.wires(wires);
        if let Some(interface) = fields.take("interface") {
            self.interface(interface);
        }
        self.layout(fields.take("layout"));
    }

    /// The format of the file, where it is one that can be read.
    fn format(&mut self, tree: &Tree) -> Option<i64> {
        let Form::Record(fields) = &tree.form else {
            // What is cut off may be a workflow all the same.
            if self.problems.is_empty() {
                self.report(
                    Problem::new(
                        "wrong-type",
                        "this is not a workflow: expected `(format: …`",
                    )
                    .hint("a workflow file begins with `(format: 1,`"),
                    tree.span.clone(),
                );
            }
            return None;
        };
        let Some((_, value)) = fields.iter().find(|(key, _)| key.name == "format") else {
            if self.problems.is_empty() {
                let hint = format!("begin the file with `(format: {FORMAT},` if it is a workflow");
                self.report(
                    Problem::new("missing-field", "the workflow has no field `format`").hint(hint),
                    tree.span.start..tree.span.start + 1,
                );
            }
            return None;
        };
        match value.form {
            Form::Int(format) if (1..=FORMAT).contains(&format) => Some(format),
            Form::Int(format) if format > FORMAT => {
                self.report(
                    Problem::new(
                        "newer-format",
                        format!("the file has format {format}, but this program knows formats up to {FORMAT}"),
                    )
                    .hint("open it with a newer Smalto"),
                    value.span.clone(),
                );
                None
            }
            _ => {
                self.expected("`format`", &format!("a whole number up to {FORMAT}"), value);
                None
            }
        }
    }

    fn wires(&mut self, tree: Option<Tree>) {
        let Some(tree) = tree else {
            return;
        };
        let Form::List(wires) = tree.form else {
            self.expected("`wires`", "a list in `[]`", &tree);
            return;
        };
        if wires.len() > MOST_WIRES {
            self.report(
                Problem::new(
                    "too-large",
                    format!("there are more than {MOST_WIRES} wires"),
                )
                .hint("no workflow needs that: the file is damaged or not a workflow"),
                tree.span,
            );
            return;
        }
        for tree in wires {
            let span = tree.span.clone();
            let ends: Option<[Tree; 2]> = match tree.form {
                Form::Tuple(ends) => ends.try_into().ok(),
                Form::Broken => continue,
                _ => None,
            };
            let Some([from, to]) = ends else {
                self.report(
                    Problem::new("wrong-type", "a wire must be two ports in `()`")
                        .hint(r#"write ("node.output", "node.input")"#),
                    span,
                );
                continue;
            };
            let from = self.port(&from, "where a wire begins");
            let to = self.port(&to, "where a wire ends");
            let (Some(from), Some(to)) = (from, to.clone()) else {
                // The input is not missing a wire: the wire is wrong.
                self.lost.ports.extend(to);
                continue;
            };
            let wire = Wire::new(from, to);
            let added = self.apply(
                Edit::Connect(Connection {
                    wire: wire.clone(),
                    at: None,
                    points: Vec::new(),
                }),
                span.clone(),
            );
            if added {
                let _ = self.locations.wires.insert(wire, span);
            } else {
                let _ = self.lost.ports.insert(wire.to);
            }
        }
    }

    fn interface(&mut self, tree: Tree) {
        let Some(mut fields) = self.record(tree, &["params", "outputs"], "`interface`", None)
        else {
            return;
        };
        for (key, value) in self.map(fields.take("params"), "`interface.params`") {
            let Some(target) = self.port(&value, "a parameter") else {
                continue;
            };
            let edit = Edit::SetInterfaceParam {
                name: key.name.clone(),
                target: Some(target),
            };
            let span = key.span.start..value.span.end;
            if self.apply(edit, span.clone()) {
                let _ = self.locations.interface_params.insert(key.name, span);
            }
        }
        for (key, value) in self.map(fields.take("outputs"), "`interface.outputs`") {
            let Some(target) = self.port(&value, "an output") else {
                continue;
            };
            let edit = Edit::SetInterfaceOutput {
                name: key.name.clone(),
                target: Some(target),
            };
            let span = key.span.start..value.span.end;
            if self.apply(edit, span.clone()) {
                let _ = self.locations.interface_outputs.insert(key.name, span);
            }
        }
    }

    /// Reads `"node.port"` of a node that is there.
    fn port(&mut self, tree: &Tree, what: &str) -> Option<PortRef> {
        let text = self.text(tree, what)?;
        let port: PortRef = match text.parse() {
            Ok(port) => port,
            Err(error) => {
                self.report(
                    Problem::new("bad-name", format!("{what}: {error}"))
                        .hint("write the name of a node, a dot, and the name of a port"),
                    tree.span.clone(),
                );
                return None;
            }
        };
        self.known(&port.node, tree.span.clone()).then_some(port)
    }

    /// Whether there is a node called `node`; complains where there is none.
    fn known(&mut self, node: &NodeId, span: Range<usize>) -> bool {
        if self.graph.node(node).is_some() {
            return true;
        }
        if !self.lost.everything && !self.failed_nodes.contains(node.as_str()) {
            let names = self.graph.nodes().keys().map(NodeId::as_str);
            let hint = match similar(node.as_str(), names) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "every node that is named must stand in `nodes`".into(),
            };
            self.report(
                Problem::new("no-such-node", format!("there is no node `{node}`"))
                    .node(node)
                    .hint(hint),
                span,
            );
        }
        false
    }

    /// Makes `edit`, or complains at `span`.
    fn apply(&mut self, edit: Edit, span: Range<usize>) -> bool {
        let Err(error) = self.graph.apply(edit) else {
            return true;
        };
        let (code, hint) = match &error {
            EditError::Cycle { .. } => ("cycle", Some("take away one of the wires on that way")),
            EditError::WireExists(_) => ("duplicate-wire", Some("take one of the two away")),
            EditError::NotFinite { .. } => ("not-finite", None),
            EditError::NodeExists(_)
            | EditError::NoSuchNode(_)
            | EditError::NoSuchWire(_)
            | EditError::InterfaceExists(_)
            | EditError::SetTwice { .. }
            | EditError::Foreign { .. } => ("invalid", None),
        };
        let mut problem = Problem::new(code, error.to_string());
        if let EditError::Cycle { wire, .. } | EditError::WireExists(wire) = &error {
            problem = problem.node(&wire.to.node).port(&wire.to.port);
        }
        if let Some(hint) = hint {
            problem = problem.hint(hint);
        }
        self.report(problem, span);
        false
    }

    fn report(&mut self, problem: Problem, span: Range<usize>) {
        self.problems.push(problem.at(&self.source, span));
    }
}
