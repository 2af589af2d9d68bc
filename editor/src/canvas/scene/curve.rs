//! Wires as curves.

#[cfg(test)]
mod tests;

use graph::document::Wire;

use super::tree;
use crate::space::{WorldPoint, WorldRect, WorldSize, WorldVector};

/// Of how many straight pieces a curve is taken to be where it is hit or cut.
const PIECES: u8 = 20;
/// Of how many boxes the region of a curve is made; the more, the fewer wires are looked at that are not near.
const BOXES: u8 = 5;

/// A cubic Bézier curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Where it begins.
    pub from: WorldPoint,
    /// What it makes for at its beginning.
    pub from_control: WorldPoint,
    /// What it comes from at its end.
    pub to_control: WorldPoint,
    /// Where it ends.
    pub to: WorldPoint,
}

/// A wire as it lies on the canvas.
#[derive(Clone, Debug)]
pub struct WireCurve {
    /// The wire.
    pub wire: Wire,
    /// The name of the kind that comes out where it begins, where that is known.
    pub kind: Option<String>,
    /// The points that it is led through.
    pub points: Vec<WorldPoint>,
    /// Its curves: one more than there are points.
    pub curves: Vec<Curve>,
    /// Whether it passes on nothing, because the node that it comes from is muted.
    pub is_dead: bool,
}

impl Curve {
    /// The curve from an output at `from` to an input at `to`.
    pub fn between(from: WorldPoint, to: WorldPoint) -> Self {
        let reach = WorldVector::new(reach(from, to), 0.0);
        Self {
            from,
            from_control: from + reach,
            to_control: to - reach,
            to,
        }
    }

    /// The point of the curve at `share` of its way.
    pub fn at(&self, share: f32) -> WorldPoint {
        let first = self.from.lerp(self.from_control, share);
        let middle = self.from_control.lerp(self.to_control, share);
        let last = self.to_control.lerp(self.to, share);
        let (first, last) = (first.lerp(middle, share), middle.lerp(last, share));
        first.lerp(last, share)
    }

    /// A box that the curve does not leave.
    pub fn bounds(&self) -> WorldRect {
        let points = [self.from, self.from_control, self.to_control, self.to];
        let boxes = points.map(|point| WorldRect::new(point, WorldSize::zero()));
        tree::union(boxes.into_iter()).unwrap_or_default()
    }

    /// Boxes along the curve, which it does not leave but for the little that it bends within a piece.
    fn boxes(&self) -> impl Iterator<Item = WorldRect> {
        let step = PIECES / BOXES;
        (0..BOXES).map(move |number| {
            let stops = number * step..=(number + 1) * step;
            let points = stops.map(|stop| self.at(f32::from(stop) / f32::from(PIECES)));
            tree::union(points.map(|point| WorldRect::new(point, WorldSize::zero())))
                .unwrap_or_default()
        })
    }

    /// The straight pieces that the curve is taken to be of.
    pub fn pieces(&self) -> impl Iterator<Item = (WorldPoint, WorldPoint)> {
        let share = |piece: u8| f32::from(piece) / f32::from(PIECES);
        let mut start = self.from;
        (1..=PIECES).map(move |piece| {
            let end = self.at(share(piece));
            (std::mem::replace(&mut start, end), end)
        })
    }

    /// How far `point` is from the curve, and at which share of the curve's way it is nearest.
    pub fn distance(&self, point: WorldPoint) -> (f32, f32) {
        let mut nearest = (f32::INFINITY, 0.0);
        for (piece, (start, end)) in self.pieces().enumerate() {
            let (distance, along) = distance(point, start, end);
            if distance < nearest.0 {
                nearest = (distance, (piece as f32 + along) / f32::from(PIECES));
            }
        }
        nearest
    }

    /// Whether the straight line from `start` to `end` crosses the curve.
    pub fn crosses(&self, start: WorldPoint, end: WorldPoint) -> bool {
        self.pieces()
            .any(|(from, to)| cross((start, end), (from, to)))
    }
}

