//! Taking wires, nodes and everything else away.

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Graph, Position, Wire};
use graph::edit::Edit;
use graph::registry::Registry;

use super::heal::heal;
use crate::canvas::scene::{Scene, around};
use crate::canvas::selection::Selection;
use crate::space::{WorldPoint, WorldRect, WorldSize};

/// The wires that a stroke through these points cuts.
pub fn cut(scene: &Scene, stroke: &[WorldPoint]) -> BTreeSet<Wire> {
    stroke
        .windows(2)
        .flat_map(|pair| {
            let ends = pair
                .iter()
                .map(|end| WorldRect::new(*end, WorldSize::zero()));
            let region = around(ends).unwrap_or_default();
            let near = scene.wires_in(region);
            near.filter(|curve| curve.crosses(pair[0], pair[1]))
        })
        .map(|curve| curve.wire.clone())
        .collect()
}

/// Takes all that is selected away, and heals the wires of nodes where kinds allow; `None` where nothing is selected.
pub fn remove(graph: &Graph, registry: &Registry, selection: &Selection) -> Option<Edit> {
    let gone = &selection.nodes;
    let is_gone = |wire: &Wire| {
        selection.wires.contains(wire)
            || gone.contains(&wire.from.node)
            || gone.contains(&wire.to.node)
    };
    let mut edits: Vec<Edit> = points_left(graph, selection)
        .into_iter()
        .filter(|(wire, _)| !is_gone(wire))
        .map(|(wire, points)| Edit::SetReroutes { wire, points })
        .collect();
    let wires = selection.wires.iter();
    edits.extend(wires.cloned().map(Edit::Disconnect));
    // A selected wire is meant to go, so nothing is led along its way.
    let mut without = graph.clone();
    for wire in &selection.wires {
        let _ = without.apply(Edit::Disconnect(wire.clone()));
    }
    edits.extend(gone.iter().cloned().map(Edit::RemoveNode));
    edits.extend(heal(&without, registry, gone));
    let frames = selection.frames.iter();
    edits.extend(frames.map(|id| Edit::SetFrame {
        id: id.clone(),
        frame: None,
    }));
    let notes = selection.notes.iter();
    edits.extend(notes.map(|id| Edit::SetNote {
        id: id.clone(),
        note: None,
    }));
    (!edits.is_empty()).then_some(Edit::Batch(edits))
}

/// The points that are left of wires some of whose points are selected.
fn points_left(graph: &Graph, selection: &Selection) -> BTreeMap<Wire, Vec<Position>> {
    let mut left = BTreeMap::new();
    for (wire, _) in &selection.points {
        let points = graph.layout().reroutes.get(wire).into_iter().flatten();
        let kept = points
            .enumerate()
            .filter(|(at, _)| !selection.points.contains(&(wire.clone(), *at)));
        let _ = left.insert(wire.clone(), kept.map(|(_, point)| *point).collect());
    }
    left
}
