//! Everything that the mouse does on the canvas, by command.

#[cfg(test)]
mod tests;

use graph::document::{NodeId, State};
use graph::edit::Edit;

use super::align::{self, Axis, Edge};
use super::gesture::nudge;
use super::scene::{Scene, WireCurve, around};
use super::selection::{Item, Selection};
use super::walk::{self, Step};
use super::{Action, Canvas, Context, GRID, Loose, View, arrange, frames, wiring};
use crate::command::Command;
use crate::space::{ScreenPoint, WorldRect, WorldVector};

/// By how much a command zooms.
const ZOOM: f32 = 1.25;

impl Canvas {
    /// Does what `command` says, where it concerns the canvas; all others do nothing here.
    pub fn command(&mut self, command: Command, context: &Context<'_>) -> Action {
        if self.is_busy() {
            // A change in the middle of a drag would pull the ground from under it.
            return if command == Command::Cancel {
                self.call_off()
            } else {
                Action::None
            };
        }
        self.selection.forget_missing(context.graph);
        let scene = self.scene(context);
        let view = View {
            graph: context.graph,
            registry: context.registry,
            thumbnails: context.thumbnails,
            scene: &scene,
        };
        let action = self.done(command, &view);
        super::pin(action, &view)
    }

    fn done(&mut self, command: Command, view: &View<'_>) -> Action {
        match command {
            Command::Delete => self.delete(view),
            Command::SelectAll => self.select(Selection::all(view.graph)),
            Command::SelectNone => self.select(Selection::default()),
            Command::SelectLinked => {
                let linked = walk::linked(view.graph, &self.selection.nodes);
                self.select(Selection::of_nodes(linked))
            }
            Command::NextNode => self.walk(Step::Next, view),
            Command::PreviousNode => self.walk(Step::Previous, view),
            Command::NodeAbove => self.walk(Step::Above, view),
            Command::NodeBelow => self.walk(Step::Below, view),
            Command::Search => self.search(),
            Command::Connect => self.connect(view),
            Command::Rename => self.rename(),
            Command::Mute => self.set_state(State::Muted, view),
            Command::Bypass => self.set_state(State::Bypassed, view),
            Command::Collapse => self.collapse(view),
            Command::Frame => self.frame(view),
            Command::Note => self.note(view),
            Command::ShowPictures => match self.selection.only_node() {
                Some(node) => view.opened(node),
                None => Action::Say("select the node whose pictures shall be shown".into()),
            },
            Command::Menu => self.menu(view),
            Command::AlignLeft => self.align(Edge::Left, view),
            Command::AlignRight => self.align(Edge::Right, view),
            Command::AlignTop => self.align(Edge::Top, view),
            Command::AlignBottom => self.align(Edge::Bottom, view),
            Command::AlignCentre => self.align(Edge::Centre, view),
            Command::AlignMiddle => self.align(Edge::Middle, view),
            Command::DistributeHorizontally => self.distribute(Axis::Horizontal, view),
            Command::DistributeVertically => self.distribute(Axis::Vertical, view),
            Command::Arrange => self.arrange(view),
            Command::NudgeLeft => self.nudge(WorldVector::new(-1.0, 0.0), view),
            Command::NudgeRight => self.nudge(WorldVector::new(1.0, 0.0), view),
            Command::NudgeUp => self.nudge(WorldVector::new(0.0, -1.0), view),
            Command::NudgeDown => self.nudge(WorldVector::new(0.0, 1.0), view),
            Command::Snap => toggle(&mut self.snaps),
            Command::Minimap => toggle(&mut self.minimap),
            Command::Fit => self.show(view.scene.bounds()),
            Command::FitSelection => {
                self.show(bounds(view.scene, &self.selection).or_else(|| view.scene.bounds()))
            }
            Command::ZoomIn => self.zoom_to(self.camera.zoom() * ZOOM),
            Command::ZoomOut => self.zoom_to(self.camera.zoom() / ZOOM),
            Command::ZoomReset => self.zoom_to(1.0),
            Command::New
            | Command::Open
            | Command::OpenRecent
            | Command::Save
            | Command::SaveAs
            | Command::Reload
            | Command::CloseTab
            | Command::NextTab
            | Command::PreviousTab
            | Command::Quit
            | Command::Undo
            | Command::Redo
            | Command::Cut
            | Command::Copy
            | Command::Paste
            | Command::PasteWithLinks
            | Command::Duplicate
            | Command::Inspector
            | Command::Queue
            | Command::FormView
            | Command::TokenView
            | Command::Theme
            | Command::Palette
            | Command::Keys
            | Command::Plugins
            | Command::Run
            | Command::RunToHere
            | Command::Cancel => Action::None,
        }
    }

