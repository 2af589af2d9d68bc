//! How a board is drawn.

use iced::advanced::Renderer as _;
use iced::advanced::graphics::geometry::Renderer as _;
use iced::border::{self, Border};
use iced::widget::canvas::{Frame, Path, Stroke};
use iced::{Color, Point, Rectangle, Renderer, Size, Theme, Vector};

use super::{Board, Place};
use crate::theme::{Look, tint};
use crate::tokens::cells::{Cell, Cells};
use crate::tokens::faces::{Face, Ring, Tile};
use crate::tokens::quad;
use crate::viewer::raster;

/// Cells at least this wide have a gap between them and round corners.
const ROOMY: f32 = 7.0;

impl<Message> Board<'_, Message> {
    /// Draws all of it.
    pub(super) fn paint(
        &self,
        renderer: &mut Renderer,
        theme: &Theme,
        bounds: Rectangle,
        clip: Rectangle,
    ) {
        let look = Look::of(theme);
        let place = self.place(bounds);
        if let Some(backdrop) = &self.backdrop {
            let area = raster::Area {
                place: place.area,
                size: backdrop.size,
            };
            renderer.with_layer(clip, |renderer| {
                quad::fill(renderer, place.area, look.masked, Border::default());
                raster::draw(renderer, &backdrop.handle, area, clip, backdrop.opacity);
            });
        }
        renderer.with_layer(clip, |renderer| {
            self.tiles(renderer, look, &place);
            self.hatch(renderer, look, &place);
        });
        renderer.with_layer(clip, |renderer| {
            outline(renderer, &place, &self.painted, look.text, 2.0);
            outline(renderer, &place, &self.footprint, look.text, 1.0);
            if let Some(cell) = self.pointed {
                ring(renderer, place.of(cell), look.text, look.canvas, 1.5);
            }
        });
    }

    fn tiles(&self, renderer: &mut Renderer, look: &Look, place: &Place) {
        for (cell, tile) in self.size.cells().zip(&self.tiles) {
            let bounds = place.of(cell);
            if self.backdrop.is_some() {
                veil(renderer, look, bounds, *tile);
            } else {
                self::tile(renderer, look, bounds, *tile);
            }
        }
    }

    /// Hatches what is painted; lines go on from cell to cell.
    fn hatch(&self, renderer: &mut Renderer, look: &Look, place: &Place) {
        if self.painted.is_empty() {
            return;
        }
        let side = place.cell.width;
        let mut frame = Frame::new(renderer, place.area.size());
        let path = Path::new(|path| {
            for cell in self.painted.iter() {
                let corner = place.of(cell).position() - (place.area.position() - Point::ORIGIN);
                let mut line = |from: (f32, f32), to: (f32, f32)| {
                    path.move_to(corner + Vector::new(from.0 * side, from.1 * side));
                    path.line_to(corner + Vector::new(to.0 * side, to.1 * side));
                };
                line((0.0, 1.0), (1.0, 0.0));
                if side > 12.0 {
                    line((0.0, 0.5), (0.5, 0.0));
                    line((0.5, 1.0), (1.0, 0.5));
                }
            }
        });
        let cover = look.masked.scale_alpha(0.8);
        for cell in self.painted.iter() {
            quad::fill(renderer, place.of(cell), cover, Border::default());
        }
        let width = if side > 12.0 { 1.5 } else { 1.0 };
        let stroke = Stroke::default().with_color(look.text).with_width(width);
        frame.stroke(&path, stroke);
        let geometry = frame.into_geometry();
        renderer.with_translation(place.area.position() - Point::ORIGIN, |renderer| {
            renderer.draw_geometry(geometry);
        });
    }
}

