//! How everything looks: colours, sizes of text, icons, and the styles of widgets.
//!
//! Those of surfaces and letters stand in a [`Look`], of which there are two; those that tell what became of a token
//! stand in [`ramp`] and [`tint`], and are the same in both. Nothing else names a colour.

pub mod icon;
mod kind;
pub mod ramp;
pub mod style;
pub mod tint;

use std::sync::LazyLock;

use graph::document::FrameColour;
use iced::theme::Palette;
use iced::{Color, Font, Theme};

pub use icon::{Icon, icon};
pub use kind::SocketShape;

/// The size of text that explains: badges, units, docs.
pub const TEXT_SMALL: f32 = 11.0;
/// The size of text on nodes, in fields and in lists.
pub const TEXT: f32 = 13.0;
/// The size of titles of panels and nodes.
pub const TEXT_TITLE: f32 = 14.0;
/// The size of the one heading of a view.
pub const TEXT_HEADING: f32 = 18.0;

/// The gap between things that belong together.
pub const GAP_SMALL: f32 = 4.0;
/// The gap between things of a group.
pub const GAP: f32 = 8.0;
/// The gap between groups, and around what a panel holds.
pub const GAP_LARGE: f32 = 16.0;

/// How round the corners of fields and buttons are.
pub const RADIUS: f32 = 5.0;
/// How round the corners of nodes, cards and dialogs are.
pub const RADIUS_LARGE: f32 = 8.0;

/// What text is set in; Iced brings it along, so that the editor looks the same everywhere.
pub const FONT: Font = Font::with_name("Fira Sans");

/// The fonts that must be loaded before anything is drawn, beside [`FONT`].
pub const FONTS: [&[u8]; 1] = [icon::FILE];

/// Every colour there is.
///
/// Text may lie on every surface: contrast is at least 4.5 for all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Whether light text lies on dark surfaces.
    pub dark: bool,

    /// What lies behind the nodes.
    pub canvas: Color,
    /// The dots of the canvas' grid.
    pub grid: Color,
    /// What panels and bars are made of.
    pub panel: Color,
    /// What nodes, cards and menus are made of.
    pub raised: Color,
    /// The title bar of a node, and what the pointer is over.
    pub header: Color,
    /// What can be typed or dragged in.
    pub field: Color,
    /// What parts surfaces from each other.
    pub border: Color,
    /// What is cast on the surface below.
    pub shadow: Color,
    /// What dims all behind a dialog.
    pub scrim: Color,

    /// What is read.
    pub text: Color,
    /// What is read second: labels, and what is said by the way.
    pub muted: Color,
    /// What is read last: units, hints, what is greyed.
    pub faint: Color,

    /// What is chosen, focused or shall be clicked; text in it may lie on every surface.
    pub accent: Color,
    /// Text on a surface of the accent's colour.
    pub on_accent: Color,
    /// What went well; text in it may lie on every surface.
    pub success: Color,
    /// What needs a look; text in it may lie on every surface.
    pub warning: Color,
    /// What failed or is refused; text in it may lie on every surface.
    pub danger: Color,
    /// Text on a surface of the danger's colour.
    pub on_danger: Color,

    /// Paper that notes are written on.
    pub paper: Color,
    /// A token that is not laid yet.
    pub masked: Color,
}

const DARK: Look = Look {
    dark: true,
    canvas: hex(0x15_17_1b),
    grid: hex(0x2a_2e_36),
    panel: hex(0x1b_1e_23),
    raised: hex(0x24_28_2f),
    header: hex(0x2d_32_3b),
    field: hex(0x19_1c_21),
    border: hex(0x3a_40_4b),
    shadow: Color::from_rgba8(0, 0, 0, 0.35),
    scrim: Color::from_rgba8(8, 9, 11, 0.6),
    text: hex(0xe7_e9_ed),
    muted: hex(0xa9_b1_bd),
    faint: hex(0x94_9c_aa),
    accent: hex(0x7a_a7_ff),
    on_accent: hex(0x0f_1a_30),
    success: hex(0x63_c6_93),
    warning: hex(0xe3_b3_5a),
    danger: hex(0xf4_7f_7a),
    on_danger: hex(0x2e_0b_0a),
    paper: hex(0x33_30_25),
    masked: hex(0x3a_3f_48),
};

