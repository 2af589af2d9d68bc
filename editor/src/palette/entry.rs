//! What a palette offers: nodes, wires or commands, each with what is said of it.

use std::sync::Arc;

use graph::document::{Graph, NodeId, PortRef};
use graph::kind::Kind;
use graph::node::Descriptor;
use graph::port::Arity;
use graph::registry::Registry;

use crate::canvas::Loose;
use crate::command::Command;
use crate::keymap::Keymap;
use crate::plugins::Source;

/// One thing that can be picked.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What is picked.
    pub pick: Pick,
    /// The name in words.
    pub title: String,
    /// The name in files.
    pub name: String,
    /// Under which heading it stands.
    pub group: String,
    /// What it does; the first line is the summary.
    pub doc: String,
    /// The keys that do it without the palette.
    pub keys: String,
    /// The plugin that a node comes from.
    pub plugin: Option<Source>,
    /// The sockets to which the loose wire can go, the best first.
    pub fits: Vec<Fit>,
}

/// What is done when an entry is picked.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// A node of this kind is added.
    Node(Arc<Descriptor>),
    /// A wire is laid.
    Wire {
        /// Where it begins.
        from: PortRef,
        /// Where it ends.
        to: PortRef,
    },
    /// The command is run.
    Command(Command),
}

/// A socket of a node to which the loose wire can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The name of the port or parameter.
    pub port: String,
    /// What passes through it.
    pub kind: Kind,
    /// How well it fits.
    pub level: Level,
}

/// How well a loose wire fits a socket, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It would take the place of a value that is set.
    Parameter,
    /// The node can do without it.
    Optional,
    /// The node needs it, or gives it.
    Wanted,
}

impl Entry {
    /// What the entry does, in one line.
    pub fn summary(&self) -> &str {
        self.doc.lines().next().unwrap_or_default()
    }
}

/// The node kinds that fit `loose`, and how many do not.
pub fn nodes(registry: &Registry, graph: &Graph, loose: Option<&Loose>) -> (Vec<Entry>, usize) {
    let wanted = loose.and_then(|loose| Some((loose, loose_kind(registry, graph, loose)?)));
    let all = registry.iter().map(|entry| {
        let descriptor = entry.descriptor.clone();
        let fits = match &wanted {
            Some((loose, kind)) => fits(&descriptor, loose, kind),
            None => Vec::new(),
        };
        Entry {
            title: descriptor.title.clone(),
            name: descriptor.id.clone(),
            group: descriptor.group().into(),
            doc: descriptor.doc.clone(),
            keys: String::new(),
            plugin: Source::of(registry, &descriptor.id),
            pick: Pick::Node(descriptor),
            fits,
        }
    });
    let (fitting, others): (Vec<Entry>, Vec<Entry>) =
        all.partition(|entry| wanted.is_none() || !entry.fits.is_empty());
    (fitting, others.len())
}

/// What passes through the end of a wire that is in the hand; `None` where nobody knows.
pub fn loose_kind(registry: &Registry, graph: &Graph, loose: &Loose) -> Option<Kind> {
    let (Loose::Output(port) | Loose::Input(port)) = loose;
    let kind = &graph.node(&port.node)?.kind;
    let descriptor = &registry.get(kind)?.descriptor;
    match loose {
        Loose::Output(port) => Some(descriptor.output(&port.port)?.kind.clone()),
        Loose::Input(port) => match descriptor.input(&port.port) {
            Some(input) => Some(input.kind.clone()),
            None => Some(Kind::new(descriptor.param(&port.port)?.wire_kind())),
        },
    }
}

