//! What is to be run: a graph checked whole, in order, and never changed again.

mod check;
mod error;
mod interface;
pub(crate) mod order;
mod resolve;
mod similar;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Graph, NodeId, PortRef, Wire};
use crate::kind::Kind;
use crate::node::Descriptor;
use crate::param::{ParamSpec, ParamValues};
use crate::port::Arity;
use crate::registry::{Entry, Registry};

pub use error::{InterfacePart, PlanError, Subject};
pub use interface::{RESERVED, output_name_fault, param_name_fault};
pub use similar::similar;

/// A graph that can be run: every node known and set right, every wire fitting, all in order.
///
/// It shares nothing with the graph that it came from: whoever edits that disturbs no run.
#[derive(Clone)]
pub struct Plan {
    steps: Vec<Step>,
    outputs: BTreeMap<String, Origin>,
    left_out: Vec<(NodeId, LeftOut)>,
}

/// One node to be run.
#[derive(Clone)]
pub struct Step {
    /// What the node is called.
    pub(crate) id: NodeId,
    /// Its kind.
    pub(crate) entry: Entry,
    /// Every parameter that is not wired, defaults filled in.
    pub(crate) params: ParamValues,
    /// The parameters that are wired.
    pub(crate) wired: Vec<(ParamSpec, Origin)>,
    /// The inputs, in the order of the descriptor.
    pub(crate) inputs: Vec<Input>,
}

/// Where the values at an input come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub port: String,
    pub kind: Kind,
    pub arity: Arity,
    pub origins: Vec<Origin>,
}

/// An output of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub step: usize,
    pub port: String,
}

/// Why a node takes no part in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It is muted.
    Muted,
    /// It hands its inputs on instead.
    Bypassed,
    /// It cannot do without this node, which is left out.
    Needs(NodeId),
}

impl Plan {
    /// The plan of the whole graph.
    ///
    /// Errors: everything that is wrong, not just the first thing.
    pub fn new(graph: &Graph, registry: &Registry) -> Result<Self, Vec<PlanError>> {
        let scope = graph.nodes().keys().cloned().collect();
        check::plan(graph, registry, &scope)
    }

    /// The plan of `until` and of what it needs.
    ///
    /// Errors: everything that is wrong with these; what else is wrong with the graph does not matter.
    pub fn until(
        graph: &Graph,
        registry: &Registry,
        until: &NodeId,
    ) -> Result<Self, Vec<PlanError>> {
        if graph.node(until).is_none() {
            let names = graph.nodes().keys().map(NodeId::as_str);
            return Err(vec![PlanError::NoSuchNode {
                node: until.clone(),
                similar: similar(until.as_str(), names),
            }]);
        }
        let mut scope = BTreeSet::from([until.clone()]);
        let mut open = vec![until.clone()];
        while let Some(node) = open.pop() {
            for wire in graph.wires_into(&node) {
                if scope.insert(wire.from.node.clone()) {
                    open.push(wire.from.node.clone());
                }
            }
        }
        check::plan(graph, registry, &scope)
    }

    /// The nodes that run, each behind all that it depends on; the same order for the same graph, always.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.steps.iter().map(|step| &step.id)
    }

    /// The names of the results.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.outputs.keys().map(String::as_str)
    }

    /// The nodes that do not run, and why.
    pub fn left_out(&self) -> &[(NodeId, LeftOut)] {
        &self.left_out
    }

    /// The kind of a node that runs.
    pub fn descriptor(&self, node: &NodeId) -> Option<&Descriptor> {
        Some(&self.step(node)?.entry.descriptor)
    }

    /// Every parameter of a node that runs, defaults filled in, but for those that are wired.
    pub fn params(&self, node: &NodeId) -> Option<&ParamValues> {
        Some(&self.step(node)?.params)
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(crate) fn results(&self) -> &BTreeMap<String, Origin> {
        &self.outputs
    }

    fn step(&self, node: &NodeId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *node)
    }
}

impl Graph {
    /// Whether `wire` may lie between its two ports, by what they carry; returns what it then carries.
    ///
    /// For the editor while a wire is being drawn; whether it would close a cycle says [`Graph::would_cycle`].
    ///
    /// Errors: why not.
    pub fn check_wire(&self, registry: &Registry, wire: &Wire) -> Result<Kind, Box<PlanError>> {
        let from = self.descriptor(registry, &wire.from)?;
        let to = self.descriptor(registry, &wire.to)?;
        check::wire(from, to, wire)
    }

    fn descriptor<'a>(
        &self,
        registry: &'a Registry,
        port: &PortRef,
    ) -> Result<&'a Descriptor, Box<PlanError>> {
        let Some(node) = self.node(&port.node) else {
            return Err(Box::new(PlanError::NoSuchNode {
                node: port.node.clone(),
                similar: None,
            }));
        };
        match registry.get(&node.kind) {
            Some(entry) => Ok(&entry.descriptor),
            None => Err(Box::new(check::unknown_kind(
                self, registry, &port.node, &node.kind,
            ))),
        }
    }
}