impl WireCurve {
    /// The wire from `from` to `to`, led through `points`.
    pub fn curves(from: WorldPoint, points: &[WorldPoint], to: WorldPoint) -> Vec<Curve> {
        if points.is_empty() {
            return vec![Curve::between(from, to)];
        }
        let mut stops = vec![from];
        stops.extend(points);
        stops.push(to);
        let last = stops.len() - 1;
        // At its ends a wire lies level, as sockets do; at a point it makes for the next one.
        let heading = |stop: usize, length: f32| {
            let level = WorldVector::new(1.0, 0.0);
            let way = match stop {
                0 => level,
                stop if stop == last => level,
                stop => (stops[stop + 1] - stops[stop - 1])
                    .try_normalize()
                    .unwrap_or(level),
            };
            way * length
        };
        (0..last)
            .map(|stop| {
                let (from, to) = (stops[stop], stops[stop + 1]);
                let length = (to - from).length() / 3.0;
                Curve {
                    from,
                    from_control: from + heading(stop, length),
                    to_control: to - heading(stop + 1, length),
                    to,
                }
            })
            .collect()
    }

    /// A box that the wire does not leave.
    pub fn bounds(&self) -> WorldRect {
        tree::union(self.curves.iter().map(Curve::bounds)).unwrap_or_default()
    }

    /// Boxes along the wire, for finding it.
    pub(super) fn boxes(&self) -> impl Iterator<Item = WorldRect> {
        self.curves.iter().flat_map(Curve::boxes)
    }

    /// Where `point` is nearest to the wire: how far from it, at which curve, and at which share of all its way.
    pub fn nearest(&self, point: WorldPoint) -> Nearest {
        let mut nearest = Nearest {
            distance: f32::INFINITY,
            curve: 0,
            share: 0.0,
        };
        for (at, curve) in self.curves.iter().enumerate() {
            let (distance, along) = curve.distance(point);
            if distance < nearest.distance {
                nearest = Nearest {
                    distance,
                    curve: at,
                    share: (at as f32 + along) / self.curves.len() as f32,
                };
            }
        }
        nearest
    }

    /// Whether the straight line from `start` to `end` crosses the wire.
    pub fn crosses(&self, start: WorldPoint, end: WorldPoint) -> bool {
        self.curves.iter().any(|curve| curve.crosses(start, end))
    }
}

/// Where a point is nearest to a wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// How far the point is from the wire.
    pub distance: f32,
    /// The how-manieth curve of the wire is nearest.
    pub curve: usize,
    /// The share of the wire's way at which it is nearest.
    pub share: f32,
}

/// How far a wire goes straight before it bends: the further, the further back it has to go.
fn reach(from: WorldPoint, to: WorldPoint) -> f32 {
    let ahead = to.x - from.x;
    let aside = (to.y - from.y).abs();
    if ahead >= 0.0 {
        (ahead / 2.0).max((aside / 4.0).min(40.0)).min(220.0)
    } else {
        (40.0 - ahead / 2.0).min(220.0)
    }
}

/// How far `point` is from the line from `start` to `end`, and at which share of it it is nearest.
fn distance(point: WorldPoint, start: WorldPoint, end: WorldPoint) -> (f32, f32) {
    let way = end - start;
    let length = way.square_length();
    let along = if length > 0.0 {
        ((point - start).dot(way) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    ((point - (start + way * along)).length(), along)
}

/// Whether two straight lines have a point in common.
fn cross(one: (WorldPoint, WorldPoint), other: (WorldPoint, WorldPoint)) -> bool {
    let side = |line: (WorldPoint, WorldPoint), point| (line.1 - line.0).cross(point - line.0);
    let parts =
        |line, ends: (WorldPoint, WorldPoint)| side(line, ends.0) * side(line, ends.1) <= 0.0;
    let bounds = |line: (WorldPoint, WorldPoint)| {
        let ends = [line.0, line.1].map(|end| WorldRect::new(end, WorldSize::zero()));
        tree::union(ends.into_iter()).unwrap_or_default()
    };
    tree::touch(bounds(one), bounds(other)) && parts(one, other) && parts(other, one)
}
