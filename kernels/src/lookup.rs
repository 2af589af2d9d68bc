//! Rows of a table by their numbers, and rows added up where they belong.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::{FloatDType, Int, Tensor};

use crate::backend::TensorKernels;

/// The rows of `table` at `ids`, in `dtype`.
///
/// `out[i] = table[ids[i]]`; the gradient of a row is the sum of those of its copies, added up in f32 and always in the
/// same order, in the type of `table`.
///
/// Shapes: `table [rows, width]`, `ids [n]` below `rows` → `[n, width]`.
pub fn lookup(table: Tensor<2>, ids: Tensor<1, Int>, dtype: FloatDType) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::lookup(
        table.into_dispatch(),
        ids.into_dispatch(),
        dtype,
    ))
}

/// `out[r] = Σ x[i]` over all `i` with `ids[i] = r`, added up in f32, in the type of `x` and without gradients.
///
/// Shapes: `x [n, width]`, `ids [n]` below `rows` → `[rows, width]`.
pub(crate) fn add_rows(x: Tensor<2>, ids: Tensor<1, Int>, rows: usize) -> Tensor<2> {
    let dtype = x.dtype().into();
    Tensor::from_dispatch(<Dispatch as TensorKernels>::add_rows(
        x.into_dispatch(),
        ids.into_dispatch(),
        rows,
        dtype,
    ))
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, FloatDType, Int, Tensor};

    use super::{add_rows, lookup};

    #[test]
    fn rows_are_found_and_their_gradients_come_back_to_them() {
        let device = Device::flex().autodiff();
        let table = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], &device);
        let table = table.require_grad();
        let ids = Tensor::<1, Int>::from_ints([2, 0, 2], &device);
        let found = lookup(table.clone(), ids, FloatDType::F32);
        let gradients = (found.clone() * found.clone()).sum().backward();
        let numbers = |x: Tensor<2>| -> Vec<f32> { x.into_data().try_into_vec().expect("f32") };
        assert_eq!(numbers(found.inner()), [5.0, 6.0, 1.0, 2.0, 5.0, 6.0]);
        let gradient = table.grad(&gradients).expect("the table learns");
        assert_eq!(numbers(gradient), [2.0, 4.0, 0.0, 0.0, 20.0, 24.0]);
    }

    #[test]
    fn rows_that_nobody_has_are_zero() {
        let device = Device::flex();
        let x = Tensor::<2>::from_floats([[1.0], [2.0], [4.0]], &device);
        let sums = add_rows(x, Tensor::from_ints([1, 3, 1], &device), 4);
        let sums: Vec<f32> = sums.into_data().try_into_vec().expect("f32");
        assert_eq!(sums, [0.0, 5.0, 0.0, 2.0]);
    }
}
