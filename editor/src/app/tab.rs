//! One open workflow, with all that is seen of it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use graph::document::{Graph, NodeId, PortRef};
use graph::edit::{Edit, EditError};
use graph::registry::Registry;
use graph::workflow::to_text;

use crate::canvas::{self, Canvas};
use crate::chrome::tabs;
use crate::chrome::toolbar::View;
use crate::document::Document;
use crate::document::fragment::Picked;
use crate::form::{self, Form};
use crate::inspector::{self, Inspector};
use crate::preview::Shown;
use crate::runner::{Runner, TabId};
use crate::status::{Content, Contents, Faults, contents};
use crate::theme::Look;
use crate::tokens::{self, Histories, Record, TokenView};
use crate::viewer::Viewer;
use crate::viewer::chart::Chart;
use crate::viewer::subject::Subject;

/// One open workflow, with all that is seen of it.
#[derive(Debug)]
pub struct Tab {
    /// What runs call it.
    pub id: TabId,
    /// The workflow.
    pub document: Document,
    /// How it lies on the canvas.
    pub canvas: Canvas,
    /// The panel beside the canvas.
    pub inspector: Inspector,
    /// The form.
    pub form: Form,
    /// What stands in the way of a run.
    pub faults: Faults,
    /// What is looked at.
    pub view: View,
    /// The token view, while a sampler is looked at.
    pub tokens: Option<TokenView>,
    /// The picture viewer, over everything else of the tab while it is open, and what it looks at.
    pub viewer: Option<(NodeId, Viewer)>,
    /// The curves of a node, over everything else of the tab while they are looked at.
    pub chart: Option<(NodeId, Chart)>,
    /// The steps of samplers that have run.
    pub histories: Histories,
    /// What was run last.
    pub ran: Option<Ran>,
    /// What was run when the results of nodes came about that are there now.
    made: BTreeMap<NodeId, (Content, Ran)>,
    /// Which thumbnails the histories were gathered from.
    gathered: Option<u64>,
    /// The revision that results were compared with last.
    compared: Option<u64>,
}

/// What was run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The workflow as it was then.
    pub graph: Rc<Graph>,
    /// The same as text, for pictures to carry.
    pub text: Arc<str>,
    /// What the results of its nodes come of.
    contents: Rc<Contents>,
}

/// What a tab is looked at with.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The kinds of node.
    pub registry: &'a Registry,
    /// What runs have shown.
    pub runner: &'a Runner,
    /// The colours.
    pub look: &'a Look,
}

impl Ran {
    /// Takes note of what is run.
    pub fn new(graph: Graph, registry: &Registry) -> Self {
        Self {
            contents: contents(&graph, registry).into(),
            text: to_text(&graph).into(),
            graph: Rc::new(graph),
        }
    }
}

impl Tab {
    /// A tab of `document`.
    pub fn new(id: TabId, document: Document, registry: &Registry) -> Self {
        let mut tab = Self {
            id,
            document,
            canvas: Canvas::new(),
            inspector: Inspector::new(),
            form: Form::new(),
            faults: Faults::default(),
            view: View::Canvas,
            tokens: None,
            viewer: None,
            chart: None,
            histories: Histories::new(),
            ran: None,
            made: BTreeMap::new(),
            gathered: None,
            compared: None,
        };
        tab.refresh(registry);
        tab
    }

    /// Takes over what has changed in the document or the selection.
    pub fn refresh(&mut self, registry: &Registry) {
        let graph = self.document.graph();
        self.canvas.selection.forget_missing(graph);
        self.faults
            .refresh(graph, registry, self.document.revision());
        self.inspector
            .refresh(graph, registry, &self.canvas.selection);
        self.form.refresh(graph, registry);
        if let Some(view) = &mut self.tokens {
            view.refresh(&tokens::Context {
                graph,
                registry,
                histories: &self.histories,
            });
        }
    }

    /// Takes over that there are other kinds of node than before.
    pub fn renew(&mut self, registry: &Registry) {
        self.canvas.forget_scene();
        self.faults = Faults::default();
        self.compared = None;
        self.refresh(registry);
    }

