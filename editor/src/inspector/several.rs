//! Several nodes: what they have in common, set for all at once.

use graph::document::NodeId;
use graph::param::ParamSpec;
use iced::alignment::Vertical;
use iced::widget::{Column, button, column, row, text};
use iced::{Element, Fill};

use super::node::section;
use super::{Context, Inspector, Message, state};
use crate::param::{self, Field};
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, TEXT, TEXT_SMALL, TEXT_TITLE, style};

impl Inspector {
    /// What the selected nodes have in common, and which they are.
    pub(super) fn several<'a>(&'a self, context: Context<'a>) -> Element<'a, Message> {
        let nodes = &context.selection.nodes;
        let title = text(format!("{} nodes", nodes.len())).size(TEXT_TITLE);
        let common = param::common(nodes, context.params());
        let params = nodes.first().filter(|_| !common.is_empty()).map(|first| {
            let fields = common
                .into_iter()
                .map(|spec| self.shared(first, spec, context));
            let fields = Column::with_children(fields).spacing(GAP + GAP_SMALL);
            section("Parameters of all of them", fields)
        });
        let lines = nodes.iter().map(|node| line(node, context));
        column![title, state::switch(state::common(context.graph, nodes))]
            .push(params)
            .push(section("Nodes", Column::with_children(lines)))
            .spacing(GAP_LARGE - 2.0)
            .into()
    }

    /// The field of the first node, which stands for those of all.
    fn shared<'a>(
        &'a self,
        first: &NodeId,
        spec: &'a ParamSpec,
        context: Context<'a>,
    ) -> Element<'a, Message> {
        let target = first.port(&spec.name);
        let is_mixed = self.fields.is_mixed(spec, &target, context.graph);
        let field = Field::of(context.graph, target, spec).shared(is_mixed);
        self.fields.full(field).map(Message::Field)
    }
}

/// A node, and what it is; a click selects it alone.
fn line<'a>(node: &'a NodeId, context: Context<'a>) -> Element<'a, Message> {
    let placed = context.graph.node(node);
    let kind = placed.map_or("", |placed| placed.kind.as_str());
    let entry = context.registry.get(kind);
    let title = entry.map_or(kind, |entry| entry.descriptor.title.as_str());
    let face = row![
        text(node.as_str()).size(TEXT).width(Fill),
        text(title).size(TEXT_SMALL).style(style::text::faint),
    ]
    .align_y(Vertical::Center);
    button(face)
        .padding([GAP_SMALL, GAP])
        .width(Fill)
        .style(style::button::entry(false))
        .on_press(Message::Pointed(node.clone()))
        .into()
}
