//! A step of the sampler against its definition in tensors: who is laid follows from how many others go before.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::{Frame, Stepped, Turn, from_bits, step};
use crate::contract::{Input, Kernel};
use crate::noise::Noise;
use crate::sampling::{Budget, Edits, Policy, Rule, gumbel};

/// [`step`] under the contract.
pub struct SamplerStep;

/// One check of a step.
#[derive(Debug)]
pub struct Case {
    pictures: usize,
    positions: usize,
    policy: Policy,
    budget: Budget,
    temperature: f32,
    edits: Option<Edits>,
    /// Whether many positions are equally sure.
    tied: bool,
}

/// Codes, and what stands for one that is not laid.
const CODES: usize = 50;
const MASK: usize = CODES + 1;

impl Case {
    /// A step of pictures with chance, whose positions are all unequal.
    const fn new(pictures: usize, positions: usize, policy: Policy, lays: usize) -> Self {
        Self {
            pictures,
            positions,
            policy,
            budget: Budget::Lays(lays),
            temperature: 0.75,
            edits: None,
            tied: false,
        }
    }

    const fn leaving(mut self, left: usize) -> Self {
        self.budget = Budget::Leaves(left);
        self
    }

    const fn tied(mut self) -> Self {
        (self.tied, self.temperature) = (true, 0.0);
        self
    }

    const fn editing(mut self, threshold: f32, limit: usize) -> Self {
        self.edits = Some(Edits { threshold, limit });
        self
    }

    /// The turn of a picture; the last of several rests.
    fn turn(&self, picture: usize) -> Turn {
        let rule = Rule {
            policy: self.policy,
            temperature: self.temperature,
            budget: self.budget,
            edits: self.edits,
        };
        Turn {
            rule: (picture == 0 || picture + 1 < self.pictures).then_some(rule),
            began_masked: true,
        }
    }
}

impl Kernel for SamplerStep {
    type Case = Case;
    const NAME: &'static str = "sampler_step";
    const GRADIENTS: bool = false;
    /// A thread for each position and several positions for each thread, whole warps and not.
    const CASES: &'static [Case] = &[
        Case::new(1, 1, Policy::Confidence, 1),
        Case::new(3, 7, Policy::Confidence, 2),
        Case::new(16, 256, Policy::Confidence, 20).editing(0.6, 0),
        Case::new(2, 256, Policy::Confidence, 9)
            .editing(0.3, 5)
            .tied(),
        Case::new(3, 256, Policy::ConfidenceWithTies, 9).tied(),
        Case::new(3, 64, Policy::ConfidenceWithTies, 0)
            .tied()
            .leaving(11),
        Case::new(3, 100, Policy::Proportional, 30),
        Case::new(2, 100, Policy::Proportional, 30).tied(),
        Case::new(3, 256, Policy::Ordered, 40),
        Case::new(3, 256, Policy::Ordered, 40).editing(0.5, 0),
        Case::new(2, 70, Policy::Confidence, 500),
        Case::new(2, 70, Policy::Confidence, 0).editing(0.0, 1),
        Case::new(2, 1500, Policy::Confidence, 101).editing(0.6, 64),
        Case::new(1, 4096, Policy::Confidence, 1000).tied(),
        Case::new(1, 2100, Policy::Ordered, 77),
    ];

    /// Positions and codes are whole numbers, and probabilities are passed on: nothing is rounded.
    fn tolerance(_: &Case) -> f32 {
        0.0
    }

    fn inputs(case: &Case, noise: &mut Noise) -> Vec<Input> {
        let count = case.pictures * case.positions;
        let drawn = noise.fine(count).into_iter().map(|x| (x + 1.0) / 2.0);
        let values = if case.tied {
            drawn.map(|x| (x * 7.0).ceil() / 8.0).collect()
        } else {
            drawn.map(|x| x.max(1e-6)).collect()
        };
        vec![Input {
            name: "confidence",
            values,
            dtype: DType::F32,
        }]
    }

    fn reference(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let n = case.positions;
        let parts: Vec<[Tensor<1>; 4]> = (0..case.pictures)
            .map(|picture| {
                let sure = inputs[0].clone().narrow(0, picture * n, n);
                Given::new(case, picture).stepped(case, picture, sure)
            })
            .collect();
        let block = |of: usize| parts.iter().map(move |parts| parts[of].clone());
        Tensor::cat((0..4).flat_map(block).collect(), 0)
    }

    fn fast(case: &Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let device = inputs[0].device();
        let (n, pictures) = (case.positions, case.pictures);
        let (mut tokens, mut codes) = (Vec::new(), Vec::new());
        let (mut frames, mut turns) = (Vec::new(), Vec::new());
        for picture in 0..pictures {
            let given = Given::new(case, picture);
            tokens.extend(given.tokens.iter().map(|token| *token as i32));
            codes.extend(given.codes.iter().map(|code| *code as i32));
            let frame = Frame {
                fixed: &given.fixed,
                order: &given.order,
                places: &given.places,
            };
            frames.extend(frame.words());
            turns.extend(case.turn(picture).words(n, &[], &given.noise));
        }
        let rows = |words: Vec<i32>| whole(words, pictures, &device);
        let tokens = rows(tokens).reshape([pictures * n]);
        let (codes, frames, turns) = (rows(codes), rows(frames), rows(turns));
        told(&step(
            tokens,
            inputs[0].clone(),
            codes,
            frames,
            turns,
            MASK as u32,
        ))
    }
}

