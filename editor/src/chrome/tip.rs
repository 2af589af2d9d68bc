//! Buttons that are a picture alone, and what they say when the pointer rests on them.

use std::time::Duration;

use iced::widget::button::{Status, Style};
use iced::widget::scrollable::{Direction, Scrollbar};
use iced::widget::tooltip::Position;
use iced::widget::{Button, button, column, container, row, text, tooltip};
use iced::{Center, Element, Theme};

use crate::command::Command;
use crate::keymap::Keymap;
use crate::theme::{GAP, GAP_SMALL, Icon, Look, TEXT, TEXT_SMALL, icon, style};

/// How long the pointer rests before a button explains itself.
const DELAY: Duration = Duration::from_millis(350);
/// How wide an explanation gets before it goes on in another line.
const WIDEST: f32 = 260.0;

/// The edge of a button with nothing but a picture.
const SQUARE: f32 = 30.0;
/// The edge of such a button within a line of text.
const ROUND: f32 = 22.0;

/// Lets `content` explain itself with `words`.
pub fn tip<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    words: impl text::IntoFragment<'a>,
    position: Position,
) -> Element<'a, Message> {
    explained(content, text(words).size(TEXT).into(), position)
}

/// Lets `content` say what `command` does, and with which keys.
pub fn tip_of<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    command: Command,
    keymap: &Keymap,
    position: Position,
) -> Element<'a, Message> {
    let title = row![text(command.title().trim_end_matches('…')).size(TEXT)]
        .push(keycap(keymap.label(command)))
        .spacing(GAP)
        .align_y(Center);
    let doc = text(command.doc())
        .size(TEXT_SMALL)
        .style(style::text::muted);
    explained(
        content,
        column![title, doc].spacing(GAP_SMALL).into(),
        position,
    )
}

/// Keys as they stand on the keyboard; nothing where there are none.
pub fn keycap<'a, Message: 'a>(keys: String) -> Option<Element<'a, Message>> {
    if keys.is_empty() {
        return None;
    }
    let cap = container(text(keys).size(TEXT_SMALL))
        .padding([1.0, GAP_SMALL + 1.0])
        .style(cap);
    Some(cap.into())
}

/// A button of a bar: a picture, and nothing happens where there is no message.
pub fn square<'a, Message: Clone + 'a>(
    picture: Icon,
    style: impl Fn(&Theme, Status) -> Style + 'a,
    message: Option<Message>,
) -> Button<'a, Message> {
    pictured(picture, 16.0, SQUARE, message).style(style)
}

/// A button beside a line of text, as small as that.
pub fn round<'a, Message: Clone + 'a>(
    picture: Icon,
    message: Option<Message>,
) -> Button<'a, Message> {
    pictured(picture, 13.0, ROUND, message).style(style::button::quiet)
}

/// What scrolls up and down within a frame, without hiding what is in it.
pub fn slim() -> Direction {
    let bar = Scrollbar::new().width(6).scroller_width(6).margin(3);
    Direction::Vertical(bar)
}

fn pictured<'a, Message: Clone + 'a>(
    picture: Icon,
    size: f32,
    edge: f32,
    message: Option<Message>,
) -> Button<'a, Message> {
    button(container(icon(picture).size(size)).center(edge))
        .padding(0)
        .on_press_maybe(message)
}

fn cap(theme: &Theme) -> container::Style {
    let look = Look::of(theme);
    container::Style {
        text_color: Some(look.muted),
        ..style::container::field(theme)
    }
}

fn explained<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    words: Element<'a, Message>,
    position: Position,
) -> Element<'a, Message> {
    let words = container(words)
        .max_width(WIDEST)
        .padding([GAP_SMALL + 2.0, GAP + 2.0])
        .style(style::container::floating);
    tooltip(content, words, position)
        .gap(GAP_SMALL + 2.0)
        .delay(DELAY)
        .into()
}
