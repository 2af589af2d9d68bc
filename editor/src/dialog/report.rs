//! Tells what is wrong with a file that cannot be opened, and shows where.

use std::path::Path;

use graph::problem::{Problem, Problems};
use iced::keyboard::{self, Key, key::Named};
use iced::widget::{Column, Id, button, column, container, row, scrollable, text};
use iced::{Background, Center, Element, Fill, Font, Theme};

use super::scope::{Scope, plain};
use super::{Card, Weight, action};
use crate::chrome::{counted, slim};
use crate::document::file::OpenError;
use crate::theme::{GAP, GAP_SMALL, Icon, Look, TEXT, TEXT_SMALL, icon, style};

/// How wide the dialog is.
const WIDTH: f32 = 760.0;
/// How high the list gets before it scrolls.
const LIST: f32 = 190.0;
/// How high the piece of the file is.
const TEXT_HEIGHT: f32 = 220.0;
/// How many lines before and behind the place are shown.
const AROUND: usize = 40;
/// How high a line of the file is.
const LINE: f32 = 18.0;
/// How many letters of a line of the file are shown.
const LETTERS: usize = 200;

const EXCERPT: Id = Id::new("report excerpt");

/// What is wrong with a file.
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    file: String,
    wrongs: Vec<Wrong>,
    lines: Vec<String>,
    chosen: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrong {
    /// The line and the column, counted from 1.
    place: Option<(usize, usize)>,
    message: String,
    hint: Option<String>,
}

/// What can happen to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The problem that is so many below is shown.
    Moved(isize),
    /// This problem is shown.
    Picked(usize),
    /// The report is wanted as text.
    Copied,
    /// Another file is to be opened.
    Another,
    /// The report has been read.
    Dismissed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the report.
    Close,
    /// Close the report and ask for another file.
    OpenAnother,
    /// Put this text into the clipboard.
    Copy(String),
}

impl Report {
    /// Tells why a file could not be opened; it is read once more, to show where.
    pub fn of(error: &OpenError) -> Self {
        match error {
            OpenError::Invalid { path, problems } => {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                Self::new(path, problems, &text)
            }
            OpenError::Unreadable { path, .. }
            | OpenError::NoWorkflow { path }
            | OpenError::DamagedPicture { path, .. } => Self {
                title: "This file cannot be opened".into(),
                file: path.display().to_string(),
                wrongs: vec![Wrong {
                    place: None,
                    message: error.to_string(),
                    hint: None,
                }],
                lines: Vec::new(),
                chosen: 0,
            },
        }
    }

