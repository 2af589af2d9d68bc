//! The document: which nodes there are, how they are wired, and how it all lies on the canvas.

mod id;
mod index;
mod layout;

use std::collections::BTreeMap;

use crate::param::{ParamValue, ParamValues};

pub use id::{IdError, NodeId, PortRef, Wire};
pub(crate) use index::Index;
pub use layout::{Extent, Frame, FrameColour, Layout, Note, Position};

/// A workflow as data: always a directed acyclic graph, changed by [`Edit`](crate::edit::Edit) alone.
///
/// It knows nothing of what nodes do: kinds that no program knows are as welcome as any other.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(crate) about: String,
    pub(crate) plugins: BTreeMap<String, String>,
    pub(crate) nodes: BTreeMap<NodeId, PlacedNode>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) interface: Interface,
    pub(crate) layout: Layout,
    pub(crate) index: Index,
}

/// One node of a graph: of which kind, and what is set on it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedNode {
    /// The kind of node, as in [`Descriptor::id`](crate::node::Descriptor::id).
    pub kind: String,
    /// The version of the kind that the parameters were written for.
    pub version: u32,
    /// What is set; what is absent has its default.
    pub params: ParamValues,
    /// Whether the node takes part in a run.
    pub state: Option<State>,
    /// Parameters that no [`ParamValue`] can hold, as the text that stood in the file.
    ///
    /// Only kinds that no program here knows may have such; they are kept so that saving loses nothing.
    pub verbatim: BTreeMap<String, String>,
}

/// How a node takes less than full part in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is left out, and so is what cannot do without it.
    Muted,
    /// It hands its inputs on to those of its outputs that are of the same kind.
    Bypassed,
}

/// What a graph shows to whoever runs it: the command line's flags, and the names of the results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Parameters that may be set from outside, by the name outside.
    pub params: BTreeMap<String, PortRef>,
    /// Outputs that are results, by the name outside.
    pub outputs: BTreeMap<String, PortRef>,
}

impl PlacedNode {
    /// A node of a kind, with nothing set.
    pub fn new(kind: impl Into<String>, version: u32) -> Self {
        Self {
            kind: kind.into(),
            version,
            params: ParamValues::new(),
            state: None,
            verbatim: BTreeMap::new(),
        }
    }

    /// The same node with one more parameter set.
    #[must_use]
    pub fn with(mut self, param: impl Into<String>, value: ParamValue) -> Self {
        let _ = self.params.insert(param.into(), value);
        self
    }
}

impl Graph {
    /// What the workflow is for.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The plugins it needs, each with the versions that will do.
    pub fn plugins(&self) -> &BTreeMap<String, String> {
        &self.plugins
    }

    /// All nodes.
    pub fn nodes(&self) -> &BTreeMap<NodeId, PlacedNode> {
        &self.nodes
    }

    /// The node called `id`.
    pub fn node(&self, id: &NodeId) -> Option<&PlacedNode> {
        self.nodes.get(id)
    }

    /// All wires, by where they end; those that end at the same port in the order in which it takes them.
    pub fn wires(&self) -> &[Wire] {
        &self.wires
    }

    /// The wires that end at `to`, in the order in which it takes them.
    pub fn wires_to(&self, to: &PortRef) -> &[Wire] {
        let start = self.wires.partition_point(|wire| wire.to < *to);
        let count = self.wires[start..].partition_point(|wire| wire.to == *to);
        &self.wires[start..start + count]
    }

    /// The wires that end at any port of `node`.
    pub fn wires_into(&self, node: &NodeId) -> &[Wire] {
        let start = self.wires.partition_point(|wire| wire.to.node < *node);
        let count = self.wires[start..].partition_point(|wire| wire.to.node == *node);
        &self.wires[start..start + count]
    }

    /// The wires that begin at any port of `node`.
    pub fn wires_from<'a>(&'a self, node: &'a NodeId) -> impl Iterator<Item = &'a Wire> {
        self.wires
            .iter()
            .filter(move |wire| wire.from.node == *node)
    }

    /// What can be set from outside, and what comes out.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// How it lies on the canvas.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The nodes, each behind all that it depends on.
    pub fn in_order(&self) -> impl Iterator<Item = &NodeId> {
        self.index.in_order()
    }

    /// Whether a wire from `from` to `to` would close a cycle.
    pub fn would_cycle(&self, from: &NodeId, to: &NodeId) -> bool {
        !self.index.accepts(from, to)
    }
}

/// Two graphs are equal when they are the same document; how it is indexed does not count.
impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.about == other.about
            && self.plugins == other.plugins
            && self.nodes == other.nodes
            && self.wires == other.wires
            && self.interface == other.interface
            && self.layout == other.layout
    }
}
