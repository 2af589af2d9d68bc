//! Words that appear when the pointer rests on something.

use iced::Element;
use iced::widget::{container, text, tooltip};

use crate::theme::{TEXT_SMALL, style};

/// Something that says what it is for when the pointer rests on it.
pub fn hint<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    words: impl text::IntoFragment<'a>,
) -> Element<'a, Message> {
    let words = container(text(words).size(TEXT_SMALL))
        .padding([4, 8])
        .max_width(280)
        .style(style::container::floating);
    tooltip(content, words, tooltip::Position::Bottom)
        .gap(4)
        .into()
}
