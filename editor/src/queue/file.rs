//! The file that the queue is remembered in.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use graph::document::NodeId;
use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use super::{Entry, EntryId, EntryState};
use crate::document::lock::{Lock, LockError};
use crate::runner::TabId;

/// The version of the file.
const FORMAT: u32 = 1;

/// The file of the queue, held against other editors.
#[derive(Debug)]
pub struct QueueFile {
    path: PathBuf,
    /// Held for as long as the file is this editor's; `None` where nothing is to be saved.
    lock: Option<Lock>,
}

/// Why the queue of before is not there.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// Another editor has it.
    #[error("another editor has the queue: what is put here is forgotten when this one is closed")]
    Taken,
    /// The folder or the file cannot be read.
    #[error("the queue cannot be remembered: {reason}: `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: Arc<io::Error>,
    },
    /// The file does not hold what it should.
    #[error("the queue of before is damaged ({reason}) and was set aside as `{}`", aside.display())]
    Damaged {
        /// What is wrong with it.
        reason: String,
        /// Where it is now.
        aside: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
struct Saved {
    format: u32,
    entries: Vec<SavedEntry>,
}

#[derive(Serialize, Deserialize)]
struct SavedEntry {
    label: String,
    state: SavedState,
    settings: BTreeMap<String, String>,
    until: Option<String>,
    base: PathBuf,
    workflow: String,
}

/// A run that goes on is saved as one that waits: it has to begin again.
#[derive(Serialize, Deserialize)]
enum SavedState {
    Waiting,
    Done { seconds: f64 },
    Failed(String),
    Cancelled,
}

impl QueueFile {
    /// The file at `path`, and what stands in it.
    pub fn open(path: &Path) -> (Self, Result<Vec<Entry>, QueueError>) {
        let mut file = Self {
            path: path.to_owned(),
            lock: None,
        };
        match lock(path) {
            Ok(Some(lock)) => {
                let entries = file.read();
                // What cannot be read is not to be overwritten either.
                if !matches!(entries, Err(QueueError::Unreadable { .. })) {
                    file.lock = Some(lock);
                }
                (file, entries)
            }
            Ok(None) => (file, Err(QueueError::Taken)),
            Err(error) => {
                let unreadable = file.unreadable(error);
                (file, Err(unreadable))
            }
        }
    }

    fn read(&self) -> Result<Vec<Entry>, QueueError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.unreadable(error)),
        };
        understood(&bytes).map_err(|reason| match self.set_aside() {
            Ok(aside) => QueueError::Damaged { reason, aside },
            Err(error) => self.unreadable(error),
        })
    }

    fn unreadable(&self, error: io::Error) -> QueueError {
        QueueError::Unreadable {
            path: self.path.clone(),
            reason: Arc::new(error),
        }
    }

    /// Renames the file to a name that nothing has yet.
    fn set_aside(&self) -> io::Result<PathBuf> {
        let names = (1_u32..).map(|count| match count {
            1 => self.path.with_extension("damaged.ron"),
            _ => self.path.with_extension(format!("damaged-{count}.ron")),
        });
        let mut free = names.filter(|name| !name.exists());
        let aside = free.next().unwrap_or_else(|| self.path.clone());
        std::fs::rename(&self.path, &aside)?;
        Ok(aside)
    }

    /// Writes all entries, whole or not at all.
    ///
    /// Errors: those of the file system.
    pub fn save(&self, entries: &[Entry]) -> io::Result<()> {
        if self.lock.is_none() {
            return Ok(());
        }
        let saved = Saved {
            format: FORMAT,
            entries: entries.iter().map(SavedEntry::of).collect(),
        };
        let style = PrettyConfig::new().new_line("\n");
        let text = ron::ser::to_string_pretty(&saved, style).map_err(io::Error::other)?;
        graph::workflow::write_file(&self.path, text.as_bytes())
    }
}

/// Takes the file for this editor; `None` where another has it.
fn lock(path: &Path) -> io::Result<Option<Lock>> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match Lock::claim(&path.with_extension("lock")) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Taken) => Ok(None),
        Err(LockError::Impossible(error)) => Err(error),
    }
}

fn understood(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let saved: Saved = ron::from_str(text).map_err(|error| error.to_string())?;
    if saved.format != FORMAT {
        return Err(format!(
            "it is of format {}, this editor knows {FORMAT}",
            saved.format
        ));
    }
    saved.entries.into_iter().map(SavedEntry::entry).collect()
}

impl SavedEntry {
    fn of(entry: &Entry) -> Self {
        Self {
            label: entry.label.clone(),
            state: match &entry.state {
                EntryState::Waiting | EntryState::Running(_) => SavedState::Waiting,
                EntryState::Done { took } => SavedState::Done {
                    seconds: took.as_secs_f64(),
                },
                EntryState::Failed { message } => SavedState::Failed(message.clone()),
                EntryState::Cancelled => SavedState::Cancelled,
            },
            settings: entry.settings.clone(),
            until: entry.until.as_ref().map(ToString::to_string),
            base: entry.base.clone(),
            workflow: entry.workflow.clone(),
        }
    }

    /// Errors: what is wrong with it.
    fn entry(self) -> Result<Entry, String> {
        let until = self.until.map(NodeId::new).transpose();
        let state = match self.state {
            SavedState::Waiting => EntryState::Waiting,
            SavedState::Done { seconds } => EntryState::Done {
                took: Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?,
            },
            SavedState::Failed(message) => EntryState::Failed { message },
            SavedState::Cancelled => EntryState::Cancelled,
        };
        Ok(Entry {
            // The queue gives both when it takes the entry in.
            id: EntryId(0),
            document: TabId(0),
            label: self.label,
            settings: self.settings,
            workflow: self.workflow,
            until: until.map_err(|error| error.to_string())?,
            base: self.base,
            state,
        })
    }
}
