//! What is in the hand: a wire, a box that selects, a stroke that cuts, and why something is refused.

use iced::advanced::graphics::geometry::Path;
use iced::{Border, Color, Point, Rectangle};

use super::brush::{Brush, Writing};
use super::wires;
use crate::canvas::scene::Curve;
use crate::space::{ScreenPoint, ScreenRect, ScreenVector, WorldPoint, WorldRect};
use crate::theme::{self, Icon, Look};

/// The widest that what is said at the cursor may be.
const WIDEST: f32 = 320.0;

/// Draws the wire that is being laid.
pub fn wire(brush: &mut Brush<'_>, curve: &Curve, colour: Color) {
    let place = wires::window(brush);
    let width = wires::width(brush.zoom()) + 0.6;
    let radius = 4.5 * brush.zoom().max(0.6);
    brush.paths(|frame| {
        let path = Path::new(|path| place.curve(path, curve));
        frame.stroke(&path, wires::line(colour, width));
        for end in [curve.from, curve.to] {
            frame.fill(&Path::circle(place.at(end), radius), colour);
        }
    });
}

/// Draws the box that selects.
pub fn selecting(brush: &mut Brush<'_>, band: WorldRect) {
    let look = brush.look;
    let bounds = brush.place(band);
    let border = Border {
        color: look.accent,
        width: 1.0,
        radius: 2.0.into(),
    };
    brush.boxed(bounds, look.accent.scale_alpha(0.12), border);
}

/// Draws the stroke that cuts wires.
pub fn cutting(brush: &mut Brush<'_>, stroke: &[WorldPoint]) {
    let place = wires::window(brush);
    let colour = brush.look.danger;
    brush.paths(|frame| {
        let path = Path::new(|path| {
            let mut points = stroke.iter();
            if let Some(first) = points.next() {
                path.move_to(place.at(*first));
            }
            for point in points {
                path.line_to(place.at(*point));
            }
        });
        frame.stroke(&path, wires::line(colour, 2.0));
    });
}

/// Says something at the cursor: why what is in the hand cannot be let go here.
pub fn saying(brush: &mut Brush<'_>, at: ScreenPoint, text: &str) {
    let look = brush.look;
    let room = WIDEST - 44.0;
    let writing = Writing::block(text, theme::TEXT, look.text, room, 5);
    let size = brush.measure(&writing);
    let extent = euclid::Size2D::new(size.width + 44.0, size.height + 16.0);
    let bounds = brush.window(ScreenRect::new(at + ScreenVector::new(16.0, 18.0), extent));
    let bounds = within(bounds, brush.bounds());
    let border = Border {
        color: look.danger,
        width: 1.0,
        radius: theme::RADIUS.into(),
    };
    brush.shade(bounds, theme::RADIUS);
    brush.boxed(bounds, Look::tint(look.raised, look.danger, 0.10), border);
    let first = Point::new(bounds.x + 18.0, bounds.y + 8.0 + theme::TEXT * 0.65);
    brush.icon_at(first, 1.0, Icon::Ban, 14.0, look.danger);
    let _ = brush.write_below(Point::new(bounds.x + 32.0, bounds.y + 8.0), 1.0, writing);
}

/// Moves `bounds` so that it lies within `around`.
pub fn within(bounds: Rectangle, around: Rectangle) -> Rectangle {
    let last_x = (around.x + around.width - bounds.width - 8.0).max(around.x);
    let last_y = (around.y + around.height - bounds.height - 8.0).max(around.y);
    Rectangle {
        x: bounds.x.min(last_x),
        y: bounds.y.min(last_y),
        ..bounds
    }
}
