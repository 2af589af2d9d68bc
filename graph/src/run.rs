//! What a node may use while it runs.

use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::NodeError;
use crate::param::{FilePath, Seed};
use crate::preview::Preview;
use crate::random::Random;

/// Asks a run to stop; clones ask the same run.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the run to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Takes what a node reports while it runs.
pub trait Reporter: Send + Sync {
    /// `done` of `total` steps are done.
    fn progress(&self, done: u64, total: u64);

    /// What the result looks like so far.
    fn preview(&self, preview: Preview);

    /// One line for the log: a figure, or something odd that does not stop the node.
    fn note(&self, line: &str);
}

/// A reporter that listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, _: Preview) {}

    fn note(&self, _: &str) {}
}

/// What the program lends to all nodes of a run, by type: the device they compute on, and the like.
#[derive(Clone, Default)]
pub struct Resources(BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Resources {
    /// Lends `resource`, in place of an earlier one of the same type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, resource: T) -> Self {
        let _ = self.0.insert(TypeId::of::<T>(), Arc::new(resource));
        self
    }

    /// The resource of type `T`.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

/// What a node may use while it runs: randomness, progress, cancellation, paths, and what the program lends.
#[derive(Clone)]
pub struct Run {
    base: PathBuf,
    cancel: Cancel,
    reporter: Arc<dyn Reporter>,
    resources: Arc<Resources>,
}

impl Run {
    /// A run whose relative paths start at `base`.
    pub fn new(
        base: impl Into<PathBuf>,
        cancel: Cancel,
        reporter: Arc<dyn Reporter>,
        resources: Arc<Resources>,
    ) -> Self {
        Self {
            base: base.into(),
            cancel,
            reporter,
            resources,
        }
    }

    /// A run in the current folder to which nobody listens: for calling a node by hand, as tests do.
    pub fn alone(resources: Resources) -> Self {
        Self::new(
            ".",
            Cancel::default(),
            Arc::new(Silent),
            Arc::new(resources),
        )
    }

    /// The same run, to which nobody listens: for work that is not the node's own progress.
    #[must_use]
    pub fn silent(&self) -> Self {
        Self {
            reporter: Arc::new(Silent),
            ..self.clone()
        }
    }

    /// The randomness of `seed`: the only one that a node may use.
    pub fn random(&self, seed: Seed) -> Random {
        Random::new(seed)
    }

    /// Where `path` is, relative paths starting at the workflow's folder.
    pub fn resolve(&self, path: &FilePath) -> PathBuf {
        self.base.join(Path::new(&path.0))
    }

    /// What the program lends of type `T`.
    ///
    /// Errors: the program lends no such thing.
    pub fn resource<T: Send + Sync + 'static>(&self) -> Result<&T, NodeError> {
        self.resources.get().ok_or_else(|| {
            NodeError::failed(
                format!("the program lends no {}", type_name::<T>()),
                "this is a mistake of the program, please report it",
            )
        })
    }

    /// The steps `0..total`: each reports progress, and all end early once the run is cancelled.
    ///
    /// Errors: each item is [`NodeError::Cancelled`] once the run was cancelled.
    pub fn steps(&self, total: u32) -> impl Iterator<Item = Result<u32, NodeError>> + use<> {
        let run = self.clone();
        (0..total).map(move |step| {
            run.check()?;
            run.progress(u64::from(step), u64::from(total));
            Ok(step)
        })
    }

    /// Fails once the run was cancelled; every long loop asks.
    ///
    /// Errors: [`NodeError::Cancelled`].
    pub fn check(&self) -> Result<(), NodeError> {
        if self.cancel.is_cancelled() {
            Err(NodeError::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Reports that `done` of `total` steps are done.
    pub fn progress(&self, done: u64, total: u64) {
        self.reporter.progress(done, total);
    }

    /// Shows what the result looks like so far.
    pub fn preview(&self, preview: Preview) {
        self.reporter.preview(preview);
    }

    /// Writes one line to the log.
    pub fn note(&self, line: impl AsRef<str>) {
        self.reporter.note(line.as_ref());
    }
}
