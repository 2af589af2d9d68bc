//! What is wired around a sampler, told by the kinds of its ports: how to go back to a step, and what makes pictures.

use std::collections::{BTreeSet, VecDeque};

use graph::document::{Graph, NodeId, PortRef};
use graph::edit::EditError;
use graph::node::Descriptor;
use graph::param::ParamKind;
use graph::port::{Arity, PortSpec};
use graph::registry::Registry;

/// The kind of wire that carries every step of a sampler.
const HISTORY: &str = "history";
/// The kind of wire that carries grids of codes.
const TOKENS: &str = "tokens";
/// The kind of wire that carries pictures.
const IMAGE: &str = "image";
/// The kind of wire that carries which part of a picture is to be painted anew.
const MASK: &str = "mask";

/// Why a step can be neither decoded nor resumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// No kind of node goes back to a step.
    #[error(
        "no kind of node goes back to a step: one is needed with an input of kind history, an output of kind tokens, and the parameters `step` and `cells`"
    )]
    NoRewind,
    /// The node is no sampler, or is no more.
    #[error("`{node}` is no sampler: expected a node with outputs of kinds history and tokens")]
    NoSampler {
        /// The node.
        node: NodeId,
    },
    /// The sampler always starts from nothing.
    #[error("`{node}` cannot go on from tokens: it has no optional input of kind tokens")]
    NoStart {
        /// The sampler.
        node: NodeId,
    },
    /// Nothing makes pictures of the sampler's tokens.
    #[error("nothing makes a picture of the tokens of `{node}`: wire a decoder to them")]
    NoDecoder {
        /// The sampler.
        node: NodeId,
    },
    /// The graph refuses the change.
    #[error(transparent)]
    Refused(#[from] EditError),
}

/// A kind of node that goes back to a step of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rewind {
    /// The kind.
    pub kind: String,
    /// Its version.
    pub version: u32,
    /// The input that takes the history.
    pub history: String,
    /// The output that gives the tokens.
    pub tokens: String,
    /// The parameter that fills what is masked, so that it can be decoded; not every such kind has one.
    pub fill: Option<String>,
}

/// The parameter of a [`Rewind`] that says which step.
pub(super) const STEP: &str = "step";
/// The parameter of a [`Rewind`] that says which cells are masked anew.
pub(super) const CELLS: &str = "cells";
/// The parameter of a [`Rewind`] that fills what is masked.
const FILL: &str = "fill";

/// A node that lays tokens step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sampler {
    /// The node.
    pub node: NodeId,
    /// Its output that tells every step.
    pub history: PortRef,
    /// Its output that gives the tokens.
    pub tokens: PortRef,
    /// The input that takes tokens to go on from.
    pub start: Option<String>,
    /// Inputs that say which part is to be painted anew.
    pub masks: BTreeSet<String>,
}

/// A node that tokens pass on their way to a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    /// The node.
    pub node: NodeId,
    /// The input that takes the tokens.
    pub input: String,
    /// The output that gives the tokens on, or the picture.
    pub output: String,
}

/// The first kind in the palette that goes back to a step.
pub(super) fn rewind(registry: &Registry) -> Option<Rewind> {
    registry
        .iter()
        .find_map(|entry| as_rewind(&entry.descriptor))
}

fn as_rewind(kind: &Descriptor) -> Option<Rewind> {
    let is = |name: &str, fits: fn(&ParamKind) -> bool| {
        kind.param(name).is_some_and(|param| fits(&param.kind))
    };
    let step = is(STEP, |kind| matches!(kind, ParamKind::Int { .. }));
    let cells = is(CELLS, |kind| matches!(kind, ParamKind::Text { .. }));
    if !step || !cells {
        return None;
    }
    Some(Rewind {
        kind: kind.id.clone(),
        version: kind.version,
        history: of_kind(&kind.inputs, HISTORY)?.name.clone(),
        tokens: of_kind(&kind.outputs, TOKENS)?.name.clone(),
        fill: is(FILL, |kind| matches!(kind, ParamKind::Bool)).then(|| FILL.into()),
    })
}

/// The sampler that `output` tells the steps of.
pub(super) fn sampler(
    graph: &Graph,
    registry: &Registry,
    output: &PortRef,
) -> Result<Sampler, Obstacle> {
    let found = || {
        let kind = descriptor(graph, registry, &output.node)?;
        let history = kind.output(&output.port)?;
        let tokens = of_kind(&kind.outputs, TOKENS)?;
        let start = kind
            .inputs
            .iter()
            .find(|port| port.kind.name() == TOKENS && port.arity == Arity::Optional);
        let masks = kind.inputs.iter().filter(|port| port.kind.name() == MASK);
        (history.kind.name() == HISTORY).then(|| Sampler {
            node: output.node.clone(),
            history: output.clone(),
            tokens: output.node.port(&tokens.name),
            start: start.map(|port| port.name.clone()),
            masks: masks.map(|port| port.name.clone()).collect(),
        })
    };
    found().ok_or_else(|| Obstacle::NoSampler {
        node: output.node.clone(),
    })
}

/// The shortest way from the sampler's tokens to a picture: one decoder, or nodes that change tokens and a decoder.
pub(super) fn way_to_picture(
    graph: &Graph,
    registry: &Registry,
    sampler: &Sampler,
) -> Result<Vec<Hop>, Obstacle> {
    let mut seen = BTreeSet::from([sampler.tokens.clone()]);
    let mut open = VecDeque::from([(sampler.tokens.clone(), Vec::new())]);
    while let Some((from, way)) = open.pop_front() {
        for wire in graph
            .wires_from(&from.node)
            .filter(|wire| wire.from == from)
        {
            let Some(kind) = taking_part(graph, registry, &wire.to.node) else {
                continue;
            };
            let takes_tokens = kind
                .input(&wire.to.port)
                .is_some_and(|port| port.kind.name() == TOKENS);
            if !takes_tokens {
                continue;
            }
            let hop = |output: &PortSpec| Hop {
                node: wire.to.node.clone(),
                input: wire.to.port.clone(),
                output: output.name.clone(),
            };
            if let Some(picture) = of_kind(&kind.outputs, IMAGE) {
                return Ok(way.into_iter().chain([hop(picture)]).collect());
            }
            // Another sampler makes tokens of its own, whatever it is given.
            let makes_its_own = of_kind(&kind.outputs, HISTORY).is_some();
            if let Some(tokens) = of_kind(&kind.outputs, TOKENS).filter(|_| !makes_its_own) {
                let next = wire.to.node.port(&tokens.name);
                if seen.insert(next.clone()) {
                    let mut way: Vec<Hop> = way.clone();
                    way.push(hop(tokens));
                    open.push_back((next, way));
                }
            }
        }
    }
    Err(Obstacle::NoDecoder {
        node: sampler.node.clone(),
    })
}

/// What is known of the node, unless it is muted or bypassed.
fn taking_part<'a>(graph: &Graph, registry: &'a Registry, id: &NodeId) -> Option<&'a Descriptor> {
    let node = graph.node(id)?;
    if node.state.is_some() {
        return None;
    }
    descriptor(graph, registry, id)
}

fn descriptor<'a>(graph: &Graph, registry: &'a Registry, id: &NodeId) -> Option<&'a Descriptor> {
    let entry = registry.get(&graph.node(id)?.kind)?;
    Some(&*entry.descriptor)
}

fn of_kind<'a>(ports: &'a [PortSpec], kind: &str) -> Option<&'a PortSpec> {
    ports.iter().find(|port| port.kind.name() == kind)
}
