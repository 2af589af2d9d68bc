//! A scene whose things have moved: what lies where it lay is taken over as it is.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use graph::document::{Graph, NodeId, Position};
use graph::registry::Registry;

use super::{Scene, WireCurve, facts, frames, node, notes, wire_tree};
use crate::space::world;

/// Whether two graphs have the same nodes with the same looks, the same wires, and differ at most in where things lie.
pub fn differ_in_places(before: &Graph, after: &Graph) -> bool {
    before.nodes() == after.nodes()
        && before.wires() == after.wires()
        && before.interface() == after.interface()
        && before.layout().collapsed == after.layout().collapsed
}

impl Scene {
    /// The scene of `graph`, which differs in places from the one that this is a scene of.
    ///
    /// `None` where a node has no place: where it is put depends on all others.
    pub fn moved(
        &self,
        graph: &Graph,
        registry: &Registry,
        shown: &BTreeSet<NodeId>,
    ) -> Option<Self> {
        let mut scene = self.clone();
        let moved = scene.move_nodes(graph, registry, shown)?;
        scene.move_wires(graph, &moved);
        scene.frames = frames(graph);
        scene.notes = notes(graph);
        Some(scene)
    }

    /// Measures the nodes anew that have another place; tells which.
    fn move_nodes<'a>(
        &mut self,
        graph: &'a Graph,
        registry: &Registry,
        shown: &BTreeSet<NodeId>,
    ) -> Option<BTreeSet<&'a NodeId>> {
        let places = &graph.layout().nodes;
        if places.len() != self.nodes.len() {
            return None;
        }
        let mut moved = BTreeMap::new();
        // Both are in the order of names.
        for (number, (id, place)) in places.iter().enumerate() {
            let node = &self.nodes[number];
            if node.id != *id {
                return None;
            }
            if node.bounds.origin != world(*place) {
                let _ = moved.insert(id, (number, world(*place)));
            }
        }
        let facts = facts(graph, registry, shown, |id| moved.contains_key(id));
        for (id, (number, place)) in &moved {
            let mut node = node::measure(id, graph.node(id)?, &facts);
            node.shift(place.to_vector());
            self.nodes[*number] = Arc::new(node);
        }
        let boxes = moved.values().map(|(number, _)| *number);
        self.node_tree.refit(
            boxes
                .map(|number| (number, vec![self.nodes[number].bounds]))
                .collect(),
        );
        Some(moved.into_keys().collect())
    }

    /// Lays the wires anew that end at nodes in `moved`, or lead through other points than before.
    fn move_wires(&mut self, graph: &Graph, moved: &BTreeSet<&NodeId>) {
        let mut boxes = BTreeMap::new();
        let mut is_otherwise_parted = false;
        for number in 0..self.wires.len() {
            let before = &self.wires[number];
            let ends = [&before.wire.from.node, &before.wire.to.node];
            let lies = ends.iter().all(|end| !moved.contains(end)) && is_led_alike(before, graph);
            if lies {
                continue;
            }
            let Some(after) = self.curve(graph, &before.wire) else {
                continue;
            };
            is_otherwise_parted |= after.curves.len() != before.curves.len();
            let _ = boxes.insert(number, after.boxes().collect());
            self.wires[number] = Arc::new(after);
        }
        if is_otherwise_parted {
            self.wire_tree = wire_tree(&self.wires);
        } else {
            self.wire_tree.refit(boxes);
        }
    }
}

/// Whether `graph` leads the wire through the same points as before.
fn is_led_alike(before: &WireCurve, graph: &Graph) -> bool {
    let reroutes = &graph.layout().reroutes;
    if before.points.is_empty() && reroutes.is_empty() {
        return true;
    }
    let points: &[Position] = reroutes.get(&before.wire).map_or(&[], Vec::as_slice);
    let points = points.iter().copied().map(world);
    points.eq(before.points.iter().copied())
}
