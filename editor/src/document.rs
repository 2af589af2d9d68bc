//! An open workflow: the graph, what was done to it, and where it is kept.

pub mod difference;
pub mod file;
pub mod fragment;
pub mod journal;
pub mod lock;
pub mod naming;
pub mod notice;
pub mod paths;
pub mod picture;
pub mod recovery;
pub mod renewal;
pub mod store;
pub mod work;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use graph::document::Graph;
use graph::edit::{Edit, EditError};
use graph::history::History;
use graph::registry::Registry;
use graph::workflow::{self, Workflow};

use crate::host::Folders;
use file::{Fingerprint, Found, OpenError};
use journal::Journal;
use notice::Notice;
use recovery::{Content, Recoverable};
use store::{OnDisk, SaveError, Store, Target};
use work::{Keeping, Kept, Saved, Saving};

/// How many letters of a comment are told.
const LETTERS: usize = 48;

/// A workflow that is open.
///
/// What takes time is done in two halves: [`Document::saving`] and [`Document::keep`] return work for another
/// thread, whose result goes to [`Document::saved`] and [`Document::kept`].
#[derive(Debug)]
pub struct Document {
    graph: Graph,
    history: History,
    revision: u64,
    /// What the file holds; none where that is not known.
    saved: Option<Graph>,
    dirty: bool,
    /// The newest revision that a journal was begun of.
    journalled: u64,
    path: Option<PathBuf>,
    title: String,
    base: PathBuf,
    notices: BTreeSet<Notice>,
    /// The comments in the file, until somebody agrees to lose them.
    comments: Vec<String>,
    offer: Option<Recoverable>,
    store: Arc<Mutex<Store>>,
}

impl Document {
    /// An empty workflow that has no file yet.
    pub fn untitled(number: u32, folders: &Folders) -> Self {
        Self::new(
            Graph::default(),
            format!("Untitled {number}"),
            Store::without_file(folders),
        )
    }

