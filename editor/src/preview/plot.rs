//! Lines over a common axis, as a plot that tells what is under the pointer.

use graph::preview::{Axis, Line};
use iced::alignment::Vertical;
use iced::widget::canvas::path::Builder;
use iced::widget::canvas::{
    self, Action, Canvas, Event, Frame, Geometry, Path, Program, Stroke, Text,
};
use iced::widget::text::Alignment;
use iced::{Color, Element, Fill, Point, Rectangle, Renderer, Size, Theme, mouse};

use crate::theme::{FONT, GAP, GAP_SMALL, Look, TEXT, TEXT_SMALL};

/// The kinds whose colours the lines take, one after the other.
pub const COLOURS: [&str; 5] = ["image", "prompt", "text", "tokens", "dataset"];

/// What is left free on the left, for numbers.
const LEFT: f32 = 56.0;
/// What is left free on the right and below.
const RIGHT: f32 = 18.0;
const BELOW: f32 = 24.0;
/// How high the name of a line is above the plot.
const NAME: f32 = 20.0;
/// How far numbers at an axis are from each other at least.
const ACROSS: f32 = 90.0;
const UP: f32 = 44.0;
/// How opaque the lines are by which numbers are read.
const GRID: f32 = 0.45;
/// How thick the lines are.
const WIDTH: f32 = 1.6;
/// How large the dot is on each line where the pointer is.
const DOT: f32 = 3.5;

/// `lines` as large as there is room.
pub fn plot<'a, Message: 'a>(lines: &'a [Line]) -> Element<'a, Message> {
    Canvas::new(Plot { lines }).width(Fill).height(Fill).into()
}

struct Plot<'a> {
    lines: &'a [Line],
}

/// Where what is on the plot.
struct Scale {
    area: Rectangle,
    across: Axis,
    up: Axis,
}

impl<Message> Program<Message> for Plot<'_> {
    type State = ();

    fn update(
        &self,
        (): &mut (),
        event: &Event,
        _: Rectangle,
        _: mouse::Cursor,
    ) -> Option<Action<Message>> {
        let is_pointer = matches!(
            event,
            Event::Mouse(mouse::Event::CursorMoved { .. } | mouse::Event::CursorLeft)
        );
        is_pointer.then(Action::request_redraw)
    }

    fn draw(
        &self,
        (): &(),
        renderer: &Renderer,
        theme: &Theme,
        bounds: Rectangle,
        cursor: mouse::Cursor,
    ) -> Vec<Geometry> {
        let look = Look::of(theme);
        let mut frame = Frame::new(renderer, bounds.size());
        let Some(scale) = self.scale(bounds.size()) else {
            frame.fill_text(label("no points yet", frame.center(), look.faint));
            return vec![frame.into_geometry()];
        };
        scale.grid(&mut frame, look);
        for (number, line) in self.lines.iter().enumerate() {
            scale.line(&mut frame, line, colour(look, number));
        }
        let pointed = cursor.position_in(bounds).and_then(|at| {
            let inside = scale.area.contains(at);
            inside.then(|| scale.across.value((at.x - scale.area.x) / scale.area.width))
        });
        let pointed = pointed.and_then(|x| nearest(self.lines, x));
        if let Some(x) = pointed {
            scale.point_at(&mut frame, look, self.lines, x);
        }
        names(&mut frame, look, self.lines, pointed);
        vec![frame.into_geometry()]
    }
}

impl Plot<'_> {
    fn scale(&self, size: Size) -> Option<Scale> {
        let top = NAME * self.lines.len() as f32 + GAP;
        let area = Rectangle {
            x: LEFT,
            y: top,
            width: (size.width - LEFT - RIGHT).max(1.0),
            height: (size.height - top - BELOW).max(1.0),
        };
        let points = || self.lines.iter().flat_map(finite);
        Some(Scale {
            area,
            across: Axis::over(points().map(|(x, _)| x))?,
            up: Axis::over(points().map(|(_, y)| y))?.padded(),
        })
    }
}

impl Scale {
    fn place(&self, (x, y): (f64, f64)) -> Point {
        Point::new(
            self.area.x + self.across.share(x) * self.area.width,
            self.area.y + (1.0 - self.up.share(y)) * self.area.height,
        )
    }

    /// Numbers along both axes, and faint lines to read them by.
    fn grid(&self, frame: &mut Frame, look: &Look) {
        let Rectangle {
            x,
            y,
            width,
            height,
        } = self.area;
        let thin = Stroke::default().with_width(1.0);
        let count = |length: f32, apart: f32| (length / apart) as usize;
        let (at_up, words) = self.up.ticks(count(height, UP));
        for (value, words) in at_up.iter().zip(words) {
            let middle = (y + (1.0 - self.up.share(*value)) * height).round() + 0.5;
            let line = Path::line(Point::new(x, middle), Point::new(x + width, middle));
            frame.stroke(&line, thin.with_color(look.border.scale_alpha(GRID)));
            frame.fill_text(Text {
                align_x: Alignment::Right,
                ..label(&words, Point::new(x - GAP, middle), look.muted)
            });
        }
        let (at_across, words) = self.across.ticks(count(width, ACROSS));
        for (value, words) in at_across.iter().zip(words) {
            let middle = (x + self.across.share(*value) * width).round() + 0.5;
            let line = Path::line(
                Point::new(middle, y + height),
                Point::new(middle, y + height + GAP_SMALL),
            );
            frame.stroke(&line, thin.with_color(look.border));
            let below = Point::new(middle, y + height + BELOW / 2.0 + 2.0);
            frame.fill_text(label(&words, below, look.muted));
        }
        let base = Path::line(Point::new(x, y + height), Point::new(x + width, y + height));
        frame.stroke(&base, thin.with_color(look.border));
    }

