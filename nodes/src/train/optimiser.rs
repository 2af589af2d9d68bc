//! How weights follow their gradients: AdamW or Muon, their schedule, clipping, averaging, and checkpoints.

mod checkpoint;
mod flat;
mod muon;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::path::Path;

use burn::module::Module;
use burn::optim::AdamWConfig;
use burn::tensor::{DType, Device, FloatDType, Tensor};
use graph::error::NodeError;
use graph::prelude::Choice;

use crate::network::weights::WeightsError;
use flat::{Flat, Layout, Rule, Section};
use muon::{Muon, is_hidden};

/// How weights follow their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser {
    /// What moves the matrices of the stack; AdamW moves everything else.
    pub method: Method,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// The share of the schedule in which the rate rises to its highest value.
    pub warmup: f32,
    /// The share of the highest rate that is left at the end of the schedule.
    pub floor: f64,
    /// How many updates the schedule has.
    pub steps: u32,
    /// How strongly matrices shrink, as a share of the learning rate; vectors do not.
    pub weight_decay: f32,
    /// How long the mean of gradients lasts.
    pub beta_1: f32,
    /// How long the mean of squared gradients lasts.
    pub beta_2: f32,
    /// What keeps the step finite where gradients vanish.
    pub epsilon: f32,
    /// The largest norm that all gradients together may have; 0 turns clipping off.
    pub clip: f32,
    /// How long the average of the weights lasts; 0 turns averaging off.
    pub average: f32,
    /// How many batches make up an update.
    pub accumulate: u32,
    /// How losses see matrices.
    pub weights: Seen,
}

/// How losses see matrices, while gradients move the exact ones.
///
/// Source: the straight-through estimator of Bengio et al., "Estimating or propagating gradients through stochastic
/// neurons for conditional computation", 2013.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Choice)]
pub enum Seen {
    /// As they are.
    #[default]
    Exact,
    /// Rounded as `denoiser.save` rounds them with `precision: int8`, so that what is learnt bears it; no memory is saved.
    Int8,
}

/// What moves the matrices of a stack of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// AdamW, like all other parameters.
    AdamW,
    /// Muon, whose products are computed in this type.
    Muon(FloatDType),
}

impl Default for Optimiser {
    fn default() -> Self {
        Self {
            method: Method::AdamW,
            learning_rate: 1e-3,
            warmup: 0.03,
            floor: 0.1,
            steps: 1000,
            weight_decay: 0.01,
            beta_1: 0.9,
            beta_2: 0.99,
            epsilon: 1e-8,
            clip: 1.0,
            average: 0.999,
            accumulate: 1,
            weights: Seen::Exact,
        }
    }
}

impl Optimiser {
    /// The learning rate of the update `step`, counted from 0.
    pub fn rate(&self, step: u32) -> f64 {
        self.rate_at((f64::from(step) + 1.0) / f64::from(self.steps.max(1)))
    }

    /// The learning rate when the `share` of the schedule is done: a straight rise, then half a cosine.
    fn rate_at(&self, share: f64) -> f64 {
        let warmup = f64::from(self.warmup);
        if share < warmup {
            return self.learning_rate * share / warmup;
        }
        let fallen = ((share - warmup) / (1.0 - warmup).max(1e-9)).clamp(0.0, 1.0);
        let height = 0.5 * (1.0 + (std::f64::consts::PI * fallen).cos());
        self.learning_rate * (self.floor + (1.0 - self.floor) * height)
    }

    /// How the parameters of `section` follow their gradients.
    fn rule(&self, section: Section, layout: &Layout) -> Rule {
        let decay = match section {
            Section::Matrices | Section::Hidden => self.weight_decay,
            Section::Vectors => 0.0,
        };
        match (section, self.method) {
            (Section::Hidden, Method::Muon(dtype)) => {
                Rule::Muon(Muon::new(layout, decay, dtype), None)
            }
            (Section::Matrices | Section::Vectors | Section::Hidden, _) => {
                let adam = AdamWConfig::new()
                    .with_beta_1(self.beta_1)
                    .with_beta_2(self.beta_2)
                    .with_epsilon(self.epsilon)
                    .with_weight_decay(decay);
                Rule::AdamW(adam.build(), None)
            }
        }
    }

    /// How much of the averaged weights stays at an update: less at first, so that the start is soon forgotten.
    fn kept(&self, step: u32) -> f32 {
        let step = step as f32;
        self.average.min((1.0 + step) / (10.0 + step))
    }
}

/// A network in training: its weights as the leaves of gradients, and everything that an update needs.
///
/// All weights lie in a few vectors, so that an update is a few operations on the device, however many parameters there
/// are; the network's parameters are views of them.
#[derive(Debug)]
pub struct Trainer<M: Module> {
    module: M,
    device: Device,
    optimiser: Optimiser,
    layout: Layout,
    /// One for each section.
    flats: [Flat; 3],
    pending: Option<[Tensor<1>; 3]>,
    /// The norm of the gradient of the last update.
    norm: Option<Tensor<1>>,
    /// What checkpoints belong to.
    identity: Option<u64>,
    /// Those learnt from since the last update, `[1]` each.
    losses: Vec<Tensor<1>>,
    /// Those of the last update.
    learnt: Option<Tensor<1>>,
    step: u32,
    stretched: Option<f64>,
}

