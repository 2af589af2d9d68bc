//! The points that wires are led through.

use graph::document::{Graph, Position, Wire};

use crate::space::{WorldPoint, position};

/// The points of `wire` with one more at `point`, as the `at`th.
pub fn with(graph: &Graph, wire: &Wire, at: usize, point: WorldPoint) -> Vec<Position> {
    let mut points = points(graph, wire);
    points.insert(at.min(points.len()), position(point));
    points
}

/// The points of `wire` without the `at`th.
pub fn without(graph: &Graph, wire: &Wire, at: usize) -> Vec<Position> {
    let points = points(graph, wire).into_iter().enumerate();
    points
        .filter(|(other, _)| *other != at)
        .map(|(_, point)| point)
        .collect()
}

fn points(graph: &Graph, wire: &Wire) -> Vec<Position> {
    graph
        .layout()
        .reroutes
        .get(wire)
        .cloned()
        .unwrap_or_default()
}
