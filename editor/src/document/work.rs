//! What takes time with a document, to be done on another thread.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use graph::document::Graph;
use graph::workflow::{self, LARGEST, MOST_NODES, MOST_WIRES};

use super::journal::Journal;
use super::store::{SaveError, Store, Target};

/// How often a document should be kept: with the time that writing takes, well under a second is lost.
pub const PERIOD: Duration = Duration::from_millis(500);

/// Writing a document to its file.
#[derive(Clone, Debug)]
pub struct Saving {
    pub(super) graph: Graph,
    pub(super) revision: u64,
    pub(super) target: Target,
    pub(super) path: PathBuf,
    pub(super) store: Arc<Mutex<Store>>,
}

/// What came of [`Saving`].
#[derive(Clone, Debug)]
pub struct Saved {
    pub(super) graph: Graph,
    pub(super) revision: u64,
    pub(super) path: PathBuf,
    pub(super) result: Result<(), SaveError>,
}

/// Writing the journal of a document.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// None where all is saved, and nothing needs to be kept.
    pub(super) graph: Option<Graph>,
    pub(super) revision: u64,
    pub(super) journal: Journal,
    pub(super) store: Arc<Mutex<Store>>,
}

/// What came of [`Keeping`].
#[derive(Clone, Debug)]
pub struct Kept {
    pub(super) revision: u64,
    pub(super) result: Result<(), Arc<io::Error>>,
}

impl Saving {
    /// Writes the file; hand the result to [`Document::saved`](super::Document::saved).
    pub fn perform(self) -> Saved {
        let text = workflow::to_text(&self.graph);
        let result = check_size(&self.graph, &text).and_then(|()| {
            let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
            store.save(&self.target, self.revision, text.as_bytes())
        });
        Saved {
            graph: self.graph,
            revision: self.revision,
            path: self.path,
            result,
        }
    }
}

impl Keeping {
    /// Writes the journal; hand the result to [`Document::kept`](super::Document::kept).
    pub fn perform(self) -> Kept {
        let text = self.graph.as_ref().map(workflow::to_text);
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let result = match text {
            None => {
                store.settle(self.revision);
                Ok(())
            }
            Some(text) => {
                let journal = Journal {
                    file: store.file().map(ToOwned::to_owned),
                    saved: store.on_disk(),
                    text,
                    ..self.journal
                };
                store.keep(self.revision, &journal).map_err(Arc::new)
            }
        };
        Kept {
            revision: self.revision,
            result,
        }
    }
}

/// Refuses what could be written and not be read again.
fn check_size(graph: &Graph, text: &str) -> Result<(), SaveError> {
    let limits = [
        ("nodes", graph.nodes().len(), MOST_NODES),
        ("wires", graph.wires().len(), MOST_WIRES),
        ("bytes", text.len(), LARGEST as usize),
    ];
    for (what, found, most) in limits {
        if found > most {
            return Err(SaveError::TooLarge { what, found, most });
        }
    }
    Ok(())
}
