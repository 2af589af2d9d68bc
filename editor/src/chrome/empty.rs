//! What an empty canvas says to whoever sees it first.

use std::path::{Path, PathBuf};

use iced::widget::scrollable::{Direction, Scrollbar};
use iced::widget::{Column, button, column, container, row, scrollable, space, text};
use iced::{Center, Element, Fill};

use super::{keycap, shortened};
use crate::command::Command;
use crate::keymap::Keymap;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_HEADING, TEXT_SMALL, icon, style};

/// How many recent files are offered.
const RECENT: usize = 5;
/// How many letters of a title, a folder's path or a purpose there is room for.
const LETTERS: usize = 38;
/// How many more there are of the small ones that tell what something is for.
const MORE: usize = 4;
/// How wide each of both columns is.
const WIDTH: f32 = 290.0;

/// A workflow to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it is called.
    pub title: String,
    /// What it is about, in a few words.
    pub about: String,
    /// Its file.
    pub path: PathBuf,
}

/// What can be done about an empty canvas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// This is to be done.
    Command(Command),
    /// This file is to be opened.
    Opened(PathBuf),
    /// This example is to be opened as a workflow that has no file yet.
    Example(PathBuf),
}

/// What an empty canvas says; the canvas below stays within reach of the pointer.
pub fn view<'a>(
    keymap: &Keymap,
    recent: &'a [PathBuf],
    examples: &'a [Example],
) -> Element<'a, Message> {
    let head = column![
        text("Nothing here yet").size(TEXT_HEADING),
        text("Add a node, drop a file, or begin with a workflow that works.")
            .size(TEXT)
            .style(style::text::muted),
    ]
    .spacing(GAP_SMALL + 2.0)
    .padding([0.0, GAP]);
    let mut begin = Column::new().push(caption("Begin"));
    for (command, picture) in [
        (Command::Search, Icon::Plus),
        (Command::Open, Icon::FolderOpen),
        (Command::Palette, Icon::Terminal),
        (Command::Keys, Icon::Keyboard),
    ] {
        begin = begin.push(action(command, picture, keymap));
    }
    let mut lists = Column::new().spacing(GAP_LARGE);
    if !recent.is_empty() {
        let lines = recent.iter().take(RECENT).map(|path| file(path));
        lists = lists.push(list("Recent", lines));
    }
    if !examples.is_empty() {
        lists = lists.push(list("Examples", examples.iter().map(example)));
    }
    let columns = row![begin.width(WIDTH)]
        .push((!recent.is_empty() || !examples.is_empty()).then(|| scrolled(lists)))
        .spacing(GAP_LARGE * 2.0);
    let card = column![head, columns].spacing(GAP_LARGE * 1.5);
    container(card).center(Fill).padding(GAP_LARGE).into()
}

/// The lists, which may be longer than the window is high.
fn scrolled(lists: Column<'_, Message>) -> Element<'_, Message> {
    let bar = Scrollbar::new().width(6).scroller_width(6).margin(2);
    scrollable(lists.width(WIDTH))
        .direction(Direction::Vertical(bar))
        .style(style::list::scroll)
        .into()
}

/// A list under a heading.
fn list<'a>(
    heading: &'static str,
    lines: impl Iterator<Item = Element<'a, Message>>,
) -> Column<'a, Message> {
    Column::new()
        .push(caption(heading))
        .push(Column::with_children(lines))
}

fn caption<'a>(words: &'static str) -> Element<'a, Message> {
    container(text(words).size(TEXT_SMALL).style(style::text::faint))
        .padding([GAP_SMALL, GAP])
        .into()
}

fn action<'a>(command: Command, picture: Icon, keymap: &Keymap) -> Element<'a, Message> {
    let face = row![
        icon(picture).size(15.0).style(style::text::accent),
        text(command.title()).size(TEXT),
        space().width(Fill),
    ]
    .push(keycap(keymap.label(command)))
    .spacing(GAP + 2.0)
    .align_y(Center);
    line(face, Message::Command(command))
}

fn file(path: &Path) -> Element<'_, Message> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().map(folder_in_short).unwrap_or_default();
    line(
        two(Icon::File, name.into_owned(), folder),
        Message::Opened(path.to_owned()),
    )
}

/// The end of a folder's path, which tells folders apart.
fn folder_in_short(folder: &Path) -> String {
    let whole = folder.to_string_lossy();
    let letters = whole.chars().count();
    if letters <= LETTERS {
        return whole.into_owned();
    }
    let end: String = whole.chars().skip(letters - LETTERS).collect();
    // A name that is cut is worth less than its place.
    let end = end.find('/').map_or(end.as_str(), |at| &end[at..]);
    format!("…{end}")
}

fn example(example: &Example) -> Element<'_, Message> {
    line(
        two(Icon::Workflow, example.title.clone(), example.about.clone()),
        Message::Example(example.path.clone()),
    )
}

fn two<'a>(picture: Icon, title: String, about: String) -> Element<'a, Message> {
    let words = column![
        text(shortened(&title, LETTERS))
            .size(TEXT)
            .wrapping(text::Wrapping::None),
        text(shortened(&about, LETTERS + MORE))
            .size(TEXT_SMALL)
            .wrapping(text::Wrapping::None)
            .style(style::text::faint),
    ]
    .spacing(2.0);
    row![
        icon(picture).size(15.0).style(style::text::muted),
        container(words).width(Fill).clip(true),
    ]
    .spacing(GAP + 2.0)
    .align_y(Center)
    .into()
}

fn line<'a>(face: impl Into<Element<'a, Message>>, message: Message) -> Element<'a, Message> {
    button(face)
        .width(Fill)
        .padding([GAP_SMALL + 2.0, GAP])
        .style(style::button::entry(false))
        .on_press(message)
        .into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::folder_in_short;

    #[test]
    fn a_long_folder_is_told_by_its_end() {
        let check = |folder: &str, expected: &str| {
            assert_eq!(folder_in_short(Path::new(folder)), expected);
        };
        check("/home/ann/workflows", "/home/ann/workflows");
        check(
            "/home/ann/pictures/of-this-year/and-of-the-last/workflows",
            "…/and-of-the-last/workflows",
        );
        check(
            "/home/ann/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrst",
            "…ijklmnopqrstuvwxyzabcdefghijklmnopqrst",
        );
    }
}
