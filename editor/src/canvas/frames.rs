//! Frames and notes: what is in them, and new ones.

#[cfg(test)]
mod tests;

use graph::document::{Extent, Frame, Graph, NodeId, Note, Wire};
use graph::edit::Edit;

use super::scene::{FRAME_TITLE, FrameBox, Scene, around};
use super::selection::Selection;
use crate::document::naming;
use crate::space::{WorldPoint, WorldRect, WorldVector, position};

/// What a frame leaves free around what it holds.
pub const BORDER: f32 = 20.0;
/// The smallest that a frame or note can be made.
pub const SMALLEST: Extent = Extent {
    width: 80,
    height: 60,
};
/// How large a new note is.
const NOTE: Extent = Extent {
    width: 220,
    height: 100,
};

/// What lies in `frame`: nodes, notes and frames that do so whole, and the points of wires between such nodes.
pub fn members(scene: &Scene, frame: &FrameBox) -> Selection {
    let bounds = frame.bounds;
    let holds = |rect: &WorldRect| bounds.contains_rect(rect);
    let nodes = scene.nodes_in(bounds).filter(|node| holds(&node.bounds));
    let notes = scene.notes().iter().filter(|note| holds(&note.bounds));
    // Of two frames that cover each other exactly, neither is in the other.
    let frames = scene
        .frames()
        .iter()
        .filter(|other| holds(&other.bounds) && other.bounds != bounds);
    let mut members = Selection {
        nodes: nodes.map(|node| node.id.clone()).collect(),
        notes: notes.map(|note| note.id.clone()).collect(),
        frames: frames.map(|frame| frame.id.clone()).collect(),
        ..Selection::default()
    };
    members.points = points_between(scene, &members);
    members
}

/// The points of the wires between selected nodes: where both ends go, the way between goes along.
pub fn points_between(
    scene: &Scene,
    selection: &Selection,
) -> std::collections::BTreeSet<(Wire, usize)> {
    let moves = |id: &NodeId| selection.nodes.contains(id);
    scene
        .wires()
        .iter()
        .filter(|curve| !curve.points.is_empty())
        .filter(|curve| moves(&curve.wire.from.node) && moves(&curve.wire.to.node))
        .flat_map(|curve| (0..curve.points.len()).map(|at| (curve.wire.clone(), at)))
        .collect()
}

/// A frame around all that is selected, or an empty one at `otherwise`; and what it is called.
pub fn frame(
    graph: &Graph,
    scene: &Scene,
    selection: &Selection,
    otherwise: WorldPoint,
) -> (NodeId, Edit) {
    let nodes = selection.nodes.iter().filter_map(|id| scene.node(id));
    let notes = selection.notes.iter().filter_map(|id| scene.note(id));
    let frames = selection.frames.iter().filter_map(|id| scene.frame(id));
    let boxes = nodes
        .map(|node| node.bounds)
        .chain(notes.map(|note| note.bounds))
        .chain(frames.map(|frame| frame.bounds));
    let inner = around(boxes).unwrap_or_else(|| {
        let half = WorldVector::new(160.0, 100.0);
        WorldRect::new(otherwise - half, (half * 2.0).to_size())
    });
    let outer = inner.inflate(BORDER, BORDER);
    let id = naming::like("frame", |id| graph.layout().frames.contains_key(id));
    let edit = Edit::SetFrame {
        id: id.clone(),
        frame: Some(Frame {
            at: position(outer.origin - WorldVector::new(0.0, FRAME_TITLE)),
            size: Extent {
                width: outer.width().ceil() as u32,
                height: (outer.height() + FRAME_TITLE).ceil() as u32,
            },
            ..Frame::default()
        }),
    };
    (id, edit)
}

/// An empty note with its upper left corner at `at`; and what it is called.
pub fn note(graph: &Graph, at: WorldPoint) -> (NodeId, Edit) {
    let id = naming::like("note", |id| graph.layout().notes.contains_key(id));
    let edit = Edit::SetNote {
        id: id.clone(),
        note: Some(Note {
            at: position(at),
            size: NOTE,
            ..Note::default()
        }),
    };
    (id, edit)
}

/// The size of what begins at `corner` and is pulled to `to`, never too small to be grabbed.
pub fn pulled(corner: WorldPoint, to: WorldPoint) -> Extent {
    let reach = |length: f32, least: u32| (length.round().max(0.0) as u32).max(least);
    Extent {
        width: reach(to.x - corner.x, SMALLEST.width),
        height: reach(to.y - corner.y, SMALLEST.height),
    }
}
