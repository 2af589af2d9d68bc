//! Going from node to node by keyboard.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Graph, NodeId, PortRef};

use super::scene::{NodeBox, Scene, Side};
use crate::space::{WorldPoint, WorldVector};

/// Where to go from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Along a wire to the node behind.
    Next,
    /// Back along a wire to the node before.
    Previous,
    /// To the nearest node above.
    Above,
    /// To the nearest node below.
    Below,
}

/// The node that is a `step` from `node`; of several at wires, the one at the uppermost socket.
pub fn step(graph: &Graph, scene: &Scene, node: &NodeId, step: Step) -> Option<NodeId> {
    let down = |port: &PortRef, side| scene.anchor(port, side).map_or(f32::INFINITY, |at| at.y);
    match step {
        Step::Next => graph
            .wires_from(node)
            .map(|wire| {
                let output = down(&wire.from, Side::Output);
                (output, down(&wire.to, Side::Input), &wire.to.node)
            })
            .min_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)))
            .map(|(_, _, node)| node.clone()),
        Step::Previous => graph
            .wires_into(node)
            .iter()
            .map(|wire| (down(&wire.to, Side::Input), &wire.from.node))
            .min_by(|left, right| left.0.total_cmp(&right.0))
            .map(|(_, node)| node.clone()),
        Step::Above => beside(scene, node, -1.0),
        Step::Below => beside(scene, node, 1.0),
    }
}

/// The nearest node above or below, as `sign` says; what is aside counts as farther than what is straight ahead.
fn beside(scene: &Scene, node: &NodeId, sign: f32) -> Option<NodeId> {
    let from = scene.node(node)?.bounds.center();
    let far = |way: WorldVector| way.y.abs() + 2.0 * way.x.abs();
    scene
        .nodes()
        .iter()
        .map(|node| (node.bounds.center() - from, node))
        .filter(|(way, _)| way.y * sign > 0.0)
        .min_by(|(left, _), (right, _)| far(*left).total_cmp(&far(*right)))
        .map(|(_, node)| node.id.clone())
}

/// The node whose middle is nearest to `point`.
pub fn nearest(scene: &Scene, point: WorldPoint) -> Option<&NodeBox> {
    let far = |node: &&NodeBox| (node.bounds.center() - point).square_length();
    let nodes = scene.nodes().iter().map(AsRef::as_ref);
    nodes.min_by(|left, right| far(left).total_cmp(&far(right)))
}

/// All nodes that wires join to `nodes`, directly or by others, and these themselves.
pub fn linked(graph: &Graph, nodes: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let mut linked = nodes.clone();
    let mut open: Vec<NodeId> = nodes.iter().cloned().collect();
    let mut joined: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for wire in graph.wires() {
        let (from, to) = (&wire.from.node, &wire.to.node);
        joined.entry(from).or_default().push(to);
        joined.entry(to).or_default().push(from);
    }
    while let Some(node) = open.pop() {
        for other in joined.get(&node).into_iter().flatten() {
            if linked.insert((*other).clone()) {
                open.push((*other).clone());
            }
        }
    }
    linked
}
