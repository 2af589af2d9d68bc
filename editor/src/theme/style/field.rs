//! What values are entered with.

use iced::widget::{pick_list, progress_bar, slider, text_editor, text_input, toggler};
use iced::{Background, Border, Color, Theme};

use super::super::{Look, RADIUS};

/// A line of text; red where `valid` is false.
pub fn input(valid: bool) -> impl Fn(&Theme, text_input::Status) -> text_input::Style {
    move |theme, status| {
        let look = Look::of(theme);
        let (focused, value) = match status {
            text_input::Status::Active | text_input::Status::Hovered => (false, look.text),
            text_input::Status::Focused { .. } => (true, look.text),
            text_input::Status::Disabled => (false, look.faint),
        };
        text_input::Style {
            background: Background::Color(look.field),
            border: edge(look, focused, valid),
            icon: look.muted,
            placeholder: look.faint,
            value,
            selection: look.accent.scale_alpha(0.35),
        }
    }
}

/// Several lines of text; red where `valid` is false.
pub fn editor(valid: bool) -> impl Fn(&Theme, text_editor::Status) -> text_editor::Style {
    move |theme, status| {
        let look = Look::of(theme);
        let (focused, value) = match status {
            text_editor::Status::Active | text_editor::Status::Hovered => (false, look.text),
            text_editor::Status::Focused { .. } => (true, look.text),
            text_editor::Status::Disabled => (false, look.faint),
        };
        text_editor::Style {
            background: Background::Color(look.field),
            border: edge(look, focused, valid),
            placeholder: look.faint,
            value,
            selection: look.accent.scale_alpha(0.35),
        }
    }
}

/// One of a few names.
pub fn choice(theme: &Theme, status: pick_list::Status) -> pick_list::Style {
    let look = Look::of(theme);
    let focused = match status {
        pick_list::Status::Active | pick_list::Status::Hovered => false,
        pick_list::Status::Opened { .. } => true,
    };
    pick_list::Style {
        text_color: look.text,
        placeholder_color: look.faint,
        handle_color: look.muted,
        background: Background::Color(look.field),
        border: edge(look, focused, true),
    }
}

/// A number within its range.
pub fn range(theme: &Theme, status: slider::Status) -> slider::Style {
    let look = Look::of(theme);
    let radius = match status {
        slider::Status::Active => 6.0,
        slider::Status::Hovered | slider::Status::Dragged => 7.0,
    };
    slider::Style {
        rail: slider::Rail {
            backgrounds: (
                Background::Color(look.accent),
                Background::Color(look.border),
            ),
            width: 3.0,
            border: Border {
                radius: 1.5.into(),
                ..Border::default()
            },
        },
        handle: slider::Handle {
            shape: slider::HandleShape::Circle { radius },
            background: Background::Color(look.accent),
            border_width: 2.0,
            border_color: look.panel,
        },
    }
}

/// Yes or no, at once.
pub fn toggle(theme: &Theme, status: toggler::Status) -> toggler::Style {
    let look = Look::of(theme);
    let (on, enabled) = match status {
        toggler::Status::Active { is_toggled } | toggler::Status::Hovered { is_toggled } => {
            (is_toggled, true)
        }
        toggler::Status::Disabled { is_toggled } => (is_toggled, false),
    };
    let (rail, knob) = match (on, enabled) {
        (true, true) => (look.accent, look.on_accent),
        (false, true) => (look.field, look.muted),
        (true | false, false) => (look.header, look.faint),
    };
    toggler::Style {
        background: Background::Color(rail),
        background_border_width: 1.0,
        background_border_color: if on { rail } else { look.border },
        foreground: Background::Color(knob),
        foreground_border_width: 0.0,
        foreground_border_color: Color::TRANSPARENT,
        text_color: Some(if enabled { look.text } else { look.faint }),
        border_radius: None,
        padding_ratio: 0.15,
    }
}

/// How far something is.
pub fn progress(theme: &Theme) -> progress_bar::Style {
    let look = Look::of(theme);
    progress_bar::Style {
        background: Background::Color(look.field),
        bar: Background::Color(look.accent),
        border: Border {
            radius: 2.0.into(),
            ..Border::default()
        },
    }
}

fn edge(look: &Look, focused: bool, valid: bool) -> Border {
    let color = match (valid, focused) {
        (false, _) => look.danger,
        (true, true) => look.accent,
        (true, false) => look.border,
    };
    Border {
        color,
        width: 1.0,
        radius: RADIUS.into(),
    }
}
