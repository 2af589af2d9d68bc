//! Rows of a table by their numbers.

use burn::tensor::{FloatDType, Int, Tensor};

/// The rows of `table` at `ids`, in `dtype`.
///
/// `out[i] = table[ids[i]]`
///
/// Where the table learns, the rows are picked by a matrix product with ones and zeros: adding up gradients by row
/// numbers is many times slower on a card.
///
/// Shapes: `ids [n]` below `rows`, `table [rows, width]` → `[n, width]`.
pub fn lookup(ids: Tensor<1, Int>, table: Tensor<2>, dtype: FloatDType) -> Tensor<2> {
    if !table.is_tracked() {
        return table.select(0, ids).cast(dtype);
    }
    let ([n], [rows, _]) = (ids.dims(), table.dims());
    let numbers = Tensor::<1, Int>::arange(0..rows as i64, &ids.device());
    let ones = ids.reshape([n, 1]).equal(numbers.reshape([1, rows]));
    let ones = ones.float().cast(dtype);
    kernels::linear(ones, table.swap_dims(0, 1), None)
}
