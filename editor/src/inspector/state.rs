//! Whether nodes take part in runs, for one node and for many.

use std::collections::BTreeSet;

use graph::document::{Graph, NodeId, State};
use graph::edit::Edit;
use iced::alignment::Vertical;
use iced::widget::{button, container, row, text};
use iced::{Element, Fill};

use super::Message;
use crate::param::parts::explained;
use crate::theme::{GAP_SMALL, Icon, TEXT, icon, style};

/// The edit that lets all `nodes` take part so; `None` where they do.
pub fn set(graph: &Graph, nodes: &BTreeSet<NodeId>, state: Option<State>) -> Option<Edit> {
    let differs = |node: &&NodeId| graph.node(node).is_some_and(|placed| placed.state != state);
    let mut edits: Vec<Edit> = nodes
        .iter()
        .filter(differs)
        .map(|node| Edit::SetState {
            node: node.clone(),
            state,
        })
        .collect();
    match edits.len() {
        0 | 1 => edits.pop(),
        _ => Some(Edit::Batch(edits)),
    }
}

/// How all `nodes` take part; `None` where they do not do alike.
pub fn common(graph: &Graph, nodes: &BTreeSet<NodeId>) -> Option<Option<State>> {
    let mut states = nodes
        .iter()
        .filter_map(|node| Some(graph.node(node)?.state));
    let first = states.next()?;
    states.all(|state| state == first).then_some(first)
}

/// Buttons for the ways of taking part; `common` is how all nodes do, if they do alike.
pub fn switch<'a>(common: Option<Option<State>>) -> Element<'a, Message> {
    let choice = |picture, words, hint, state: Option<State>| {
        let face = row![icon(picture).size(TEXT), text(words).size(TEXT)]
            .spacing(GAP_SMALL + 1.0)
            .align_y(Vertical::Center);
        let face = button(container(face).center_x(Fill))
            .padding([3.0, GAP_SMALL])
            .width(Fill)
            .style(style::button::switch(common == Some(state)))
            .on_press(Message::StateChosen(state));
        container(explained(face, hint)).width(Fill)
    };
    let choices = row![
        choice(Icon::Play, "Active", "Takes part in runs", None),
        choice(
            Icon::Bypass,
            "Bypassed",
            "Hands its inputs on to outputs of the same kind",
            Some(State::Bypassed),
        ),
        choice(
            Icon::Muted,
            "Muted",
            "Is left out, and so is what cannot do without it",
            Some(State::Muted),
        ),
    ]
    .spacing(2.0);
    container(choices)
        .padding(2.0)
        .style(style::container::field)
        .into()
}
