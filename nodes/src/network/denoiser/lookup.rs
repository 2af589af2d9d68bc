//! Rows of a table that learns, by their numbers.

use burn::tensor::{FloatDType, Int, Tensor};

/// The rows of `table` at `ids`, in `dtype`.
///
/// `out[i] = table[ids[i]]`
///
/// They are picked by a matrix product with ones and zeros: adding up gradients by row numbers is many times slower on
/// a card.
///
/// Shapes: `ids [n]` below `rows`, `table [rows, width]` → `[n, width]`.
pub fn lookup(ids: Tensor<1, Int>, table: Tensor<2>, dtype: FloatDType) -> Tensor<2> {
    let ([n], [rows, _]) = (ids.dims(), table.dims());
    let numbers = Tensor::<1, Int>::arange(0..rows as i64, &ids.device());
    let ones = ids.reshape([n, 1]).equal(numbers.reshape([1, rows]));
    let ones = ones.float().cast(dtype);
    kernels::linear(ones, table.swap_dims(0, 1), None)
}
