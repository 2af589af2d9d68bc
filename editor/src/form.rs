//! The workflow as a form: what it offers to be set on the left, its results on the right, and no wires.

mod progress;
mod results;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use graph::document::{Graph, NodeId, PortRef};
use graph::edit::Edit;
use graph::registry::Registry;

use crate::inspector::{ResultEvent, result};
use crate::param::{self, Fields};
use crate::preview::Thumbnails;
use crate::status::{Faults, Statuses};

/// What the form shows.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The document.
    pub graph: &'a Graph,
    /// The kinds of node.
    pub registry: &'a Registry,
    /// How the nodes fare.
    pub statuses: &'a Statuses,
    /// What the nodes have shown.
    pub thumbnails: &'a Thumbnails,
    /// What is wrong with the document.
    pub faults: &'a Faults,
    /// Whether a run of this document is going on or waits.
    pub is_running: bool,
}

/// The form's own state: what is typed and not part of the graph, and which pictures are looked at.
#[derive(Clone, Debug, Default)]
pub struct Form {
    fields: Fields,
    /// Whether names can be changed and taken back.
    is_arranged: bool,
    naming: Option<result::Naming>,
    /// Which picture of a batch is shown large.
    chosen: BTreeMap<PortRef, usize>,
}

/// What can happen in the form.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Something happened in a field.
    Field(param::Message),
    /// Names shall be changeable, or no more.
    Arranged,
    /// Something happened to the name of a result.
    Result(PortRef, ResultEvent),
    /// A picture of a batch shall be shown large.
    PictureChosen(PortRef, usize),
    /// A result is to be seen in a view of its own.
    Opened(NodeId),
    /// The workflow is to be run.
    RunPressed,
    /// The run is to be stopped.
    CancelPressed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing, an edit, or what else a field asks for.
    Field(param::Action),
    /// Make what was typed part of the graph, where there is something, and run the workflow.
    Run(Option<Edit>),
    /// Stop the run.
    Cancel,
    /// Open what a node has shown in the viewer.
    OpenViewer(NodeId),
}

impl Action {
    const NONE: Self = Self::Field(param::Action::None);

    fn apply(edit: Edit) -> Self {
        Self::Field(param::Action::Apply(edit))
    }
}

impl Form {
    /// A form in which nothing was typed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what changed elsewhere; to be called whenever the document has changed.
    pub fn refresh(&mut self, graph: &Graph, registry: &Registry) {
        let targets = graph.interface().params.values();
        self.fields.refresh(
            targets.map(|target| &target.node),
            param::Context { graph, registry },
        );
        self.chosen
            .retain(|target, _| graph.node(&target.node).is_some());
    }

    /// Makes all that was typed part of the graph, where it can be: before a run, a save or a close.
    pub fn settle(&mut self, context: Context<'_>) -> Action {
        Action::Field(self.fields.settle(context.params()))
    }

    /// Whether something was typed that is not part of the graph.
    pub fn has_drafts(&self) -> bool {
        self.fields.has_drafts()
    }

    /// Gives up all that was typed and is not part of the graph.
    pub fn give_up(&mut self) {
        self.fields.give_up();
        self.naming = None;
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message, context: Context<'_>) -> Action {
        match message {
            Message::Field(message) => Action::Field(self.fields.update(message, context.params())),
            Message::Arranged => {
                self.is_arranged = !self.is_arranged;
                self.naming = None;
                Action::NONE
            }
            Message::Result(target, event) => {
                result::update(&mut self.naming, target, event, context.graph)
                    .map_or(Action::NONE, Action::apply)
            }
            Message::PictureChosen(target, picture) => {
                let _ = self.chosen.insert(target, picture);
                Action::NONE
            }
            Message::Opened(node) => Action::OpenViewer(node),
            Message::RunPressed => self.run(context),
            Message::CancelPressed => Action::Cancel,
        }
    }

    /// What was typed becomes part of the graph first; what cannot be is marked, and must be mended before a run.
    fn run(&mut self, context: Context<'_>) -> Action {
        let settled = self.fields.settle(context.params());
        if self.fields.has_drafts() {
            return Action::Field(settled);
        }
        if let param::Action::Apply(edit) = settled {
            Action::Run(Some(edit))
        } else {
            Action::Run(None)
        }
    }
}

impl<'a> Context<'a> {
    fn params(&self) -> param::Context<'a> {
        param::Context {
            graph: self.graph,
            registry: self.registry,
        }
    }
}
