//! The traps between burn's tensors and kernels that get raw pointers, each a check that can fail.

#[cfg(feature = "cuda")]
mod failure;
mod graph;
mod layout;
mod neighbours;
mod streams;

use burn::tensor::{Device, Tensor};

use crate::contract::{Report, difference};

/// What every check here is called in reports.
pub(crate) const NAME: &str = "bridge";

/// Falls into every trap on purpose.
pub(crate) fn traps(device: &Device) -> Vec<Report> {
    let device = device.clone().inner();
    let mut reports = layout::check(&device, layout::Layout::lay);
    reports.extend(streams::check(&device, shifted));
    reports.push(graph::check(&device, shifted));
    reports.push(graph::check_recording(&device, shifted));
    reports.push(neighbours::check(&device, |x, weight| {
        crate::linear(x, weight, None)
    }));
    #[cfg(feature = "cuda")]
    reports.extend(failure::check(&device));
    reports
}

/// How what was found compares with what was expected, as a share of the largest number.
fn report(
    case: String,
    expected: &[f32],
    found: Result<Vec<f32>, String>,
    tolerance: f32,
) -> Report {
    let (error, failure) = match found {
        Ok(found) => (difference(&found, expected), None),
        Err(reason) => (f32::INFINITY, Some(reason)),
    };
    Report {
        kernel: NAME,
        case,
        what: "value".into(),
        error,
        tolerance,
        passed: error <= tolerance,
        failure,
    }
}

/// Passes where reading what a failed launch should have written fails.
#[cfg(any(feature = "cuda", test))]
fn tainted(case: String, read: Result<Vec<f32>, String>) -> Report {
    let passed = read.is_err();
    let unnoticed = "a launch failed, and its output was read as if it had not";
    Report {
        kernel: NAME,
        case,
        what: "failure".into(),
        error: if passed { 0.0 } else { f32::INFINITY },
        tolerance: 0.0,
        passed,
        failure: (!passed).then(|| unnoticed.into()),
    }
}

/// A step of a chain: a matrix and the weight of the step.
type Link = fn(Tensor<2>, Tensor<2>) -> Tensor<2>;

/// One link of a chain whose numbers are whole and known beforehand: every column moves one to the right, and 1 is
/// added by burn itself.
fn shifted(x: Tensor<2>, shift: Tensor<2>) -> Tensor<2> {
    crate::linear(x, shift, None).add_scalar(1.0)
}

/// The weight with which [`shifted`] moves `size` columns.
fn shift(size: usize, device: &Device) -> Tensor<2> {
    let mut weight = vec![0.0_f32; size * size];
    for column in 0..size {
        weight[column * size + (column + size - 1) % size] = 1.0;
    }
    Tensor::<1>::from_floats(&weight[..], device).reshape([size, size])
}

/// A square matrix of small whole numbers, another for each `seed`.
fn whole_numbers(size: usize, seed: usize) -> Vec<f32> {
    let number = |place: usize| ((place / size * 3 + place % size * (seed + 1)) % 32 + seed) as f32;
    (0..size * size).map(number).collect()
}

/// What `links` of [`shifted`] make of a square matrix.
fn after(links: usize, values: &[f32], size: usize) -> Vec<f32> {
    let from = |place: usize| {
        let (row, column) = (place / size, place % size);
        values[row * size + (column + links * (size - 1)) % size] + links as f32
    };
    (0..size * size).map(from).collect()
}

#[cfg(test)]
mod tests;
