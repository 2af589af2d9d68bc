//! One training run.

use std::time::Instant;

use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};
use graph::engine::guarded;
use graph::error::NodeError;
use graph::random::Stream;
use graph::run::Run;

use super::TrainTokenizer;
use super::learner::Learner;
use super::loss::LossWeights;
use super::report::{Figures, Pace, sheet};
use crate::compute::Compute;
use crate::network::tokenizer::{Quantiser, Reconstruction, TokenizerConfig, TrainedTokenizer};
use crate::tokenizer::batches::{Batches, Source};
use crate::tokenizer::figures::Usage;
use crate::train::checkpoints::{Checkpoints, Interval};
use crate::train::room::{largest_part, too_large};
use crate::train::watch::Watch;
use crate::value::Curve;

/// The stream of the draws that choose latents for vectors that nobody uses.
const RESTART: u32 = 17;

/// A preview is shown at every so many points of the curve.
const PREVIEW_EVERY: u32 = 10;

/// A vector that was not used at so many points of the curve in a row starts anew.
const IDLE: u32 = 4;

/// How many steps are tried to see whether a batch has room.
const TRIED: u32 = 2;

/// One training run.
pub(super) struct Session<'a> {
    node: &'a TrainTokenizer,
    run: &'a Run,
    config: TokenizerConfig,
    quantiser: Quantiser,
    /// Makes what learns, as it is before the first step.
    begin: &'a dyn Fn() -> Learner,
    learner: Learner,
    weights: LossWeights,
    source: Source,
    device: Device,
    dtype: FloatDType,
    checkpoints: Option<Checkpoints>,
    watch: Watch,
    restart: Stream,
    idle: Vec<u32>,
    curve: Curve,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        node: &'a TrainTokenizer,
        config: TokenizerConfig,
        begin: &'a dyn Fn() -> Learner,
        source: Source,
        compute: &Compute,
        run: &'a Run,
    ) -> Self {
        let interval = Interval {
            steps: node.checkpoint_every,
            seconds: node.checkpoint_time,
        };
        let checkpoints = (!node.checkpoint.0.is_empty())
            .then(|| Checkpoints::new(run.resolve(&node.checkpoint), interval, node.keep));
        Self {
            quantiser: Quantiser::new(&config.quantiser),
            begin,
            learner: begin(),
            weights: LossWeights::of(node),
            device: compute.device().clone(),
            dtype: compute.training_type(),
            checkpoints,
            watch: Watch::default(),
            restart: source.random.stream(RESTART),
            idle: vec![0; config.codebook()],
            curve: Curve {
                axis: "step".into(),
                lines: Vec::new(),
            },
            node,
            run,
            config,
            source,
        }
    }

    /// Learns until the last step or the time limit.
    ///
    /// Errors: a picture or the checkpoint cannot be read, a loss or gradient is no number any longer, the batch is larger
    /// than memory, or the run was cancelled; then a checkpoint is written first.
    pub(super) fn learn(mut self) -> Result<(TrainedTokenizer, Curve), NodeError> {
        match guarded(|| self.learn_all()) {
            Ok(()) => {}
            Err(NodeError::OutOfMemory(reason)) => return Err(self.too_large(&reason)),
            Err(error) => return Err(error),
        }
        let network = self.learner.averaged();
        let tokenizer = TrainedTokenizer::new(self.config, network, &self.device);
        Ok((tokenizer, self.curve))
    }

    fn learn_all(&mut self) -> Result<(), NodeError> {
        let first = self.resume()?;
        let batches = Batches::new(self.source.clone(), first, self.node.steps);
        let started = Instant::now();
        let limit = f64::from(self.node.time_limit);
        let mut pace = Pace::new(first);
        for step in first..self.node.steps {
            if let Err(cancelled) = self.run.check() {
                self.write(step)?;
                return Err(cancelled);
            }
            let elapsed = started.elapsed().as_secs_f64();
            if limit > 0.0 {
                if elapsed >= limit {
                    self.run.note(format!("the time is up after {step} steps"));
                    self.write(step)?;
                    break;
                }
                let by_steps = f64::from(step) / f64::from(self.node.steps);
                self.learner.stretch((elapsed / limit).max(by_steps) as f32);
            }

            let asked = Instant::now();
            let bytes = batches.next()?;
            pace.waited += asked.elapsed();
            let done = step + 1;
            let log = done % self.node.log_every == 0 || done == self.node.steps;
            self.step(bytes, log.then_some(&mut pace), done)?;
            self.tell_progress(done, elapsed, limit);
            let checkpoints = self.checkpoints.as_ref();
            if done == self.node.steps || checkpoints.is_some_and(|own| own.is_due(done)) {
                self.write(done)?;
            }
        }
        Ok(())
    }

    /// The error of a batch that was larger than memory, as `reason` says: it names the largest half, quarter and so on
    /// of the batch that is not. What was learnt is given up for that.
    fn too_large(mut self, reason: &str) -> NodeError {
        let batch = self.source.batch;
        self.run.note(format!(
            "a batch of {batch} pictures is larger than memory; tries smaller ones"
        ));
        match largest_part(batch, |part| self.fits(part)) {
            Ok(fitting) => too_large(batch, fitting, None, reason),
            Err(error) => error,
        }
    }

    /// Whether updates can be made from so many pictures at a time, beginning with the first weights.
    ///
    /// Errors: something else than memory is wanting, or the run is cancelled.
    fn fits(&mut self, batch: usize) -> Result<bool, NodeError> {
        self.run.check()?;
        self.watch = Watch::default();
        self.device.memory_cleanup();
        self.source.batch = batch;
        let tried = guarded(|| {
            self.learner = (self.begin)();
            let batches = Batches::new(self.source.clone(), 0, TRIED);
            // The second step sees whether the update of the first came out.
            for step in 0..TRIED {
                self.step(batches.next()?, None, step + 1)?;
            }
            self.watch.look()
        });
        match tried {
            Ok(()) => Ok(true),
            Err(NodeError::OutOfMemory(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Learns from one batch; where `log` is there, also measures, which waits for the device.
    fn step(&mut self, bytes: Vec<u8>, log: Option<&mut Pace>, done: u32) -> Result<(), NodeError> {
        #[cfg(test)]
        crate::train::room::planted::ask(self.source.batch);
        let pixels = self.upload(bytes);
        let made = self
            .learner
            .reconstruct(&self.quantiser, pixels.clone(), self.dtype);
        let difference = made.pixels.clone() - pixels.clone();
        let loss = self.loss(&made, difference.clone());
        let value = loss.clone().inner();
        self.watch.losses(done, done, value.clone());
        self.learner.learn(loss);
        if let Some(norm) = self.learner.norm() {
            self.watch.norm(done, done, norm);
        }
        if log.is_some() || self.watch.is_full() {
            self.watch.look()?;
        }
        let Some(pace) = log else {
            return Ok(());
        };

        let latents = made.latents.inner();
        let usage = self.usage(latents.clone());
        self.restart_idle(&usage, latents, done);
        let figures = Figures::read(value, difference.inner(), usage);
        figures.tell(done, pace, &mut self.curve, self.run);
        pace.logged(done);
        if (done / self.node.log_every).is_multiple_of(PREVIEW_EVERY) {
            self.run
                .preview(sheet(&pixels.inner(), &made.pixels.inner()));
        }
        Ok(())
    }

    /// Which codes these latents have.
    fn usage(&self, latents: Tensor<2>) -> Usage {
        let codes = self.learner.codes(&self.quantiser, latents);
        let codes = codes.into_data().convert::<i64>();
        let mut usage = Usage::new(self.config.codebook());
        usage.count(codes.iter::<i64>().map(|code| code as u32));
        usage
    }

    /// Values from −1 to 1 on the device that gradients are made on.
    fn upload(&self, bytes: Vec<u8>) -> Tensor<4> {
        let [height, width] = self.source.size;
        let data = TensorData::new(bytes, [self.source.batch, height, width, 3]);
        Tensor::<4, Int>::from_data(data, (self.learner.device(), DType::U8))
            .float()
            .div_scalar(127.5)
            .sub_scalar(1.0)
    }

    /// What the picture and the quantiser have to learn.
    fn loss(&self, made: &Reconstruction, difference: Tensor<4>) -> Tensor<1> {
        let loss = self.weights.of_difference(difference);
        match &made.quantiser_loss {
            Some(learned) => loss + learned.clone(),
            None => loss,
        }
    }

    /// Moves learned vectors that nobody has used for a while onto latents of this batch.
    fn restart_idle(&mut self, usage: &Usage, latents: Tensor<2>, done: u32) {
        let Some(vectors) = self.learner.codebook() else {
            return;
        };
        let mut unseen = vec![false; self.idle.len()];
        usage.unseen().for_each(|code| unseen[code] = true);
        for (idle, unseen) in self.idle.iter_mut().zip(&unseen) {
            *idle = if *unseen { *idle + 1 } else { 0 };
        }
        let restarted: Vec<usize> = (0..self.idle.len())
            .filter(|code| self.idle[*code] >= IDLE)
            .collect();
        if restarted.is_empty() {
            return;
        }

        let [n, _] = latents.dims();
        let [codes, dimensions] = vectors.dims();
        let mut sources: Vec<i32> = vec![0; codes];
        let mut kept = vec![1.0_f32; codes];
        for code in &restarted {
            sources[*code] = self.restart.below(n as u32, 0, done, *code as u32) as i32;
            kept[*code] = 0.0;
            self.idle[*code] = 0;
        }
        let sources = Tensor::<1, Int>::from_ints(sources.as_slice(), &self.device);
        let kept = Tensor::<2>::from_data(TensorData::new(kept, [codes, 1]), &self.device)
            .expand([codes, dimensions]);
        let fresh = latents.select(0, sources);
        let mixed = vectors.inner() * kept.clone() + fresh * (kept.neg() + 1.0);
        self.learner.set_codebook(mixed);
        self.run.note(format!(
            "step {done}: {} vectors that nobody used start anew",
            restarted.len()
        ));
    }

    fn tell_progress(&self, done: u32, elapsed: f64, limit: f64) {
        let steps = f64::from(self.node.steps);
        let by_time = if limit > 0.0 {
            (elapsed / limit).min(1.0) * steps
        } else {
            0.0
        };
        let progress = u64::from(done).max(by_time as u64);
        self.run.progress(progress, u64::from(self.node.steps));
    }

    /// Takes up the checkpoint where that is wanted and there is one; returns the first step to do.
    fn resume(&mut self) -> Result<u32, NodeError> {
        let Some(checkpoints) = &mut self.checkpoints else {
            return Ok(0);
        };
        let learner = &mut self.learner;
        let step = checkpoints.resume(self.node.resume, |path| learner.resume(path))?;
        if let Some(step) = step {
            self.run.note(format!("goes on at step {step}"));
        }
        Ok(step.unwrap_or(0))
    }

    /// Writes the checkpoint of `step`, unless what was learnt is no number any longer.
    fn write(&mut self, step: u32) -> Result<(), NodeError> {
        let Some(checkpoints) = &mut self.checkpoints else {
            return Ok(());
        };
        self.watch.look()?;
        let learner = &self.learner;
        checkpoints.write(step, |path| learner.save(path, u64::from(step)))
    }
}