    /// One line; where a point is not finite, it is interrupted.
    fn line(&self, frame: &mut Frame, line: &Line, colour: Color) {
        let path = Path::new(|path: &mut Builder| {
            let mut is_begun = false;
            for (x, y) in &line.points {
                if !(x.is_finite() && y.is_finite()) {
                    is_begun = false;
                } else if is_begun {
                    path.line_to(self.place((*x, *y)));
                } else {
                    path.move_to(self.place((*x, *y)));
                    is_begun = true;
                }
            }
        });
        let stroke = Stroke::default().with_width(WIDTH).with_color(colour);
        frame.stroke(
            &path,
            canvas::Stroke {
                line_join: canvas::LineJoin::Round,
                ..stroke
            },
        );
        if let [only] = finite(line).collect::<Vec<_>>().as_slice() {
            frame.fill(&Path::circle(self.place(*only), DOT), colour);
        }
    }

    /// A line down through `x`, and a dot on every line there.
    fn point_at(&self, frame: &mut Frame, look: &Look, lines: &[Line], x: f64) {
        let middle = self.place((x, 0.0)).x;
        let Rectangle { y, height, .. } = self.area;
        let line = Path::line(Point::new(middle, y), Point::new(middle, y + height));
        frame.stroke(
            &line,
            Stroke::default().with_width(1.0).with_color(look.faint),
        );
        for (number, line) in lines.iter().enumerate() {
            if let Some(y) = value_at(line, x) {
                frame.fill(&Path::circle(self.place((x, y)), DOT), colour(look, number));
            }
        }
    }
}

/// What every line is called, and its value where the pointer is, or else its last.
fn names(frame: &mut Frame, look: &Look, lines: &[Line], pointed: Option<f64>) {
    for (number, line) in lines.iter().enumerate() {
        let middle = GAP_SMALL + NAME * (number as f32 + 0.5);
        let value = match pointed {
            Some(x) => value_at(line, x).map(|y| format!("{} at {}", short(y), short(x))),
            None => finite(line).last().map(|(_, y)| short(y)),
        };
        frame.fill_text(Text {
            size: TEXT.into(),
            align_x: Alignment::Left,
            ..label(&line.name, Point::new(LEFT, middle), colour(look, number))
        });
        frame.fill_text(Text {
            size: TEXT.into(),
            align_x: Alignment::Right,
            ..label(
                &value.unwrap_or_default(),
                Point::new(frame.width() - RIGHT, middle),
                look.text,
            )
        });
    }
}

fn colour(look: &Look, number: usize) -> Color {
    look.kind(COLOURS[number % COLOURS.len()])
}

fn label(words: &str, at: Point, colour: Color) -> Text {
    Text {
        content: words.to_owned(),
        position: at,
        color: colour,
        size: TEXT_SMALL.into(),
        font: FONT,
        align_x: Alignment::Center,
        align_y: Vertical::Center,
        ..Text::default()
    }
}

fn finite(line: &Line) -> impl Iterator<Item = (f64, f64)> + '_ {
    let points = line.points.iter().copied();
    points.filter(|(x, y)| x.is_finite() && y.is_finite())
}

/// The place on the axis nearest to `x` at which any line has a point.
fn nearest(lines: &[Line], x: f64) -> Option<f64> {
    let places = lines.iter().flat_map(finite).map(|(place, _)| place);
    places.min_by(|one, other| (one - x).abs().total_cmp(&(other - x).abs()))
}

/// The value of `line` at exactly `x`, where it has one.
fn value_at(line: &Line, x: f64) -> Option<f64> {
    finite(line).find(|(place, _)| *place == x).map(|(_, y)| y)
}

/// A number in few digits.
fn short(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        format!("{number:.2e}")
    } else if number.fract() == 0.0 {
        format!("{number}")
    } else if size >= 100.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.4}")
    }
}

#[cfg(test)]
mod tests {
    use graph::preview::Line;

    use super::{nearest, short, value_at};

    fn line(points: &[(f64, f64)]) -> Line {
        Line {
            name: "loss".into(),
            points: points.to_vec(),
        }
    }

    #[test]
    fn the_pointer_takes_the_nearest_point_of_all_lines() {
        let lines = [
            line(&[(0.0, 1.0), (10.0, 0.5), (20.0, f64::NAN)]),
            line(&[(4.0, 2.0)]),
        ];
        let check = |x, expected| assert_eq!(nearest(&lines, x), Some(expected), "{x}");
        check(-5.0, 0.0);
        check(3.0, 4.0);
        check(8.0, 10.0);
        check(100.0, 10.0);
        assert_eq!(nearest(&[line(&[])], 1.0), None);
        assert_eq!(value_at(&lines[0], 10.0), Some(0.5));
        assert_eq!(value_at(&lines[1], 10.0), None);
        assert_eq!(value_at(&lines[0], 20.0), None, "it is no number");
    }

    #[test]
    fn numbers_are_short() {
        let check = |number, expected: &str| assert_eq!(short(number), expected);
        check(120.0, "120");
        check(0.123_456, "0.1235");
        check(1234.56, "1234.6");
        check(0.000_02, "2.00e-5");
        check(0.0, "0");
    }
}
