//! The numbers of tensors of f32, as loops read and write them.

use burn::backend::{Flex, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{DType, Shape, TensorData};
use rayon::prelude::*;

use super::lanes::wide;

/// Numbers that a task works on at a time at least, so that handing it out is worth it.
const TASK: usize = 1 << 14;

/// Whether all are of f32, and there is something in the first.
pub(super) fn are_served(tensors: &[&FloatTensor<Flex>]) -> bool {
    let some = tensors
        .first()
        .is_some_and(|x| x.shape().num_elements() > 0);
    some && tensors.iter().all(|x| x.dtype() == DType::F32)
}

/// How many rows of so many columns a task takes.
pub(super) fn rows_of_a_task(columns: usize) -> usize {
    TASK.div_ceil(columns.max(1))
}

/// The tensor with its numbers one behind the other and none beside them.
pub(super) fn dense(x: FloatTensor<Flex>) -> FloatTensor<Flex> {
    x.to_contiguous()
}

/// The numbers of a dense tensor of f32.
pub(super) fn read(dense: &FloatTensor<Flex>) -> &[f32] {
    dense.storage()
}

/// The numbers of a dense tensor of f32, copied where somebody else needs them as they are.
pub(super) fn write(dense: &mut FloatTensor<Flex>) -> &mut [f32] {
    dense.storage_mut()
}

/// A tensor of these numbers.
pub(super) fn tensor(numbers: Vec<f32>, shape: impl Into<Shape>) -> FloatTensor<Flex> {
    <FloatTensor<Flex>>::from_data(TensorData::new(numbers, shape.into()))
}

/// Does `work` on rows of so many columns, a slice of whole rows at a time, and those of several slices side by side.
pub(super) fn by_rows(numbers: &mut [f32], columns: usize, work: impl Fn(&mut [f32]) + Sync) {
    numbers
        .par_chunks_mut(columns * rows_of_a_task(columns))
        .for_each(|rows| wide(|| rows.chunks_exact_mut(columns).for_each(&work)));
}
