//! The grids and pictures of the token view.

use iced::widget::{button, column, container, row, space, stack, text};
use iced::{Alignment, Element, Length};

use super::labelled;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, icon, style};
use crate::tokens::board::{Backdrop, Board};
use crate::tokens::cells::Cells;
use crate::tokens::difference::{self, Tally};
use crate::tokens::faces::{self, Face};
use crate::tokens::history::History;
use crate::tokens::side::Side;
use crate::tokens::{Message, Pane, TokenView};
use crate::viewer::hint::hint;

/// How much of the picture from before is seen while another is made.
const DIMMED: f32 = 0.35;

impl TokenView {
    /// Grids and pictures: of one sampler beside each other, of two below each other.
    pub(super) fn panes(&self) -> Element<'_, Message> {
        let mut panes = row![].spacing(GAP_LARGE);
        match &self.right {
            None => {
                panes = panes
                    .push(self.grid_pane(Pane::Left, &self.left))
                    .push(self.picture_pane(Pane::Left, &self.left));
            }
            Some(right) => {
                for (pane, side) in [(Pane::Left, &self.left), (Pane::Right, right)] {
                    let both = column![self.grid_pane(pane, side), self.picture_pane(pane, side)];
                    panes = panes.push(both.spacing(GAP_LARGE).width(Length::Fill));
                }
                if self.differences {
                    panes = panes.push(self.difference_pane(right));
                }
            }
        }
        container(panes)
            .padding(GAP_LARGE)
            .width(Length::Fill)
            .into()
    }

    fn grid_pane<'a>(&'a self, pane: Pane, side: &'a Side) -> Element<'a, Message> {
        let Some(history) = side.history() else {
            let node = &side.output().node;
            return titled(
                text(node.to_string()),
                space().into(),
                empty(format!("`{node}` has told no steps yet")),
            );
        };
        let step = self.step(pane);
        let (painted, footprint) = self.paint_on(pane);
        let board = Board::new(
            history.size(),
            faces::of_step(history, step),
            move |happened| Message::Board(pane, happened),
        );
        let board = board.painted(painted, footprint).pointed(self.pointed);
        let size = history.size();
        let about = format!("{} × {} tokens", size.rows, size.columns);
        let about = text(about).size(TEXT_SMALL).style(style::text::muted);
        let name = format!("{}, step {step}", side.output().node);
        titled(text(name), about.into(), board.into())
    }

    fn picture_pane<'a>(&'a self, pane: Pane, side: &'a Side) -> Element<'a, Message> {
        let step = self.step(pane);
        let Some(history) = side.history() else {
            return space().into();
        };
        let shown = side.pictures().shown();
        let current = shown.is_some_and(|shown| shown.step == step);
        let failure = side.pictures().failure(step);
        let tiles = if current {
            faces::over_picture(history, step)
        } else {
            // The veil of this step on the picture of another would hide what is laid there.
            Vec::new()
        };
        let (painted, footprint) = self.paint_on(pane);
        let board = Board::new(history.size(), tiles, move |happened| {
            Message::Board(pane, happened)
        });
        let board = board.painted(painted, footprint).pointed(self.pointed);
        let masked = history.counts()[step.min(history.last())].masked;
        let nothing_laid = masked == history.size().count();
        let content: Element<'_, Message> = match (shown, nothing_laid) {
            (_, true) => empty("Nothing is laid yet: there is nothing to decode.".into()),
            (None, false) => space().width(Length::Fill).height(Length::Fill).into(),
            (Some(shown), false) => board
                .over(Backdrop {
                    handle: shown.handle.clone(),
                    size: shown.size(),
                    opacity: if current { 1.0 } else { DIMMED },
                })
                .into(),
        };
        let content = match failure {
            Some(message) => stack![content, failed(message)].into(),
            None => content,
        };
        let state = if nothing_laid || failure.is_some() || current {
            self.open_button(pane, current)
        } else {
            let words = text("decoding …")
                .size(TEXT_SMALL)
                .style(style::text::muted);
            row![icon(Icon::Running).size(TEXT_SMALL), words]
                .spacing(GAP_SMALL)
                .align_y(Alignment::Center)
                .into()
        };
        titled(text("Decoded picture"), state, content)
    }

    fn open_button(&self, pane: Pane, there: bool) -> Element<'_, Message> {
        if !there {
            return space().into();
        }
        let open = button(icon(Icon::Open).size(TEXT))
            .on_press(Message::PictureOpened(pane))
            .padding(GAP_SMALL)
            .style(style::button::quiet);
        hint(open, "Open in the viewer (V)")
    }

    fn difference_pane(&self, right: &Side) -> Element<'_, Message> {
        let found = self
            .left
            .history()
            .zip(right.history())
            .and_then(|(left, right)| {
                let (left_grid, right_grid) = (
                    left.grid(self.step(Pane::Left)),
                    right.grid(self.step(Pane::Right)),
                );
                Some((left.size(), difference::differences(left_grid, right_grid)?))
            });
        let Some((size, differences)) = found else {
            let words = "The grids are not of one size: they cannot be compared.";
            return titled(text("Differences"), space().into(), empty(words.into()));
        };
        let tally = Tally::of(&differences);
        let tiles = faces::of_differences(&differences);
        let board = Board::new(size, tiles, |happened| Message::Board(Pane::Left, happened));
        let board = board.read_only().pointed(self.pointed);
        let line = |face: Face, number: usize, words: &'static str| {
            row![
                super::legend::swatch(face),
                text(number.to_string())
                    .size(TEXT)
                    .width(44)
                    .align_x(Alignment::End),
                text(words).size(TEXT).style(style::text::muted),
            ]
            .spacing(GAP)
            .align_y(Alignment::Center)
        };
        let legend = column![
            line(Face::Other, tally.other, "hold other codes"),
            line(Face::Same, tally.same, "hold the same code"),
            line(
                Face::LeftAlone,
                tally.left_alone,
                "are laid on the left alone"
            ),
            line(
                Face::RightAlone,
                tally.right_alone,
                "are laid on the right alone"
            ),
            line(Face::Masked, tally.masked, "are masked in both"),
        ]
        .spacing(GAP_SMALL);
        let legend = container(legend).padding(GAP).height(Length::Fill);
        let upper = titled(text("Differences"), space().into(), board.into());
        column![upper, legend]
            .spacing(GAP_LARGE)
            .width(Length::Fill)
            .into()
    }

    /// The painted cells of a sampler, and those that would be painted where the pointer is.
    fn paint_on(&self, pane: Pane) -> (Cells, Cells) {
        let size = self.side(pane).and_then(Side::history).map(History::size);
        let footprint = self.pointed.zip(size);
        let footprint = footprint.map(|(cell, size)| self.paint.footprint(cell, size));
        let painted = if self.painted == pane {
            self.paint.cells()
        } else {
            Cells::default()
        };
        (painted, footprint.unwrap_or_default())
    }
}

