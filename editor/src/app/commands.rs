//! What every command does.

use iced::{Task, clipboard};

use super::overlay::Overlay;
use super::{App, Message};
use crate::canvas::selection::Selection;
use crate::chrome::status::Said;
use crate::chrome::toolbar::View;
use crate::command::Command;
use crate::document::fragment::{self, Picked};
use crate::palette::Mode;
use crate::settings::{Panels, Theme};
use crate::tokens::TokenView;
use crate::{chrome, space};

/// How far from the original a duplicate lies.
const BESIDE: f32 = 40.0;

impl App {
    /// Does what `command` says, or says why it cannot be done.
    pub(super) fn execute(&mut self, command: Command) -> Task<Message> {
        self.settle_before(command);
        match command {
            Command::New => self.add_untitled(),
            Command::Open | Command::OpenRecent => self.ask_what_to_open(),
            Command::Save => return self.save(),
            Command::SaveAs => self.ask_where_to_save(),
            Command::Reload => self.reload(),
            Command::CloseTab => return self.close_tab(self.tab().id),
            Command::NextTab => return self.turn_to(1),
            Command::PreviousTab => return self.turn_to(self.tabs.len() - 1),
            Command::Quit => return self.quit(),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Cut => {
                let task = self.copy();
                return task.chain(self.by_canvas(Command::Delete));
            }
            Command::Copy => return self.copy(),
            Command::Paste => return read_clipboard(false),
            Command::PasteWithLinks => return read_clipboard(true),
            Command::Duplicate => self.duplicate(),
            Command::Inspector => self.toggle_panel(|panels| &mut panels.inspector),
            Command::Queue => self.toggle_panel(|panels| &mut panels.queue),
            Command::FormView => return self.toggle(View::Form),
            Command::TokenView => return self.toggle(View::Tokens),
            Command::Theme => self.toggle_theme(),
            Command::Palette => self.open_palette(Mode::Command),
            Command::Keys => self.overlay = Some(Overlay::keys()),
            Command::Plugins => return self.open_plugins(),
            Command::Run => return self.run(None),
            Command::RunToHere => match self.tab().canvas.selection.only_node().cloned() {
                Some(node) => return self.run(Some(node)),
                None => self.say(Said::warning("select the node that shall be run up to")),
            },
            Command::Cancel => return self.cancel(),
            Command::Snap | Command::Minimap => return self.set_canvas(command),
            Command::Delete
            | Command::SelectAll
            | Command::SelectNone
            | Command::SelectLinked
            | Command::NextNode
            | Command::PreviousNode
            | Command::NodeAbove
            | Command::NodeBelow
            | Command::Search
            | Command::Connect
            | Command::Rename
            | Command::Mute
            | Command::Bypass
            | Command::Collapse
            | Command::Frame
            | Command::Note
            | Command::ShowPictures
            | Command::Menu
            | Command::AlignLeft
            | Command::AlignRight
            | Command::AlignTop
            | Command::AlignBottom
            | Command::AlignCentre
            | Command::AlignMiddle
            | Command::DistributeHorizontally
            | Command::DistributeVertically
            | Command::Arrange
            | Command::NudgeLeft
            | Command::NudgeRight
            | Command::NudgeUp
            | Command::NudgeDown
            | Command::Fit
            | Command::FitSelection
            | Command::ZoomIn
            | Command::ZoomOut
            | Command::ZoomReset => return self.by_canvas(command),
        }
        Task::none()
    }

    fn ask_what_to_open(&mut self) {
        let recent = &self.settings.settings.recent;
        self.overlay = Some(Overlay::open(self.tab().document.base(), recent));
    }

    fn toggle_panel(&mut self, panel: impl FnOnce(&mut Panels) -> &mut bool) {
        let open = panel(&mut self.settings.settings.panels);
        *open = !*open;
        self.save_settings();
    }

    fn toggle_theme(&mut self) {
        let dark = self.look().dark;
        self.settings.settings.theme = if dark { Theme::Light } else { Theme::Dark };
        self.save_settings();
    }

    /// Lets the canvas change how it works, which the next tabs take over.
    fn set_canvas(&mut self, command: Command) -> Task<Message> {
        let task = self.by_canvas(command);
        self.settings.settings.snap = self.tab().canvas.snaps;
        self.settings.settings.minimap = self.tab().canvas.minimap;
        self.save_settings();
        task
    }

    /// Lets the canvas do it, which has to be seen for that.
    fn by_canvas(&mut self, command: Command) -> Task<Message> {
        if self.tab().view != View::Canvas {
            return Task::none();
        }
        let action = self.with_canvas(|canvas, context| canvas.command(command, context));
        self.carry_out(action)
    }

    /// The commands of the context menu, and whether they can be done now.
    pub(super) fn applicable(&self) -> Vec<(Command, bool)> {
        let tab = self.tab();
        let selection = &tab.canvas.selection;
        let (any, nodes) = (!selection.is_empty(), !selection.nodes.is_empty());
        let one = selection.only_node().is_some();
        let several = selection.nodes.len() > 1;
        vec![
            (Command::Search, true),
            (Command::Connect, one),
            (Command::RunToHere, one),
            (Command::ShowPictures, one),
            (Command::Rename, one),
            (Command::Cut, any),
            (Command::Copy, any),
            (Command::Paste, true),
            (Command::PasteWithLinks, true),
            (Command::Duplicate, any),
            (Command::Delete, any || !selection.wires.is_empty()),
            (Command::Mute, nodes),
            (Command::Bypass, nodes),
            (Command::Collapse, nodes),
            (Command::Frame, any),
            (Command::Note, true),
            (Command::SelectLinked, nodes),
            (Command::Arrange, !tab.document.graph().nodes().is_empty()),
            (Command::AlignLeft, several),
            (Command::AlignTop, several),
            (Command::DistributeHorizontally, selection.nodes.len() > 2),
            (Command::DistributeVertically, selection.nodes.len() > 2),
        ]
    }

