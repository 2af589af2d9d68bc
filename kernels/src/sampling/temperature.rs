//! How chance fades over the steps.

use std::f64::consts::FRAC_PI_2;

/// How the share of the temperature falls from 1 at the first step to nothing at the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TemperatureCurve {
    /// `x`.
    Linear,
    /// `cos(π/2·(1 − x))`.
    Cosine,
    /// `s·x / (1 + (s − 1)·x)` with the given `s`.
    Shift(f32),
    /// `max(1e-4, (1 − e^{−5x}) / (1 − e^{−5}))`.
    Exponential,
}

/// The share of the choice temperature at `step`, counted from 0, of `steps`: from 1 down to `minimum`.
///
/// `f(1 − k/(T − 1))·(1 − m) + m`
///
/// Source: NLD-Image, sampler, whose `m` is 0.01.
pub fn local_temperature(curve: TemperatureCurve, step: usize, steps: usize, minimum: f32) -> f32 {
    let x = if steps <= 1 {
        1.0
    } else {
        1.0 - step as f64 / (steps - 1) as f64
    };
    let share = match curve {
        TemperatureCurve::Linear => x,
        TemperatureCurve::Cosine => (FRAC_PI_2 * (1.0 - x)).cos(),
        TemperatureCurve::Shift(shift) => {
            let shift = f64::from(shift);
            shift * x / (1.0 + (shift - 1.0) * x)
        }
        TemperatureCurve::Exponential => {
            ((1.0 - (-5.0 * x).exp()) / (1.0 - (-5.0_f64).exp())).max(1e-4)
        }
    };
    // A minimum of 0.01 means that of decimal notation, not the f32 beside it.
    let minimum = (f64::from(minimum) * 1e6).round() / 1e6;
    (share * (1.0 - minimum) + minimum) as f32
}
