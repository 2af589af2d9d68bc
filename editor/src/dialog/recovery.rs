//! Offers what an editor that did not end well has left behind.

use std::time::SystemTime;

use iced::keyboard::{self, Key, key::Named};
use iced::widget::{Column, button, column, container, row, scrollable, text};
use iced::{Center, Element, Fill};

use super::scope::{Scope, plain};
use super::{Card, Weight, action};
use crate::chrome::{counted, slim};
use crate::document::recovery::{Content, Recoverable};
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, icon, style};

/// How wide the dialog is.
const WIDTH: f32 = 620.0;
/// How high the list gets before it scrolls.
const LIST: f32 = 320.0;

/// What was left behind, until it is decided about.
#[derive(Clone, Debug)]
pub struct Recovery {
    found: Vec<Recoverable>,
    /// What the ages are told against.
    now: SystemTime,
    chosen: usize,
    /// The one that was asked to be given up, and shall be asked about once more.
    doomed: Option<usize>,
}

/// What can happen to the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The line that is so many below is the one that keys are about.
    Moved(isize),
    /// This line is the one that keys are about.
    Chosen(usize),
    /// The changes of this line are wanted.
    Restored(usize),
    /// The changes of this line are not wanted.
    Discarded(usize),
    /// Enter was pressed.
    Submitted,
    /// Delete was pressed.
    Deleted,
    /// It shall be decided another time.
    Dismissed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the dialog; what is left is offered again at the next start.
    Close,
    /// Open these changes in a tab; close the dialog when [`Recovery::is_empty`].
    Restore(Box<Recoverable>),
    /// Show the text, which is all there is; close the dialog when [`Recovery::is_empty`].
    Read(Box<Recoverable>),
    /// Give these changes up; close the dialog when [`Recovery::is_empty`].
    Discard(Box<Recoverable>),
}

impl Recovery {
    /// Offers what was `found`, with ages as of `now`.
    pub fn new(found: Vec<Recoverable>, now: SystemTime) -> Self {
        Self {
            found,
            now,
            chosen: 0,
            doomed: None,
        }
    }