/// What a picture is before a step; tokens and codes stand as the denoiser reads them.
struct Given {
    tokens: Vec<usize>,
    codes: Vec<usize>,
    fixed: Vec<bool>,
    places: Vec<usize>,
    order: Vec<usize>,
    noise: Vec<f32>,
}

impl Given {
    /// A picture of which about half is masked, and of whose other tokens every third is what the denoiser would lay.
    fn new(case: &Case, picture: usize) -> Self {
        let n = case.positions;
        let mut noise = Noise::new((1000 * n + picture) as u64);
        let tokens: Vec<usize> = (0..n).map(|_| noise.below(CODES)).collect();
        let code = |at: usize, noise: &mut Noise| match noise.below(6) {
            // One position at least, wherever it stands.
            _ if n == 1 => MASK,
            0..=2 => MASK,
            3 => tokens[at],
            _ => noise.below(CODES),
        };
        let codes: Vec<usize> = (0..n).map(|at| code(at, &mut noise)).collect();
        let places: Vec<usize> = (0..n).map(|position| (position + n / 3) % n).collect();
        let is_fixed = |place: &usize| codes[*place] != MASK && place.is_multiple_of(5);
        Self {
            fixed: places.iter().map(is_fixed).collect(),
            // Odd positions first, the last of them first.
            order: [1, 0]
                .iter()
                .flat_map(|odd| (0..n).rev().filter(move |at| at % 2 == *odd))
                .collect(),
            noise: noise
                .fine(n)
                .iter()
                .map(|x| gumbel((x + 1.0) / 2.0))
                .collect(),
            tokens,
            codes,
            places,
        }
    }

    /// The four blocks that a step leaves of the picture.
    fn stepped(&self, case: &Case, picture: usize, sure: Tensor<1>) -> [Tensor<1>; 4] {
        let device = sure.device();
        let n = case.positions;
        let by_position = |numbers: &[usize]| -> Tensor<1> {
            reals(
                self.places
                    .iter()
                    .map(|place| numbers[*place] as f32)
                    .collect(),
                &device,
            )
        };
        let (tokens, codes) = (by_position(&self.tokens), by_position(&self.codes));
        let turned = n / 3;
        let sure = from(turned, sure);
        let masked = codes.clone().equal_elem(MASK as f32).float();
        let fixed: Vec<f32> = self
            .fixed
            .iter()
            .map(|fixed| f32::from(u8::from(*fixed)))
            .collect();
        let free = reals(fixed, &device).mul_scalar(-1.0).add_scalar(1.0);

        let open = self.codes.iter().filter(|code| **code == MASK).count();
        let rests = case.turn(picture).rule.is_none() || open == 0;
        let [laid, edited, asked] = if rests {
            [(); 3].map(|()| masked.zeros_like())
        } else {
            let laid = self.laid(case, &sure, &masked, case.budget.count(open));
            let other = tokens.clone().not_equal(codes.clone()).float() * free.clone();
            let other = other * masked.clone().mul_scalar(-1.0).add_scalar(1.0);
            let edited = edited(case, &sure, other);
            let asked = match (case.edits, case.policy) {
                (Some(_), _) => free,
                (None, Policy::Ordered) => laid.clone(),
                (None, _) => masked,
            };
            [laid, edited, asked]
        };
        let changed = laid + edited;
        let chosen = |by: Tensor<1>| tokens.clone() * by.clone() + codes.clone() * (-by + 1.0);
        let (choice, after) = (chosen(asked.clone()), chosen(changed));
        [from(n - turned, after.clone()), choice, sure * asked, after]
    }

