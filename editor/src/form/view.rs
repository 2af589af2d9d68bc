//! How the form looks.

use iced::alignment::Vertical;
use iced::widget::{Column, button, column, container, progress_bar, row, rule, space, text};
use iced::{Element, Fill};

use super::{Context, Form, Message, progress};
use crate::inspector::failure;
use crate::param::Field;
use crate::param::parts::{scrolled, tool};
use crate::status::NodeStatus;
use crate::theme::{
    GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_HEADING, TEXT_SMALL, TEXT_TITLE, icon, style,
};

/// The width of the column of fields.
const WIDTH: f32 = 400.0;

impl Form {
    /// The form, which fills its place.
    pub fn view<'a>(&'a self, context: Context<'a>) -> Element<'a, Message> {
        let fields = scrolled(container(self.fields(context)).padding(GAP_LARGE + GAP));
        let left = column![
            fields,
            rule::horizontal(1).style(style::list::line),
            container(run(context)).padding([GAP_LARGE, GAP_LARGE + GAP]),
        ];
        let right = container(self.results(context))
            .padding(GAP_LARGE + GAP)
            .width(Fill)
            .height(Fill)
            .style(style::container::ground);
        row![
            container(left).width(WIDTH).style(style::container::panel),
            rule::vertical(1).style(style::list::line),
            right,
        ]
        .into()
    }

    fn fields<'a>(&'a self, context: Context<'a>) -> Element<'a, Message> {
        let params = &context.graph.interface().params;
        let about = context.graph.about();
        let about = if about.is_empty() {
            text("What this workflow is for can be written in the inspector.")
                .size(TEXT)
                .style(style::text::faint)
        } else {
            text(about).size(TEXT_TITLE).style(style::text::muted)
        };
        let arrange = if self.is_arranged {
            tool(Icon::Check, "Done with the names", Message::Arranged)
        } else {
            tool(
                Icon::Pencil,
                "Rename or remove what is offered",
                Message::Arranged,
            )
        };
        let head = row![about.width(Fill), arrange].spacing(GAP);
        let mut fields = Column::new().push(head).spacing(GAP_LARGE + GAP_SMALL);
        if params.is_empty() {
            fields = fields.push(
                text("Expose parameters in the inspector, and they can be set here.")
                    .size(TEXT)
                    .style(style::text::faint),
            );
        }
        for (name, target) in params {
            let spec = context
                .graph
                .node(&target.node)
                .and_then(|node| context.registry.get(&node.kind))
                .and_then(|entry| entry.descriptor.param(&target.port));
            let Some(spec) = spec else {
                let words = format!("{name} stands for {target}, which is not there");
                fields = fields.push(text(words).size(TEXT).style(style::text::danger));
                continue;
            };
            let mut faults = context.faults.at_port(&target.node, &target.port);
            let field = Field::of(context.graph, target.clone(), spec)
                .with_fault(faults.next().map(|fault| fault.message.clone()));
            let field = self.fields.labelled(field, name, self.is_arranged);
            fields = fields.push(field.map(Message::Field));
        }
        fields.into()
    }
}

/// The button that runs or cancels, how far the run is, and what went wrong.
fn run(context: Context<'_>) -> Element<'_, Message> {
    let mut lines = Column::new().spacing(GAP + GAP_SMALL);
    if context.is_running {
        if let Some(progress) = progress::of(context.statuses) {
            lines = lines
                .push(
                    progress_bar(0.0..=1.0, progress.share)
                        .girth(6.0)
                        .style(style::field::progress),
                )
                .push(
                    text(progress.words)
                        .size(TEXT_SMALL + 1.0)
                        .style(style::text::muted),
                );
        }
        let cancel = wide(Icon::Stop, "Cancel").style(style::button::secondary);
        return lines.push(cancel.on_press(Message::CancelPressed)).into();
    }
    let mut in_the_way = context.faults.in_the_way();
    let first = in_the_way.next();
    if let Some((_, fault)) = first {
        lines = lines.push(failure(&fault.message, fault.hint.as_deref(), None));
        let others = in_the_way.count();
        lines = lines.push((others > 0).then(|| {
            text(format!("and {others} more, marked on the canvas"))
                .size(TEXT_SMALL)
                .style(style::text::faint)
        }));
    }
    let failed = context
        .statuses
        .iter()
        .find_map(|(node, status)| match status {
            NodeStatus::Failed { message, hint, .. } => Some((node, message, hint)),
            NodeStatus::Waiting
            | NodeStatus::Running { .. }
            | NodeStatus::Finished { .. }
            | NodeStatus::Skipped { .. }
            | NodeStatus::Cancelled => None,
        });
    if let Some((node, message, hint)) = failed.filter(|_| first.is_none()) {
        lines = lines.push(failure(message, hint.as_deref(), Some(node.as_str())));
    }
    let run = wide(Icon::Play, "Run").style(style::button::primary);
    lines
        .push(run.on_press_maybe(first.is_none().then_some(Message::RunPressed)))
        .into()
}

fn wide<'a>(picture: Icon, words: &'static str) -> button::Button<'a, Message> {
    let face = row![
        space().width(Fill),
        icon(picture).size(TEXT_HEADING - 2.0),
        text(words).size(TEXT_HEADING - 2.0),
        space().width(Fill),
    ]
    .spacing(GAP)
    .align_y(Vertical::Center);
    button(face).padding([11.0, GAP_LARGE]).width(Fill)
}
