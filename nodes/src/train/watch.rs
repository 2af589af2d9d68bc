//! Losses and gradients under watch, so that no checkpoint is written of weights that are no numbers any longer.

use burn::tensor::Tensor;
use graph::error::NodeError;

/// How many numbers may wait on the device before they are looked at.
const WAITING: usize = 1024;

/// What was learnt since the last look, and what was seen until then.
#[derive(Debug, Default)]
pub struct Watch {
    waiting: Vec<(Origin, Tensor<1>)>,
    sum: f64,
    losses: u32,
    norm: Option<f64>,
}

/// Where a number comes from, counted from 1 as people count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Loss { step: u32, batch: u32 },
    Norm { step: u32, batch: u32 },
}

/// What the steps since the last summary came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The mean loss of their batches.
    pub loss: f64,
    /// The norm of the last step's gradient.
    pub norm: Option<f64>,
}

impl Watch {
    /// Takes note of the losses of batches from `batch` on, parts of `step`, both counted from 1.
    pub fn losses(&mut self, step: u32, batch: u32, losses: Tensor<1>) {
        self.waiting.push((Origin::Loss { step, batch }, losses));
    }

    /// Takes note of the norm of the gradient of `step`, whose last batch is `batch`.
    pub fn norm(&mut self, step: u32, batch: u32, norm: Tensor<1>) {
        self.waiting.push((Origin::Norm { step, batch }, norm));
    }

    /// Whether so much waits that it should be looked at.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING
    }

    /// Looks at all that waits, and so waits for the device.
    ///
    /// Errors: a loss or a norm is no finite number; the first one is named.
    pub fn look(&mut self) -> Result<(), NodeError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = self.waiting.drain(..);
        let (origins, numbers): (Vec<_>, Vec<Tensor<1>>) = waiting.unzip();
        let both = origins.into_iter().zip(&numbers);
        let origins: Vec<Origin> = both
            .flat_map(|(origin, numbers)| {
                (0..numbers.dims()[0] as u32).map(move |at| origin.later(at))
            })
            .collect();
        let numbers = Tensor::cat(numbers, 0).into_data().convert::<f32>();
        for (origin, number) in origins.into_iter().zip(numbers.iter::<f32>()) {
            let number = f64::from(number);
            if !number.is_finite() {
                return Err(origin.failed(number));
            }
            match origin {
                Origin::Loss { .. } => {
                    self.sum += number;
                    self.losses += 1;
                }
                Origin::Norm { .. } => self.norm = Some(number),
            }
        }
        Ok(())
    }

    /// What was seen since the last summary, where anything was.
    pub fn summary(&mut self) -> Option<Summary> {
        let (sum, losses) = (
            std::mem::take(&mut self.sum),
            std::mem::take(&mut self.losses),
        );
        (losses > 0).then(|| Summary {
            loss: sum / f64::from(losses),
            norm: self.norm,
        })
    }
}

impl Origin {
    /// Where the number comes from that lies so many places behind this one's.
    fn later(self, places: u32) -> Self {
        match self {
            Self::Loss { step, batch } => Self::Loss {
                step,
                batch: batch.saturating_add(places),
            },
            Self::Norm { .. } => self,
        }
    }

    fn failed(self, number: f64) -> NodeError {
        let (what, step, batch) = match self {
            Self::Loss { step, batch } => ("the loss", step, batch),
            Self::Norm { step, batch } => ("the norm of the gradient", step, batch),
        };
        NodeError::failed(
            format!(
                "{what} is {number} at step {step}, batch {batch}; no checkpoint was written of that"
            ),
            "lower `learning_rate`, raise `warmup` or set `clip`, and go on from the last checkpoint with `resume`",
        )
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::{Summary, Watch};

    fn number(value: f32) -> Tensor<1> {
        Tensor::from_floats([value], &Device::flex())
    }

    #[test]
    fn losses_are_averaged_over_looks_and_the_last_norm_is_told() {
        let mut watch = Watch::default();
        assert_eq!(watch.summary(), None);
        watch.losses(1, 1, number(2.0));
        watch.norm(1, 1, number(0.5));
        assert_eq!(watch.look(), Ok(()));
        watch.losses(2, 2, number(4.0));
        watch.norm(2, 2, number(0.25));
        assert_eq!(watch.look(), Ok(()));
        let summary = watch.summary();
        let wanted = Summary {
            loss: 3.0,
            norm: Some(0.25),
        };
        assert_eq!(summary, Some(wanted));
        assert_eq!(watch.summary(), None);
    }

    #[test]
    fn the_first_number_that_is_none_is_named() {
        for (loss, norm, expected) in [
            (f32::NAN, f32::NAN, "the loss is NaN at step 3, batch 6"),
            (
                1.0,
                f32::INFINITY,
                "the norm of the gradient is inf at step 3, batch 6",
            ),
        ] {
            let mut watch = Watch::default();
            watch.losses(3, 5, Tensor::cat(vec![number(1.0), number(loss)], 0));
            watch.norm(3, 6, number(norm));
            watch.losses(4, 7, number(f32::NAN));
            let refused = watch.look().expect_err("there is no such loss");
            assert!(refused.to_string().contains(expected), "{refused}");
        }
    }
}
