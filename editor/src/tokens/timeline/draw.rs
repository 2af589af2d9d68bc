//! How a timeline is drawn.

use iced::advanced::Renderer as _;
use iced::advanced::graphics::geometry::Renderer as _;
use iced::advanced::text::{Alignment, LineHeight, Renderer as _, Shaping, Text, Wrapping};
use iced::border::{self, Border};
use iced::widget::canvas::stroke::{LineCap, LineDash, LineJoin};
use iced::widget::canvas::{Frame, Path, Stroke};
use iced::{Pixels, Point, Rectangle, Renderer, Size, Theme, Vector, alignment};

use super::{MARGIN, Timeline, middle, slot};
use crate::theme::{Look, TEXT_SMALL, tint};
use crate::tokens::quad;

/// How far below the upper edge the chart begins, and how high it is.
const CHART: (f32, f32) = (6.0, 62.0);
/// How far below the upper edge the slider lies.
const SLIDER: f32 = 81.0;
/// How thick the slider is.
const THICKNESS: f32 = 4.0;
/// How wide the handle is.
const HANDLE: f32 = 14.0;

impl<Message> Timeline<'_, Message> {
    /// Draws all of it.
    pub(super) fn paint(
        &self,
        renderer: &mut Renderer,
        theme: &Theme,
        bounds: Rectangle,
        clip: Rectangle,
    ) {
        let look = Look::of(theme);
        let chart = Rectangle {
            y: bounds.y + CHART.0,
            height: CHART.1,
            ..bounds
        };
        renderer.with_layer(clip, |renderer| {
            quad::fill(renderer, chart, look.field, border::rounded(4.0));
            self.place_of_step(renderer, look, bounds, chart);
            self.bars(renderer, look, bounds, chart);
            self.confidence(renderer, look, bounds, chart);
        });
        renderer.with_layer(clip, |renderer| {
            self.slider(renderer, look, bounds);
            self.numbers(renderer, look, bounds, clip);
        });
    }

    /// The band behind the step that is looked at.
    fn place_of_step(
        &self,
        renderer: &mut Renderer,
        look: &Look,
        bounds: Rectangle,
        chart: Rectangle,
    ) {
        let width = slot(bounds, self.counts.len()).max(2.0);
        let x = middle(bounds, self.counts.len(), self.step as f32) - width / 2.0;
        let band = Rectangle { x, width, ..chart };
        let colour = Look::tint(look.field, look.accent, 0.25);
        quad::fill(renderer, band, colour, Border::default());
    }

    /// What each step laid, and on top of it what it edited.
    fn bars(&self, renderer: &mut Renderer, look: &Look, bounds: Rectangle, chart: Rectangle) {
        let most = self
            .counts
            .iter()
            .map(|count| count.committed + count.edited);
        let most = most.max().unwrap_or(0).max(1) as f32;
        let room = chart.height - 4.0;
        let slot = slot(bounds, self.counts.len());
        let width = if slot > 6.0 {
            slot - 2.0
        } else {
            slot.max(1.0)
        };
        let colour = Look::tint(look.field, look.muted, 0.55);
        for (step, count) in self.counts.iter().enumerate() {
            let x = middle(bounds, self.counts.len(), step as f32) - width / 2.0;
            let mut bottom = chart.y + chart.height - 1.0;
            let parts = [(count.committed, colour), (count.edited, tint::EDITED)];
            for (number, colour) in parts.into_iter().filter(|(number, _)| *number > 0) {
                let height = (room * number as f32 / most).max(1.5);
                bottom -= height;
                let bar = Rectangle {
                    x,
                    y: bottom,
                    width,
                    height,
                };
                quad::fill(renderer, bar, colour, Border::default());
            }
        }
    }

    /// How sure the denoiser was on average, from 0 at the lower edge to 1 at the upper.
    fn confidence(
        &self,
        renderer: &mut Renderer,
        look: &Look,
        bounds: Rectangle,
        chart: Rectangle,
    ) {
        let counts = self.counts.iter().enumerate();
        let own: Vec<(f32, f32)> = counts
            .filter_map(|(step, count)| Some((step as f32, count.confidence?)))
            .collect();
        let corner = bounds.position() - Point::ORIGIN;
        let point = |(step, confidence): &(f32, f32)| {
            let y = chart.y + (chart.height - 4.0) * (1.0 - confidence) + 2.0;
            Point::new(middle(bounds, self.counts.len(), *step), y) - corner
        };
        let stroke = |dashes: &'static [f32]| Stroke {
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            line_dash: LineDash {
                segments: dashes,
                offset: 0,
            },
            ..Stroke::default().with_color(look.text).with_width(1.5)
        };
        let mut frame = Frame::new(renderer, bounds.size());
        for (points, dashes) in [(&own, &[] as &[f32]), (&self.other, &[3.0, 4.0])] {
            let path = Path::new(|path| {
                for (at, place) in points.iter().enumerate() {
                    if at == 0 {
                        path.move_to(point(place));
                    } else {
                        path.line_to(point(place));
                    }
                }
            });
            frame.stroke(&path, stroke(dashes));
        }
        if let Some(place) = own.iter().find(|(step, _)| *step == self.step as f32) {
            frame.fill(&Path::circle(point(place), 3.0), look.text);
        }
        let geometry = frame.into_geometry();
        renderer.with_translation(Vector::new(bounds.x, bounds.y), |renderer| {
            renderer.draw_geometry(geometry);
        });
    }

    /// The slider, with a mark for every step that edited.
    fn slider(&self, renderer: &mut Renderer, look: &Look, bounds: Rectangle) {
        let steps = self.counts.len();
        let y = bounds.y + SLIDER;
        let handle = middle(bounds, steps, self.step as f32);
        let line = |from: f32, to: f32| Rectangle {
            x: from,
            y: y - THICKNESS / 2.0,
            width: to - from,
            height: THICKNESS,
        };
        let (start, end) = (bounds.x + MARGIN, bounds.x + bounds.width - MARGIN);
        let round = border::rounded(THICKNESS / 2.0);
        quad::fill(renderer, line(start, end), look.border, round);
        quad::fill(renderer, line(start, handle), look.accent, round);
        for (step, count) in self.counts.iter().enumerate() {
            if count.edited > 0 {
                let mark = Rectangle {
                    x: middle(bounds, steps, step as f32) - 1.0,
                    y: y - 7.0,
                    width: 2.0,
                    height: 14.0,
                };
                quad::fill(renderer, mark, tint::EDITED, border::rounded(1.0));
            }
        }
        let knob = Rectangle {
            x: handle - HANDLE / 2.0,
            y: y - HANDLE / 2.0,
            width: HANDLE,
            height: HANDLE,
        };
        let border = Border {
            color: look.panel,
            width: 2.0,
            radius: (HANDLE / 2.0).into(),
        };
        quad::fill(renderer, knob, look.accent, border);
    }

    /// The number of every so many steps.
    fn numbers(&self, renderer: &mut Renderer, look: &Look, bounds: Rectangle, clip: Rectangle) {
        let steps = self.counts.len();
        let every = spacing(slot(bounds, steps));
        for step in (0..steps).step_by(every) {
            let text = Text {
                content: step.to_string(),
                bounds: Size::new(40.0, TEXT_SMALL * 1.3),
                size: Pixels(TEXT_SMALL),
                line_height: LineHeight::default(),
                font: renderer.default_font(),
                align_x: Alignment::Center,
                align_y: alignment::Vertical::Top,
                shaping: Shaping::Basic,
                wrapping: Wrapping::None,
            };
            let at = Point::new(middle(bounds, steps, step as f32), bounds.y + SLIDER + 10.0);
            let colour = if step == self.step {
                look.text
            } else {
                look.muted
            };
            renderer.fill_text(text, at, colour, clip);
        }
    }
}

/// Every how-manieth step is numbered so that the numbers have room: 1, 2, 5, 10, 20, …
fn spacing(slot: f32) -> usize {
    let mut every = 1;
    while slot * (every as f32) < 26.0 && every < 1_000_000 {
        every = match every.to_string().as_bytes()[0] {
            b'2' => every / 2 * 5,
            _ => every * 2,
        };
    }
    every
}

#[cfg(test)]
mod tests {
    use super::spacing;

    #[test]
    fn numbers_stand_at_round_steps() {
        let found = [40.0, 20.0, 9.0, 4.0, 2.5, 1.0, 0.3].map(spacing);
        assert_eq!(found, [1, 2, 5, 10, 20, 50, 100]);
    }
}
