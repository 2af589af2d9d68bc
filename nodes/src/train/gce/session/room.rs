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
        // Each device has to have room for its share.
        let devices = self.node.devices;
        match largest_part(batch / devices, |share| self.fits(source, share * devices)) {
            Ok(fitting) => {
                let fitting = fitting.map(|share| share * devices);
                too_large(batch, fitting, Some(accumulate), reason)
            }
            Err(error) => error,
        }
    }

    /// Whether an update can be made from so many pictures at a time, of which this device has its share.
    ///
    /// Errors: something else than memory is wanting, or the run is cancelled.
    fn fits(&mut self, source: &Source, batch: usize) -> Result<bool, NodeError> {
        self.run.check()?;
        if self.node.complementary && !batch.is_multiple_of(2) {
            return Ok(false);
        }
        self.watch = Watch::default();
        self.figures = None;
        self.learner.device.memory_cleanup();
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
            ..self.node.optimiser(self.learner.dtype)
        };
        let learner = &mut self.learner;
        learner.trainer = Trainer::on(&learner.device, network, optimiser);
        let devices = self.node.devices;
        let shape = learner.shape(source, source.batch / devices);
        for number in 0..3 {
            let share = source.batch(number).shares(devices).remove(0);
            let (loss, figures) = learner.loss(&share, &shape, number == 0);
            let told = loss.clone().inner();
            let _ = learner.trainer.learn(loss);
            // Reading is what finds out whether there was room.
            let _ = told.into_data();
            let _ = figures.map(Figures::values);
            let _ = learner.trainer.norm().map(Tensor::into_data);
        }
        Ok(())
    }
}