    /// Finds out which results are of what was there before a change.
    ///
    /// While something is dragged this waits for the end of the drag: it would be asked at every moment of it.
    pub fn compare(&mut self, runner: &mut Runner) {
        let revision = self.document.revision();
        if self.canvas.is_busy() {
            return;
        }
        if self.compared != Some(revision) && runner.compare(self.id, self.document.graph()) {
            self.compared = Some(revision);
        }
    }

    /// Takes over what a run has shown.
    pub fn gather(&mut self, runner: &Runner, registry: &Registry) {
        let thumbnails = runner.thumbnails(self.id);
        if self.gathered == Some(thumbnails.version()) {
            return;
        }
        self.gathered = Some(thumbnails.version());
        let Some(ran) = self.ran.clone() else {
            return;
        };
        self.attribute(&ran, runner);
        for node in ran.graph.nodes().keys() {
            for (port, shown) in thumbnails.ports(node) {
                let Shown::Steps { grids, .. } = shown else {
                    continue;
                };
                let output = node.port(port);
                // What has not run again is still of the run before.
                let known = self.histories.get(&output);
                if known.is_some_and(|known| Arc::ptr_eq(&known.steps, grids)) {
                    continue;
                }
                let record = Record {
                    steps: grids.clone(),
                    output: output.clone(),
                    graph: ran.graph.clone(),
                };
                let _ = self.histories.insert(output, record);
            }
        }
        if let Some((node, chart)) = &mut self.chart
            && let Some(shown) = curves(runner, self.id, node)
        {
            *chart = shown;
        }
        if let Some((node, viewer)) = &mut self.viewer
            && let Some(subject) = pictures(runner, self.id, node, &self.made)
        {
            viewer.refresh(subject);
        }
        if let Some(view) = &mut self.tokens {
            view.refresh(&tokens::Context {
                graph: self.document.graph(),
                registry,
                histories: &self.histories,
            });
        }
    }

    /// Finds out which results have come of `ran`: a run of a part leaves those of others as they were.
    fn attribute(&mut self, ran: &Ran, runner: &Runner) {
        for (node, content) in runner.statuses(self.id).results() {
            let is_new = self
                .made
                .get(node)
                .is_none_or(|(known, _)| known != content);
            if is_new && ran.contents.get(node) == Some(content) {
                let _ = self.made.insert(node.clone(), (*content, ran.clone()));
            }
        }
    }

    /// Follows a node that is called something else now.
    pub fn follow(&mut self, from: &NodeId, to: &NodeId, registry: &Registry) {
        let outputs = self.histories.keys();
        let outputs: Vec<PortRef> = outputs.filter(|it| it.node == *from).cloned().collect();
        for output in outputs {
            if let Some(record) = self.histories.remove(&output) {
                let _ = self.histories.insert(to.port(output.port), record);
            }
        }
        if let Some(view) = &mut self.tokens {
            view.follow(from, to);
        }
        if let Some(made) = self.made.remove(from) {
            let _ = self.made.insert(to.clone(), made);
        }
        let viewer = self.viewer.as_mut().map(|(node, _)| node);
        let chart = self.chart.as_mut().map(|(node, _)| node);
        for node in viewer.into_iter().chain(chart) {
            if node == from {
                node.clone_from(to);
            }
        }
        self.refresh(registry);
    }

    /// Changes the document as a step of its own.
    ///
    /// Errors: those of the graph; nothing has then happened.
    pub fn apply(&mut self, edit: Edit, registry: &Registry) -> Result<(), EditError> {
        self.document.apply(edit)?;
        self.refresh(registry);
        Ok(())
    }

    /// What the canvas is shown.
    pub fn canvas_context<'a>(&'a self, around: Surroundings<'a>) -> canvas::Context<'a> {
        canvas::Context {
            graph: self.document.graph(),
            registry: around.registry,
            revision: self.document.revision(),
            statuses: around.runner.statuses(self.id),
            thumbnails: around.runner.thumbnails(self.id),
            faults: &self.faults,
            look: around.look,
        }
    }

