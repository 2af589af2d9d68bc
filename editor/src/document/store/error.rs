//! Why a document cannot be saved.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a document cannot be saved; its file is as it was, and its journal is kept.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// It was never saved: somebody has to say where to.
    #[error("the workflow has no file yet: choose one")]
    NoFile,
    /// Another program has written the file since it was last read here.
    #[error(
        "another program has changed the file since it was opened: overwrite it, reload it, or save elsewhere: `{}`",
        path.display()
    )]
    ChangedOnDisk {
        /// The file.
        path: PathBuf,
    },
    /// Another editor, or another tab, has the file open.
    #[error("another editor or tab has the file open: close it there, or save elsewhere: `{}`", path.display())]
    OpenedElsewhere {
        /// The file.
        path: PathBuf,
    },
    /// A name got the ending of workflow files, and there is such a file already.
    #[error("there is a file of that name already: choose another name, or that file itself: `{}`", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Somebody has written comments into the file by hand, and nobody has agreed to lose them.
    #[error("saving would lose the comments in the file: save anyway, or save elsewhere: `{}`", path.display())]
    LosesComments {
        /// The file.
        path: PathBuf,
    },
    /// The file is not to be written.
    #[error("the file is protected against writing: save elsewhere: `{}`", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be opened again.
    #[error(
        "the workflow has {found} {what}, and no file may hold more than {most}: take some away"
    )]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// The disk does not take it.
    #[error("cannot write the file, which is as it was: {reason}: `{}`", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: Arc<io::Error>,
    },
}
