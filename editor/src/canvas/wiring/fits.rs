//! Every port that a loose wire fits.

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Graph, NodeId, PortRef, Wire};
use graph::kind::Kind;
use graph::node::Descriptor;
use graph::port::Arity;
use graph::registry::Registry;

use crate::canvas::Loose;
use crate::canvas::scene::Side;

/// Every port that a loose wire fits, found once when the wire is taken in the hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fits {
    /// The ports of each node, the likeliest first.
    ports: BTreeMap<NodeId, Vec<String>>,
}

impl Fits {
    /// The ports that a wire from the loose end may lead to.
    ///
    /// `unplugged` is the wire whose end is in the hand, where it is not a new one.
    pub fn new(
        graph: &Graph,
        registry: &Registry,
        loose: &Loose,
        unplugged: Option<&Wire>,
    ) -> Self {
        let Some(kind) = kind(graph, registry, loose) else {
            return Self::default();
        };
        let closes = reached(graph, loose, unplugged);
        let fitting = graph
            .nodes()
            .iter()
            .filter(|(id, _)| !closes.contains(id))
            .filter_map(|(id, node)| {
                let descriptor = &registry.get(&node.kind)?.descriptor;
                let is_free = |port: &str| {
                    graph
                        .wires_to(&id.port(port))
                        .iter()
                        .all(|wire| Some(wire) == unplugged)
                };
                let ports = ports(descriptor, loose.side(), &kind, is_free);
                let is_new = |port: &String| {
                    let wire = loose.to(&id.port(port));
                    Some(&wire) == unplugged || !graph.wires_to(&wire.to).contains(&wire)
                };
                let ports: Vec<String> = ports.into_iter().filter(is_new).collect();
                (!ports.is_empty()).then(|| (id.clone(), ports))
            });
        Self {
            ports: fitting.collect(),
        }
    }

    /// Whether the wire fits `port`.
    pub fn contains(&self, port: &PortRef) -> bool {
        self.of(&port.node).contains(&port.port)
    }

    /// The ports of `node` that the wire fits: required and free ones first, parameters last.
    pub fn of(&self, node: &NodeId) -> &[String] {
        self.ports.get(node).map_or(&[], Vec::as_slice)
    }

    /// The nodes that have such ports.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.ports.keys()
    }
}

/// What passes through the port at which the loose wire is.
pub fn kind(graph: &Graph, registry: &Registry, loose: &Loose) -> Option<Kind> {
    let port = loose.port();
    let node = graph.node(&port.node)?;
    let descriptor = &registry.get(&node.kind)?.descriptor;
    match loose {
        Loose::Output(_) => Some(descriptor.output(&port.port)?.kind.clone()),
        Loose::Input(_) => match descriptor.input(&port.port) {
            Some(input) => Some(input.kind.clone()),
            None => Some(Kind::new(descriptor.param(&port.port)?.wire_kind())),
        },
    }
}

/// The ports of a kind of node that a wire fits which is loose at its other end, at that `side`.
pub fn ports(
    descriptor: &Descriptor,
    side: Side,
    kind: &Kind,
    is_free: impl Fn(&str) -> bool,
) -> Vec<String> {
    let fits = |other: &Kind| kind.unify(other).is_some();
    if side == Side::Input {
        let outputs = descriptor.outputs.iter();
        return outputs
            .filter(|output| fits(&output.kind))
            .map(|output| output.name.clone())
            .collect();
    }
    let inputs = descriptor.inputs.iter().filter(|input| fits(&input.kind));
    let mut ranked: Vec<(u8, &str)> = inputs
        .map(|input| match (input.arity, is_free(&input.name)) {
            (Arity::One, true) => (0, input.name.as_str()),
            (Arity::Many, _) => (1, input.name.as_str()),
            (Arity::Optional, true) => (2, input.name.as_str()),
            (Arity::One | Arity::Optional, false) => (4, input.name.as_str()),
        })
        .collect();
    let params = descriptor.params.iter();
    let params = params.filter(|param| fits(&Kind::new(param.wire_kind())));
    ranked.extend(params.map(|param| {
        let rank = if is_free(&param.name) { 3 } else { 5 };
        (rank, param.name.as_str())
    }));
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, name)| name.into()).collect()
}

/// The nodes to which no wire may lead, because it would close a cycle.
fn reached<'a>(
    graph: &'a Graph,
    loose: &'a Loose,
    unplugged: Option<&Wire>,
) -> BTreeSet<&'a NodeId> {
    let mut next: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for wire in graph.wires().iter().filter(|wire| Some(*wire) != unplugged) {
        let (here, there) = match loose {
            Loose::Output(_) => (&wire.to.node, &wire.from.node),
            Loose::Input(_) => (&wire.from.node, &wire.to.node),
        };
        next.entry(here).or_default().push(there);
    }
    let start = &loose.port().node;
    let mut reached = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for other in next.get(node).into_iter().flatten() {
            if reached.insert(*other) {
                open.push(*other);
            }
        }
    }
    reached
}
