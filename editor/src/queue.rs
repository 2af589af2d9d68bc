//! Runs that wait for their turn, one at a time, remembered across restarts.
//!
//! Every entry keeps its whole workflow as text, so that it runs as it was put there whatever becomes of the document.

mod file;
mod saving;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use graph::document::{Graph, NodeId};
use graph::param::ParamValue;
use graph::registry::Registry;
use graph::workflow::{Workflow, to_text};
use iced::Task;

use crate::latest::Latest;
use crate::runner::{End, Message, Request, RunNumber, Runner, TabId};
use file::QueueFile;

pub use file::QueueError;
pub use saving::{Saved, Saving};

/// How many entries that are over are kept.
const KEPT: usize = 100;

/// Documents of entries that no tab of this window stands behind have numbers from here on.
const WITHOUT_TAB: u64 = 1 << 32;

/// An entry of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u64);

/// A run in the queue, with all that it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which.
    pub id: EntryId,
    /// What it is called.
    pub label: String,
    /// What is set from outside, by the name outside, as it is shown.
    pub settings: BTreeMap<String, String>,
    /// The workflow, as in a file.
    pub workflow: String,
    /// The node to run until, or `None` for the whole.
    pub until: Option<NodeId>,
    /// Where relative paths start.
    pub base: PathBuf,
    /// The document that it is told to.
    pub document: TabId,
    /// How it fares.
    pub state: EntryState,
}

/// How an entry fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// It waits for its turn.
    Waiting,
    /// It runs.
    Running(RunNumber),
    /// Every node did its work.
    Done {
        /// How long it took.
        took: Duration,
    },
    /// A node failed, or it could not begin.
    Failed {
        /// What was wrong.
        message: String,
    },
    /// It was stopped.
    Cancelled,
}

/// Runs that wait for their turn, the next first, among those that are over.
#[derive(Debug)]
pub struct Queue {
    file: Latest<QueueFile>,
    /// Whether something has changed since it was last asked what to write.
    changed: bool,
    entries: Vec<Entry>,
    paused: bool,
    count: u64,
    trouble: Option<String>,
}

impl Queue {
    /// The queue that is remembered in the file at `path`.
    ///
    /// What ran when the editor ended waits again, and the queue is paused if anything waits,
    /// so that no window that is opened starts to compute by itself.
    /// The error says what could not be restored; a damaged file is set aside.
    pub fn load(path: &Path) -> (Self, Option<QueueError>) {
        let (file, loaded) = QueueFile::open(path);
        let mut queue = Self {
            file: Latest::new(file),
            changed: false,
            entries: Vec::new(),
            paused: false,
            count: 0,
            trouble: None,
        };
        let error = match loaded {
            Ok(entries) => {
                for mut entry in entries {
                    entry.id = queue.next_id();
                    entry.document = TabId(WITHOUT_TAB + entry.id.0);
                    queue.entries.push(entry);
                }
                None
            }
            Err(error) => Some(error),
        };
        let waits = |entry: &Entry| entry.state == EntryState::Waiting;
        queue.paused = queue.entries.iter().any(waits);
        (queue, error)
    }

    /// Puts a run behind those that wait.
    pub fn add(&mut self, request: &Request, registry: &Registry) -> EntryId {
        let id = self.next_id();
        self.entries.push(Entry {
            id,
            label: request.label.clone(),
            settings: settings(&request.graph, registry),
            workflow: to_text(&request.graph),
            until: request.until.clone(),
            base: request.base.clone(),
            document: request.document,
            state: EntryState::Waiting,
        });
        self.save();
        id
    }

    /// Starts the next run if none goes on, neither of the queue nor beside it, and the queue is not paused.
    ///
    /// To be called whenever something was added, resumed, or has ended.
    pub fn advance(&mut self, runner: &mut Runner, registry: &Registry) -> Task<Message> {
        if self.paused || runner.running().next().is_some() {
            return Task::none();
        }
        let mut task = Task::none();
        while let Some(entry) = self
            .entries
            .iter_mut()
            .find(|entry| entry.state == EntryState::Waiting)
        {
            match entry.request(registry) {
                Ok(request) => {
                    let (run, messages) = runner.start(request);
                    entry.state = EntryState::Running(run);
                    task = messages;
                    break;
                }
                Err(message) => entry.state = EntryState::Failed { message },
            }
        }
        self.save();
        task
    }

    /// Takes in that a run has ended; `false` where it is none of the queue's.
    pub fn ended(&mut self, run: RunNumber, took: Duration, end: &End) -> bool {
        let running = EntryState::Running(run);
        let Some(entry) = self.entries.iter_mut().find(|it| it.state == running) else {
            return false;
        };
        entry.state = match end {
            End::Complete => EntryState::Done { took },
            End::Failed(nodes) => EntryState::Failed {
                message: in_words(nodes),
            },
            End::Cancelled => EntryState::Cancelled,
            End::Refused(message) => EntryState::Failed {
                message: message.clone(),
            },
        };
        self.forget_oldest();
        self.save();
        true
    }

    /// Lets an entry that is over wait again, behind the others; `false` where it is not over.
    pub fn retry(&mut self, id: EntryId) -> bool {
        let Some(at) = self.position(id).filter(|at| self.entries[*at].is_over()) else {
            return false;
        };
        let mut entry = self.entries.remove(at);
        entry.state = EntryState::Waiting;
        self.entries.push(entry);
        self.save();
        true
    }

