//! What an editor that did not end well has left behind.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use graph::document::Graph;
use graph::problem::Problems;
use graph::registry::Registry;
use graph::workflow::Workflow;

use super::file::Fingerprint;
use super::journal::{ENDING, Journal};
use super::lock::Lock;
use super::naming;
use super::store::{LOCK, POINTER};
use crate::host::Folders;

/// A journal that nobody has open: changes that were never saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Recoverable {
    /// Where the journal lies.
    pub path: PathBuf,
    /// The file that the changes belong to; none before it was saved first.
    pub file: Option<PathBuf>,
    /// What the document was called.
    pub title: String,
    /// When the journal was written, where the disk knows.
    pub written: Option<SystemTime>,
    /// What can be had of it.
    pub content: Content,
    pub(super) saved: Option<Fingerprint>,
    pub(super) base: PathBuf,
}

/// What can be had of a journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// All changes; the file is still what they were made to.
    Whole(Box<Graph>),
    /// All changes; but the file has been changed since by somebody else, or is gone.
    FileChanged(Box<Graph>),
    /// The journal is damaged; the text is all there is.
    Damaged {
        /// What stands in the journal.
        text: String,
        /// What is wrong with it.
        problems: Problems,
    },
}

impl Content {
    /// The workflow, where it can be read.
    pub fn graph(&self) -> Option<&Graph> {
        match self {
            Self::Whole(graph) | Self::FileChanged(graph) => Some(graph),
            Self::Damaged { .. } => None,
        }
    }
}

impl Recoverable {
    /// Gives the changes up, and takes the journal away.
    pub fn discard(&self) {
        // Where it cannot be taken away it is offered once more than need be.
        let _ = std::fs::remove_file(&self.path);
        // A lock that was left behind goes too, but not that of whoever has the file open.
        if let Ok(lock) = Lock::claim(&self.path.with_extension(LOCK)) {
            lock.release();
        }
    }

    /// The journal at `path`, which lies beside `file` if anywhere; nothing where it holds nothing that is not saved.
    fn read(path: PathBuf, file: Option<PathBuf>, registry: &Registry) -> Option<Self> {
        let bytes = std::fs::read(&path).ok()?;
        let written = path
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let journal = Journal::parse(&text).unwrap_or_else(|| Journal {
            file: None,
            saved: None,
            title: file.as_deref().map_or_else(String::new, naming::title),
            base: PathBuf::from("."),
            text: text.clone(),
        });
        let file = file.or(journal.file);
        let there = file
            .as_ref()
            .and_then(|file| Fingerprint::of_file(file).ok().flatten());
        if there == Some(Fingerprint::of(journal.text.as_bytes())) {
            let _ = std::fs::remove_file(&path);
            return None;
        }
        let name = path.display().to_string();
        let content = match Workflow::read(&name, &text, registry) {
            Ok(workflow) if file.is_none() || there == journal.saved => {
                Content::Whole(Box::new(workflow.graph))
            }
            Ok(workflow) => Content::FileChanged(Box::new(workflow.graph)),
            Err(problems) => Content::Damaged { text, problems },
        };
        Some(Self {
            path,
            file,
            title: journal.title,
            written,
            content,
            saved: journal.saved,
            base: journal.base,
        })
    }
}

/// Everything that editors which did not end well have left behind, and that no other editor has open.
pub fn find(folders: &Folders, registry: &Registry) -> Vec<Recoverable> {
    let mut found = Vec::new();
    for path in entries(&folders.journals()) {
        let ending = path.extension().unwrap_or_default();
        if ending == ENDING {
            found.extend(free_standing(path, registry));
        } else if ending == POINTER {
            found.extend(pointed_to(&path, registry));
        }
    }
    found
}

/// What was left behind of `file`, for whoever has the right to write it.
pub(super) fn of_file(file: &Path, folders: &Folders, registry: &Registry) -> Option<Recoverable> {
    let beside = naming::beside(file, ENDING);
    if let Some(found) = Recoverable::read(beside, Some(file.to_owned()), registry) {
        return Some(found);
    }
    entries(&folders.journals())
        .into_iter()
        .filter(|path| path.extension().unwrap_or_default() == ENDING)
        .filter_map(|path| free_standing(path, registry))
        .find(|found| found.file.as_deref() == Some(file))
}

/// The files of a folder by name; none where there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn free_standing(path: PathBuf, registry: &Registry) -> Option<Recoverable> {
    if Lock::is_held(&path.with_extension(LOCK)) {
        return None;
    }
    Recoverable::read(path, None, registry)
}

fn pointed_to(pointer: &Path, registry: &Registry) -> Option<Recoverable> {
    let line = std::fs::read_to_string(pointer).ok()?;
    let file = naming::from_line(&line)?;
    if Lock::is_held(&naming::beside(&file, LOCK)) {
        return None;
    }
    let found = Recoverable::read(naming::beside(&file, ENDING), Some(file), registry);
    if found.is_none() {
        let _ = std::fs::remove_file(pointer);
    }
    found
}
