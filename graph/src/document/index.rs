//! Who depends on whom, kept beside the document so that cycles are refused at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use petgraph::Direction;
use petgraph::acyclic::Acyclic;
use petgraph::data::{Build, DataMapMut};
use petgraph::graph::NodeIndex;
use petgraph::stable_graph::StableDiGraph;

use super::{NodeId, Wire};

/// An index of the document: derived, never saved, never compared.
#[derive(Clone, Default)]
pub(crate) struct Index {
    graph: Acyclic<StableDiGraph<NodeId, ()>>,
    // Positions are used again after a removal, so they must never leave this file.
    positions: BTreeMap<NodeId, NodeIndex>,
}

impl Index {
    pub fn add_node(&mut self, id: &NodeId) {
        let position = self.graph.add_node(id.clone());
        let _ = self.positions.insert(id.clone(), position);
    }

    /// Takes the node and all its wires away.
    pub fn remove_node(&mut self, id: &NodeId) {
        if let Some(position) = self.positions.remove(id) {
            let _ = self.graph.remove_node(position);
        }
    }

    pub fn rename_node(&mut self, from: &NodeId, to: &NodeId) {
        let Some(position) = self.positions.remove(from) else {
            return;
        };
        if let Some(name) = self.graph.node_weight_mut(position) {
            *name = to.clone();
        }
        let _ = self.positions.insert(to.clone(), position);
    }

    /// Adds the wire, or says no because it would close a cycle.
    pub fn add_wire(&mut self, wire: &Wire) -> bool {
        let Some((from, to)) = self.ends(&wire.from.node, &wire.to.node) else {
            return false;
        };
        self.graph.try_add_edge(from, to, ()).is_ok()
    }

    /// Whether any wire leads from `from` to `to`.
    pub fn joins(&self, from: &NodeId, to: &NodeId) -> bool {
        self.ends(from, to)
            .is_some_and(|(from, to)| self.graph.contains_edge(from, to))
    }

    pub fn remove_wire(&mut self, wire: &Wire) {
        let Some((from, to)) = self.ends(&wire.from.node, &wire.to.node) else {
            return;
        };
        // Several wires may join the same two nodes; to the index they are alike.
        if let Some(edge) = self.graph.find_edge(from, to) {
            let _ = self.graph.remove_edge(edge);
        }
    }

    /// Whether a wire from `from` to `to` keeps the graph free of cycles.
    pub fn accepts(&self, from: &NodeId, to: &NodeId) -> bool {
        self.ends(from, to)
            .is_some_and(|(from, to)| self.graph.is_valid_edge(from, to))
    }

    /// The nodes, each behind all that it depends on.
    pub fn in_order(&self) -> impl Iterator<Item = &NodeId> {
        self.graph
            .nodes_iter()
            .filter_map(|position| self.graph.node_weight(position))
    }

    /// The shortest way along the wires from `start` to `end`, both included; empty where there is none.
    pub fn way(&self, start: &NodeId, end: &NodeId) -> Vec<NodeId> {
        let Some((first, last)) = self.ends(start, end) else {
            return Vec::new();
        };
        let mut before: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
        let mut seen = BTreeSet::from([first]);
        let mut queue = VecDeque::from([first]);
        while let Some(position) = queue.pop_front() {
            if position == last {
                break;
            }
            for next in self.graph.neighbors_directed(position, Direction::Outgoing) {
                if seen.insert(next) {
                    let _ = before.insert(next, position);
                    queue.push_back(next);
                }
            }
        }
        if !seen.contains(&last) {
            return Vec::new();
        }
        let mut way = vec![last];
        while let Some(position) = way.last().and_then(|last| before.get(last)) {
            way.push(*position);
        }
        way.iter()
            .rev()
            .filter_map(|position| self.graph.node_weight(*position).cloned())
            .collect()
    }

    fn ends(&self, from: &NodeId, to: &NodeId) -> Option<(NodeIndex, NodeIndex)> {
        Some((*self.positions.get(from)?, *self.positions.get(to)?))
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Index of {} nodes", self.positions.len())
    }
}
