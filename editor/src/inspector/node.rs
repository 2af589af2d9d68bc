//! One node: what it is, how it fares, and all that can be set on it.

use graph::document::{NodeId, PlacedNode};
use graph::node::Descriptor;
use graph::param::ParamSpec;
use iced::alignment::Vertical;
use iced::keyboard::{Key, key::Named};
use iced::widget::{Column, Id, button, column, container, row, rule, text, text_input};
use iced::{Element, Fill};

use super::{Context, Inspector, Message, name_fault, plugin, ports, state, status};
use crate::param::Field;
use crate::param::parts::{alarm, explained, step_key};
use crate::param::watch::{Press, Watch};
use crate::status::Fault;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};

/// The field for the name of a node, to be given the focus when it shall be renamed.
pub const NAME: Id = Id::new("inspector name");

impl Inspector {
    pub(super) fn node<'a>(
        &'a self,
        node: &'a NodeId,
        context: Context<'a>,
    ) -> Element<'a, Message> {
        let Some(placed) = context.graph.node(node) else {
            return text("the node is gone").size(TEXT).into();
        };
        let entry = context.registry.get(&placed.kind);
        let descriptor = entry.map(|entry| &*entry.descriptor);
        let parts = column![
            self.title(node, context),
            match descriptor {
                Some(descriptor) => said(descriptor, placed, context),
                None => unknown(placed, context),
            },
            state::switch(Some(placed.state)),
        ]
        .push(fate(node, descriptor, context))
        .spacing(GAP_LARGE - 2.0);
        let Some(descriptor) = descriptor else {
            return parts.into();
        };
        let params = descriptor.params.iter();
        let params = params.map(|spec| self.param(node, spec, context));
        let params = Column::with_children(params).spacing(GAP + GAP_SMALL);
        let inputs = ports::inputs(node, descriptor, context);
        let outputs = self.outputs(node, descriptor, context);
        parts
            .push((!descriptor.params.is_empty()).then(|| section("Parameters", params)))
            .push((!descriptor.inputs.is_empty()).then(|| section("Inputs", inputs)))
            .push((!descriptor.outputs.is_empty()).then(|| section("Outputs", outputs)))
            .push(notes(node, context))
            .into()
    }

    /// The name, which can be typed, and a button that runs up to here.
    fn title<'a>(&'a self, node: &'a NodeId, context: Context<'a>) -> Element<'a, Message> {
        let typed = self.name.as_ref().filter(|(of, _)| of == node);
        let name = typed.map_or(node.as_str(), |(_, name)| name);
        let fault = name_fault(context.graph, node, name);
        let of = node.clone();
        let input = text_input("name", name)
            .id(NAME)
            .on_input(move |name| Message::NameTyped(of.clone(), name))
            .size(TEXT_TITLE)
            .padding([5.0, 8.0])
            .style(style::field::input(fault.is_none()));
        let input = Watch::new(input)
            .on_leave(Message::NameSubmitted)
            .on_key(|key, modifiers| match key {
                Key::Named(Named::Enter) => Some(Press::Take(Message::NameSubmitted)),
                Key::Named(Named::Escape) => Some(Press::Quit(Message::NameAbandoned)),
                // A name is short, and is typed anew more quickly than it is taken back letter by letter.
                _ => step_key(key, modifiers).map(|_| Press::Take(Message::NameAbandoned)),
            });
        let run = row![icon(Icon::Play).size(TEXT), text("Run to here").size(TEXT)]
            .spacing(GAP_SMALL + 2.0)
            .align_y(Vertical::Center);
        let run = button(run)
            .padding([5.0, GAP])
            .style(style::button::secondary)
            .on_press(Message::RunToHere(node.clone()));
        let run = explained(run, "Runs what this node needs, and the node");
        let line = row![input, run].spacing(GAP).align_y(Vertical::Center);
        column![line, fault.map(alarm)].spacing(GAP_SMALL).into()
    }

    fn param<'a>(
        &'a self,
        node: &'a NodeId,
        spec: &'a ParamSpec,
        context: Context<'a>,
    ) -> Element<'a, Message> {
        let field = Field::of(context.graph, node.port(&spec.name), spec);
        let fault = if field.effective().is_none() && field.source.is_none() {
            Some("must be set, or wired".to_owned())
        } else {
            let mut faults = context.faults.at_port(node, &spec.name);
            faults.next().map(|fault| plain(node, &fault.message))
        };
        self.fields
            .full(field.with_fault(fault))
            .map(Message::Field)
    }
}

