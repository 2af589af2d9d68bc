//! What leads the denoiser towards a prompt.

use burn::tensor::{DType, Tensor};
use kernels::sampling::{Picked, draw_plausible, plausible, plausible_logits};

use super::Prompt;

/// Classifier-free guidance: `(1 + scale) · conditional − scale · other`.
#[derive(Clone, Copy, Debug)]
pub struct Guidance<'a> {
    /// How strongly the prompt is followed; 0 is the conditional branch alone.
    pub scale: f32,
    /// What the pictures shall not show; `None` takes the unconditional branch.
    pub negative: Option<&'a Prompt>,
    /// The share of the likeliest token's conditional probability below which guidance may not choose a token; 0 leaves it
    /// all of them.
    pub plausibility: f32,
}

/// What guidance makes of two branches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lead {
    scale: f32,
    plausibility: f32,
}

impl Guidance<'_> {
    /// Away from the unconditional branch, to any token.
    pub fn plain(scale: f32) -> Self {
        Self {
            scale,
            negative: None,
            plausibility: 0.0,
        }
    }

    /// What it makes of two branches; `None` where it leads nowhere.
    pub fn lead(&self) -> Option<Lead> {
        (self.scale != 0.0).then_some(Lead {
            scale: self.scale,
            plausibility: self.plausibility,
        })
    }
}

impl Lead {
    /// Guided features, in f32; where it is asked what is plausible, the conditional ones behind them.
    ///
    /// Behind the norm everything is linear, so that guided features give guided logits.
    ///
    /// Shapes: `features [2 · rows, width]`, the conditional ones first → `[parts · rows, width]`.
    pub fn features(self, features: Tensor<2>) -> Tensor<2> {
        let rows = features.dims()[0] / 2;
        let both = features.cast(DType::F32);
        let (own, other) = (both.clone().narrow(0, 0, rows), both.narrow(0, rows, rows));
        let guided = own.clone().mul_scalar(1.0 + self.scale) - other.mul_scalar(self.scale);
        if self.parts() == 1 {
            return guided;
        }
        Tensor::cat(vec![guided, own], 0)
    }

    /// Guided logits, −∞ for what is not plausible.
    ///
    /// Shapes: `logits [parts · rows, codes]`, those of [`features`](Self::features) → `[rows, codes]`.
    pub fn logits(self, logits: Tensor<2>) -> Tensor<2> {
        if self.parts() == 1 {
            return logits;
        }
        let rows = logits.dims()[0] / 2;
        let own = logits.clone().narrow(0, rows, rows);
        plausible(logits.narrow(0, 0, rows), own, self.plausibility)
    }

    /// The same of the vectors of positions, guided ones and conditional ones, and the matrix that makes logits of both.
    ///
    /// Shapes: `guided [rows, width]`, `own [rows, width]`, `head [codes, width]` → `[rows, codes]`.
    pub fn logits_of(self, guided: Tensor<2>, own: Tensor<2>, head: Tensor<2>) -> Tensor<2> {
        plausible_logits(guided, own, head, self.plausibility)
    }

    /// A token for each position, drawn from those logits at `temperature`, which is above 0, by the position's number.
    ///
    /// Shapes: as [`logits_of`](Self::logits_of), `uniforms [rows]` in [0, 1] → `[rows]` each.
    pub fn draw_of(
        self,
        [guided, own, head]: [Tensor<2>; 3],
        uniforms: Tensor<1>,
        temperature: f32,
    ) -> Picked {
        let share = self.plausibility;
        draw_plausible(guided, own, head, share, uniforms, temperature)
    }

    /// How many rows features and logits have for each position: a guided one, and where it is asked what is plausible, the
    /// conditional one.
    pub fn parts(self) -> usize {
        1 + usize::from(self.plausibility > 0.0)
    }

    /// The bits of its numbers.
    pub fn bits(self) -> [u32; 2] {
        [self.scale, self.plausibility].map(f32::to_bits)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::{Guidance, Lead};

    fn lead(scale: f32, plausibility: f32) -> Option<Lead> {
        let guidance = Guidance {
            scale,
            negative: None,
            plausibility,
        };
        guidance.lead()
    }

    fn rows<const ROWS: usize>(rows: [[f32; 3]; ROWS]) -> Tensor<2> {
        Tensor::from_floats(rows, &Device::flex())
    }

    fn values(tensor: Tensor<2>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    #[test]
    fn a_code_that_both_branches_think_little_of_is_left_out() {
        let both = || rows([[3.0, 2.0, -9.0], [3.0, 3.0, -30.0]]);
        let plain = lead(1.0, 0.0).expect("it leads");
        let guided = plain.logits(plain.features(both()));
        assert_eq!(values(guided), [3.0, 1.0, 12.0]);
        let strict = lead(1.0, 0.01).expect("it leads");
        let guided = strict.logits(strict.features(both()));
        assert_eq!(values(guided), [3.0, 1.0, f32::NEG_INFINITY]);
        assert_eq!((plain.parts(), strict.parts()), (1, 2));
        assert_eq!(lead(0.0, 0.01), None);
    }
}
