//! Positions as rotations (RoPE with YaRN's frequencies).

use std::f64::consts::TAU;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::{DenoiserConfig, RopeConfig};

/// The rotations of every position of a sequence, for queries and for keys.
#[derive(Clone, Debug)]
pub struct Rotary {
    query: Turn,
    key: Turn,
}

/// Cosines and sines of each place and pair, `[places, half]`, with what they are scaled by.
///
/// The places are those of one sequence, or of one behind the other.
#[derive(Clone, Debug)]
struct Turn {
    cos: Tensor<2>,
    sin: Tensor<2>,
}

impl Rotary {
    /// The rotations of `length` positions; queries are scaled for attention as well.
    pub fn new(config: &DenoiserConfig, length: usize, device: &Device) -> Self {
        let frequencies = frequencies(&config.rope, config.head_width);
        let root = (config.head_width as f64).sqrt();
        let scales: Vec<f64> = (0..length)
            .map(|position| query_scale(&config.rope, position) / root)
            .collect();
        Self {
            query: Turn::new(&frequencies, &scales, device),
            key: Turn::new(&frequencies, &vec![1.0; length], device),
        }
    }

    /// The rotations of sequences of which only some places are there.
    ///
    /// Shapes: `places [sequences · n]`, those of the first sequence in front.
    #[must_use]
    pub fn at(&self, places: &Tensor<1, Int>) -> Self {
        Self {
            query: self.query.at(places),
            key: self.key.at(places),
        }
    }

    /// Queries turned and scaled.
    ///
    /// Shapes: `x [batch, length, heads, width]` → the same.
    pub fn queries(&self, x: Tensor<4>) -> Tensor<4> {
        self.query.turned(x)
    }

    /// Keys turned.
    ///
    /// Shapes: as for [`Rotary::queries`].
    pub fn keys(&self, x: Tensor<4>) -> Tensor<4> {
        self.key.turned(x)
    }
}

impl Turn {
    fn new(frequencies: &[f64], scales: &[f64], device: &Device) -> Self {
        let half = frequencies.len();
        let length = scales.len();
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for (position, scale) in scales.iter().enumerate() {
            // As the official code does, angles are formed in f32: far positions would differ otherwise.
            let angles = frequencies
                .iter()
                .map(|frequency| f64::from(*frequency as f32 * position as f32));
            let (cosines, sines): (Vec<f64>, Vec<f64>) =
                angles.map(|angle| (angle.cos(), angle.sin())).unzip();
            cos.extend(cosines.iter().map(|cosine| (cosine * scale) as f32));
            sin.extend(sines.iter().map(|sine| (sine * scale) as f32));
        }
        let tensor = |values: Vec<f32>| {
            let data = TensorData::new(values, [length, half]);
            Tensor::from_data(data, (device, DType::F32))
        };
        Self {
            cos: tensor(cos),
            sin: tensor(sin),
        }
    }

    fn at(&self, places: &Tensor<1, Int>) -> Self {
        let [cos, sin] = [&self.cos, &self.sin].map(|all| all.clone().select(0, places.clone()));
        Self { cos, sin }
    }

    fn turned(&self, x: Tensor<4>) -> Tensor<4> {
        let (shape, [places, _]) = (x.dims(), self.cos.dims());
        let (cos, sin) = (self.cos.clone(), self.sin.clone());
        if shape[1] == places {
            return kernels::rotate(x, cos, sin);
        }
        // Sequences of places of their own are one long sequence.
        let x = x.reshape([1, shape[0] * shape[1], shape[2], shape[3]]);
        kernels::rotate(x, cos, sin).reshape(shape)
    }
}

/// How far each pair of a head of `width` numbers turns from one position to the next.
///
/// Source: Peng et al., "YaRN", 2023; the pairs between the two bounds are a straight blend.
pub fn frequencies(rope: &RopeConfig, width: usize) -> Vec<f64> {
    let bound = |turns: f64| {
        let positions = rope.original_positions as f64;
        width as f64 * (positions / (turns * TAU)).ln() / (2.0 * rope.theta.ln())
    };
    let low = bound(rope.beta_fast).floor().max(0.0);
    let high = bound(rope.beta_slow).ceil().min(width as f64 - 1.0);
    let span = if high > low { high - low } else { 0.001 };
    (0..width / 2)
        .map(|pair| {
            let plain = rope.theta.powf(-2.0 * pair as f64 / width as f64);
            let slowed = ((pair as f64 - low) / span).clamp(0.0, 1.0);
            plain * (1.0 - slowed) + plain / rope.factor * slowed
        })
        .collect()
}

/// How much a query at `position` grows.
pub fn query_scale(rope: &RopeConfig, position: usize) -> f64 {
    let laps = (position / rope.original_positions.max(1)) as f64;
    1.0 + rope.query_beta * (1.0 + laps).ln()
}