    /// The workflow in the file at `path`, or in the picture, which has then no file yet.
    ///
    /// What a killed editor has left of it is then in [`Document::offer`].
    ///
    /// Errors: it cannot be read, or holds no valid workflow; it stays as it is.
    pub fn open(path: &Path, registry: &Registry, folders: &Folders) -> Result<Self, OpenError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let title = naming::title(&path);
        let workflow = match file::open(&path, registry)? {
            Found::File(workflow) => workflow,
            Found::Picture(workflow) => {
                let mut document = Self::new(workflow.graph, title, Store::without_file(folders));
                let folder = folder_of(&path);
                document.base = workflow::base_of_picture(&folder, &document.graph, registry);
                return Ok(document);
            }
        };
        let store = Store::of_file(&path, Some(fingerprint(&workflow)), folders);
        let real = store.file().map(Path::to_owned).unwrap_or_default();
        let comments = comments(&workflow);
        let mut document = Self::new(workflow.graph, title, store);
        document.comments = comments;
        document.base = folder_of(&path);
        document.path = Some(path);
        let mine = !document.store().is_open_elsewhere();
        if mine {
            document.offer = recovery::of_file(&real, folders, registry);
            let beside = naming::beside(&real, journal::ENDING).exists();
            document.store().set_undecided(beside);
        }
        document.notice_store();
        Ok(document)
    }

    /// `graph` as a workflow that has no file yet, whose relative paths start at `base`.
    pub fn of_graph(
        graph: Graph,
        title: impl Into<String>,
        base: &Path,
        folders: &Folders,
    ) -> Self {
        let mut document = Self::new(graph, title.into(), Store::without_file(folders));
        document.base = base.to_owned();
        document
    }

    /// The document that a killed editor had open, with its changes; `number` is for one that has no name.
    ///
    /// Its journal is kept until the changes are in another.
    ///
    /// Errors: the journal is damaged.
    pub fn recovered(
        recoverable: Recoverable,
        number: u32,
        registry: &Registry,
        folders: &Folders,
    ) -> Result<Self, OpenError> {
        let opened = recoverable
            .file
            .as_ref()
            .and_then(|file| Self::open(file, registry, folders).ok())
            .filter(|document| document.path.is_some());
        let mut document = match (opened, &recoverable.file) {
            (Some(document), _) => document,
            // The file is gone, or holds something that is no workflow.
            (None, Some(file)) => {
                let store = Store::of_file(file, recoverable.saved, folders);
                let mut document = Self::new(Graph::default(), naming::title(file), store);
                document.base = folder_of(file);
                document.path = Some(file.clone());
                document.saved = None;
                document.notice_store();
                document
            }
            (None, None) => {
                let mut document = Self::untitled(number, folders);
                if !recoverable.title.is_empty() {
                    document.title.clone_from(&recoverable.title);
                }
                document.base.clone_from(&recoverable.base);
                document
            }
        };
        document.offer = Some(recoverable);
        document.recover()?;
        Ok(document)
    }

    fn new(graph: Graph, title: String, store: Store) -> Self {
        Self {
            saved: Some(graph.clone()),
            graph,
            history: History::default(),
            revision: 0,
            dirty: false,
            journalled: 0,
            path: None,
            title,
            base: PathBuf::from("."),
            notices: BTreeSet::new(),
            comments: Vec::new(),
            offer: None,
            store: Arc::new(Mutex::new(store)),
        }
    }

    /// The workflow.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// A number that is another after every change of the workflow.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether the workflow differs from what was saved, or stands in no file any more.
    pub fn is_dirty(&self) -> bool {
        self.dirty || self.notices.contains(&Notice::Gone)
    }

    /// The file, as it was named by whoever opened it; none before it was saved first.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What a tab shows: the name without the ending.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The folder where relative paths of the workflow start.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Whether this is the document in the file at `path`, whatever links lead there.
    pub fn is_at(&self, path: &Path) -> bool {
        self.path.is_some() && self.store().file() == Some(&naming::real_path(path))
    }

    /// What whoever works on it should know, the most urgent first.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter()
    }

    /// The most urgent of what whoever works on it should know.
    pub fn notice(&self) -> Option<&Notice> {
        self.notices.first()
    }

    /// Makes `edit` a step of its own.
    ///
    /// Errors: those of [`Graph::apply`]; nothing has then happened.
    pub fn apply(&mut self, edit: Edit) -> Result<(), EditError> {
        self.history.apply(&mut self.graph, edit)?;
        self.changed();
        Ok(())
    }

    /// Makes `edit` part of the drag that the last step belongs to; [`Document::seal`] ends the drag.
    ///
    /// Errors: those of [`Graph::apply`]; nothing has then happened.
    pub fn merge(&mut self, edit: Edit) -> Result<(), EditError> {
        self.history.merge(&mut self.graph, edit)?;
        self.changed();
        Ok(())
    }

    /// Ends a drag.
    pub fn seal(&mut self) {
        self.history.seal();
    }

    /// Takes the last step back, also one before a save; `false` where there is none.
    pub fn undo(&mut self) -> bool {
        let done = self.history.undo(&mut self.graph);
        if done {
            self.changed();
        }
        done
    }

    /// Makes the step again that was taken back; `false` where there is none.
    pub fn redo(&mut self) -> bool {
        let done = self.history.redo(&mut self.graph);
        if done {
            self.changed();
        }
        done
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        self.history.can_undo()
    }

    /// Whether there is a step to make again.
    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    /// The edit that would take the last step back.
    pub fn next_undo(&self) -> Option<&Edit> {
        self.history.next_undo()
    }

    /// The edit that would make the last undone step again.
    pub fn next_redo(&self) -> Option<&Edit> {
        self.history.next_redo()
    }

    /// Writes the workflow to its file, here and now.
    ///
    /// Errors: why not; the file is then as it was.
    pub fn save(&mut self) -> Result<(), SaveError> {
        let saved = self.saving(Target::Own)?.perform();
        self.saved(saved)
    }

    /// Writes the workflow to the file at `path`, here and now, and goes on with that.
    ///
    /// Errors: why not; that file and the document are then as they were.
    pub fn save_as(&mut self, path: &Path) -> Result<(), SaveError> {
        let saved = self.saving(Target::Other(path.to_owned()))?.perform();
        self.saved(saved)
    }

    /// The work of writing the workflow as it is now.
    ///
    /// A name that does not end like a workflow gets that ending.
    ///
    /// Errors: it was never saved, its name with that ending is another file's, or the file holds comments that
    /// would be lost; that is then a notice as well.
    pub fn saving(&mut self, target: Target) -> Result<Saving, SaveError> {
        let (target, path) = match target {
            Target::Own | Target::OwnAnyway => {
                (target, self.path.clone().ok_or(SaveError::NoFile)?)
            }
            Target::Other(wanted) => {
                let absolute = std::path::absolute(&wanted).unwrap_or(wanted);
                let path = naming::with_ending(&absolute);
                if path != absolute && path.exists() {
                    return Err(SaveError::Exists { path });
                }
                (Target::Other(path.clone()), path)
            }
        };
        let keeps_file = matches!(target, Target::Own | Target::OwnAnyway) || self.is_at(&path);
        if keeps_file && let Some(first) = self.comments.first() {
            let _ = self.notices.insert(Notice::LosesComments {
                count: self.comments.len(),
                first: first.clone(),
            });
            return Err(SaveError::LosesComments { path });
        }
        Ok(Saving {
            graph: self.graph.clone(),
            revision: self.revision,
            target,
            path,
            store: self.store.clone(),
        })
    }

    /// Takes note that the comments in the file may be lost.
    pub fn give_up_comments(&mut self) {
        self.comments.clear();
        self.forget_comments_notice();
    }

    fn forget_comments_notice(&mut self) {
        let is_other = |notice: &Notice| !matches!(notice, Notice::LosesComments { .. });
        self.notices.retain(is_other);
    }

    /// Lets paths that the nodes read lead where they do now once the file is the one at `path`; one step to undo.
    ///
    /// Do so before saving elsewhere. Says whether any path had to change.
    pub fn carry_paths(&mut self, path: &Path, registry: &Registry) -> bool {
        let folder = folder_of(&naming::real_path(path));
        match paths::carried(&self.graph, registry, &self.base, &folder) {
            Some(edit) => self.apply(edit).is_ok(),
            None => false,
        }
    }

    /// Takes note of what came of [`Document::saving`].
    ///
    /// Errors: why it could not be saved.
    pub fn saved(&mut self, saved: Saved) -> Result<(), SaveError> {
        if let Err(error) = &saved.result {
            if matches!(error, SaveError::ChangedOnDisk { .. }) {
                let _ = self.notices.insert(Notice::ChangedOnDisk);
            }
            self.notice_store();
            return saved.result;
        }
        self.title = naming::title(&saved.path);
        self.base = folder_of(&saved.path);
        self.path = Some(saved.path);
        self.saved = Some(saved.graph);
        self.dirty = self.saved.as_ref() != Some(&self.graph);
        // What was changed meanwhile is in no journal any more.
        self.journalled = saved.revision;
        self.notices.clear();
        self.comments.clear();
        self.notice_store();
        self.history.seal();
        Ok(())
    }

    /// Takes the workflow as it is in the file; undo leads back to what was here.
    ///
    /// Errors: it cannot be read; the document is then as it was.
    pub fn reload(&mut self, registry: &Registry) -> Result<(), OpenError> {
        let Some(path) = self.path.clone() else {
            return Ok(());
        };
        let workflow = match file::open(&path, registry)? {
            Found::File(workflow) | Found::Picture(workflow) => workflow,
        };
        self.store().believe(Some(fingerprint(&workflow)));
        self.comments = comments(&workflow);
        self.forget_comments_notice();
        self.replace(&workflow.graph);
        self.saved = Some(workflow.graph);
        self.changed();
        let _ = self.notices.remove(&Notice::ChangedOnDisk);
        let _ = self.notices.remove(&Notice::Gone);
        Ok(())
    }

    /// Looks whether somebody else has changed the file; do so when the window is come back to.
    pub fn look(&mut self) {
        let on_disk = self.store().look();
        let mut set = |notice: Notice, holds: bool| {
            if holds {
                let _ = self.notices.insert(notice);
            } else {
                let _ = self.notices.remove(&notice);
            }
        };
        set(Notice::ChangedOnDisk, on_disk == OnDisk::Changed);
        set(Notice::Gone, on_disk == OnDisk::Gone);
    }

    /// What a killed editor has left of this document, until it is decided about.
    pub fn offer(&self) -> Option<&Recoverable> {
        self.offer.as_ref()
    }

    /// Takes the changes on offer; undo leads back to what is in the file.
    ///
    /// Errors: the journal is damaged; it is still on offer.
    pub fn recover(&mut self) -> Result<(), OpenError> {
        let Some(offer) = self.offer.take() else {
            return Ok(());
        };
        let graph = match &offer.content {
            Content::Whole(graph) | Content::FileChanged(graph) => graph,
            Content::Damaged { problems, .. } => {
                let error = OpenError::Invalid {
                    path: offer.path.clone(),
                    problems: problems.clone(),
                };
                self.offer = Some(offer);
                return Err(error);
            }
        };
        self.replace(graph);
        self.changed();
        if let Content::FileChanged(_) = offer.content {
            // Saving would overwrite what somebody else has written, so that has to be asked first.
            self.store().believe(offer.saved);
            self.look();
        }
        self.store().set_undecided(false);
        if let Some(keeping) = self.keep() {
            self.kept(keeping.perform());
        }
        let mut store = self.store();
        let kept = !self.dirty || store.journal().is_some_and(Path::exists);
        if !kept {
            store.set_undecided(true);
        } else if store.journal() != Some(&offer.path) {
            offer.discard();
        }
        drop(store);
        Ok(())
    }

    /// Gives up the changes on offer.
    pub fn discard_offer(&mut self) {
        if let Some(offer) = self.offer.take() {
            offer.discard();
            self.store().set_undecided(false);
        }
    }

    /// The work of keeping what has changed since it was last kept; nothing where nothing has.
    ///
    /// Ask for it at least every [`work::PERIOD`], so that a killed editor loses no more than that.
    pub fn keep(&mut self) -> Option<Keeping> {
        if self.journalled == self.revision {
            return None;
        }
        self.journalled = self.revision;
        Some(Keeping {
            graph: self.dirty.then(|| self.graph.clone()),
            revision: self.revision,
            journal: Journal {
                file: None,
                saved: None,
                title: self.title.clone(),
                base: self.base.clone(),
                text: String::new(),
            },
            store: self.store.clone(),
        })
    }

    /// Takes note of what came of [`Document::keep`].
    pub fn kept(&mut self, kept: Kept) {
        self.notices
            .retain(|notice| !matches!(notice, Notice::NotKept { .. }));
        if let Err(reason) = kept.result {
            let reason = reason.to_string();
            let _ = self.notices.insert(Notice::NotKept { reason });
            // It is tried again with the next change, and when it is asked for next.
            self.journalled = self.journalled.min(kept.revision.saturating_sub(1));
        }
    }

    /// Closes the document for good; what was not saved is given up, so ask before.
    pub fn close(self) {
        self.store().close();
    }

    /// Takes over what [`renewal::renewed`] made of the workflow; undo leads back.
    pub fn renew(&mut self, graph: &Graph) {
        self.replace(graph);
        self.changed();
    }

    /// Turns the workflow into `graph`, as one step.
    fn replace(&mut self, graph: &Graph) {
        let edit = difference::between(&self.graph, graph);
        self.history
            .apply(&mut self.graph, edit)
            .expect("what leads from one valid graph to another can be done");
    }

    fn changed(&mut self) {
        self.revision += 1;
        self.dirty = self.saved.as_ref() != Some(&self.graph);
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // Nothing of it is ever half changed where something panics.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is to be said of where the document is kept.
    fn notice_store(&mut self) {
        let (elsewhere, closed) = {
            let store = self.store();
            (store.is_open_elsewhere(), store.is_folder_closed())
        };
        for (notice, holds) in [
            (Notice::OpenedElsewhere, elsewhere),
            (Notice::FolderClosed, closed),
        ] {
            if holds {
                let _ = self.notices.insert(notice);
            } else {
                let _ = self.notices.remove(&notice);
            }
        }
    }
}

fn fingerprint(workflow: &Workflow) -> Fingerprint {
    Fingerprint::of(workflow.source().text().as_bytes())
}

/// The comments that writing the workflow loses.
fn comments(workflow: &Workflow) -> Vec<String> {
    let comments = workflow.lost_comments();
    comments.into_iter().map(in_short).collect()
}

/// As much of a comment as tells which one it is.
fn in_short(comment: &str) -> String {
    let line = comment.lines().next().unwrap_or_default();
    let short: String = line.chars().take(LETTERS).collect();
    if short == comment {
        short
    } else {
        short.trim_end().to_owned() + "…"
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
