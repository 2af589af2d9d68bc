//! A network in training on one device, and a batch on its way through it.

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use kernels::{Chunk, Objective};

use super::batches::{Batch, Drawing, Source};
use super::drawn::with_drawn;
use super::figures::Figures;
use super::scoring::Scoring;
use crate::network::denoiser::{DenoiserConfig, DenoiserNetwork, Rotary, Sequence};
use crate::train::optimiser::Trainer;

/// How many bytes of logits are held at a time: enough that launches cost little beside a step.
const CHUNK: usize = 512 << 20;

/// A network in training on one device, and what its losses are made of there.
pub(super) struct Learner {
    pub trainer: Trainer<DenoiserNetwork>,
    pub config: DenoiserConfig,
    pub scoring: Scoring,
    /// Without gradients.
    pub device: Device,
    /// What networks compute in here.
    pub dtype: FloatDType,
    /// The probability below which groups of codes are left out of the gradient.
    pub skip: f32,
}

/// What all batches have in common that one device learns from.
pub(super) struct Shape {
    /// How many pictures they have.
    pub batch: usize,
    front: usize,
    length: usize,
    rotary: Rotary,
    /// The same for what needs no gradients.
    plain_rotary: Rotary,
    after: Option<Tensor<2, Int>>,
}

impl Learner {
    /// What batches of so many pictures of `source` have in common.
    pub(super) fn shape(&self, source: &Source, batch: usize) -> Shape {
        let after = source.corpus.after().to_vec();
        let front = source.corpus.dropped().len();
        let length = source.corpus.length();
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

    /// The loss of a batch, `[1]`, and its figures where they are wanted.
    pub(super) fn loss(
        &self,
        batch: &Batch,
        shape: &Shape,
        is_logged: bool,
    ) -> (Tensor<1>, Option<Figures>) {
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
        let figures = is_logged.then(|| {
            let (tokens, head) = (tokens.clone().inner(), head.clone().inner());
            Figures::of(batch, &tokens, &head, &self.scoring)
        });
        let objective = self.scoring.objective(&targets);
        let chunk = Chunk {
            bytes: CHUNK,
            skip: self.skip,
        };
        let loss = |weights: &[f32], objective: &Objective| {
            let (tokens, head, targets) = (tokens.clone(), head.clone(), targets.clone());
            kernels::grouped_cross_entropy(tokens, head, targets, weights, objective, chunk)
        };
        if matches!(objective, Objective::Plain) {
            return (loss(&batch.weights, &objective), figures);
        }
        let [masked, visible] = batch.weights_by_mask();
        let filled = loss(&masked, &objective);
        if visible.iter().all(|weight| *weight == 0.0) {
            return (filled, figures);
        }
        // A code that is mended or kept shall be the very one: nothing is nearly right there.
        (filled + loss(&visible, &Objective::Plain), figures)
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
        let network = self.trainer.seen();
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
