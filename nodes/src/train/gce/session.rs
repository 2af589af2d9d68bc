//! One training run.

mod forward;
mod places;
mod room;

use std::time::Instant;

use burn::tensor::{Device, FloatDType};
use graph::engine::guarded;
use graph::error::NodeError;
use graph::run::Run;

use self::forward::Shape;
use self::places::{identity, reordered};
use super::batches::{Batches, Source};
use super::figures::Figures;
use super::scoring::Scoring;
use super::sheets::Sheets;
use super::{Outputs, TrainGce};
use crate::compute::Compute;
use crate::network::denoiser::{DenoiserConfig, DenoiserNetwork, TextReader, TrainedDenoiser};
use crate::train::checkpoints::{Checkpoints, Interval};
use crate::train::optimiser::Trainer;
use crate::train::watch::Watch;
use crate::value::{Curve, Denoiser, Groups};

/// The figure that is told beside the loss while a run goes on.
const ACCURACY: &str = "accuracy, masked";

/// The clock of a run with a time limit starts behind so many updates, when every kernel is compiled.
const UNTIMED: u32 = 3;

/// One training run.
pub(super) struct Session<'a> {
    node: &'a TrainGce,
    run: &'a Run,
    start: &'a TrainedDenoiser,
    trainer: Trainer<DenoiserNetwork>,
    config: DenoiserConfig,
    reader: TextReader,
    groups: Groups,
    scoring: Scoring,
    device: Device,
    dtype: FloatDType,
    result_dtype: FloatDType,
    checkpoints: Option<Checkpoints>,
    /// When the last checkpoint was written, or the run began.
    written: Instant,
    clock: Option<Instant>,
    watch: Watch,
    figures: Option<Figures>,
    curve: Curve,
    speed: Curve,
    sheets: Option<Sheets>,
}

