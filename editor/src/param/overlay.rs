//! The field that is laid over a parameter on the canvas.

use graph::document::PortRef;
use graph::registry::Registry;
use iced::Element;

use super::{Action, Context, Event, Field, Fields, Message};

/// A single field, open until its value is taken or given up.
#[derive(Clone, Debug)]
pub struct Overlay {
    fields: Fields,
    target: PortRef,
}

/// What comes of something that happened in the overlay.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What the parent shall do.
    pub action: Action,
    /// Whether the overlay is to be taken away.
    pub is_over: bool,
}

impl Overlay {
    /// The field for `target`; it has the focus as soon as it is seen.
    pub fn new(target: PortRef, context: Context<'_>) -> Self {
        let mut fields = Fields::new();
        fields.refresh([&target.node], context);
        Self { fields, target }
    }

    /// The parameter that the field is for.
    pub fn target(&self) -> &PortRef {
        &self.target
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message, context: Context<'_>) -> Step {
        let is_last = match &message.event {
            Event::Submitted | Event::Left | Event::Abandoned => true,
            Event::Chosen(_) | Event::Toggled(_) | Event::Rolled | Event::Reset => true,
            Event::Released | Event::Browsed | Event::Passed { .. } => true,
            Event::Typed(_)
            | Event::Edited(_)
            | Event::Undone
            | Event::Redone
            | Event::Unused
            | Event::Nudged(_)
            | Event::Slid(_)
            | Event::Opened
            | Event::Exposed
            | Event::Named(_)
            | Event::NameSubmitted
            | Event::NameAbandoned
            | Event::Withdrawn => false,
        };
        let message = match message.event {
            // There is no other field to go to.
            Event::Passed { .. } => Message {
                event: Event::Submitted,
                ..message
            },
            _ => message,
        };
        let action = self.fields.update(message, context);
        Step {
            action,
            // What was refused stays where it can be mended.
            is_over: is_last && !self.fields.is_refused(&self.target),
        }
    }

    /// Takes what was typed, as if the field was left.
    pub fn settle(&mut self, context: Context<'_>) -> Step {
        let action = self.fields.settle(context);
        Step {
            action,
            is_over: !self.fields.is_refused(&self.target),
        }
    }

    /// The field; `None` where the parameter is not there any more.
    pub fn view<'a>(
        &'a self,
        graph: &'a graph::document::Graph,
        registry: &'a Registry,
    ) -> Option<Element<'a, Message>> {
        let kind = &graph.node(&self.target.node)?.kind;
        let spec = registry.get(kind)?.descriptor.param(&self.target.port)?;
        let field = Field::of(graph, self.target.clone(), spec);
        Some(self.fields.compact(field))
    }
}
