//! Runs, the queue, and the views that live on them.

use graph::document::NodeId;
use iced::Task;

use super::overlay::Overlay;
use super::tab::Ran;
use super::{ASIDE, App, Message};
use crate::canvas::selection::Selection;
use crate::chrome::Progress;
use crate::chrome::queue;
use crate::chrome::status::Said;
use crate::chrome::toolbar::View;
use crate::document::Document;
use crate::preview::Shown;
use crate::runner::{self, End, Request, TabId};
use crate::tokens::decode::Scratch;
use crate::tokens::{self, Ticket};
use crate::viewer;

impl App {
    /// Runs the workflow that is seen, or what a node of it needs; behind the run that goes on, where one does.
    pub(super) fn run(&mut self, until: Option<NodeId>) -> Task<Message> {
        if !self.settle_or_say() {
            return Task::none();
        }
        let tab = self.tab();
        let label = match &until {
            Some(node) => format!("{} up to {node}", tab.document.title()),
            None => tab.document.title().to_owned(),
        };
        let request = Request {
            graph: tab.document.graph().clone(),
            until,
            base: tab.document.base().to_owned(),
            document: tab.id,
            label,
        };
        let is_busy = self.queue.running().is_some();
        let _ = self.queue.add(&request, &self.inventory.registry);
        if self.queue.is_paused() {
            self.queue.resume();
        }
        if is_busy {
            self.say(Said::plain("queued behind the run that goes on"));
        }
        self.advance()
    }

    /// Starts the next run of the queue, if it can start.
    pub(super) fn advance(&mut self) -> Task<Message> {
        // Whoever starts something while the window waits for the last runs wants it open.
        self.is_leaving = false;
        let task = self
            .queue
            .advance(&mut self.runner, &self.inventory.registry);
        if let Some(entry) = self.queue.running()
            && let Ok(request) = entry.request(&self.inventory.registry)
            && let Some(tab) = self.tabs.iter_mut().find(|tab| tab.id == request.document)
        {
            tab.ran = Some(Ran::new(request.graph, &self.inventory.registry));
        }
        task.map(Message::Runner)
    }

    pub(super) fn cancel_run(&mut self) {
        let id = self.tab().id;
        self.runner.cancel(id);
    }

    pub(super) fn on_runner(&mut self, message: runner::Message) -> Task<Message> {
        let action = self.runner.update(message);
        for tab in &mut self.tabs {
            tab.gather(&self.runner, &self.inventory.registry);
        }
        match action {
            runner::Action::None => Task::none(),
            runner::Action::Ended {
                run,
                document,
                label,
                took,
                end,
            } => {
                if document.0 >= ASIDE {
                    let decoded = self.decoded(document, &end);
                    return Task::batch([decoded, self.go_on_after_run()]);
                }
                let _ = self.queue.ended(run, took, &end);
                self.say(match &end {
                    End::Complete => {
                        Said::good(format!("{label}: done in {}", crate::chrome::lasting(took)))
                    }
                    End::Failed(failed) => match failed.first() {
                        Some((node, why)) => Said::bad(format!("{label}: `{node}` failed: {why}")),
                        None => Said::bad(format!("{label}: failed")),
                    },
                    End::Cancelled => Said::warning(format!("{label}: cancelled")),
                    End::Refused(why) => Said::bad(format!("{label}: {why}")),
                });
                self.go_on_after_run()
            }
        }
    }

    /// How far the run of the tab that is seen has come.
    pub(super) fn measure(&self) -> Option<Progress> {
        let id = self.tab().id;
        let current = self.runner.current(id)?;
        Some(Progress::new(current.stage, self.runner.statuses(id)))
    }

    pub(super) fn on_queue(&mut self, message: queue::Message) -> Task<Message> {
        match message {
            queue::Message::Raised(id) => {
                let _ = self.queue.raise(id);
            }
            queue::Message::Lowered(id) => {
                let _ = self.queue.lower(id);
            }
            queue::Message::Removed(id) => {
                let _ = self.queue.remove(id);
            }
            queue::Message::Retried(id) => {
                let _ = self.queue.retry(id);
                return self.advance();
            }
            queue::Message::Cancelled(id) => {
                if let Some(entry) = self.queue.get(id) {
                    self.runner.cancel(entry.document);
                }
            }
            queue::Message::Opened(id) => {
                let request = self
                    .queue
                    .get(id)
                    .map(|entry| entry.request(&self.inventory.registry));
                match request {
                    Some(Ok(request)) => {
                        let document = Document::of_graph(
                            request.graph,
                            request.label,
                            &request.base,
                            &self.host.folders,
                        );
                        self.add(document);
                    }
                    Some(Err(why)) => self.say(Said::bad(why)),
                    None => {}
                }
            }
            queue::Message::Paused => self.queue.pause(),
            queue::Message::Resumed => {
                self.queue.resume();
                return self.advance();
            }
            queue::Message::Cleared => self.queue.clear(),
            queue::Message::Closed => {
                self.settings.settings.panels.queue = false;
                self.save_settings();
            }
        }
        Task::none()
    }

