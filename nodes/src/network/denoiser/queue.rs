//! Pictures whose steps are decided where the network lies.

use burn::tensor::{DType, Device, FloatDType, Int, IntDType, Tensor, TensorData};
use graph::error::NodeError;
use kernels::sampling::{self, Frame, Left, POSITIONS_MAX, Picked, Stepped};

use super::branches::Branches;
use super::replay::{COSTLY, Kind};
use super::trained::led;
use super::{DenoiserNetwork, Sequence, TrainedDenoiser, cell_order};
use crate::value::{Guidance, Lead, Opening, Query, QueuedStep, Scores, StepQueue, Tokens};

/// Pictures of a run, all of whose positions the network scores at every step.
///
/// A step is a function of whole numbers: ids around the pictures, their codes, and what the sampler foresaw of the step.
/// Its outcome holds the codes that the next step takes, so that a step waits for none but the card.
pub(crate) struct PictureQueue {
    denoiser: TrainedDenoiser,
    /// The pictures as the network reads them.
    codes: Tensor<2, Int>,
    /// What stays the same of each picture.
    frames: Tensor<2, Int>,
    /// The place of each position among the codes.
    places: Vec<usize>,
    /// What is asked by steps without guidance, and by those with it.
    asked: [Option<Asked>; 2],
    decider: Decider,
    /// What the steps left that were not read yet.
    left: Vec<Stepped>,
}

/// What the network reads around the pictures.
#[derive(Clone)]
struct Asked {
    sequence: Sequence,
    lead: Option<Lead>,
}

/// What turns features into tokens, and has the sampler's step decide which of them stay.
#[derive(Clone)]
struct Decider {
    network: DenoiserNetwork,
    dtype: FloatDType,
    /// What tokens are drawn with; 0 takes the likeliest.
    temperature: f32,
    mask: u32,
}

impl PictureQueue {
    /// The pictures of `opening`; `None` where steps are too large for it to be worth while, or the pictures do not go in
    /// one question.
    ///
    /// Errors: tokens, prompt and network do not fit together.
    pub(crate) fn open(
        denoiser: &TrainedDenoiser,
        opening: &Opening<'_>,
    ) -> Result<Option<Self>, NodeError> {
        let plain = Asked::new(denoiser, opening, None)?;
        let guided = match opening.guidance {
            Some(_) => Asked::new(denoiser, opening, opening.guidance)?.map(Some),
            None => Some(None),
        };
        let (Some(plain), Some(guided)) = (plain, guided) else {
            return Ok(None);
        };
        let (grid, pictures) = (opening.tokens.grid(), opening.tokens.batch());
        let positions = grid.length();
        let config = denoiser.config();
        let most = guided.as_ref().unwrap_or(&plain);
        let rows = most.lead.map_or(1, Lead::parts) * pictures * positions;
        let head = rows as f64 * (config.codebook as usize * config.width) as f64;
        let all = denoiser.multiplications(&most.sequence) + head;
        if positions > POSITIONS_MAX || all > COSTLY {
            return Ok(None);
        }

        let mut places = vec![0; positions];
        for (place, position) in cell_order(grid.rows, grid.columns).into_iter().enumerate() {
            places[position] = place;
        }
        let frame = |fixed| {
            let frame = Frame {
                fixed,
                order: opening.order,
                places: &places,
            };
            frame.words()
        };
        let frames = opening.fixed.chunks_exact(positions).flat_map(frame);
        let frames = words(frames.collect(), pictures, denoiser.device());
        Ok(Some(Self {
            denoiser: denoiser.clone(),
            codes: plain.sequence.codes.clone().cast(IntDType::I32),
            frames,
            places,
            asked: [Some(plain), guided],
            decider: Decider {
                network: denoiser.network().clone(),
                dtype: denoiser.dtype(),
                temperature: opening.temperature,
                mask: config.mask_id,
            },
            left: Vec::new(),
        }))
    }

