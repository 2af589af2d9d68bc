//! The 3×3 neighbourhood and its adjoint in burn's own operations: the definition, and the fast way of the CPU.

use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{FloatDType, Shape, Slice};

use crate::backend::cast;

/// Rows and columns of the nine taps in the order they lie along the channels.
const TAPS: [(usize, usize); 9] = [
    (0, 0),
    (0, 1),
    (0, 2),
    (1, 0),
    (1, 1),
    (1, 2),
    (2, 0),
    (2, 1),
    (2, 2),
];

/// The nine neighbours of each position: `[b, h, w, c] → [b, h, w, 9·c]`.
pub(in crate::backend) fn unfold<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [b, h, w, c] = dims(&x);
    let device = x.device();
    let blank = B::float_zeros(Shape::new([b, h + 2, w + 2, c]), &device, x.dtype().into());
    let inside = [0..b, 1..h + 1, 1..w + 1, 0..c].map(Slice::from);
    let padded = B::float_slice_assign(blank, &inside, x);

    let taps = TAPS.map(|(v, u)| {
        let seen = [0..b, v..v + h, u..u + w, 0..c].map(Slice::from);
        B::float_slice(padded.clone(), &seen)
    });
    B::float_cat(taps.to_vec(), 3)
}

/// The adjoint of [`unfold`], summed in f32: `[b, h, w, 9·c] → [b, h, w, c]`.
pub(in crate::backend) fn fold<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [b, h, w, c9] = dims(&x);
    let c = c9 / 9;
    let device = x.device();
    let dtype: FloatDType = x.dtype().into();

    let mut sum = B::float_zeros(Shape::new([b, h + 2, w + 2, c]), &device, FloatDType::F32);
    for (tap, (v, u)) in TAPS.into_iter().enumerate() {
        let own = [0..b, 0..h, 0..w, tap * c..(tap + 1) * c].map(Slice::from);
        let seen = [0..b, v..v + h, u..u + w, 0..c].map(Slice::from);
        let share = cast::<B>(B::float_slice(x.clone(), &own), FloatDType::F32);
        let so_far = B::float_slice(sum.clone(), &seen);
        sum = B::float_slice_assign(sum, &seen, B::float_add(so_far, share));
    }
    let inside = [0..b, 1..h + 1, 1..w + 1, 0..c].map(Slice::from);
    cast::<B>(B::float_slice(sum, &inside), dtype)
}

/// The four dimensions of a picture tensor.
fn dims(tensor: &impl TensorMetadata) -> [usize; 4] {
    tensor.shape().dims()
}
