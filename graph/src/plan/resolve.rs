//! Where each value comes from, once muted and bypassed nodes are gone.

use std::collections::{BTreeMap, BTreeSet};

use super::{Input, LeftOut, Origin, Plan, PlanError, Step, check, order};
use crate::document::{Graph, NodeId, PlacedNode, PortRef, State};
use crate::node::Descriptor;
use crate::param::ParamSpec;
use crate::port::{Arity, PortSpec};
use crate::registry::Entry;

/// Where the value of an output comes from.
#[derive(Clone)]
enum Source {
    /// Of the node's own making, or of another's that this one hands on.
    Output(PortRef),
    /// Nowhere, because this node is left out.
    Nowhere(NodeId),
}

/// A node that runs, before it is known as which step.
struct Draft<'a> {
    entry: &'a Entry,
    params: crate::param::ParamValues,
    wired: Vec<(&'a ParamSpec, PortRef)>,
    inputs: Vec<(&'a PortSpec, Vec<PortRef>)>,
}

pub struct Resolver<'a> {
    graph: &'a Graph,
    known: &'a BTreeMap<&'a NodeId, (&'a PlacedNode, &'a Entry)>,
    drafts: BTreeMap<NodeId, Draft<'a>>,
    left_out: BTreeMap<NodeId, LeftOut>,
    /// What bypassed nodes hand on, by output.
    handed_on: BTreeMap<PortRef, Source>,
}

impl<'a> Resolver<'a> {
    pub fn new(
        graph: &'a Graph,
        scope: &BTreeSet<NodeId>,
        known: &'a BTreeMap<&'a NodeId, (&'a PlacedNode, &'a Entry)>,
        errors: &mut Vec<PlanError>,
    ) -> Self {
        let mut resolver = Self {
            graph,
            known,
            drafts: BTreeMap::new(),
            left_out: BTreeMap::new(),
            handed_on: BTreeMap::new(),
        };
        let mut found = Vec::new();
        for id in graph.in_order().filter(|id| scope.contains(*id)) {
            resolver.node(id, &mut found);
        }
        // The order in which a graph came about must not show.
        found.sort_by(|left: &PlanError, right| left.node().cmp(&right.node()));
        errors.extend(found);
        resolver
    }

    fn node(&mut self, id: &NodeId, errors: &mut Vec<PlanError>) {
        let state = self.graph.node(id).and_then(|node| node.state);
        if state == Some(State::Muted) {
            let _ = self.left_out.insert(id.clone(), LeftOut::Muted);
            return;
        }
        let Some((node, entry)) = self.known.get(id) else {
            return;
        };
        if state == Some(State::Bypassed) {
            self.bypass(id, &entry.descriptor, errors);
            let _ = self.left_out.insert(id.clone(), LeftOut::Bypassed);
            return;
        }
        let mut needs = None;
        let mut inputs = Vec::new();
        for port in &entry.descriptor.inputs {
            let (origins, lacks) = self.sources(&id.port(&port.name));
            if port.arity == Arity::One && origins.is_empty() {
                match lacks {
                    Some(lacks) => needs = needs.or(Some(lacks)),
                    None => errors.push(PlanError::MissingInput {
                        input: id.port(&port.name),
                        expected: port.kind.clone(),
                    }),
                }
            }
            inputs.push((port, origins));
        }
        let mut wired = Vec::new();
        for spec in &entry.descriptor.params {
            let (mut origins, lacks) = self.sources(&id.port(&spec.name));
            let is_set = node.params.contains_key(&spec.name) || spec.default.is_some();
            match (origins.pop(), lacks) {
                (Some(origin), _) => wired.push((spec, origin)),
                (None, Some(lacks)) if !is_set => needs = needs.or(Some(lacks)),
                (None, _) => {}
            }
        }
        if let Some(needs) = needs {
            let _ = self.left_out.insert(id.clone(), LeftOut::Needs(needs));
            return;
        }
        let names = wired.iter().map(|(spec, _)| spec.name.as_str()).collect();
        let params = check::params(id, node, entry, &names, errors);
        let draft = Draft {
            entry,
            params,
            wired,
            inputs,
        };
        let _ = self.drafts.insert(id.clone(), draft);
    }

