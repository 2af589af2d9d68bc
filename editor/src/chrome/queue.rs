//! The panel of the runs: those that wait, the one that runs, and those that are over.

use iced::widget::tooltip::Position;
use iced::widget::{
    Column, Row, column, container, progress_bar, row, rule, scrollable, space, text,
};
use iced::{Center, Element, Fill, Theme};

use super::{Progress, lasting, round, shortened, slim, square, tip, tip_of};
use crate::command::Command;
use crate::keymap::Keymap;
use crate::queue::{Entry, EntryId, EntryState, Queue};
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};

/// How many settings of a run are shown.
const SETTINGS: usize = 8;
/// How many letters of a setting are shown.
const LETTERS: usize = 24;

/// What can happen in the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// This run is to come before the one before it.
    Raised(EntryId),
    /// This run is to come behind the one behind it.
    Lowered(EntryId),
    /// This run is to be taken from the list.
    Removed(EntryId),
    /// This run is to be run once more.
    Retried(EntryId),
    /// The run that goes on is to stop.
    Cancelled(EntryId),
    /// The workflow of this run is to be opened as it was put there.
    Opened(EntryId),
    /// No more runs are to start.
    Paused,
    /// Runs are to start again.
    Resumed,
    /// Runs that are over are to be taken from the list.
    Cleared,
    /// The panel is to be closed.
    Closed,
}

/// What the panel shows.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// The runs.
    pub queue: &'a Queue,
    /// How far the one is that runs.
    pub progress: Option<&'a Progress>,
    /// The keys that buttons tell.
    pub keymap: &'a Keymap,
}

