//! What takes the place of the wires at nodes that go away.

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Graph, NodeId, PortRef, Wire};
use graph::edit::{Connection, Edit};
use graph::node::Descriptor;
use graph::port::{Arity, PortSpec};
use graph::registry::Registry;

/// Leads each wire that came from one of `gone` from where that node had its own value of the kind.
///
/// An output is made up for as bypassing would do it: by the next input of its kind, in the order of the descriptor.
pub fn heal(graph: &Graph, registry: &Registry, gone: &BTreeSet<NodeId>) -> Vec<Edit> {
    let healing = Healing {
        graph,
        registry,
        gone,
    };
    let mut laid: BTreeSet<Wire> = BTreeSet::new();
    let mut edits = Vec::new();
    // How many wires the port has so far of those that will be there in the end.
    let mut kept: BTreeMap<&PortRef, usize> = BTreeMap::new();
    for wire in graph.wires() {
        if gone.contains(&wire.to.node) {
            continue;
        }
        let place = kept.entry(&wire.to).or_default();
        if !gone.contains(&wire.from.node) {
            *place += 1;
            continue;
        }
        let Some(source) = healing.source(&wire.from) else {
            continue;
        };
        let healed = Wire::new(source, wire.to.clone());
        let is_there = graph.wires_to(&healed.to).contains(&healed);
        let fits = graph.check_wire(registry, &healed).is_ok();
        if fits && !is_there && laid.insert(healed.clone()) {
            edits.push(Edit::Connect(Connection {
                wire: healed,
                at: Some(*place),
                points: Vec::new(),
            }));
            *place += 1;
        }
    }
    edits
}

struct Healing<'a> {
    graph: &'a Graph,
    registry: &'a Registry,
    gone: &'a BTreeSet<NodeId>,
}

impl Healing<'_> {
    /// The output, of a node that stays, whose value stood in for the one of `output`.
    fn source(&self, output: &PortRef) -> Option<PortRef> {
        let mut output = output.clone();
        // The graph has no cycles, so this leads ever further back.
        while self.gone.contains(&output.node) {
            let node = self.graph.node(&output.node)?;
            let descriptor = &self.registry.get(&node.kind)?.descriptor;
            let input = partner(descriptor, &output.port)?;
            let input = output.node.port(input);
            output = self.graph.wires_to(&input).first()?.from.clone();
        }
        Some(output)
    }
}

/// The input that stands in for `output`: each output takes the next free input of its kind.
fn partner<'a>(descriptor: &'a Descriptor, output: &str) -> Option<&'a str> {
    let mut inputs: Vec<&PortSpec> = descriptor.inputs.iter().collect();
    for port in &descriptor.outputs {
        let fits = |input: &&PortSpec| input.kind.unify(&port.kind).is_some();
        // Inputs of one wire come first: which of many would be the one is anybody's guess.
        let at = inputs
            .iter()
            .position(|input| input.arity != Arity::Many && fits(input))
            .or_else(|| inputs.iter().position(fits));
        let input = at.map(|at| inputs.remove(at));
        if port.name == output {
            return input.map(|input| input.name.as_str());
        }
    }
    None
}
