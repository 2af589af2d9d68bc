//! Where the journal of a document lies.

use std::io;
use std::path::{Path, PathBuf};

use super::WriteFile;
use crate::document::journal::ENDING;
use crate::document::lock::{Lock, LockError};
use crate::document::naming;

/// The ending of locks.
pub const LOCK: &str = "lock";

/// The ending of files that say beside which file a journal lies.
pub const POINTER: &str = "pointer";

/// How many journals without a file, or of one file, may wait to be decided about.
const MOST: u32 = 1_000;

/// The place of a journal.
#[derive(Debug)]
pub struct Slot {
    journal: PathBuf,
    kept_for: KeptFor,
}

/// What keeps others from using the same place.
#[derive(Debug)]
enum KeptFor {
    /// The right to the file that the journal lies beside; the folder of journals points to it.
    File { file: PathBuf, pointer: PathBuf },
    /// A lock of its own.
    Itself(Lock),
}

impl Slot {
    /// The place beside `file`, for whoever has the right to write that.
    pub fn beside(file: &Path, journals: &Path) -> Self {
        Self {
            journal: naming::beside(file, ENDING),
            kept_for: KeptFor::File {
                file: file.to_owned(),
                pointer: journals.join(format!("{}.{POINTER}", naming::elsewhere(file))),
            },
        }
    }

    /// A place in the folder of journals that nobody uses, and where nothing waits to be decided about.
    ///
    /// Errors: the folder cannot be written, or is full.
    pub fn free(journals: &Path, name: &str) -> io::Result<Self> {
        std::fs::create_dir_all(journals)?;
        for number in 1..=MOST {
            let journal = journals.join(format!("{name}-{number}.{ENDING}"));
            let lock = match Lock::claim(&journal.with_extension(LOCK)) {
                Ok(lock) => lock,
                Err(LockError::Taken) => continue,
                Err(LockError::Impossible(error)) => return Err(error),
            };
            if journal.exists() {
                lock.release();
                continue;
            }
            return Ok(Self {
                journal,
                kept_for: KeptFor::Itself(lock),
            });
        }
        Err(io::Error::other(format!(
            "{MOST} journals wait in {}: decide about some of them",
            journals.display()
        )))
    }

    /// The journal.
    pub fn journal(&self) -> &Path {
        &self.journal
    }

    /// Writes the journal.
    ///
    /// Errors: those of the file system; an earlier journal is still there.
    pub fn write(&self, write: WriteFile, bytes: &[u8]) -> io::Result<()> {
        write(&self.journal, bytes)?;
        if let KeptFor::File { file, pointer } = &self.kept_for
            && !pointer.exists()
        {
            // Without it the journal is found when the file is opened, and not before.
            let _ = pointer.parent().map(std::fs::create_dir_all);
            let _ = write(pointer, naming::to_line(file).as_bytes());
        }
        Ok(())
    }

    /// Takes the journal away.
    pub fn clear(&self) {
        // Where it cannot be taken away it is offered once more than need be.
        let _ = std::fs::remove_file(&self.journal);
        if let KeptFor::File { pointer, .. } = &self.kept_for {
            let _ = std::fs::remove_file(pointer);
        }
    }

    /// Gives the place up, with the journal.
    pub fn leave(self) {
        self.clear();
        if let KeptFor::Itself(lock) = self.kept_for {
            lock.release();
        }
    }
}
