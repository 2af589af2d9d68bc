//! Lists and what they scroll in, and lines between things.

use iced::overlay::menu;
use iced::widget::{container, rule, scrollable};
use iced::{Background, Border, Shadow, Theme};

use super::super::{Look, RADIUS};

/// The list of a choice, opened.
pub fn menu(theme: &Theme) -> menu::Style {
    let look = Look::of(theme);
    menu::Style {
        background: Background::Color(look.raised),
        border: Border {
            color: look.border,
            width: 1.0,
            radius: RADIUS.into(),
        },
        text_color: look.text,
        selected_text_color: look.text,
        selected_background: Background::Color(Look::tint(look.raised, look.accent, 0.22)),
        // As with all that floats: see `container::floating`.
        shadow: Shadow::default(),
    }
}

/// What is larger than its place.
pub fn scroll(theme: &Theme, status: scrollable::Status) -> scrollable::Style {
    let look = Look::of(theme);
    let (across, down) = match status {
        scrollable::Status::Active { .. } => (false, false),
        scrollable::Status::Hovered {
            is_horizontal_scrollbar_hovered,
            is_vertical_scrollbar_hovered,
            ..
        } => (
            is_horizontal_scrollbar_hovered,
            is_vertical_scrollbar_hovered,
        ),
        scrollable::Status::Dragged {
            is_horizontal_scrollbar_dragged,
            is_vertical_scrollbar_dragged,
            ..
        } => (
            is_horizontal_scrollbar_dragged,
            is_vertical_scrollbar_dragged,
        ),
    };
    let rail = |lit: bool| scrollable::Rail {
        background: None,
        border: Border::default(),
        scroller: scrollable::Scroller {
            background: Background::Color(if lit { look.faint } else { look.border }),
            border: Border {
                radius: 3.0.into(),
                ..Border::default()
            },
        },
    };
    scrollable::Style {
        container: container::Style::default(),
        vertical_rail: rail(down),
        horizontal_rail: rail(across),
        gap: None,
        auto_scroll: scrollable::AutoScroll {
            background: Background::Color(look.raised),
            border: Border {
                color: look.border,
                width: 1.0,
                radius: 100.0.into(),
            },
            shadow: Shadow::default(),
            icon: look.muted,
        },
    }
}

/// A line that parts two things.
pub fn line(theme: &Theme) -> rule::Style {
    rule::Style {
        color: Look::of(theme).border,
        radius: 0.0.into(),
        fill_mode: rule::FillMode::Full,
        snap: true,
    }
}