    fn show(&mut self, bounds: Option<WorldRect>) -> Action {
        if let Some(bounds) = bounds {
            self.camera.fit(bounds);
        }
        Action::None
    }

    fn zoom_to(&mut self, zoom: f32) -> Action {
        self.camera.zoom_to(zoom, self.camera.middle());
        Action::None
    }

    fn select(&mut self, selection: Selection) -> Action {
        self.selection = selection;
        Action::None
    }

    fn delete(&mut self, view: &View<'_>) -> Action {
        match wiring::remove(view.graph, view.registry, &self.selection) {
            Some(edit) => {
                self.selection = Selection::default();
                Action::Apply(edit)
            }
            None => Action::None,
        }
    }

    /// Selects the node that is a step away, and brings it into view.
    fn walk(&mut self, step: Step, view: &View<'_>) -> Action {
        let scene = view.scene;
        let found = match self.selection.nodes.first() {
            Some(node) => walk::step(view.graph, scene, node, step),
            None => walk::nearest(scene, self.camera.centre()).map(|node| node.id.clone()),
        };
        if let Some(node) = found {
            if let Some(node) = scene.node(&node) {
                self.camera.reveal(node.bounds);
            }
            self.selection = Selection::of(Item::Node(node));
        }
        Action::None
    }

    fn search(&self) -> Action {
        let screen = self.cursor.unwrap_or(self.camera.middle());
        Action::Search {
            at: self.camera.to_world(screen),
            screen,
            from: None,
        }
    }

    /// Wires two selected nodes by what fits first; of one, the ports it could be wired to are listed.
    fn connect(&mut self, view: &View<'_>) -> Action {
        let mut nodes = self.selection.nodes.iter();
        let (first, second) = match (nodes.next(), nodes.next(), nodes.next()) {
            (Some(only), None, _) => return Action::Connect(only.clone()),
            (Some(first), Some(second), None) => (first, second),
            _ => return Action::Say("select one node to connect, or two".into()),
        };
        let is_before = |node: &NodeId| {
            view.scene
                .node(node)
                .map_or(0.0, |node| node.bounds.min_x())
        };
        // From left to right where both ways fit.
        let ways = if is_before(first) <= is_before(second) {
            [(first, second), (second, first)]
        } else {
            [(second, first), (first, second)]
        };
        for (from, to) in ways {
            if let Some(edit) = first_fit(from, to, view) {
                return Action::Apply(edit);
            }
        }
        Action::Say(format!("nothing of `{first}` fits `{second}`"))
    }

    fn rename(&self) -> Action {
        let selection = &self.selection;
        let nodes = selection.nodes.iter().cloned().map(Action::Rename);
        let frames = selection.frames.iter().cloned().map(Action::EditFrame);
        let notes = selection.notes.iter().cloned().map(Action::EditNote);
        let mut all = nodes.chain(frames).chain(notes);
        match (all.next(), all.next()) {
            (Some(only), None) => only,
            _ => Action::Say("select the one node, frame or note to be renamed".into()),
        }
    }

    /// Makes the selected nodes be `state`, or take full part again where all of them are so already.
    fn set_state(&self, state: State, view: &View<'_>) -> Action {
        let nodes = &self.selection.nodes;
        let is_so = |id: &NodeId| view.graph.node(id).and_then(|node| node.state) == Some(state);
        let next = Some(state).filter(|_| !nodes.iter().all(is_so));
        let edits = nodes.iter().map(|node| Edit::SetState {
            node: node.clone(),
            state: next,
        });
        changed(edits.collect(), "select the nodes first")
    }

