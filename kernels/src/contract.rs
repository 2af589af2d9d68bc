//! What every kernel owes: a reference that defines it, cases, a tolerance, and agreement in values and gradients.

#[cfg(test)]
pub(crate) mod planted;

use std::fmt::Debug;

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::noise::Noise;

/// An operation with a plain definition and a fast version that must agree.
///
/// Tensors cross the contract flat, in the order of [`Kernel::inputs`]; a case knows their shapes.
pub trait Kernel {
    /// Sizes, types and options of one check.
    type Case: Debug + 'static;

    /// What the kernel is called in reports.
    const NAME: &'static str;

    /// Whether gradients flow through it; where none do, values alone are compared.
    const GRADIENTS: bool = true;

    /// The checks, small enough for a CPU and odd enough to meet every path.
    const CASES: &'static [Self::Case];

    /// How far values and gradients may be off, as a share of the largest number of the reference, and why.
    fn tolerance(case: &Self::Case) -> f32;

    /// Random inputs of a case.
    fn inputs(case: &Self::Case, noise: &mut Noise) -> Vec<Input>;

    /// The definition, in f32.
    fn reference(case: &Self::Case, inputs: &[Tensor<1>]) -> Tensor<1>;

    /// The fast version, in the types of [`Kernel::inputs`]; its result is flat, of any float type.
    fn fast(case: &Self::Case, inputs: &[Tensor<1>]) -> Tensor<1>;
}

/// One input of a kernel.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name in reports.
    pub name: &'static str,
    /// Its numbers, row by row.
    pub values: Vec<f32>,
    /// The type the fast version gets them in.
    pub dtype: DType,
}

/// How one number of a kernel compared with its reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The kernel's name.
    pub kernel: &'static str,
    /// The case, as its sizes and options.
    pub case: String,
    /// What was compared: `value`, or `gradient of NAME`.
    pub what: String,
    /// The largest difference, as a share of the largest number of the reference; infinite if the kernel failed.
    pub error: f32,
    /// What was allowed.
    pub tolerance: f32,
    /// Whether the error is within the tolerance.
    pub passed: bool,
    /// Why there is nothing to compare, where the kernel failed.
    pub failure: Option<String>,
}

/// Compares value and gradients of `K` on `device` with the reference on the CPU, for every case whose description is
/// `wanted`.
pub fn parity<K: Kernel>(device: &Device, wanted: &dyn Fn(&str) -> bool) -> Vec<Report> {
    let mut reports = Vec::new();
    let cases = K::CASES.iter().enumerate();
    for (number, case) in cases.filter(|(_, case)| wanted(&format!("{case:?}"))) {
        let mut noise = Noise::new(number as u64);
        let inputs = K::inputs(case, &mut noise);
        let cpu = with_gradients(&Device::flex(), K::GRADIENTS);
        let f32s: Vec<Input> = inputs
            .iter()
            .map(|input| Input {
                dtype: DType::F32,
                ..input.clone()
            })
            .collect();

        let expected = evaluate(|tensors| K::reference(case, tensors), &f32s, &cpu, &noise);
        let device = with_gradients(device, K::GRADIENTS);
        let found = evaluate(|tensors| K::fast(case, tensors), &inputs, &device, &noise);
        let expected = expected.expect("the reference runs on the CPU");

        let differentiable = if K::GRADIENTS { &inputs[..] } else { &[] };
        let names = std::iter::once("value".to_owned()).chain(
            differentiable
                .iter()
                .map(|input| format!("gradient of {}", input.name)),
        );
        for (index, what) in names.enumerate() {
            let (error, failure) = match &found {
                Ok(found) => (difference(&found[index], &expected[index]), None),
                Err(reason) => (f32::INFINITY, Some(reason.clone())),
            };
            let tolerance = K::tolerance(case);
            reports.push(Report {
                kernel: K::NAME,
                case: format!("{case:?}"),
                what,
                error,
                tolerance,
                passed: error <= tolerance,
                failure,
            });
        }
    }
    reports
}

/// `device` with or without gradients.
fn with_gradients(device: &Device, gradients: bool) -> Device {
    let device = device.clone().inner();
    if gradients {
        return device.autodiff();
    }
    device
}

/// The value and, on a device with gradients, those of `Σ value·weights` with fixed random weights; all in f32.
fn evaluate(
    run: impl Fn(&[Tensor<1>]) -> Tensor<1>,
    inputs: &[Input],
    device: &Device,
    noise: &Noise,
) -> Result<Vec<Vec<f32>>, String> {
    let tensors: Vec<Tensor<1>> = inputs
        .iter()
        .map(|input| {
            let data = TensorData::new(input.values.clone(), [input.values.len()]);
            let tensor = Tensor::<1>::from_data(data, (device, DType::F32)).cast(input.dtype);
            if device.is_autodiff() {
                tensor.detach().require_grad()
            } else {
                tensor
            }
        })
        .collect();
    let value = run(&tensors).cast(DType::F32);
    if !device.is_autodiff() {
        return Ok(vec![read(value)?]);
    }

    let count = value.dims()[0];
    // Powers of two, so that the gradient enters the kernel unrounded, and is not rounded again behind it.
    let weights = TensorData::new(noise.clone().powers(count), [count]);
    let weights = Tensor::<1>::from_data(weights, (device, DType::F32));
    let gradients = (value.clone() * weights).sum().backward();

    let mut numbers = vec![read(value)?];
    for (tensor, input) in tensors.iter().zip(inputs) {
        let gradient = tensor
            .grad(&gradients)
            .ok_or_else(|| format!("no gradient came back to {}", input.name))?;
        numbers.push(read(gradient)?);
    }
    Ok(numbers)
}

/// The numbers of a tensor in f32, or what went wrong on the device.
pub(crate) fn read(tensor: Tensor<1>) -> Result<Vec<f32>, String> {
    let data = tensor
        .cast(DType::F32)
        .try_into_data()
        .map_err(|error| format!("{error:?}"))?;
    data.try_into_vec().map_err(|error| format!("{error:?}"))
}

/// The largest difference as a share of the largest expected number; infinite for other lengths and for numbers that
/// are not finite.
pub(crate) fn difference(found: &[f32], expected: &[f32]) -> f32 {
    if found.len() != expected.len() || !found.iter().all(|number| number.is_finite()) {
        return f32::INFINITY;
    }
    let largest = expected
        .iter()
        .fold(0.0_f32, |largest, number| largest.max(number.abs()));
    let apart = found
        .iter()
        .zip(expected)
        .fold(0.0_f32, |apart, (found, expected)| {
            apart.max((found - expected).abs())
        });
    if apart == 0.0 {
        return 0.0;
    }
    apart / largest
}

/// What `dtype` costs: for bf16 half as much again as rounding once, for what rounds on the way to the result; for f32
/// room for a hundred terms added in another order.
///
/// A wrong constant of one per cent lies beyond both.
pub fn rounding(dtype: DType) -> f32 {
    if dtype == DType::BF16 {
        return 1.5 * 2.0_f32.powi(-8);
    }
    1e-5
}
