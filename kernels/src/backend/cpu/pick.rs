//! Tokens of rows of logits of f32.

use burn::backend::{
    Flex, TensorMetadata,
    ops::FloatTensorOps,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{FloatDType, TensorData};
use rayon::prelude::*;

use super::lanes::{exp, largest, log_sum_exp, sum, sum_of_pairs, wide};
use super::numbers::{dense, read, rows_of_a_task, tensor};
use super::rows::{change_rows, first_of_largest};
use crate::backend::TensorKernels;

/// Codes whose probabilities are added up before one of them is looked for.
const BLOCK: usize = 128;

/// One code in so many is few enough that their products are quicker one by one than all together.
const FEW: usize = 16;

/// The first place of the largest logit of each row, as i32, and its probability.
pub(super) fn likeliest(logits: FloatTensor<Flex>) -> (IntTensor<Flex>, FloatTensor<Flex>) {
    picked(logits, |_, row, _| {
        let place = first_of_largest(row);
        (place, exp(row[place as usize] - log_sum_exp(row)))
    })
}

/// `guided`, with −∞ where `own < max(own) + ln share`.
pub(super) fn plausible(
    guided: FloatTensor<Flex>,
    own: FloatTensor<Flex>,
    share: f32,
) -> FloatTensor<Flex> {
    let (mut guided, own) = (dense(guided), dense(own));
    change_rows(&mut guided, &own, |guided, own| {
        let least = largest(own) + share.ln();
        for (guided, own) in guided.iter_mut().zip(own) {
            *guided = if *own < least {
                f32::NEG_INFINITY
            } else {
                *guided
            };
        }
    });
    guided
}

/// `guided·headᵀ`, with −∞ where `own·headᵀ` is below its row's largest + ln share: where few codes are left, theirs are the
/// only products of guided vectors.
pub(super) fn plausible_logits(
    guided: FloatTensor<Flex>,
    own: FloatTensor<Flex>,
    head: FloatTensor<Flex>,
    share: f32,
) -> FloatTensor<Flex> {
    let width = head.shape()[1];
    let turned = Flex::float_transpose(head.clone());
    let logits = |x| dense(Flex::product(x, turned.clone(), FloatDType::F32));
    let own = logits(own);
    let mut left = plausible(own.clone(), own, share);
    let is_left = |logit: &f32| *logit != f32::NEG_INFINITY;
    let count = read(&left).par_iter().filter(|x| is_left(x)).count();
    if count * FEW > read(&left).len() {
        return plausible(logits(guided), left, share);
    }
    let (guided, head) = (dense(guided), dense(head));
    let head = read(&head);
    change_rows(&mut left, &guided, |left, guided| {
        let codes = left.iter_mut().zip(head.chunks_exact(width));
        for (logit, weights) in codes.filter(|(logit, _)| is_left(logit)) {
            *logit = sum_of_pairs(guided, weights, |x, weight| x * weight);
        }
    });
    left
}

/// The first code at which `softmax(logits / temperature)` summed up reaches the row's number, as i32, and its
/// probability without temperature.
pub(super) fn draw(
    logits: FloatTensor<Flex>,
    uniforms: FloatTensor<Flex>,
    temperature: f32,
) -> (IntTensor<Flex>, FloatTensor<Flex>) {
    let uniforms = dense(uniforms);
    let (uniforms, scale) = (read(&uniforms), 1.0 / temperature);
    picked(logits, |number, row, chances| {
        let most = largest(row);
        chances.clear();
        chances.extend(row.iter().map(|z| exp((z - most) * scale)));
        let place = reached(chances, uniforms[number]);
        let all = if temperature == 1.0 {
            sum(chances, |x| x)
        } else {
            sum(row, |z| exp(z - most))
        };
        (place as i32, exp(row[place] - most) / all)
    })
}

/// What `pick` makes of the number of each row, its logits and memory that it may use.
fn picked(
    logits: FloatTensor<Flex>,
    pick: impl Fn(usize, &[f32], &mut Vec<f32>) -> (i32, f32) + Sync,
) -> (IntTensor<Flex>, FloatTensor<Flex>) {
    let [rows, codes] = logits.shape().dims();
    let logits = dense(logits);
    let step = rows_of_a_task(codes);
    let of_task = |(task, part): (usize, &[f32])| -> Vec<(i32, f32)> {
        let mut memory = Vec::with_capacity(codes);
        let numbered = part.chunks_exact(codes).enumerate();
        wide(|| {
            numbered
                .map(|(at, row)| pick(task * step + at, row, &mut memory))
                .collect()
        })
    };
    let parts = read(&logits).par_chunks(codes * step).enumerate();
    let (tokens, confidence): (Vec<i32>, Vec<f32>) = parts.flat_map_iter(of_task).unzip();
    (
        <IntTensor<Flex>>::from_data(TensorData::new(tokens, [rows])),
        tensor(confidence, [rows]),
    )
}

/// The first place up to which so large a share of all lies.
#[inline(always)]
fn reached(chances: &[f32], share: f32) -> usize {
    let last = chances.len() - 1;
    let all: f32 = chances.chunks(BLOCK).map(|block| sum(block, |x| x)).sum();
    let mut rest = share * all;
    for (number, block) in chances.chunks(BLOCK).enumerate() {
        let within = sum(block, |x| x);
        let is_last = (number + 1) * BLOCK > last;
        if within < rest && !is_last {
            rest -= within;
            continue;
        }
        let mut so_far = 0.0;
        let place = block.iter().position(|chance| {
            so_far += chance;
            so_far >= rest
        });
        // Rounding may leave a rest that the block does not reach.
        let end = number * BLOCK + block.len() - 1;
        return place.map_or_else(
            || last_possible(chances, end),
            |place| number * BLOCK + place,
        );
    }
    last
}

/// The last place up to `end` that is not impossible.
fn last_possible(chances: &[f32], end: usize) -> usize {
    let place = chances[..=end].iter().rposition(|chance| *chance > 0.0);
    place.unwrap_or(end)
}
