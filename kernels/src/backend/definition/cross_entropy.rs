//! The cross-entropies, from all logits at once.

use burn::backend::{
    Backend, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{DType, FloatDType, IndexingUpdateOp, Shape, Slice, TensorData};

use super::rows::log_sum_exp;
use crate::backend::{TensorKernels, cast, head_gradient};
use crate::cross_entropy::Terms;

/// Losses, and the gradients in hidden vectors and head.
pub(in crate::backend) fn cross_entropy<B: TensorKernels>(
    [hidden, weight, shares]: [FloatTensor<B>; 3],
    picks: IntTensor<B>,
    row_weights: FloatTensor<B>,
    terms: &Terms,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let own: FloatDType = hidden.dtype().into();
    let head: FloatDType = head_gradient(hidden.dtype(), weight.dtype()).into();
    let weight = cast::<B>(weight, own);
    let rows = hidden.shape()[0];
    let (losses, slope) = scored::<B>([hidden.clone(), weight.clone(), shares], picks, terms);

    let row_weights = B::float_reshape(row_weights, Shape::new([rows, 1]));
    let slope = cast::<B>(B::float_mul(slope, row_weights), own);
    let in_hidden = B::product(slope.clone(), weight, own);
    let in_weight = B::product(B::float_transpose(slope), hidden, head);
    (losses, in_hidden, in_weight)
}

/// Losses alone.
pub(in crate::backend) fn cross_entropy_losses<B: TensorKernels>(
    [hidden, weight, shares]: [FloatTensor<B>; 3],
    picks: IntTensor<B>,
    terms: &Terms,
) -> FloatTensor<B> {
    let weight = cast::<B>(weight, hidden.dtype().into());
    scored::<B>([hidden, weight, shares], picks, terms).0
}

/// `x` times a number, `[1]`.
pub(in crate::backend) fn scale<B: Backend>(
    x: FloatTensor<B>,
    factor: FloatTensor<B>,
) -> FloatTensor<B> {
    let factor = cast::<B>(factor, x.dtype().into());
    let ones = vec![1; x.shape().num_dims()];
    B::float_mul(x, B::float_reshape(factor, Shape::from(ones)))
}

/// The losses, `[rows]`, and the gradient of each in its logits, `[rows, codes]`.
fn scored<B: TensorKernels>(
    [hidden, weight, shares]: [FloatTensor<B>; 3],
    picks: IntTensor<B>,
    terms: &Terms,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [rows, codes] = [hidden.shape()[0], weight.shape()[0]];
    let [_, count] = picks.shape().dims();
    let device = hidden.device();
    let column = |x: FloatTensor<B>| B::float_reshape(x, Shape::new([rows, 1]));

    let logits = B::product(hidden, B::float_transpose(weight), FloatDType::F32);
    let lse = column(B::log_sum_exp(logits.clone()));
    let softmax = B::float_exp(B::float_sub(logits.clone(), lse.clone()));
    let slope = B::float_mul_scalar(softmax, terms.scale.into());
    let mut losses = B::float_mul_scalar(lse, terms.scale.into());

    // One column more, of −∞, for the codes that the last group lacks.
    let beyond = TensorData::full(Shape::new([rows, 1]), f32::NEG_INFINITY);
    let logits = B::float_cat(vec![logits, B::float_from_data(beyond, &device)], 1);
    let blank = TensorData::zeros::<f32, _>(Shape::new([rows, 1]));
    let mut slope = B::float_cat(vec![slope, B::float_from_data(blank, &device)], 1);

    let picked = B::float_gather(1, logits.clone(), picks.clone());
    let mut pulls = shares.clone();
    losses = B::float_sub(
        losses,
        B::float_sum_dim(B::float_mul(shares, picked.clone()), 1),
    );
    if terms.shared < count {
        let near = [0..rows, terms.shared..count].map(Slice::from);
        let (lse, share) = marginal::<B>(B::float_slice(picked, &near), terms.neighbours);
        losses = B::float_sub(losses, lse);
        let own = B::float_add(B::float_slice(pulls.clone(), &near), share);
        pulls = B::float_slice_assign(pulls, &near, own);
    }
    let scatter = |slope, ids, pulls| {
        B::float_scatter(1, slope, ids, B::float_neg(pulls), IndexingUpdateOp::Add)
    };
    slope = scatter(slope, picks.clone(), pulls);

    let first = [0..rows, 0..1].map(Slice::from);
    for level in &terms.levels {
        let members: Vec<i32> = (0..level.size.min(codes) as i32).collect();
        let members = TensorData::new(members, [1, level.size.min(codes)]);
        let size = (level.size.min(i32::MAX as usize) as i64).into();
        let own = B::int_div_scalar(B::int_slice(picks.clone(), &first), size);
        let own = B::int_mul_scalar(own, size);
        let ids = B::int_add(own, B::int_from_data(members, &device));
        let ids = B::int_clamp_max(ids, (codes as i64).into());
        let near = B::float_gather(1, logits.clone(), ids.clone());
        let (lse, share) = marginal::<B>(near, level.weight);
        losses = B::float_sub(losses, lse);
        slope = scatter(slope, ids, share);
    }
    let slope = B::float_slice(slope, &[0..rows, 0..codes].map(Slice::from));
    (B::float_reshape(losses, Shape::new([rows])), slope)
}

/// `weight·lse` of each row, `[rows, 1]`, and its gradient, `weight·e^{z − lse}`.
fn marginal<B: Backend>(near: FloatTensor<B>, weight: f32) -> (FloatTensor<B>, FloatTensor<B>) {
    debug_assert_eq!(near.dtype(), DType::F32);
    let rows = near.shape()[0];
    let lse = B::float_reshape(log_sum_exp::<B>(near.clone()), Shape::new([rows, 1]));
    let share = B::float_exp(B::float_sub(near, lse.clone()));
    let times = |x| B::float_mul_scalar(x, weight.into());
    (times(lse), times(share))
}

#[cfg(test)]
mod tests {
    use burn::backend::ops::FloatTensorOps;
    use burn::backend::{Flex, tensor::FloatTensor};
    use burn::tensor::TensorData;

    use super::cross_entropy;
    use crate::backend::TensorKernels;
    use crate::cross_entropy::{Chunk, GroupLevel, Terms};
    use crate::noise::Noise;

    /// No device of this build falls back on the definition, so it is held against the processor's own way.
    #[test]
    fn the_definition_says_what_the_processor_computes() {
        let (rows, width, codes) = (5, 3, 11);
        let mut noise = Noise::new(5);
        let mut floats = |shape: [usize; 2]| {
            let numbers = noise.fine(shape[0] * shape[1]);
            <FloatTensor<Flex>>::from_data(TensorData::new(numbers, shape))
        };
        let (hidden, weight) = (floats([rows, width]), floats([codes, width]));
        let picks = vec![0_i32, 4, 10, 1, 3, 7, 9, 2, 5, 8];
        let picks = <FloatTensor<Flex>>::from_data(TensorData::new(picks, [rows, 2]));
        let shares = TensorData::new([1.0_f32, 0.0].repeat(rows), [rows, 2]);
        let shares = <FloatTensor<Flex>>::from_data(shares);
        let weights = TensorData::new(vec![0.5_f32, 1.0, 0.25, 2.0, 1.0], [rows]);
        let weights = <FloatTensor<Flex>>::from_data(weights);
        let terms = Terms {
            scale: 1.5,
            levels: vec![GroupLevel {
                size: 4,
                weight: 0.2,
            }],
            shared: 1,
            neighbours: 0.3,
        };

        let operands = [hidden.clone(), weight.clone(), shares.clone()];
        let defined = cross_entropy::<Flex>(operands, picks.clone(), weights.clone(), &terms);
        let chunk = Chunk {
            bytes: 2 * codes * 4,
            skip: 0.0,
        };
        let found = Flex::cross_entropy(hidden, weight, picks, shares, weights, terms, chunk);
        for (defined, found) in [
            (defined.0, found.0),
            (defined.1, found.1),
            (defined.2, found.2),
        ] {
            let apart = Flex::float_abs(Flex::float_sub(defined, found));
            let apart: Vec<f32> = apart.into_data().try_into_vec().expect("f32");
            assert!(apart.iter().all(|apart| *apart < 2e-6), "{apart:?}");
        }
    }
}
