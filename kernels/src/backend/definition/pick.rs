//! Tokens of rows of logits.

use burn::backend::{
    Backend, TensorMetadata,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{BoolDType, FloatDType, IntDType, Shape, Slice};

use super::rows::{argmax, log_sum_exp};
use crate::backend::{TensorKernels, cast};

/// How many codes the two-level search of [`draw`] looks through at a time.
const BLOCK: usize = 128;

/// The first place of the largest logit of each row, as i32, and its probability: `[rows, codes] → [rows]` each.
pub(in crate::backend) fn likeliest<B: Backend>(
    logits: FloatTensor<B>,
) -> (IntTensor<B>, FloatTensor<B>) {
    let logits = cast::<B>(logits, FloatDType::F32);
    let tokens = argmax::<B>(logits.clone());
    let rows = logits.shape()[0];
    let chosen = at::<B>(logits.clone(), B::int_reshape(tokens.clone(), column(rows)));
    let sums = log_sum_exp::<B>(logits);
    (tokens, B::float_exp(B::float_sub(chosen, sums)))
}

/// `guided`, with −∞ where `own < max(own) + ln share`, in f32: `[rows, codes]` twice → the same.
pub(in crate::backend) fn plausible<B: TensorKernels>(
    guided: FloatTensor<B>,
    own: FloatTensor<B>,
    share: f32,
) -> FloatTensor<B> {
    let [guided, own] = [guided, own].map(|logits| cast::<B>(logits, FloatDType::F32));
    // burn's own maximum gives a row to one thread of a card where nothing is tuned.
    let places = B::int_reshape(B::argmax(own.clone()), column(own.shape()[0]));
    let least = B::float_add_scalar(B::float_gather(1, own.clone(), places), share.ln().into());
    // What is short of it is so far below that nothing but −∞ is left, and all else is at 0.
    let short = B::float_clamp(B::float_sub(own, least), f32::MIN.into(), 0.0.into());
    let short = B::float_mul_scalar(short, f32::MAX.into());
    B::float_add(guided, B::float_mul_scalar(short, f32::MAX.into()))
}

/// `guided·headᵀ`, with −∞ where `own·headᵀ` is below its row's largest + ln share, in f32:
/// `[rows, width]` twice, `[codes, width] → [rows, codes]`.
pub(in crate::backend) fn plausible_logits<B: TensorKernels>(
    guided: FloatTensor<B>,
    own: FloatTensor<B>,
    head: FloatTensor<B>,
    share: f32,
) -> FloatTensor<B> {
    let [guided, own] = both_logits::<B>(guided, own, head);
    B::plausible(guided, own, share)
}

/// `guided·headᵀ` and `own·headᵀ`, in f32: `[rows, width]` twice, `[codes, width] → [rows, codes]` twice.
pub(in crate::backend) fn both_logits<B: TensorKernels>(
    guided: FloatTensor<B>,
    own: FloatTensor<B>,
    head: FloatTensor<B>,
) -> [FloatTensor<B>; 2] {
    let head = B::float_transpose(head);
    [guided, own].map(|x| B::product(x, head.clone(), FloatDType::F32))
}

/// The first code at which the probabilities `softmax(logits / temperature)` summed up reach the row's number, as i32,
/// and its probability without temperature: `[rows, codes]`, `[rows] → [rows]` each.
///
/// Sums go over blocks first and then within one block, which is quick on every device.
pub(in crate::backend) fn draw<B: Backend>(
    logits: FloatTensor<B>,
    uniforms: FloatTensor<B>,
    temperature: f32,
) -> (IntTensor<B>, FloatTensor<B>) {
    let logits = cast::<B>(logits, FloatDType::F32);
    let [rows, codes] = logits.shape().dims();
    let device = logits.device();
    let zeros =
        |columns: usize| B::float_zeros(Shape::new([rows, columns]), &device, FloatDType::F32);
    let plain = B::softmax(logits.clone(), 1);
    let tempered = B::softmax(B::float_div_scalar(logits, temperature.into()), 1);

    let blocks = codes.div_ceil(BLOCK);
    let padded = match blocks * BLOCK - codes {
        0 => tempered,
        missing => B::float_cat(vec![tempered, zeros(missing)], 1),
    };
    let padded = B::float_reshape(padded, Shape::new([rows, blocks, BLOCK]));
    let sums = B::float_sum_dim(padded.clone(), 2);
    let sums = B::float_cumsum(B::float_reshape(sums, Shape::new([rows, blocks])), 1);
    let target = B::float_mul(
        B::float_reshape(uniforms, column(rows)),
        last::<B>(sums.clone()),
    );

    let block = below::<B>(sums.clone(), target.clone());
    let before = B::float_cat(vec![zeros(1), sums], 1);
    let rest = B::float_sub(target, B::float_gather(1, before, block.clone()));

    let places = B::int_reshape(block.clone(), Shape::new([rows, 1, 1]));
    let places = B::int_expand(places, Shape::new([rows, 1, BLOCK]));
    let within = B::float_gather(1, padded, places);
    let within = B::float_cumsum(B::float_reshape(within, Shape::new([rows, BLOCK])), 1);
    // Rounding may leave a rest that the block's own sum does not reach.
    let most = last::<B>(within.clone());
    let beyond = B::float_lower(most.clone(), rest.clone(), BoolDType::Native);
    let rest = B::float_mask_where(rest, beyond, most);
    let first = B::int_mul_scalar(block, (BLOCK as i64).into());
    let token = B::int_add(first, below::<B>(within, rest));
    let confidence = at::<B>(plain, token.clone());
    (B::int_reshape(token, Shape::new([rows])), confidence)
}

/// How many of the rising numbers of each row are below the row's `target`, and never all of them:
/// `[rows, n]`, `[rows, 1] → [rows, 1]`.
fn below<B: Backend>(rising: FloatTensor<B>, target: FloatTensor<B>) -> IntTensor<B> {
    let shape = rising.shape();
    let most = shape[1] as i64 - 1;
    let target = B::float_expand(target, shape);
    let smaller = B::float_lower(rising, target, BoolDType::Native);
    let count = B::int_sum_dim(B::bool_into_int(smaller, IntDType::I32), 1);
    B::int_clamp(count, 0.into(), most.into())
}

/// The last number of each row: `[rows, n] → [rows, 1]`.
fn last<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [rows, columns] = x.shape().dims();
    B::float_slice(x, &[0..rows, columns - 1..columns].map(Slice::from))
}

