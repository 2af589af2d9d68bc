//! What lies below the nodes: the grid, frames and notes.

use iced::{Border, Color, Point, Rectangle};

use super::brush::{Anchor, Brush, Writing};
use super::letters::LINE;
use crate::canvas::GRID;
use crate::canvas::camera::Detail;
use crate::canvas::scene::{FRAME_TITLE, FrameBox, NoteBox, Scene};
use crate::canvas::selection::Selection;
use crate::space::{WorldPoint, WorldRect, WorldVector};
use crate::theme::{self, Look};

/// The least distance of the grid's dots, in pixels.
const DISTANCE: f32 = 30.0;
/// What is left free around the text of a note.
const MARGIN: f32 = 12.0;

/// Fills the canvas and lays the dots of its grid.
pub fn grid(brush: &mut Brush<'_>) {
    let bounds = brush.bounds();
    brush.fill(bounds, brush.look.canvas, 0.0);
    let mut step = GRID;
    while step * brush.zoom() < DISTANCE {
        step *= 2.0;
    }
    let visible = brush.camera().visible();
    let size = if brush.zoom() > 1.4 { 3.0 } else { 2.0 };
    let first = |from: f32| (from / step).floor() * step;
    let colour = brush.look.grid;
    let mut x = first(visible.min_x());
    while x < visible.max_x() {
        let mut y = first(visible.min_y());
        while y < visible.max_y() {
            let at = brush.point(WorldPoint::new(x, y));
            let dot = Rectangle {
                x: (at.x - size / 2.0).round(),
                y: (at.y - size / 2.0).round(),
                width: size,
                height: size,
            };
            brush.fill(dot, colour, 0.0);
            y += step;
        }
        x += step;
    }
}

/// Draws the frames and notes that can be seen.
pub fn frames_and_notes(brush: &mut Brush<'_>, scene: &Scene, selection: &Selection) {
    let visible = brush.camera().visible();
    for frame in scene.frames() {
        if frame.bounds.intersects(&visible) {
            draw_frame(brush, frame, selection.frames.contains(&frame.id));
        }
    }
    for note in scene.notes() {
        if note.bounds.intersects(&visible) {
            draw_note(brush, note, selection.notes.contains(&note.id));
        }
    }
}

fn draw_frame(brush: &mut Brush<'_>, frame: &FrameBox, is_selected: bool) {
    let look = brush.look;
    let colour = look.frame(frame.frame.colour);
    let border = Border {
        color: if is_selected {
            look.accent
        } else {
            Look::tint(look.canvas, colour, 0.5)
        },
        width: if is_selected { 2.0 } else { 1.0 },
        radius: (10.0 * brush.zoom()).into(),
    };
    let bounds = brush.place(frame.bounds);
    brush.boxed(bounds, Look::tint(look.canvas, colour, 0.10), border);
    grip(brush, frame.bounds, Look::tint(look.canvas, colour, 0.6));
    if brush.camera().detail() == Detail::Boxes {
        return;
    }
    let at = frame.bounds.origin + WorldVector::new(14.0, FRAME_TITLE / 2.0 + 2.0);
    let title = Look::tint(colour, look.text, 0.35);
    let width = frame.bounds.width() - 28.0;
    let writing = Writing::line(&frame.frame.title, theme::TEXT_TITLE, title, width);
    let _ = brush.write(at, Anchor::Left, writing);
}

fn draw_note(brush: &mut Brush<'_>, note: &NoteBox, is_selected: bool) {
    let look = brush.look;
    let bounds = brush.place(note.bounds);
    let border = Border {
        color: if is_selected {
            look.accent
        } else {
            Look::tint(look.paper, look.warning, 0.25)
        },
        width: if is_selected { 2.0 } else { 1.0 },
        radius: (6.0 * brush.zoom()).into(),
    };
    brush.boxed(bounds, look.paper, border);
    grip(brush, note.bounds, Look::tint(look.paper, look.text, 0.35));
    if brush.camera().detail() == Detail::Boxes {
        return;
    }
    let width = (note.bounds.width() - 2.0 * MARGIN).max(20.0);
    let height = note.bounds.height() - 2.0 * MARGIN;
    let lines = (height / (theme::TEXT * LINE)).floor().clamp(1.0, 400.0) as u16;
    let corner = brush.point(note.bounds.origin + WorldVector::new(MARGIN, MARGIN));
    let writing = Writing::block(&note.note.text, theme::TEXT, look.text, width, lines);
    let zoom = brush.zoom();
    let _ = brush.write_below(Point::new(corner.x, corner.y.round()), zoom, writing);
}

/// Marks the corner by which something is resized, with three dots.
fn grip(brush: &mut Brush<'_>, bounds: WorldRect, colour: Color) {
    if brush.camera().detail() != Detail::Full {
        return;
    }
    for (x, y) in [(6.0, 6.0), (11.0, 6.0), (6.0, 11.0)] {
        let at = brush.point(bounds.max() - WorldVector::new(x, y));
        let dot = Rectangle {
            x: at.x.round() - 1.0,
            y: at.y.round() - 1.0,
            width: 2.0,
            height: 2.0,
        };
        brush.fill(dot, colour, 0.0);
    }
}
