//! One training run.

mod places;
mod room;

use std::time::Instant;

use burn::tensor::FloatDType;
use graph::engine::guarded;
use graph::error::NodeError;
use graph::run::Run;
use kernels::collective::Member;

use self::places::{identity, reordered};
use super::batches::{Batches, Source};
use super::figures::Figures;
use super::learner::{Learner, Shape};
use super::replicas::Replicas;
use super::scoring::Scoring;
use super::sheets::Sheets;
use super::{Outputs, TrainGce};
use crate::compute::Compute;
use crate::network::denoiser::{TextReader, TrainedDenoiser};
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
    learner: Learner,
    /// Those of other devices and what connects all, until they start.
    waiting: (Vec<Learner>, Vec<Member>),
    replicas: Replicas,
    reader: TextReader,
    groups: Groups,
    result_dtype: FloatDType,
    checkpoints: Option<Checkpoints>,
    clock: Option<Instant>,
    /// Where in the schedule the next update stands, where it follows the clock.
    stretched: Option<f32>,
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
    /// A run on `devices`, which `members` connect where they are several.
    pub(super) fn new(
        node: &'a TrainGce,
        start: &'a TrainedDenoiser,
        groups: Groups,
        scoring: &Scoring,
        (devices, members): (&[Compute], Vec<Member>),
        run: &'a Run,
    ) -> Self {
        // Within the network codes go by their places, so that groups are neighbours in memory.
        let network = reordered(start.network().clone(), groups.order());
        let identity = identity(start, &groups);
        let learner = |compute: &Compute| {
            let dtype = compute.training_type();
            let device = compute.device().clone().inner();
            let optimiser = node.optimiser(dtype);
            Learner {
                trainer: Trainer::on(&device, network.clone(), optimiser).identified(identity),
                config: start.config().clone(),
                scoring: scoring.on(&device),
                device,
                dtype,
                skip: node.skip,
            }
        };
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
        let others = devices.iter().skip(1).map(learner).collect();
        Self {
            learner: learner(&devices[0]),
            waiting: (others, members),
            replicas: Replicas::none(),
            reader: start.reader().clone(),
            groups,
            result_dtype: start.dtype(),
            checkpoints,
            clock: None,
            stretched: None,
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
        let learnt = guarded(|| self.learn_from(source));
        // What goes wrong elsewhere shows here as well, in words that tell less.
        let learnt = learnt.map_err(|error| self.replicas.failure().unwrap_or(error));
        let replicas = std::mem::replace(&mut self.replicas, Replicas::none());
        match learnt.and_then(|()| replicas.finish(&self.learner.device)) {
            Ok(()) => Ok(self.finish()),
            Err(NodeError::OutOfMemory(reason)) => Err(self.too_large(&tried, &reason)),
            Err(error) => Err(error),
        }
    }

    fn learn_from(&mut self, source: Source) -> Result<(), NodeError> {
        let first = self.resume()?;
        let (steps, per_step) = (self.node.steps, self.node.accumulate);
        let shape = self
            .learner
            .shape(&source, source.batch / self.node.devices);
        let (learners, members) = std::mem::take(&mut self.waiting);
        self.replicas = Replicas::start(learners, members, &source);
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
                self.log(done, &mut logged)?;
            }
            if done == first + UNTIMED {
                self.clock = Some(Instant::now());
            }
            self.tell_progress(done);
            let checkpoints = self.checkpoints.as_ref();
            if done == steps || checkpoints.is_some_and(|own| own.is_due(done)) {
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
            let batch = self.replicas.hand_out(batches.next()?, self.stretched)?;
            let (loss, figures) = self.learner.loss(&batch, shape, is_logged && is_last);
            self.figures = figures.or(self.figures.take());
            let replicas = &self.replicas;
            let sum = |vectors| replicas.sum(vectors);
            let _ = self.learner.trainer.learn_together(loss, sum)?;
        }
        let first = (step * per_step).saturating_add(1);
        let trainer = &self.learner.trainer;
        if let Some(losses) = trainer.losses() {
            self.watch.losses(step + 1, first, losses);
        }
        if let Some(norm) = trainer.norm() {
            self.watch.norm(step + 1, first + per_step - 1, norm);
        }
        if self.watch.is_full() {
            self.watch.look()?;
        }
        Ok(())
    }

    /// Adds to the curves what was learnt since the last time, which waits for the device.
    fn log(&mut self, done: u32, logged: &mut Logged) -> Result<(), NodeError> {
        self.watch.look()?;
        let steps = f64::from(done - logged.step);
        let pictures = self.node.batch * self.node.accumulate as usize;
        let tokens = pictures * self.learner.config.grid().length();
        let rate = steps / logged.at.elapsed().as_secs_f64().max(1e-9);
        *logged = Logged {
            at: Instant::now(),
            step: done,
        };
        let Some(summary) = self.watch.summary() else {
            return Ok(());
        };
        let (at, learning) = (f64::from(done), self.learner.trainer.rate());
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
        self.replicas.rest()?;
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
        let share = by_time.max(by_steps) as f32;
        self.stretched = Some(share);
        self.learner.trainer.stretch(share);
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
        let others = self.waiting.0.iter_mut();
        let all = std::iter::once(&mut self.learner).chain(others);
        let step = checkpoints.resume(self.node.resume, |path| {
            let mut steps = all.map(|learner| learner.trainer.resume(path));
            let step = steps.next().unwrap_or(Ok(0))?;
            steps.try_for_each(|other| other.map(|_| ()))?;
            Ok(step)
        })?;
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
        let trainer = &self.learner.trainer;
        checkpoints.write(step, |path| trainer.save(path, u64::from(step)))
    }

    /// The denoiser as it is now, with averaged weights.
    fn denoiser(&self) -> TrainedDenoiser {
        let network = reordered(self.learner.trainer.averaged(), &self.groups.places());
        TrainedDenoiser::new(
            network,
            self.reader.clone(),
            &self.learner.device,
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