impl<'a> Panel<'a> {
    /// The panel, as large as there is room.
    pub fn view(self) -> Element<'a, Message> {
        let entries = self.queue.entries();
        let mut list = Column::new().spacing(GAP_SMALL + 2.0);
        if let Some(trouble) = self.queue.trouble() {
            let words = format!("The queue cannot be kept for the next start: {trouble}.");
            list = list.push(told(Icon::Warning, words));
        }
        let waits = |entry: &&Entry| entry.state == EntryState::Waiting;
        if self.queue.is_paused() && entries.iter().any(|entry| waits(&entry)) {
            let words = "Paused: what waits begins when you resume.".to_owned();
            list = list.push(told(Icon::Pause, words));
        }
        let running = self.queue.running();
        let waiting: Vec<&Entry> = entries.iter().filter(waits).collect();
        let over = entries.iter().rev().filter(|entry| entry.is_over());
        list = list.extend(running.map(|entry| self.entry(entry, Place::default())));
        for (at, entry) in waiting.iter().enumerate() {
            let place = Place {
                first: at == 0,
                last: at + 1 == waiting.len(),
            };
            list = list.push(self.entry(entry, place));
        }
        list = list.extend(over.map(|entry| self.entry(entry, Place::default())));
        let body: Element<'a, Message> = if entries.is_empty() {
            self.nothing()
        } else {
            scrollable(container(list).padding([GAP_SMALL, GAP + 2.0]))
                .height(Fill)
                .direction(slim())
                .style(style::list::scroll)
                .into()
        };
        let line = rule::horizontal(1).style(style::list::line);
        container(column![
            self.head(waiting.len()),
            line,
            space().height(GAP_SMALL),
            body
        ])
        .width(Fill)
        .height(Fill)
        .style(style::container::panel)
        .into()
    }

    fn head(self, waiting: usize) -> Element<'a, Message> {
        let title = match waiting {
            0 => "Queue".to_owned(),
            some => format!("Queue: {some} waiting"),
        };
        let (picture, words, message) = if self.queue.is_paused() {
            (Icon::Play, "Resume: start what waits", Message::Resumed)
        } else {
            (Icon::Pause, "Pause: start no more runs", Message::Paused)
        };
        let over = self.queue.entries().iter().any(Entry::is_over);
        let clear = square(
            Icon::Trash,
            style::button::quiet,
            over.then_some(Message::Cleared),
        );
        let close = square(Icon::Close, style::button::quiet, Some(Message::Closed));
        let head = row![
            text(title).size(TEXT_TITLE).width(Fill),
            tip(
                square(picture, style::button::quiet, Some(message)),
                words,
                Position::Bottom
            ),
            tip(clear, "Clear: forget runs that are over", Position::Bottom),
            tip_of(close, Command::Queue, self.keymap, Position::Bottom),
        ]
        .spacing(2.0)
        .align_y(Center);
        container(head)
            .padding(iced::Padding {
                left: GAP_LARGE,
                ..iced::Padding::from(GAP_SMALL + 2.0)
            })
            .into()
    }

    fn nothing(self) -> Element<'a, Message> {
        let keys = self.keymap.label(Command::Run);
        let words = if keys.is_empty() {
            "Runs are listed here.".to_owned()
        } else {
            format!("Runs are listed here: press {keys} to start one.")
        };
        let words = text(words).size(TEXT).style(style::text::muted).center();
        container(words).center(Fill).padding(GAP_LARGE).into()
    }

    fn entry(self, entry: &'a Entry, place: Place) -> Element<'a, Message> {
        let (picture, colour) = face(&entry.state);
        let until = entry.until.as_ref().map(|node| {
            text(format!("to {node}"))
                .size(TEXT_SMALL)
                .style(style::text::muted)
        });
        let title = row![
            icon(picture).size(14.0).style(colour),
            text(&entry.label).size(TEXT).wrapping(text::Wrapping::None),
        ]
        .push(until)
        .spacing(GAP_SMALL + 3.0)
        .align_y(Center);
        let head = row![
            tip(
                container(title).width(Fill).clip(true),
                entry.label.as_str(),
                Position::Bottom
            ),
            buttons(entry, place),
        ]
        .spacing(GAP_SMALL)
        .align_y(Center);
        let body = Column::new()
            .push(head)
            .push(self.told(entry))
            .push(settings(entry))
            .spacing(GAP_SMALL + 1.0);
        container(body)
            .padding([GAP - 2.0, GAP])
            .width(Fill)
            .style(style::container::card)
            .into()
    }

    /// How it fares, in a line of its own where there is something to say.
    fn told(self, entry: &'a Entry) -> Option<Element<'a, Message>> {
        match &entry.state {
            EntryState::Waiting | EntryState::Cancelled => None,
            EntryState::Running(_) => {
                let progress = self.progress?;
                let words = text(progress.words())
                    .size(TEXT_SMALL)
                    .style(style::text::muted);
                let bar = progress_bar(0.0..=1.0, progress.share)
                    .girth(4)
                    .style(style::field::progress);
                Some(column![bar, words].spacing(GAP_SMALL).into())
            }
            EntryState::Done { took } => Some(
                text(format!("Done in {}", lasting(*took)))
                    .size(TEXT_SMALL)
                    .style(style::text::muted)
                    .into(),
            ),
            EntryState::Failed { message } => Some(
                text(message)
                    .size(TEXT_SMALL)
                    .style(style::text::danger)
                    .into(),
            ),
        }
    }
}

/// Where an entry stands among those that wait.
#[derive(Clone, Copy, Default)]
struct Place {
    first: bool,
    last: bool,
}

fn face(state: &EntryState) -> (Icon, fn(&Theme) -> text::Style) {
    match state {
        EntryState::Waiting => (Icon::Clock, style::text::muted),
        EntryState::Running(_) => (Icon::Running, style::text::accent),
        EntryState::Done { .. } => (Icon::Success, style::text::success),
        EntryState::Failed { .. } => (Icon::Failure, style::text::danger),
        EntryState::Cancelled => (Icon::Cancelled, style::text::muted),
    }
}

fn buttons<'a>(entry: &Entry, place: Place) -> Element<'a, Message> {
    let id = entry.id;
    let action = |picture: Icon, words: &'static str, message: Option<Message>| {
        tip(round(picture, message), words, Position::Bottom)
    };
    let open = action(Icon::Open, "Open as it was", Some(Message::Opened(id)));
    let buttons: Vec<Element<'a, Message>> = match entry.state {
        EntryState::Waiting => vec![
            action(
                Icon::ArrowUp,
                "Run earlier",
                (!place.first).then_some(Message::Raised(id)),
            ),
            action(
                Icon::ArrowDown,
                "Run later",
                (!place.last).then_some(Message::Lowered(id)),
            ),
            open,
            action(Icon::Close, "Remove", Some(Message::Removed(id))),
        ],
        EntryState::Running(_) => vec![
            open,
            action(Icon::Stop, "Cancel", Some(Message::Cancelled(id))),
        ],
        EntryState::Done { .. } | EntryState::Failed { .. } | EntryState::Cancelled => vec![
            action(Icon::Retry, "Run once more", Some(Message::Retried(id))),
            open,
            action(Icon::Close, "Remove", Some(Message::Removed(id))),
        ],
    };
    Row::with_children(buttons).into()
}

/// What is set from outside, so that runs of one workflow can be told apart.
fn settings(entry: &Entry) -> Option<Element<'_, Message>> {
    if entry.settings.is_empty() {
        return None;
    }
    let chips = entry.settings.iter().take(SETTINGS).map(|(name, value)| {
        let chip = row![
            text(name).size(TEXT_SMALL).style(style::text::faint),
            text(shortened(value, LETTERS)).size(TEXT_SMALL),
        ]
        .spacing(GAP_SMALL);
        container(chip)
            .padding([1.0, GAP_SMALL + 1.0])
            .style(style::container::badge)
            .into()
    });
    let more = entry.settings.len().saturating_sub(SETTINGS);
    let more = (more > 0).then(|| {
        text(format!("and {more} more"))
            .size(TEXT_SMALL)
            .style(style::text::faint)
    });
    let chips = Row::with_children(chips)
        .push(more)
        .spacing(GAP_SMALL)
        .wrap()
        .vertical_spacing(GAP_SMALL);
    Some(chips.into())
}

fn told<'a>(picture: Icon, words: String) -> Element<'a, Message> {
    let face = row![
        icon(picture).size(13.0).style(style::text::warning),
        text(words).size(TEXT_SMALL).width(Fill),
    ]
    .spacing(GAP)
    .align_y(Center);
    container(face)
        .padding([GAP_SMALL + 2.0, GAP])
        .style(style::container::notice)
        .into()
}
