//! Buttons, by how much they ask to be clicked.

use iced::widget::button::{Status, Style};
use iced::{Background, Border, Color, Theme};

use super::super::{Look, RADIUS};

/// The one thing to do next.
pub fn primary(theme: &Theme, status: Status) -> Style {
    let look = Look::of(theme);
    filled(look, status, look.accent, look.on_accent)
}

/// Something that cannot be taken back.
pub fn danger(theme: &Theme, status: Status) -> Style {
    let look = Look::of(theme);
    filled(look, status, look.danger, look.on_danger)
}

/// What can be done as well.
pub fn secondary(theme: &Theme, status: Status) -> Style {
    let look = Look::of(theme);
    let surface = match status {
        Status::Active | Status::Disabled => look.raised,
        Status::Hovered => look.header,
        Status::Pressed => look.field,
    };
    Style {
        border: Border {
            color: look.border,
            width: 1.0,
            radius: RADIUS.into(),
        },
        ..plain(look, status, Some(surface), look.text)
    }
}

/// An icon of a bar, or a line of a menu: nothing but its text until the pointer is over it.
pub fn quiet(theme: &Theme, status: Status) -> Style {
    let look = Look::of(theme);
    let surface = match status {
        Status::Active | Status::Disabled => None,
        Status::Hovered => Some(look.header),
        Status::Pressed => Some(look.field),
    };
    let text = match status {
        Status::Active => look.muted,
        Status::Hovered | Status::Pressed => look.text,
        Status::Disabled => look.faint,
    };
    plain(look, status, surface, text)
}

/// A quiet button that shows whether something is on.
pub fn switch(on: bool) -> impl Fn(&Theme, Status) -> Style {
    move |theme, status| {
        let look = Look::of(theme);
        if on {
            let surface = Look::tint(look.panel, look.accent, 0.18);
            plain(look, status, Some(surface), look.text)
        } else {
            quiet(theme, status)
        }
    }
}

/// A tab, or one of several views to choose from.
pub fn tab(chosen: bool) -> impl Fn(&Theme, Status) -> Style {
    move |theme, status| {
        let look = Look::of(theme);
        if chosen {
            plain(look, status, Some(look.raised), look.text)
        } else {
            quiet(theme, status)
        }
    }
}

/// A line of a list that can be chosen with the keys as well.
pub fn entry(highlighted: bool) -> impl Fn(&Theme, Status) -> Style {
    move |theme, status| {
        let look = Look::of(theme);
        let surface = match (highlighted, status) {
            (true, _) => Some(Look::tint(look.raised, look.accent, 0.22)),
            (false, Status::Hovered | Status::Pressed) => Some(look.header),
            (false, Status::Active | Status::Disabled) => None,
        };
        plain(look, status, surface, look.text)
    }
}

/// Words that lead somewhere.
pub fn link(theme: &Theme, status: Status) -> Style {
    let look = Look::of(theme);
    let text = match status {
        Status::Hovered | Status::Pressed => look.text,
        Status::Active | Status::Disabled => look.accent,
    };
    plain(look, status, None, text)
}

fn filled(look: &Look, status: Status, surface: Color, text: Color) -> Style {
    match status {
        Status::Active => plain(look, status, Some(surface), text),
        Status::Hovered => {
            let surface = Look::tint(surface, look.text, 0.12);
            plain(look, status, Some(surface), text)
        }
        Status::Pressed => {
            let surface = Look::tint(surface, look.canvas, 0.12);
            plain(look, status, Some(surface), text)
        }
        Status::Disabled => plain(look, status, Some(look.header), text),
    }
}

fn plain(look: &Look, status: Status, surface: Option<Color>, text: Color) -> Style {
    let text_color = match status {
        Status::Active | Status::Hovered | Status::Pressed => text,
        Status::Disabled => look.faint,
    };
    Style {
        background: surface.map(Background::Color),
        text_color,
        border: Border {
            radius: RADIUS.into(),
            ..Border::default()
        },
        ..Style::default()
    }
}
