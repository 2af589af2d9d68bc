//! What the host does for a node that runs.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use crate::abi::{self, Run, Status, Str};
use crate::error::NodeError;
use crate::port::Source;
use crate::run::Services;
use crate::value::{Device, Lent, Place, Sent};

use super::lend::{lent, text};
use super::room::{Room, card_of};
use super::send::Lending;

/// The host, for as long as the node runs; once the run is over it answers nothing any more.
#[derive(Clone, Debug)]
pub struct Live(Arc<RwLock<Option<Shared>>>);

/// What the host lends.
#[derive(Clone, Copy, Debug)]
struct Shared(Run);

// SAFETY: the header says that every function in it may be called from any thread.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Live {
    /// The host that `run` stands for.
    ///
    /// # Safety
    ///
    /// `run` is as the header has it until [`Live::close`] is called.
    pub unsafe fn new(run: Run) -> Self {
        Self(Arc::new(RwLock::new(Some(Shared(run)))))
    }

    /// The run is over: whoever kept a [`crate::run::Run`] speaks to nobody.
    pub fn close(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Does something while the run cannot end.
    pub fn during<R>(&self, work: impl FnOnce(&Run) -> R) -> Result<R, NodeError> {
        let shared = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match &*shared {
            Some(Shared(run)) => Ok(work(run)),
            None => Err(NodeError::Cancelled),
        }
    }
}

/// A function of the host that the header promises.
pub fn offered<T>(function: Option<T>, name: &str) -> Result<T, NodeError> {
    function.ok_or_else(|| {
        NodeError::failed(
            format!("the host does not offer `{name}`"),
            "this is a mistake of the host, please report it",
        )
    })
}

/// What a status of the host means.
fn ended(status: Status, doing: &str) -> Result<(), NodeError> {
    match status {
        Status::OK => Ok(()),
        other => Err(NodeError::from_host(other, doing)),
    }
}

impl Services for Live {
    fn progress(&self, done: u64, total: u64, note: &str) -> Result<(), NodeError> {
        self.during(|run| {
            let progress = offered(run.progress, "progress")?;
            // SAFETY: the run is not over, and the text lives until the call returns.
            let status = unsafe { progress(run.context, done, total, Str::new(note)) };
            ended(status, "telling how far the node is")
        })?
    }

    fn is_cancelled(&self) -> bool {
        self.during(|run| {
            run.cancelled
                // SAFETY: the run is not over.
                .is_some_and(|cancelled| unsafe { cancelled(run.context) } != 0)
        })
        .unwrap_or(true)
    }

    fn preview(&self, kind: &str, value: &Sent) {
        // A preview that is not shown is no reason to fail.
        let _ = self.during(|run| {
            let lending = Lending::of(value);
            run.preview.map(|preview| {
                // SAFETY: the run is not over, and the value lives until the call returns.
                unsafe { preview(run.context, Str::new(kind), lending.value()) }
            })
        });
    }

    fn note(&self, line: &str) {
        let _ = self.during(|run| {
            // SAFETY: the header says that the host is as it has it for as long as the process lives.
            let host = unsafe { abi::read(run.host) }.ok()?;
            // SAFETY: as above, and the text lives until the call returns.
            host.log
                .map(|log| unsafe { log(host.context, abi::LOG_INFO, Str::new(line)) })
        });
    }

    fn device(&self) -> Device {
        let found = self.during(|run| {
            card_of(run.device).map(|index| Device::Cuda {
                index,
                stream: run.stream,
            })
        });
        found.ok().flatten().unwrap_or(Device::Cpu)
    }

    fn room(&self, shape: &[usize]) -> Result<(Room, Place), NodeError> {
        Room::of(self, shape)
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, NodeError> {
        self.during(|run| {
            let resolve = offered(run.resolve, "resolve")?;
            let mut absolute = Str::EMPTY;
            // SAFETY: the run is not over, and both texts live until the call returns.
            let status = unsafe { resolve(run.context, Str::new(path), &raw mut absolute) };
            ended(status, "asking where a file lies")?;
            // SAFETY: the host left a text there that is valid until the run ends.
            let found = unsafe { text(absolute) };
            found.map(PathBuf::from).map_err(|found| {
                NodeError::failed(
                    format!("the host gave {found} for a path"),
                    "this is a mistake of the host, please report it",
                )
            })
        })?
    }
}

/// The inputs of a node that runs.
pub struct LiveInputs<'a>(pub &'a Run);

impl Source for LiveInputs<'_> {
    fn at(&self, port: &str, index: usize) -> Result<Option<Lent<'_>>, NodeError> {
        let input = offered(self.0.input, "input")?;
        // SAFETY: the run is not over while it is borrowed.
        let value = unsafe { input(self.0.context, Str::new(port), index) };
        if value.is_null() {
            return Ok(None);
        }
        // SAFETY: the header says that the value is valid until the run ends, and objects are this plugin's own.
        let value = unsafe { lent(value) };
        value
            .map(Some)
            .map_err(|found| NodeError::input(port, "a value as the header has it", found))
    }
}
