//! What whoever works on a document should know of where it is kept.

use std::fmt;

/// Something that somebody should know before he goes on, the most urgent first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// Another program has written the file.
    ChangedOnDisk,
    /// The file has been taken away.
    Gone,
    /// Saving loses the comments that somebody has written into the file by hand.
    LosesComments {
        /// How many there are.
        count: usize,
        /// The first of them, as it stands.
        first: String,
    },
    /// Another editor, or another tab, has the file open.
    OpenedElsewhere,
    /// What has not been saved would be lost if the editor were killed.
    NotKept {
        /// What the system says.
        reason: String,
    },
    /// Nothing can be written in the folder of the file.
    FolderClosed,
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangedOnDisk => out.write_str(
                "Another program has changed the file. Reload it, overwrite it, or save elsewhere.",
            ),
            Self::Gone => out.write_str("The file is gone. Save to write it anew."),
            Self::LosesComments { count: 1, first } => write!(
                out,
                "Saving would lose a comment that was written into the file by hand: {first}"
            ),
            Self::LosesComments { count, first } => write!(
                out,
                "Saving would lose {count} comments that were written into the file by hand, first {first}"
            ),
            Self::OpenedElsewhere => out.write_str(
                "The file is open in another editor or tab. Look at it here, or save elsewhere.",
            ),
            Self::NotKept { reason } => write!(
                out,
                "Changes cannot be kept in case the editor ends unexpectedly: {reason}. Save soon."
            ),
            Self::FolderClosed => out.write_str(
                "The folder of the file cannot be written. Save elsewhere to keep changes.",
            ),
        }
    }
}
