//! A batch on its way through the network.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kernels::{Chunk, Objective};

use super::Session;
use crate::network::denoiser::{Rotary, Sequence};
use crate::train::gce::batches::{Batch, Drawing, Source};
use crate::train::gce::drawn::with_drawn;
use crate::train::gce::figures::Figures;

/// How many bytes of logits are held at a time: enough that launches cost little beside a step.
const CHUNK: usize = 512 << 20;

/// What all batches have in common.
pub(super) struct Shape {
    pub(super) batch: usize,
    front: usize,
    pub(super) length: usize,
    rotary: Rotary,
    /// The same for what needs no gradients.
    plain_rotary: Rotary,
    after: Option<Tensor<2, Int>>,
}

impl Session<'_> {
    /// What the batches of `source` have in common.
    pub(super) fn shape(&self, source: &Source) -> Shape {
        let after = source.corpus.after().to_vec();
        let front = source.corpus.dropped().len();
        let (batch, length) = (source.batch, source.corpus.length());
        let positions = front + length / 4 + after.len();
        Shape {
            batch,
            front,
            length,
            rotary: Rotary::new(&self.config, positions, self.trainer.device()),
            plain_rotary: Rotary::new(&self.config, positions, &self.device),
            after: repeated(&after, batch, self.trainer.device()),
        }
    }

    /// The loss of a batch, `[1]`; its figures are asked for where that is wanted.
    pub(super) fn loss(&mut self, batch: Batch, shape: &Shape, is_logged: bool) -> Tensor<1> {
        #[cfg(test)]
        crate::train::room::planted::ask(shape.batch);
        let device = self.trainer.device();
        let rows = shape.batch * shape.length;
        let ids = |values: Vec<i32>, length: usize| -> Tensor<2, Int> {
            Tensor::from_data(TensorData::new(values, [shape.batch, length]), device)
        };
        let mut sequence = Sequence {
            before: ids(batch.before.clone(), shape.front),
            codes: ids(batch.codes.clone(), shape.length),
            after: shape.after.clone(),
        };
        let targets = Tensor::from_data(TensorData::new(batch.targets.clone(), [rows]), device);
        if !batch.drawn.is_empty() {
            sequence.codes = self.drawn(&sequence, &targets, &batch.drawn, shape);
        }

        let network = self.trainer.module();
        let features = network.features(sequence, &shape.rotary, self.dtype);
        let features = features.reshape([rows / 4, self.config.width]);
        let tokens = network.enlarge(features);
        let head = network.head(self.dtype);
        if is_logged {
            let (tokens, head) = (tokens.clone().inner(), head.clone().inner());
            self.figures = Some(Figures::of(&batch, &tokens, &head, &self.scoring));
        }
        let objective = self.scoring.objective(&targets);
        let chunk = Chunk {
            bytes: CHUNK,
            skip: self.node.skip,
        };
        let loss = |weights: &[f32], objective: &Objective| {
            let (tokens, head, targets) = (tokens.clone(), head.clone(), targets.clone());
            kernels::grouped_cross_entropy(tokens, head, targets, weights, objective, chunk)
        };
        if matches!(objective, Objective::Plain) {
            return loss(&batch.weights, &objective);
        }
        let [masked, visible] = batch.weights_by_mask();
        let filled = loss(&masked, &objective);
        if visible.iter().all(|weight| *weight == 0.0) {
            return filled;
        }
        // A code that is mended or kept shall be the very one: nothing is nearly right there.
        filled + loss(&visible, &Objective::Plain)
    }

    /// The codes of `sequence` with what the network, as it is, draws where that is wanted.
    fn drawn(
        &self,
        sequence: &Sequence,
        targets: &Tensor<1, Int>,
        drawings: &[Drawing],
        shape: &Shape,
    ) -> Tensor<2, Int> {
        let sequence = Sequence {
            before: sequence.before.clone().without_autodiff(),
            codes: sequence.codes.clone().without_autodiff(),
            after: sequence.after.clone().map(Tensor::without_autodiff),
        };
        let (codes, targets) = (sequence.codes.clone(), targets.clone().without_autodiff());
        let network = self.trainer.current();
        let features = network.features(sequence, &shape.plain_rotary, self.dtype);
        let [batch, cells, width] = features.dims();
        let tokens = network.enlarge(features.reshape([batch * cells, width]));
        let head = network.head(self.dtype);
        with_drawn(codes, &tokens, &head, &targets, drawings).autodiff()
    }
}

/// The same ids for every picture of a batch.
fn repeated(ids: &[u32], batch: usize, device: &Device) -> Option<Tensor<2, Int>> {
    if ids.is_empty() {
        return None;
    }
    let all: Vec<i32> = (0..batch)
        .flat_map(|_| ids.iter().map(|id| *id as i32))
        .collect();
    let data = TensorData::new(all, [batch, ids.len()]);
    Some(Tensor::from_data(data, device))
}
