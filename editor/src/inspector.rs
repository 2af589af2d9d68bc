//! The panel beside the canvas: all that can be seen and set of what is selected.

mod node;
mod plugin;
mod ports;
pub(crate) mod result;
mod several;
mod state;
mod status;
mod workflow;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use graph::document::{Graph, NodeId, PortRef, State, Wire};
use graph::edit::Edit;
use graph::registry::Registry;
use iced::Element;
use iced::widget::container;
use iced::widget::text_editor::{self, Content};

use crate::canvas::selection::Selection;
use crate::param::parts::{Step, scrolled};
use crate::param::typing::Typing;
use crate::param::{self, Fields};
use crate::status::{Faults, Statuses};
use crate::theme::{GAP_LARGE, Look};

pub use node::NAME;
pub use result::Event as ResultEvent;
pub(crate) use status::{failure, progress};

/// What the inspector shows.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The document.
    pub graph: &'a Graph,
    /// The kinds of node.
    pub registry: &'a Registry,
    /// What is selected.
    pub selection: &'a Selection,
    /// How the nodes fare.
    pub statuses: &'a Statuses,
    /// What is wrong with the document.
    pub faults: &'a Faults,
    /// The colours.
    pub look: &'a Look,
}

/// The panel's own state: what is typed and not part of the graph.
#[derive(Clone, Debug, Default)]
pub struct Inspector {
    fields: Fields,
    /// The name that is typed for a node, and which node that is.
    name: Option<(NodeId, String)>,
    about: Content,
    /// How the text was typed that says what the workflow is for, while it is not part of the graph.
    about_draft: Option<Typing>,
    result: Option<result::Naming>,
}

/// What can happen in the panel.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Something happened in the field of a parameter.
    Field(param::Message),
    /// A name is typed for a node.
    NameTyped(NodeId, String),
    /// The name is to be taken as it is.
    NameSubmitted,
    /// The name is not wanted.
    NameAbandoned,
    /// Something was done in the text that says what the workflow is for.
    AboutEdited(text_editor::Action),
    /// The last thing typed in it is to be taken back, or typed again.
    AboutStepped(Step),
    /// That text was left.
    AboutLeft,
    /// What was typed there is not wanted.
    AboutAbandoned,
    /// All nodes selected shall take part in runs so.
    StateChosen(Option<State>),
    /// Something happened to the name of a result.
    Result(PortRef, ResultEvent),
    /// A parameter shall not be set from outside any more.
    ParamWithdrawn(String),
    /// A node is to be shown.
    Pointed(NodeId),
    /// A wire is to be taken away.
    Unwired(Wire),
    /// All that a node needs is to be run, and the node.
    RunToHere(NodeId),
    /// The plugins are to be listed.
    PluginsAsked,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing, an edit, or what else a field asks for.
    Field(param::Action),
    /// Call a node something else, in the selection as well.
    Rename {
        /// What it is called.
        from: NodeId,
        /// What it shall be called.
        to: NodeId,
    },
    /// Select a node, and bring it into view.
    Focus(NodeId),
    /// Run all that a node needs, and the node.
    RunTo(NodeId),
    /// List the plugins.
    ShowPlugins,
}

impl Action {
    const NONE: Self = Self::Field(param::Action::None);

    fn apply(edit: Edit) -> Self {
        Self::Field(param::Action::Apply(edit))
    }
}

impl Inspector {
    /// A panel in which nothing was typed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what changed elsewhere; to be called whenever the document or the selection has changed.
    pub fn refresh(&mut self, graph: &Graph, registry: &Registry, selection: &Selection) {
        let context = param::Context { graph, registry };
        if selection.nodes.len() > 1 {
            self.fields.refresh_all(&selection.nodes, context);
        } else {
            self.fields.refresh(selection.only_node(), context);
        }
        if self.about_draft.is_none() && self.about.text() != graph.about() {
            self.about = Content::with_text(graph.about());
        }
        let is_shown = |node: &NodeId| selection.only_node() == Some(node);
        self.name = self.name.take().filter(|(node, _)| is_shown(node));
    }

    /// Makes all that was typed part of the graph, where it can be: before a run, a save or a close.
    pub fn settle(&mut self, context: Context<'_>) -> Vec<Action> {
        let fields = Action::Field(self.fields.settle(context.params()));
        let about = self.take_about(context.graph);
        // The name comes last, since all else speaks of the node by the name that it has.
        [fields, about, self.take_name(context.graph)]
            .into_iter()
            .filter(|action| *action != Action::NONE)
            .collect()
    }