const LIGHT: Look = Look {
    dark: false,
    canvas: hex(0xee_f0_f3),
    grid: hex(0xd2_d6_dd),
    panel: hex(0xf8_f9_fa),
    raised: hex(0xff_ff_ff),
    header: hex(0xf1_f3_f6),
    field: hex(0xf2_f4_f7),
    border: hex(0xcf_d4_dc),
    shadow: Color::from_rgba8(28, 36, 52, 0.08),
    scrim: Color::from_rgba8(40, 46, 58, 0.4),
    text: hex(0x1b_1f_26),
    muted: hex(0x52_5a_68),
    faint: hex(0x60_68_76),
    accent: hex(0x28_58_c8),
    on_accent: hex(0xff_ff_ff),
    success: hex(0x1a_73_47),
    warning: hex(0x82_55_00),
    danger: hex(0xbb_2d_2d),
    on_danger: hex(0xff_ff_ff),
    paper: hex(0xfb_f3_d5),
    masked: hex(0xc3_c8_d1),
};

static DARK_THEME: LazyLock<Theme> = LazyLock::new(|| DARK.build("Smalto dark"));
static LIGHT_THEME: LazyLock<Theme> = LazyLock::new(|| LIGHT.build("Smalto light"));

impl Look {
    /// Light text on dark surfaces.
    pub fn dark() -> &'static Self {
        &DARK
    }

    /// Dark text on light surfaces.
    pub fn light() -> &'static Self {
        &LIGHT
    }

    /// The look that belongs to a theme: what every style of a widget begins with.
    pub fn of(theme: &Theme) -> &'static Self {
        if theme.extended_palette().is_dark {
            &DARK
        } else {
            &LIGHT
        }
    }

    /// The theme that widgets are drawn with.
    pub fn theme(&self) -> Theme {
        if self.dark {
            DARK_THEME.clone()
        } else {
            LIGHT_THEME.clone()
        }
    }

    /// The colour of frames: of the title as it is, of the ground as a tint.
    pub fn frame(&self, colour: FrameColour) -> Color {
        let (dark, light) = match colour {
            FrameColour::Grey => (0xa9_b1_bd, 0x52_5a_68),
            FrameColour::Red => (0xf0_86_80, 0xb3_2f_2f),
            FrameColour::Orange => (0xe8_9e_62, 0xa2_52_0e),
            FrameColour::Yellow => (0xdd_ba_5c, 0x82_62_00),
            FrameColour::Green => (0x72_c7_93, 0x1d_75_46),
            FrameColour::Blue => (0x72_ac_f0, 0x1f_63_b5),
            FrameColour::Purple => (0xb7_96_ec, 0x72_48_b8),
        };
        hex(if self.dark { dark } else { light })
    }

    /// The surface that lies under `over` where a share of `amount` of it shines through: a tint.
    pub fn tint(under: Color, over: Color, amount: f32) -> Color {
        let mix = |under: f32, over: f32| under + (over - under) * amount;
        Color::from_rgb(
            mix(under.r, over.r),
            mix(under.g, over.g),
            mix(under.b, over.b),
        )
    }

    fn build(&self, name: &str) -> Theme {
        Theme::custom(
            name.to_owned(),
            Palette {
                background: self.panel,
                text: self.text,
                primary: self.accent,
                success: self.success,
                warning: self.warning,
                danger: self.danger,
            },
        )
    }
}

const fn hex(rgb: u32) -> Color {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Color::from_rgb8(red, green, blue)
}

#[cfg(test)]
mod tests;
