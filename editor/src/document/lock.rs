//! One editor for one file: a lock that the system lifts when its holder ends, however that may be.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Says to other editors that a file is open here, as long as it lives.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
}

/// Why a lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error("another editor has the file open")]
    Taken,
    /// There can be no lock in that folder.
    #[error("no lock can be kept there: {0}")]
    Impossible(#[from] io::Error),
}

impl Lock {
    /// Takes the lock that the file at `path` stands for; the file is made where there is none.
    ///
    /// Errors: somebody has it, also within this process; or no file can be made there.
    pub fn claim(path: &Path) -> Result<Self, LockError> {
        loop {
            let mut options = OpenOptions::new();
            let file = options
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(LockError::Taken),
                Err(TryLockError::Error(error)) => return Err(LockError::Impossible(error)),
            }
            // Whoever had it may have taken the file away between opening and locking: that lock keeps nobody out.
            if is_at(&file, path) {
                let path = path.to_owned();
                return Ok(Self { path, file });
            }
        }
    }

    /// Whether somebody holds the lock that the file at `path` stands for.
    pub fn is_held(path: &Path) -> bool {
        let Ok(file) = File::open(path) else {
            return false;
        };
        matches!(file.try_lock(), Err(TryLockError::WouldBlock))
    }

    /// Gives the lock up, and takes its file away.
    pub fn release(self) {
        // A file that is left behind keeps nobody out.
        let _ = std::fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let (Ok(held), Ok(there)) = (file.metadata(), std::fs::metadata(path)) else {
        return false;
    };
    (held.dev(), held.ino()) == (there.dev(), there.ino())
}

// Elsewhere a file that is open cannot be taken away.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::{Lock, LockError};

    #[test]
    fn a_lock_is_held_once_until_it_is_given_up_or_its_holder_ends() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("a.lock");
        assert!(!Lock::is_held(&path));
        let lock = Lock::claim(&path).expect("nobody holds it");
        assert!(matches!(Lock::claim(&path), Err(LockError::Taken)));
        assert!(Lock::is_held(&path));
        lock.release();
        assert!(!path.exists(), "nothing is left behind");

        drop(Lock::claim(&path).expect("nobody holds it"));
        assert!(path.exists(), "as where an editor was killed");
        assert!(!Lock::is_held(&path));
        Lock::claim(&path)
            .expect("the system has lifted it")
            .release();
    }

    #[test]
    fn where_no_file_can_be_made_there_is_no_lock() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let found = Lock::claim(&folder.path().join("no/a.lock"));
        assert!(matches!(found, Err(LockError::Impossible(_))));
        let found = Lock::claim(folder.path());
        assert!(matches!(found, Err(LockError::Impossible(_))));
    }
}