    fn collapse(&self, view: &View<'_>) -> Action {
        let nodes = &self.selection.nodes;
        let collapsed = &view.graph.layout().collapsed;
        let next = !nodes.iter().all(|id| collapsed.contains(id));
        let edits = nodes.iter().map(|node| Edit::SetCollapsed {
            node: node.clone(),
            collapsed: next,
        });
        changed(edits.collect(), "select the nodes first")
    }

    fn frame(&mut self, view: &View<'_>) -> Action {
        let at = self.snapped(self.pointer());
        let (id, edit) = frames::frame(view.graph, view.scene, &self.selection, at);
        self.selection = Selection::of(Item::Frame(id.clone()));
        Action::Several(vec![Action::Apply(edit), Action::EditFrame(id)])
    }

    fn note(&mut self, view: &View<'_>) -> Action {
        let (id, edit) = frames::note(view.graph, self.snapped(self.pointer()));
        self.selection = Selection::of(Item::Note(id.clone()));
        Action::Several(vec![Action::Apply(edit), Action::EditNote(id)])
    }

    fn menu(&self, view: &View<'_>) -> Action {
        let at = match bounds(view.scene, &self.selection) {
            Some(bounds) => self.camera.to_screen(bounds.center()),
            None => self.camera.middle(),
        };
        let last = self.camera.size().to_vector().to_point();
        Action::Menu {
            at: at.clamp(ScreenPoint::origin(), last),
        }
    }

    fn align(&self, edge: Edge, view: &View<'_>) -> Action {
        match align::align(view.scene, &self.selection, edge) {
            Some(edit) => Action::Apply(edit),
            None => Action::Say("select at least two nodes to line them up".into()),
        }
    }

    fn distribute(&self, axis: Axis, view: &View<'_>) -> Action {
        match align::distribute(view.scene, &self.selection, axis) {
            Some(edit) => Action::Apply(edit),
            None => Action::Say("select at least three nodes to space them evenly".into()),
        }
    }

    fn arrange(&self, view: &View<'_>) -> Action {
        let nodes = &self.selection.nodes;
        let edit = if nodes.len() < 2 {
            arrange::everything(view.graph, view.scene)
        } else {
            arrange::chosen(view.graph, view.scene, nodes)
        };
        edit.map_or(Action::None, Action::Apply)
    }

    fn nudge(&self, direction: WorldVector, view: &View<'_>) -> Action {
        let length = if self.snaps { GRID } else { 1.0 };
        match nudge(&self.selection, direction * length, view) {
            Some(edit) => Action::Merge(edit),
            None => Action::None,
        }
    }
}

/// Lays the first wire from an output of `from` that fits an input of `to`.
fn first_fit(from: &NodeId, to: &NodeId, view: &View<'_>) -> Option<Edit> {
    let outputs = &view.scene.node(from)?.outputs;
    outputs.iter().find_map(|output| {
        let loose = Loose::Output(output.port.clone());
        let fits = wiring::Fits::new(view.graph, view.registry, &loose, None);
        let port = to.port(fits.of(to).first()?);
        Some(wiring::connect(
            view.graph,
            view.registry,
            &loose.to(&port),
            None,
        ))
    })
}

fn toggle(what: &mut bool) -> Action {
    *what = !*what;
    Action::None
}

fn changed(edits: Vec<Edit>, otherwise: &str) -> Action {
    if edits.is_empty() {
        Action::Say(otherwise.into())
    } else {
        Action::Apply(Edit::Batch(edits))
    }
}

/// A box around all that is selected.
fn bounds(scene: &Scene, selection: &Selection) -> Option<WorldRect> {
    let nodes = selection.nodes.iter().filter_map(|id| scene.node(id));
    let frames = selection.frames.iter().filter_map(|id| scene.frame(id));
    let notes = selection.notes.iter().filter_map(|id| scene.note(id));
    let wires = selection.wires.iter().filter_map(|wire| scene.wire(wire));
    around(
        nodes
            .map(|node| node.bounds)
            .chain(frames.map(|frame| frame.bounds))
            .chain(notes.map(|note| note.bounds))
            .chain(wires.map(WireCurve::bounds)),
    )
}
