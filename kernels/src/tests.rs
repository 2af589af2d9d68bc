//! Every kernel against its reference: one line each.

use crate::contract::planted::check;
use crate::{
    AddRmsNorm, Argmax, Attention, AttentionToOne, Convolution, Dequantise, Draw, DrawPlausible,
    GroupedCrossEntropy, Groups, Likeliest, Linear, LogSumExp, Logits, Lookup, Matmul, Plausible,
    PlausibleLogits, RmsNorm, Rotate, RoundRows, RowMean, SamplerStep, Softmax, Swiglu, Unfold,
};

#[test]
fn linear_agrees_with_its_reference() {
    check::<Linear>();
}

#[test]
fn logits_agree_with_their_reference() {
    check::<Logits>();
}

#[test]
fn matmul_agrees_with_its_reference() {
    check::<Matmul>();
}

#[test]
fn lookup_agrees_with_its_reference() {
    check::<Lookup>();
}

#[test]
fn attention_agrees_with_its_reference() {
    check::<Attention>();
    check::<AttentionToOne>();
}

#[test]
fn unfold_agrees_with_its_reference() {
    check::<Unfold>();
}

#[test]
fn grouped_cross_entropy_agrees_with_its_reference() {
    check::<GroupedCrossEntropy>();
}

#[test]
fn softmax_agrees_with_its_reference() {
    check::<Softmax>();
}

#[test]
fn rms_norm_agrees_with_its_reference() {
    check::<RmsNorm>();
}

#[test]
fn row_mean_agrees_with_its_reference() {
    check::<RowMean>();
}

#[test]
fn log_sum_exp_agrees_with_its_reference() {
    check::<LogSumExp>();
}

#[test]
fn argmax_agrees_with_its_reference() {
    check::<Argmax>();
}

#[test]
fn round_rows_agrees_with_its_reference() {
    check::<RoundRows>();
}

#[test]
fn dequantise_agrees_with_its_reference() {
    check::<Dequantise>();
}

#[test]
fn add_rms_norm_agrees_with_its_reference() {
    check::<AddRmsNorm>();
}

#[test]
fn rotate_agrees_with_its_reference() {
    check::<Rotate>();
}

#[test]
fn swiglu_agrees_with_its_reference() {
    check::<Swiglu>();
}

#[test]
fn the_likeliest_agree_with_their_reference() {
    check::<Likeliest>();
}

#[test]
fn plausible_tokens_agree_with_their_reference() {
    check::<Plausible>();
}

#[test]
fn plausible_tokens_of_a_head_agree_with_their_reference() {
    check::<PlausibleLogits>();
}

#[test]
fn draws_of_plausible_tokens_agree_with_their_reference() {
    check::<DrawPlausible>();
}

#[test]
fn draws_agree_with_their_reference() {
    check::<Draw>();
}

#[test]
fn a_sampler_s_step_agrees_with_its_reference() {
    check::<SamplerStep>();
}

#[test]
fn convolution_agrees_with_its_reference() {
    check::<Convolution>();
}

#[test]
fn group_norm_agrees_with_its_reference() {
    check::<Groups>();
}
