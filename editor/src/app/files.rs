//! Opening, saving and keeping workflows.

use std::path::{Path, PathBuf};

use graph::document::PortRef;
use graph::param::PathPurpose;
use graph::registry::Registry;
use graph::workflow::Workflow;
use iced::Task;

use super::overlay::Overlay;
use super::tab::Tab;
use super::{App, Message};
use crate::chrome::empty::Example;
use crate::chrome::notices::Remedy;
use crate::chrome::status::Said;
use crate::document::Document;
use crate::document::store::{SaveError, Target};
use crate::document::work::Saved;
use crate::param;
use crate::queue;
use crate::runner::TabId;
use crate::viewer::Save;

/// Lets the desktop's dialog be answered, which sets a parameter of a workflow in `folder` to a file.
pub fn ask(target: PortRef, purpose: PathPurpose, folder: PathBuf) -> Task<Message> {
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let dialog = rfd::AsyncFileDialog::new().set_directory(folder);
    let asked = async move {
        let found = match purpose {
            PathPurpose::Read => dialog.pick_file().await,
            PathPurpose::Write => dialog.save_file().await,
        };
        Message::Found(target, found.map(|found| found.path().to_owned()))
    };
    Task::future(asked)
}

/// The workflows in `folder`, each with what it says that it is for.
pub fn examples(folder: &Path, registry: &Registry) -> Vec<Example> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "ron"))
        .collect();
    paths.sort();
    let example = |path: PathBuf| {
        let workflow = Workflow::open(&path, registry).ok()?;
        let stem = path.file_stem()?.to_string_lossy().replace('_', " ");
        Some(Example {
            title: stem,
            about: workflow.graph.about().to_owned(),
            path,
        })
    };
    paths.into_iter().filter_map(example).collect()
}

impl App {
    /// Opens the workflow, or the picture that carries one, at `path`, or turns to its tab.
    pub(super) fn open(&mut self, path: &Path) -> Task<Message> {
        if let Some(at) = self.tabs.iter().position(|tab| tab.document.is_at(path)) {
            self.chosen = at;
            return Task::none();
        }
        match Document::open(path, &self.inventory.registry, &self.host.folders) {
            Ok(document) => {
                self.settings.settings.remember(path);
                self.save_settings();
                self.close_untouched();
                self.add(document);
            }
            Err(error) => {
                if error.is_gone() {
                    self.settings.settings.forget(path);
                    self.save_settings();
                }
                self.report(&error);
            }
        }
        Task::none()
    }

    /// Opens an example as a workflow that has no file yet.
    pub(super) fn open_example(&mut self, path: &Path) -> Task<Message> {
        // What belongs to the program is not to be changed by a careless save.
        match Workflow::open(path, &self.inventory.registry) {
            Ok(workflow) => {
                let title = path.file_stem().unwrap_or_default().to_string_lossy();
                let folder = path.parent().unwrap_or(path);
                let document =
                    Document::of_graph(workflow.graph, title, folder, &self.host.folders);
                self.close_untouched();
                self.add(document);
            }
            Err(problems) => self.say(Said::bad(problems.to_string())),
        }
        Task::none()
    }

    /// An empty workflow that nobody has touched makes way for one that is opened.
    fn close_untouched(&mut self) {
        let is_untouched = |tab: &Tab| {
            let document = &tab.document;
            document.path().is_none() && !document.is_dirty() && !document.can_undo()
        };
        if self.tabs.len() == 1 && is_untouched(&self.tabs[0]) {
            let tab = self.tabs.remove(0);
            self.runner.close(tab.id);
            tab.document.close();
        }
    }

    pub(super) fn save(&mut self) -> Task<Message> {
        if self.tab().document.path().is_none() {
            self.ask_where_to_save();
            return Task::none();
        }
        self.save_to(Target::Own)
    }

    pub(super) fn save_to(&mut self, target: Target) -> Task<Message> {
        let (tab, registry) = self.tab_and_registry();
        if let Target::Other(path) = &target
            && tab.document.carry_paths(path, &registry)
        {
            tab.refresh(&registry);
        }
        let id = tab.id;
        match tab.document.saving(target) {
            Ok(saving) => off_thread(move || Message::Saved(id, Box::new(saving.perform()))),
            Err(error) => {
                self.closing = None;
                self.save_failed(&error);
                Task::none()
            }
        }
    }

    pub(super) fn ask_where_to_save(&mut self) {
        let document = &self.tab().document;
        let suggested = document.path().map_or_else(
            || {
                let name = document.title().to_lowercase().replace(' ', "_");
                document.base().join(name).with_extension("ron")
            },
            Path::to_owned,
        );
        let suggested = std::path::absolute(&suggested).unwrap_or(suggested);
        self.overlay = Some(Overlay::save_as(&suggested));
    }