    /// Where the values at an input come from; and a node that is left out, where one of them would come from it.
    fn sources(&self, input: &PortRef) -> (Vec<PortRef>, Option<NodeId>) {
        let mut origins = Vec::new();
        let mut lacks = None;
        for wire in self.graph.wires_to(input) {
            match self.source(&wire.from) {
                Source::Output(output) => origins.push(output),
                Source::Nowhere(node) => lacks = lacks.or(Some(node)),
            }
        }
        (origins, lacks)
    }

    fn source(&self, output: &PortRef) -> Source {
        if let Some(source) = self.handed_on.get(output) {
            return source.clone();
        }
        if self.left_out.contains_key(&output.node) {
            return Source::Nowhere(output.node.clone());
        }
        Source::Output(output.clone())
    }

    /// Pairs each output with the next input of its kind, in the order of the descriptor.
    fn bypass(&mut self, id: &NodeId, descriptor: &Descriptor, errors: &mut Vec<PlanError>) {
        let mut inputs: Vec<&PortSpec> = descriptor
            .inputs
            .iter()
            .filter(|input| input.arity != Arity::Many)
            .collect();
        for output in &descriptor.outputs {
            let name = id.port(&output.name);
            let partner = inputs
                .iter()
                .position(|input| input.kind.unify(&output.kind).is_some());
            let source = match partner {
                Some(at) => {
                    let input = id.port(&inputs.remove(at).name);
                    let (origins, lacks) = self.sources(&input);
                    match origins.into_iter().next() {
                        Some(origin) => Source::Output(origin),
                        None => Source::Nowhere(lacks.unwrap_or_else(|| id.clone())),
                    }
                }
                None => {
                    if self.is_needed(&name) {
                        errors.push(PlanError::CannotBypass {
                            output: name.clone(),
                            kind: output.kind.clone(),
                        });
                    }
                    Source::Nowhere(id.clone())
                }
            };
            let _ = self.handed_on.insert(name, source);
        }
    }

    fn is_needed(&self, output: &PortRef) -> bool {
        let results = &self.graph.interface().outputs;
        self.graph
            .wires_from(&output.node)
            .any(|wire| wire.from == *output && self.known.contains_key(&wire.to.node))
            || results.values().any(|target| target == output)
    }

    pub fn plan(self, errors: &mut [PlanError]) -> Plan {
        // A plan with errors is thrown away: its wires may lead nowhere.
        if !errors.is_empty() {
            return Plan {
                steps: Vec::new(),
                outputs: BTreeMap::new(),
                left_out: Vec::new(),
            };
        }
        let needs = self
            .drafts
            .iter()
            .map(|(id, draft)| (id.clone(), draft.needs()))
            .collect();
        let order = order::in_order(&needs);
        let positions: BTreeMap<&NodeId, usize> =
            order.iter().enumerate().map(|(at, id)| (id, at)).collect();
        let origin = |output: &PortRef| {
            positions.get(&output.node).map(|step| Origin {
                step: *step,
                port: output.port.clone(),
            })
        };
        let outputs = self
            .graph
            .interface()
            .outputs
            .iter()
            .filter_map(|(name, target)| match self.source(target) {
                Source::Output(output) => Some((name.clone(), origin(&output)?)),
                Source::Nowhere(_) => None,
            })
            .collect();
        let steps = order
            .iter()
            .filter_map(|id| Some(self.drafts.get(id)?.step(id, &origin)))
            .collect();
        Plan {
            steps,
            outputs,
            left_out: self.left_out.into_iter().collect(),
        }
    }
}

impl Draft<'_> {
    fn needs(&self) -> BTreeSet<NodeId> {
        let inputs = self.inputs.iter().flat_map(|(_, origins)| origins);
        let wired = self.wired.iter().map(|(_, origin)| origin);
        inputs.chain(wired).map(|port| port.node.clone()).collect()
    }

    fn step(&self, id: &NodeId, origin: &impl Fn(&PortRef) -> Option<Origin>) -> Step {
        Step {
            id: id.clone(),
            entry: self.entry.clone(),
            params: self.params.clone(),
            wired: self
                .wired
                .iter()
                .filter_map(|(spec, port)| Some(((*spec).clone(), origin(port)?)))
                .collect(),
            inputs: self
                .inputs
                .iter()
                .map(|(port, origins)| Input {
                    port: port.name.clone(),
                    kind: port.kind.clone(),
                    arity: port.arity,
                    origins: origins.iter().filter_map(origin).collect(),
                })
                .collect(),
        }
    }
}
