//! Filled rectangles, which everything here is drawn of.

use iced::advanced::Renderer as _;
use iced::advanced::renderer::Quad;
use iced::border::Border;
use iced::{Color, Rectangle, Renderer};

/// Fills `bounds`.
pub fn fill(renderer: &mut Renderer, bounds: Rectangle, colour: Color, border: Border) {
    let quad = Quad {
        bounds,
        border,
        ..Quad::default()
    };
    renderer.fill_quad(quad, colour);
}
