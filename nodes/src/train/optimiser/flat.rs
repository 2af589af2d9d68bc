//! All parameters of a network in a few vectors.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamW, AdamWState, AdaptiveMomentumState, Optimizer};
use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};

use super::Seen;
use super::muon::{Muon, Stack};
use crate::network::weights::{Name, Weights, rounded};

/// Parameters start at multiples of this many numbers, so that a card can view them where they lie.
pub const ALIGNMENT: usize = 128;

/// Which of the vectors a parameter lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Parameters with two sides or more.
    Matrices,
    /// Parameters with one side.
    Vectors,
    /// Matrices that follow their gradients by [`Muon`], those of one shape behind each other.
    Hidden,
}

impl Section {
    /// All, in the order of the vectors.
    pub const ALL: [Self; 3] = [Self::Matrices, Self::Vectors, Self::Hidden];

    /// What a checkpoint holds of such a vector.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Matrices | Self::Vectors => {
                &[Part::Weights, Part::First, Part::Second, Part::Average]
            }
            Self::Hidden => &[Part::Weights, Part::Momentum, Part::Average],
        }
    }
}

/// Where each parameter lies.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    slots: Vec<Slot>,
    /// How long the vectors are.
    lengths: [usize; 3],
    /// The hidden matrices by their shapes.
    stacks: Vec<Stack>,
}

/// Where one parameter lies.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Its sides.
    pub shape: Vec<usize>,
    /// Which vector it lies in.
    pub section: Section,
    start: usize,
    length: usize,
}

impl Layout {
    /// The layout of `module`, of whose parameters those are hidden whose name and number of sides `is_hidden` takes.
    pub fn of<M: Module>(module: &M, is_hidden: fn(&str, usize) -> bool) -> Self {
        let mut planner = Planner {
            name: Name::default(),
            layout: Self::default(),
            is_hidden,
        };
        module.visit(&mut planner);
        planner.layout.stack();
        planner.layout
    }

    /// Lays hidden matrices behind each other by their shapes.
    fn stack(&mut self) {
        for slot in &mut self.slots {
            if slot.section != Section::Hidden {
                continue;
            }
            let sides = [slot.shape[0], slot.shape[1]];
            match self.stacks.iter_mut().find(|stack| stack.sides == sides) {
                Some(stack) => {
                    slot.start = stack.count;
                    stack.count += 1;
                }
                None => {
                    slot.start = 0;
                    self.stacks.push(Stack {
                        start: 0,
                        count: 1,
                        stride: slot.length.next_multiple_of(ALIGNMENT),
                        sides,
                    });
                }
            }
        }
        let mut end = 0;
        for stack in &mut self.stacks {
            stack.start = end;
            end += stack.count * stack.stride;
        }
        self.lengths[Section::Hidden as usize] = end;
        for slot in &mut self.slots {
            let own =
                |stack: &&Stack| slot.section == Section::Hidden && stack.sides == slot.shape[..];
            if let Some(stack) = self.stacks.iter().find(own) {
                slot.start = stack.start + slot.start * stack.stride;
            }
        }
    }

    /// The hidden matrices, those of one shape together, in the order in which they lie.
    pub fn stacks(&self) -> Vec<Stack> {
        self.stacks.clone()
    }

    /// Whether no parameter lies in the vector.
    pub fn is_empty(&self, section: Section) -> bool {
        self.lengths[section as usize] == 0
    }

