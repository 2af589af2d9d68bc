//! A list of commands at a point: what can be done with what is there.

use iced::keyboard::{self, Key, key::Named};
use iced::widget::{
    Column, button, container, mouse_area, pin, responsive, row, rule, space, text,
};
use iced::{Center, Element, Fill, Point, Size};

use super::scope::Scope;
use crate::chrome::keycap;
use crate::command::Command;
use crate::keymap::Keymap;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, TEXT, style};

/// How wide the menu is.
const WIDTH: f32 = 250.0;
/// How high a line of it is.
const LINE: f32 = 28.0;
/// How high a line between two groups is.
const GAP_LINE: f32 = 9.0;
/// The gap between the menu and the edge of the window.
const MARGIN: f32 = GAP;

/// A list of commands at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    at: Point,
    items: Vec<Item>,
    chosen: Option<usize>,
}

/// A line of a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A command.
    Command {
        /// Which.
        command: Command,
        /// Whether it applies.
        enabled: bool,
    },
    /// A line between two groups.
    Line,
}

/// What can happen to a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The next line that applies, or the one before, is the one that Enter takes.
    Moved(Way),
    /// The pointer is over this line.
    Entered(usize),
    /// This line is taken.
    Picked(usize),
    /// The line that Enter takes is taken.
    Submitted,
    /// No line is taken.
    Dismissed,
}

/// A way through a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the next line.
    Down,
    /// To the line before.
    Up,
    /// To the first line.
    First,
    /// To the last line.
    Last,
}

/// What the parent shall do; all but [`Action::None`] close the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the menu.
    Close,
    /// Run a command.
    Run(Command),
}

impl Item {
    /// A line for `command`, greyed where it does not apply.
    pub fn new(command: Command, enabled: bool) -> Self {
        Self::Command { command, enabled }
    }
}

impl Menu {
    /// A menu at a point of the window.
    pub fn open(at: Point, items: Vec<Item>) -> Self {
        Self {
            at,
            items,
            chosen: None,
        }
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Moved(way) => {
                self.chosen = self.next(way);
                Action::None
            }
            Message::Entered(line) => {
                self.chosen = self.applies(line).map(|_| line);
                Action::None
            }
            Message::Picked(line) => self.pick(Some(line)),
            Message::Submitted => self.pick(self.chosen),
            Message::Dismissed => Action::Close,
        }
    }

    fn pick(&self, line: Option<usize>) -> Action {
        match line.and_then(|line| self.applies(line)) {
            Some(command) => Action::Run(command),
            None => Action::None,
        }
    }

    /// The command of a line, where it applies.
    fn applies(&self, line: usize) -> Option<Command> {
        match self.items.get(line)? {
            Item::Command {
                command,
                enabled: true,
            } => Some(*command),
            Item::Command { enabled: false, .. } | Item::Line => None,
        }
    }

    /// The line that `way` leads to; past the end it begins anew.
    fn next(&self, way: Way) -> Option<usize> {
        let lines: Vec<usize> = (0..self.items.len())
            .filter(|line| self.applies(*line).is_some())
            .collect();
        let (first, last) = (lines.first().copied(), lines.last().copied());
        match (way, self.chosen) {
            (Way::Down, Some(chosen)) => {
                lines.iter().copied().find(|line| *line > chosen).or(first)
            }
            (Way::Up, Some(chosen)) => lines
                .iter()
                .rev()
                .copied()
                .find(|line| *line < chosen)
                .or(last),
            (Way::Down | Way::First, _) => first,
            (Way::Up | Way::Last, _) => last,
        }
    }

    fn height(&self) -> f32 {
        let lines = self.items.iter().map(|item| match item {
            Item::Command { .. } => LINE,
            Item::Line => GAP_LINE,
        });
        lines.sum::<f32>() + 2.0 * GAP_SMALL + 2.0
    }

    /// Where the menu lies in a window of `size`, so that all of it can be seen.
    fn place(&self, size: Size) -> Point {
        let fitting = |at: f32, length: f32, room: f32| {
            let last = (room - length - MARGIN).max(MARGIN);
            at.clamp(MARGIN, last)
        };
        Point::new(
            fitting(self.at.x, WIDTH, size.width),
            fitting(self.at.y, self.height(), size.height),
        )
    }

    /// The menu over the whole window; a press beside it closes it.
    pub fn view<'a>(&'a self, keymap: &'a Keymap) -> Element<'a, Message> {
        let layer = responsive(move |size| {
            let lines = self
                .items
                .iter()
                .enumerate()
                .map(|(at, item)| self.line(at, *item, keymap));
            let menu = container(Column::with_children(lines))
                .width(WIDTH)
                .padding(GAP_SMALL)
                .style(style::container::floating);
            pin(menu).position(self.place(size)).into()
        });
        let layer = mouse_area(layer)
            .on_press(Message::Dismissed)
            .on_right_press(Message::Dismissed);
        Scope::new(layer, key).into()
    }

    fn line<'a>(&self, at: usize, item: Item, keymap: &'a Keymap) -> Element<'a, Message> {
        let Item::Command { command, enabled } = item else {
            return container(rule::horizontal(1).style(style::list::line))
                .height(GAP_LINE)
                .padding([0.0, GAP])
                .align_y(Center)
                .into();
        };
        let title = text(command.title()).size(TEXT);
        let title = if enabled {
            title
        } else {
            title.style(style::text::faint)
        };
        let face = row![title, space().width(Fill)]
            .push(keycap(keymap.label(command)))
            .spacing(GAP_LARGE)
            .align_y(Center);
        let line = button(container(face).center_y(Fill))
            .width(Fill)
            .height(LINE)
            .padding([0.0, GAP])
            .style(style::button::entry(self.chosen == Some(at)))
            .on_press_maybe(enabled.then_some(Message::Picked(at)));
        mouse_area(line).on_enter(Message::Entered(at)).into()
    }
}

fn key(event: &keyboard::Event) -> Option<Message> {
    let keyboard::Event::KeyPressed { key, modifiers, .. } = event else {
        return None;
    };
    match key {
        Key::Named(Named::ArrowDown) => Some(Message::Moved(Way::Down)),
        Key::Named(Named::ArrowUp) => Some(Message::Moved(Way::Up)),
        Key::Named(Named::Tab) if modifiers.shift() => Some(Message::Moved(Way::Up)),
        Key::Named(Named::Tab) => Some(Message::Moved(Way::Down)),
        Key::Named(Named::Home) => Some(Message::Moved(Way::First)),
        Key::Named(Named::End) => Some(Message::Moved(Way::Last)),
        Key::Named(Named::Enter | Named::Space) => Some(Message::Submitted),
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Named(_) | Key::Character(_) | Key::Unidentified => None,
    }
}
