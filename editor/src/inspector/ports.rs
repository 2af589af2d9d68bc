//! The inputs and outputs of a node, and where their wires go.

use graph::document::{NodeId, PortRef, Wire};
use graph::node::Descriptor;
use graph::port::{Arity, PortSpec};
use iced::alignment::Vertical;
use iced::widget::{Column, Row, button, column, container, row, space, text};
use iced::{Element, Fill, Padding};

use super::{Context, Inspector, Message, ResultEvent, result};
use crate::palette::socket::socket;
use crate::param::parts::{alarm, bubble, name_badge, tool};
use crate::theme::{GAP, GAP_SMALL, Icon, Look, TEXT, TEXT_SMALL, style};

impl Inspector {
    /// The outputs, with where the wires of each go, and whether it is a result.
    pub(super) fn outputs<'a>(
        &'a self,
        node: &'a NodeId,
        descriptor: &'a Descriptor,
        context: Context<'a>,
    ) -> Column<'a, Message> {
        let lines = descriptor.outputs.iter().map(|port| {
            let target = node.port(&port.name);
            let mut lines = column![output(port, &target, context)].spacing(1.0);
            let naming = self.result.as_ref();
            if let Some(naming) = naming.filter(|naming| naming.target == target) {
                lines = lines.push(naming.view("result", Message::Result));
            }
            for wire in context.graph.wires_from(node) {
                if wire.from.port == port.name {
                    lines = lines.push(end(&wire.to, wire));
                }
            }
            lines.into()
        });
        Column::with_children(lines).spacing(GAP)
    }
}

/// The inputs, with what is wired to each.
pub fn inputs<'a>(
    node: &'a NodeId,
    descriptor: &'a Descriptor,
    context: Context<'a>,
) -> Column<'a, Message> {
    let lines = descriptor.inputs.iter().map(|port| {
        let target = node.port(&port.name);
        let wires = context.graph.wires_to(&target);
        let mut lines = column![head(port, context.look)].spacing(1.0);
        for wire in wires {
            lines = lines.push(end(&wire.from, wire));
        }
        if wires.is_empty() {
            let words = match port.arity {
                Arity::One => "not wired",
                Arity::Optional | Arity::Many => "not wired, and need not be",
            };
            let words = text(words).size(TEXT_SMALL).style(style::text::faint);
            lines = lines.push(indented(words));
        }
        for fault in context.faults.at_port(node, &port.name) {
            let words = fault.hint.as_ref().unwrap_or(&fault.message);
            lines = lines.push(indented(alarm(words.as_str())));
        }
        lines.into()
    });
    Column::with_children(lines).spacing(GAP)
}

fn output<'a>(port: &'a PortSpec, target: &PortRef, context: Context<'a>) -> Row<'a, Message> {
    let head = head(port, context.look).push(space().width(Fill));
    let message = |event| Message::Result(target.clone(), event);
    match result::name_of(context.graph, target) {
        Some(name) => head.push(name_badge(
            name,
            "A result of the workflow; click to rename it",
            message(ResultEvent::Exposed),
            message(ResultEvent::Withdrawn),
        )),
        None => head.push(tool(
            Icon::Expose,
            "Make it a result of the workflow",
            message(ResultEvent::Exposed),
        )),
    }
}

/// A port with its mark and kind; what passes through it where the pointer rests.
fn head<'a>(port: &'a PortSpec, look: &'a Look) -> Row<'a, Message> {
    let doc = text(&port.doc).size(TEXT_SMALL + 1.0);
    let kind = text(port.kind.to_string()).size(TEXT_SMALL);
    row![
        socket(&port.kind, look, 10.0),
        bubble(text(&port.name).size(TEXT), doc.into()),
        kind.style(style::text::faint),
    ]
    .spacing(GAP_SMALL + 2.0)
    .align_y(Vertical::Center)
}

/// The other end of a wire, which a click shows, and a button that takes the wire away.
fn end<'a>(other: &'a PortRef, wire: &'a Wire) -> Element<'a, Message> {
    let face = button(text(other.to_string()).size(TEXT))
        .padding([1.0, GAP_SMALL])
        .style(style::button::link)
        .on_press(Message::Pointed(other.node.clone()));
    let cut = tool(
        Icon::Unlink,
        "Take the wire away",
        Message::Unwired(wire.clone()),
    );
    indented(row![face, space().width(Fill), cut].align_y(Vertical::Center))
}

fn indented<'a>(content: impl Into<Element<'a, Message>>) -> Element<'a, Message> {
    container(content)
        .padding(Padding::ZERO.left(GAP + GAP_SMALL))
        .width(Fill)
        .into()
}
