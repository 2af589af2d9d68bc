//! How the dialog looks: the path on top, what it can become below.

use std::path::Path;

use iced::keyboard::{self, Key, key::Named};
use iced::widget::{
    Column, Id, button, column, container, row, scrollable, space, text, text_input,
};
use iced::{Center, Element, Fill};

use super::super::scope::{Scope, plain};
use super::super::{Card, Weight, action};
use super::{Files, Line, Message, Purpose};
use crate::chrome::slim;
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};

/// How wide the dialog is.
const WIDTH: f32 = 620.0;
/// How high the list is.
const LIST: f32 = 300.0;
/// How high a line of it is.
const LINE: f32 = 30.0;

const PATH: Id = Id::new("files path");
const ENTRIES: Id = Id::new("files list");

impl Files {
    /// The dialog.
    pub fn view(&self) -> Element<'_, Message> {
        let valid = self.trouble.is_none();
        let path = text_input("A file, or a folder to look into", &self.path)
            .id(PATH)
            .on_input(Message::Typed)
            .size(TEXT_TITLE)
            .padding(GAP)
            .style(style::field::input(valid));
        let body = column![path, self.list_view(), self.told()].spacing(GAP);
        let (picture, title) = match self.purpose {
            Purpose::Open => (Icon::FolderOpen, "Open a workflow"),
            Purpose::SaveAs => (Icon::Save, "Save the workflow as"),
            Purpose::SavePicture => (Icon::Save, "Save the picture as"),
        };
        let (verb, weight) = match (self.purpose, &self.replacing) {
            (Purpose::Open, _) => ("Open", Weight::Primary),
            (Purpose::SaveAs | Purpose::SavePicture, None) => ("Save", Weight::Primary),
            (Purpose::SaveAs | Purpose::SavePicture, Some(_)) => ("Replace", Weight::Danger),
        };
        let browse = action(
            "Browse…",
            "Ctrl+B",
            Weight::Secondary,
            Some(Message::Browsed),
        );
        let card = Card {
            picture,
            title: title.into(),
            body: body.into(),
            buttons: vec![
                action("Cancel", "Esc", Weight::Secondary, Some(Message::Dismissed)),
                action(verb, "Enter", weight, Some(Message::Submitted)),
            ],
            aside: Some(browse),
            width: WIDTH,
        };
        Scope::new(card.view(), key)
            .focus_first(PATH)
            .caret_at_end(PATH, self.completions)
            .reveal(ENTRIES, self.offset())
            .into()
    }

    /// How far the list is scrolled so that the chosen line stands in its middle.
    fn offset(&self) -> f32 {
        let above = self.chosen.unwrap_or(0) as f32 * LINE;
        let total = self.rows.len() as f32 * LINE;
        (above - (LIST - LINE) / 2.0).clamp(0.0, (total - LIST).max(0.0))
    }

    fn list_view(&self) -> Element<'_, Message> {
        let lines = self
            .rows
            .iter()
            .enumerate()
            .map(|(at, line)| entry(at, line, self.chosen == Some(at)));
        let lines: Element<'_, Message> = if self.rows.is_empty() {
            let words = match self.purpose {
                Purpose::Open => "No workflow and no folder is called that",
                Purpose::SaveAs | Purpose::SavePicture => "A new file",
            };
            let words = text(words).size(TEXT).style(style::text::muted);
            container(words).center(Fill).into()
        } else {
            scrollable(
                Column::with_children(lines)
                    .padding(iced::Padding::from(GAP_SMALL).right(GAP_SMALL + 10.0)),
            )
            .id(ENTRIES)
            .width(Fill)
            .height(Fill)
            .direction(slim())
            .style(style::list::scroll)
            .into()
        };
        container(lines)
            .height(LIST)
            .width(Fill)
            .style(style::container::field)
            .into()
    }

    /// What is wrong, or what the keys do; always one line, so that nothing jumps.
    fn told(&self) -> Element<'_, Message> {
        let told = |picture: Icon, words: String, colour: fn(&iced::Theme) -> text::Style| {
            row![
                icon(picture).size(13.0).style(colour),
                text(words).size(TEXT_SMALL).style(colour),
            ]
            .spacing(GAP_SMALL + 2.0)
            .align_y(Center)
            .into()
        };
        if let Some(trouble) = &self.trouble {
            return told(Icon::Failure, trouble.clone(), style::text::danger);
        }
        if let Some(path) = &self.replacing {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let words = format!("{name} is there already. Enter once more replaces it.");
            return told(Icon::Warning, words, style::text::warning);
        }
        let words = match self.purpose {
            Purpose::Open => {
                "Tab completes, arrows choose, Enter opens. Pictures may carry a workflow."
            }
            Purpose::SaveAs | Purpose::SavePicture => "Tab completes, arrows choose, Enter saves.",
        };
        told(Icon::Keyboard, words.into(), style::text::faint)
    }
}

fn entry(at: usize, line: &Line, is_chosen: bool) -> Element<'_, Message> {
    let picture = match (line.is_recent, line.is_folder) {
        (true, _) => Icon::History,
        (false, true) => Icon::Folder,
        (false, false) if is_picture(&line.path) => Icon::Image,
        (false, false) => Icon::Workflow,
    };
    let folder = line.path.parent().filter(|_| line.is_recent);
    let folder = folder.map(|folder| {
        text(folder.display().to_string())
            .size(TEXT_SMALL)
            .wrapping(text::Wrapping::None)
            .style(style::text::faint)
    });
    let face = row![
        icon(picture).size(14.0).style(style::text::muted),
        text(&line.name).size(TEXT).wrapping(text::Wrapping::None),
        space().width(Fill),
    ]
    .push(folder)
    .spacing(GAP)
    .align_y(Center);
    button(container(face).center_y(Fill).clip(true))
        .width(Fill)
        .height(LINE)
        .padding([0.0, GAP])
        .style(style::button::entry(is_chosen))
        .on_press(Message::Picked(at))
        .into()
}

fn is_picture(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("png"))
}

fn key(event: &keyboard::Event) -> Option<Message> {
    if let keyboard::Event::KeyPressed { key, modifiers, .. } = event
        && modifiers.command()
        && *key == Key::Character("b".into())
    {
        return Some(Message::Browsed);
    }
    match plain(event)? {
        Key::Named(Named::ArrowDown) => Some(Message::Moved(1)),
        Key::Named(Named::ArrowUp) => Some(Message::Moved(-1)),
        Key::Named(Named::PageDown) => Some(Message::Moved(8)),
        Key::Named(Named::PageUp) => Some(Message::Moved(-8)),
        Key::Named(Named::Tab) => Some(Message::Completed),
        Key::Named(Named::Enter) => Some(Message::Submitted),
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Named(_) | Key::Character(_) | Key::Unidentified => None,
    }
}
