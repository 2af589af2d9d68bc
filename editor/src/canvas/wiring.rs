//! Which wires fit, why others do not, and the changes that lay them.

mod cut;
mod fits;
mod heal;
mod insert;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use graph::document::{Graph, NodeId, PlacedNode, PortRef, Position, Wire};
use graph::edit::{Connection, Edit, EditError, Placement};
use graph::port::Arity;
use graph::registry::Registry;

use super::Loose;
use super::scene::Side;
use crate::document::naming;

pub use cut::{cut, remove};
pub use fits::{Fits, kind};
pub use insert::{Gap, insert, may_insert};

impl Loose {
    /// The port at which the wire is.
    pub fn port(&self) -> &PortRef {
        match self {
            Self::Output(port) | Self::Input(port) => port,
        }
    }

    /// On which side of its node the wire is.
    pub fn side(&self) -> Side {
        match self {
            Self::Output(_) => Side::Output,
            Self::Input(_) => Side::Input,
        }
    }

    /// The wire whose other end is at `port`, which is on the other side of its node.
    pub fn to(&self, port: &PortRef) -> Wire {
        match self {
            Self::Output(from) => Wire::new(from.clone(), port.clone()),
            Self::Input(to) => Wire::new(port.clone(), to.clone()),
        }
    }
}

/// Why a wire cannot lead from the loose end to `port` at that `side`; `None` where it can.
///
/// `unplugged` is the wire whose end is in the hand, where it is not a new one.
pub fn refusal(
    graph: &Graph,
    registry: &Registry,
    loose: &Loose,
    (port, side): (&PortRef, Side),
    unplugged: Option<&Wire>,
) -> Option<String> {
    if loose.side() == side {
        return Some(match side {
            Side::Output => format!("`{}` and `{port}` are both outputs", loose.port()),
            Side::Input => format!("`{}` and `{port}` are both inputs", loose.port()),
        });
    }
    let wire = loose.to(port);
    if let Err(error) = graph.check_wire(registry, &wire) {
        return Some(error.to_string());
    }
    let way = way(graph, &wire.to.node, &wire.from.node, unplugged);
    if !way.is_empty() {
        return Some(EditError::Cycle { wire, way }.to_string());
    }
    let is_there = graph.wires_to(&wire.to).contains(&wire) && unplugged != Some(&wire);
    is_there.then(|| EditError::WireExists(wire).to_string())
}

/// Lays `wire`, in place of `unplugged` and of what the input has no room for beside it.
pub fn connect(graph: &Graph, registry: &Registry, wire: &Wire, unplugged: Option<&Wire>) -> Edit {
    let there = graph.wires_to(&wire.to);
    let mut edits = Vec::new();
    let mut place = None;
    let mut points: Vec<Position> = Vec::new();
    if let Some(old) = unplugged {
        edits.push(Edit::Disconnect(old.clone()));
        points = graph
            .layout()
            .reroutes
            .get(old)
            .cloned()
            .unwrap_or_default();
        place = there.iter().position(|other| other == old);
    }
    if arity(graph, registry, &wire.to) != Arity::Many {
        let others = there.iter().filter(|other| Some(*other) != unplugged);
        edits.extend(others.cloned().map(Edit::Disconnect));
    }
    edits.push(Edit::Connect(Connection {
        wire: wire.clone(),
        at: place,
        points,
    }));
    Edit::Batch(edits)
}

/// How many wires an input or parameter takes; a kind that nobody knows may take any number.
pub fn arity(graph: &Graph, registry: &Registry, port: &PortRef) -> Arity {
    let node = graph.node(&port.node);
    let Some(entry) = node.and_then(|node| registry.get(&node.kind)) else {
        return Arity::Many;
    };
    match entry.descriptor.input(&port.port) {
        Some(input) => input.arity,
        None => Arity::Optional,
    }
}

/// The shortest way along the wires from `start` to `end`, both included; empty where there is none.
///
/// The `unplugged` wire is left out of account.
pub fn way(graph: &Graph, start: &NodeId, end: &NodeId, unplugged: Option<&Wire>) -> Vec<NodeId> {
    // From the end backwards, since a node's wires are found by where they end.
    let mut behind: BTreeMap<&NodeId, &NodeId> = BTreeMap::new();
    let mut seen = BTreeSet::from([end]);
    let mut queue = VecDeque::from([end]);
    while let Some(node) = queue.pop_front() {
        if node == start {
            break;
        }
        let wires = graph.wires_into(node).iter();
        for wire in wires.filter(|wire| Some(*wire) != unplugged) {
            if seen.insert(&wire.from.node) {
                let _ = behind.insert(&wire.from.node, node);
                queue.push_back(&wire.from.node);
            }
        }
    }
    if !seen.contains(start) {
        return Vec::new();
    }
    let mut way = vec![start.clone()];
    while let Some(next) = way.last().and_then(|last| behind.get(last)) {
        way.push((*next).clone());
    }
    way
}

/// A new node of `kind` at `at`, with a wire from the loose end to its `port` where one is wanted; and what it is called.
pub fn add(
    graph: &Graph,
    registry: &Registry,
    kind: &str,
    at: Position,
    connect: Option<(&Loose, &str)>,
) -> Option<(NodeId, Edit)> {
    let descriptor = &registry.get(kind)?.descriptor;
    let id = naming::for_kind(kind, |id| graph.node(id).is_some());
    let wire = connect.map(|(loose, port)| loose.to(&id.port(port)));
    let mut edits = Vec::new();
    if let Some(wire) = &wire
        && graph.node(&wire.to.node).is_some()
        && arity(graph, registry, &wire.to) != Arity::Many
    {
        let there = graph.wires_to(&wire.to).iter();
        edits.extend(there.cloned().map(Edit::Disconnect));
    }
    edits.push(Edit::AddNode(Box::new(Placement {
        id: id.clone(),
        node: PlacedNode::new(kind, descriptor.version),
        position: Some(at),
        wires: wire
            .into_iter()
            .map(|wire| Connection {
                wire,
                at: None,
                points: Vec::new(),
            })
            .collect(),
        params: BTreeMap::new(),
        outputs: BTreeMap::new(),
        collapsed: false,
    })));
    Some((id, Edit::Batch(edits)))
}
