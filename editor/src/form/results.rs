//! The results, as large as there is room.

use std::collections::{BTreeSet, VecDeque};

use graph::document::{NodeId, PortRef};
use iced::alignment::Vertical;
use iced::widget::image::{FilterMethod, Handle};
use iced::widget::{Row, button, column, container, image, row, space, text};
use iced::{ContentFit, Element, Fill};

use super::{Context, Form, Message};
use crate::inspector::ResultEvent;
use crate::param::parts::{explained, name_badge, scrolled};
use crate::param::words;
use crate::preview::plot::plot;
use crate::preview::{Shown, Thumbnail};
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};

/// The side of a picture in the strip of a batch.
const STRIP: f32 = 64.0;

impl Form {
    /// All results, by name.
    pub(super) fn results<'a>(&'a self, context: Context<'a>) -> Element<'a, Message> {
        let outputs = &context.graph.interface().outputs;
        if outputs.is_empty() {
            return empty(
                Icon::Image,
                "No results yet",
                "Make an output of a node a result, and it is shown here.",
            );
        }
        let results = outputs
            .iter()
            .map(|(name, target)| self.result(name, target, context));
        Row::with_children(results)
            .spacing(GAP_LARGE)
            .height(Fill)
            .into()
    }

    fn result<'a>(
        &'a self,
        name: &'a str,
        target: &'a PortRef,
        context: Context<'a>,
    ) -> Element<'a, Message> {
        let mut head = row![text(words(name)).size(TEXT_TITLE), space().width(Fill),]
            .spacing(GAP)
            .align_y(Vertical::Center);
        if context.statuses.is_stale(&target.node) {
            head = head.push(outdated());
        }
        if self.is_arranged {
            let message = |event| Message::Result(target.clone(), event);
            head = head.push(name_badge(
                name,
                "Click to rename it",
                message(ResultEvent::Exposed),
                message(ResultEvent::Withdrawn),
            ));
        }
        let naming = self.naming.as_ref();
        let naming = naming.filter(|naming| naming.target == *target);
        let so_far = || so_far(&target.node, context).filter(|_| context.is_running);
        let body = match context.thumbnails.at(&target.node, &target.port) {
            Some(shown) => self.shown(shown, target),
            None => match so_far() {
                Some(shown) => self.shown(shown, target),
                None if context.is_running => empty(Icon::Running, "On its way", ""),
                None => empty(Icon::Image, "Not run yet", "Press Run to see it."),
            },
        };
        column![
            head,
            naming.map(|naming| naming.view("form result", Message::Result)),
            body
        ]
        .spacing(GAP)
        .width(Fill)
        .height(Fill)
        .into()
    }

    fn shown<'a>(&'a self, shown: &'a Shown, target: &'a PortRef) -> Element<'a, Message> {
        match shown {
            Shown::Pictures(pictures) => self.pictures(pictures, target),
            Shown::Grid { small, .. } | Shown::Steps { small, .. } => {
                large(small, FilterMethod::Nearest, target)
            }
            Shown::Curve(lines) => framed(opening(plot(lines), target)),
            Shown::Text(words) => framed(scrolled(
                container(text(words).size(TEXT)).padding(GAP_LARGE),
            )),
        }
    }

    /// One picture of a batch large, the others in a strip below.
    fn pictures<'a>(
        &'a self,
        pictures: &'a [Thumbnail],
        target: &'a PortRef,
    ) -> Element<'a, Message> {
        let chosen = self.chosen.get(target).copied().unwrap_or(0);
        let chosen = chosen.min(pictures.len().saturating_sub(1));
        let Some(picture) = pictures.get(chosen) else {
            return space().into();
        };
        let picture = large(picture.whole(), FilterMethod::Linear, target);
        if pictures.len() == 1 {
            return picture;
        }
        let strip = pictures.iter().enumerate().map(|(at, picture)| {
            let face = image(picture.small())
                .width(STRIP)
                .height(STRIP)
                .content_fit(ContentFit::Cover);
            button(face)
                .padding(2.0)
                .style(style::button::switch(at == chosen))
                .on_press(Message::PictureChosen(target.clone(), at))
                .into()
        });
        let strip = Row::with_children(strip)
            .spacing(GAP_SMALL)
            .wrap()
            .vertical_spacing(GAP_SMALL);
        column![picture, strip].spacing(GAP).height(Fill).into()
    }
}

/// What the nearest node that `result` needs shows while it runs.
fn so_far<'a>(result: &NodeId, context: Context<'a>) -> Option<&'a Shown> {
    let mut seen = BTreeSet::from([result.clone()]);
    let mut open = VecDeque::from([result.clone()]);
    while let Some(node) = open.pop_front() {
        if let Some(shown) = context.thumbnails.live(&node) {
            return Some(shown);
        }
        for wire in context.graph.wires_into(&node) {
            if seen.insert(wire.from.node.clone()) {
                open.push_back(wire.from.node.clone());
            }
        }
    }
    None
}

/// A picture as large as there is room; a click opens it in a view of its own.
fn large<'a>(handle: &Handle, filter: FilterMethod, target: &PortRef) -> Element<'a, Message> {
    let picture = image(handle.clone())
        .width(Fill)
        .height(Fill)
        .content_fit(ContentFit::Contain)
        .filter_method(filter);
    framed(opening(picture, target))
}

/// What opens the result in a view of its own when it is clicked.
fn opening<'a>(content: impl Into<Element<'a, Message>>, target: &PortRef) -> Element<'a, Message> {
    button(content)
        .padding(0.0)
        .width(Fill)
        .height(Fill)
        .style(|_, _| button::Style::default())
        .on_press(Message::Opened(target.node.clone()))
        .into()
}

/// That a result is of what was set before.
fn outdated<'a>() -> Element<'a, Message> {
    let words = row![
        icon(Icon::History).size(TEXT).style(style::text::warning),
        text("Outdated").size(TEXT).style(style::text::warning),
    ]
    .spacing(GAP_SMALL)
    .align_y(Vertical::Center);
    explained(
        words,
        "Something has been changed since it was made: run again",
    )
}

fn framed<'a>(content: impl Into<Element<'a, Message>>) -> Element<'a, Message> {
    container(content)
        .width(Fill)
        .height(Fill)
        .padding(GAP)
        .style(style::container::card)
        .into()
}

fn empty<'a>(picture: Icon, words: &'static str, hint: &'static str) -> Element<'a, Message> {
    let words = column![
        icon(picture).size(28.0).style(style::text::faint),
        text(words).size(TEXT_TITLE).style(style::text::muted),
        text(hint).size(TEXT_SMALL + 1.0).style(style::text::faint),
    ]
    .spacing(GAP)
    .align_x(iced::Center);
    framed(container(words).center(Fill))
}
