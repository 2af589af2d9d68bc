//! What lies where: a tree of boxes within boxes.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use euclid::Box2D;

use crate::space::{World, WorldRect};

/// The most items that a leaf holds.
const LEAF: usize = 4;

/// Boxes that can be asked which of them lie in a region, without looking at all of them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    items: Vec<(WorldRect, usize)>,
    branches: Vec<Branch>,
}

/// A branch, in front of all that grows from it.
#[derive(Clone, Debug)]
struct Branch {
    /// By its corners: a size, rounded, could end short of what grows from it.
    bounds: Box2D<f32, World>,
    /// The items, where it is a leaf.
    items: std::ops::Range<usize>,
    /// The branch behind all that grows from this one.
    next: usize,
}

impl Tree {
    /// A tree of these boxes, each of the thing with that number; a thing may have several.
    pub fn new(boxes: impl Iterator<Item = (usize, WorldRect)>) -> Self {
        let mut tree = Self {
            items: boxes.map(|(number, bounds)| (bounds, number)).collect(),
            branches: Vec::new(),
        };
        if !tree.items.is_empty() {
            tree.grow(0, tree.items.len());
        }
        tree
    }

    fn grow(&mut self, start: usize, end: usize) {
        let items = &mut self.items[start..end];
        let bounds = around(items.iter().map(|(bounds, _)| bounds.to_box2d())).unwrap_or_default();
        let is_leaf = items.len() <= LEAF;
        let branch = self.branches.len();
        self.branches.push(Branch {
            bounds,
            items: if is_leaf { start..end } else { 0..0 },
            next: 0,
        });
        if !is_leaf {
            let half = items.len() / 2;
            let is_wide = bounds.width() > bounds.height();
            let _ = items.select_nth_unstable_by(half, |(left, one), (right, other)| {
                let (left, right) = (left.center(), right.center());
                let order = if is_wide {
                    left.x.total_cmp(&right.x)
                } else {
                    left.y.total_cmp(&right.y)
                };
                order.then(one.cmp(other))
            });
            self.grow(start, start + half);
            self.grow(start + half, end);
        }
        self.branches[branch].next = self.branches.len();
    }

    /// The things in `moved` lie in other boxes now, each in as many as before.
    pub fn refit(&mut self, mut moved: BTreeMap<usize, Vec<WorldRect>>) {
        for (bounds, number) in &mut self.items {
            if let Some(next) = moved.get_mut(number).and_then(Vec::pop) {
                *bounds = next;
            }
        }
        // What grows from a branch comes after it, so it is known when its turn comes.
        for at in (0..self.branches.len()).rev() {
            let branch = &self.branches[at];
            let bounds = if branch.items.is_empty() {
                let first = at + 1;
                let second = self.branches[first].next;
                around(
                    [first, second]
                        .into_iter()
                        .map(|at| self.branches[at].bounds),
                )
            } else {
                let items = self.items[branch.items.clone()].iter();
                around(items.map(|(bounds, _)| bounds.to_box2d()))
            };
            self.branches[at].bounds = bounds.unwrap_or_default();
        }
    }

    /// The numbers of the things that touch `region`, each once and in rising order.
    pub fn touching(&self, region: WorldRect) -> Vec<usize> {
        let region = region.to_box2d();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(branch) = self.branches.get(at) {
            if !meet(branch.bounds, region) {
                at = branch.next;
                continue;
            }
            let items = self.items[branch.items.clone()].iter();
            let near = items.filter(|(bounds, _)| meet(bounds.to_box2d(), region));
            found.extend(near.map(|(_, number)| *number));
            at += 1;
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Whether two boxes share a point, be it of their edges.
pub fn touch(left: WorldRect, right: WorldRect) -> bool {
    meet(left.to_box2d(), right.to_box2d())
}

fn meet(left: Box2D<f32, World>, right: Box2D<f32, World>) -> bool {
    left.min.x <= right.max.x
        && right.min.x <= left.max.x
        && left.min.y <= right.max.y
        && right.min.y <= left.max.y
}

/// The smallest box around all of `boxes`, empty ones included; `None` where there are none.
pub fn union(boxes: impl Iterator<Item = WorldRect>) -> Option<WorldRect> {
    around(boxes.map(|rect| rect.to_box2d())).map(|around| around.to_rect())
}

fn around(boxes: impl Iterator<Item = Box2D<f32, World>>) -> Option<Box2D<f32, World>> {
    boxes.reduce(|left, right| Box2D::new(left.min.min(right.min), left.max.max(right.max)))
}
