//! Text, by how much it asks to be read.

use iced::Theme;
use iced::widget::text::Style;

use super::super::Look;

/// What is read second: labels, and what is said by the way.
pub fn muted(theme: &Theme) -> Style {
    coloured(Look::of(theme).muted)
}

/// What is read last: units, hints, what is greyed.
pub fn faint(theme: &Theme) -> Style {
    coloured(Look::of(theme).faint)
}

/// What is chosen.
pub fn accent(theme: &Theme) -> Style {
    coloured(Look::of(theme).accent)
}

/// What went well.
pub fn success(theme: &Theme) -> Style {
    coloured(Look::of(theme).success)
}

/// What needs a look.
pub fn warning(theme: &Theme) -> Style {
    coloured(Look::of(theme).warning)
}

/// What failed or is refused.
pub fn danger(theme: &Theme) -> Style {
    coloured(Look::of(theme).danger)
}

fn coloured(colour: iced::Color) -> Style {
    Style {
        color: Some(colour),
    }
}
