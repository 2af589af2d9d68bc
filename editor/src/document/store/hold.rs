//! The right to write a file: whoever opens it first has it.

use std::path::Path;

use crate::document::lock::{Lock, LockError};
use crate::document::naming;

use super::slot::LOCK;

/// The right to write a file, as long as it lives.
#[derive(Debug)]
pub enum Hold {
    /// The lock lies beside the file.
    Beside(Lock),
    /// The lock lies in the folder of journals, since nothing can be written beside the file.
    Elsewhere(Lock),
    /// There are no locks on this computer's disks; better to work without than not at all.
    Unlocked,
}

/// Another editor has the right.
#[derive(Debug)]
pub struct Taken;

impl Hold {
    /// Takes the right to write `file`.
    ///
    /// Errors: another editor, or another tab of this one, has it.
    pub fn claim(file: &Path, journals: &Path) -> Result<Self, Taken> {
        match Lock::claim(&naming::beside(file, LOCK)) {
            Ok(lock) => return Ok(Self::Beside(lock)),
            Err(LockError::Taken) => return Err(Taken),
            Err(LockError::Impossible(_)) => {}
        }
        // Without the folder there is no lock either, and that is told below.
        let _ = std::fs::create_dir_all(journals);
        let name = format!("{}.{LOCK}", naming::elsewhere(file));
        match Lock::claim(&journals.join(name)) {
            Ok(lock) => Ok(Self::Elsewhere(lock)),
            Err(LockError::Taken) => Err(Taken),
            Err(LockError::Impossible(_)) => Ok(Self::Unlocked),
        }
    }

    /// Whether the folder of the file can be written.
    pub fn is_beside(&self) -> bool {
        match self {
            Self::Beside(_) => true,
            Self::Elsewhere(_) | Self::Unlocked => false,
        }
    }

    /// Gives the right up.
    pub fn release(self) {
        match self {
            Self::Beside(lock) | Self::Elsewhere(lock) => lock.release(),
            Self::Unlocked => {}
        }
    }
}
