//! Where everything of a graph stands in its file.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::document::{NodeId, PortRef, Wire};
use crate::plan::Subject;

/// The bytes of the file that speak of a part of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locations {
    pub(super) nodes: BTreeMap<NodeId, Range<usize>>,
    pub(super) kinds: BTreeMap<NodeId, Range<usize>>,
    pub(super) params: BTreeMap<PortRef, Range<usize>>,
    pub(super) wires: BTreeMap<Wire, Range<usize>>,
    pub(super) interface_params: BTreeMap<String, Range<usize>>,
    pub(super) interface_outputs: BTreeMap<String, Range<usize>>,
}

impl Locations {
    /// Where `subject` stands; for what the file does not mention, where its node stands.
    pub fn of(&self, subject: &Subject) -> Option<Range<usize>> {
        match subject {
            Subject::Node(node) => self.nodes.get(node),
            Subject::Kind(node) => self.kinds.get(node).or_else(|| self.nodes.get(node)),
            Subject::Port(port) => self.params.get(port).or_else(|| self.nodes.get(&port.node)),
            Subject::Wire(wire) => self.wires.get(wire),
            Subject::InterfaceParam(name) => self.interface_params.get(name),
            Subject::InterfaceOutput(name) => self.interface_outputs.get(name),
        }
        .cloned()
    }
}
