//! Matrices of one byte a number, each row with a scale of its own.

use burn::tensor::Tensor;
use rayon::prelude::*;

/// What the scales of an array of one byte a number are called, behind the array's own name.
pub(super) const SCALE: &str = ".scale";

/// The largest whole number.
const LARGEST: f32 = 127.0;

/// Rows of whole numbers from −127 to 127.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Int8 {
    /// The whole numbers, row by row.
    pub codes: Vec<i8>,
    /// What 1 stands for in each row.
    pub scales: Vec<f32>,
}

impl Int8 {
    /// `rows` rows of `columns` numbers each, which `row` gives; many are asked for at once.
    ///
    /// Errors: those of `row`, or a number is not finite.
    pub fn new(
        rows: usize,
        columns: usize,
        row: impl Fn(usize) -> Result<Vec<f32>, String> + Sync,
    ) -> Result<Self, String> {
        let mut int8 = Self {
            codes: vec![0; rows * columns],
            scales: vec![1.0; rows],
        };
        let codes = int8.codes.par_chunks_mut(columns.max(1));
        let parts = codes.zip(&mut int8.scales).enumerate();
        parts.try_for_each(|(at, (codes, scale))| {
            let numbers = row(at)?;
            if let Some(column) = numbers.iter().position(|number| !number.is_finite()) {
                let place = at * columns + column;
                return Err(format!("holds {} at {place}", numbers[column]));
            }
            *scale = quantise(&numbers, codes);
            Ok(())
        })?;
        Ok(int8)
    }
}

/// Rounds the numbers of a row to the nearest of 255 steps; the largest becomes ±127. Returns what a step stands for.
///
/// Source: the symmetric scheme of Jacob et al., "Quantization and training of neural networks for efficient
/// integer-arithmetic-only inference", 2018, with a scale for each output.
pub(super) fn quantise(row: &[f32], codes: &mut [i8]) -> f32 {
    let largest = row
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let scale = match largest / LARGEST {
        // A row of zeros, or of numbers too small for f32 to divide.
        0.0 => 1.0,
        scale => scale,
    };
    for (code, value) in codes.iter_mut().zip(row) {
        *code = (value / scale).round() as i8;
    }
    scale
}

/// The numbers that the rows of `x` become in one byte a number, made where they lie; see [`quantise`].
///
/// Shapes: `x [rows, columns]` → the same; there is at least one column.
pub fn rounded(x: Tensor<2>) -> Tensor<2> {
    kernels::round_rows(x, LARGEST)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::{Int8, quantise, rounded};

    #[test]
    fn numbers_are_rounded_to_the_nearest_step() {
        let mut codes = [0; 5];
        let scale = quantise(&[-2.54, 1.27, 0.0, 0.029, -0.011], &mut codes);
        assert!((scale - 0.02).abs() < 1e-8, "{scale}");
        assert_eq!(codes, [-127, 64, 0, 1, -1]);
    }

    #[test]
    fn rows_of_zeros_and_of_hardly_anything_stay_finite() {
        let mut codes = [7; 2];
        assert_eq!(quantise(&[0.0, -0.0], &mut codes), 1.0);
        assert_eq!(codes, [0, 0]);
        let scale = quantise(&[1e-44, 0.0], &mut codes);
        assert!(scale > 0.0 && scale.is_finite());
    }

    #[test]
    fn every_row_has_a_scale_and_numbers_must_be_finite() {
        let row = |at: usize| Ok(vec![at as f32, -127.0 * (at + 1) as f32]);
        let int8 = Int8::new(2, 2, row).expect("all are finite");
        assert_eq!(int8.codes, [0, -127, 1, -127]);
        assert_eq!(int8.scales, [1.0, 2.0]);
        let error = Int8::new(1, 2, |_| Ok(vec![1.0, f32::NAN]));
        assert_eq!(error, Err("holds NaN at 1".into()));
    }

    #[test]
    fn rows_are_rounded_alike_wherever_they_lie() {
        const COLUMNS: usize = 37;
        let mut values: Vec<f32> = (0..5 * COLUMNS).map(|at| (at as f32).sin()).collect();
        values[COLUMNS..2 * COLUMNS].fill(0.0);
        values[2 * COLUMNS] = -40.0;
        let data = TensorData::new(values.clone(), [5, COLUMNS]);
        let found = rounded(Tensor::from_data(data, &Device::flex()));
        let found: Vec<f32> = found.into_data().iter::<f32>().collect();
        for (row, found) in values.chunks(COLUMNS).zip(found.chunks(COLUMNS)) {
            let mut codes = [0; COLUMNS];
            let scale = quantise(row, &mut codes);
            let wanted: Vec<f32> = codes.iter().map(|code| f32::from(*code) * scale).collect();
            assert_eq!(found, wanted);
        }
    }
}
