//! The colours that stand for what became of a token; told apart by everybody, also by people who see fewer hues.
//!
//! Source: Masataka Okabe and Kei Ito, "Color Universal Design", 2008.

use iced::Color;

/// An edited cell, and whatever counts edits.
pub const EDITED: Color = Color::from_rgb8(0xe2, 0x4e, 0x1b);
/// Two grids hold different codes.
pub const OTHER: Color = Color::from_rgb8(0xcc, 0x79, 0xa7);
/// Laid on the left alone.
pub const LEFT: Color = Color::from_rgb8(0x3b, 0x9a, 0xd9);
/// Laid on the right alone.
pub const RIGHT: Color = Color::from_rgb8(0xe6, 0x9f, 0x00);
/// The line that parts a ring from what it lies on.
pub const HAIRLINE: Color = Color::WHITE;
/// A token that is not laid yet, in a small picture: neither light nor dark, so that it is seen on every ground.
pub const MASKED: Color = Color::from_rgb8(118, 120, 124);
/// A code of which nothing is known but that it is there, in a small picture.
pub const GIVEN: Color = Color::from_rgb8(148, 176, 205);
/// What is written over a picture, which has a shadow of its own.
pub const OVER_PICTURE: Color = Color::WHITE;

/// The colour of a pixel of a picture: red, green, blue.
pub fn of_pixel([red, green, blue]: [u8; 3]) -> Color {
    Color::from_rgb8(red, green, blue)
}
