//! What can be said of a batch that is larger than memory.

use burn::tensor::Tensor;
use graph::engine::guarded;
use graph::error::NodeError;

use super::Session;
use super::places::reordered;
use crate::train::gce::batches::Source;
use crate::train::gce::figures::Figures;
use crate::train::optimiser::{Optimiser, Trainer};
use crate::train::watch::Watch;

/// How much of a library's own words a message holds.
const WORDS: usize = 200;

impl Session<'_> {
    /// The error of a batch that was larger than memory, as `reason` says: it names the largest half, quarter and so on
    /// of the batch that is not.
    ///
    /// What was learnt is given up for that, as there is no way on; checkpoints are left as they are.
    pub(super) fn too_large(mut self, source: &Source, reason: &str) -> NodeError {
        self.run.note(format!(
            "a batch of {} pictures is larger than memory; tries smaller ones",
            source.batch
        ));
        match self.largest(source) {
            Ok(Some(fitting)) => self.told(source.batch, fitting, reason),
            Ok(None) => NodeError::OutOfMemory(format!(
                "not even one picture at a time can be learnt from; take a smaller denoiser or a device with more memory ({})",
                shortened(reason)
            )),
            Err(error) => error,
        }
    }

    fn told(&self, batch: usize, fitting: usize, reason: &str) -> NodeError {
        let parts = batch.div_ceil(fitting);
        let sum = if parts * fitting == batch {
            "as many"
        } else {
            "about as many"
        };
        NodeError::OutOfMemory(format!(
            "a batch of {batch} pictures is too large, the largest part of it that fits is {fitting}; set `batch` to {fitting} and `accumulate` to {} to learn from {sum} pictures at an update ({})",
            parts * self.node.accumulate as usize,
            shortened(reason)
        ))
    }

    /// The largest half, quarter and so on of the batch from which an update can be made.
    ///
    /// Errors: something else than memory is wanting, or the run is cancelled.
    fn largest(&mut self, source: &Source) -> Result<Option<usize>, NodeError> {
        let mut batch = source.batch / 2;
        while batch > 0 {
            self.run.check()?;
            let is_whole = !self.node.complementary || batch.is_multiple_of(2);
            if is_whole && self.fits(source, batch)? {
                return Ok(Some(batch));
            }
            batch /= 2;
        }
        Ok(None)
    }

    /// Whether an update can be made from so many pictures at a time.
    fn fits(&mut self, source: &Source, batch: usize) -> Result<bool, NodeError> {
        self.watch = Watch::default();
        self.figures = None;
        self.device.memory_cleanup();
        let source = Source {
            batch,
            ..source.clone()
        };
        match guarded(|| self.try_out(&source)) {
            Ok(()) => Ok(true),
            Err(NodeError::OutOfMemory(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes an update of two batches, and sees by the loss of a third whether it came out.
    ///
    /// It begins with the first weights: those of an update for which memory was wanting are lost.
    fn try_out(&mut self, source: &Source) -> Result<(), NodeError> {
        let network = reordered(self.start.network().clone(), self.groups.order());
        let optimiser = Optimiser {
            accumulate: 2,
            ..self.node.optimiser(self.dtype)
        };
        self.trainer = Trainer::new(network, optimiser);
        let shape = self.shape(source);
        for number in 0..3 {
            let loss = self.loss(source.batch(number), &shape, number == 0);
            let told = loss.clone().inner();
            let _ = self.trainer.learn(loss);
            // Reading is what finds out whether there was room.
            let _ = told.into_data();
            let _ = self.figures.take().map(Figures::values);
            let _ = self.trainer.norm().map(Tensor::into_data);
        }
        Ok(())
    }
}

/// The first line of what a library says, as far as it helps.
fn shortened(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    line.chars().take(WORDS).collect()
}

/// Want of memory that tests plant.
#[cfg(test)]
pub(in crate::train::gce) mod planted {
    use std::cell::Cell;

    thread_local! {
        static ROOM: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    /// Lets this thread have room for batches of so many pictures at most.
    pub(in crate::train::gce) fn limit(pictures: usize) {
        ROOM.set(pictures);
    }

    /// Panics as a library of tensors does where a batch has no room.
    pub(in crate::train::gce) fn ask(pictures: usize) {
        assert!(
            pictures <= ROOM.get(),
            "called `Result::unwrap()` on an `Err` value: OutOfMemory {{ size: {pictures} }}\nand where"
        );
    }
}
