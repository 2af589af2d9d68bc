//! Small things that fields and panels are put together from.

use std::time::Duration;

use iced::alignment::Vertical;
use iced::keyboard::{Key, Modifiers, key::Named};
use iced::widget::scrollable::{Direction, Scrollbar};
use iced::widget::{
    Id, Scrollable, button, column, container, row, scrollable, text, text_input, tooltip,
};
use iced::{Element, Fill};

use super::watch::{Press, Watch};
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, icon, style};

/// How long the pointer rests before it is told what something is.
const PATIENCE: Duration = Duration::from_millis(450);

/// A line that says what is wrong.
pub fn alarm<'a, M: 'a>(words: impl text::IntoFragment<'a>) -> Element<'a, M> {
    row![
        icon(Icon::Warning)
            .size(TEXT_SMALL + 1.0)
            .style(style::text::danger),
        text(words)
            .size(TEXT_SMALL)
            .width(Fill)
            .style(style::text::danger),
    ]
    .spacing(GAP_SMALL + 1.0)
    .into()
}

/// `content` with an explanation where the pointer rests on it.
pub fn explained<'a, M: 'a>(
    content: impl Into<Element<'a, M>>,
    words: impl text::IntoFragment<'a>,
) -> Element<'a, M> {
    let words = text(words).size(TEXT_SMALL + 1.0);
    bubble(content, words.into())
}

/// `content` with more beside it where the pointer rests on it.
pub fn bubble<'a, M: 'a>(
    content: impl Into<Element<'a, M>>,
    more: Element<'a, M>,
) -> Element<'a, M> {
    let more = container(more)
        .padding([GAP_SMALL + 2.0, GAP])
        .max_width(300)
        .style(style::container::floating);
    tooltip(content, more, tooltip::Position::Bottom)
        .delay(PATIENCE)
        .gap(GAP_SMALL)
        .into()
}

/// A small button with an icon.
pub fn tool<'a, M: Clone + 'a>(picture: Icon, hint: &'static str, message: M) -> Element<'a, M> {
    let face = button(icon(picture).size(TEXT))
        .padding(3.0)
        .style(style::button::quiet)
        .on_press(message);
    explained(face, hint)
}

/// Content that may be longer than its place, with a narrow scrollbar.
pub fn scrolled<'a, M: 'a>(content: impl Into<Element<'a, M>>) -> Scrollable<'a, M> {
    let bar = Scrollbar::new().width(6).scroller_width(6).margin(2);
    scrollable(content)
        .direction(Direction::Vertical(bar))
        .width(Fill)
        .height(Fill)
        .style(style::list::scroll)
}

/// A name under which something is known outside; a click renames it, the cross takes it back.
pub fn name_badge<'a, M: Clone + 'a>(
    name: impl text::IntoFragment<'a>,
    hint: &'static str,
    rename: M,
    withdraw: M,
) -> Element<'a, M> {
    let badge = button(text(name).size(TEXT_SMALL).style(style::text::accent))
        .padding([1.0, GAP_SMALL + 1.0])
        .style(style::button::switch(true))
        .on_press(rename);
    row![
        explained(badge, hint),
        tool(Icon::Close, "Take the name back", withdraw),
    ]
    .align_y(Vertical::Center)
    .into()
}

/// What is sent while a name is typed.
pub struct NameMessages<M, F> {
    /// The name is another.
    pub typed: F,
    /// It is to be taken as it is.
    pub submitted: M,
    /// It is not wanted.
    pub abandoned: M,
}

/// Back or forth in what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The last step is to be taken back.
    Back,
    /// It is to be made again.
    Again,
}

/// Whether a key goes back or forth in the text of the field that has the focus.
///
/// As those that copy and paste, these keys are the same for every field, whatever keys commands have.
pub fn step_key(key: &Key, modifiers: Modifiers) -> Option<Step> {
    let Key::Character(letter) = key else {
        return None;
    };
    if !modifiers.command() || modifiers.alt() {
        return None;
    }
    match (letter.to_lowercase().as_str(), modifiers.shift()) {
        ("z", false) => Some(Step::Back),
        ("z", true) | ("y", false) => Some(Step::Again),
        _ => None,
    }
}

/// A name that is being typed, why it will not do, and else what it will become.
pub fn name_form<'a, M: Clone + 'a, F: Fn(String) -> M + 'a>(
    id: Id,
    name: &str,
    (fault, becomes): (Option<&'a str>, String),
    messages: NameMessages<M, F>,
) -> Element<'a, M> {
    let NameMessages {
        typed,
        submitted,
        abandoned,
    } = messages;
    let input = text_input("name", name)
        .id(id.clone())
        .on_input(typed)
        .size(TEXT)
        .padding([3.0, 6.0])
        .style(style::field::input(fault.is_none()));
    let (enter, escape) = (submitted.clone(), abandoned.clone());
    let input = Watch::new(input)
        .focus_first(id)
        .on_key(move |key, modifiers| match key {
            Key::Named(Named::Enter) => Some(Press::Take(enter.clone())),
            Key::Named(Named::Escape) => Some(Press::Quit(escape.clone())),
            // A name is short, and is typed anew more quickly than it is taken back.
            _ => step_key(key, modifiers).map(|_| Press::Quit(escape.clone())),
        });
    let submit = button(text("Expose").size(TEXT_SMALL + 1.0))
        .padding([3.0, GAP])
        .style(style::button::primary)
        .on_press_maybe(fault.is_none().then_some(submitted));
    let line = row![input, submit, tool(Icon::Close, "Cancel", abandoned)]
        .spacing(GAP_SMALL)
        .align_y(Vertical::Center);
    let told: Element<'a, M> = match fault {
        Some(fault) => alarm(fault),
        None => text(becomes)
            .size(TEXT_SMALL)
            .style(style::text::faint)
            .into(),
    };
    container(column![line, told].spacing(GAP_SMALL))
        .padding(GAP_SMALL + 2.0)
        .style(style::container::card)
        .into()
}
