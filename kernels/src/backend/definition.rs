//! The operations in burn's own: what they mean, and the way of every device that has no faster one.

mod attention;
mod convolution;
mod cross_entropy;
mod group_norm;
mod layer;
mod neighbours;
mod pick;
mod rows;
mod step;

pub(super) use attention::{attend, attend_backward};
pub(super) use convolution::{
    cells_summed, convolution, convolution_weight_gradient, doubled, spread, turned,
};
pub(super) use cross_entropy::{cross_entropy, cross_entropy_losses, scale};
pub(super) use group_norm::group_norm;
pub(super) use layer::{add_rms_norm, gained_rms_norm, rotate, swiglu, swiglu_backward};
pub(super) use neighbours::{fold, unfold};
pub(super) use pick::{both_logits, draw, likeliest, plausible, plausible_logits};
pub(super) use rows::{
    add_rows, add_to_rows, argmax, column_sum, dequantise, log_sum_exp, rms_norm,
    rms_norm_backward, round_rows, row_mean, softmax, softmax_backward,
};
pub(super) use step::{from_bits, step};
