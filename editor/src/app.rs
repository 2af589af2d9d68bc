//! The window: tabs of workflows, what is around them, and what is done with all of them.
//!
//! Components tell what was asked of them in actions; here they are carried out.
//!
//! | part | modules |
//! |---|---|
//! | what there is | [`tab`], [`overlay`] |
//! | what is done | [`commands`], [`carry`], [`pending`], [`files`], [`closing`], [`runs`], [`plugins`] |
//! | what is seen | [`view`] |

mod carry;
mod clock;
mod closing;
mod commands;
mod files;
mod keys;
mod overlay;
mod pending;
mod plugins;
mod runs;
mod tab;
mod view;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use graph::document::PortRef;
use graph::registry::Registry;
use iced::{Event, Subscription, Task, Theme, event, keyboard, window};

use crate::chrome::Progress;
use crate::chrome::status::Said;
use crate::chrome::{empty, notices, queue as queue_panel, status, tabs, toolbar};
use crate::command::Command;
use crate::dialog::report::Report;
use crate::document::work::{Kept, PERIOD, Saved};
use crate::document::{Document, recovery};
use crate::host::Host;
use crate::keymap::Keymap;
use crate::palette::Palette;
use crate::plugins::{Answer, Inventory, Request};
use crate::preview::Thumbnails;
use crate::queue::{self, Queue};
use crate::runner::{self, Runner, TabId};
use crate::settings::{self, Stored};
use crate::status::Statuses;
use crate::theme::Look;
use crate::tokens::Ticket;
use crate::tokens::decode::Scratch;
use crate::viewer::chart;
use crate::{canvas, form, inspector, palette, tokens, viewer};

use closing::Closing;
use overlay::Overlay;
use plugins::Renewed;
use tab::{Surroundings, Tab};

/// Runs that only make a picture for the token view belong to documents with numbers from here on.
const ASIDE: u64 = 1 << 40;

/// The window.
pub struct App {
    host: Host,
    keymap: Keymap,
    settings: Stored,
    /// Whether the settings have changed since they were last written.
    settings_changed: bool,
    examples: Vec<empty::Example>,
    tabs: Vec<Tab>,
    chosen: usize,
    /// How many tabs there have been.
    count: u64,
    /// How many workflows without a file there have been.
    untitled: u32,
    runner: Runner,
    queue: Queue,
    palette: Option<Palette>,
    recent_picks: Vec<String>,
    overlay: Option<Overlay>,
    /// Why files cannot be opened, to be told once nothing else is over the window.
    unread: VecDeque<Report>,
    /// What is closed as soon as it is saved.
    closing: Option<Closing>,
    /// Whether the window is closed as soon as no run goes on.
    is_leaving: bool,
    said: Option<Said>,
    /// How far the run of the tab that is seen has come.
    progress: Option<Progress>,
    /// What the token view waits for, by the document that its run belongs to.
    decoding: BTreeMap<TabId, (TabId, Ticket, Scratch)>,
    /// Whether the desktop likes it dark.
    desktop_is_dark: bool,
    /// The plugins, and all kinds of node that there are with them.
    inventory: Inventory,
    /// What is being done with plugins on another thread.
    plugin_work: Option<Request>,
}

/// What can happen in the window.
#[derive(Clone, Debug)]
pub enum Message {
    /// Something happened on the canvas.
    Canvas(canvas::Message),
    /// Something happened in the inspector.
    Inspector(inspector::Message),
    /// Something happened in the form.
    Form(form::Message),
    /// Something happened in the palette.
    Palette(palette::Message),
    /// Something happened in the token view.
    Tokens(tokens::Message),
    /// Something happened in the picture viewer.
    Viewer(viewer::Message),
    /// Something happened to the view of curves.
    Chart(chart::Message),
    /// Something happened in the tab bar.
    Tabs(tabs::Message),
    /// Something happened in the toolbar.
    Toolbar(toolbar::Message),
    /// Something happened in the status bar.
    Status(status::Message),
    /// A remedy was chosen in a bar over the canvas.
    Notice(notices::Remedy),
    /// Something was chosen on an empty canvas.
    Empty(empty::Message),
    /// Something happened in the queue.
    Queue(queue_panel::Message),
    /// Something happened in a dialog.
    Overlay(overlay::Message),
    /// A key was pressed that nothing else wanted.
    Pressed(keyboard::Event),
    /// A run has told something.
    Runner(runner::Message),
    /// A workflow was saved, or not.
    Saved(TabId, Box<Saved>),
    /// A journal was written, or not.
    Kept(TabId, Kept),
    /// A file for a parameter was found in a dialog of the desktop, or none.
    Found(PortRef, Option<PathBuf>),
    /// The clipboard was read.
    Pasted {
        /// What was in it.
        text: Option<String>,
        /// Whether wires from outside are to be laid again.
        with_links: bool,
    },
    /// The queue was written, or not.
    QueueSaved(queue::Saved),
    /// The settings were written, or why not.
    SettingsSaved(Result<(), String>),
    /// A picture was saved, or why not.
    PictureSaved(Result<PathBuf, String>),
    /// Plugins were looked for, and these workflows have nodes that were brought up to date.
    Plugins(Box<Answer>, Vec<Renewed>),
    /// It is time to keep what has changed.
    Ticked,
    /// The window is to be closed.
    CloseRequested,
    /// The window was come back to.
    Focused,
    /// The window has another size.
    Resized(iced::Size),
    /// A file was dropped on the window.
    Dropped(PathBuf),
    /// The desktop has become light or dark.
    DesktopChanged(iced::theme::Mode),
}