/// How the node fared, and what stands in the way of its next run.
fn fate<'a>(
    node: &'a NodeId,
    descriptor: Option<&'a Descriptor>,
    context: Context<'a>,
) -> Option<Element<'a, Message>> {
    // What is wrong at an input or parameter is told there, and that a kind is not known is told above.
    let is_told = |fault: &Fault| match (&fault.port, descriptor) {
        (Some(port), Some(descriptor)) => {
            descriptor.input(port).is_some() || descriptor.param(port).is_some()
        }
        (None, Some(_)) => false,
        (Some(_) | None, None) => true,
    };
    let faults = context.faults.at(node).iter();
    let faults = faults
        .filter(|fault| !is_told(fault))
        .map(|fault| status::failure(&fault.message, fault.hint.as_deref(), fault.port.as_deref()));
    let status = context.statuses.get(node);
    let is_stale = context.statuses.is_stale(node);
    let status = status.map(|status| status::view(status, context.statuses.reason(node)));
    let stale = is_stale.then(status::stale);
    let lines: Vec<Element<'a, Message>> = faults.chain(stale).chain(status).collect();
    (!lines.is_empty()).then(|| Column::with_children(lines).spacing(GAP).into())
}

/// What kind of node it is, what it does, and which plugin it comes from.
fn said<'a>(
    descriptor: &'a Descriptor,
    placed: &'a PlacedNode,
    context: Context<'a>,
) -> Element<'a, Message> {
    let kind = row![
        text(&descriptor.title).size(TEXT),
        text(format!("{} · version {}", descriptor.id, placed.version))
            .size(TEXT_SMALL)
            .style(style::text::faint),
    ]
    .spacing(GAP)
    .align_y(Vertical::Center);
    let doc = text(&descriptor.doc).size(TEXT).style(style::text::muted);
    column![kind, doc]
        .push(plugin::source(&placed.kind, context))
        .spacing(GAP_SMALL)
        .into()
}

/// What is known of a node whose kind nobody knows.
fn unknown<'a>(placed: &'a PlacedNode, context: Context<'a>) -> Element<'a, Message> {
    let values = placed
        .params
        .iter()
        .map(|(name, value)| (name, value.to_string()));
    let texts = placed
        .verbatim
        .iter()
        .map(|(name, text)| (name, text.clone()));
    let lines = values.chain(texts).map(|(name, value)| {
        row![
            text(name).size(TEXT).style(style::text::muted),
            text(value).size(TEXT),
        ]
        .spacing(GAP)
        .into()
    });
    column![
        plugin::lacking(&placed.kind, context),
        Column::with_children(lines).spacing(GAP_SMALL),
    ]
    .spacing(GAP)
    .into()
}

/// What the node had to say in its last run.
fn notes<'a>(node: &'a NodeId, context: Context<'a>) -> Option<Element<'a, Message>> {
    let lines: Vec<Element<'a, Message>> = context
        .statuses
        .notes(node)
        .map(|line| {
            text(line)
                .size(TEXT_SMALL + 1.0)
                .style(style::text::muted)
                .into()
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let lines = container(Column::with_children(lines).spacing(2.0))
        .padding(GAP)
        .width(Fill)
        .style(style::container::field);
    Some(section("Notes of the last run", lines))
}

/// A part of the panel under a heading.
pub fn section<'a>(
    title: &'static str,
    content: impl Into<Element<'a, Message>>,
) -> Element<'a, Message> {
    let heading = text(title).size(TEXT_SMALL).style(style::text::faint);
    column![
        rule::horizontal(1).style(style::list::line),
        heading,
        content.into(),
    ]
    .spacing(GAP)
    .into()
}

/// A fault's words without the node that they stand beside.
fn plain(node: &NodeId, message: &str) -> String {
    let prefix = format!("node `{node}`: ");
    message.strip_prefix(&prefix).unwrap_or(message).to_owned()
}
