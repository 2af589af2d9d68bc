//! What a node has made, as small as there is room for it.

use graph::preview::Line;
use iced::advanced::graphics::geometry::Path;
use iced::advanced::image::Handle;
use iced::{Point, Rectangle};

use super::Painting;
use super::brush::{Anchor, Brush, Writing};
use super::letters::LINE;
use super::wires;
use crate::canvas::scene::NodeBox;
use crate::preview::plot::COLOURS;
use crate::preview::{Shown, Thumbnail};
use crate::space::{WorldPoint, WorldRect};
use crate::theme::{self, Icon, tint};

/// The most pictures of a batch that are shown at once.
const MOST: usize = 4;
/// The gap between pictures of a batch.
const GAP: f32 = 3.0;
/// What is left free around a curve and around text.
const INSET: f32 = 8.0;
/// How opaque a picture is of what was there before a change.
const STALE: f32 = 0.4;
/// The size of the letters of a text.
const SIZE: f32 = 12.0;

/// Draws what `node` has made into `room`; a picture's outline where it has made nothing yet.
pub fn draw(brush: &mut Brush<'_>, painting: &Painting<'_>, node: &NodeBox, room: WorldRect) {
    let look = brush.look;
    let ground = brush.place(room);
    brush.fill(ground, look.field, 4.0 * brush.zoom());
    let is_stale = painting.statuses.is_stale(&node.id);
    let opacity = if is_stale { STALE } else { 1.0 };
    match painting.thumbnails.of(&node.id) {
        None => brush.icon(room.center(), Icon::Image, 22.0, look.border),
        Some(Shown::Pictures(pictures)) => {
            let handles: Vec<&Handle> = pictures.iter().map(Thumbnail::small).collect();
            let first = pictures.first().map(Thumbnail::picture);
            let shape = first.map_or((1, 1), |first| (first.width, first.height));
            batch(brush, room, &handles, (shape, opacity));
        }
        Some(shown @ (Shown::Grid { small, .. } | Shown::Steps { small, .. })) => {
            let place = contained(brush.place(room), shown.size().unwrap_or((1, 1)));
            brush.picture(small, place, (true, opacity));
        }
        Some(Shown::Curve(lines)) => curve(brush, room, lines),
        Some(Shown::Text(text)) => {
            let width = room.width() - 2.0 * INSET;
            let lines = ((room.height() - 2.0 * INSET) / (SIZE * LINE)).floor() as u16;
            let writing = Writing::block(text, SIZE, look.muted, width, lines.max(1));
            let zoom = brush.zoom();
            let corner = Point::new(ground.x + INSET * zoom, (ground.y + INSET * zoom).round());
            let _ = brush.write_below(corner, zoom, writing);
        }
    }
}

/// The first pictures of a batch side by side, and how many more there are.
fn batch(
    brush: &mut Brush<'_>,
    room: WorldRect,
    handles: &[&Handle],
    (shape, opacity): ((u32, u32), f32),
) {
    let shown = handles.len().min(MOST);
    let (columns, rows) = match shown {
        0 | 1 => (1, 1),
        2 => (2, 1),
        _ => (2, 2),
    };
    let size = euclid::Size2D::new(
        (room.width() - GAP * (columns - 1) as f32) / columns as f32,
        (room.height() - GAP * (rows - 1) as f32) / rows as f32,
    );
    for (at, handle) in handles.iter().take(shown).enumerate() {
        let (column, row) = ((at % columns) as f32, (at / columns) as f32);
        let corner = WorldPoint::new(
            room.min_x() + column * (size.width + GAP),
            room.min_y() + row * (size.height + GAP),
        );
        let place = contained(brush.place(WorldRect::new(corner, size)), shape);
        brush.picture(handle, place, (false, opacity));
    }
    if handles.len() > shown {
        let text = format!("+{}", handles.len() - shown);
        let at = room.max() - euclid::Vector2D::new(8.0, 12.0);
        // Text lies above pictures of the same layer, so the ground of this one is in the text's shadow.
        let writing = Writing::line(&text, SIZE, tint::OVER_PICTURE, 60.0);
        let _ = brush.write(at, Anchor::Right, writing);
    }
}