impl<M: Module> Trainer<M> {
    /// Starts to train `module`, which lies on a device without gradients.
    pub fn new(module: M, optimiser: Optimiser) -> Self {
        let device = device_of(&module);
        Self::on(&device, module, optimiser)
    }

    /// Starts to train a replica of `module` on a device of its own; `module` may lie on another one.
    pub fn on(device: &Device, module: M, optimiser: Optimiser) -> Self {
        let layout = match optimiser.method {
            Method::AdamW => Layout::of(&module, |_, _| false),
            Method::Muon(_) => Layout::of(&module, is_hidden),
        };
        let flats = Section::ALL.map(|section| {
            let weights = layout.gather(&module, section, device);
            let rule = optimiser.rule(section, &layout);
            Flat::new(rule, weights, optimiser.average > 0.0)
        });
        let device = device.clone().autodiff();
        let weights = flats.each_ref().map(Flat::weights);
        let module = layout.leaves(module, weights, optimiser.weights);
        Self {
            module,
            device,
            optimiser,
            layout,
            flats,
            pending: None,
            norm: None,
            identity: None,
            losses: Vec::new(),
            learnt: None,
            step: 0,
            stretched: None,
        }
    }

    /// Lets checkpoints belong to whatever has this fingerprint.
    #[must_use]
    pub fn identified(self, identity: u64) -> Self {
        Self {
            identity: Some(identity),
            ..self
        }
    }

    /// The network, whose parameters gather gradients; give it inputs made on [`Trainer::device`].
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The device, gradients included.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// How many updates were made.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// The norm of all gradients of the last update together, before it was clipped, `[1]`.
    pub fn norm(&self) -> Option<Tensor<1>> {
        self.norm.clone()
    }

    /// The learning rate of the next update.
    pub fn rate(&self) -> f64 {
        match self.stretched {
            Some(share) => self.optimiser.rate_at(share),
            None => self.optimiser.rate(self.step),
        }
    }

    /// Takes the share of the schedule, from 0 to 1, that the next update stands at, instead of counting steps: for
    /// runs that end by the clock.
    pub fn stretch(&mut self, share: f32) {
        self.stretched = Some(f64::from(share));
    }

    /// The losses of the batches of the last update, summed up over all who learn together, `[accumulate]`.
    pub fn losses(&self) -> Option<Tensor<1>> {
        self.learnt.clone()
    }

    /// Learns from `loss`; returns whether that completed an update. Nothing waits for the device.
    pub fn learn(&mut self, loss: Tensor<1>) -> bool {
        let alone = |vectors| Ok::<_, Infallible>(vectors);
        match self.learn_together(loss, alone) {
            Ok(is_update) => is_update,
            Err(never) => match never {},
        }
    }

    /// Learns from `loss`, which others that train the same network have further parts of: at an update `sum` gets vectors
    /// of this trainer and gives back what they and those of the others sum up to.
    ///
    /// All then make the same update, as if one had learnt from the sum of their losses.
    ///
    /// Errors: those of `sum`; nothing was learnt then.
    pub fn learn_together<E>(
        &mut self,
        loss: Tensor<1>,
        sum: impl FnOnce([Tensor<1>; 4]) -> Result<[Tensor<1>; 4], E>,
    ) -> Result<bool, E> {
        self.losses.push(loss.clone().inner());
        let mut found = loss.backward();
        let gradients = self.layout.gradients(&self.module, &mut found);
        let gradients = match self.pending.take() {
            None => gradients,
            Some(earlier) => {
                let mut earlier = earlier.into_iter();
                gradients.map(|gradient| match earlier.next() {
                    Some(earlier) if gradient.dims() != [0] => earlier + gradient,
                    Some(_) | None => gradient,
                })
            }
        };
        let count = self.losses.len();
        if count < self.optimiser.accumulate.max(1) as usize {
            self.pending = Some(gradients);
            return Ok(false);
        }
        let mut losses = std::mem::take(&mut self.losses);
        let losses = if count == 1 {
            losses.remove(0)
        } else {
            Tensor::cat(losses, 0)
        };
        let [matrices, vectors, hidden] = gradients;
        let [matrices, vectors, hidden, losses] = sum([matrices, vectors, hidden, losses])?;
        self.update([matrices, vectors, hidden], count as u32);
        self.learnt = Some(losses);
        Ok(true)
    }

    fn update(&mut self, gradients: [Tensor<1>; 3], losses: u32) {
        let gradients = gradients.map(|gradient| {
            if losses > 1 && gradient.dims() != [0] {
                gradient.div_scalar(losses)
            } else {
                gradient
            }
        });
        let norm = norm(&gradients);
        let gradients = clipped(gradients, norm.clone(), self.optimiser.clip);
        self.norm = Some(norm);
        let rate = self.rate();
        let kept = self.optimiser.kept(self.step);
        for (flat, gradient) in self.flats.iter_mut().zip(gradients) {
            flat.update(rate, kept, gradient);
        }
        self.step += 1;
        self.replace_leaves();
    }

