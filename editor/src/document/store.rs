//! Where a document is kept: its file, its journal, and the lock that says that it is open here.

mod error;
mod hold;
mod slot;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::Fingerprint;
use super::journal::Journal;
use super::naming;
use crate::host::Folders;
use hold::Hold;
use slot::Slot;

pub use error::SaveError;
pub use slot::{LOCK, POINTER};

/// Writes a file whole or not at all; tests put a full disk in its place.
pub type WriteFile = fn(&Path, &[u8]) -> io::Result<()>;

/// What of a document is on the disk; whoever uses the disk for it has this to himself meanwhile.
#[derive(Debug)]
pub struct Store {
    journals: PathBuf,
    write: WriteFile,
    /// The file that links, if any, lead to.
    file: Option<PathBuf>,
    /// What stood in the file when it was last read or written here.
    on_disk: Option<Fingerprint>,
    /// The right to write the file; none where another editor has it.
    hold: Option<Hold>,
    /// Where the journal is; none before the first is written.
    slot: Option<Slot>,
    /// Whether the journal beside the file is one that nobody has decided about; it must not be lost.
    undecided: bool,
    /// Journals of this revision and those before it are of no use any more.
    settled: Option<u64>,
}

/// Which file a document is written to, and what may be overwritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Its own, unless somebody else has changed that.
    Own,
    /// Its own, whatever stands in it.
    OwnAnyway,
    /// This one, which is its own from then on.
    Other(PathBuf),
}

/// How the file on the disk compares to what was last read or written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// It is the same.
    Same,
    /// Something else stands in it.
    Changed,
    /// It is not there.
    Gone,
}

impl Store {
    /// The store of a document that has no file.
    pub fn without_file(folders: &Folders) -> Self {
        Self {
            journals: folders.journals(),
            write: graph::workflow::write_file,
            file: None,
            on_disk: None,
            hold: None,
            slot: None,
            undecided: false,
            settled: None,
        }
    }

    /// The store of a document in `file`, which held `on_disk` when it was read.
    pub fn of_file(file: &Path, on_disk: Option<Fingerprint>, folders: &Folders) -> Self {
        let file = naming::real_path(file);
        let hold = Hold::claim(&file, &folders.journals()).ok();
        Self {
            undecided: hold.is_some() && naming::beside(&file, super::journal::ENDING).exists(),
            hold,
            file: Some(file),
            on_disk,
            ..Self::without_file(folders)
        }
    }

    /// Writes files in another way from now on.
    #[cfg(test)]
    pub fn set_write(&mut self, write: WriteFile) {
        self.write = write;
    }

    /// The file, without links on the way.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What stood in the file when it was last read or written here.
    pub fn on_disk(&self) -> Option<Fingerprint> {
        self.on_disk
    }

    /// Takes `fingerprint` for what was last read here.
    pub fn believe(&mut self, fingerprint: Option<Fingerprint>) {
        self.on_disk = fingerprint;
    }

    /// Whether another editor, or another tab, has the file open.
    pub fn is_open_elsewhere(&self) -> bool {
        self.file.is_some() && self.hold.is_none()
    }

    /// Whether nothing can be kept in the file's own folder.
    pub fn is_folder_closed(&self) -> bool {
        self.hold.as_ref().is_some_and(|hold| !hold.is_beside())
    }

    /// Lets the journal beside the file be overwritten, or forbids it.
    pub fn set_undecided(&mut self, undecided: bool) {
        self.undecided = undecided;
    }

    /// Where the journal lies, once one was written.
    pub fn journal(&self) -> Option<&Path> {
        self.slot.as_ref().map(Slot::journal)
    }

    /// Compares the file with what was last read or written here.
    pub fn look(&self) -> OnDisk {
        let Some(file) = &self.file else {
            return OnDisk::Same;
        };
        match Fingerprint::of_file(file) {
            Ok(None) => OnDisk::Gone,
            Ok(found) if found == self.on_disk => OnDisk::Same,
            // What cannot be read may be anything.
            Ok(Some(_)) | Err(_) => OnDisk::Changed,
        }
    }