impl App {
    /// The window with the files at `paths` open; without any, with an empty workflow.
    pub fn new(host: Host, paths: &[PathBuf]) -> (Self, Task<Message>) {
        let (settings, settings_error) = Stored::load(&host.folders.settings());
        let (keymap, keymap_problems) = Keymap::load(&host.folders.keymap());
        let (queue, queue_error) = Queue::load(&host.folders.queue());
        let inventory = host.plugins.find(&host.registry);
        let runner = Runner::new(inventory.registry.clone(), host.engine.clone());
        let examples = files::examples(&host.examples, &inventory.registry);
        let mut app = Self {
            examples,
            keymap,
            settings,
            settings_changed: false,
            tabs: Vec::new(),
            chosen: 0,
            count: 0,
            untitled: 0,
            runner,
            queue,
            palette: None,
            recent_picks: Vec::new(),
            overlay: None,
            unread: VecDeque::new(),
            closing: None,
            is_leaving: false,
            said: None,
            progress: None,
            decoding: BTreeMap::new(),
            desktop_is_dark: true,
            inventory,
            plugin_work: None,
            host,
        };
        let problems = settings_error
            .map(|error| error.to_string())
            .into_iter()
            .chain(keymap_problems.iter().map(ToString::to_string))
            .chain(queue_error.map(|error| error.to_string()))
            .chain(app.inventory.trouble.clone());
        let problems: Vec<String> = problems.collect();
        if !problems.is_empty() {
            app.said = Some(Said::warning(problems.join(" · ")));
        }
        let mut tasks: Vec<Task<Message>> = paths.iter().map(|path| app.open(path)).collect();
        let left = recovery::find(&app.host.folders, &app.inventory.registry);
        let is_offered = |left: &recovery::Recoverable| {
            let offers = app.tabs.iter().filter_map(|tab| tab.document.offer());
            offers
                .map(|offer| &offer.path)
                .any(|path| *path == left.path)
        };
        let left: Vec<_> = left.into_iter().filter(|left| !is_offered(left)).collect();
        if app.tabs.is_empty() {
            app.add_untitled();
        }
        if !left.is_empty() && app.overlay.is_none() {
            app.overlay = Some(Overlay::recovery(left));
        }
        tasks.push(iced::system::theme().map(Message::DesktopChanged));
        (app, Task::batch(tasks))
    }

    /// The workflow that is seen.
    pub fn document(&self) -> &Document {
        &self.tab().document
    }

    /// The canvas that the workflow is seen on.
    pub fn canvas(&self) -> &canvas::Canvas {
        &self.tab().canvas
    }

    /// How the runs of the workflow that is seen fare.
    pub fn statuses(&self) -> &Statuses {
        self.runner.statuses(self.tab().id)
    }

    /// What the nodes of the workflow that is seen have shown.
    pub fn thumbnails(&self) -> &Thumbnails {
        self.runner.thumbnails(self.tab().id)
    }

    /// How many workflows are open.
    pub fn open_count(&self) -> usize {
        self.tabs.len()
    }

    /// What was said last in the status bar.
    pub fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    /// What the window is called.
    pub fn title(&self) -> String {
        let tab = self.tab();
        let mark = if tab.document.is_dirty() { "● " } else { "" };
        format!("{mark}{} – Smalto", tab.document.title())
    }

    /// The theme that widgets are drawn with.
    pub fn theme(&self) -> Theme {
        self.look().theme()
    }

    /// The size that the window had when it was last closed.
    pub fn window(&self) -> settings::Window {
        self.settings.settings.window
    }

    /// What the window listens to.
    pub fn subscription(&self) -> Subscription<Message> {
        let heard = event::listen_with(|event, status, _| match (event, status) {
            (Event::Keyboard(event), event::Status::Ignored) => Some(Message::Pressed(event)),
            (Event::Window(window::Event::CloseRequested), _) => Some(Message::CloseRequested),
            (Event::Window(window::Event::Focused), _) => Some(Message::Focused),
            (Event::Window(window::Event::Resized(size)), _) => Some(Message::Resized(size)),
            (Event::Window(window::Event::FileDropped(path)), _) => Some(Message::Dropped(path)),
            _ => None,
        });
        Subscription::batch([
            heard,
            clock::every(PERIOD).map(|()| Message::Ticked),
            iced::system::theme_changes().map(Message::DesktopChanged),
        ])
    }

