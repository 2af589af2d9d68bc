//! A drawing in layers: every wire leads to the right, crosses few others, and bends little.
//!
//! Boxes are ranked by how far they are from the sources, ordered within their layer by where their neighbours are,
//! and then moved up and down as far as the order allows.
//! Sources: Sugiyama, Tagawa and Toda 1981 for the layers; Robertson, Wright and Dykstra 1988, chapter 1, for moving.

mod order;
mod place;
mod rank;

#[cfg(test)]
mod tests;

use crate::space::{WorldPoint, WorldSize, WorldVector};

/// What is left free between two layers.
const BETWEEN_LAYERS: f32 = 80.0;
/// What is left free between two boxes of a layer.
const BETWEEN_BOXES: f32 = 40.0;
/// What is left free between parts that no wire joins.
const BETWEEN_PARTS: f32 = 60.0;
/// How much wider than high the whole shall be.
const SHAPE: f32 = 1.6;

/// A wire from one box to another, both by their number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The box where it begins.
    pub from: usize,
    /// The box where it ends.
    pub to: usize,
    /// How far below the upper edge of its box it begins.
    pub from_down: f32,
    /// How far below the upper edge of its box it ends.
    pub to_down: f32,
}

/// The upper left corners of boxes of these sizes, joined by these wires; none is above or left of the origin.
///
/// Wires may close cycles: those that would lead back are then left out of account.
pub fn corners(sizes: &[WorldSize], edges: &[Edge]) -> Vec<WorldPoint> {
    let mut corners = vec![WorldPoint::origin(); sizes.len()];
    let parts = parts(sizes.len(), edges);
    let mut own = vec![Vec::new(); parts.members.len()];
    for edge in edges {
        own[parts.of[edge.from]].push(Edge {
            from: parts.within[edge.from],
            to: parts.within[edge.to],
            ..*edge
        });
    }
    let drawn: Vec<Drawn> = parts
        .members
        .iter()
        .zip(&own)
        .map(|(part, own)| {
            let sizes: Vec<WorldSize> = part.iter().map(|at| sizes[*at]).collect();
            part_corners(&sizes, own)
        })
        .collect();
    let extents: Vec<WorldSize> = drawn.iter().map(|part| part.size).collect();
    for ((part, drawn), corner) in parts.members.iter().zip(&drawn).zip(shelves(&extents)) {
        for (at, own) in part.iter().zip(&drawn.corners) {
            corners[*at] = *own + corner.to_vector();
        }
    }
    corners
}

/// A part that is drawn.
struct Drawn {
    corners: Vec<WorldPoint>,
    size: WorldSize,
}

/// Draws boxes that are all joined by wires.
fn part_corners(sizes: &[WorldSize], edges: &[Edge]) -> Drawn {
    let ranks = rank::ranks(sizes.len(), edges);
    let mut layers = order::Layers::new(sizes, edges, &ranks);
    layers.untangle();
    let tops = place::tops(&layers);
    let mut left = 0.0;
    let mut lefts = Vec::with_capacity(layers.layers.len());
    for layer in &layers.layers {
        lefts.push(left);
        let widest = layer
            .iter()
            .filter_map(|stop| sizes.get(*stop))
            .fold(0.0, |widest: f32, size| widest.max(size.width));
        left += widest + BETWEEN_LAYERS;
    }
    let highest = tops
        .iter()
        .take(sizes.len())
        .copied()
        .fold(f32::INFINITY, f32::min);
    let corners: Vec<WorldPoint> = (0..sizes.len())
        .map(|at| WorldPoint::new(lefts[layers.layer[at]], tops[at] - highest))
        .collect();
    let far = corners
        .iter()
        .zip(sizes)
        .map(|(corner, size)| *corner + size.to_vector())
        .fold(WorldPoint::origin(), WorldPoint::max);
    Drawn {
        size: far.to_vector().to_size(),
        corners,
    }
}

/// Boxes that wires join, directly or by others.
struct Parts {
    /// The boxes of each part, in rising order.
    members: Vec<Vec<usize>>,
    /// The part of each box.
    of: Vec<usize>,
    /// The how-manieth of its part each box is.
    within: Vec<usize>,
}

fn parts(count: usize, edges: &[Edge]) -> Parts {
    let mut joined = vec![Vec::new(); count];
    for edge in edges {
        joined[edge.from].push(edge.to);
        joined[edge.to].push(edge.from);
    }
    let mut of = vec![usize::MAX; count];
    let mut members = Vec::new();
    for start in 0..count {
        if of[start] != usize::MAX {
            continue;
        }
        of[start] = members.len();
        let mut part = vec![start];
        let mut next = 0;
        while let Some(at) = part.get(next).copied() {
            next += 1;
            for other in &joined[at] {
                if of[*other] == usize::MAX {
                    of[*other] = members.len();
                    part.push(*other);
                }
            }
        }
        part.sort_unstable();
        members.push(part);
    }
    let mut within = vec![0; count];
    for part in &members {
        for (at, member) in part.iter().enumerate() {
            within[*member] = at;
        }
    }
    Parts {
        members,
        of,
        within,
    }
}

/// Sets boxes side by side, and begins a new shelf below where one is full.
fn shelves(sizes: &[WorldSize]) -> Vec<WorldPoint> {
    let between = WorldVector::new(BETWEEN_PARTS, BETWEEN_PARTS);
    let area: f32 = sizes
        .iter()
        .map(|size| (size.width + between.x) * (size.height + between.y))
        .sum();
    let widest = sizes.iter().map(|size| size.width).fold(0.0, f32::max);
    let full = widest.max((area * SHAPE).sqrt());
    let mut corner = WorldPoint::origin();
    let mut below = 0.0_f32;
    sizes
        .iter()
        .map(|size| {
            if corner.x > 0.0 && corner.x + size.width > full {
                corner = WorldPoint::new(0.0, below);
            }
            let here = corner;
            corner.x += size.width + between.x;
            below = below.max(corner.y + size.height + between.y);
            here
        })
        .collect()
}
