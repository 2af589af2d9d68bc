//! All parameters of a network in two vectors.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamW, AdamWState, AdaptiveMomentumState, Optimizer};
use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};

use crate::network::weights::{Name, Weights};

/// Parameters start at multiples of this many numbers, so that a card can view them where they lie.
pub const ALIGNMENT: usize = 128;

/// Which of the two vectors a parameter lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Parameters with two sides or more.
    Matrices,
    /// Parameters with one side.
    Vectors,
}

impl Section {
    /// Both, in the order of the vectors.
    pub const ALL: [Self; 2] = [Self::Matrices, Self::Vectors];

    fn of(rank: usize) -> Self {
        if rank > 1 {
            Self::Matrices
        } else {
            Self::Vectors
        }
    }
}

/// Where each parameter lies.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    slots: Vec<Slot>,
    /// How long the two vectors are.
    lengths: [usize; 2],
}

/// Where one parameter lies.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Its sides.
    pub shape: Vec<usize>,
    section: Section,
    start: usize,
    length: usize,
}

impl Layout {
    /// The layout of `module`.
    pub fn of<M: Module>(module: &M) -> Self {
        let mut planner = Planner::default();
        module.visit(&mut planner);
        planner.layout
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

    /// The parameters of `module` as one vector, on its device.
    pub fn gather<M: Module>(&self, module: &M, section: Section) -> Tensor<1> {
        let weights = Weights::of(module);
        let device = module
            .devices()
            .first()
            .cloned()
            .unwrap_or_else(Device::flex)
            .without_autodiff();
        self.upload(&weights, section, &device)
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

    /// `module` with views of `weights` as leaves of gradients.
    pub fn leaves<M: Module>(&self, module: M, weights: [Tensor<1>; 2]) -> M {
        self.views(module, weights, true)
    }

    /// `module` with views of `weights`, without gradients.
    pub fn plain<M: Module>(&self, module: M, weights: [Tensor<1>; 2]) -> M {
        self.views(module, weights, false)
    }

    fn views<M: Module>(&self, module: M, weights: [Tensor<1>; 2], leaves: bool) -> M {
        module.map(&mut Viewer {
            slots: self.slots.iter(),
            weights,
            leaves,
        })
    }

    /// The gradients of `module`'s parameters as two vectors; 0 where there is none.
    pub fn gradients<M: Module>(&self, module: &M, found: &mut Gradients) -> [Tensor<1>; 2] {
        let mut collector = Collector {
            found,
            parts: [Vec::new(), Vec::new()],
        };
        module.visit(&mut collector);
        let device = module
            .devices()
            .first()
            .cloned()
            .unwrap_or_else(Device::flex)
            .without_autodiff();
        let [matrices, vectors] = collector.parts;
        let mut parts = [matrices, vectors].into_iter();
        Section::ALL.map(|section| {
            let zeros = |length: usize| Tensor::zeros([length], (&device, DType::F32));
            let mut pieces: Vec<Tensor<1>> = Vec::new();
            let found = parts.next().unwrap_or_default();
            for (slot, gradient) in self.section(section).zip(found) {
                pieces.push(gradient.unwrap_or_else(|| zeros(slot.length)));
                let gap = slot.length.next_multiple_of(ALIGNMENT) - slot.length;
                if gap > 0 {
                    pieces.push(zeros(gap));
                }
            }
            match pieces.len() {
                0 => zeros(self.lengths[section as usize]),
                1 => pieces.remove(0),
                _ => Tensor::cat(pieces, 0),
            }
        })
    }
}

#[derive(Default)]
struct Planner {
    name: Name,
    layout: Layout,
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
        let section = Section::of(D);
        let length: usize = shape.iter().product();
        let end = &mut self.layout.lengths[section as usize];
        self.layout.slots.push(Slot {
            name: self.name.whole(),
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
    weights: [Tensor<1>; 2],
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
            .slice(slot.start..slot.start + slot.length)
            .reshape(shape);
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
    parts: [Vec<Option<Tensor<1>>>; 2],
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad_remove(self.found);
        let gradient = gradient.map(|gradient| {
            let length = gradient.shape().num_elements();
            gradient.reshape([length])
        });
        self.parts[Section::of(D) as usize].push(gradient);
    }
}

/// One vector of weights and what AdamW keeps for it.
#[derive(Clone)]
pub struct Flat {
    adam: AdamW,
    weights: Tensor<1>,
    state: Option<AdamWState<1>>,
    average: Option<Tensor<1>>,
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
    /// The averaged weights.
    Average,
}

impl Part {
    /// All parts, in order.
    pub const ALL: [Self; 4] = [Self::Weights, Self::First, Self::Second, Self::Average];

    /// What the part is called in a checkpoint.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::First => "first",
            Self::Second => "second",
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
    pub fn new(adam: AdamW, weights: Tensor<1>, averages: bool) -> Self {
        Self {
            adam,
            average: averages.then(|| weights.clone()),
            weights,
            state: None,
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
        let (weights, state) =
            self.adam
                .step(rate, self.weights.clone(), gradient, self.state.take());
        self.state = state;
        self.average = self
            .average
            .take()
            .map(|average| average.mul_scalar(kept) + weights.clone().mul_scalar(1.0 - kept));
        self.weights = weights;
    }

    /// What a checkpoint holds.
    pub fn part(&self, part: Part) -> Tensor<1> {
        let moments = self.state.as_ref().map(|state| &state.momentum);
        match part {
            Part::Weights => self.weights(),
            Part::Average => self.average(),
            Part::First => moments.map_or_else(
                || self.weights.zeros_like(),
                |moments| moments.moment_1.clone(),
            ),
            Part::Second => moments.map_or_else(
                || self.weights.zeros_like(),
                |moments| moments.moment_2.clone(),
            ),
        }
    }

    /// Goes back to what a checkpoint holds after `step` updates.
    pub fn restore(&mut self, step: u32, part: impl Fn(Part) -> Tensor<1>) {
        self.weights = part(Part::Weights);
        self.average = self.average.take().map(|_| part(Part::Average));
        self.state = (step > 0).then(|| AdamWState {
            momentum: AdaptiveMomentumState::new(
                step as usize,
                part(Part::First),
                part(Part::Second),
            ),
        });
    }
}
