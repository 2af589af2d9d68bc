//! The workflow as a whole: what it is for, what it offers, and what it needs.

use graph::document::PortRef;
use iced::alignment::Vertical;
use iced::keyboard::{Key, key::Named};
use iced::widget::{Column, Id, button, column, row, space, text, text_editor};
use iced::{Element, Fill};

use super::node::section;
use super::{Context, Inspector, Message, ResultEvent, plugin, status};
use crate::param::exposure::flag;
use crate::param::parts::{step_key, tool};
use crate::param::watch::{Press, Watch};
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, style};

/// What stands where nothing is exposed.
const NO_PARAMS: &str =
    "Expose a parameter of a node: it becomes a field of the form and a flag of `smalto run`.";
/// What stands where there are no results.
const NO_RESULTS: &str =
    "Make an output of a node a result: the form shows it, and `smalto run` writes it.";

impl Inspector {
    pub(super) fn workflow<'a>(&'a self, context: Context<'a>) -> Element<'a, Message> {
        let graph = context.graph;
        let count = match graph.nodes().len() {
            1 => "1 node".to_owned(),
            count => format!("{count} nodes"),
        };
        let head = row![
            text("Workflow").size(TEXT_TITLE).width(Fill),
            text(count).size(TEXT_SMALL).style(style::text::faint),
        ]
        .align_y(Vertical::Center);
        let faults = context.faults.of_workflow().iter();
        let faults =
            faults.map(|fault| status::failure(&fault.message, fault.hint.as_deref(), None));
        let has_plugins = !graph.plugins().is_empty();
        column![
            head,
            self.about(),
            Column::with_children(faults).spacing(GAP),
            section("Can be set from outside", params(context)),
            section("Results", results(context)),
            has_plugins.then(|| section("Plugins it needs", plugin::needed(context))),
        ]
        .spacing(GAP_LARGE - 2.0)
        .into()
    }

    /// What the workflow is for, to be typed.
    fn about(&self) -> Element<'_, Message> {
        let editor = text_editor(&self.about)
            .id(Id::new("inspector about"))
            .placeholder("What is this workflow for?")
            .on_action(Message::AboutEdited)
            .size(TEXT)
            .padding([6.0, 8.0])
            .min_height(56.0)
            .max_height(200.0)
            .style(style::field::editor(true));
        Watch::new(editor)
            .on_leave(Message::AboutLeft)
            .on_key(|key, modifiers| match key {
                Key::Named(Named::Enter) if modifiers.command() => {
                    Some(Press::Share(Message::AboutLeft))
                }
                Key::Named(Named::Escape) => Some(Press::Quit(Message::AboutAbandoned)),
                _ => step_key(key, modifiers).map(|step| Press::Take(Message::AboutStepped(step))),
            })
            .into()
    }
}

fn params(context: Context<'_>) -> Element<'_, Message> {
    let params = &context.graph.interface().params;
    if params.is_empty() {
        return hint(NO_PARAMS);
    }
    let lines = params.iter().map(|(name, target)| {
        let withdraw = Message::ParamWithdrawn(name.clone());
        line(flag(name), target, withdraw)
    });
    Column::with_children(lines).spacing(2.0).into()
}

fn results(context: Context<'_>) -> Element<'_, Message> {
    let outputs = &context.graph.interface().outputs;
    if outputs.is_empty() {
        return hint(NO_RESULTS);
    }
    let lines = outputs.iter().map(|(name, target)| {
        let withdraw = Message::Result(target.clone(), ResultEvent::Withdrawn);
        line(name.clone(), target, withdraw)
    });
    Column::with_children(lines).spacing(2.0).into()
}

/// A name outside, what it stands for, and a button that takes it back.
fn line<'a>(name: String, target: &'a PortRef, withdraw: Message) -> Element<'a, Message> {
    let inside = button(text(target.to_string()).size(TEXT_SMALL + 1.0))
        .padding([1.0, GAP_SMALL])
        .style(style::button::link)
        .on_press(Message::Pointed(target.node.clone()));
    row![
        text(name).size(TEXT),
        space().width(Fill),
        inside,
        tool(Icon::Close, "Take the name back", withdraw),
    ]
    .spacing(GAP_SMALL)
    .align_y(Vertical::Center)
    .into()
}

fn hint<'a>(words: &'static str) -> Element<'a, Message> {
    text(words)
        .size(TEXT_SMALL + 1.0)
        .style(style::text::faint)
        .into()
}
