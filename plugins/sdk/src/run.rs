//! What a node may use while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::NodeError;
use crate::param::{FilePath, Seed};
use crate::random::Random;
use crate::value::{Device, Place, PlacedImage, Room, Sent, WireValue};

/// What the host does for a node that runs.
pub(crate) trait Services: Send + Sync {
    /// Reports progress.
    fn progress(&self, done: u64, total: u64, note: &str) -> Result<(), NodeError>;

    /// Whether the run was cancelled.
    fn is_cancelled(&self) -> bool;

    /// Shows what the result looks like so far.
    fn preview(&self, kind: &str, value: &Sent);

    /// Writes one line to the log.
    fn note(&self, line: &str);

    /// Where the tensors of the run lie.
    fn device(&self) -> Device;

    /// Room for floating-point numbers there.
    fn room(&self, shape: &[usize]) -> Result<(Room, Place), NodeError>;

    /// Where the file at `path` lies.
    fn resolve(&self, path: &str) -> Result<PathBuf, NodeError>;
}

/// What a node may use while it runs: randomness, progress, cancellation, and paths.
#[derive(Clone)]
pub struct Run(pub(crate) Arc<dyn Services>);

impl Run {
    /// A run in the current folder to which nobody listens: for calling a node by hand, as tests do.
    pub fn alone() -> Self {
        Self(Arc::new(Alone))
    }

    /// The randomness of `seed`: the only one that a node may use.
    pub fn random(&self, seed: Seed) -> Random {
        Random::new(seed)
    }

    /// Where `path` is, relative paths starting at the workflow's folder.
    ///
    /// Errors: the host cannot say.
    pub fn resolve(&self, path: &FilePath) -> Result<PathBuf, NodeError> {
        self.0.resolve(&path.0)
    }

    /// The steps `0..total`: each reports progress, and all end early once the run is cancelled.
    ///
    /// Errors: each item is [`NodeError::Cancelled`] once the run was cancelled.
    pub fn steps(&self, total: u32) -> impl Iterator<Item = Result<u32, NodeError>> + use<> {
        let run = self.clone();
        (0..total).map(move |step| {
            run.progress(step.into(), total.into())?;
            Ok(step)
        })
    }

    /// Fails once the run was cancelled; every long loop asks.
    ///
    /// Errors: [`NodeError::Cancelled`].
    pub fn check(&self) -> Result<(), NodeError> {
        if self.0.is_cancelled() {
            Err(NodeError::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Reports that `done` of `total` steps are done.
    ///
    /// Errors: [`NodeError::Cancelled`], once the run was cancelled.
    pub fn progress(&self, done: u64, total: u64) -> Result<(), NodeError> {
        self.0.progress(done, total, "")
    }

    /// Where the tensors of the run lie: a card only for a node whose [`CUDA`](crate::node::Node::CUDA) is set.
    pub fn device(&self) -> Device {
        self.0.device()
    }

    /// Room for `batch × height × width` pixels where the tensors of the run lie: all black.
    ///
    /// Errors: there is none.
    pub fn room(&self, shape: [usize; 3]) -> Result<PlacedImage, NodeError> {
        let [batch, height, width] = shape;
        let (room, place) = self.0.room(&[batch, height, width, 3])?;
        Ok(PlacedImage::in_room(shape, place, room))
    }

    /// Shows what the result looks like so far: pictures, tokens or text.
    pub fn preview<T: WireValue>(&self, value: T) {
        self.0.preview(T::KIND, &value.send());
    }

    /// Writes one line to the log.
    pub fn note(&self, line: impl AsRef<str>) {
        self.0.note(line.as_ref());
    }
}

/// Nobody listens, and nobody cancels.
struct Alone;

impl Services for Alone {
    fn progress(&self, _: u64, _: u64, _: &str) -> Result<(), NodeError> {
        Ok(())
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    fn preview(&self, _: &str, _: &Sent) {}

    fn note(&self, _: &str) {}

    fn device(&self) -> Device {
        Device::Cpu
    }

    fn room(&self, shape: &[usize]) -> Result<(Room, Place), NodeError> {
        Ok(Room::own(shape))
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, NodeError> {
        Ok(Path::new(path).into())
    }
}
