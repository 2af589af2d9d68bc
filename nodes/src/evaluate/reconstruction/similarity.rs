//! Structural similarity of two pictures.

/// The radius and the spread of the Gaussian window.
const RADIUS: usize = 5;
const SIGMA: f64 = 1.5;

/// Structural similarity of luma, averaged over all windows of 11 × 11 pixels that lie inside the picture; where the
/// picture is smaller, windows end at its edges.
///
/// `SSIM = (2·μₐ·μ_b + c₁)(2·σ_ab + c₂) / ((μₐ² + μ_b² + c₁)(σₐ² + σ_b² + c₂))`, `c₁ = 0.01²`, `c₂ = 0.03²`
///
/// Shapes: both `height × width × 3` bytes.
/// Source: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004.
pub(super) fn structural_similarity(a: &[u8], b: &[u8], width: usize) -> f64 {
    let (a, b) = (luma(a), luma(b));
    if width == 0 || a.len() != b.len() || a.is_empty() {
        return f64::NAN;
    }
    let height = a.len() / width;
    let blurred = |of: &dyn Fn(usize) -> f64| {
        let values: Vec<f64> = (0..a.len()).map(of).collect();
        blur(&values, height, width)
    };
    let mean_a = blurred(&|at| a[at]);
    let mean_b = blurred(&|at| b[at]);
    let square_a = blurred(&|at| a[at] * a[at]);
    let square_b = blurred(&|at| b[at] * b[at]);
    let product = blurred(&|at| a[at] * b[at]);

    const C1: f64 = 0.01 * 0.01;
    const C2: f64 = 0.03 * 0.03;
    let similarity = (0..mean_a.len()).map(|at| {
        let (ma, mb) = (mean_a[at], mean_b[at]);
        let variance_a = square_a[at] - ma * ma;
        let variance_b = square_b[at] - mb * mb;
        let covariance = product[at] - ma * mb;
        (2.0 * ma * mb + C1) * (2.0 * covariance + C2)
            / ((ma * ma + mb * mb + C1) * (variance_a + variance_b + C2))
    });
    similarity.sum::<f64>() / mean_a.len() as f64
}

/// Luma from 0 to 1 (ITU-R BT.601).
fn luma(bytes: &[u8]) -> Vec<f64> {
    let weigh = |pixel: &[u8]| {
        let weights = [0.299, 0.587, 0.114];
        let parts = pixel.iter().zip(weights);
        parts
            .map(|(level, weight)| f64::from(*level) * weight)
            .sum::<f64>()
            / 255.0
    };
    bytes.chunks_exact(3).map(weigh).collect()
}

/// The Gaussian means of all windows that lie inside, row by row.
fn blur(values: &[f64], height: usize, width: usize) -> Vec<f64> {
    let (down, across) = (window(height), window(width));
    let columns = width + 1 - across.len();
    let mut rows = Vec::with_capacity(height * columns);
    for row in values.chunks(width) {
        let means = row.windows(across.len()).map(|window| {
            let parts = window.iter().zip(&across);
            parts.map(|(value, weight)| value * weight).sum::<f64>()
        });
        rows.extend(means);
    }
    let mut means = Vec::with_capacity((height + 1 - down.len()) * columns);
    for top in 0..=height - down.len() {
        for column in 0..columns {
            let parts = down.iter().enumerate();
            let mean = parts.map(|(y, weight)| rows[(top + y) * columns + column] * weight);
            means.push(mean.sum());
        }
    }
    means
}

/// The weights of a window over a side of `length` pixels.
fn window(length: usize) -> Vec<f64> {
    let size = (2 * RADIUS + 1).min(length);
    let middle = (size as f64 - 1.0) / 2.0;
    let weights: Vec<f64> = (0..size)
        .map(|at| (-(at as f64 - middle).powi(2) / (2.0 * SIGMA * SIGMA)).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::structural_similarity;

    #[test]
    fn equal_pictures_are_one_and_flat_ones_compare_by_their_means() {
        let picture: Vec<u8> = (0..16 * 16 * 3).map(|at| (at * 7 % 256) as u8).collect();
        assert!((structural_similarity(&picture, &picture, 16) - 1.0).abs() < 1e-9);

        let (dark, light) = (vec![51_u8; 16 * 16 * 3], vec![102_u8; 16 * 16 * 3]);
        // Means of 0.2 and 0.4, nothing varies: (2 · 0.08 + c₁) / (0.04 + 0.16 + c₁).
        let expected = 0.1601 / 0.2001;
        let found = structural_similarity(&dark, &light, 16);
        assert!((found - expected).abs() < 1e-9, "{found}");
    }

    #[test]
    fn a_picture_turned_inside_out_is_unlike_itself() {
        let picture: Vec<u8> = (0..12 * 12)
            .flat_map(|at| [if at % 2 == 0 { 0 } else { 255 }; 3])
            .collect();
        let inverse: Vec<u8> = picture.iter().map(|level| 255 - level).collect();
        assert!(structural_similarity(&picture, &inverse, 12) < -0.9);
    }
}