    pub(super) fn on_tabs(&mut self, message: chrome::tabs::Message) -> Task<Message> {
        let _ = self.settle();
        match message {
            chrome::tabs::Message::Chosen(id) => {
                if let Some(at) = self.tabs.iter().position(|tab| tab.id == id) {
                    self.chosen = at;
                    self.palette = None;
                }
                Task::none()
            }
            chrome::tabs::Message::Closed(id) => self.close_tab(id),
            chrome::tabs::Message::Added => self.execute(Command::New),
        }
    }

    fn turn_to(&mut self, by: usize) -> Task<Message> {
        self.chosen = (self.chosen + by) % self.tabs.len();
        self.palette = None;
        chrome::tabs::reveal(self.chosen)
    }

    /// Looks at the tab in a way, or at the canvas where it is looked at so already.
    fn toggle(&mut self, view: View) -> Task<Message> {
        let view = if self.tab().view == view {
            View::Canvas
        } else {
            view
        };
        self.show(view)
    }

    /// Looks at the tab in a way.
    pub(super) fn show(&mut self, view: View) -> Task<Message> {
        self.palette = None;
        self.tab_mut().viewer = None;
        self.tab_mut().chart = None;
        if view == View::Tokens && !self.open_tokens() {
            return Task::none();
        }
        self.tab_mut().view = view;
        Task::none()
    }

    /// Opens the token view of the selected sampler, or of one that has run; `false` where there is none.
    fn open_tokens(&mut self) -> bool {
        let Some(output) = self.tab().sampler() else {
            self.say(Said::warning(
                "run a workflow with a sampler first: its steps are then shown here",
            ));
            return false;
        };
        let (tab, registry) = self.tab_and_registry();
        let is_open = tab
            .tokens
            .as_ref()
            .is_some_and(|view| *view.output() == output);
        if !is_open {
            let view = TokenView::new(output, &tab.tokens_context(&registry));
            tab.tokens = Some(view);
        }
        true
    }

    /// Calls off what is going on: the run, or else what has been begun on the canvas, or else the view.
    fn cancel(&mut self) -> Task<Message> {
        if self.overlay.as_ref().is_some_and(Overlay::is_field) {
            self.overlay = None;
            return Task::none();
        }
        if self.tab().view == View::Canvas && self.tab().canvas.is_busy() {
            return self.by_canvas(Command::Cancel);
        }
        if self.runner.current(self.tab().id).is_some() {
            self.cancel_run();
            return Task::none();
        }
        if self.tab().view != View::Canvas {
            return self.show(View::Canvas);
        }
        self.select(Selection::default());
        Task::none()
    }

    fn copy(&mut self) -> Task<Message> {
        let tab = self.tab();
        let picked = tab.picked();
        if picked.is_empty() {
            self.say(Said::warning("select what shall be copied"));
            return Task::none();
        }
        let text = fragment::copy(tab.document.graph(), &picked);
        self.say(Said::plain(format!("copied {}", counted(&picked))));
        clipboard::write(text)
    }

    /// Adds what the clipboard holds.
    pub(super) fn paste(&mut self, text: Option<&str>, with_links: bool) -> Task<Message> {
        let at = self.tab().canvas.pointer();
        self.insert(text.unwrap_or_default(), at, with_links);
        Task::none()
    }

    fn duplicate(&mut self) {
        let tab = self.tab();
        let picked = tab.picked();
        if picked.is_empty() {
            self.say(Said::warning("select what shall be duplicated"));
            return;
        }
        let context = tab.canvas_context(self.surroundings());
        let scene = tab.canvas.scene(&context);
        let corners = picked
            .nodes
            .iter()
            .filter_map(|node| scene.node(node))
            .map(|node| node.bounds.origin)
            .chain(
                picked
                    .frames
                    .iter()
                    .filter_map(|id| scene.frame(id))
                    .map(|frame| frame.bounds.origin),
            )
            .chain(
                picked
                    .notes
                    .iter()
                    .filter_map(|id| scene.note(id))
                    .map(|note| note.bounds.origin),
            );
        let corner = corners.reduce(space::WorldPoint::min).unwrap_or_default();
        let text = fragment::copy(tab.document.graph(), &picked);
        self.insert(&text, corner + space::WorldVector::splat(BESIDE), true);
    }

    fn insert(&mut self, text: &str, at: space::WorldPoint, with_links: bool) {
        let (tab, registry) = self.tab_and_registry();
        let graph = tab.document.graph();
        let pasted = fragment::paste(text, graph, &registry, space::position(at), with_links);
        match pasted {
            Ok(pasted) => {
                if self.change(pasted.edit) {
                    self.select(Selection {
                        nodes: pasted.picked.nodes,
                        frames: pasted.picked.frames,
                        notes: pasted.picked.notes,
                        ..Selection::default()
                    });
                }
            }
            Err(error) => self.say(Said::bad(error.to_string())),
        }
    }
}

fn read_clipboard(with_links: bool) -> Task<Message> {
    clipboard::read().map(move |text| Message::Pasted { text, with_links })
}

fn counted(picked: &Picked) -> String {
    let several = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let parts = [
        several(picked.nodes.len(), "node"),
        several(picked.frames.len(), "frame"),
        several(picked.notes.len(), "note"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
