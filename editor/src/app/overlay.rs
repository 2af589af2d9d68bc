//! What lies over the window: one dialog, menu or field at a time.

use std::path::Path;
use std::time::SystemTime;

use graph::document::{Graph, NodeId, PortRef};
use graph::edit::Edit;
use iced::{Element, Point, Task, clipboard};

use super::closing::Closing;
use super::files::save_picture;
use super::tab::Tab;
use super::{App, Message as AppMessage};
use crate::chrome::status::Said;
use crate::chrome::{tabs, toolbar};
use crate::command::Command;
use crate::dialog::confirm::{self, Confirm, Stop, Unsaved};
use crate::dialog::entry::{self, Entry};
use crate::dialog::files::{self, Files};
use crate::dialog::keys::{self, Keys};
use crate::dialog::menu::{self, Item, Menu};
use crate::dialog::plugins::{self, Plugins};
use crate::dialog::recovery::{self, Recovery};
use crate::dialog::report::{self, Report};
use crate::document::Document;
use crate::document::file::OpenError;
use crate::document::recovery::Recoverable;
use crate::document::store::Target;
use crate::keymap::Keymap;
use crate::param;
use crate::space::{ScreenPoint, ScreenRect};
use crate::viewer::Save;

/// What lies over the window.
#[derive(Debug)]
pub enum Overlay {
    /// A file is asked for.
    Files(Files),
    /// A file is asked for to save a picture to.
    Picture(Files, Box<Save>),
    /// The keys of all commands.
    Keys(Keys),
    /// The plugins.
    Plugins(Box<Plugins>),
    /// What shall become of changes that are not saved.
    Unsaved(Confirm<Unsaved>, Closing),
    /// Whether the run of what is closed shall be stopped.
    Stop(Confirm<Stop>, Closing),
    /// What killed editors have left behind.
    Recovery(Recovery),
    /// Why a file cannot be opened.
    Report(Report),
    /// A text is asked for, and what for.
    Entry(Entry, Subject),
    /// The menu of what is selected.
    Menu(Menu),
    /// The field of a parameter, over its value on the canvas.
    Param(param::Overlay, ScreenRect),
}

/// What a text is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The name of a node.
    Name(NodeId),
    /// A note.
    Note(NodeId),
    /// The title and colour of a frame.
    Frame(NodeId),
}

/// What can happen to it.
#[derive(Clone, Debug)]
pub enum Message {
    /// Something happened where a file is asked for.
    Files(files::Message),
    /// Something happened in the list of keys.
    Keys(keys::Message),
    /// Something happened in the list of plugins.
    Plugins(plugins::Message),
    /// Something happened to the question about unsaved changes.
    Unsaved(confirm::Message),
    /// Something happened to the question whether a run shall be stopped.
    Stop(confirm::Message),
    /// Something happened in the list of what was left behind.
    Recovery(recovery::Message),
    /// Something happened in the report.
    Report(report::Message),
    /// Something happened to the text that is asked for.
    Entry(entry::Message),
    /// Something happened to the menu.
    Menu(menu::Message),
    /// Something happened in the field of a parameter.
    Param(param::Message),
    /// It is not wanted.
    Dismissed,
}

impl Overlay {
    /// Asks which file shall be opened.
    pub fn open(folder: &Path, recent: &[std::path::PathBuf]) -> Self {
        Self::Files(Files::open(folder, recent))
    }

    /// Asks where the workflow shall be saved.
    pub fn save_as(suggested: &Path) -> Self {
        Self::Files(Files::save_as(suggested))
    }

    /// Asks where a picture shall be saved.
    pub fn picture(folder: &Path, save: Box<Save>) -> Self {
        Self::Picture(Files::save_picture(&folder.join(&save.name)), save)
    }

    /// Lists the keys.
    pub fn keys() -> Self {
        Self::Keys(Keys::open())
    }

    /// Asks what shall become of what is not saved in `tab`.
    pub fn unsaved(tab: &Tab, closing: Closing) -> Self {
        Self::Unsaved(Confirm::unsaved(tab.document.title()), closing)
    }