    /// Keeps `journal`, the state of a document at `revision`, unless a state as new is saved.
    ///
    /// Errors: it can be kept nowhere.
    pub fn keep(&mut self, revision: u64, journal: &Journal) -> io::Result<()> {
        if self.settled.is_some_and(|settled| revision <= settled) {
            return Ok(());
        }
        if self.slot.is_none() {
            self.slot = self.slot_beside();
        }
        let bytes = journal.to_text().into_bytes();
        if let Some(slot) = &self.slot
            && slot.write(self.write, &bytes).is_ok()
        {
            return Ok(());
        }
        // Where the disk of the file takes nothing, that of the home folder may.
        let name = match &self.file {
            Some(file) => naming::elsewhere(file),
            None => "untitled".to_owned(),
        };
        let slot = Slot::free(&self.journals, &name)?;
        if let Err(error) = slot.write(self.write, &bytes) {
            slot.leave();
            return Err(error);
        }
        if let Some(before) = self.slot.replace(slot) {
            before.leave();
        }
        Ok(())
    }

    /// The place beside the file, where that may be used.
    fn slot_beside(&self) -> Option<Slot> {
        let file = self.file.as_ref()?;
        let usable = !self.undecided && self.hold.as_ref().is_some_and(Hold::is_beside);
        usable.then(|| Slot::beside(file, &self.journals))
    }

    /// Takes the journal away, and sees to it that none of `revision` and before is written any more.
    pub fn settle(&mut self, revision: u64) {
        self.settled = Some(revision);
        if let Some(slot) = &self.slot {
            slot.clear();
        }
    }

    /// Closes the document for good: what was not saved is given up.
    pub fn close(&mut self) {
        self.settle(u64::MAX);
        self.leave();
    }

    fn leave(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.leave();
        }
        if let Some(hold) = self.hold.take() {
            hold.release();
        }
    }

    /// Writes `bytes`, the document at `revision`, and takes the journal away.
    ///
    /// Errors: why not; what was there is still there, and so is the journal.
    pub fn save(&mut self, target: &Target, revision: u64, bytes: &[u8]) -> Result<(), SaveError> {
        match target {
            Target::Own => self.save_own(revision, bytes, false),
            Target::OwnAnyway => self.save_own(revision, bytes, true),
            Target::Other(path) => {
                let file = naming::real_path(path);
                if self.file.as_ref() == Some(&file) {
                    self.save_own(revision, bytes, true)
                } else {
                    self.save_elsewhere(file, revision, bytes)
                }
            }
        }
    }

    fn save_own(&mut self, revision: u64, bytes: &[u8], anyway: bool) -> Result<(), SaveError> {
        let Some(file) = self.file.clone() else {
            return Err(SaveError::NoFile);
        };
        if self.hold.is_none() {
            // Whoever had it open may have closed it.
            self.hold = Some(hold_of(&file, &self.journals)?);
        }
        if !anyway && self.look() == OnDisk::Changed {
            return Err(SaveError::ChangedOnDisk { path: file });
        }
        self.write_file(&file, bytes)?;
        self.on_disk = Some(Fingerprint::of(bytes));
        self.settle(revision);
        Ok(())
    }

    fn save_elsewhere(
        &mut self,
        file: PathBuf,
        revision: u64,
        bytes: &[u8],
    ) -> Result<(), SaveError> {
        let hold = hold_of(&file, &self.journals)?;
        // A journal that lies there is of another document, which nobody has decided about.
        let undecided = naming::beside(&file, super::journal::ENDING).exists();
        if let Err(error) = self.write_file(&file, bytes) {
            hold.release();
            return Err(error);
        }
        self.settle(revision);
        self.leave();
        self.hold = Some(hold);
        self.undecided = undecided;
        self.file = Some(file);
        self.on_disk = Some(Fingerprint::of(bytes));
        Ok(())
    }

    fn write_file(&self, file: &Path, bytes: &[u8]) -> Result<(), SaveError> {
        let protected = file
            .metadata()
            .is_ok_and(|metadata| metadata.permissions().readonly());
        if protected {
            return Err(SaveError::ReadOnly { path: file.into() });
        }
        (self.write)(file, bytes).map_err(|error| SaveError::Unwritable {
            path: file.into(),
            reason: Arc::new(error),
        })
    }
}

fn hold_of(file: &Path, journals: &Path) -> Result<Hold, SaveError> {
    Hold::claim(file, journals)
        .map_err(|hold::Taken| SaveError::OpenedElsewhere { path: file.into() })
}
