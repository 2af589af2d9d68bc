//! Lining nodes and notes up, and spacing them evenly.

#[cfg(test)]
mod tests;

use graph::document::{NodeId, Note};
use graph::edit::Edit;

use super::scene::{Scene, around};
use super::selection::Selection;
use crate::space::{WorldPoint, WorldRect, position};

/// What is lined up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Left edges.
    Left,
    /// Right edges.
    Right,
    /// Upper edges.
    Top,
    /// Lower edges.
    Bottom,
    /// Centres, one below the other.
    Centre,
    /// Middles, side by side.
    Middle,
}

/// The direction in which gaps are made equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Side by side.
    Horizontal,
    /// One below the other.
    Vertical,
}

/// Something that is lined up.
enum Thing<'a> {
    Node(&'a NodeId),
    Note(&'a NodeId, &'a Note),
}

/// Lines up what is selected; `None` where that are fewer than two.
pub fn align(scene: &Scene, selection: &Selection, edge: Edge) -> Option<Edit> {
    let things = things(scene, selection);
    let around = around(things.iter().map(|(_, bounds)| *bounds))?;
    if things.len() < 2 {
        return None;
    }
    let moved = things.iter().map(|(thing, bounds)| {
        let mut corner = bounds.origin;
        match edge {
            Edge::Left => corner.x = around.min_x(),
            Edge::Right => corner.x = around.max_x() - bounds.width(),
            Edge::Top => corner.y = around.min_y(),
            Edge::Bottom => corner.y = around.max_y() - bounds.height(),
            Edge::Centre => corner.x = around.center().x - bounds.width() / 2.0,
            Edge::Middle => corner.y = around.center().y - bounds.height() / 2.0,
        }
        thing.at(corner)
    });
    Some(Edit::Batch(moved.collect()))
}

/// Makes the gaps between what is selected equal, the outermost staying where they are; `None` where that are fewer than three.
pub fn distribute(scene: &Scene, selection: &Selection, axis: Axis) -> Option<Edit> {
    let mut things = things(scene, selection);
    if things.len() < 3 {
        return None;
    }
    let start = |bounds: &WorldRect| match axis {
        Axis::Horizontal => bounds.min_x(),
        Axis::Vertical => bounds.min_y(),
    };
    let length = |bounds: &WorldRect| match axis {
        Axis::Horizontal => bounds.width(),
        Axis::Vertical => bounds.height(),
    };
    things.sort_by(|(_, left), (_, right)| {
        let middle = |bounds| start(bounds) + length(bounds) / 2.0;
        middle(left).total_cmp(&middle(right))
    });
    let (first, last) = (&things.first()?.1, &things.last()?.1);
    let whole = start(last) + length(last) - start(first);
    let filled: f32 = things.iter().map(|(_, bounds)| length(bounds)).sum();
    let gap = (whole - filled) / (things.len() - 1) as f32;
    let mut next = start(first);
    let moved = things.iter().map(|(thing, bounds)| {
        let mut corner = bounds.origin;
        match axis {
            Axis::Horizontal => corner.x = next,
            Axis::Vertical => corner.y = next,
        }
        next += length(bounds) + gap;
        thing.at(corner)
    });
    Some(Edit::Batch(moved.collect()))
}

impl Thing<'_> {
    fn at(&self, corner: WorldPoint) -> Edit {
        match self {
            Self::Node(id) => Edit::Move {
                node: (*id).clone(),
                to: Some(position(corner)),
            },
            Self::Note(id, note) => Edit::SetNote {
                id: (*id).clone(),
                note: Some(Note {
                    at: position(corner),
                    ..(*note).clone()
                }),
            },
        }
    }
}

fn things<'a>(scene: &'a Scene, selection: &Selection) -> Vec<(Thing<'a>, WorldRect)> {
    let nodes = selection.nodes.iter().filter_map(|id| scene.node(id));
    let notes = selection.notes.iter().filter_map(|id| scene.note(id));
    let nodes = nodes.map(|node| (Thing::Node(&node.id), node.bounds));
    let notes = notes.map(|note| (Thing::Note(&note.id, &note.note), note.bounds));
    nodes.chain(notes).collect()
}
