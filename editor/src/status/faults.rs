//! What stands in the way of a run, by node and port.

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Graph, NodeId, State};
use graph::node::Effect;
use graph::param::ParamError;
use graph::plan::{Plan, PlanError};
use graph::registry::Registry;

/// Something that is wrong with a graph as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The port or parameter at fault.
    pub port: Option<String>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
    /// How loudly to tell.
    pub weight: Weight,
}

/// How much a fault weighs.
///
/// A node is in the way when a result needs it: an output of the interface, or a node that writes files.
/// Where a graph has neither, every node that is wired counts as needed, since its end may be the result.
/// Faults of other nodes are loose: somebody is still at work there, and a run leaves these nodes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A run leaves the node out, and whatever needs it.
    Loose,
    /// Nothing can be run before it is mended.
    InTheWay,
}

/// All that is wrong with a graph as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    nodes: BTreeMap<NodeId, Vec<Fault>>,
    of_workflow: Vec<Fault>,
    revision: Option<u64>,
}

impl Faults {
    /// What is wrong with `graph`.
    pub fn new(graph: &Graph, registry: &Registry) -> Self {
        match Plan::new(graph, registry) {
            Ok(_) => Self::default(),
            Err(errors) => Self::of(&errors, &needed(graph, registry)),
        }
    }

    /// What `errors` say, where results need the nodes in `needed`.
    pub(crate) fn of(errors: &[PlanError], needed: &BTreeSet<NodeId>) -> Self {
        let mut faults = Self::default();
        for error in errors {
            let weight = match error.node() {
                Some(node) if !needed.contains(node) => Weight::Loose,
                Some(_) | None => Weight::InTheWay,
            };
            let fault = Fault {
                port: error.port().map(Into::into),
                message: error.to_string(),
                hint: hint(error),
                weight,
            };
            match error.node() {
                Some(node) => faults.nodes.entry(node.clone()).or_default().push(fault),
                None => faults.of_workflow.push(fault),
            }
        }
        faults
    }

    /// Looks again if the document has changed since; `revision` counts its changes.
    pub fn refresh(&mut self, graph: &Graph, registry: &Registry, revision: u64) {
        if self.revision != Some(revision) {
            *self = Self::new(graph, registry);
            self.revision = Some(revision);
        }
    }

    /// What is wrong with `node`.
    pub fn at(&self, node: &NodeId) -> &[Fault] {
        self.nodes.get(node).map_or(&[], Vec::as_slice)
    }

    /// What is wrong with the port or parameter `port` of `node`.
    pub fn at_port<'a>(&'a self, node: &NodeId, port: &'a str) -> impl Iterator<Item = &'a Fault> {
        let faults = self.at(node).iter();
        faults.filter(move |fault| fault.port.as_deref() == Some(port))
    }

    /// How much what is wrong with `node` weighs; `None` where nothing is.
    pub fn weight(&self, node: &NodeId) -> Option<Weight> {
        self.at(node).iter().map(|fault| fault.weight).max()
    }

    /// What is wrong with no node in particular.
    pub fn of_workflow(&self) -> &[Fault] {
        &self.of_workflow
    }

    /// Every node with what is wrong with it.
    pub fn iter(&self) -> impl Iterator<Item = (&NodeId, &[Fault])> {
        let nodes = self.nodes.iter();
        nodes.map(|(node, faults)| (node, faults.as_slice()))
    }

    /// Every fault that nothing can be run before, with its node.
    pub fn in_the_way(&self) -> impl Iterator<Item = (Option<&NodeId>, &Fault)> {
        let of_nodes = self
            .iter()
            .flat_map(|(node, faults)| faults.iter().map(move |fault| (Some(node), fault)));
        let all = of_nodes.chain(self.of_workflow.iter().map(|fault| (None, fault)));
        all.filter(|(_, fault)| fault.weight == Weight::InTheWay)
    }

    /// Whether nothing is wrong at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.of_workflow.is_empty()
    }
}

/// The nodes that a result of `graph` needs.
pub(crate) fn needed(graph: &Graph, registry: &Registry) -> BTreeSet<NodeId> {
    let writes = |kind: &str| {
        let entry = registry.get(kind);
        entry.is_some_and(|entry| entry.descriptor.effect == Effect::WritesFiles)
    };
    let outputs = graph.interface().outputs.values();
    let mut open: Vec<&NodeId> = outputs.map(|output| &output.node).collect();
    open.extend(graph.nodes().iter().filter_map(|(id, node)| {
        (node.state != Some(State::Muted) && writes(&node.kind)).then_some(id)
    }));
    if open.is_empty() {
        let wires = graph.wires().iter();
        let ends = wires.flat_map(|wire| [&wire.from.node, &wire.to.node]);
        return ends.cloned().collect();
    }
    let mut needed = BTreeSet::new();
    while let Some(node) = open.pop() {
        if needed.insert(node.clone()) {
            open.extend(graph.wires_into(node).iter().map(|wire| &wire.from.node));
        }
    }
    needed
}

/// How to mend it in the editor; the errors' own hints are for those who write files.
fn hint(error: &PlanError) -> Option<String> {
    match error {
        PlanError::MissingInput { expected, .. } => {
            Some(format!("drag a wire to it from an output of {expected}"))
        }
        PlanError::Param {
            error: ParamError::Missing { .. },
            ..
        } => Some("set it in the inspector, or drag a wire to it".into()),
        PlanError::UnknownKind {
            similar: None,
            plugin: None,
            ..
        } => Some("it may come from a plugin that is not here; mute it to run the rest".into()),
        PlanError::UnknownKind {
            plugin: Some(_), ..
        } => Some(
            "the list of plugins, in the toolbar, says what keeps it; mute it to run the rest"
                .into(),
        ),
        _ => error.hint(),
    }
}
