//! Setting a node into a wire.

use graph::document::{Graph, NodeId, Position, Wire};
use graph::edit::{Connection, Edit};
use graph::registry::Registry;

use super::fits::ports;
use crate::canvas::scene::Side;

/// Where a node is set into a wire: behind how many of the points that the wire is led through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The wire.
    pub wire: Wire,
    /// How many of its points lead to the node; the others lead on from it.
    pub points: usize,
}

/// Whether `node` can be set into any wire at all: it is of a known kind and has no wires yet.
pub fn may_insert(graph: &Graph, registry: &Registry, node: &NodeId) -> bool {
    let is_known = graph
        .node(node)
        .is_some_and(|node| registry.get(&node.kind).is_some());
    is_known && graph.wires_into(node).is_empty() && graph.wires_from(node).next().is_none()
}

/// The changes that set `node`, which has no wires, into the `gap`; `None` where it does not fit.
pub fn insert(graph: &Graph, registry: &Registry, gap: &Gap, node: &NodeId) -> Option<Vec<Edit>> {
    if !may_insert(graph, registry, node) {
        return None;
    }
    let wire = &gap.wire;
    let kind = graph.check_wire(registry, wire).ok()?;
    let descriptor = &registry.get(&graph.node(node)?.kind)?.descriptor;
    let input = ports(descriptor, Side::Output, &kind, |_| true)
        .into_iter()
        .next()?;
    let output = ports(descriptor, Side::Input, &kind, |_| true)
        .into_iter()
        .next()?;
    let at = graph
        .wires_to(&wire.to)
        .iter()
        .position(|other| other == wire)?;
    let points = graph.layout().reroutes.get(wire);
    let points: &[Position] = points.map_or(&[], Vec::as_slice);
    let (before, behind) = points.split_at(gap.points.min(points.len()));
    let before = Connection {
        wire: Wire::new(wire.from.clone(), node.port(input)),
        at: None,
        points: before.to_vec(),
    };
    let behind = Connection {
        wire: Wire::new(node.port(output), wire.to.clone()),
        at: Some(at),
        points: behind.to_vec(),
    };
    // What comes out may know more of its sizes than what went in, and then not fit any more.
    let fits = [&before, &behind]
        .into_iter()
        .all(|connection| graph.check_wire(registry, &connection.wire).is_ok());
    fits.then(|| {
        vec![
            Edit::Disconnect(wire.clone()),
            Edit::Connect(before),
            Edit::Connect(behind),
        ]
    })
}