    /// Takes an entry away; `false` where it runs: it has to be cancelled first.
    pub fn remove(&mut self, id: EntryId) -> bool {
        let Some(at) = self.position(id) else {
            return false;
        };
        if matches!(self.entries[at].state, EntryState::Running(_)) {
            return false;
        }
        let _ = self.entries.remove(at);
        self.save();
        true
    }

    /// Takes away all entries that are over.
    pub fn clear(&mut self) {
        self.entries.retain(|entry| !entry.is_over());
        self.save();
    }

    /// Lets a waiting entry change places with the waiting one before it; `false` where it cannot.
    pub fn raise(&mut self, id: EntryId) -> bool {
        let waiting = self.waiting();
        let found = waiting.iter().position(|at| self.entries[*at].id == id);
        match found.and_then(|found| found.checked_sub(1)) {
            Some(before) => {
                self.entries.swap(waiting[before], waiting[before + 1]);
                self.save();
                true
            }
            None => false,
        }
    }

    /// Lets a waiting entry change places with the waiting one behind it; `false` where it cannot.
    pub fn lower(&mut self, id: EntryId) -> bool {
        let waiting = self.waiting();
        let found = waiting.iter().position(|at| self.entries[*at].id == id);
        match found.and_then(|found| waiting.get(found + 1)) {
            Some(behind) => {
                let behind = self.entries[*behind].id;
                self.raise(behind)
            }
            None => false,
        }
    }

    /// Starts no more runs for now; the one that goes on ends as it would.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Goes on; [`Queue::advance`] then starts the next.
    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// Whether the queue is paused.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// All entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry called `id`.
    pub fn get(&self, id: EntryId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The entry that runs.
    pub fn running(&self) -> Option<&Entry> {
        let runs = |entry: &&Entry| matches!(entry.state, EntryState::Running(_));
        self.entries.iter().find(runs)
    }

    /// Why the queue could not be saved when it last changed.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn next_id(&mut self) -> EntryId {
        self.count += 1;
        EntryId(self.count)
    }

    fn position(&self, id: EntryId) -> Option<usize> {
        self.entries.iter().position(|entry| entry.id == id)
    }

    /// Where the entries that wait stand, in order.
    fn waiting(&self) -> Vec<usize> {
        let waits = |at: &usize| self.entries[*at].state == EntryState::Waiting;
        (0..self.entries.len()).filter(waits).collect()
    }

    fn forget_oldest(&mut self) {
        let over = self.entries.iter().filter(|entry| entry.is_over()).count();
        for _ in KEPT..over {
            if let Some(oldest) = self.entries.iter().position(Entry::is_over) {
                let _ = self.entries.remove(oldest);
            }
        }
    }

    fn save(&mut self) {
        self.changed = true;
    }

    /// The work of writing what has changed since this was last asked for; nothing where nothing has.
    pub fn saving(&mut self) -> Option<Saving> {
        std::mem::take(&mut self.changed).then(|| self.all())
    }

    /// Takes note of what came of [`Queue::saving`]; whether it could be written before and no longer can.
    pub fn saved(&mut self, saved: Saved) -> bool {
        let is_new = self.trouble.is_none() && saved.trouble.is_some();
        self.trouble = saved.trouble;
        is_new
    }

    fn all(&mut self) -> Saving {
        Saving {
            entries: self.entries.clone(),
            turn: self.file.turn(),
        }
    }
}

/// What another thread has not come to yet is written before all is over.
impl Drop for Queue {
    fn drop(&mut self) {
        let _ = self.all().perform();
    }
}

impl Entry {
    /// Whether it has run, or could not.
    pub fn is_over(&self) -> bool {
        match self.state {
            EntryState::Waiting | EntryState::Running(_) => false,
            EntryState::Done { .. } | EntryState::Failed { .. } | EntryState::Cancelled => true,
        }
    }

    /// The run that it stands for.
    ///
    /// Errors: what is wrong with its workflow, in words.
    pub fn request(&self, registry: &Registry) -> Result<Request, String> {
        let workflow = Workflow::read(&self.label, &self.workflow, registry);
        let workflow = workflow.map_err(|problems| problems.to_string())?;
        Ok(Request {
            graph: workflow.graph,
            until: self.until.clone(),
            base: self.base.clone(),
            document: self.document,
            label: self.label.clone(),
        })
    }
}

/// What the interface lets be set, as it is set.
fn settings(graph: &Graph, registry: &Registry) -> BTreeMap<String, String> {
    let params = graph.interface().params.iter();
    let set = params.filter_map(|(name, target)| {
        let node = graph.node(&target.node)?;
        let default = || {
            let spec = registry.get(&node.kind)?.descriptor.param(&target.port)?;
            spec.default.clone()
        };
        let value = node.params.get(&target.port).cloned().or_else(default)?;
        Some((name.clone(), shown(&value)))
    });
    set.collect()
}

/// A value without the quotes that it has in files.
fn shown(value: &ParamValue) -> String {
    match value {
        ParamValue::Text(text) => text.clone(),
        ParamValue::Bool(_) | ParamValue::Int(_) | ParamValue::Float(_) => value.to_string(),
    }
}

fn in_words(failed: &[(NodeId, String)]) -> String {
    let told = failed
        .iter()
        .map(|(node, error)| format!("`{node}`: {error}"));
    told.collect::<Vec<_>>().join("; ")
}