    /// Whether everything is decided about.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Moved(by) => {
                let last = self.found.len().saturating_sub(1);
                self.chosen = self.chosen.saturating_add_signed(by).min(last);
                self.doomed = None;
                Action::None
            }
            Message::Chosen(line) => {
                self.chosen = line;
                self.doomed = None;
                Action::None
            }
            Message::Restored(line) => self.restore(line),
            Message::Discarded(line) => self.discard(line),
            Message::Submitted => match self.doomed {
                Some(line) => self.discard(line),
                None => self.restore(self.chosen),
            },
            Message::Deleted => self.discard(self.chosen),
            Message::Dismissed if self.doomed.is_some() => {
                self.doomed = None;
                Action::None
            }
            Message::Dismissed => Action::Close,
        }
    }

    fn restore(&mut self, line: usize) -> Action {
        self.doomed = None;
        let Some(found) = self.found.get(line) else {
            return Action::None;
        };
        match found.content {
            Content::Whole(_) | Content::FileChanged(_) => {
                Action::Restore(Box::new(self.take(line)))
            }
            Content::Damaged { .. } => Action::Read(Box::new(found.clone())),
        }
    }

    fn discard(&mut self, line: usize) -> Action {
        if line >= self.found.len() {
            return Action::None;
        }
        if self.doomed != Some(line) {
            self.chosen = line;
            self.doomed = Some(line);
            return Action::None;
        }
        self.doomed = None;
        Action::Discard(Box::new(self.take(line)))
    }

    fn take(&mut self, line: usize) -> Recoverable {
        let found = self.found.remove(line);
        self.chosen = self.chosen.min(self.found.len().saturating_sub(1));
        found
    }

    /// The dialog.
    pub fn view(&self) -> Element<'_, Message> {
        let words = text(
            "The editor ended before these were saved. What you decide later is offered again.",
        )
        .size(TEXT)
        .style(style::text::muted);
        let lines = self
            .found
            .iter()
            .enumerate()
            .map(|(at, found)| self.line(at, found));
        let lines = Column::with_children(lines).spacing(GAP_SMALL + 2.0);
        let lines = container(
            scrollable(lines)
                .direction(slim())
                .style(style::list::scroll),
        )
        .max_height(LIST);
        let card = Card {
            picture: Icon::History,
            title: "Changes that were not saved".into(),
            body: column![words, lines].spacing(GAP + 4.0).into(),
            buttons: vec![action(
                "Later",
                "Esc",
                Weight::Secondary,
                Some(Message::Dismissed),
            )],
            aside: Some(
                text("Enter restores, Delete discards")
                    .size(TEXT_SMALL)
                    .style(style::text::faint)
                    .into(),
            ),
            width: WIDTH,
        };
        Scope::new(card.view(), key).into()
    }

    fn line<'a>(&'a self, at: usize, found: &'a Recoverable) -> Element<'a, Message> {
        let title = if found.title.is_empty() {
            "Untitled"
        } else {
            &found.title
        };
        let file = match &found.file {
            Some(file) => file.display().to_string(),
            None => "Never saved to a file".into(),
        };
        let trouble = match &found.content {
            Content::Whole(_) => None,
            Content::FileChanged(_) => Some("The file has been changed since."),
            Content::Damaged { .. } => Some("Damaged: there is nothing but its text."),
        };
        let trouble = trouble.map(|words| text(words).size(TEXT_SMALL).style(style::text::warning));
        let words = column![
            row![
                text(title).size(TEXT),
                text(self.about(found))
                    .size(TEXT_SMALL)
                    .style(style::text::muted),
            ]
            .spacing(GAP)
            .align_y(Center),
            text(file)
                .size(TEXT_SMALL)
                .wrapping(text::Wrapping::None)
                .style(style::text::faint),
        ]
        .push(trouble)
        .spacing(2.0);
        let restore = match found.content {
            Content::Whole(_) | Content::FileChanged(_) => "Restore",
            Content::Damaged { .. } => "Read",
        };
        let rescue = if self.chosen == at && self.doomed.is_none() {
            Weight::Primary
        } else {
            Weight::Secondary
        };
        let (discard, weight) = if self.doomed == Some(at) {
            ("Really discard", Weight::Danger)
        } else {
            ("Discard", Weight::Secondary)
        };
        let face = row![
            icon(Icon::Workflow).size(15.0).style(style::text::muted),
            container(words).width(Fill).clip(true),
            action(discard, "", weight, Some(Message::Discarded(at))),
            action(restore, "", rescue, Some(Message::Restored(at))),
        ]
        .spacing(GAP)
        .align_y(Center);
        button(face)
            .width(Fill)
            .padding([GAP - 2.0, GAP])
            .style(style::button::entry(at == self.chosen))
            .on_press(Message::Chosen(at))
            .into()
    }

    /// How old it is and how large.
    fn about(&self, found: &Recoverable) -> String {
        let nodes = found
            .content
            .graph()
            .map(|graph| counted(graph.nodes().len(), "node"));
        let age = found.written.map(|written| age(written, self.now));
        let parts: Vec<String> = nodes.into_iter().chain(age).collect();
        parts.join(" · ")
    }
}

/// How long ago `written` was, in words.
fn age(written: SystemTime, now: SystemTime) -> String {
    let seconds = now.duration_since(written).map_or(0, |age| age.as_secs());
    let (count, unit) = match seconds {
        0..60 => return "just now".into(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", counted(count as usize, unit))
}

fn key(event: &keyboard::Event) -> Option<Message> {
    match plain(event)? {
        Key::Named(Named::ArrowDown | Named::Tab) => Some(Message::Moved(1)),
        Key::Named(Named::ArrowUp) => Some(Message::Moved(-1)),
        Key::Named(Named::Enter) => Some(Message::Submitted),
        Key::Named(Named::Delete | Named::Backspace) => Some(Message::Deleted),
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Named(_) | Key::Character(_) | Key::Unidentified => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::age;

    #[test]
    fn ages_are_told_as_people_tell_them() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000);
        let check = |seconds: u64, expected: &str| {
            assert_eq!(age(now - Duration::from_secs(seconds), now), expected);
        };
        check(0, "just now");
        check(59, "just now");
        check(60, "1 minute ago");
        check(3599, "59 minutes ago");
        check(7200, "2 hours ago");
        check(90_000, "1 day ago");
        assert_eq!(age(now + Duration::from_secs(5), now), "just now");
    }
}
