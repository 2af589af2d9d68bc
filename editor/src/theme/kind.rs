//! The colour and the shape of a socket, which tell what passes through it.

use iced::Color;

use super::{Look, hex};

/// The outline of a socket: what sort of thing its kind is, told without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketShape {
    /// Something to look at or to read.
    Round,
    /// Something large that is loaded or read, and handed on whole.
    Square,
    /// Tokens, and what goes with a grid of them.
    Diamond,
}

/// The kinds whose colours were picked by hand: dark, light, shape.
const KNOWN: [(&str, u32, u32, SocketShape); 14] = [
    ("curve", 0xa8_c9_5c, 0x5c_7d_10, SocketShape::Round),
    ("dataset", 0xd8_b4_55, 0x96_6f_00, SocketShape::Square),
    ("denoiser", 0x9f_8f_f5, 0x64_50_cf, SocketShape::Square),
    ("groups", 0xb8_94_72, 0x7f_5c_3a, SocketShape::Square),
    ("history", 0xc8_8f_e6, 0x93_45_bd, SocketShape::Diamond),
    ("image", 0x62_b4_f0, 0x14_6f_b8, SocketShape::Round),
    ("mask", 0x5f_cb_c4, 0x0c_7f_78, SocketShape::Diamond),
    ("number", 0xa9_b3_c1, 0x5f_69_79, SocketShape::Round),
    ("policy", 0xe6_db_62, 0x76_6b_00, SocketShape::Diamond),
    ("prompt", 0xec_a0_62, 0xb4_5c_12, SocketShape::Round),
    ("result", 0xc9_cf_d8, 0x4a_53_61, SocketShape::Round),
    ("text", 0x7c_cb_9e, 0x1f_7f_4c, SocketShape::Round),
    ("tokenizer", 0xe6_76_7f, 0xb9_37_48, SocketShape::Square),
    ("tokens", 0xe8_84_b8, 0xb3_32_7c, SocketShape::Diamond),
];

impl Look {
    /// The colour of wires and sockets of the kind called `name`; the same whenever it is asked for.
    pub fn kind(&self, name: &str) -> Color {
        match known(name) {
            Some((_, dark, light, _)) => hex(if self.dark { dark } else { light }),
            None => hue(scatter(name), self.dark),
        }
    }

    /// The shape of sockets of the kind called `name`.
    pub fn shape(&self, name: &str) -> SocketShape {
        known(name).map_or(SocketShape::Round, |(_, _, _, shape)| shape)
    }
}

fn known(name: &str) -> Option<(&'static str, u32, u32, SocketShape)> {
    KNOWN.into_iter().find(|(known, ..)| *known == name)
}

/// A number from 0 to 1 that depends on all letters of `name`: the hash of Fowler, Noll and Vo.
fn scatter(name: &str) -> f32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash >> 8) as f32 / (1 << 24) as f32
}

/// The colour `turn` of the way around the wheel, as bright as those picked by hand.
fn hue(turn: f32, dark: bool) -> Color {
    let (low, high) = if dark { (0.48, 0.90) } else { (0.12, 0.52) };
    let channel = |offset: f32| {
        let distance = ((turn + offset).fract() * 6.0 - 3.0).abs() - 1.0;
        low + (high - low) * distance.clamp(0.0, 1.0)
    };
    Color::from_rgb(channel(0.0), channel(2.0 / 3.0), channel(1.0 / 3.0))
}
