//! What of a document can be run.

use std::collections::BTreeSet;

use graph::document::{Graph, NodeId};
use graph::edit::Edit;
use graph::plan::{Plan, PlanError};
use graph::registry::Registry;

use crate::status::{Faults, Weight, needed};

/// The plan of `graph`, or of what `until` needs, and the nodes that it leaves out.
///
/// Left out are nodes at fault that no result needs, with all that needs them: see [`Weight`].
///
/// Errors: what is in the way, in words.
pub fn plan(
    graph: &Graph,
    registry: &Registry,
    until: Option<&NodeId>,
) -> Result<(Plan, Vec<NodeId>), String> {
    if let Some(until) = until {
        let plan = Plan::until(graph, registry, until);
        return plan
            .map(|plan| (plan, Vec::new()))
            .map_err(|errors| in_words(&errors));
    }
    let errors = match Plan::new(graph, registry) {
        Ok(plan) => return Ok((plan, Vec::new())),
        Err(errors) => errors,
    };
    let faults = Faults::of(&errors, &needed(graph, registry));
    if faults.in_the_way().next().is_some() {
        let in_the_way = |error: &&PlanError| {
            let weight = error.node().and_then(|node| faults.weight(node));
            weight != Some(Weight::Loose)
        };
        let errors: Vec<PlanError> = errors.iter().filter(in_the_way).cloned().collect();
        return Err(in_words(&errors));
    }
    let left_out = with_all_behind(graph, faults.iter().map(|(node, _)| node));
    let mut rest = graph.clone();
    for node in &left_out {
        let _ = rest
            .apply(Edit::RemoveNode(node.clone()))
            .map_err(|error| error.to_string())?;
    }
    if rest.nodes().is_empty() {
        return Err(in_words(&errors));
    }
    let plan = Plan::new(&rest, registry).map_err(|errors| in_words(&errors))?;
    Ok((plan, left_out.into_iter().collect()))
}

/// `nodes` with all that depends on them.
fn with_all_behind<'a>(
    graph: &'a Graph,
    nodes: impl Iterator<Item = &'a NodeId>,
) -> BTreeSet<NodeId> {
    let mut open: Vec<&NodeId> = nodes.collect();
    let mut all = BTreeSet::new();
    while let Some(node) = open.pop() {
        if all.insert(node.clone()) {
            open.extend(graph.wires_from(node).map(|wire| &wire.to.node));
        }
    }
    all
}

/// The first of `errors`, and how many there are besides.
fn in_words(errors: &[PlanError]) -> String {
    let first = errors.first().map(ToString::to_string).unwrap_or_default();
    match errors.len() {
        0 | 1 => first,
        count => format!("{first}, and {} more", count - 1),
    }
}
