//! What a run tells of itself.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::document::NodeId;
use crate::error::NodeError;
use crate::node::Effect;
use crate::preview::{Picture, Preview, TokenGrid};
use crate::value::Footprint;

/// Which run: no two runs of a program share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RunId(pub(super) u64);

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// The run; whoever has started another since can drop the event.
    pub run: RunId,
    /// What happened.
    #[serde(flatten)]
    pub what: Happened,
}

/// What happened; every node's events come in the order of this list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happened {
    /// A node began to work.
    Started {
        /// The node.
        node: NodeId,
        /// Why its result could not be had without.
        reason: Reason,
    },
    /// A node has come so far; not every step of it is told.
    Progress {
        /// The node.
        node: NodeId,
        /// How many steps are done.
        done: u64,
        /// Of how many.
        total: u64,
        /// Steps a second.
        rate: f64,
        /// How long the rest will take at this rate.
        #[serde(serialize_with = "optional_seconds", rename = "eta_seconds")]
        eta: Option<Duration>,
    },
    /// A node shows what it has so far.
    Preview {
        /// The node.
        node: NodeId,
        /// What it shows.
        #[serde(serialize_with = "sort_of_preview")]
        preview: Preview,
    },
    /// A node has something to say.
    Note {
        /// The node.
        node: NodeId,
        /// One line.
        line: String,
    },
    /// The result of a node is there.
    Finished {
        /// The node.
        node: NodeId,
        /// How long it took.
        #[serde(serialize_with = "seconds", rename = "took_seconds")]
        took: Duration,
        /// Whether the result was there before.
        from_cache: bool,
        /// How much memory the result holds.
        #[serde(serialize_with = "bytes", rename = "bytes")]
        footprint: Footprint,
        /// Why it ran, or why it did not have to.
        reason: Reason,
    },
    /// How a result looks; comes only where [`RunOptions::show`](super::RunOptions::show) asks for it.
    ///
    /// A result that is not at hand, because nobody needs it, is not shown.
    Shown {
        /// The node.
        node: NodeId,
        /// The output.
        port: String,
        /// What stands there.
        #[serde(serialize_with = "sort_of_preview")]
        preview: Preview,
    },
    /// A node could not do its work.
    Failed {
        /// The node.
        node: NodeId,
        /// Why.
        #[serde(serialize_with = "in_words")]
        error: NodeError,
    },
    /// A node was not run because what it needs is not there.
    Skipped {
        /// The node.
        node: NodeId,
        /// The node that failed.
        because: NodeId,
    },
    /// A node was stopped.
    Cancelled {
        /// The node.
        node: NodeId,
    },
    /// The run is over; nothing comes after this.
    Ended {
        /// How long it took.
        #[serde(serialize_with = "seconds", rename = "took_seconds")]
        took: Duration,
        /// How many nodes did their work.
        ran: usize,
        /// How many did not have to, because results were there before.
        from_cache: usize,
        /// How many failed.
        failed: usize,
        /// How many could not run because others had failed.
        skipped: usize,
        /// Whether the run was cancelled before it was through.
        cancelled: bool,
    },
}

/// Why a node ran, or why it did not have to.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// This engine has not run it before.
    New,
    /// What it is computed from changed; each entry is half a sentence.
    Changed(Vec<String>),
    /// Nothing changed, but the result is not in the cache.
    NotInCache,
    /// It is never taken from the cache, because it does more than compute.
    Always(Effect),
    /// This run uses no cache.
    CacheOff,
    /// Nothing changed, and the result is in the cache.
    Unchanged,
    /// Everything that needs it came from the cache.
    NotNeeded,
}

impl Happened {
    /// The node that the event is of.
    pub fn node(&self) -> Option<&NodeId> {
        match self {
            Self::Started { node, .. }
            | Self::Progress { node, .. }
            | Self::Preview { node, .. }
            | Self::Note { node, .. }
            | Self::Finished { node, .. }
            | Self::Shown { node, .. }
            | Self::Failed { node, .. }
            | Self::Skipped { node, .. }
            | Self::Cancelled { node } => Some(node),
            Self::Ended { .. } => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => out.write_str("it has not run before"),
            Self::Changed(changes) => out.write_str(&changes.join(", ")),
            Self::NotInCache => out.write_str("its result is not in the cache"),
            Self::Always(Effect::WritesFiles) => out.write_str("it writes files"),
            Self::Always(Effect::Impure | Effect::Pure | Effect::ReadsFiles) => {
                out.write_str("it may give another result each time")
            }
            Self::CacheOff => out.write_str("the cache is off"),
            Self::Unchanged => out.write_str("nothing changed"),
            Self::NotNeeded => out.write_str("everything that needs it came from the cache"),
        }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn optional_seconds<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(serializer)
}

fn bytes<S: Serializer>(footprint: &Footprint, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Bytes {
        host: u64,
        device: u64,
    }
    let Footprint { host, device } = *footprint;
    Bytes { host, device }.serialize(serializer)
}

fn in_words<S: Serializer>(error: &NodeError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(error)
}

/// A line of the log is no place for a picture.
fn sort_of_preview<S: Serializer>(preview: &Preview, serializer: S) -> Result<S::Ok, S::Error> {
    match preview {
        Preview::Text(text) => serializer.serialize_str(text),
        Preview::Images(pictures) => serializer.collect_str(&sort_of_pictures(pictures)),
        Preview::Curve(lines) => serializer.collect_str(&format_args!("{} curves", lines.len())),
        Preview::TokenGrid(TokenGrid { rows, columns, .. }) => {
            serializer.collect_str(&format_args!("grid of {rows} × {columns} tokens"))
        }
        Preview::Steps(grids) => {
            let steps = grids.len().saturating_sub(1);
            serializer.collect_str(&format_args!("{steps} steps"))
        }
    }
}

fn sort_of_pictures(pictures: &[Picture]) -> String {
    match pictures {
        [Picture { width, height, .. }] => format!("image of {width} × {height} pixels"),
        _ => format!("{} images", pictures.len()),
    }
}