    /// All parameters, in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    fn section(&self, section: Section) -> impl Iterator<Item = &Slot> {
        self.slots
            .iter()
            .filter(move |slot| slot.section == section)
    }

    /// The parameters of `module` as one vector on `device`.
    pub fn gather<M: Module>(&self, module: &M, section: Section, device: &Device) -> Tensor<1> {
        self.upload(&Weights::of(module), section, device)
    }

    /// The numbers of `weights` as one vector; those that are missing are 0.
    pub fn upload(&self, weights: &Weights, section: Section, device: &Device) -> Tensor<1> {
        let mut values = vec![0.0_f32; self.lengths[section as usize]];
        for slot in self.section(section) {
            if let Some(array) = weights.get(&slot.name) {
                values[slot.start..slot.start + slot.length].copy_from_slice(&array.values);
            }
        }
        let shape = [values.len()];
        Tensor::from_data(TensorData::new(values, shape), (device, DType::F32))
    }

    /// The opposite of [`Layout::upload`]: adds the parameters of `vector` to `weights`.
    pub fn download(&self, vector: &Tensor<1>, section: Section, weights: &mut Weights) {
        let data = vector.clone().into_data().convert::<f32>();
        let values: Vec<f32> = data.iter::<f32>().collect();
        for slot in self.section(section) {
            weights.insert(
                slot.name.clone(),
                crate::network::weights::Array {
                    shape: slot.shape.clone(),
                    values: values[slot.start..slot.start + slot.length].to_vec(),
                },
            );
        }
    }

    /// `module` with `weights` as leaves of gradients; those of matrices that are rounded as `seen` says are taken for those
    /// of the exact ones.
    pub fn leaves<M: Module>(&self, module: M, weights: [Tensor<1>; 3], seen: Seen) -> M {
        self.views(module, weights, seen, true)
    }

    /// `module` with `weights`, its matrices as `seen` says, without gradients.
    pub fn plain<M: Module>(&self, module: M, weights: [Tensor<1>; 3], seen: Seen) -> M {
        self.views(module, weights, seen, false)
    }

    fn views<M: Module>(&self, module: M, weights: [Tensor<1>; 3], seen: Seen, leaves: bool) -> M {
        module.map(&mut Viewer {
            slots: self.slots.iter(),
            weights,
            seen,
            leaves,
        })
    }

    /// The gradients of `module`'s parameters as vectors; 0 where there is none.
    pub fn gradients<M: Module>(&self, module: &M, found: &mut Gradients) -> [Tensor<1>; 3] {
        let mut collector = Collector {
            found,
            gradients: Vec::with_capacity(self.slots.len()),
        };
        module.visit(&mut collector);
        let device = super::device_of(module);
        let mut gradients = collector.gradients;
        Section::ALL.map(|section| {
            let zeros = |length: usize| Tensor::zeros([length], (&device, DType::F32));
            let both = self.slots.iter().zip(&mut gradients);
            let mut own: Vec<_> = both.filter(|(slot, _)| slot.section == section).collect();
            own.sort_by_key(|(slot, _)| slot.start);
            let mut pieces: Vec<Tensor<1>> = Vec::new();
            for (slot, gradient) in own {
                pieces.push(gradient.take().unwrap_or_else(|| zeros(slot.length)));
                let gap = slot.length.next_multiple_of(ALIGNMENT) - slot.length;
                if gap > 0 {
                    pieces.push(zeros(gap));
                }
            }
            match pieces.len() {
                0 => zeros(0),
                1 => pieces.remove(0),
                _ => Tensor::cat(pieces, 0),
            }
        })
    }
}

struct Planner {
    name: Name,
    layout: Layout,
    is_hidden: fn(&str, usize) -> bool,
}

impl ModuleVisitor for Planner {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.name.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.name.leave(name, container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let shape = param.lazy_shape().to_vec();
        let name = self.name.whole();
        let section = match D {
            _ if (self.is_hidden)(&name, D) => Section::Hidden,
            0 | 1 => Section::Vectors,
            _ => Section::Matrices,
        };
        let length: usize = shape.iter().product();
        let end = &mut self.layout.lengths[section as usize];
        self.layout.slots.push(Slot {
            name,
            shape,
            section,
            start: *end,
            length,
        });
        *end += length.next_multiple_of(ALIGNMENT);
    }
}

struct Viewer<'a> {
    slots: std::slice::Iter<'a, Slot>,
    weights: [Tensor<1>; 3],
    seen: Seen,
    leaves: bool,
}

impl ModuleMapper for Viewer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // A module visits its parameters in the same order every time.
        let Some(slot) = self.slots.next() else {
            return param;
        };
        let mut shape = [0; D];
        shape.copy_from_slice(&slot.shape);
        let view = self.weights[slot.section as usize]
            .clone()
            .slice(slot.start..slot.start + slot.length);
        let view = match self.seen {
            Seen::Int8 if D > 1 && slot.length > 0 => {
                rounded(view.reshape([shape[0], slot.length / shape[0]])).reshape(shape)
            }
            Seen::Int8 | Seen::Exact => view.reshape(shape),
        };
        let view = if self.leaves {
            view.autodiff().require_grad()
        } else {
            view
        };
        Param::initialized(param.id, view)
    }
}

struct Collector<'a> {
    found: &'a mut Gradients,
    /// One for each parameter, in the order of slots.
    gradients: Vec<Option<Tensor<1>>>,
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad_remove(self.found);
        self.gradients.push(gradient.map(|gradient| {
            let length = gradient.shape().num_elements();
            gradient.reshape([length])
        }));
    }
}

