//! Writing the queue on another thread.

use super::Entry;
use super::file::QueueFile;
use crate::latest::Turn;

/// The work of writing the queue as it was when this was asked for.
#[derive(Debug)]
pub struct Saving {
    pub(super) entries: Vec<Entry>,
    pub(super) turn: Turn<QueueFile>,
}

/// What came of [`Saving`].
#[derive(Clone, Debug)]
pub struct Saved {
    /// Why it could not be written, if it could not.
    pub(super) trouble: Option<String>,
}

impl Saving {
    /// Writes the file; hand the result to [`Queue::saved`](super::Queue::saved).
    pub fn perform(self) -> Saved {
        let Self { entries, turn } = self;
        let written = turn.take(|file| file.save(&entries));
        Saved {
            // Where a later turn was taken, that one tells.
            trouble: written.and_then(Result::err).map(|error| error.to_string()),
        }
    }
}