    /// Asks whether the run of `tab` shall be stopped.
    pub fn stop(tab: &Tab, closing: Closing) -> Self {
        Self::Stop(Confirm::stop(tab.document.title()), closing)
    }

    /// Offers what killed editors have left behind.
    pub fn recovery(left: Vec<Recoverable>) -> Self {
        Self::Recovery(Recovery::new(left, SystemTime::now()))
    }

    /// Asks what a node shall be called.
    pub fn rename(node: &NodeId) -> Self {
        let entry = Entry::line("Rename node", node.as_str());
        Self::Entry(entry, Subject::Name(node.clone()))
    }

    /// Asks what a note shall say; nothing where there is no such note.
    pub fn note(id: &NodeId, graph: &Graph) -> Option<Self> {
        let note = graph.layout().notes.get(id)?;
        let entry = Entry::lines("Note", &note.text);
        Some(Self::Entry(entry, Subject::Note(id.clone())))
    }

    /// Asks what a frame shall be called; nothing where there is no such frame.
    pub fn frame(id: &NodeId, graph: &Graph) -> Option<Self> {
        let frame = graph.layout().frames.get(id)?;
        let entry = Entry::line("Frame", frame.title.as_str()).coloured(frame.colour);
        Some(Self::Entry(entry, Subject::Frame(id.clone())))
    }

    /// The menu at a point of the canvas.
    pub fn menu(at: ScreenPoint, commands: Vec<(Command, bool)>) -> Self {
        let mut items = Vec::new();
        let mut group = None;
        for (command, enabled) in commands {
            if group.is_some_and(|group| group != command.group()) {
                items.push(Item::Line);
            }
            group = Some(command.group());
            items.push(Item::new(command, enabled));
        }
        let at = Point::new(at.x, at.y + tabs::HEIGHT + toolbar::HEIGHT);
        Self::Menu(Menu::open(at, items))
    }

    /// The field of a parameter over its value on the canvas.
    pub fn param(target: PortRef, bounds: ScreenRect, context: param::Context<'_>) -> Self {
        Self::Param(param::Overlay::new(target, context), bounds)
    }

    /// Whether it is a field over the canvas, beside which everything else goes on.
    pub fn is_field(&self) -> bool {
        matches!(self, Self::Param(..))
    }

    /// The dialog, for all but what lies on the canvas.
    pub fn view<'a>(&'a self, keymap: &'a Keymap) -> Option<Element<'a, Message>> {
        Some(match self {
            Self::Files(files) | Self::Picture(files, _) => files.view().map(Message::Files),
            Self::Keys(keys) => keys.view(keymap).map(Message::Keys),
            Self::Plugins(plugins) => plugins.view().map(Message::Plugins),
            Self::Unsaved(confirm, _) => confirm.view().map(Message::Unsaved),
            Self::Stop(confirm, _) => confirm.view().map(Message::Stop),
            Self::Recovery(recovery) => recovery.view().map(Message::Recovery),
            Self::Report(report) => report.view().map(Message::Report),
            Self::Entry(entry, _) => entry.view().map(Message::Entry),
            Self::Menu(menu) => menu.view(keymap).map(Message::Menu),
            Self::Param(..) => return None,
        })
    }
}

