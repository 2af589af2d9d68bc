//! Running a plan: on threads of its own, with a cache, and with events for whoever looks on.

mod cache;
mod event;
mod fingerprint;
mod forecast;
mod key;
mod reporter;
mod schedule;
mod show;
mod turns;
mod work;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::document::NodeId;
use crate::error::NodeError;
use crate::plan::Plan;
use crate::port::Values;
use crate::run::{Cancel, Resources};
use crate::value::{Footprint, Value};
use cache::Cache;
use fingerprint::Fingerprints;
use key::Parts;
use turns::Turns;

pub use event::{Event, Happened, Reason, RunId};
pub use work::guarded;

/// How an engine works.
#[derive(Clone)]
pub struct Settings {
    /// How many nodes may run at once, of all runs together; at least one does.
    pub workers: usize,
    /// How much memory the cache may hold, in the computer and on the device.
    pub budget: Footprint,
    /// What results depend on besides the graph: the sort of device and its precision, such as `cuda-bf16`.
    pub device_class: String,
    /// What the program lends to nodes.
    pub resources: Resources,
}

/// Runs plans, and remembers results between runs.
pub struct Engine {
    workers: usize,
    turns: Turns,
    device_class: String,
    resources: Arc<Resources>,
    cache: Mutex<Cache>,
    fingerprints: Fingerprints,
    /// From what each node was last computed, to say what has changed.
    last: Mutex<BTreeMap<NodeId, Parts>>,
}

/// How one run goes.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Where relative paths start: the workflow's folder.
    pub base: PathBuf,
    /// Whether results are taken from the cache and put into it.
    pub use_cache: bool,
    /// Nodes whose values are wanted besides the results.
    pub keep: BTreeSet<NodeId>,
    /// Whether every result is shown, as [`Happened::Shown`].
    pub show: bool,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The run.
    pub run: RunId,
    /// The results, by their names in the interface; those that failed nodes would have made are absent.
    pub outputs: BTreeMap<String, Vec<Value>>,
    /// The values of the nodes in [`RunOptions::keep`].
    pub nodes: BTreeMap<NodeId, Values>,
    /// The nodes that failed.
    pub failed: Vec<(NodeId, NodeError)>,
    /// The nodes that could not run because another had failed.
    pub skipped: Vec<NodeId>,
    /// Whether the run was cancelled before it was through.
    pub cancelled: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            base: ".".into(),
            use_cache: true,
            keep: BTreeSet::new(),
            show: false,
        }
    }
}

impl Outcome {
    /// Whether every node did its work.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && !self.cancelled
    }
}

impl Engine {
    /// An engine with an empty cache.
    pub fn new(settings: Settings) -> Self {
        let workers = settings.workers.max(1);
        Self {
            workers,
            turns: Turns::new(workers),
            device_class: settings.device_class,
            resources: Arc::new(settings.resources),
            cache: Mutex::new(Cache::new(settings.budget)),
            fingerprints: Fingerprints::default(),
            last: Mutex::default(),
        }
    }

    /// Runs `plan` and returns when all that can be done is done.
    ///
    /// Events come on the calling thread, the last of them [`Happened::Ended`].
    /// A node that fails or panics stops what depends on it and nothing else.
    /// After [`Cancel::cancel`] no node is started; those that run are waited for.
    pub fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        cancel: &Cancel,
        on_event: impl FnMut(&Event),
    ) -> Outcome {
        static RUNS: AtomicU64 = AtomicU64::new(1);
        let run = RunId(RUNS.fetch_add(1, Ordering::Relaxed));
        let context = work::Context {
            engine: self,
            plan,
            options,
            cancel,
            run,
        };
        schedule::run(&context, on_event)
    }

    /// Forgets all results.
    pub fn forget(&self) {
        self.cache().clear();
    }

    /// How much memory the results in the cache hold.
    pub fn cached(&self) -> Footprint {
        self.cache().footprint()
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        locked(&self.cache)
    }
}

/// Locks; a panic elsewhere leaves nothing half done behind these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
