//! How the token view is laid out.

mod legend;
mod panes;
mod sidebar;
mod transport;

use graph::document::PortRef;

use iced::widget::{button, column, container, pick_list, row, space, text};
use iced::{Alignment, Element, Length};

use super::pace::Pace;
use super::{Message, TokenView};
use crate::theme::{GAP, GAP_LARGE, Icon, TEXT, TEXT_TITLE, icon, style};
use crate::viewer::hint::hint;

/// A sampler to compare with, or none.
#[derive(Clone, Debug, PartialEq)]
enum Other {
    None,
    Source(PortRef),
}

impl std::fmt::Display for Other {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => out.write_str("nothing"),
            Self::Source(output) => out.write_str(output.node.as_str()),
        }
    }
}

/// A sampler to look at, by the name of its node.
#[derive(Clone, Debug, PartialEq)]
struct Source(PortRef);

impl std::fmt::Display for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.0.node.as_str())
    }
}

impl TokenView {
    /// The view.
    pub fn view(&self) -> Element<'_, Message> {
        let body = if self.left.history().is_some() {
            let upper = row![self.panes(), self.sidebar()].height(Length::Fill);
            column![upper, self.transport()]
        } else {
            column![self.nothing_yet()]
        };
        container(column![self.header(), body.height(Length::Fill)])
            .style(style::container::ground)
            .width(Length::Fill)
            .height(Length::Fill)
            .into()
    }

    /// What is looked at, and what it is compared with.
    fn header(&self) -> Element<'_, Message> {
        let sources: Vec<Source> = self.sources.iter().cloned().map(Source).collect();
        let chosen = Source(self.left.output().clone());
        let sampler: Element<'_, Message> = if sources.len() > 1 {
            pick_list(sources, Some(chosen), |source| {
                Message::SourceChosen(source.0)
            })
            .text_size(TEXT)
            .padding([4, 8])
            .style(style::field::choice)
            .menu_style(style::list::menu)
            .into()
        } else {
            text(chosen.to_string()).size(TEXT_TITLE).into()
        };
        let mut bar = row![
            icon(Icon::Grid).size(TEXT_TITLE),
            text("Token view").size(TEXT_TITLE),
            sampler,
        ]
        .spacing(GAP)
        .align_y(Alignment::Center);
        if self.sources.len() > 1 {
            bar = bar.push(self.comparison());
        }
        let close = hint(
            button(icon(Icon::Close).size(TEXT_TITLE))
                .on_press(Message::Closed)
                .padding(6)
                .style(style::button::quiet),
            "Close the token view (Esc)",
        );
        bar = bar.push(space().width(Length::Fill)).push(close);
        container(bar)
            .padding([6.0, GAP_LARGE])
            .width(Length::Fill)
            .style(style::container::panel)
            .into()
    }

    fn comparison(&self) -> Element<'_, Message> {
        let others = self
            .sources
            .iter()
            .filter(|output| *output != self.left.output());
        let others: Vec<Other> = std::iter::once(Other::None)
            .chain(others.cloned().map(Other::Source))
            .collect();
        let other = self.right.as_ref();
        let chosen = other.map_or(Other::None, |side| Other::Source(side.output().clone()));
        let choose = |other| match other {
            Other::None => Message::OtherChosen(None),
            Other::Source(output) => Message::OtherChosen(Some(output)),
        };
        let others = pick_list(others, Some(chosen), choose)
            .text_size(TEXT)
            .padding([4, 8])
            .style(style::field::choice)
            .menu_style(style::list::menu);
        let mut bar = row![text("beside").size(TEXT).style(style::text::muted), others]
            .spacing(GAP)
            .align_y(Alignment::Center);
        if other.is_some() {
            let pace = pick_list(Pace::ALL, Some(self.pace), Message::PaceChosen)
                .text_size(TEXT)
                .padding([4, 8])
                .style(style::field::choice)
                .menu_style(style::list::menu);
            let differences = button(labelled(Icon::Columns, "Differences"))
                .on_press(Message::DifferencesToggled)
                .padding([4, 8])
                .style(style::button::switch(self.differences));
            bar = bar
                .push(pace)
                .push(hint(differences, "Show where the two grids differ (D)"));
        }
        bar.into()
    }

    /// What is seen until the sampler has run.
    fn nothing_yet(&self) -> Element<'_, Message> {
        let node = &self.left.output().node;
        let words = column![
            icon(Icon::Grid).size(40).style(style::text::faint),
            text(format!("`{node}` has told no steps yet")).size(TEXT_TITLE),
            text("Run the workflow; every step then appears here.")
                .size(TEXT)
                .style(style::text::muted),
        ]
        .spacing(GAP)
        .align_x(Alignment::Center);
        container(words).center(Length::Fill).into()
    }
}

/// An icon with a word.
fn labelled<'a>(picture: Icon, word: &'a str) -> Element<'a, Message> {
    row![icon(picture).size(TEXT), text(word).size(TEXT)]
        .spacing(6)
        .align_y(Alignment::Center)
        .into()
}
