//! Plugins: listing them, and taking their nodes in while workflows are open.

use graph::document::Graph;
use iced::Task;
use smalto_host::plugins::State;

use super::files::off_thread;
use super::overlay::Overlay;
use super::{App, Message};
use crate::chrome::status::Said;
use crate::dialog::plugins::{self, Plugins};
use crate::document::renewal::renewed;
use crate::plugins::{Answer, Inventory, Request};
use crate::runner::TabId;

/// A workflow in which nodes were brought up to date: of which tab, what it was made of, and how it is now.
pub type Renewed = (TabId, u64, Graph);

impl App {
    /// Lists what is known of plugins, and looks for what has changed since.
    pub(super) fn open_plugins(&mut self) -> Task<Message> {
        let task = match self.plugin_work {
            Some(_) => Task::none(),
            None => self.perform(Request::Look),
        };
        let work = self.plugin_work.clone();
        let plugins = Plugins::open(&self.inventory, &self.host.plugins, work);
        self.overlay = Some(Overlay::Plugins(Box::new(plugins)));
        task
    }

    pub(super) fn on_plugins(
        &mut self,
        mut plugins: Box<Plugins>,
        message: plugins::Message,
    ) -> Task<Message> {
        let task = match plugins.update(message) {
            plugins::Action::None => Task::none(),
            plugins::Action::Close => return Task::none(),
            plugins::Action::Perform(request) => self.perform(request),
        };
        self.overlay = Some(Overlay::Plugins(plugins));
        task
    }

    /// Does something with plugins on another thread.
    fn perform(&mut self, request: Request) -> Task<Message> {
        self.plugin_work = Some(request.clone());
        let (shelf, built_in) = (self.host.plugins.clone(), self.host.registry.clone());
        let placeholders = self.with_placeholders();
        off_thread(move || {
            let answer = shelf.perform(request, &built_in);
            // A plugin may be asked to rewrite what an older version of it saved, so that belongs here as well.
            let registry = &answer.inventory.registry;
            let graphs = placeholders.into_iter();
            let graphs = graphs
                .filter_map(|(tab, revision, graph)| {
                    Some((tab, revision, renewed(&graph, registry)?))
                })
                .collect();
            Message::Plugins(Box::new(answer), graphs)
        })
    }

    /// The workflows with nodes that nobody knows.
    fn with_placeholders(&self) -> Vec<Renewed> {
        let is_unknown = |graph: &Graph| {
            let mut nodes = graph.nodes().values();
            nodes.any(|node| self.inventory.registry.get(&node.kind).is_none())
        };
        let tabs = self.tabs.iter();
        tabs.filter(|tab| is_unknown(tab.document.graph()))
            .map(|tab| {
                let document = &tab.document;
                (tab.id, document.revision(), document.graph().clone())
            })
            .collect()
    }

    /// Takes over what was found of plugins.
    pub(super) fn on_plugins_found(
        &mut self,
        answer: Answer,
        renewed: Vec<Renewed>,
    ) -> Task<Message> {
        self.plugin_work = None;
        if let Some(said) = told(&answer) {
            self.say(said);
        }
        if answer.inventory.found == self.inventory.found {
            // Where nothing has changed, the workers that run go on.
            let registry = self.inventory.registry.clone();
            self.inventory = Inventory {
                registry,
                ..answer.inventory
            };
        } else {
            self.inventory = answer.inventory;
            self.renew(renewed);
        }
        if let Some(Overlay::Plugins(plugins)) = &mut self.overlay {
            plugins.show(&self.inventory, answer.error);
        }
        Task::none()
    }

    /// Lets everything know the kinds of node that there are now.
    fn renew(&mut self, renewed: Vec<Renewed>) {
        let registry = self.inventory.registry.clone();
        self.runner.renew(registry.clone());
        // What it lists are the kinds of before.
        self.palette = None;
        for (id, revision, graph) in renewed {
            let mut tabs = self.tabs.iter_mut();
            let tab = tabs.find(|tab| tab.id == id && tab.document.revision() == revision);
            if let Some(tab) = tab {
                tab.document.renew(&graph);
            }
        }
        for tab in &mut self.tabs {
            tab.renew(&registry);
        }
    }
}

/// What is said of the answer in the status bar.
fn told(answer: &Answer) -> Option<Said> {
    if let Some(error) = &answer.error {
        return Some(Said::bad(error.clone()));
    }
    match &answer.request {
        Request::Look | Request::Scan(_) => None,
        Request::Untrust(id) => Some(Said::plain(format!("`{id}` is trusted no more"))),
        Request::Trust { plugin, .. } => {
            let found = answer.inventory.found.iter();
            let mut found = found.filter(|found| found.folder == plugin.folder);
            let found = found.next()?;
            Some(match (&found.state, found.obstacle()) {
                (State::Ready(_), _) => Said::good(format!(
                    "`{}` can be used: its nodes are in the search",
                    found.id
                )),
                (_, Some(obstacle)) => Said::bad(format!("`{}`: {}", found.id, obstacle.problem)),
                (_, None) => return None,
            })
        }
    }
}