    /// Which positions are laid, as ones and zeros.
    fn laid(&self, case: &Case, sure: &Tensor<1>, masked: &Tensor<1>, count: usize) -> Tensor<1> {
        let device = sure.device();
        let noise = reals(self.noise.clone(), &device).mul_scalar(case.temperature);
        let score = match case.policy {
            Policy::Confidence | Policy::ConfidenceWithTies => sure.clone().log() + noise,
            Policy::Proportional if case.temperature > 0.0 => {
                sure.clone().div_scalar(case.temperature) + reals(self.noise.clone(), &device)
            }
            Policy::Proportional => sure.clone(),
            Policy::Ordered => {
                let mut late = vec![0.0; self.order.len()];
                for (rank, position) in self.order.iter().enumerate() {
                    late[*position] = -(rank as f32);
                }
                reals(late, &device)
            }
        };
        let first = first(&score, masked, count);
        if case.policy != Policy::ConfidenceWithTies || count == 0 {
            return first;
        }
        let least = score
            .clone()
            .mask_fill(first.equal_elem(0.0), f32::INFINITY)
            .min();
        let as_sure = score.clone().greater_equal(least.expand(score.dims()));
        as_sure.float() * masked.clone()
    }
}

/// Which visible positions are replaced, as ones and zeros, of those that are `other`.
fn edited(case: &Case, sure: &Tensor<1>, other: Tensor<1>) -> Tensor<1> {
    let Some(Edits { threshold, limit }) = case.edits else {
        return other.zeros_like();
    };
    let mistakes = sure.clone().greater_elem(threshold).float() * other;
    match limit {
        0 => mistakes,
        limit => first(sure, &mistakes, limit),
    }
}

/// The `count` candidates of the largest scores, the first among equals: those that fewer go before.
fn first(score: &Tensor<1>, candidates: &Tensor<1>, count: usize) -> Tensor<1> {
    let [n] = score.dims();
    let own = score.clone().reshape([n, 1]).expand([n, n]);
    let other = score.clone().reshape([1, n]).expand([n, n]);
    let place = Tensor::<1, Int>::arange(0..n as i64, &score.device());
    let earlier = place.clone().reshape([1, n]).expand([n, n]);
    let earlier = earlier.lower(place.reshape([n, 1]).expand([n, n]));
    let ahead = other.clone().greater(own.clone()).float();
    let tied = other.equal(own).float() * earlier.float();
    let before = (ahead + tied) * candidates.clone().reshape([1, n]).expand([n, n]);
    let before = before.sum_dim(1).reshape([n]);
    before.lower_elem(count as f32).float() * candidates.clone()
}

/// The numbers from one on, and those in front of it behind them.
fn from(at: usize, x: Tensor<1>) -> Tensor<1> {
    let [n] = x.dims();
    if at.is_multiple_of(n) {
        return x;
    }
    Tensor::cat(vec![x.clone().narrow(0, at, n - at), x.narrow(0, 0, at)], 0)
}

/// The four blocks as numbers, one behind the other.
fn told(stepped: &Stepped) -> Tensor<1> {
    let codes = |number: usize| stepped.part(number).float().cast(DType::F32);
    let blocks = vec![codes(0), codes(1), from_bits(stepped.part(2)), codes(3)];
    Tensor::cat(blocks, 0).flatten(0, 1)
}

fn reals(numbers: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), (device, DType::F32))
}

fn whole(words: Vec<i32>, rows: usize, device: &Device) -> Tensor<2, Int> {
    let columns = words.len() / rows;
    Tensor::from_data(TensorData::new(words, [rows, columns]), device)
}