/// One vector of weights and what its rule keeps for it.
#[derive(Clone)]
pub struct Flat {
    rule: Rule,
    weights: Tensor<1>,
    average: Option<Tensor<1>>,
}

/// How a vector follows its gradient, and what it remembers of earlier ones.
#[derive(Clone)]
pub enum Rule {
    /// By the mean of gradients and that of their squares.
    AdamW(AdamW, Option<Box<AdamWState<1>>>),
    /// Matrix by matrix, by the direction of the momentum.
    Muon(Muon, Option<Box<Tensor<1>>>),
}

/// What a checkpoint holds of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The weights.
    Weights,
    /// The mean of gradients.
    First,
    /// The mean of squared gradients.
    Second,
    /// The sum of gradients that fades.
    Momentum,
    /// The averaged weights.
    Average,
}

impl Part {
    /// All parts, in order.
    pub const ALL: [Self; 5] = [
        Self::Weights,
        Self::First,
        Self::Second,
        Self::Momentum,
        Self::Average,
    ];

    /// What the part is called in a checkpoint.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::First => "first",
            Self::Second => "second",
            Self::Momentum => "momentum",
            Self::Average => "average",
        }
    }
}

impl std::fmt::Debug for Flat {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Flat({})", self.weights.dims()[0])
    }
}

impl Flat {
    /// Weights that were never updated.
    pub fn new(rule: Rule, weights: Tensor<1>, averages: bool) -> Self {
        Self {
            rule,
            average: averages.then(|| weights.clone()),
            weights,
        }
    }

    /// Where the vector lies.
    pub fn device(&self) -> Device {
        self.weights.device()
    }

    /// The weights.
    pub fn weights(&self) -> Tensor<1> {
        self.weights.clone()
    }

    /// The averaged weights, or the weights where averaging is off.
    pub fn average(&self) -> Tensor<1> {
        self.average.clone().unwrap_or_else(|| self.weights.clone())
    }

    /// Other weights, the rest unchanged.
    pub fn set_weights(&mut self, weights: Tensor<1>) {
        self.weights = weights;
    }

    /// One update.
    pub fn update(&mut self, rate: f64, kept: f32, gradient: Tensor<1>) {
        if self.weights.dims() == [0] {
            return;
        }
        let weights = self.weights.clone();
        let weights = match &mut self.rule {
            Rule::AdamW(adam, state) => {
                let before = state.take().map(|state| *state);
                let (weights, next) = adam.step(rate, weights, gradient, before);
                *state = next.map(Box::new);
                weights
            }
            Rule::Muon(muon, momentum) => {
                let before = momentum.take().map(|momentum| *momentum);
                let (weights, next) = muon.step(rate, weights, gradient, before);
                *momentum = Some(Box::new(next));
                weights
            }
        };
        self.average = self
            .average
            .take()
            .map(|average| average.mul_scalar(kept) + weights.clone().mul_scalar(1.0 - kept));
        self.weights = weights;
    }

    /// What a checkpoint holds; zeros where there is nothing yet.
    pub fn part(&self, part: Part) -> Tensor<1> {
        let kept = match (&self.rule, part) {
            (_, Part::Weights) => Some(self.weights()),
            (_, Part::Average) => Some(self.average()),
            (Rule::AdamW(_, state), Part::First) => {
                state.as_ref().map(|state| state.momentum.moment_1.clone())
            }
            (Rule::AdamW(_, state), Part::Second) => {
                state.as_ref().map(|state| state.momentum.moment_2.clone())
            }
            (Rule::Muon(_, momentum), Part::Momentum) => momentum.as_deref().cloned(),
            (Rule::AdamW(..), Part::Momentum) | (Rule::Muon(..), Part::First | Part::Second) => {
                None
            }
        };
        kept.unwrap_or_else(|| self.weights.zeros_like())
    }

    /// Goes back to what a checkpoint holds after `step` updates.
    pub fn restore(&mut self, step: u32, part: impl Fn(Part) -> Tensor<1>) {
        self.weights = part(Part::Weights);
        self.average = self.average.take().map(|_| part(Part::Average));
        match &mut self.rule {
            Rule::AdamW(_, state) => {
                *state = (step > 0).then(|| {
                    let [first, second] = [Part::First, Part::Second].map(&part);
                    Box::new(AdamWState {
                        momentum: AdaptiveMomentumState::new(step as usize, first, second),
                    })
                });
            }
            Rule::Muon(_, momentum) => {
                *momentum = (step > 0).then(|| Box::new(part(Part::Momentum)));
            }
        }
    }
}