/// The number of each row at its place: `[rows, n]`, `[rows, 1] → [rows]`.
fn at<B: Backend>(x: FloatTensor<B>, places: IntTensor<B>) -> FloatTensor<B> {
    let rows = x.shape()[0];
    B::float_reshape(B::float_gather(1, x, places), Shape::new([rows]))
}

/// The shape of a column.
fn column(rows: usize) -> Shape {
    Shape::new([rows, 1])
}

#[cfg(test)]
mod tests {
    use burn::backend::{Flex, tensor::FloatTensor};
    use burn::tensor::TensorData;

    use super::plausible;

    /// A processor has a way of its own, so that nothing but this sees the definition there.
    #[test]
    fn what_is_short_of_the_share_is_left_out_whole() {
        let rows = |rows: [[f32; 4]; 2]| <FloatTensor<Flex>>::from_data(TensorData::from(rows));
        let out = f32::NEG_INFINITY;
        let own = rows([[2.0, 1.0, 1.0 - 1e-6, out], [0.0, -0.1, -200.0, -1.0]]);
        let guided = rows([[1.0, 2.0, 3.0, 9.0], [-7.0, 6.0, 1e30, 4.0]]);
        let left = plausible::<Flex>(guided, own, (-1.0_f32).exp());
        let left: Vec<f32> = left.into_data().try_into_vec().expect("f32");
        assert_eq!(left, [1.0, 2.0, out, out, -7.0, 6.0, out, 4.0]);
    }
}
