//! How the surface of the viewer is drawn.

use iced::advanced::Renderer as _;
use iced::advanced::text::{Alignment, LineHeight, Renderer as _, Shaping, Text, Wrapping};
use iced::border::{self, Border};
use iced::{Pixels, Point, Rectangle, Renderer, Size, Theme, Vector, alignment};

use super::Surface;
use crate::theme::{Look, TEXT_SMALL};
use crate::viewer::compare::Compare;
use crate::viewer::raster::{self, Area};
use crate::viewer::subject::Slide;

impl<Message> Surface<'_, Message> {
    /// Draws all of it.
    pub(super) fn paint(
        &self,
        renderer: &mut Renderer,
        theme: &Theme,
        bounds: Rectangle,
        clip: Rectangle,
    ) {
        let look = Look::of(theme);
        let [left, right] = self.frames(bounds);
        match (self.right, self.line(bounds)) {
            (None, _) => self.slide(renderer, self.left, left, clip),
            (Some(other), None) => {
                self.slide(renderer, self.left, left, clip);
                self.slide(renderer, other, right, clip);
            }
            (Some(other), Some(line)) => {
                let before = Rectangle {
                    width: line - bounds.x,
                    ..bounds
                };
                let behind = Rectangle {
                    x: line,
                    width: bounds.x + bounds.width - line,
                    ..bounds
                };
                self.part(renderer, self.left, left, before, clip);
                self.part(renderer, other, left, behind, clip);
                renderer.with_layer(clip, |renderer| wipe(renderer, look, bounds, line));
            }
        }
        if self.right.is_some() {
            let ends = match self.compare {
                Compare::Wipe => [left.x, bounds.x + bounds.width],
                Compare::SideBySide => [left.x, right.x],
            };
            renderer.with_layer(clip, |renderer| {
                self.names(renderer, look, bounds, ends, clip);
            });
        }
    }

    fn slide(&self, renderer: &mut Renderer, slide: &Slide, frame: Rectangle, clip: Rectangle) {
        self.part(renderer, slide, frame, frame, clip);
    }

    /// The part of a picture that lies within `part` of its frame.
    fn part(
        &self,
        renderer: &mut Renderer,
        slide: &Slide,
        frame: Rectangle,
        part: Rectangle,
        clip: Rectangle,
    ) {
        let Some(clip) = part.intersection(&clip) else {
            return;
        };
        // The same place for both pictures, so that the same part of each is seen even if one is larger.
        let area = Area {
            place: self.camera.place(self.left.size(), frame),
            size: slide.size(),
        };
        raster::draw(renderer, slide.handle(), area, clip, 1.0);
    }

    /// What the pictures are, at the lower edge.
    fn names(
        &self,
        renderer: &mut Renderer,
        look: &Look,
        bounds: Rectangle,
        ends: [f32; 2],
        clip: Rectangle,
    ) {
        for (at, label) in self.labels.into_iter().enumerate() {
            let width = label.chars().count() as f32 * TEXT_SMALL * 0.56 + 16.0;
            let to_the_left = at == 1 && self.compare == Compare::Wipe;
            let x = if to_the_left {
                ends[at] - width - 8.0
            } else {
                ends[at] + 8.0
            };
            let size = Size::new(width, 22.0);
            let corner = Point::new(x, bounds.y + bounds.height - size.height - 8.0);
            let badge = Rectangle::new(corner, size);
            crate::tokens::quad::fill(
                renderer,
                badge,
                look.raised.scale_alpha(0.9),
                border::rounded(4),
            );
            let text = Text {
                content: label.to_owned(),
                bounds: size,
                size: Pixels(TEXT_SMALL),
                line_height: LineHeight::default(),
                font: renderer.default_font(),
                align_x: Alignment::Center,
                align_y: alignment::Vertical::Center,
                shaping: Shaping::Auto,
                wrapping: Wrapping::None,
            };
            renderer.fill_text(text, badge.center(), look.text, clip);
        }
    }
}

/// The line of a wipe, with a grip in its middle.
fn wipe(renderer: &mut Renderer, look: &Look, bounds: Rectangle, line: f32) {
    let bar = |width: f32| Rectangle {
        x: line - width / 2.0,
        width,
        ..bounds
    };
    let plain = Border::default();
    crate::tokens::quad::fill(renderer, bar(4.0), look.canvas.scale_alpha(0.6), plain);
    crate::tokens::quad::fill(renderer, bar(2.0), look.text, plain);
    let grip = Rectangle::new(
        Point::new(line, bounds.center_y()) - Vector::new(5.0, 20.0),
        Size::new(10.0, 40.0),
    );
    let edge = Border {
        color: look.canvas,
        width: 2.0,
        radius: 5.0.into(),
    };
    crate::tokens::quad::fill(renderer, grip, look.text, edge);
}
