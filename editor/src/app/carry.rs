//! Carrying out what components ask for.

use graph::document::{NodeId, PortRef};
use graph::edit::Edit;
use graph::param::PathPurpose;
use iced::Task;

use super::files::ask;
use super::overlay::Overlay;
use super::{App, Message};
use crate::canvas::selection::Selection;
use crate::canvas::{self, wiring};
use crate::chrome::status::Said;
use crate::chrome::toolbar::View;
use crate::command::Command;
use crate::palette::{self, Mode, Palette};
use crate::plugins::with_needs;
use crate::space::{self, ScreenPoint};
use crate::{form, inspector};

impl App {
    pub(super) fn on_canvas(&mut self, message: canvas::Message) -> Task<Message> {
        let action = self.with_canvas(|canvas, context| canvas.update(message, context));
        self.carry_out(action)
    }

    /// Asks the canvas of the tab that is seen.
    pub(super) fn with_canvas(
        &mut self,
        ask: impl FnOnce(&mut canvas::Canvas, &canvas::Context<'_>) -> canvas::Action,
    ) -> canvas::Action {
        // The canvas is changed while it looks at the rest of its tab, so it is taken out for as long.
        let mut canvas = std::mem::take(&mut self.tab_mut().canvas);
        let before = canvas.selection.clone();
        let action = ask(&mut canvas, &self.tab().canvas_context(self.surroundings()));
        let moved = canvas.selection != before;
        let (tab, registry) = self.tab_and_registry();
        tab.canvas = canvas;
        if moved {
            self.settle_inspector();
            let (tab, _) = self.tab_and_registry();
            tab.refresh(&registry);
        }
        action
    }

    /// Changes the document as a step of its own, or says why that cannot be; whether it was done.
    pub(super) fn change(&mut self, edit: Edit) -> bool {
        let tab = self.tab();
        let edit = tab
            .canvas
            .pinned(edit, &tab.canvas_context(self.surroundings()));
        let (tab, registry) = self.tab_and_registry();
        let edit = with_needs(edit, tab.document.graph(), &registry);
        match tab.apply(edit, &registry) {
            Ok(()) => true,
            Err(error) => {
                self.say(Said::bad(error.to_string()));
                false
            }
        }
    }

    pub(super) fn merge(&mut self, edit: Edit) {
        let moves_alone = canvas::moves_alone(&edit);
        let (tab, registry) = self.tab_and_registry();
        if let Err(error) = tab.document.merge(edit) {
            self.say(Said::bad(error.to_string()));
            return;
        }
        // Whoever drags waits for it, and a workflow is neither better nor worse for where its nodes lie.
        if !moves_alone {
            tab.refresh(&registry);
        }
    }

    pub(super) fn carry_out(&mut self, action: canvas::Action) -> Task<Message> {
        match action {
            canvas::Action::None => {}
            canvas::Action::Apply(edit) => {
                let _ = self.change(edit);
            }
            canvas::Action::Merge(edit) => self.merge(edit),
            canvas::Action::Seal => self.tab_mut().document.seal(),
            canvas::Action::Abandon => {
                let (tab, registry) = self.tab_and_registry();
                tab.document.seal();
                let _ = tab.document.undo();
                tab.refresh(&registry);
            }
            canvas::Action::Search {
                at,
                screen: _,
                from,
            } => {
                self.open_palette(Mode::Add { at, from });
            }
            canvas::Action::Connect(from) => self.open_palette(Mode::Connect { from }),
            canvas::Action::Edit { target, bounds } | canvas::Action::Choose { target, bounds } => {
                self.overlay = Some(Overlay::param(target, bounds, self.param_context()));
            }
            canvas::Action::Rename(node) => {
                self.overlay = Some(Overlay::rename(&node));
            }
            canvas::Action::EditNote(note) => {
                self.overlay = Overlay::note(&note, self.tab().document.graph());
            }
            canvas::Action::EditFrame(frame) => {
                self.overlay = Overlay::frame(&frame, self.tab().document.graph());
            }
            canvas::Action::OpenViewer(node) => return self.open_viewer(&node),
            canvas::Action::OpenTokens(node) => {
                self.select(Selection::of_nodes([node]));
                return self.show(View::Tokens);
            }
            canvas::Action::Menu { at } => self.open_menu(at),
            canvas::Action::Say(words) => self.say(Said::warning(words)),
            canvas::Action::Several(actions) => {
                let tasks: Vec<Task<Message>> = actions
                    .into_iter()
                    .map(|action| self.carry_out(action))
                    .collect();
                return Task::batch(tasks);
            }
        }
        Task::none()
    }

    pub(super) fn on_inspector(&mut self, message: inspector::Message) -> Task<Message> {
        let mut panel = std::mem::take(&mut self.tab_mut().inspector);
        let action = panel.update(message, self.tab().inspector_context(self.surroundings()));
        self.tab_mut().inspector = panel;
        match action {
            inspector::Action::Field(action) => return self.carry_out_field(action),
            inspector::Action::Rename { from, to } => self.rename(&from, &to),
            inspector::Action::Focus(node) => self.focus(&node),
            inspector::Action::RunTo(node) => return self.run(Some(node)),
            inspector::Action::ShowPlugins => return self.execute(Command::Plugins),
        }
        Task::none()
    }

    pub(super) fn on_form(&mut self, message: form::Message) -> Task<Message> {
        let mut panel = std::mem::take(&mut self.tab_mut().form);
        let action = panel.update(message, self.tab().form_context(self.surroundings()));
        self.tab_mut().form = panel;
        match action {
            form::Action::Field(action) => return self.carry_out_field(action),
            form::Action::Run(edit) => {
                if edit.is_none_or(|edit| self.change(edit)) {
                    return self.run(None);
                }
            }
            form::Action::Cancel => self.cancel_run(),
            form::Action::OpenViewer(node) => return self.open_viewer(&node),
        }
        Task::none()
    }

    pub(super) fn open_palette(&mut self, mode: Mode) {
        let tab = self.tab();
        let context = palette::Context {
            graph: tab.document.graph(),
            registry: &self.inventory.registry,
            keymap: &self.keymap,
            recent: &self.recent_picks,
        };
        self.palette = Some(Palette::open(mode, context));
    }

    pub(super) fn on_palette(&mut self, message: palette::Message) -> Task<Message> {
        let Some(palette) = &mut self.palette else {
            return Task::none();
        };
        match palette.update(message) {
            palette::Action::None => {}
            palette::Action::Close => self.palette = None,
            palette::Action::Add { kind, connect, at } => {
                self.palette = None;
                self.add_node(&kind, connect, at);
            }
            palette::Action::Connect(from, to) => {
                self.palette = None;
                self.connect(from, to);
            }
            palette::Action::Run(command) => {
                self.palette = None;
                palette::remember(&mut self.recent_picks, command.id());
                return self.execute(command);
            }
        }
        Task::none()
    }

    fn add_node(
        &mut self,
        kind: &str,
        connect: Option<(canvas::Loose, String)>,
        at: space::WorldPoint,
    ) {
        palette::remember(&mut self.recent_picks, kind);
        let (tab, registry) = self.tab_and_registry();
        let connect = connect.as_ref().map(|(loose, port)| (loose, port.as_str()));
        let graph = tab.document.graph();
        let added = wiring::add(graph, &registry, kind, space::position(at), connect);
        let Some((id, edit)) = added else {
            self.say(Said::bad(format!(
                "there is no kind of node called `{kind}`"
            )));
            return;
        };
        if self.change(edit) {
            self.select(Selection::of_nodes([id]));
        }
    }

    fn connect(&mut self, from: PortRef, to: PortRef) {
        let (tab, registry) = self.tab_and_registry();
        let wire = graph::document::Wire::new(from, to);
        let edit = wiring::connect(tab.document.graph(), &registry, &wire, None);
        let _ = self.change(edit);
    }

    pub(super) fn select(&mut self, selection: Selection) {
        let (tab, registry) = self.tab_and_registry();
        tab.canvas.selection = selection;
        tab.refresh(&registry);
    }

    /// Selects a node and brings it into view.
    pub(super) fn focus(&mut self, node: &NodeId) {
        self.select(Selection::of_nodes([node.clone()]));
        self.tab_mut().view = View::Canvas;
        let _ = self.with_canvas(|canvas, context| {
            let bounds = canvas.scene(context).node(node).map(|node| node.bounds);
            if let Some(bounds) = bounds {
                canvas.camera.reveal(bounds);
            }
            canvas::Action::None
        });
    }

    /// Shows the first node that something is wrong with.
    pub(super) fn point_at_fault(&mut self) -> Task<Message> {
        let faults = &self.tab().faults;
        let node = faults.iter().next().map(|(node, _)| node.clone());
        let words = faults
            .of_workflow()
            .first()
            .map(|fault| fault.message.clone());
        match (node, words) {
            (Some(node), _) => self.focus(&node),
            (None, Some(words)) => self.say(Said::bad(words)),
            (None, None) => {}
        }
        Task::none()
    }

    pub(super) fn browse(&mut self, target: PortRef, purpose: PathPurpose) -> Task<Message> {
        let base = self.tab().document.base().to_owned();
        ask(target, purpose, base)
    }

    fn open_menu(&mut self, at: ScreenPoint) {
        self.overlay = Some(Overlay::menu(at, self.applicable()));
    }
}
