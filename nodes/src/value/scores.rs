//! Guided scores of codes.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, TensorData};
use kernels::sampling::{self, Picked};

use super::Lead;

/// How many bytes of logits are worth making at once: a large matrix is read often enough from nearby memory, and a card is
/// quicker the more there are.
const BYTES: usize = 512 << 20;

/// Guided scores of codes for some positions, made of their vectors when they are looked at: those of thousands of
/// positions in a large codebook take gigabytes together.
#[derive(Clone, Debug)]
pub struct Scores {
    /// A position each.
    rows: Tensor<2>,
    /// What makes logits of the rows, where they are none yet.
    head: Option<Tensor<2>>,
    /// By what they are judged, where guidance asks what is plausible.
    judge: Option<Judge>,
}

/// What decides which tokens are plausible.
#[derive(Clone, Debug)]
struct Judge {
    /// The conditional vectors of the same positions.
    own: Tensor<2>,
    lead: Lead,
}

impl Scores {
    /// Scores that are there already, `[positions, codebook]`.
    pub fn of_logits(logits: Tensor<2>) -> Self {
        Self {
            rows: logits,
            head: None,
            judge: None,
        }
    }

    /// What the matrix `head [codebook, width]` makes of `vectors [positions, width]`; where `lead` has several parts, those
    /// of each behind each other, `[parts · positions, width]`.
    pub fn of_vectors(vectors: Tensor<2>, head: Tensor<2>, lead: Option<Lead>) -> Self {
        let head = Some(head);
        let Some(lead) = lead.filter(|lead| lead.parts() > 1) else {
            return Self {
                rows: vectors,
                head,
                judge: None,
            };
        };
        let positions = vectors.dims()[0] / lead.parts();
        Self {
            rows: vectors.clone().narrow(0, 0, positions),
            head,
            judge: Some(Judge {
                own: vectors.narrow(0, positions, positions),
                lead,
            }),
        }
    }

    /// Positions and codes.
    pub fn dims(&self) -> [usize; 2] {
        let [positions, columns] = self.rows.dims();
        let codes = self.head.as_ref().map(|head| head.dims()[0]);
        [positions, codes.unwrap_or(columns)]
    }

    /// Where they are made.
    pub fn device(&self) -> Device {
        self.rows.device()
    }

    /// How many positions' logits are worth making at once, at least one.
    pub fn at_once(&self) -> usize {
        let [_, codes] = self.dims();
        let parts = self.judge.as_ref().map_or(1, |judge| judge.lead.parts());
        (BYTES / size_of::<f32>() / (parts * codes).max(1)).max(1)
    }

    /// All of them, `[positions, codebook]`, in f32.
    pub fn logits(self) -> Tensor<2> {
        match (self.head, self.judge) {
            (None, _) => self.rows,
            (Some(head), None) => kernels::logits(self.rows, head),
            (Some(head), Some(Judge { own, lead })) => lead.logits_of(self.rows, own, head),
        }
    }

    /// A token for each position, drawn at `temperature` by the position's number, or the likeliest at 0.
    ///
    /// Shapes: `uniforms [positions]` in [0, 1] → `[positions]` each.
    pub fn pick(self, uniforms: Tensor<1>, temperature: f32) -> Picked {
        if temperature <= 0.0 {
            return sampling::likeliest(self.logits());
        }
        if let (Some(head), Some(Judge { own, lead })) = (&self.head, &self.judge) {
            let vectors = [&self.rows, own, head].map(Tensor::clone);
            return lead.draw_of(vectors, uniforms, temperature);
        }
        sampling::draw(self.logits(), uniforms, temperature)
    }

    /// Those of some positions, given by their places, which rise.
    pub fn of(&self, places: &[usize]) -> Self {
        self.of_rows(|rows| at(rows, places))
    }

    /// Those of positions that follow each other.
    pub fn within(&self, places: Range<usize>) -> Self {
        self.of_rows(|rows| rows.narrow(0, places.start, places.len()))
    }

    fn of_rows(&self, chosen: impl Fn(Tensor<2>) -> Tensor<2>) -> Self {
        let judge = self.judge.as_ref().map(|judge| Judge {
            own: chosen(judge.own.clone()),
            lead: judge.lead,
        });
        Self {
            rows: chosen(self.rows.clone()),
            head: self.head.clone(),
            judge,
        }
    }
}

/// The rows at `places`, which rise.
fn at(rows: Tensor<2>, places: &[usize]) -> Tensor<2> {
    match run(places) {
        Some(run) if run.len() == rows.dims()[0] => rows,
        Some(run) => rows.narrow(0, run.start, run.len()),
        None => {
            let places = numbers(places, &rows.device());
            rows.select(0, places)
        }
    }
}

/// The places as one run, where they follow each other.
fn run(places: &[usize]) -> Option<Range<usize>> {
    let (first, last) = (*places.first()?, *places.last()?);
    (last + 1 - first == places.len()).then_some(first..last + 1)
}

fn numbers(places: &[usize], device: &Device) -> Tensor<1, Int> {
    let places: Vec<i32> = places.iter().map(|place| *place as i32).collect();
    let shape = [places.len()];
    Tensor::from_data(TensorData::new(places, shape), device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::Scores;
    use crate::value::Guidance;

    #[test]
    fn scores_are_the_same_whenever_they_are_made() {
        let device = Device::flex();
        let vectors = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], &device);
        let head =
            Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]], &device);
        let expected = [
            [1.0, 2.0, 3.0, 0.0],
            [3.0, 4.0, 7.0, 2.0],
            [5.0, 6.0, 11.0, 4.0],
        ];
        let late = Scores::of_vectors(vectors, head, None);
        let early = Scores::of_logits(Tensor::from_floats(expected, &device));
        check(&[late, early], expected);
    }

    #[test]
    fn what_is_not_plausible_is_left_out_whenever_scores_are_made() {
        let device = Device::flex();
        let guidance = Guidance {
            plausibility: 0.5,
            ..Guidance::plain(1.0)
        };
        // Guided vectors, and behind them those that say what is plausible.
        let vectors = [
            [1.0, 2.0],
            [3.0, 4.0],
            [5.0, 6.0],
            [9.0, 0.0],
            [0.0, 9.0],
            [0.5, 0.5],
        ];
        let head = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]];
        let [vectors, head] = [
            Tensor::<2>::from_floats(vectors, &device),
            Tensor::from_floats(head, &device),
        ];
        let out = f32::NEG_INFINITY;
        let expected = [
            [out, out, out, 0.0],
            [out, 4.0, 7.0, out],
            [5.0, 6.0, 11.0, 4.0],
        ];
        let scores = Scores::of_vectors(vectors, head, guidance.lead());
        check(&[scores], expected);
    }

    fn check(scores: &[Scores], expected: [[f32; 4]; 3]) {
        for scores in scores {
            assert_eq!(scores.dims(), [3, 4]);
            for places in [&[0, 1, 2][..], &[1, 2], &[0, 2], &[1]] {
                let some = scores.of(places);
                assert_eq!(some.dims(), [places.len(), 4]);
                let found: Vec<f32> = some.logits().into_data().iter::<f32>().collect();
                let wanted: Vec<f32> = places.iter().flat_map(|place| expected[*place]).collect();
                assert_eq!(found, wanted, "{places:?}");
            }
        }
    }
}