/// Something with a title, and with something to the right of that.
fn titled<'a>(
    title: text::Text<'a>,
    aside: Element<'a, Message>,
    content: Element<'a, Message>,
) -> Element<'a, Message> {
    let bar = row![title.size(TEXT), space().width(Length::Fill), aside]
        .height(24)
        .align_y(Alignment::Center);
    column![bar, content]
        .spacing(GAP_SMALL)
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

/// Words where there is nothing to see.
fn empty<'a>(words: String) -> Element<'a, Message> {
    let words = text(words).size(TEXT).style(style::text::muted);
    container(words.align_x(Alignment::Center))
        .center(Length::Fill)
        .padding(GAP_LARGE)
        .style(style::container::field)
        .into()
}

/// Why there is no picture.
fn failed(message: &str) -> Element<'_, Message> {
    let retry = button(labelled(Icon::Retry, "Try again"))
        .on_press(Message::Retried)
        .padding([4, 8])
        .style(style::button::secondary);
    let words = row![
        icon(Icon::Failure).size(TEXT).style(style::text::danger),
        text(message).size(TEXT).width(Length::Fill),
        retry,
    ]
    .spacing(GAP)
    .align_y(Alignment::Center);
    let card = container(words)
        .padding(GAP)
        .max_width(420)
        .style(style::container::alarm);
    container(card).center(Length::Fill).padding(GAP).into()
}
