//! How the list looks: search on top, commands by group, and what is awaited below.

use iced::keyboard::{self, Key, key::Named};
use iced::widget::tooltip::Position;
use iced::widget::{
    Column, Id, Row, button, column, container, row, scrollable, space, text, text_input,
};
use iced::{Center, Element, Fill};

use super::super::scope::{Scope, plain};
use super::super::{Card, Weight, action};
use super::{Keys, Listening, Message, is_plain};
use crate::chrome::{keycap, round, slim, tip};
use crate::command::Command;
use crate::keymap::{Keymap, Platform};
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};

/// How wide the list is.
const WIDTH: f32 = 640.0;
/// How high the list is.
const LIST: f32 = 420.0;
/// How high a line of it is, and a heading.
const LINE: f32 = 32.0;
const HEADING: f32 = 32.0;

const SEARCH: Id = Id::new("keys search");
const ENTRIES: Id = Id::new("keys list");

impl Keys {
    /// The list.
    pub fn view<'a>(&'a self, keymap: &'a Keymap) -> Element<'a, Message> {
        let search = text_input("Search by name or by keys", &self.query)
            .id(SEARCH)
            .on_input(Message::Typed)
            .size(TEXT_TITLE)
            .padding(GAP)
            .style(style::field::input(true));
        let body = column![search, self.lines(keymap), self.told()].spacing(GAP);
        let card = Card {
            picture: Icon::Keyboard,
            title: "Keys".into(),
            body: body.into(),
            buttons: vec![action(
                "Close",
                "Esc",
                Weight::Secondary,
                Some(Message::Dismissed),
            )],
            aside: None,
            width: WIDTH,
        };
        let listens = self.listening.is_some();
        Scope::new(card.view(), move |event| key(event, listens))
            .focus_first(SEARCH)
            .reveal(ENTRIES, self.offset())
            .into()
    }

    /// Whether a heading stands above a line.
    fn has_heading(&self, row: usize) -> bool {
        let group = |row: usize| self.rows.get(row).map(|command| command.group());
        row == 0 || group(row - 1) != group(row)
    }

    /// How far the list is scrolled so that the chosen line stands in its middle.
    fn offset(&self) -> f32 {
        let height = |row: usize| {
            if self.has_heading(row) {
                LINE + HEADING
            } else {
                LINE
            }
        };
        let above: f32 = (0..self.chosen).map(height).sum();
        let total: f32 = (0..self.rows.len()).map(height).sum();
        (above - (LIST - LINE) / 2.0).clamp(0.0, (total - LIST).max(0.0))
    }

    fn lines<'a>(&'a self, keymap: &'a Keymap) -> Element<'a, Message> {
        if self.rows.is_empty() {
            let words = text("No command answers that")
                .size(TEXT)
                .style(style::text::muted);
            return container(words).center_x(Fill).center_y(LIST).into();
        }
        let mut lines = Column::new();
        for (at, command) in self.rows.iter().enumerate() {
            if self.has_heading(at) {
                let heading = text(command.group().title())
                    .size(TEXT_SMALL)
                    .style(style::text::faint);
                lines = lines.push(
                    container(heading)
                        .height(HEADING)
                        .padding(iced::Padding::from([GAP_SMALL, GAP]))
                        .align_y(iced::Bottom),
                );
            }
            lines = lines.push(self.line(at, *command, keymap));
        }
        scrollable(lines.padding(iced::Padding::default().right(GAP_SMALL + 10.0)))
            .id(ENTRIES)
            .height(LIST)
            .width(Fill)
            .direction(slim())
            .style(style::list::scroll)
            .into()
    }

    fn line<'a>(&'a self, at: usize, command: Command, keymap: &'a Keymap) -> Element<'a, Message> {
        let is_chosen = at == self.chosen;
        let listens = self
            .listening
            .as_ref()
            .filter(|listening| listening.command == command);
        let keys: Element<'a, Message> = match listens {
            Some(listening) => awaited(listening),
            None => {
                let caps = keymap.keys(command).iter();
                let caps = caps.filter_map(|chord| keycap(chord.label(Platform::THIS)));
                Row::with_children(caps).spacing(GAP_SMALL).into()
            }
        };
        let tools = (is_chosen && listens.is_none()).then(|| tools(command, keymap));
        let is_set = keymap.is_set(command).then(|| {
            icon(Icon::Pencil)
                .size(TEXT_SMALL)
                .style(style::text::accent)
        });
        let face = row![text(command.title()).size(TEXT)]
            .push(is_set)
            .push(space().width(Fill))
            .push(tools)
            .push(keys)
            .spacing(GAP)
            .align_y(Center);
        let line = button(container(face).center_y(Fill))
            .width(Fill)
            .height(LINE)
            .padding([0.0, GAP])
            .style(style::button::entry(is_chosen))
            .on_press(Message::Picked(command));
        tip(line, command.doc(), Position::FollowCursor)
    }

    /// What is awaited, or what the keys do here; always one line, so that nothing jumps.
    fn told(&self) -> Element<'_, Message> {
        let (words, colour): (String, fn(&iced::Theme) -> text::Style) = match &self.listening {
            None => (
                "Click a line or press Enter to give it other keys.".into(),
                style::text::faint,
            ),
            Some(Listening {
                taken: Some((chord, other)),
                ..
            }) => (
                format!(
                    "{} is for “{}”. Enter takes it from there; press others, or Esc to keep things as they are.",
                    chord.label(Platform::THIS),
                    other.title()
                ),
                style::text::warning,
            ),
            Some(Listening {
                command,
                taken: None,
                ..
            }) => (
                format!("Press the keys for “{}”, or Esc.", command.title()),
                style::text::accent,
            ),
        };
        text(words).size(TEXT_SMALL).style(colour).into()
    }
}

fn awaited(listening: &Listening) -> Element<'_, Message> {
    let words = match &listening.taken {
        Some((chord, _)) => chord.label(Platform::THIS),
        None => "Press keys…".into(),
    };
    text(words)
        .size(TEXT_SMALL)
        .style(style::text::accent)
        .into()
}

/// What else can be done with the keys of a command.
fn tools<'a>(command: Command, keymap: &Keymap) -> Element<'a, Message> {
    let tool = |picture: Icon, words: &'static str, message: Option<Message>| {
        tip(round(picture, message), words, Position::Top)
    };
    let has_keys = !keymap.keys(command).is_empty();
    row![
        tool(Icon::Plus, "Add keys", Some(Message::Added(command))),
        tool(
            Icon::Close,
            "No keys",
            has_keys.then_some(Message::Cleared(command))
        ),
        tool(
            Icon::Reset,
            "The keys it had at first",
            keymap.is_set(command).then_some(Message::Reset(command))
        ),
    ]
    .into()
}

fn key(event: &keyboard::Event, listens: bool) -> Option<Message> {
    if listens {
        if is_plain(event, Named::Escape) {
            return Some(Message::Dismissed);
        }
        return match event {
            keyboard::Event::KeyPressed { .. } => Some(Message::Pressed(event.clone())),
            keyboard::Event::KeyReleased { .. } | keyboard::Event::ModifiersChanged(_) => None,
        };
    }
    match plain(event)? {
        Key::Named(Named::ArrowDown) => Some(Message::Moved(1)),
        Key::Named(Named::ArrowUp) => Some(Message::Moved(-1)),
        Key::Named(Named::PageDown) => Some(Message::Moved(10)),
        Key::Named(Named::PageUp) => Some(Message::Moved(-10)),
        Key::Named(Named::Enter) => Some(Message::Submitted),
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Named(_) | Key::Character(_) | Key::Unidentified => None,
    }
}