impl App {
    pub(super) fn param_context(&self) -> param::Context<'_> {
        param::Context {
            graph: self.tab().document.graph(),
            registry: &self.inventory.registry,
        }
    }

    /// Tells why a file cannot be opened, as soon as no other dialog is over the window.
    pub(super) fn report(&mut self, error: &OpenError) {
        let report = Report::of(error);
        if self.overlay.as_ref().is_none_or(Overlay::is_field) {
            self.overlay = Some(Overlay::Report(report));
        } else {
            self.unread.push_back(report);
        }
    }

    pub(super) fn on_overlay(&mut self, message: Message) -> Task<AppMessage> {
        // What is over the window is taken out while it is asked, and put back unless it is done with.
        let Some(overlay) = self.overlay.take() else {
            return Task::none();
        };
        match (overlay, message) {
            (_, Message::Dismissed) => Task::none(),
            (Overlay::Files(files), Message::Files(message)) => self.on_files(files, message),
            (Overlay::Picture(files, save), Message::Files(message)) => {
                self.on_picture(files, save, message)
            }
            (Overlay::Keys(keys), Message::Keys(message)) => self.on_keys(keys, message),
            (Overlay::Plugins(plugins), Message::Plugins(message)) => {
                self.on_plugins(plugins, message)
            }
            (Overlay::Unsaved(confirm, closing), Message::Unsaved(message)) => {
                self.on_unsaved(confirm, closing, message)
            }
            (Overlay::Stop(confirm, closing), Message::Stop(message)) => {
                self.on_stop(confirm, closing, message)
            }
            (Overlay::Recovery(recovery), Message::Recovery(message)) => {
                self.on_recovery(recovery, message)
            }
            (Overlay::Report(report), Message::Report(message)) => self.on_report(report, message),
            (Overlay::Entry(entry, subject), Message::Entry(message)) => {
                self.on_entry(entry, subject, message)
            }
            (Overlay::Menu(mut menu), Message::Menu(message)) => match menu.update(message) {
                menu::Action::None => {
                    self.overlay = Some(Overlay::Menu(menu));
                    Task::none()
                }
                menu::Action::Close => Task::none(),
                menu::Action::Run(command) => self.execute(command),
            },
            (Overlay::Param(field, bounds), Message::Param(message)) => {
                self.on_param(field, bounds, message)
            }
            (overlay, _) => {
                // A late message of what was there before.
                self.overlay = Some(overlay);
                Task::none()
            }
        }
    }

    fn on_files(&mut self, mut files: Files, message: files::Message) -> Task<AppMessage> {
        match files.update(message) {
            files::Action::None => {
                self.overlay = Some(Overlay::Files(files));
                Task::none()
            }
            files::Action::Close => {
                self.closing = None;
                Task::none()
            }
            files::Action::Open(path) => self.open(&path),
            files::Action::Save(path) => self.save_to(Target::Other(path)),
            files::Action::Browse => {
                let task = files.browse();
                self.overlay = Some(Overlay::Files(files));
                task.map(Message::Files).map(AppMessage::Overlay)
            }
        }
    }

    fn on_picture(
        &mut self,
        mut files: Files,
        save: Box<Save>,
        message: files::Message,
    ) -> Task<AppMessage> {
        match files.update(message) {
            files::Action::None | files::Action::Open(_) => {
                self.overlay = Some(Overlay::Picture(files, save));
                Task::none()
            }
            files::Action::Close => Task::none(),
            files::Action::Save(path) => save_picture(*save, path),
            files::Action::Browse => {
                let task = files.browse();
                self.overlay = Some(Overlay::Picture(files, save));
                task.map(Message::Files).map(AppMessage::Overlay)
            }
        }
    }

    fn on_keys(&mut self, mut keys: Keys, message: keys::Message) -> Task<AppMessage> {
        let action = keys.update(message, &self.keymap);
        let rebound = match action {
            keys::Action::None => None,
            keys::Action::Close => return Task::none(),
            keys::Action::Rebind(command, chords) => Some(self.keymap.rebind(command, chords)),
            keys::Action::Reset(command) => Some(self.keymap.reset(command)),
        };
        self.overlay = Some(Overlay::Keys(keys));
        match rebound {
            Some(Err(error)) => {
                self.say(Said::warning(format!("the keys cannot be saved: {error}")));
            }
            Some(Ok(rebound)) => {
                let lost = rebound.taken_from.iter().map(|command| command.title());
                let lost: Vec<&str> = lost.collect();
                if !lost.is_empty() {
                    self.say(Said::warning(format!(
                        "no key any more: {}",
                        lost.join(", ")
                    )));
                }
            }
            None => {}
        }
        Task::none()
    }

    fn on_unsaved(
        &mut self,
        mut confirm: Confirm<Unsaved>,
        closing: Closing,
        message: confirm::Message,
    ) -> Task<AppMessage> {
        match confirm.update(message) {
            confirm::Action::None => {
                self.overlay = Some(Overlay::Unsaved(confirm, closing));
                Task::none()
            }
            confirm::Action::Close => Task::none(),
            confirm::Action::Answered(Unsaved::Save) => {
                self.closing = Some(closing);
                self.save()
            }
            confirm::Action::Answered(Unsaved::Discard) => self.give_up(closing),
        }
    }

    fn on_stop(
        &mut self,
        mut confirm: Confirm<Stop>,
        closing: Closing,
        message: confirm::Message,
    ) -> Task<AppMessage> {
        match confirm.update(message) {
            confirm::Action::None => {
                self.overlay = Some(Overlay::Stop(confirm, closing));
                Task::none()
            }
            confirm::Action::Close => Task::none(),
            confirm::Action::Answered(Stop) => self.stop_and_close(closing),
        }
    }

    fn on_recovery(
        &mut self,
        mut recovery: Recovery,
        message: recovery::Message,
    ) -> Task<AppMessage> {
        match recovery.update(message) {
            recovery::Action::None => {}
            recovery::Action::Close => return Task::none(),
            // Of what is damaged the report shows the text.
            recovery::Action::Restore(left) | recovery::Action::Read(left) => self.restore(*left),
            recovery::Action::Discard(left) => left.discard(),
        }
        if !recovery.is_empty() && self.overlay.is_none() {
            self.overlay = Some(Overlay::Recovery(recovery));
        }
        Task::none()
    }

    fn restore(&mut self, left: Recoverable) {
        self.untitled += 1;
        let (registry, folders) = (&self.inventory.registry, &self.host.folders);
        match Document::recovered(left, self.untitled, registry, folders) {
            Ok(document) => self.add(document),
            Err(error) => self.report(&error),
        }
    }

    fn on_report(&mut self, mut report: Report, message: report::Message) -> Task<AppMessage> {
        match report.update(message) {
            report::Action::None => {
                self.overlay = Some(Overlay::Report(report));
                Task::none()
            }
            report::Action::Close => Task::none(),
            report::Action::OpenAnother => self.execute(Command::Open),
            report::Action::Copy(text) => {
                self.overlay = Some(Overlay::Report(report));
                clipboard::write(text)
            }
        }
    }

    fn on_entry(
        &mut self,
        mut entry: Entry,
        subject: Subject,
        message: entry::Message,
    ) -> Task<AppMessage> {
        let (text, colour) = match entry.update(message) {
            entry::Action::None => {
                self.overlay = Some(Overlay::Entry(entry, subject));
                return Task::none();
            }
            entry::Action::Close => return Task::none(),
            entry::Action::Done { text, colour } => (text, colour),
        };
        let layout = self.tab().document.graph().layout();
        match &subject {
            Subject::Name(node) => {
                if text == node.as_str() {
                    return Task::none();
                }
                match NodeId::new(text) {
                    Ok(to) if self.tab().document.graph().node(&to).is_some() => {
                        entry.refuse(format!("there is a node `{to}` already"));
                        self.overlay = Some(Overlay::Entry(entry, subject));
                    }
                    Ok(to) => self.rename(node, &to),
                    Err(error) => {
                        entry.refuse(error.to_string());
                        self.overlay = Some(Overlay::Entry(entry, subject));
                    }
                }
            }
            Subject::Note(id) => {
                if let Some(mut note) = layout.notes.get(id).cloned() {
                    note.text = text;
                    let id = id.clone();
                    let _ = self.change(Edit::SetNote {
                        id,
                        note: Some(note),
                    });
                }
            }
            Subject::Frame(id) => {
                if let Some(mut frame) = layout.frames.get(id).cloned() {
                    frame.title = text;
                    frame.colour = colour.unwrap_or(frame.colour);
                    let id = id.clone();
                    let _ = self.change(Edit::SetFrame {
                        id,
                        frame: Some(frame),
                    });
                }
            }
        }
        Task::none()
    }

    fn on_param(
        &mut self,
        mut field: param::Overlay,
        bounds: ScreenRect,
        message: param::Message,
    ) -> Task<AppMessage> {
        let step = field.update(message, self.param_context());
        if !step.is_over {
            self.overlay = Some(Overlay::Param(field, bounds));
        }
        self.carry_out_field(step.action)
    }
}
