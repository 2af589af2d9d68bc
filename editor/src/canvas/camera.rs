//! What of the plane is seen, and how large.

#[cfg(test)]
mod tests;

use crate::space::{ScreenPoint, ScreenRect, ScreenSize, ScreenVector, WorldPoint, WorldRect};

/// The smallest zoom: everything of a large graph is seen.
pub const SMALLEST: f32 = 0.1;
/// The largest zoom: every letter is large.
pub const LARGEST: f32 = 2.5;

/// How much the zoom changes by one notch of a wheel.
const NOTCH: f32 = 1.15;
/// How much is left free around what is fitted, in logical pixels.
const MARGIN: f32 = 40.0;

/// Which piece of the plane is seen, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    corner: WorldPoint,
    zoom: f32,
    size: ScreenSize,
}

/// How much of a node is worth drawing, and can be hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Boxes alone: letters could not be read.
    Boxes,
    /// Titles and sockets, but neither labels nor parameters.
    Titles,
    /// Everything.
    Full,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            corner: WorldPoint::origin(),
            zoom: 1.0,
            size: ScreenSize::zero(),
        }
    }
}

impl Camera {
    /// How many logical pixels a unit of the plane takes.
    pub fn zoom(&self) -> f32 {
        self.zoom
    }

    /// How large the canvas is.
    pub fn size(&self) -> ScreenSize {
        self.size
    }

    /// What is seen of the plane.
    pub fn visible(&self) -> WorldRect {
        WorldRect::new(self.corner, (self.size / self.zoom).cast_unit())
    }

    /// The point of the plane in the middle of the canvas.
    pub fn centre(&self) -> WorldPoint {
        self.visible().center()
    }

    /// How much of a node is worth drawing.
    pub fn detail(&self) -> Detail {
        if self.zoom >= 0.45 {
            Detail::Full
        } else if self.zoom >= 0.25 {
            Detail::Titles
        } else {
            Detail::Boxes
        }
    }

    /// Where a point of the plane is seen.
    pub fn to_screen(&self, point: WorldPoint) -> ScreenPoint {
        ((point - self.corner) * self.zoom).to_point().cast_unit()
    }

    /// Where a piece of the plane is seen.
    pub fn rect_to_screen(&self, rect: WorldRect) -> ScreenRect {
        ScreenRect::new(
            self.to_screen(rect.origin),
            (rect.size * self.zoom).cast_unit(),
        )
    }

    /// The point of the plane that is seen at `point`.
    pub fn to_world(&self, point: ScreenPoint) -> WorldPoint {
        self.corner + (point.to_vector() / self.zoom).cast_unit()
    }

    /// How far `length` logical pixels reach in the plane.
    pub fn length(&self, length: f32) -> f32 {
        length / self.zoom
    }

    /// The canvas has another size; what is seen in its upper left corner stays there.
    pub fn resize(&mut self, size: ScreenSize) {
        self.size = size;
    }

    /// Moves what is seen by `way`.
    pub fn pan(&mut self, way: ScreenVector) {
        self.corner -= (way / self.zoom).cast_unit();
    }

    /// Puts `point` in the middle of the canvas.
    pub fn look_at(&mut self, point: WorldPoint) {
        self.corner += point - self.centre();
    }

    /// Moves as little as needed for `rect` to be seen whole.
    pub fn reveal(&mut self, rect: WorldRect) {
        let margin = self.length(MARGIN);
        let rect = rect.inflate(margin, margin);
        let seen = self.visible();
        if seen.contains_rect(&rect) {
            return;
        }
        if rect.width() > seen.width() || rect.height() > seen.height() {
            self.look_at(rect.center());
            return;
        }
        let right = (rect.max_x() - seen.max_x()).max(0.0);
        let down = (rect.max_y() - seen.max_y()).max(0.0);
        let left = (seen.min_x() - rect.min_x()).max(0.0);
        let up = (seen.min_y() - rect.min_y()).max(0.0);
        self.corner.x += right - left;
        self.corner.y += down - up;
    }

    /// Zooms by notches of a wheel, while what is seen at `at` stays there.
    pub fn zoom_by(&mut self, notches: f32, at: ScreenPoint) {
        self.zoom_to(self.zoom * NOTCH.powf(notches.clamp(-20.0, 20.0)), at);
    }

    /// Zooms to `zoom`, while what is seen at `at` stays there.
    pub fn zoom_to(&mut self, zoom: f32, at: ScreenPoint) {
        let kept = self.to_world(at);
        self.zoom = zoom.clamp(SMALLEST, LARGEST);
        self.corner += kept - self.to_world(at);
    }

    /// Shows all of `rect`, at most as large as it is.
    pub fn fit(&mut self, rect: WorldRect) {
        let free = self.size - ScreenSize::new(2.0 * MARGIN, 2.0 * MARGIN);
        let zoom = (free.width / rect.width().max(1.0)).min(free.height / rect.height().max(1.0));
        self.zoom = zoom.clamp(SMALLEST, 1.0);
        self.look_at(rect.center());
    }

    /// The middle of the canvas as it is seen.
    pub fn middle(&self) -> ScreenPoint {
        (self.size / 2.0).to_vector().to_point()
    }
}