/// When curves were last added to, and after which step.
struct Logged {
    at: Instant,
    step: u32,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        node: &'a TrainGce,
        start: &'a TrainedDenoiser,
        groups: Groups,
        scoring: Scoring,
        compute: &Compute,
        run: &'a Run,
    ) -> Self {
        // Within the network codes go by their places, so that groups are neighbours in memory.
        let network = reordered(start.network().clone(), groups.order());
        let dtype = compute.training_type();
        let identity = identity(start, &groups);
        let interval = Interval {
            steps: node.checkpoint_every,
            seconds: node.checkpoint_time,
        };
        let checkpoints = (!node.checkpoint.0.is_empty())
            .then(|| Checkpoints::new(run.resolve(&node.checkpoint), interval, node.keep));
        let curve = Curve {
            axis: "step".into(),
            lines: Vec::new(),
        };
        Self {
            trainer: Trainer::new(network, node.optimiser(dtype)).identified(identity),
            config: start.config().clone(),
            reader: start.reader().clone(),
            groups,
            scoring,
            device: start.device().clone(),
            dtype,
            result_dtype: start.dtype(),
            checkpoints,
            written: Instant::now(),
            clock: None,
            watch: Watch::default(),
            figures: None,
            speed: curve.clone(),
            curve,
            sheets: None,
            start,
            node,
            run,
        }
    }

    /// The same run, which paints sheets on its way.
    pub(super) fn showing(self, sheets: Option<Sheets>) -> Self {
        Self { sheets, ..self }
    }

    /// Learns until the last step or the time limit.
    ///
    /// Errors: the checkpoint cannot be read or written, a loss or gradient is no number any longer, the batch is larger
    /// than memory, or the run was cancelled; then a checkpoint is written first.
    pub(super) fn learn(mut self, source: Source) -> Result<Outputs, NodeError> {
        let tried = source.clone();
        match guarded(|| self.learn_from(source)) {
            Ok(()) => Ok(self.finish()),
            Err(NodeError::OutOfMemory(reason)) => Err(self.too_large(&tried, &reason)),
            Err(error) => Err(error),
        }
    }

    fn learn_from(&mut self, source: Source) -> Result<(), NodeError> {
        let first = self.resume()?;
        let (steps, per_step) = (self.node.steps, self.node.accumulate);
        let shape = self.shape(&source);
        let batches = Batches::new(source, first * per_step, steps.saturating_mul(per_step));
        let mut logged = Logged {
            at: Instant::now(),
            step: first,
        };
        for step in first..steps {
            if let Err(cancelled) = self.run.check() {
                self.write(step)?;
                return Err(cancelled);
            }
            if self.time_is_up(step) {
                self.run.note(format!("the time is up after {step} steps"));
                self.write(step)?;
                self.show(step, true, &mut logged)?;
                break;
            }
            let done = step + 1;
            let is_logged =
                done % self.node.log_every == 0 || done == steps || done == first + UNTIMED;
            self.step(step, &batches, &shape, is_logged)?;
            if is_logged {
                self.log(done, &shape, &mut logged)?;
            }
            if done == first + UNTIMED {
                self.clock = Some(Instant::now());
            }
            self.tell_progress(done);
            if done == steps || self.is_checkpoint_due(done) {
                self.write(done)?;
            }
            self.show(done, done == steps, &mut logged)?;
        }
        self.watch.look()?;
        if first == steps {
            self.show(steps, true, &mut logged)?;
        }
        Ok(())
    }

    /// One update, for which `per_step` batches are learnt; figures of the last one are asked for where that is wanted.
    fn step(
        &mut self,
        step: u32,
        batches: &Batches,
        shape: &Shape,
        is_logged: bool,
    ) -> Result<(), NodeError> {
        let per_step = self.node.accumulate;
        for part in 0..per_step {
            let is_last = part + 1 == per_step;
            let loss = self.loss(batches.next()?, shape, is_logged && is_last);
            let batch = (step * per_step).saturating_add(part + 1);
            self.watch.loss(step + 1, batch, loss.clone().inner());
            let _ = self.trainer.learn(loss);
            if let Some(norm) = self.trainer.norm().filter(|_| is_last) {
                self.watch.norm(step + 1, batch, norm);
            }
        }
        if self.watch.is_full() {
            self.watch.look()?;
        }
        Ok(())
    }

    /// Adds to the curves what was learnt since the last time, which waits for the device.
    fn log(&mut self, done: u32, shape: &Shape, logged: &mut Logged) -> Result<(), NodeError> {
        self.watch.look()?;
        let steps = f64::from(done - logged.step);
        let tokens = shape.batch * shape.length * self.node.accumulate as usize;
        let rate = steps / logged.at.elapsed().as_secs_f64().max(1e-9);
        *logged = Logged {
            at: Instant::now(),
            step: done,
        };
        let Some(summary) = self.watch.summary() else {
            return Ok(());
        };
        let (at, learning) = (f64::from(done), self.trainer.rate());
        self.curve.push("loss (nats)", at, summary.loss);
        let mut told = format!("step {done}: loss {:.4}", summary.loss);
        let figures = self.figures.take().map(Figures::values);
        for (name, value) in figures.unwrap_or_default() {
            if name == ACCURACY {
                told += &format!(", accuracy {value:.3}");
            }
            self.curve.push(&name, at, value);
        }
        if let Some(norm) = summary.norm {
            self.curve.push("gradient norm", at, norm);
        }
        self.curve.push("learning rate", at, learning);
        self.speed.push("tokens/s", at, rate * tokens as f64);
        self.run.note(format!(
            "{told}, learning rate {learning:.2e}, {rate:.2} steps/s, {:.0} tokens/s",
            rate * tokens as f64
        ));
        Ok(())
    }

    /// Paints a sheet where one is due, whose time the figures of speed leave out; where there is no memory for it, that
    /// is told and learning goes on.
    ///
    /// Errors: it cannot be painted or written, or the run is cancelled; a checkpoint is written first.
    fn show(&mut self, step: u32, is_last: bool, logged: &mut Logged) -> Result<(), NodeError> {
        let sheets = self.sheets.as_ref();
        if !sheets.is_some_and(|sheets| sheets.is_due(step, is_last)) {
            return Ok(());
        }
        let begun = Instant::now();
        self.watch.look()?;
        let denoiser = Denoiser::new(self.denoiser());
        let run = self.run;
        let sheets = self.sheets.as_mut();
        let shown = sheets.map_or(Ok(()), |sheets| {
            guarded(|| sheets.paint(step, &denoiser, run))
        });
        logged.at += begun.elapsed();
        match shown {
            Ok(()) => Ok(()),
            Err(NodeError::OutOfMemory(_)) => {
                self.run.note(format!(
                    "no sheet at step {step}, as memory is wanting: give fewer `sheet_captions`"
                ));
                Ok(())
            }
            Err(error) => {
                self.write(step)?;
                Err(error)
            }
        }
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
        let Some(checkpoints) = &mut self.checkpoints else {
            return Ok(0);
        };
        let trainer = &mut self.trainer;
        let step = checkpoints.resume(self.node.resume, |path| trainer.resume(path))?;
        if let Some(step) = step {
            self.run.note(format!("goes on at step {step}"));
        }
        Ok(step.unwrap_or(0))
    }

    fn is_checkpoint_due(&self, done: u32) -> bool {
        let since = self.written.elapsed().as_secs_f64();
        let checkpoints = self.checkpoints.as_ref();
        checkpoints.is_some_and(|checkpoints| checkpoints.interval().is_over(done, since))
    }

    /// Writes the checkpoint of `step`, unless what was learnt is no number any longer.
    fn write(&mut self, step: u32) -> Result<(), NodeError> {
        let Some(checkpoints) = &mut self.checkpoints else {
            return Ok(());
        };
        self.watch.look()?;
        let trainer = &self.trainer;
        checkpoints.write(step, |path| trainer.save(path, u64::from(step)))?;
        self.written = Instant::now();
        Ok(())
    }

    /// The denoiser as it is now, with averaged weights.
    fn denoiser(&self) -> TrainedDenoiser {
        let network = reordered(self.trainer.averaged(), &self.groups.places());
        TrainedDenoiser::new(
            network,
            self.reader.clone(),
            &self.device,
            self.result_dtype,
        )
    }

    fn finish(self) -> Outputs {
        Outputs {
            denoiser: Denoiser::new(self.denoiser()),
            curve: self.curve,
            speed: self.speed,
        }
    }
}
