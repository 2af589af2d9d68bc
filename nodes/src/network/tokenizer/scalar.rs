//! Finite scalar quantisation: each dimension is rounded to one of a few levels.

use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation::sigmoid};

/// Brings a normally distributed number closest to an even spread over the unit interval when a sigmoid is applied:
/// then all levels, and so all codes, are used about equally often.
const SPREAD: f32 = 1.6;

/// Keeps the largest number that f32 rounds to below the last level's upper end.
const BELOW_ONE: f32 = 1.0 - 1e-5;

/// Finite scalar quantisation: a sigmoid bounds each dimension, which is then rounded to the middle of one of its
/// equally wide levels.
///
/// `s = levels · sigmoid(1.6·z)`, `level = ⌊s⌋`, `vector = (2·level + 1) / levels − 1`
///
/// The gradient is that of `2·s / levels − 1`. Codes are numbered along a Z-order curve through the grid of levels, so
/// that a run of neighbouring codes is a small cube of neighbouring vectors.
///
/// Source: Mentzer et al., "Finite scalar quantization: VQ-VAE made simple", 2023; the bound and the even levels are
/// our own, chosen for even use.
#[derive(Clone, Debug)]
pub struct ScalarQuantiser {
    levels: Vec<usize>,
    /// The code of each combination of levels, the last dimension running fastest.
    codes: Vec<i32>,
    /// The combination of levels of each code.
    combinations: Vec<usize>,
}

impl ScalarQuantiser {
    /// Quantisation to `levels`, one number for each dimension.
    pub fn new(levels: &[usize]) -> Self {
        let count = levels.iter().product();
        let mut combinations: Vec<usize> = (0..count).collect();
        combinations.sort_by_key(|combination| z_order(&split(*combination, levels), levels));
        let mut codes = vec![0; count];
        for (code, combination) in combinations.iter().enumerate() {
            codes[*combination] = code as i32;
        }
        Self {
            levels: levels.to_vec(),
            codes,
            combinations,
        }
    }

    /// Latents rounded to levels, with the gradient of the bounded latents.
    ///
    /// Shapes: `latents [n, dimensions]` → the same.
    pub fn round(&self, latents: Tensor<2>) -> Tensor<2> {
        let levels = self.row(|count| count as f32, &latents.device());
        let scaled = self.scale(latents, levels.clone());
        let middle = (scaled.clone().floor() + 0.5).detach();
        // The value of `middle`, the gradient of `scaled`.
        let rounded = scaled.clone() + (middle - scaled.detach());
        (rounded / levels).mul_scalar(2.0).sub_scalar(1.0)
    }

    /// The codes of latents.
    ///
    /// Shapes: `latents [n, dimensions]` → `[n]`.
    pub fn codes(&self, latents: Tensor<2>) -> Tensor<1, Int> {
        let device = latents.device();
        let levels = self.row(|count| count as f32, &device);
        let mut weight = self.codes.len();
        let weights: Vec<f32> = self
            .levels
            .iter()
            .map(|count| {
                weight /= count;
                weight as f32
            })
            .collect();
        let weights = row(weights, &device);

        let combination = (self.scale(latents, levels).floor() * weights)
            .sum_dim(1)
            .squeeze_dim::<1>(1)
            .add_scalar(0.5)
            .int();
        let codes = Tensor::<1, Int>::from_ints(self.codes.as_slice(), &device);
        codes.select(0, combination)
    }

    /// The vectors of all codes, `[codes, dimensions]`.
    pub fn vectors(&self, device: &Device) -> Tensor<2> {
        let values: Vec<f32> = self
            .combinations
            .iter()
            .flat_map(|combination| {
                split(*combination, &self.levels)
                    .into_iter()
                    .zip(&self.levels)
            })
            .map(|(level, count)| (2 * level + 1) as f32 / *count as f32 - 1.0)
            .collect();
        let shape = [self.codes.len(), self.levels.len()];
        Tensor::from_data(TensorData::new(values, shape), (device, DType::F32))
    }

    fn scale(&self, latents: Tensor<2>, levels: Tensor<2>) -> Tensor<2> {
        sigmoid(latents.mul_scalar(SPREAD)) * levels.mul_scalar(BELOW_ONE)
    }

    fn row(&self, of: impl Fn(usize) -> f32, device: &Device) -> Tensor<2> {
        row(self.levels.iter().map(|count| of(*count)).collect(), device)
    }
}

fn row(values: Vec<f32>, device: &Device) -> Tensor<2> {
    let shape = [1, values.len()];
    Tensor::from_data(TensorData::new(values, shape), (device, DType::F32))
}

/// The level of each dimension.
fn split(mut combination: usize, levels: &[usize]) -> Vec<usize> {
    let mut split: Vec<usize> = levels
        .iter()
        .rev()
        .map(|count| {
            let level = combination % count;
            combination /= count;
            level
        })
        .collect();
    split.reverse();
    split
}

/// Where a combination lies on the Z-order curve: the leading bits of all dimensions first, then the next ones.
fn z_order(combination: &[usize], levels: &[usize]) -> u128 {
    const BITS: usize = 6;
    let mut key = 0;
    for bit in (0..BITS).rev() {
        for (level, count) in combination.iter().zip(levels) {
            let fraction = level * (1 << BITS) / count;
            key = key << 1 | (fraction >> bit & 1) as u128;
        }
    }
    key
}