/// The sockets of `descriptor` to which a wire of `kind` can go, the best first.
fn fits(descriptor: &Descriptor, loose: &Loose, kind: &Kind) -> Vec<Fit> {
    let fit = |port: &str, offered: &Kind, level| {
        kind.unify(offered).map(|_| Fit {
            port: port.into(),
            kind: offered.clone(),
            level,
        })
    };
    let mut fits: Vec<Fit> = match loose {
        Loose::Input(_) => descriptor
            .outputs
            .iter()
            .filter_map(|port| fit(&port.name, &port.kind, Level::Wanted))
            .collect(),
        Loose::Output(_) => {
            let inputs = descriptor.inputs.iter().filter_map(|port| {
                let level = match port.arity {
                    Arity::One | Arity::Many => Level::Wanted,
                    Arity::Optional => Level::Optional,
                };
                fit(&port.name, &port.kind, level)
            });
            let params = descriptor
                .params
                .iter()
                .filter_map(|spec| fit(&spec.name, &Kind::new(spec.wire_kind()), Level::Parameter));
            inputs.chain(params).collect()
        }
    };
    // The sort is stable: sockets that fit as well stay in the node's own order.
    fits.sort_by_key(|fit| std::cmp::Reverse(fit.level));
    fits
}

/// The wires that could be laid from or to `node`, those to free sockets first.
pub fn wires(registry: &Registry, graph: &Graph, node: &NodeId) -> Vec<Entry> {
    let Some(here) = descriptor(registry, graph, node) else {
        return Vec::new();
    };
    let mut free = Vec::new();
    let mut taken = Vec::new();
    for other in graph.nodes().keys().filter(|other| *other != node) {
        let Some(there) = descriptor(registry, graph, other) else {
            continue;
        };
        let outwards = (!graph.would_cycle(node, other)).then_some((node, here, other, there));
        let inwards = (!graph.would_cycle(other, node)).then_some((other, there, node, here));
        for (from, source, to, target) in outwards.into_iter().chain(inwards) {
            for wire in between(graph, (from, source), (to, target)) {
                let is_taken = wire.fits.is_empty();
                if is_taken { &mut taken } else { &mut free }.push(wire);
            }
        }
    }
    free.sort_by_key(|entry| std::cmp::Reverse(entry.fits.first().map(|fit| fit.level)));
    free.append(&mut taken);
    free
}

fn descriptor<'a>(
    registry: &'a Registry,
    graph: &Graph,
    node: &NodeId,
) -> Option<&'a Arc<Descriptor>> {
    let kind = &graph.node(node)?.kind;
    Some(&registry.get(kind)?.descriptor)
}

/// Every wire that could be laid between two nodes; where another would have to go, `fits` is empty.
fn between(
    graph: &Graph,
    (from, source): (&NodeId, &Descriptor),
    (to, target): (&NodeId, &Descriptor),
) -> Vec<Entry> {
    let mut wires = Vec::new();
    for output in &source.outputs {
        let from = from.port(&output.name);
        for fit in fits(target, &Loose::Output(from.clone()), &output.kind) {
            let to = to.port(&fit.port);
            let there = graph.wires_to(&to);
            if there.iter().any(|wire| wire.from == from) {
                continue;
            }
            let input = target.input(&fit.port);
            let takes_many = input.is_some_and(|port| port.arity == Arity::Many);
            let doc = match (input, target.param(&fit.port)) {
                (Some(port), _) => port.doc.clone(),
                (None, Some(spec)) => spec.doc.clone(),
                (None, None) => String::new(),
            };
            let (doc, fits) = match there.first() {
                Some(wire) if !takes_many => (
                    format!("Instead of the wire from {}.\n{doc}", wire.from),
                    Vec::new(),
                ),
                Some(_) | None => (doc, vec![fit]),
            };
            wires.push(Entry {
                title: format!("{from} → {to}"),
                name: format!("{from} {to}"),
                group: output.kind.name().into(),
                doc,
                keys: String::new(),
                plugin: None,
                pick: Pick::Wire {
                    from: from.clone(),
                    to,
                },
                fits,
            });
        }
    }
    wires
}

/// All commands, with the keys that they have.
pub fn commands(keymap: &Keymap) -> Vec<Entry> {
    Command::all()
        .map(|command| Entry {
            pick: Pick::Command(command),
            title: command.title().into(),
            name: command.id().into(),
            group: command.group().title().into(),
            doc: command.doc().into(),
            keys: keymap.label(command),
            plugin: None,
            fits: Vec::new(),
        })
        .collect()
}