    /// What a step leaves, of which `turns` says what it does to each picture.
    fn step(&self, asked: &Asked, turns: Tensor<2, Int>) -> Stepped {
        let (denoiser, lead) = (&self.denoiser, asked.lead);
        let sequence = Sequence {
            codes: self.codes.clone(),
            ..asked.sequence.clone()
        };
        let mut inputs = vec![self.frames.clone(), turns.clone()];
        inputs.extend(sequence.parts());

        let (network, dtype) = (denoiser.network().clone(), denoiser.dtype());
        let rotary = denoiser.rotary(sequence.length());
        let decider = self.decider.clone();
        let work = move |inputs: &[Tensor<2, Int>]| {
            let sequence = Sequence::joined(&inputs[2..]);
            let codes = sequence.codes.clone();
            let features = network.features(countable(sequence), &rotary, dtype);
            let features = led(features, lead, dtype);
            let [frames, turns] = [0, 1].map(|at| inputs[at].clone());
            decider.decide(features, lead, codes, frames, turns).0
        };
        // What the sampler foresaw stays as it is: not every number makes a turn.
        let others = || {
            let flipped = inputs[2..].iter().map(|ids| ids.clone().flip([1]));
            inputs[..2].iter().cloned().chain(flipped).collect()
        };
        let kind = Kind::new(&inputs, lead, Some(self.decider.temperature));
        if let Some(left) = denoiser.steps().run(kind, &inputs, others, work) {
            return Stepped(left);
        }
        let features = denoiser.replayed(countable(sequence), lead);
        let (codes, frames) = (self.codes.clone(), self.frames.clone());
        self.decider.decide(features, lead, codes, frames, turns)
    }

    /// The turns of steps, those of a step one behind the other.
    fn turns(&self, steps: &[QueuedStep]) -> Tensor<2, Int> {
        let positions = self.places.len();
        let turns = steps.iter().flat_map(|step| &step.turns);
        let mut rows = 0;
        let mut all = Vec::new();
        for turn in turns {
            let mut uniforms = vec![0.0; turn.uniforms.len()];
            for (position, uniform) in turn.uniforms.iter().enumerate() {
                uniforms[self.places[position]] = *uniform;
            }
            all.extend(turn.turn.words(positions, &uniforms, &turn.noise));
            rows += 1;
        }
        words(all, rows, self.denoiser.device())
    }
}

impl StepQueue for PictureQueue {
    fn queue(&mut self, steps: &[QueuedStep]) -> Result<(), NodeError> {
        let [pictures, _] = self.codes.dims();
        if steps.is_empty() {
            return Ok(());
        }
        // All at once: what is brought to a card waits for its turn.
        let turns = self.turns(steps);
        for (at, step) in steps.iter().enumerate() {
            let asked = self.asked[usize::from(step.is_guided)].clone();
            let asked = asked.ok_or_else(|| {
                NodeError::failed(
                    "a step is guided, and nothing said how",
                    "this is a mistake of the sampler, please report it",
                )
            })?;
            let turns = turns.clone().narrow(0, at * pictures, pictures);
            let left = self.step(&asked, turns);
            self.codes = left.codes();
            self.left.push(left);
        }
        Ok(())
    }

    fn read(&mut self) -> Vec<Vec<Left>> {
        let left: Vec<Tensor<2, Int>> = self.left.drain(..).map(|left| left.0).collect();
        if left.is_empty() {
            return Vec::new();
        }
        let (steps, positions) = (left.len(), self.places.len());
        let numbers = Tensor::cat(left, 0).into_data().convert::<i32>();
        let numbers: Vec<i32> = numbers.iter::<i32>().collect();
        let mask = self.decider.mask;
        let unmasked = |codes: &mut Vec<u32>| {
            for code in codes.iter_mut().filter(|code| **code == mask) {
                *code = Tokens::MASK;
            }
        };
        let of_step = |numbers: &[i32]| {
            let mut left = Left::read(numbers, positions);
            for left in &mut left {
                unmasked(&mut left.choice);
                unmasked(&mut left.codes);
            }
            left
        };
        numbers
            .chunks_exact(numbers.len() / steps)
            .map(of_step)
            .collect()
    }
}

impl Decider {
    /// What a step leaves, from the features of all cells after `lead` where there is guidance.
    fn decide(
        &self,
        features: Tensor<2>,
        lead: Option<Lead>,
        codes: Tensor<2, Int>,
        frames: Tensor<2, Int>,
        turns: Tensor<2, Int>,
    ) -> Stepped {
        let vectors = self.network.enlarge(features);
        let scores = Scores::of_vectors(vectors, self.network.head(self.dtype), lead);
        let uniforms = sampling::uniforms(&turns, codes.dims()[1]);
        let picked = pick(&scores, uniforms, self.temperature, scores.at_once());
        let (tokens, confidence) = (picked.tokens, picked.confidence);
        sampling::step(tokens, confidence, codes, frames, turns, self.mask)
    }
}