    fn replace_leaves(&mut self) {
        let weights = self.flats.each_ref().map(Flat::weights);
        let seen = self.optimiser.weights;
        self.module = self.layout.leaves(self.module.clone(), weights, seen);
    }

    /// Changes weights by hand; shapes must stay what they are. `by` sees the network without gradients.
    pub fn change(&mut self, by: impl FnOnce(M) -> M) {
        let changed = by(self.current());
        for (flat, section) in self.flats.iter_mut().zip(Section::ALL) {
            let device = flat.device();
            flat.set_weights(self.layout.gather(&changed, section, &device));
        }
        self.replace_leaves();
    }

    /// The network as it is now, exact and without gradients.
    pub fn current(&self) -> M {
        self.plain(Flat::weights, Seen::Exact)
    }

    /// The network as losses see it now, without gradients: rounded where [`Optimiser::weights`] says so.
    pub fn seen(&self) -> M {
        self.plain(Flat::weights, self.optimiser.weights)
    }

    /// The network with averaged weights, exact and without gradients; [`Trainer::current`] where averaging is off.
    pub fn averaged(&self) -> M {
        self.plain(Flat::average, Seen::Exact)
    }

    fn plain(&self, vector: fn(&Flat) -> Tensor<1>, seen: Seen) -> M {
        let weights = self.flats.each_ref().map(vector);
        self.layout.plain(self.module.clone(), weights, seen)
    }

    /// Writes a checkpoint: weights, moments, average, step, and `position`, which the caller gets back.
    ///
    /// Errors: the file cannot be written.
    pub fn save(&self, path: &Path, position: u64) -> Result<(), WeightsError> {
        checkpoint::save(self, path, position)
    }

    /// Goes on from the checkpoint at `path`; returns the position that was saved with it.
    ///
    /// From there on every update is the one that an unbroken run would have made.
    ///
    /// Errors: the file is damaged, or belongs to another network; nothing has changed then.
    pub fn resume(&mut self, path: &Path) -> Result<u64, WeightsError> {
        let found = checkpoint::open(&self.layout, self.identity, path)?;
        for (flat, section) in self.flats.iter_mut().zip(Section::ALL) {
            let device = flat.device();
            let layout = &self.layout;
            flat.restore(found.step, |part| {
                layout.upload(&found.parts[part as usize], section, &device)
            });
        }
        self.step = found.step;
        self.losses.clear();
        self.pending = None;
        self.replace_leaves();
        Ok(found.position)
    }
}

/// Makes the folder of the checkpoint at `path`: one that cannot be made should not come to light at the first checkpoint.
///
/// Errors: the folder is not there and cannot be made.
pub fn make_folder_of(path: &Path) -> Result<(), NodeError> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|error| {
        NodeError::file(
            folder,
            format!("cannot make the folder of the checkpoint: {error}"),
            "choose another `checkpoint`",
        )
    })
}

/// Where `module` lies, without gradients.
fn device_of<M: Module>(module: &M) -> Device {
    let devices = module.devices();
    let first = devices.first().cloned();
    first.unwrap_or_else(Device::flex).without_autodiff()
}

/// The norm of all gradients together, `[1]`.
fn norm(gradients: &[Tensor<1>; 3]) -> Tensor<1> {
    let [matrices, vectors, hidden] = gradients.each_ref().map(sum_of_squares);
    (matrices + vectors + hidden).sqrt()
}

/// Gradients of a common `norm` scaled so that it is at most `limit`.
fn clipped(gradients: [Tensor<1>; 3], norm: Tensor<1>, limit: f32) -> [Tensor<1>; 3] {
    if limit <= 0.0 {
        return gradients;
    }
    let scale = norm
        .add_scalar(1e-6)
        .recip()
        .mul_scalar(limit)
        .clamp_max(1.0);
    gradients.map(|gradient| {
        if gradient.dims() == [0] {
            gradient
        } else {
            gradient * scale.clone()
        }
    })
}

/// `Σ x²`, `[1]`, by matrix products: burn's own sum adds up in any order on a card, so that no two runs are alike.
fn sum_of_squares(x: &Tensor<1>) -> Tensor<1> {
    let [n] = x.dims();
    if n == 0 {
        return Tensor::zeros([1], (&x.device(), DType::F32));
    }
    let columns = if n.is_multiple_of(flat::ALIGNMENT) {
        flat::ALIGNMENT
    } else {
        1
    };
    let ones = |length: usize| Tensor::<2>::ones([1, length], (&x.device(), DType::F32));
    let squares = (x.clone() * x.clone()).reshape([n / columns, columns]);
    let rows = kernels::linear(squares, ones(columns), None);
    kernels::linear(rows.reshape([1, n / columns]), ones(n / columns), None).reshape([1])
}
