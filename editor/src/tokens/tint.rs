//! The colours that stand for what became of a cell; told apart by everybody, also by people who see fewer hues.
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
