//! Plugins, as far as a node or a workflow needs them.

use iced::alignment::Vertical;
use iced::widget::{Column, button, column, row, text};
use iced::{Element, Fill, Theme};

use super::{Context, Message};
use crate::param::parts::explained;
use crate::plugins::{self, Need, Source};
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, icon, style};

/// What the button says that lists the plugins.
const SHOW: &str = "Plugins…";

/// Which plugin the nodes of a kind come from, and where that runs; nothing where they are built in.
pub fn source<'a>(kind: &str, context: Context<'a>) -> Option<Element<'a, Message>> {
    let source = Source::of(context.registry, kind)?;
    let name = format!("{} {}", source.id, source.version);
    let face = row![
        icon(Icon::Puzzle).size(TEXT),
        text(name).size(TEXT_SMALL + 1.0),
    ]
    .spacing(GAP_SMALL + 1.0)
    .align_y(Vertical::Center);
    let link = button(face)
        .padding([1.0, 0.0])
        .style(style::button::link)
        .on_press(Message::PluginsAsked);
    let place = text(format!("· {}", source.place()))
        .size(TEXT_SMALL)
        .style(style::text::faint);
    let line = row![explained(link, "The plugin that it comes from"), place]
        .spacing(GAP_SMALL + 1.0)
        .align_y(Vertical::Center);
    Some(line.into())
}

/// What a node of an unknown kind lacks, and a button that leads there.
pub fn lacking<'a>(kind: &str, context: Context<'a>) -> Element<'a, Message> {
    let lack = plugins::lack(context.graph, context.registry, kind);
    let words = format!("{lack} The node is kept as it is: mute it to run the rest.");
    let face = row![icon(Icon::Puzzle).size(TEXT), text(SHOW).size(TEXT)]
        .spacing(GAP_SMALL + 2.0)
        .align_y(Vertical::Center);
    let show = button(face)
        .padding([5.0, GAP])
        .style(style::button::secondary)
        .on_press(Message::PluginsAsked);
    column![text(words).size(TEXT).style(style::text::warning), show]
        .spacing(GAP)
        .into()
}

/// The plugins that the workflow needs, and how it stands with each.
pub fn needed(context: Context<'_>) -> Element<'_, Message> {
    let lines = context.graph.plugins().iter().map(|(id, versions)| {
        let need = plugins::need(context.registry, id, versions);
        let (words, colour): (String, fn(&Theme) -> text::Style) = match need {
            Need::Met(version) => (format!("{version} is here"), style::text::success),
            Need::OtherVersion(version) => (
                format!("{version} is here, which will not do"),
                style::text::warning,
            ),
            Need::Kept(problem) => (problem, style::text::warning),
            Need::Missing => ("not here".into(), style::text::warning),
        };
        let name = row![
            text(id).size(TEXT).width(Fill),
            text(versions).size(TEXT_SMALL).style(style::text::faint),
        ]
        .align_y(Vertical::Center);
        column![name, text(words).size(TEXT_SMALL).style(colour)]
            .spacing(1.0)
            .into()
    });
    let show = button(text(SHOW).size(TEXT_SMALL + 1.0))
        .padding([1.0, 0.0])
        .style(style::button::link)
        .on_press(Message::PluginsAsked);
    Column::with_children(lines)
        .push(show)
        .spacing(GAP_SMALL)
        .into()
}