/// A cell of a grid that stands for itself.
fn tile(renderer: &mut Renderer, look: &Look, bounds: Rectangle, tile: Tile) {
    let roomy = bounds.width >= ROOMY;
    let gap = match bounds.width {
        width if width >= 14.0 => 1.0,
        width if width >= ROOMY => 0.5,
        _ => 0.0,
    };
    let body = bounds.shrink(gap);
    let border = border::rounded(if roomy {
        (bounds.width / 10.0).min(4.0)
    } else {
        0.0
    });
    match tile.face {
        Face::Clear => {}
        // What is not laid is smaller as well as grey: it can be told from the rest without seeing hues.
        Face::Masked if roomy => {
            let inset = (bounds.width * 0.16).round();
            quad::fill(renderer, bounds.shrink(inset), look.masked, border);
        }
        Face::Masked => quad::fill(renderer, body, look.masked, border),
        Face::Given => quad::fill(renderer, body, look.faint, border),
        Face::Same => quad::fill(
            renderer,
            body,
            Look::tint(look.canvas, look.masked, 0.55),
            border,
        ),
        Face::Laid(colour) => quad::fill(renderer, body, colour, border),
        Face::Other => {
            quad::fill(renderer, body, tint::OTHER, border);
            let dot = body.shrink(body.width * 0.32);
            quad::fill(renderer, dot, look.canvas, border::rounded(dot.width / 2.0));
        }
        Face::LeftAlone => {
            let half = Size::new(body.width / 2.0, body.height);
            quad::fill(
                renderer,
                Rectangle::new(body.position(), half),
                tint::LEFT,
                border,
            );
        }
        Face::RightAlone => {
            let half = Size::new(body.width / 2.0, body.height);
            let corner = body.position() + Vector::new(half.width, 0.0);
            quad::fill(renderer, Rectangle::new(corner, half), tint::RIGHT, border);
        }
    }
    edited(renderer, body, tile.ring, border.radius.top_left);
}

/// A cell over a picture: what is masked hides its part of it.
fn veil(renderer: &mut Renderer, look: &Look, bounds: Rectangle, tile: Tile) {
    match tile.face {
        // As on the grid: a small grey cell, here on a ground that hides the picture.
        Face::Masked => {
            quad::fill(renderer, bounds, look.canvas, Border::default());
            self::tile(renderer, look, bounds, tile);
        }
        Face::Clear
        | Face::Given
        | Face::Same
        | Face::Laid(_)
        | Face::Other
        | Face::LeftAlone
        | Face::RightAlone => {}
    }
    edited(renderer, bounds, tile.ring, 0.0);
}

fn edited(renderer: &mut Renderer, bounds: Rectangle, ring: Ring, radius: f32) {
    let width = (bounds.width / 8.0).round().clamp(1.0, 3.0);
    let rounded = |color: Color, width: f32, radius: f32| Border {
        color,
        width,
        radius: radius.into(),
    };
    match ring {
        Ring::None => {}
        Ring::Earlier => {
            let border = rounded(tint::EDITED.scale_alpha(0.6), width.min(1.5), radius);
            quad::fill(renderer, bounds, Color::TRANSPARENT, border);
        }
        Ring::Now => {
            let border = rounded(tint::EDITED, width, radius);
            quad::fill(renderer, bounds, Color::TRANSPARENT, border);
            // Below this size the line would cover the colour that it parts from the ring.
            if bounds.width >= 14.0 {
                let inner = bounds.shrink(width);
                let border = rounded(tint::HAIRLINE, 1.0, (radius - 1.0).max(0.0));
                quad::fill(renderer, inner, Color::TRANSPARENT, border);
            }
        }
    }
}

/// A ring around one cell that is seen on everything.
fn ring(renderer: &mut Renderer, bounds: Rectangle, colour: Color, ground: Color, width: f32) {
    let border = |color, width| Border {
        color,
        width,
        radius: 2.0.into(),
    };
    let outer = bounds.expand(width + 1.0);
    quad::fill(
        renderer,
        outer,
        Color::TRANSPARENT,
        border(ground, width + 2.0),
    );
    quad::fill(
        renderer,
        bounds.expand(width),
        Color::TRANSPARENT,
        border(colour, width),
    );
}

/// A line around some cells, wherever one of them has a neighbour that is none.
fn outline(renderer: &mut Renderer, place: &Place, cells: &Cells, colour: Color, width: f32) {
    for cell in cells.iter() {
        let at = place.of(cell);
        let (right, bottom) = (at.x + at.width, at.y + at.height);
        let next = |row: i64, column: i64| {
            let row = u32::try_from(i64::from(cell.row) + row);
            let column = u32::try_from(i64::from(cell.column) + column);
            matches!((row, column), (Ok(row), Ok(column)) if cells.contains(Cell { row, column }))
        };
        let mut line = |x: f32, y: f32, across: f32, down: f32| {
            let bounds = Rectangle {
                x: x - width / 2.0,
                y: y - width / 2.0,
                width: across + width,
                height: down + width,
            };
            quad::fill(renderer, bounds, colour, Border::default());
        };
        if !next(-1, 0) {
            line(at.x, at.y, at.width, 0.0);
        }
        if !next(1, 0) {
            line(at.x, bottom, at.width, 0.0);
        }
        if !next(0, -1) {
            line(at.x, at.y, 0.0, at.height);
        }
        if !next(0, 1) {
            line(right, at.y, 0.0, at.height);
        }
    }
}
