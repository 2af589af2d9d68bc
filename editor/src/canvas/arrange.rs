//! Automatic layout of nodes.

mod frames;
mod layered;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Graph, NodeId};
use graph::edit::Edit;

use super::scene::{NodeBox, Scene, Side, around};
use crate::space::{WorldPoint, WorldSize, WorldVector, position};
use layered::Edge;

pub use frames::everything;

/// How far below the others nodes without a place begin.
const BELOW: f32 = 60.0;

/// Where the nodes without a place go, by their number: arranged, and below all that has a place.
pub fn homeless(graph: &Graph, nodes: &[NodeBox], homeless: &[usize]) -> Vec<(usize, WorldPoint)> {
    if homeless.is_empty() {
        return Vec::new();
    }
    let chosen: Vec<&NodeBox> = homeless.iter().map(|at| &nodes[*at]).collect();
    let members: BTreeSet<usize> = homeless.iter().copied().collect();
    let placed = (0..nodes.len())
        .filter(|at| !members.contains(at))
        .map(|at| nodes[at].bounds);
    let corner = match around(placed) {
        Some(placed) => WorldPoint::new(placed.min_x(), placed.max_y() + BELOW).round(),
        None => WorldPoint::origin(),
    };
    let places = corners(graph, &chosen).into_iter();
    homeless
        .iter()
        .zip(places)
        .map(|(at, place)| (*at, (place + corner.to_vector()).round()))
        .collect()
}

/// Arranges the chosen nodes in layers; their upper left corner stays where it is, and their wires go straight.
pub fn chosen(graph: &Graph, scene: &Scene, chosen: &BTreeSet<NodeId>) -> Option<Edit> {
    let nodes: Vec<&NodeBox> = chosen.iter().filter_map(|id| scene.node(id)).collect();
    let corner = around(nodes.iter().map(|node| node.bounds))?.origin;
    let places = corners(graph, &nodes);
    let mut edits: Vec<Edit> = nodes
        .iter()
        .zip(places)
        .map(|(node, place)| Edit::Move {
            node: node.id.clone(),
            to: Some(position(place + corner.to_vector())),
        })
        .collect();
    edits.extend(straighten(graph, chosen));
    Some(Edit::Batch(edits))
}

/// Takes the points out of the wires between these nodes: they belonged to where the nodes were.
fn straighten(graph: &Graph, nodes: &BTreeSet<NodeId>) -> Vec<Edit> {
    let led = graph.layout().reroutes.keys();
    led.filter(|wire| nodes.contains(&wire.from.node) && nodes.contains(&wire.to.node))
        .map(|wire| Edit::SetReroutes {
            wire: wire.clone(),
            points: Vec::new(),
        })
        .collect()
}

/// The upper left corners of these nodes in layers.
fn corners(graph: &Graph, nodes: &[&NodeBox]) -> Vec<WorldPoint> {
    let numbers: BTreeMap<&NodeId, usize> = nodes
        .iter()
        .enumerate()
        .map(|(at, node)| (&node.id, at))
        .collect();
    let sizes: Vec<WorldSize> = nodes.iter().map(|node| node.bounds.size).collect();
    let edges = graph.wires().iter().filter_map(|wire| {
        let (from, to) = (*numbers.get(&wire.from.node)?, *numbers.get(&wire.to.node)?);
        Some(Edge {
            from,
            to,
            from_down: down(nodes[from], &wire.from.port, Side::Output),
            to_down: down(nodes[to], &wire.to.port, Side::Input),
        })
    });
    layered::corners(&sizes, &edges.collect::<Vec<Edge>>())
}

/// How far below the upper edge of `node` a wire at `port` meets it.
fn down(node: &NodeBox, port: &str, side: Side) -> f32 {
    let way: WorldVector = node.anchor(port, side) - node.bounds.origin;
    way.y
}
