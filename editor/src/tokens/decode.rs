//! The picture of a step: a copy of the graph in which the step's tokens are decoded instead of the last ones.

use graph::document::{Graph, NodeId, PlacedNode, PortRef, Wire};
use graph::edit::Edit;
use graph::param::ParamValue;
use graph::registry::Registry;

use super::wiring::{self, Obstacle};
use crate::document::naming;

/// A run that gives the picture of one step; the document takes no part in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scratch {
    /// A copy of the document that goes back to the step.
    pub graph: Graph,
    /// The node to run.
    pub until: NodeId,
    /// Its output that the picture stands at.
    pub port: String,
}

/// How to make the picture of `step`, counted from 0 for the start, of the sampler whose steps `output` tells.
///
/// Errors: what the graph or the registry lacks.
pub fn scratch(
    graph: &Graph,
    registry: &Registry,
    output: &PortRef,
    step: usize,
) -> Result<Scratch, Obstacle> {
    let rewind = wiring::rewind(registry).ok_or(Obstacle::NoRewind)?;
    let sampler = wiring::sampler(graph, registry, output)?;
    let way = wiring::way_to_picture(graph, registry, &sampler)?;
    let (Some(first), Some(last)) = (way.first(), way.last()) else {
        return Err(Obstacle::NoDecoder { node: sampler.node });
    };

    let id = naming::like("step", |id| graph.node(id).is_some());
    let mut node = PlacedNode::new(rewind.kind, rewind.version)
        .with(wiring::STEP, ParamValue::Int(step as i64));
    if let Some(fill) = rewind.fill {
        node = node.with(fill, ParamValue::Bool(true));
    }
    let decoded = first.node.port(&first.input);
    let mut graph = graph.clone();
    let _ = graph.apply(Edit::Batch(vec![
        Edit::add(id.clone(), node),
        Edit::connect(sampler.history, id.port(rewind.history)),
        Edit::Disconnect(Wire::new(sampler.tokens, decoded.clone())),
        Edit::connect(id.port(rewind.tokens), decoded),
    ]))?;
    Ok(Scratch {
        graph,
        until: last.node.clone(),
        port: last.output.clone(),
    })
}