    pub(super) fn on_saved(&mut self, id: TabId, saved: Saved) -> Task<Message> {
        let Some(tab) = self.tabs.iter_mut().find(|tab| tab.id == id) else {
            return Task::none();
        };
        match tab.document.saved(saved) {
            Ok(()) => {
                let path = tab.document.path().map(Path::to_owned);
                if let Some(path) = path {
                    self.say(Said::good(format!("saved {}", path.display())));
                    self.settings.settings.remember(&path);
                    self.save_settings();
                }
                self.go_on_closing()
            }
            Err(error) => {
                self.closing = None;
                self.save_failed(&error);
                Task::none()
            }
        }
    }

    fn save_failed(&mut self, error: &SaveError) {
        self.say(Said::bad(error.to_string()));
        if matches!(error, SaveError::NoFile) {
            self.ask_where_to_save();
        }
    }

    pub(super) fn reload(&mut self) {
        let (tab, registry) = self.tab_and_registry();
        if tab.document.path().is_none() {
            self.say(Said::warning("the workflow has no file yet"));
            return;
        }
        match tab.document.reload(&registry) {
            Ok(()) => {
                tab.refresh(&registry);
                self.say(Said::good("reloaded; undo brings back what was here"));
            }
            Err(error) => self.report(&error),
        }
    }

    pub(super) fn on_notice(&mut self, remedy: Remedy) -> Task<Message> {
        match remedy {
            Remedy::Save => return self.save(),
            Remedy::SaveAs => self.ask_where_to_save(),
            Remedy::Reload => self.reload(),
            Remedy::Overwrite => return self.save_to(Target::OwnAnyway),
            Remedy::SaveAnyway => {
                self.tab_mut().document.give_up_comments();
                return self.save();
            }
            Remedy::Recover => {
                let (tab, registry) = self.tab_and_registry();
                match tab.document.recover() {
                    Ok(()) => tab.refresh(&registry),
                    Err(error) => self.report(&error),
                }
            }
            Remedy::Discard => self.tab_mut().document.discard_offer(),
        }
        Task::none()
    }

    /// Keeps what has changed since the last time, in case the editor is killed.
    pub(super) fn keep(&mut self) -> Task<Message> {
        let mut tasks = Vec::new();
        for tab in &mut self.tabs {
            let id = tab.id;
            if let Some(keeping) = tab.document.keep() {
                tasks.push(off_thread(move || Message::Kept(id, keeping.perform())));
            }
        }
        Task::batch(tasks)
    }

    /// Writes on other threads what the editor remembers by itself, where it has changed.
    pub(super) fn remember(&mut self) -> Task<Message> {
        let queue = self.queue.saving().map_or_else(Task::none, |saving| {
            off_thread(move || Message::QueueSaved(saving.perform()))
        });
        let settings = if std::mem::take(&mut self.settings_changed) {
            let saving = self.settings.saving();
            off_thread(move || {
                let saved = saving.perform().map_err(|error| error.to_string());
                Message::SettingsSaved(saved.map(|_| ()))
            })
        } else {
            Task::none()
        };
        Task::batch([queue, settings])
    }

    pub(super) fn on_queue_saved(&mut self, saved: queue::Saved) -> Task<Message> {
        if self.queue.saved(saved)
            && let Some(trouble) = self.queue.trouble()
        {
            self.say(Said::warning(format!(
                "the queue cannot be kept for the next start: {trouble}"
            )));
        }
        Task::none()
    }

    pub(super) fn on_settings_saved(&mut self, saved: Result<(), String>) -> Task<Message> {
        if let Err(error) = saved {
            self.say(Said::warning(format!(
                "the settings cannot be saved: {error}"
            )));
        }
        Task::none()
    }

    pub(super) fn on_found(&mut self, target: &PortRef, path: Option<PathBuf>) -> Task<Message> {
        if let Some(path) = path {
            let shown = param::shown(&path, self.tab().document.base());
            let edit = self.tab().inspector.found(target, &shown);
            let _ = self.change(edit);
        }
        Task::none()
    }

    pub(super) fn on_picture_saved(&mut self, result: Result<PathBuf, String>) -> Task<Message> {
        self.say(match result {
            Ok(path) => Said::good(format!("saved {}", path.display())),
            Err(error) => Said::bad(error),
        });
        Task::none()
    }
}

/// Writes a picture beside whatever else goes on.
pub fn save_picture(save: Save, path: PathBuf) -> Task<Message> {
    off_thread(move || {
        let written = save.write(&path).map_err(|error| error.to_string());
        Message::PictureSaved(written.map(|()| path))
    })
}

/// Does what may take long on a thread of its own.
pub fn off_thread(work: impl FnOnce() -> Message + Send + 'static) -> Task<Message> {
    let (sender, receiver) = iced::futures::channel::oneshot::channel();
    let _ = std::thread::spawn(move || {
        // The window may be closed by now, and nobody listens any longer.
        let _ = sender.send(work());
    });
    Task::future(receiver).then(|answer| answer.map_or_else(|_| Task::none(), Task::done))
}
