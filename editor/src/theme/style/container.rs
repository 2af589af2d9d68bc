//! Surfaces: what other things lie on.

use iced::widget::container::Style;
use iced::{Background, Border, Color, Theme};

use super::super::{Look, RADIUS, RADIUS_LARGE};

/// A bar or a panel at an edge of the window.
pub fn panel(theme: &Theme) -> Style {
    let look = Look::of(theme);
    surface(look, look.panel)
}

/// The ground that panels and pictures lie on.
pub fn ground(theme: &Theme) -> Style {
    let look = Look::of(theme);
    surface(look, look.canvas)
}

/// A group of things on a panel.
pub fn card(theme: &Theme) -> Style {
    let look = Look::of(theme);
    Style {
        border: outline(look.border, RADIUS_LARGE),
        ..surface(look, look.raised)
    }
}

/// What floats above the rest: a menu, a dialog, a palette, a tooltip.
///
/// It casts no shadow: where a part of the window is redrawn, tiny-skia lays the whole shadow over the old one again,
/// until everything around is black.
pub fn floating(theme: &Theme) -> Style {
    let look = Look::of(theme);
    Style {
        border: outline(look.border, RADIUS_LARGE),
        ..surface(look, look.raised)
    }
}

/// What dims everything behind a dialog.
pub fn scrim(theme: &Theme) -> Style {
    let look = Look::of(theme);
    surface(look, look.scrim)
}

/// A small mark with a word in it.
pub fn badge(theme: &Theme) -> Style {
    let look = Look::of(theme);
    Style {
        text_color: Some(look.muted),
        border: outline(Color::TRANSPARENT, RADIUS),
        ..surface(look, look.header)
    }
}

/// A field that cannot be typed in, or what shall look like one.
pub fn field(theme: &Theme) -> Style {
    let look = Look::of(theme);
    Style {
        border: outline(look.border, RADIUS),
        ..surface(look, look.field)
    }
}

/// Says that something went wrong, and what to do about it.
pub fn alarm(theme: &Theme) -> Style {
    let look = Look::of(theme);
    told(look, look.danger)
}

/// Says that something should be looked at.
pub fn notice(theme: &Theme) -> Style {
    let look = Look::of(theme);
    told(look, look.warning)
}

fn told(look: &Look, colour: Color) -> Style {
    Style {
        border: outline(colour, RADIUS),
        ..surface(look, Look::tint(look.panel, colour, 0.10))
    }
}

fn surface(look: &Look, colour: Color) -> Style {
    Style {
        text_color: Some(look.text),
        background: Some(Background::Color(colour)),
        ..Style::default()
    }
}

fn outline(color: Color, radius: f32) -> Border {
    Border {
        color,
        width: 1.0,
        radius: radius.into(),
    }
}