impl Asked {
    /// What is read around the pictures of `opening`; `None` where it is not of one shape.
    fn new(
        denoiser: &TrainedDenoiser,
        opening: &Opening<'_>,
        guidance: Option<Guidance<'_>>,
    ) -> Result<Option<Self>, NodeError> {
        let query = Query {
            tokens: opening.tokens,
            prompt: opening.prompt,
            guidance,
            rows: &[],
        };
        denoiser.check(&query)?;
        let branches: Branches = denoiser.branches(&query)?;
        let groups = branches.alike();
        let [all] = groups.as_slice() else {
            return Ok(None);
        };
        Ok(Some(Self {
            sequence: denoiser.sequence(&branches, all),
            lead: branches.lead,
        }))
    }
}

/// A token for each row of `scores`, drawn at `temperature` by the row's number, or the likeliest at 0; the logits of so
/// many rows are made at once.
fn pick(scores: &Scores, uniforms: Tensor<1>, temperature: f32, at_once: usize) -> Picked {
    let [rows, _] = scores.dims();
    let picked = (0..rows).step_by(at_once).map(|first| {
        let count = at_once.min(rows - first);
        let uniforms = uniforms.clone().narrow(0, first, count);
        scores
            .within(first..first + count)
            .pick(uniforms, temperature)
    });
    let (tokens, confidence) = picked
        .map(|picked| (picked.tokens, picked.confidence))
        .unzip();
    Picked {
        tokens: Tensor::cat(tokens, 0),
        confidence: Tensor::cat(confidence, 0),
    }
}

/// The sequence with codes of the type that the device counts in.
fn countable(sequence: Sequence) -> Sequence {
    let dtype = sequence.before.dtype();
    Sequence {
        codes: sequence.codes.cast(dtype),
        ..sequence
    }
}

/// Whole numbers of 32 bits, one behind the other, as rows.
fn words(words: Vec<i32>, rows: usize, device: &Device) -> Tensor<2, Int> {
    let (count, columns) = (words.len(), words.len() / rows.max(1));
    let words = TensorData::new(words, [count]);
    Tensor::<1, Int>::from_data(words, (device, DType::I32)).reshape([rows, columns])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::pick;
    use crate::value::{Guidance, Lead, Scores};

    #[test]
    fn tokens_are_the_same_however_many_are_picked_at_once() {
        const ROWS: usize = 7;
        let device = Device::flex();
        let filled = |rows: usize, columns: usize| {
            let numbers = (0..rows * columns).map(|at| ((at * 7919) % 101) as f32 / 25.0 - 2.0);
            let numbers = TensorData::new(numbers.collect(), [rows, columns]);
            Tensor::<2>::from_data(numbers, &device)
        };
        let uniforms = || Tensor::from_floats([0.01, 0.99, 0.4, 0.6, 0.2, 0.8, 0.5], &device);
        for plausibility in [0.0, 0.3] {
            let guidance = Guidance {
                plausibility,
                ..Guidance::plain(1.0)
            };
            let lead = guidance.lead();
            let parts = lead.map_or(1, Lead::parts);
            let scores = Scores::of_vectors(filled(parts * ROWS, 4), filled(33, 4), lead);
            for temperature in [0.0, 0.8] {
                let picked = |at_once| {
                    let picked = pick(&scores, uniforms(), temperature, at_once);
                    let tokens: Vec<i64> = picked.tokens.into_data().iter::<i64>().collect();
                    let confidence = picked.confidence.into_data();
                    let confidence: Vec<f32> = confidence.iter::<f32>().collect();
                    (tokens, confidence)
                };
                let (tokens, confidence) = picked(ROWS);
                assert_eq!(tokens.len(), ROWS);
                for at_once in [1, 3, 100] {
                    let found = picked(at_once);
                    assert_eq!(found.0, tokens, "{at_once} at once");
                    for (found, wanted) in found.1.iter().zip(&confidence) {
                        assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
                    }
                }
            }
        }
    }
}