/// The largest box of these proportions in the middle of `room`.
pub fn contained(room: Rectangle, (width, height): (u32, u32)) -> Rectangle {
    let (width, height) = (width.max(1) as f32, height.max(1) as f32);
    let scale = (room.width / width).min(room.height / height);
    let (width, height) = ((width * scale).round(), (height * scale).round());
    Rectangle {
        x: (room.x + (room.width - width) / 2.0).round(),
        y: (room.y + (room.height - height) / 2.0).round(),
        width,
        height,
    }
}

/// The smallest and the largest of some numbers; `None` where there are none.
fn extremes(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers
        .filter(|number| number.is_finite())
        .fold(None, |found, number| match found {
            None => Some((number, number)),
            Some((low, high)) => Some((number.min(low), number.max(high))),
        })
}

/// Lines over a common axis, each with its name and where it ends.
fn curve(brush: &mut Brush<'_>, room: WorldRect, lines: &[Line]) {
    let look = brush.look;
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let (Some(across), Some(up)) = (
        extremes(points().map(|(x, _)| *x)),
        extremes(points().map(|(_, y)| *y)),
    ) else {
        let at = room.center();
        let _ = brush.write(
            at,
            Anchor::Middle,
            Writing::line("no points yet", SIZE, look.faint, 120.0),
        );
        return;
    };
    let names = lines.len().min(3) as f32 * SIZE * LINE + 4.0;
    let plot = room.inner_rect(euclid::SideOffsets2D::new(
        names + INSET,
        INSET,
        INSET,
        INSET,
    ));
    let place = wires::window(brush);
    let width = (1.6 * brush.zoom()).max(1.0);
    let share = |value: f64, (low, high): (f64, f64)| {
        if high > low {
            ((value - low) / (high - low)) as f32
        } else {
            0.5
        }
    };
    brush.paths(|frame| {
        let base = Path::line(
            place.at(WorldPoint::new(plot.min_x(), plot.max_y())),
            place.at(plot.max()),
        );
        frame.stroke(&base, wires::line(look.border, 1.0));
        for (number, line) in lines.iter().enumerate() {
            let colour = look.kind(COLOURS[number % COLOURS.len()]);
            let path = Path::new(|path| {
                let points = line.points.iter();
                let points = points.filter(|(x, y)| x.is_finite() && y.is_finite());
                for (at, (x, y)) in points.enumerate() {
                    let point = place.at(WorldPoint::new(
                        plot.min_x() + share(*x, across) * plot.width(),
                        plot.max_y() - share(*y, up) * plot.height(),
                    ));
                    if at == 0 {
                        path.move_to(point);
                    } else {
                        path.line_to(point);
                    }
                }
            });
            frame.stroke(&path, wires::line(colour, width));
        }
    });
    for (number, line) in lines.iter().take(3).enumerate() {
        let middle = room.min_y() + INSET + SIZE * LINE * (number as f32 + 0.5);
        let colour = look.kind(COLOURS[number % COLOURS.len()]);
        let last = line.points.last().map_or(String::new(), |(_, y)| short(*y));
        let right = WorldPoint::new(room.max_x() - INSET, middle);
        let taken = brush.write(
            right,
            Anchor::Right,
            Writing::line(&last, SIZE, look.text, 80.0),
        );
        let left = WorldPoint::new(room.min_x() + INSET, middle);
        let space = room.width() - 2.0 * INSET - taken - theme::GAP;
        let _ = brush.write(
            left,
            Anchor::Left,
            Writing::line(&line.name, SIZE, colour, space),
        );
    }
}

/// A number in few digits.
fn short(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        format!("{number:.2e}")
    } else if size >= 100.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_proportions() {
        let room = Rectangle {
            x: 10.0,
            y: 20.0,
            width: 100.0,
            height: 50.0,
        };

        let square = contained(room, (64, 64));
        let wide = contained(room, (400, 100));

        assert_eq!((square.x, square.y), (35.0, 20.0));
        assert_eq!((square.width, square.height), (50.0, 50.0));
        assert_eq!((wide.width, wide.height), (100.0, 25.0));
        assert_eq!(contained(room, (0, 0)).width, 50.0);
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0.000"),
            (0.12345, "0.123"),
            (1234.5, "1234"),
            (0.000_02, "2.00e-5"),
            (-3e9, "-3.00e9"),
        ];
        for (number, expected) in cases {
            assert_eq!(short(number), expected);
        }
    }
}