    /// Whether something was typed that is not part of the graph.
    pub fn has_drafts(&self) -> bool {
        self.fields.has_drafts() || self.name.is_some() || self.about_draft.is_some()
    }

    /// The edit that sets what the field for `target` stands for to a file that was found.
    pub fn found(&self, target: &PortRef, path: &str) -> Edit {
        self.fields.found(target, path)
    }

    /// Gives up all that was typed and is not part of the graph; to be followed by a refresh.
    pub fn give_up(&mut self) {
        self.fields.give_up();
        self.name = None;
        self.about_draft = None;
        self.result = None;
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message, context: Context<'_>) -> Action {
        let graph = context.graph;
        match message {
            Message::Field(message) => Action::Field(self.fields.update(message, context.params())),
            Message::NameTyped(node, name) => {
                self.name = Some((node, name));
                Action::NONE
            }
            Message::NameSubmitted => self.take_name(graph),
            Message::NameAbandoned => {
                self.name = None;
                Action::NONE
            }
            Message::AboutEdited(action) => {
                self.edit_about(action, graph);
                Action::NONE
            }
            Message::AboutStepped(step) => {
                self.step_about(step);
                Action::NONE
            }
            Message::AboutLeft => self.take_about(graph),
            Message::AboutAbandoned => {
                self.about_draft = None;
                self.about = Content::with_text(graph.about());
                Action::NONE
            }
            Message::StateChosen(state) => state::set(graph, &context.selection.nodes, state)
                .map_or(Action::NONE, Action::apply),
            Message::Result(target, event) => {
                result::update(&mut self.result, target, event, graph)
                    .map_or(Action::NONE, Action::apply)
            }
            Message::ParamWithdrawn(name) => Action::apply(param::exposure::withdraw(&name)),
            Message::Pointed(node) => Action::Focus(node),
            Message::Unwired(wire) => Action::apply(Edit::Disconnect(wire)),
            Message::RunToHere(node) => Action::RunTo(node),
            Message::PluginsAsked => Action::ShowPlugins,
        }
    }

    /// The panel.
    pub fn view<'a>(&'a self, context: Context<'a>) -> Element<'a, Message> {
        let nodes: &BTreeSet<NodeId> = &context.selection.nodes;
        let content = match context.selection.only_node() {
            Some(node) => self.node(node, context),
            None if nodes.is_empty() => self.workflow(context),
            None => self.several(context),
        };
        scrolled(container(content).padding(GAP_LARGE)).into()
    }

    /// The edit that calls a node what was typed; a name that will not do stays in its field.
    fn take_name(&mut self, graph: &Graph) -> Action {
        let Some((from, name)) = self.name.take() else {
            return Action::NONE;
        };
        if name == from.as_str() {
            return Action::NONE;
        }
        match NodeId::new(name.clone()) {
            Ok(to) if name_fault(graph, &from, &name).is_none() => Action::Rename { from, to },
            Ok(_) | Err(_) => {
                self.name = Some((from, name));
                Action::NONE
            }
        }
    }

    fn edit_about(&mut self, action: text_editor::Action, graph: &Graph) {
        let is_edit = action.is_edit();
        self.about.perform(action);
        if is_edit {
            let before = || Typing::new(graph.about().to_owned());
            let draft = self.about_draft.get_or_insert_with(before);
            draft.set(self.about.text());
        }
    }

    fn step_about(&mut self, step: Step) {
        let Some(draft) = &mut self.about_draft else {
            return;
        };
        let moved = match step {
            Step::Back => draft.undo(),
            Step::Again => draft.redo(),
        };
        if moved {
            self.about = param::at_its_end(draft.text());
        }
    }

    fn take_about(&mut self, graph: &Graph) -> Action {
        match self.about_draft.take() {
            Some(draft) if draft.text() != graph.about() => {
                Action::apply(Edit::SetAbout(draft.text().to_owned()))
            }
            Some(_) | None => Action::NONE,
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

/// Why `node` cannot be called `name`; `None` where it can.
fn name_fault(graph: &Graph, node: &NodeId, name: &str) -> Option<String> {
    match NodeId::new(name) {
        Err(_) => Some("expected 1 to 64 letters, digits, `_` or `-`".into()),
        Ok(id) if id != *node && graph.node(&id).is_some() => {
            Some(format!("there is a node `{id}` already"))
        }
        Ok(_) => None,
    }
}
