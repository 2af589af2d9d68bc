//! What a run does where its batch is larger than memory.

use burn::tensor::Tensor;
use graph::engine::guarded;
use graph::error::NodeError;

use super::Session;
use super::places::reordered;
use crate::train::gce::batches::Source;
use crate::train::gce::figures::Figures;
use crate::train::optimiser::{Optimiser, Trainer};
use crate::train::room::{largest_part, too_large};
use crate::train::watch::Watch;

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
        let (batch, accumulate) = (source.batch, self.node.accumulate);
        match largest_part(batch, |part| self.fits(source, part)) {
            Ok(fitting) => too_large(batch, fitting, Some(accumulate), reason),
            Err(error) => error,
        }
    }

    /// Whether an update can be made from so many pictures at a time.
    ///
    /// Errors: something else than memory is wanting, or the run is cancelled.
    fn fits(&mut self, source: &Source, batch: usize) -> Result<bool, NodeError> {
        self.run.check()?;
        if self.node.complementary && !batch.is_multiple_of(2) {
            return Ok(false);
        }
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