    /// Tells the problems of the workflow at `path`, whose text is `text`.
    pub fn new(path: &Path, problems: &Problems, text: &str) -> Self {
        let count = counted(problems.len(), "problem");
        Self {
            title: format!("This workflow cannot be read: {count}"),
            file: path.display().to_string(),
            wrongs: problems.iter().map(Wrong::new).collect(),
            lines: text.lines().map(shown).collect(),
            chosen: 0,
        }
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Moved(by) => {
                let last = self.wrongs.len().saturating_sub(1);
                self.chosen = self.chosen.saturating_add_signed(by).min(last);
                Action::None
            }
            Message::Picked(wrong) => {
                self.chosen = wrong;
                Action::None
            }
            Message::Copied => Action::Copy(self.to_text()),
            Message::Another => Action::OpenAnother,
            Message::Dismissed => Action::Close,
        }
    }

    /// The report as text.
    fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.title, self.file);
        for wrong in &self.wrongs {
            text += &match wrong.place {
                Some((line, column)) => format!("{line}:{column}: {}\n", wrong.message),
                None => format!("{}\n", wrong.message),
            };
            if let Some(hint) = &wrong.hint {
                text += &format!("    {hint}\n");
            }
        }
        text
    }

    /// The line of the file that is at fault, counted from 0.
    fn line(&self) -> Option<usize> {
        let (line, _) = self.wrongs.get(self.chosen)?.place?;
        line.checked_sub(1).filter(|line| *line < self.lines.len())
    }

    /// The dialog.
    pub fn view(&self) -> Element<'_, Message> {
        let file = text(&self.file).size(TEXT_SMALL).style(style::text::muted);
        let wrongs = self
            .wrongs
            .iter()
            .enumerate()
            .map(|(at, wrong)| wrong.view(at, at == self.chosen));
        let wrongs = scrollable(
            Column::with_children(wrongs).padding(iced::Padding::default().right(GAP_SMALL + 10.0)),
        )
        .direction(slim())
        .style(style::list::scroll);
        let line = self.line();
        let body = column![file, container(wrongs).max_height(LIST)]
            .push(line.map(|line| self.excerpt(line)))
            .spacing(GAP + 2.0);
        let card = Card {
            picture: Icon::Warning,
            title: self.title.clone(),
            body: body.into(),
            buttons: vec![
                action("Close", "Esc", Weight::Secondary, Some(Message::Dismissed)),
                action(
                    "Open another…",
                    "Enter",
                    Weight::Primary,
                    Some(Message::Another),
                ),
            ],
            aside: Some(action(
                "Copy",
                "C",
                Weight::Secondary,
                Some(Message::Copied),
            )),
            width: WIDTH,
        };
        let above = line.map_or(0, |line| line.min(AROUND));
        let middle = (above as f32 * LINE - (TEXT_HEIGHT - LINE) / 2.0).max(0.0);
        Scope::new(card.view(), key).reveal(EXCERPT, middle).into()
    }

    /// The lines of the file around the one at fault.
    fn excerpt(&self, at: usize) -> Element<'_, Message> {
        let first = at.saturating_sub(AROUND);
        let lines = self.lines.iter().enumerate().skip(first);
        let lines = lines.take(at - first + AROUND + 1).map(|(number, line)| {
            let face = row![
                text(number + 1)
                    .size(TEXT_SMALL)
                    .font(Font::MONOSPACE)
                    .width(40)
                    .align_x(iced::Right)
                    .style(style::text::faint),
                text(line)
                    .size(TEXT_SMALL + 1.0)
                    .font(Font::MONOSPACE)
                    .wrapping(text::Wrapping::None),
            ]
            .spacing(GAP + 4.0)
            .align_y(Center);
            let line = container(face).width(Fill).height(LINE).align_y(Center);
            let is_faulty = number == at;
            line.style(move |theme| {
                if is_faulty {
                    faulty(theme)
                } else {
                    container::Style::default()
                }
            })
            .into()
        });
        let lines = scrollable(Column::with_children(lines))
            .id(EXCERPT)
            .direction(slim())
            .style(style::list::scroll);
        container(lines)
            .height(TEXT_HEIGHT)
            .width(Fill)
            .padding(1)
            .clip(true)
            .style(style::container::field)
            .into()
    }
}

impl Wrong {
    fn new(problem: &Problem) -> Self {
        Self {
            place: problem.at.as_ref().map(|place| (place.line, place.column)),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        }
    }

    fn view(&self, at: usize, is_chosen: bool) -> Element<'_, Message> {
        let place = match self.place {
            Some((line, column)) => format!("{line}:{column}"),
            None => String::new(),
        };
        let hint = self
            .hint
            .as_ref()
            .map(|hint| text(hint).size(TEXT_SMALL).style(style::text::muted));
        let words = column![text(&self.message).size(TEXT)]
            .push(hint)
            .spacing(2.0);
        let face = row![
            container(icon(Icon::Failure).size(13.0).style(style::text::danger))
                .padding([2.0, 0.0]),
            words.width(Fill),
            text(place)
                .size(TEXT_SMALL)
                .font(Font::MONOSPACE)
                .style(style::text::faint),
        ]
        .spacing(GAP);
        button(face)
            .width(Fill)
            .padding([GAP_SMALL + 2.0, GAP])
            .style(style::button::entry(is_chosen))
            .on_press(Message::Picked(at))
            .into()
    }
}

/// A line of a file as it is shown: no longer than anybody reads, and with blanks for tabs.
fn shown(line: &str) -> String {
    let line: String = line.chars().take(LETTERS).collect();
    line.replace('\t', "    ")
}

fn faulty(theme: &Theme) -> container::Style {
    let look = Look::of(theme);
    container::Style {
        background: Some(Background::Color(Look::tint(look.field, look.danger, 0.2))),
        ..container::Style::default()
    }
}

fn key(event: &keyboard::Event) -> Option<Message> {
    match plain(event)? {
        Key::Named(Named::ArrowDown | Named::Tab) => Some(Message::Moved(1)),
        Key::Named(Named::ArrowUp) => Some(Message::Moved(-1)),
        Key::Named(Named::Enter) => Some(Message::Another),
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Character(letter) if letter.as_str() == "c" => Some(Message::Copied),
        Key::Named(_) | Key::Character(_) | Key::Unidentified => None,
    }
}
