//! The curves of a node, as large as there is room.

use graph::preview::Line;
use iced::keyboard::key::Named;
use iced::keyboard::{Key, Modifiers};
use iced::widget::{button, column, container, row, space, text};
use iced::{Alignment, Element, Fill};

use super::hint::hint;
use crate::preview::plot::plot;
use crate::theme::{GAP, GAP_LARGE, Icon, TEXT_TITLE, icon, style};

/// The curves of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    label: String,
    lines: Vec<Line>,
}

/// What can happen to the view of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// It is done with.
    Closed,
}

impl Chart {
    /// `lines`, of something called `label`.
    pub fn new(label: String, lines: Vec<Line>) -> Self {
        Self { label, lines }
    }

    /// What a key does here; `None` where it is left to others.
    pub fn key(&self, key: &Key, modifiers: Modifiers) -> Option<Message> {
        let closes = *key == Key::Named(Named::Escape) && modifiers.is_empty();
        closes.then_some(Message::Closed)
    }

    /// The view.
    pub fn view(&self) -> Element<'_, Message> {
        let close = button(icon(Icon::Close).size(TEXT_TITLE))
            .on_press(Message::Closed)
            .padding(6)
            .style(style::button::quiet);
        let bar = row![
            text(&self.label).size(TEXT_TITLE),
            space().width(Fill),
            hint(close, "Close the viewer (Esc)"),
        ]
        .spacing(GAP)
        .align_y(Alignment::Center);
        let bar = container(bar)
            .padding([6.0, GAP_LARGE])
            .width(Fill)
            .style(style::container::panel);
        let lines = container(plot(&self.lines)).padding(GAP_LARGE);
        container(column![bar, lines])
            .style(style::container::ground)
            .width(Fill)
            .height(Fill)
            .into()
    }
}
