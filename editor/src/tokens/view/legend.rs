//! What the colours of the token view stand for.

use iced::gradient::Linear;
use iced::widget::{column, container, row, space, text};
use iced::{Alignment, Background, Degrees, Element, Length, border};

use crate::theme::{GAP, GAP_SMALL, TEXT_SMALL, ramp, style};
use crate::tokens::board::Board;
use crate::tokens::cells::{Cell, Cells, Size};
use crate::tokens::faces::{Face, Ring, Tile};
use crate::tokens::{Message, Pane};

/// How wide a sample of a cell is.
const SWATCH: f32 = 16.0;

/// The scale of confidence, and what else a cell can look like.
pub(super) fn legend<'a>() -> Element<'a, Message> {
    let mark = |words: &'static str| text(words).size(TEXT_SMALL).style(style::text::muted);
    let scale = row![
        mark("0"),
        space().width(Length::Fill),
        mark("0.25"),
        space().width(Length::Fill),
        mark("0.5"),
        space().width(Length::Fill),
        mark("0.75"),
        space().width(Length::Fill),
        mark("1"),
    ];
    let plain = |face| {
        sample(
            Tile {
                face,
                ring: Ring::None,
            },
            false,
        )
    };
    let ringed = |ring| {
        let face = Face::Laid(ramp::colour(0.5));
        sample(Tile { face, ring }, false)
    };
    let painted = sample(
        Tile {
            face: Face::Laid(ramp::colour(0.5)),
            ring: Ring::None,
        },
        true,
    );
    let entry = |swatch, words: &'static str| {
        row![swatch, text(words).size(TEXT_SMALL)]
            .spacing(GAP)
            .width(Length::Fill)
            .align_y(Alignment::Center)
    };
    column![
        text("Confidence").size(TEXT_SMALL),
        gradient(),
        scale,
        row![
            entry(plain(Face::Masked), "masked"),
            entry(plain(Face::Given), "given"),
        ],
        row![
            entry(ringed(Ring::Now), "edited now"),
            entry(ringed(Ring::Earlier), "edited before"),
        ],
        row![entry(painted, "painted: will be laid anew")],
    ]
    .spacing(GAP_SMALL)
    .into()
}

/// All colours of confidence, from unsure to sure.
fn gradient<'a>() -> Element<'a, Message> {
    let bar = container(space().width(Length::Fill).height(12));
    bar.style(|_| {
        let stops = ramp::stops().into_iter();
        let gradient = stops.fold(Linear::new(Degrees(90.0)), |gradient, (at, colour)| {
            gradient.add_stop(at, colour)
        });
        container::Style {
            background: Some(Background::Gradient(gradient.into())),
            border: border::rounded(3),
            ..container::Style::default()
        }
    })
    .into()
}

/// A cell with this face.
pub(super) fn swatch<'a>(face: Face) -> Element<'a, Message> {
    let ring = Ring::None;
    sample(Tile { face, ring }, false)
}

fn sample<'a>(tile: Tile, painted: bool) -> Element<'a, Message> {
    let cells: Cells = painted.then_some(Cell::new(0, 0)).into_iter().collect();
    let board = Board::new(Size::new(1, 1), vec![tile], |happened| {
        Message::Board(Pane::Left, happened)
    });
    let board = board.painted(cells, Cells::default()).only_seen();
    container(board).width(SWATCH).height(SWATCH).into()
}
