//! What is selected.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use graph::document::{Graph, NodeId, Wire};

/// Something on the canvas that can be selected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A node.
    Node(NodeId),
    /// A frame.
    Frame(NodeId),
    /// A note.
    Note(NodeId),
    /// A wire.
    Wire(Wire),
    /// A point that a wire is led through: the how-manieth.
    Point(Wire, usize),
}

/// Everything that is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Nodes.
    pub nodes: BTreeSet<NodeId>,
    /// Frames.
    pub frames: BTreeSet<NodeId>,
    /// Notes.
    pub notes: BTreeSet<NodeId>,
    /// Wires.
    pub wires: BTreeSet<Wire>,
    /// Points that wires are led through: of which wire, and the how-manieth.
    pub points: BTreeSet<(Wire, usize)>,
}

impl Selection {
    /// Nothing but `item`.
    pub fn of(item: Item) -> Self {
        let mut selection = Self::default();
        selection.insert(item);
        selection
    }

    /// Nothing but these nodes.
    pub fn of_nodes(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self {
            nodes: nodes.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Everything that there is, but for wires and their points, which follow their nodes.
    pub fn all(graph: &Graph) -> Self {
        let layout = graph.layout();
        Self {
            nodes: graph.nodes().keys().cloned().collect(),
            frames: layout.frames.keys().cloned().collect(),
            notes: layout.notes.keys().cloned().collect(),
            ..Self::default()
        }
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.frames.is_empty()
            && self.notes.is_empty()
            && self.wires.is_empty()
            && self.points.is_empty()
    }

    /// Whether `item` is selected.
    pub fn contains(&self, item: &Item) -> bool {
        match item {
            Item::Node(id) => self.nodes.contains(id),
            Item::Frame(id) => self.frames.contains(id),
            Item::Note(id) => self.notes.contains(id),
            Item::Wire(wire) => self.wires.contains(wire),
            Item::Point(wire, at) => self.points.contains(&(wire.clone(), *at)),
        }
    }

    /// Selects `item` as well.
    pub fn insert(&mut self, item: Item) {
        let _ = match item {
            Item::Node(id) => self.nodes.insert(id),
            Item::Frame(id) => self.frames.insert(id),
            Item::Note(id) => self.notes.insert(id),
            Item::Wire(wire) => self.wires.insert(wire),
            Item::Point(wire, at) => self.points.insert((wire, at)),
        };
    }

    /// Selects `item`, or no more where it is selected.
    pub fn toggle(&mut self, item: Item) {
        let _ = match &item {
            Item::Node(id) if self.nodes.contains(id) => self.nodes.remove(id),
            Item::Frame(id) if self.frames.contains(id) => self.frames.remove(id),
            Item::Note(id) if self.notes.contains(id) => self.notes.remove(id),
            Item::Wire(wire) if self.wires.contains(wire) => self.wires.remove(wire),
            Item::Point(wire, at) if self.contains(&item) => {
                self.points.remove(&(wire.clone(), *at))
            }
            Item::Node(_) | Item::Frame(_) | Item::Note(_) | Item::Wire(_) | Item::Point(..) => {
                self.insert(item);
                true
            }
        };
    }

    /// Selects all of `other` as well.
    pub fn extend(&mut self, other: Self) {
        self.nodes.extend(other.nodes);
        self.frames.extend(other.frames);
        self.notes.extend(other.notes);
        self.wires.extend(other.wires);
        self.points.extend(other.points);
    }

    /// Toggles all of `other`.
    pub fn toggle_all(&mut self, other: &Self) {
        self.nodes = &self.nodes ^ &other.nodes;
        self.frames = &self.frames ^ &other.frames;
        self.notes = &self.notes ^ &other.notes;
        self.wires = &self.wires ^ &other.wires;
        self.points = &self.points ^ &other.points;
    }

    /// The only node selected, where it is just one.
    pub fn only_node(&self) -> Option<&NodeId> {
        let mut nodes = self.nodes.iter();
        nodes.next().filter(|_| nodes.next().is_none())
    }

    /// Forgets what is not in `graph` any more.
    pub fn forget_missing(&mut self, graph: &Graph) {
        let layout = graph.layout();
        let is_laid = |wire: &Wire| graph.wires_to(&wire.to).contains(wire);
        self.nodes.retain(|id| graph.node(id).is_some());
        self.frames.retain(|id| layout.frames.contains_key(id));
        self.notes.retain(|id| layout.notes.contains_key(id));
        self.wires.retain(is_laid);
        self.points.retain(|(wire, at)| {
            let points = layout.reroutes.get(wire);
            points.is_some_and(|points| *at < points.len())
        });
    }
}
