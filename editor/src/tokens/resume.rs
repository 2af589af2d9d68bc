//! Going on from a step: the nodes that paint some cells anew, beside what is there.

use std::collections::BTreeMap;

use graph::document::{Graph, NodeId, PlacedNode, PortRef, Position, Wire};
use graph::edit::{Connection, Edit, Placement};
use graph::param::ParamValue;
use graph::registry::Registry;

use super::cells::Cells;
use super::wiring::{self, Obstacle, Sampler};
use crate::document::naming;

/// How far the new nodes lie apart.
const ACROSS: i32 = 280;
/// How far below the others the new nodes lie.
const DOWN: i32 = 340;

/// What is added to go on from a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Resume {
    /// The change, undone in one go.
    pub edit: Edit,
    /// The new nodes, in the order in which they run.
    pub nodes: Vec<NodeId>,
}

/// How to go on from `step`, counted from 0 for the start, of the sampler whose steps `output` tells, with `cells` masked.
///
/// Added are a node that goes back to the step, a copy of the sampler that starts from there,
/// and copies of what makes a picture of its tokens, where something does.
///
/// Errors: what the graph or the registry lacks.
pub fn resume(
    graph: &Graph,
    registry: &Registry,
    output: &PortRef,
    step: usize,
    cells: &Cells,
) -> Result<Resume, Obstacle> {
    let rewind = wiring::rewind(registry).ok_or(Obstacle::NoRewind)?;
    let sampler = wiring::sampler(graph, registry, output)?;
    let Some(start) = sampler.start.clone() else {
        return Err(Obstacle::NoStart { node: sampler.node });
    };
    // Without a decoder the tokens alone are of use as well.
    let way = wiring::way_to_picture(graph, registry, &sampler).unwrap_or_default();

    let mut addition = Addition::new(graph, &sampler);
    let rewound = addition.add(
        "rewind",
        PlacedNode::new(rewind.kind, rewind.version)
            .with(wiring::STEP, ParamValue::Int(step as i64))
            .with(wiring::CELLS, ParamValue::Text(cells.to_string())),
        vec![(sampler.history.clone(), rewind.history)],
    );
    let mut tokens = addition.copy(
        &sampler.node,
        (rewound.port(rewind.tokens), &start),
        // What a mask has masked is masked in the tokens already.
        |port| sampler.masks.contains(port),
    )?;
    let mut from = sampler.tokens.port.clone();
    for hop in &way {
        let copy = addition.copy(&hop.node, (tokens.port(from), &hop.input), |_| false)?;
        (tokens, from) = (copy, hop.output.clone());
    }
    let resume = addition.finish();
    // What the graph would refuse is better told now than when it is applied.
    let _ = graph.clone().apply(resume.edit.clone())?;
    Ok(resume)
}

/// Nodes to be added, one behind the other.
struct Addition<'a> {
    graph: &'a Graph,
    nodes: Vec<NodeId>,
    edits: Vec<Edit>,
    corner: Option<Position>,
}

impl<'a> Addition<'a> {
    fn new(graph: &'a Graph, sampler: &Sampler) -> Self {
        Self {
            graph,
            nodes: Vec::new(),
            edits: Vec::new(),
            corner: corner(graph, &sampler.node),
        }
    }

    /// Adds `node` with wires to the inputs named.
    fn add(&mut self, name: &str, node: PlacedNode, wires: Vec<(PortRef, String)>) -> NodeId {
        let id = naming::like(name, |id| {
            self.graph.node(id).is_some() || self.nodes.contains(id)
        });
        let across = ACROSS * self.nodes.len() as i32;
        let wires = wires.into_iter().map(|(from, to)| Connection {
            wire: Wire::new(from, id.port(to)),
            at: None,
            points: Vec::new(),
        });
        self.edits.push(Edit::AddNode(Box::new(Placement {
            id: id.clone(),
            node,
            position: self
                .corner
                .map(|corner| Position::new(corner.x.saturating_add(across), corner.y)),
            wires: wires.collect(),
            params: BTreeMap::new(),
            outputs: BTreeMap::new(),
            collapsed: false,
        })));
        self.nodes.push(id.clone());
        id
    }

    /// Adds a copy of the node `id` with the same wires, except that `replaced.0` is wired to the input `replaced.1`,
    /// and that nothing is wired to inputs that are left out.
    fn copy(
        &mut self,
        id: &NodeId,
        replaced: (PortRef, &str),
        left_out: impl Fn(&str) -> bool,
    ) -> Result<NodeId, Obstacle> {
        let Some(node) = self.graph.node(id) else {
            return Err(Obstacle::NoSampler { node: id.clone() });
        };
        let (from, input) = replaced;
        let kept = self.graph.wires_into(id).iter();
        let kept = kept.filter(|wire| wire.to.port != input && !left_out(&wire.to.port));
        let mut wires: Vec<(PortRef, String)> = kept
            .map(|wire| (wire.from.clone(), wire.to.port.clone()))
            .collect();
        wires.push((from, input.to_owned()));
        let copy = PlacedNode {
            state: None,
            ..node.clone()
        };
        Ok(self.add(&format!("{id}_again"), copy, wires))
    }

    fn finish(self) -> Resume {
        Resume {
            edit: Edit::Batch(self.edits),
            nodes: self.nodes,
        }
    }
}

/// Where the first new node lies: below the sampler and below whatever else lies below it.
fn corner(graph: &Graph, sampler: &NodeId) -> Option<Position> {
    let places = &graph.layout().nodes;
    let at = places.get(sampler)?;
    let breadth = at.x.saturating_sub(ACROSS)..at.x.saturating_add(4 * ACROSS);
    let below = places.values().filter(|place| breadth.contains(&place.x));
    let lowest = below.map(|place| place.y).max().unwrap_or(at.y);
    Some(Position::new(at.x, lowest.saturating_add(DOWN)))
}
