//! What a training run tells about itself.

use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use graph::preview::Preview;
use graph::run::Run;
use kernels::row_mean;

use crate::tokenizer::figures::{Usage, psnr};
use crate::value::Curve;

/// How many pictures a preview shows.
const SHOWN: usize = 8;

/// The figures of one batch.
pub(super) struct Figures {
    pub(super) loss: f64,
    /// Of each picture, then averaged.
    pub(super) psnr: f64,
    pub(super) usage: Usage,
}

impl Figures {
    /// Reads the figures from the device; this waits for it.
    ///
    /// Shapes: `loss [1]`, `difference [batch, height, width, 3]` of values from −1 to 1.
    pub(super) fn read(loss: Tensor<1>, difference: Tensor<4>, usage: Usage) -> Self {
        let [b, height, width, channels] = difference.dims();
        let difference = difference.reshape([b, height * width * channels]);
        let squares = row_mean(difference.clone() * difference);
        let numbers: Vec<f64> = Tensor::cat(vec![loss, squares], 0)
            .into_data()
            .convert::<f32>()
            .iter::<f64>()
            .collect();
        let loss = numbers.first().copied().unwrap_or(f64::NAN);
        // Values from −1 to 1 lie twice as far apart as those from 0 to 1.
        let decibels = numbers.iter().skip(1).map(|square| psnr(square / 4.0));
        Self {
            loss,
            psnr: decibels.sum::<f64>() / b as f64,
            usage,
        }
    }

    /// Adds the figures to the curve and to the log.
    pub(super) fn tell(&self, step: u32, pace: &Pace, curve: &mut Curve, run: &Run) {
        let x = f64::from(step);
        curve.push("loss", x, self.loss);
        curve.push("PSNR (dB)", x, self.psnr);
        curve.push("code usage", x, self.usage.share());
        curve.push("perplexity", x, self.usage.perplexity());
        run.note(format!(
            "step {step}: loss {:.4}, PSNR {:.2} dB, {} codes used, perplexity {:.0}, {}",
            self.loss,
            self.psnr,
            self.usage.used(),
            self.usage.perplexity(),
            pace.line(step),
        ));
    }
}

/// How fast a run is.
pub(super) struct Pace {
    started: Instant,
    since: Instant,
    step: u32,
    /// How long the run has waited for pictures since the last point of the curve.
    pub(super) waited: Duration,
}

impl Pace {
    pub(super) fn new(step: u32) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            since: now,
            step,
            waited: Duration::ZERO,
        }
    }

    fn line(&self, step: u32) -> String {
        let took = self.since.elapsed().as_secs_f64().max(1e-9);
        format!(
            "{:.1} steps/s, {:.0} % of it waiting for pictures, {:.0} s",
            f64::from(step - self.step) / took,
            100.0 * self.waited.as_secs_f64() / took,
            self.started.elapsed().as_secs_f64(),
        )
    }

    /// Starts to count anew.
    pub(super) fn logged(&mut self, step: u32) {
        self.since = Instant::now();
        self.step = step;
        self.waited = Duration::ZERO;
    }
}

/// A few pictures above what became of them.
///
/// Shapes: both `[batch, height, width, 3]`, about from −1 to 1.
pub(super) fn sheet(pictures: &Tensor<4>, reconstructions: &Tensor<4>) -> Preview {
    let [b, height, width, _] = pictures.dims();
    let shown = SHOWN.min(b);
    let row = |pixels: &Tensor<4>| {
        let few = pixels.clone().narrow(0, 0, shown);
        few.swap_dims(0, 1).reshape([height, shown * width * 3])
    };
    let both = Tensor::cat(vec![row(pictures), row(reconstructions)], 0);
    let bytes = both
        .add_scalar(1.0)
        .mul_scalar(127.5)
        .round()
        .clamp(0.0, 255.0);
    let pixels: Vec<u8> = bytes
        .into_data()
        .convert::<f32>()
        .iter::<f32>()
        .map(|value| value as u8)
        .collect();
    Preview::image((shown * width) as u32, (2 * height) as u32, pixels)
}