    /// What the inspector is shown.
    pub fn inspector_context<'a>(&'a self, around: Surroundings<'a>) -> inspector::Context<'a> {
        inspector::Context {
            graph: self.document.graph(),
            registry: around.registry,
            selection: &self.canvas.selection,
            statuses: around.runner.statuses(self.id),
            faults: &self.faults,
            look: around.look,
        }
    }

    /// What the form is shown.
    pub fn form_context<'a>(&'a self, around: Surroundings<'a>) -> form::Context<'a> {
        form::Context {
            graph: self.document.graph(),
            registry: around.registry,
            statuses: around.runner.statuses(self.id),
            thumbnails: around.runner.thumbnails(self.id),
            faults: &self.faults,
            is_running: around.runner.current(self.id).is_some(),
        }
    }

    /// What the token view is shown.
    pub fn tokens_context<'a>(&'a self, registry: &'a Registry) -> tokens::Context<'a> {
        tokens::Context {
            graph: self.document.graph(),
            registry,
            histories: &self.histories,
        }
    }

    /// How the tab bar shows it.
    pub fn label(&self, runner: &Runner) -> tabs::Tab {
        let place = self.document.path().map_or_else(
            || "not saved yet".to_owned(),
            |path| path.display().to_string(),
        );
        tabs::Tab {
            id: self.id,
            title: self.document.title().to_owned(),
            place,
            dirty: self.document.is_dirty(),
            running: runner.current(self.id).is_some(),
        }
    }

    /// What of the document is selected.
    pub fn picked(&self) -> Picked {
        let selection = &self.canvas.selection;
        Picked {
            nodes: selection.nodes.clone(),
            frames: selection.frames.clone(),
            notes: selection.notes.clone(),
        }
    }

    /// The output that tells the steps of the sampler that is selected, or else of one that has run.
    pub fn sampler(&self) -> Option<PortRef> {
        let selected = self.canvas.selection.only_node();
        let mut known = self.histories.keys();
        selected
            .and_then(|node| known.clone().find(|output| output.node == *node))
            .or_else(|| known.next())
            .cloned()
    }

    /// Opens a view of what `node` has shown; `false` where it has shown neither pictures nor curves.
    pub fn open_viewer(&mut self, node: &NodeId, runner: &Runner) -> bool {
        let Some(subject) = pictures(runner, self.id, node, &self.made) else {
            self.chart = curves(runner, self.id, node).map(|chart| (node.clone(), chart));
            return self.chart.is_some();
        };
        let mut viewer = Viewer::new(subject);
        let nodes = self.document.graph().nodes().keys();
        let others = nodes.filter(|other| *other != node);
        let others = others.filter_map(|other| pictures(runner, self.id, other, &self.made));
        viewer.offer(others.collect());
        self.viewer = Some((node.clone(), viewer));
        true
    }
}

/// The curves that `node` shows while it runs, or has shown.
fn curves(runner: &Runner, tab: TabId, node: &NodeId) -> Option<Chart> {
    let thumbnails = runner.thumbnails(tab);
    let ports = thumbnails.ports(node).map(|(_, shown)| shown);
    let mut shown = thumbnails.live(node).into_iter().chain(ports);
    shown.find_map(|shown| match shown {
        Shown::Curve(lines) => Some(Chart::new(node.to_string(), lines.clone())),
        Shown::Pictures(_) | Shown::Grid { .. } | Shown::Steps { .. } | Shown::Text(_) => None,
    })
}

/// The pictures that `node` has shown.
fn pictures(
    runner: &Runner,
    tab: TabId,
    node: &NodeId,
    made: &BTreeMap<NodeId, (Content, Ran)>,
) -> Option<Subject> {
    let thumbnails = runner.thumbnails(tab);
    let mut shown = thumbnails.ports(node).map(|(_, shown)| shown);
    let pictures = shown.find_map(|shown| match shown {
        Shown::Pictures(pictures) => Some(pictures),
        Shown::Grid { .. } | Shown::Steps { .. } | Shown::Curve(_) | Shown::Text(_) => None,
    })?;
    let pictures = pictures.iter().map(|picture| picture.picture().clone());
    Some(Subject::new(
        node.to_string(),
        pictures.collect(),
        made.get(node).map(|(_, ran)| ran.text.clone()),
    ))
}