    /// Takes in what happened.
    pub fn update(&mut self, message: Message) -> Task<Message> {
        let count = self.count;
        let task = self.take_in(message);
        if self.overlay.is_none() {
            self.overlay = self.unread.pop_front().map(Overlay::Report);
        }
        self.tabs[self.chosen].compare(&mut self.runner);
        self.progress = self.measure();
        let shown = if self.count == count {
            Task::none()
        } else {
            tabs::reveal(self.chosen)
        };
        Task::batch([task, shown, self.remember()])
    }

    fn take_in(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Canvas(message) => self.on_canvas(message),
            Message::Inspector(message) => self.on_inspector(message),
            Message::Form(message) => self.on_form(message),
            Message::Palette(message) => self.on_palette(message),
            Message::Tokens(message) => self.on_tokens(message),
            Message::Viewer(message) => self.on_viewer(message),
            Message::Chart(chart::Message::Closed) => {
                self.tab_mut().chart = None;
                Task::none()
            }
            Message::Tabs(message) => self.on_tabs(message),
            Message::Toolbar(toolbar::Message::Command(command))
            | Message::Status(status::Message::Command(command))
            | Message::Empty(empty::Message::Command(command)) => self.execute(command),
            Message::Toolbar(toolbar::Message::View(view)) => self.show(view),
            Message::Status(status::Message::FaultsPressed) => self.point_at_fault(),
            Message::Status(status::Message::Read) => {
                self.said = None;
                Task::none()
            }
            Message::Notice(remedy) => self.on_notice(remedy),
            Message::Empty(empty::Message::Opened(path)) => self.open(&path),
            Message::Empty(empty::Message::Example(path)) => self.open_example(&path),
            Message::Queue(message) => self.on_queue(message),
            Message::Overlay(message) => self.on_overlay(message),
            Message::Pressed(event) => self.on_key(&event),
            Message::Runner(message) => self.on_runner(message),
            Message::Saved(tab, saved) => self.on_saved(tab, *saved),
            Message::Kept(tab, kept) => {
                if let Some(tab) = self.tabs.iter_mut().find(|open| open.id == tab) {
                    tab.document.kept(kept);
                }
                Task::none()
            }
            Message::Found(target, path) => self.on_found(&target, path),
            Message::Pasted { text, with_links } => self.paste(text.as_deref(), with_links),
            Message::QueueSaved(saved) => self.on_queue_saved(saved),
            Message::SettingsSaved(result) => self.on_settings_saved(result),
            Message::PictureSaved(result) => self.on_picture_saved(result),
            Message::Plugins(answer, renewed) => self.on_plugins_found(*answer, renewed),
            Message::Ticked => self.keep(),
            Message::CloseRequested => self.execute(Command::Quit),
            Message::Focused => {
                self.tabs.iter_mut().for_each(|tab| tab.document.look());
                Task::none()
            }
            Message::Resized(size) => {
                let window = &mut self.settings.settings.window;
                (window.width, window.height) = (size.width, size.height);
                Task::none()
            }
            Message::Dropped(path) => {
                let _ = self.settle();
                self.open(&path)
            }
            Message::DesktopChanged(mode) => {
                self.desktop_is_dark = mode != iced::theme::Mode::Light;
                Task::none()
            }
        }
    }

    /// The tab that is seen.
    fn tab(&self) -> &Tab {
        &self.tabs[self.chosen]
    }

    fn tab_mut(&mut self) -> &mut Tab {
        &mut self.tabs[self.chosen]
    }

    /// The tab that is seen, with what it is looked at with.
    fn tab_and_registry(&mut self) -> (&mut Tab, Arc<Registry>) {
        (&mut self.tabs[self.chosen], self.inventory.registry.clone())
    }

    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            registry: &self.inventory.registry,
            runner: &self.runner,
            look: self.look(),
        }
    }

    fn look(&self) -> &'static Look {
        let dark = match self.settings.settings.theme {
            settings::Theme::System => self.desktop_is_dark,
            settings::Theme::Light => false,
            settings::Theme::Dark => true,
        };
        if dark { Look::dark() } else { Look::light() }
    }

    fn say(&mut self, said: Said) {
        self.said = Some(said);
    }

    /// Opens `document` in a tab, which is then seen.
    fn add(&mut self, document: Document) {
        let id = TabId(self.count);
        self.count += 1;
        let mut tab = Tab::new(id, document, &self.inventory.registry);
        tab.canvas.snaps = self.settings.settings.snap;
        tab.canvas.minimap = self.settings.settings.minimap;
        self.tabs.push(tab);
        self.chosen = self.tabs.len() - 1;
        self.palette = None;
    }

    fn add_untitled(&mut self) {
        self.untitled += 1;
        self.add(Document::untitled(self.untitled, &self.host.folders));
    }

    /// Lets the settings be written soon.
    fn save_settings(&mut self) {
        self.settings_changed = true;
    }
}
