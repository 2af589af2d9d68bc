//! One training run.

use std::path::PathBuf;
use std::time::Instant;

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use graph::error::NodeError;
use graph::run::Run;
use kernels::Chunk;

use super::TrainGce;
use super::batches::{Batch, Batches, Drawing, Source};
use super::drawn::with_drawn;
use super::scoring::Scoring;
use crate::compute::Compute;
use crate::network::denoiser::{
    DenoiserConfig, DenoiserNetwork, Rotary, Sequence, TextReader, TrainedDenoiser,
};
use crate::network::weights::{Array, Weights};
use crate::train::optimiser::{Trainer, make_folder_of};
use crate::value::{Curve, Groups};

/// How many bytes of logits are held at a time: enough that launches cost little beside a step.
const CHUNK: usize = 512 << 20;

/// The clock of a run with a time limit starts behind so many updates, when every kernel is compiled.
const UNTIMED: u32 = 3;

/// One training run.
pub(super) struct Session<'a> {
    node: &'a TrainGce,
    run: &'a Run,
    trainer: Trainer<DenoiserNetwork>,
    config: DenoiserConfig,
    reader: TextReader,
    groups: Groups,
    scoring: Scoring,
    device: Device,
    dtype: FloatDType,
    result_dtype: FloatDType,
    checkpoint: Option<PathBuf>,
    clock: Option<Instant>,
    curve: Curve,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        node: &'a TrainGce,
        start: &TrainedDenoiser,
        groups: Groups,
        scoring: Scoring,
        compute: &Compute,
        run: &'a Run,
    ) -> Self {
        // Within the network codes go by their places, so that groups are neighbours in memory.
        let network = reordered(start.network().clone(), groups.order());
        let checkpoint = &node.checkpoint;
        Self {
            trainer: Trainer::new(network, node.optimiser()),
            config: start.config().clone(),
            reader: start.reader().clone(),
            groups,
            scoring,
            device: start.device().clone(),
            dtype: compute.training_type(),
            result_dtype: start.dtype(),
            checkpoint: (!checkpoint.0.is_empty()).then(|| run.resolve(checkpoint)),
            clock: None,
            curve: Curve {
                axis: "step".into(),
                lines: Vec::new(),
            },
            node,
            run,
        }
    }

    /// Learns until the last step or the time limit.
    ///
    /// Errors: the checkpoint cannot be read or written, the loss is no number any longer, or the run was cancelled;
    /// then a checkpoint is written first.
    pub(super) fn learn(mut self, source: Source) -> Result<(TrainedDenoiser, Curve), NodeError> {
        let first = self.resume()?;
        let (steps, per_step) = (self.node.steps, self.node.accumulate);
        let after = source.corpus.after().to_vec();
        let front = source.corpus.dropped().len();
        let (batch, length) = (source.batch, source.corpus.length());
        let positions = front + length / 4 + after.len();
        let shape = Shape {
            batch,
            front,
            length,
            rotary: Rotary::new(&self.config, positions, self.trainer.device()),
            plain_rotary: Rotary::new(&self.config, positions, &self.device),
            after: repeated(&after, batch, self.trainer.device()),
        };
        let batches = Batches::new(source, first * per_step, steps.saturating_mul(per_step));
        let mut logged = (Instant::now(), first);
        let mut sum: Option<Tensor<1>> = None;
        for step in first..steps {
            if let Err(cancelled) = self.run.check() {
                self.write(step)?;
                return Err(cancelled);
            }
            if self.time_is_up(step) {
                self.run.note(format!("the time is up after {step} steps"));
                self.write(step)?;
                break;
            }
            for _ in 0..per_step {
                let loss = self.loss(batches.next()?, &shape);
                let value = loss.clone().inner();
                sum = Some(match sum {
                    Some(sum) => sum + value,
                    None => value,
                });
                let _ = self.trainer.learn(loss);
            }

            let done = step + 1;
            if done % self.node.log_every == 0 || done == steps || done == first + UNTIMED {
                if let Some(sum) = sum.take() {
                    self.log(sum, done, &mut logged)?;
                }
                if done == first + UNTIMED {
                    self.clock = Some(Instant::now());
                }
            }
            self.tell_progress(done);
            if done % self.node.checkpoint_every == 0 || done == steps {
                self.write(done)?;
            }
        }
        Ok(self.finish())
    }

    /// The loss of a batch, `[1]`.
    fn loss(&self, batch: Batch, shape: &Shape) -> Tensor<1> {
        let device = self.trainer.device();
        let rows = shape.batch * shape.length;
        let ids = |values: Vec<i32>, length: usize| -> Tensor<2, Int> {
            Tensor::from_data(TensorData::new(values, [shape.batch, length]), device)
        };
        let mut sequence = Sequence {
            before: ids(batch.before, shape.front),
            codes: ids(batch.codes, shape.length),
            after: shape.after.clone(),
        };
        let targets = Tensor::from_data(TensorData::new(batch.targets, [rows]), device);
        if !batch.drawn.is_empty() {
            sequence.codes = self.drawn(&sequence, &targets, &batch.drawn, shape);
        }

        let network = self.trainer.module();
        let features = network.features(sequence, &shape.rotary, self.dtype);
        let features = features.reshape([rows / 4, self.config.width]);
        let tokens = network.enlarge(features);
        let head = network.head(self.dtype);
        let objective = self.scoring.objective(&targets);
        let chunk = Chunk {
            bytes: CHUNK,
            skip: self.node.skip,
        };
        kernels::grouped_cross_entropy(tokens, head, targets, &batch.weights, &objective, chunk)
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

    /// Reads the losses since the last time, which waits for the device.
    fn log(
        &mut self,
        sum: Tensor<1>,
        done: u32,
        logged: &mut (Instant, u32),
    ) -> Result<(), NodeError> {
        let steps = done - logged.1;
        let batches = (steps * self.node.accumulate).max(1);
        let loss = f64::from(sum.into_scalar::<f32>()) / f64::from(batches);
        if !loss.is_finite() {
            return Err(NodeError::failed(
                format!("the loss is {loss} at step {done}"),
                "lower `learning_rate`, or raise `warmup`",
            ));
        }
        let rate = f64::from(steps) / logged.0.elapsed().as_secs_f64().max(1e-9);
        *logged = (Instant::now(), done);
        let learning = self.trainer.rate();
        self.curve.push("loss (nats)", f64::from(done), loss);
        self.curve.push("learning rate", f64::from(done), learning);
        self.run.note(format!(
            "step {done}: loss {loss:.4}, learning rate {learning:.2e}, {rate:.2} steps/s"
        ));
        Ok(())
    }

    /// Whether the time limit is reached; until then the schedule follows the clock where that is ahead.
    fn time_is_up(&mut self, step: u32) -> bool {
        let (Some(clock), true) = (self.clock, self.node.time_limit > 0.0) else {
            return false;
        };
        let by_time = clock.elapsed().as_secs_f64() / f64::from(self.node.time_limit);
        let by_steps = f64::from(step + 1) / f64::from(self.node.steps);
        self.trainer.stretch(by_time.max(by_steps) as f32);
        by_time >= 1.0
    }

    fn tell_progress(&self, done: u32) {
        let steps = u64::from(self.node.steps);
        let by_time = match self.clock {
            Some(clock) if self.node.time_limit > 0.0 => {
                let share = clock.elapsed().as_secs_f32() / self.node.time_limit;
                (share.min(1.0) * self.node.steps as f32) as u64
            }
            Some(_) | None => 0,
        };
        self.run.progress(by_time.max(u64::from(done)), steps);
    }

    /// Takes up the checkpoint where that is wanted and there is one; returns the first step to do.
    fn resume(&mut self) -> Result<u32, NodeError> {
        let Some(path) = &self.checkpoint else {
            return Ok(0);
        };
        if !path.exists() || !self.node.resume {
            make_folder_of(path)?;
            return Ok(0);
        }
        let position = self.trainer.resume(path)?;
        self.run.note(format!("goes on at step {position}"));
        Ok(position as u32)
    }

    fn write(&self, step: u32) -> Result<(), NodeError> {
        if let Some(path) = &self.checkpoint {
            self.trainer.save(path, u64::from(step))?;
        }
        Ok(())
    }

    fn finish(self) -> (TrainedDenoiser, Curve) {
        let network = reordered(self.trainer.averaged(), &self.groups.places());
        let denoiser = TrainedDenoiser::new(network, self.reader, &self.device, self.result_dtype);
        (denoiser, self.curve)
    }
}

/// What all batches have in common.
struct Shape {
    batch: usize,
    front: usize,
    length: usize,
    rotary: Rotary,
    /// The same for what needs no gradients.
    plain_rotary: Rotary,
    after: Option<Tensor<2, Int>>,
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

/// `network` with its codes in another order: the one at place `i` is the one that was at `order[i]`.
fn reordered(network: DenoiserNetwork, order: &[u32]) -> DenoiserNetwork {
    if order
        .iter()
        .enumerate()
        .all(|(at, code)| at as u32 == *code)
    {
        return network;
    }
    let mut weights = Weights::of(&network);
    for name in [
        "encoder.gen_embedding.weight",
        "encoder.gen_predictor.weight",
    ] {
        let Some(Array { shape, values }) = weights.get(name).cloned() else {
            continue;
        };
        let width = shape[1];
        let mut moved = values.clone();
        for (row, from) in moved.chunks_exact_mut(width).zip(order) {
            let from = *from as usize * width;
            row.copy_from_slice(&values[from..from + width]);
        }
        weights.insert(
            name,
            Array {
                shape,
                values: moved,
            },
        );
    }
    // The names and shapes are the network's own.
    weights.fill(network.clone()).unwrap_or(network)
}
