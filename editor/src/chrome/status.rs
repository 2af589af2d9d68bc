//! The line below everything: what is going on, and how things stand.

use iced::widget::tooltip::Position;
use iced::widget::{Row, button, column, container, progress_bar, row, space, text};
use iced::{Center, Element, Fill};

use super::{Progress, counted, tip, tip_of};
use crate::command::Command;
use crate::keymap::Keymap;
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT_SMALL, icon, style};

/// How high the line is.
pub const HEIGHT: f32 = 28.0;

/// What the line shows.
#[derive(Clone, Copy, Debug)]
pub struct Status<'a> {
    /// The keys that its buttons tell.
    pub keymap: &'a Keymap,
    /// What runs compute on.
    pub device: &'a str,
    /// How far a run is, where one goes on.
    pub progress: Option<&'a Progress>,
    /// What was said last.
    pub said: Option<&'a Said>,
    /// How large things are drawn; 1 is their own size.
    pub zoom: f32,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many of them are selected.
    pub selected: usize,
    /// How much stands in the way of a run.
    pub faults: usize,
}

/// Something that is said to whoever works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The words.
    pub words: String,
    /// How they are meant.
    pub tone: Tone,
}

/// How something is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// By the way.
    Plain,
    /// Something went well.
    Good,
    /// Something needs a look.
    Warning,
    /// Something failed or is refused.
    Bad,
}

/// What can happen on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// This is to be done.
    Command(Command),
    /// What stands in the way is to be shown, one after the other.
    FaultsPressed,
    /// What was said has been read.
    Read,
}

impl Said {
    /// Something said by the way.
    pub fn plain(words: impl Into<String>) -> Self {
        Self::new(words, Tone::Plain)
    }

    /// Something that went well.
    pub fn good(words: impl Into<String>) -> Self {
        Self::new(words, Tone::Good)
    }

    /// Something that needs a look.
    pub fn warning(words: impl Into<String>) -> Self {
        Self::new(words, Tone::Warning)
    }

    /// Something that failed or is refused.
    pub fn bad(words: impl Into<String>) -> Self {
        Self::new(words, Tone::Bad)
    }

    fn new(words: impl Into<String>, tone: Tone) -> Self {
        Self {
            words: words.into(),
            tone,
        }
    }
}

impl<'a> Status<'a> {
    /// The line.
    pub fn view(self) -> Element<'a, Message> {
        let share = self.progress.map_or(0.0, |progress| progress.share);
        let edge = progress_bar(0.0..=1.0, share)
            .girth(2)
            .style(style::field::progress);
        let right = Row::new()
            .push(self.faults())
            .push(self.nodes())
            .push(self.zoom())
            .push(self.device())
            .spacing(GAP)
            .align_y(Center);
        let line = row![self.said(), right]
            .spacing(GAP)
            .height(Fill)
            .align_y(Center);
        container(column![edge, container(line).padding([0.0, GAP])])
            .height(HEIGHT)
            .style(style::container::panel)
            .into()
    }

    fn said(self) -> Element<'a, Message> {
        let words = match (self.said, self.progress) {
            // What failed or is refused must be seen even while something runs.
            (Some(said), _) if said.tone == Tone::Bad => said.view(),
            (_, Some(progress)) => quiet(Icon::Running, progress.words()).into(),
            (Some(said), None) => said.view(),
            (None, None) => space().into(),
        };
        container(words).width(Fill).clip(true).into()
    }

    fn faults(self) -> Option<Element<'a, Message>> {
        if self.faults == 0 {
            return None;
        }
        let face = row![
            icon(Icon::Warning).size(12.0).style(style::text::warning),
            text(counted(self.faults, "problem")).size(TEXT_SMALL),
        ]
        .spacing(GAP_SMALL)
        .align_y(Center);
        let face = small(face).on_press(Message::FaultsPressed);
        Some(tip(
            face,
            "Shows what stands in the way of a run, one after the other.",
            Position::Top,
        ))
    }

    fn nodes(self) -> Element<'a, Message> {
        let nodes = counted(self.nodes, "node");
        let words = match self.selected {
            0 => nodes,
            some => format!("{nodes}, {some} selected"),
        };
        text(words)
            .size(TEXT_SMALL)
            .style(style::text::muted)
            .into()
    }

    fn zoom(self) -> Element<'a, Message> {
        let words = format!("{:.0} %", self.zoom * 100.0);
        let face = small(text(words).size(TEXT_SMALL).width(38).align_x(Center))
            .on_press(Message::Command(Command::ZoomReset));
        tip_of(face, Command::ZoomReset, self.keymap, Position::Top)
    }

    fn device(self) -> Element<'a, Message> {
        tip(
            quiet(Icon::Cpu, self.device),
            "What runs compute on",
            Position::Top,
        )
    }
}

impl Said {
    fn view(&self) -> Element<'_, Message> {
        let (picture, colour): (_, fn(&iced::Theme) -> text::Style) = match self.tone {
            Tone::Plain => (Icon::Info, style::text::muted),
            Tone::Good => (Icon::Success, style::text::success),
            Tone::Warning => (Icon::Warning, style::text::warning),
            Tone::Bad => (Icon::Failure, style::text::danger),
        };
        let face = row![
            icon(picture).size(12.0).style(colour),
            text(&self.words)
                .size(TEXT_SMALL)
                .wrapping(text::Wrapping::None),
        ]
        .spacing(GAP_SMALL + 1.0)
        .align_y(Center);
        let face = small(face).on_press(Message::Read);
        tip(face, self.words.as_str(), Position::Top)
    }
}

fn small<'a>(face: impl Into<Element<'a, Message>>) -> button::Button<'a, Message> {
    button(face)
        .padding([2.0, GAP_SMALL + 1.0])
        .style(style::button::quiet)
}

fn quiet<'a>(picture: Icon, words: impl text::IntoFragment<'a>) -> Row<'a, Message> {
    row![
        icon(picture).size(12.0).style(style::text::muted),
        text(words)
            .size(TEXT_SMALL)
            .wrapping(text::Wrapping::None)
            .style(style::text::muted),
    ]
    .spacing(GAP_SMALL + 1.0)
    .align_y(Center)
}