    pub(super) fn open_viewer(&mut self, node: &NodeId) -> Task<Message> {
        if let Some(output) = self
            .tab()
            .histories
            .keys()
            .find(|output| output.node == *node)
        {
            let output = output.clone();
            self.select(Selection::of_nodes([output.node]));
            return self.show(View::Tokens);
        }
        let opened = self.tabs[self.chosen].open_viewer(node, &self.runner);
        if !opened {
            self.say(Said::warning(format!(
                "`{node}` has shown nothing to look at yet: run it first"
            )));
        }
        Task::none()
    }

    pub(super) fn on_viewer(&mut self, message: viewer::Message) -> Task<Message> {
        let base = self.tab().document.base();
        let base = std::path::absolute(base).unwrap_or_else(|_| base.to_owned());
        let Some((_, viewer)) = &mut self.tab_mut().viewer else {
            return Task::none();
        };
        match viewer.update(message) {
            viewer::Action::None => Task::none(),
            viewer::Action::Save(save) => {
                self.overlay = Some(Overlay::picture(&base, save));
                Task::none()
            }
            viewer::Action::Close => {
                self.tab_mut().viewer = None;
                Task::none()
            }
        }
    }

    pub(super) fn on_tokens(&mut self, message: tokens::Message) -> Task<Message> {
        let (tab, registry) = self.tab_and_registry();
        let Some(mut view) = tab.tokens.take() else {
            return Task::none();
        };
        let action = view.update(message, &tab.tokens_context(&registry));
        tab.tokens = Some(view);
        match action {
            tokens::Action::None => Task::none(),
            tokens::Action::Decode(ticket, scratch) => self.decode(ticket, *scratch),
            tokens::Action::Resume(resume) => {
                let Some(last) = resume.nodes.last().cloned() else {
                    return Task::none();
                };
                if !self.change(resume.edit) {
                    return Task::none();
                }
                self.tab_mut().view = View::Canvas;
                self.select(Selection::of_nodes(resume.nodes));
                self.run(Some(last))
            }
            tokens::Action::Open { label, picture } => {
                let tab = self.tab_mut();
                let subject = viewer::subject::Subject::new(
                    label,
                    vec![picture],
                    tab.ran.as_ref().map(|ran| ran.text.clone()),
                );
                let node = tab.tokens.as_ref().map(|view| view.output().node.clone());
                if let Some(node) = node {
                    tab.viewer = Some((node, viewer::Viewer::new(subject)));
                }
                Task::none()
            }
            tokens::Action::Say(words) => {
                self.say(Said::warning(words));
                Task::none()
            }
            tokens::Action::Close => self.show(View::Canvas),
        }
    }

    /// Makes the picture of a step, beside whatever else runs.
    fn decode(&mut self, ticket: Ticket, scratch: Scratch) -> Task<Message> {
        let tab = self.tab();
        let document = TabId(ASIDE + tab.id.0);
        let request = Request {
            graph: scratch.graph.clone(),
            until: Some(scratch.until.clone()),
            base: tab.document.base().to_owned(),
            document,
            label: "the picture of a step".into(),
        };
        let _ = self.decoding.insert(document, (tab.id, ticket, scratch));
        let (_, task) = self.runner.start(request);
        task.map(Message::Runner)
    }

    /// Hands the picture of a step to the token view that asked for it.
    fn decoded(&mut self, document: TabId, end: &End) -> Task<Message> {
        if self.runner.current(document).is_some() {
            // A run that gave way to a later one; the later one's answer is waited for.
            return Task::none();
        }
        let Some((id, ticket, scratch)) = self.decoding.remove(&document) else {
            return Task::none();
        };
        let answer = match end {
            End::Complete => {
                let shown = self.runner.thumbnails(document);
                match shown.at(&scratch.until, &scratch.port) {
                    Some(Shown::Pictures(pictures)) => pictures
                        .first()
                        .map(|picture| picture.picture().clone())
                        .ok_or_else(|| "no picture came out".to_owned()),
                    Some(
                        Shown::Grid { .. } | Shown::Steps { .. } | Shown::Curve(_) | Shown::Text(_),
                    )
                    | None => Err("no picture came out".to_owned()),
                }
            }
            End::Failed(failed) => Err(failed
                .first()
                .map_or_else(String::new, |(node, why)| format!("`{node}` failed: {why}"))),
            End::Cancelled => Err("it was cancelled".to_owned()),
            End::Refused(why) => Err(why.clone()),
        };
        let registry = self.inventory.registry.clone();
        let Some(tab) = self.tabs.iter_mut().find(|tab| tab.id == id) else {
            return Task::none();
        };
        let Some(mut view) = tab.tokens.take() else {
            return Task::none();
        };
        let action = view.update(
            tokens::Message::Decoded(ticket, answer),
            &tab.tokens_context(&registry),
        );
        tab.tokens = Some(view);
        match action {
            tokens::Action::Decode(ticket, scratch) => self.decode(ticket, *scratch),
            tokens::Action::Say(words) => {
                self.say(Said::warning(words));
                Task::none()
            }
            tokens::Action::None
            | tokens::Action::Resume(_)
            | tokens::Action::Open { .. }
            | tokens::Action::Close => Task::none(),
        }
    }
}
