//! Points of the canvas and points of the window, which the compiler keeps apart.

use graph::document::Position;

/// The plane that nodes lie in; its unit is that of [`Position`], one logical pixel where the zoom is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {}

/// The canvas as it is seen, in logical pixels from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {}

/// A point that nodes lie at.
pub type WorldPoint = euclid::Point2D<f32, World>;
/// A way between two points that nodes lie at.
pub type WorldVector = euclid::Vector2D<f32, World>;
/// A size in the plane of the nodes.
pub type WorldSize = euclid::Size2D<f32, World>;
/// A piece of the plane of the nodes.
pub type WorldRect = euclid::Rect<f32, World>;

/// A point as it is seen.
pub type ScreenPoint = euclid::Point2D<f32, Screen>;
/// A way as it is seen.
pub type ScreenVector = euclid::Vector2D<f32, Screen>;
/// A size as it is seen.
pub type ScreenSize = euclid::Size2D<f32, Screen>;
/// A piece of the canvas as it is seen.
pub type ScreenRect = euclid::Rect<f32, Screen>;

/// Where `position` of a document lies.
pub fn world(position: Position) -> WorldPoint {
    WorldPoint::new(position.x as f32, position.y as f32)
}

/// The position of a document nearest to `point`.
pub fn position(point: WorldPoint) -> Position {
    Position::new(point.x.round() as i32, point.y.round() as i32)
}
