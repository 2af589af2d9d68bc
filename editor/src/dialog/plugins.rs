//! The plugins on this computer: which there are, how each fares, and what can be done about it.

mod view;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use smalto_host::plugins::{Plugin, State};

use crate::plugins::{Inventory, Request, Shelf};

/// The list of plugins.
#[derive(Clone, Debug)]
pub struct Plugins {
    found: Vec<Plugin>,
    trusted: BTreeSet<String>,
    trouble: Option<String>,
    places: Vec<PathBuf>,
    chosen: usize,
    question: Option<Question>,
    /// What goes on on another thread.
    work: Option<Request>,
    error: Option<String>,
}

/// Something that has to be said once more.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    plugin: Box<Plugin>,
    in_process: bool,
    /// Whether Enter agrees; at first it does not, so that nobody trusts anything by holding a key down.
    agrees: bool,
}

/// What can be done with a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Let its code run.
    Trust,
    /// Let its code run no more.
    Untrust,
    /// Let it run in the editor itself.
    RunInEditor,
    /// Let it run in a process of its own again.
    LeaveEditor,
    /// Look at it once more, whatever came of it the last time.
    Scan,
}

/// What can happen in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The plugin that is so many lines below is chosen.
    Moved(isize),
    /// This plugin is chosen.
    Chosen(usize),
    /// This is to be done with the chosen plugin, where it can be.
    Asked(Deed),
    /// All plugins are to be looked for again.
    LookAsked,
    /// Enter was pressed.
    Submitted,
    /// The other answer to the question is the one that Enter gives.
    Turned,
    /// The question is answered with yes.
    Agreed,
    /// The question is answered with no; or, where there is none, the list is not wanted any more.
    Dismissed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the list.
    Close,
    /// Carry this out on another thread, and tell what came of it by [`Plugins::show`].
    Perform(Request),
}

impl Plugins {
    /// The list of what is known, while `work` goes on.
    pub fn open(inventory: &Inventory, shelf: &Shelf, work: Option<Request>) -> Self {
        Self {
            found: inventory.found.clone(),
            trusted: inventory.trusted.clone(),
            trouble: inventory.trouble.clone(),
            places: shelf.places.search.clone(),
            chosen: 0,
            question: None,
            work,
            error: None,
        }
    }

    /// Takes over what came of the work that went on.
    pub fn show(&mut self, inventory: &Inventory, error: Option<String>) {
        let before = self.chosen().map(|plugin| plugin.folder.clone());
        self.found.clone_from(&inventory.found);
        self.trusted.clone_from(&inventory.trusted);
        self.trouble.clone_from(&inventory.trouble);
        self.error = error;
        self.work = None;
        // The same plugin stays chosen wherever it stands now.
        let at = before.and_then(|folder| self.found.iter().position(|it| it.folder == folder));
        self.chosen = at.unwrap_or(0);
    }

    /// Takes note that `work` goes on.
    pub fn wait_for(&mut self, work: Request) {
        self.work = Some(work);
        self.error = None;
    }

    /// The plugin that keys are about.
    fn chosen(&self) -> Option<&Plugin> {
        self.found.get(self.chosen)
    }

    /// What can be done with `plugin`; what is most likely wanted comes first.
    fn deeds(&self, plugin: &Plugin) -> Vec<Deed> {
        let hash = plugin.sha256.as_ref();
        let is_trusted = hash.is_some_and(|hash| self.trusted.contains(hash));
        match &plugin.state {
            State::Ready(_) if plugin.in_process => vec![Deed::LeaveEditor, Deed::Untrust],
            State::Ready(_) => vec![Deed::RunInEditor, Deed::Untrust],
            State::Untrusted => vec![Deed::Trust],
            State::Quarantined(_) => vec![Deed::Scan, Deed::Untrust],
            State::Broken(_) if is_trusted => vec![Deed::Untrust],
            State::Broken(_) => Vec::new(),
        }
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Moved(by) => {
                let last = self.found.len().saturating_sub(1);
                self.chosen = self.chosen.saturating_add_signed(by).min(last);
                Action::None
            }
            Message::Chosen(at) => {
                self.chosen = at;
                Action::None
            }
            Message::Asked(deed) => self.ask(deed),
            Message::LookAsked => self.perform(Request::Look),
            Message::Submitted => self.submit(),
            Message::Turned => {
                if let Some(question) = &mut self.question {
                    question.agrees = !question.agrees;
                }
                Action::None
            }
            Message::Agreed => self.agree(),
            Message::Dismissed if self.question.is_some() => {
                self.question = None;
                Action::None
            }
            Message::Dismissed => Action::Close,
        }
    }

    /// Does what Enter stands for.
    fn submit(&mut self) -> Action {
        if let Some(question) = &self.question {
            return if question.agrees {
                self.agree()
            } else {
                self.update(Message::Dismissed)
            };
        }
        let deeds = self.chosen().map(|plugin| self.deeds(plugin));
        // What works is not changed by a key that is pressed so lightly.
        match deeds.unwrap_or_default().first() {
            Some(deed @ (Deed::Trust | Deed::Scan)) => self.ask(*deed),
            Some(Deed::Untrust | Deed::RunInEditor | Deed::LeaveEditor) | None => Action::None,
        }
    }

    fn ask(&mut self, deed: Deed) -> Action {
        let plugin = self.chosen().filter(|it| self.deeds(it).contains(&deed));
        let Some(plugin) = plugin.cloned().map(Box::new) else {
            return Action::None;
        };
        let in_process = match deed {
            Deed::Untrust => return self.perform(Request::Untrust(plugin.id)),
            Deed::Scan => return self.perform(Request::Scan(plugin.folder)),
            Deed::LeaveEditor => {
                return self.perform(Request::Trust {
                    plugin,
                    in_process: false,
                });
            }
            Deed::Trust => false,
            Deed::RunInEditor => true,
        };
        if self.work.is_none() {
            self.question = Some(Question {
                plugin,
                in_process,
                agrees: false,
            });
        }
        Action::None
    }

    fn agree(&mut self) -> Action {
        let Some(question) = self.question.take() else {
            return Action::None;
        };
        self.perform(Request::Trust {
            plugin: question.plugin,
            in_process: question.in_process,
        })
    }

    /// One thing goes on at a time.
    fn perform(&mut self, request: Request) -> Action {
        if self.work.is_some() {
            return Action::None;
        }
        self.wait_for(request.clone());
        Action::Perform(request)
    }
}
