//! Tensor in, tensor out: each operation has a reference that defines it, a fast version, a gradient and a benchmark.
//!
//! | operation | formula | fast version |
//! |---|---|---|
//! | [`linear`], [`logits`] | `x·Wᵀ + b` | cuBLASLt on CubeCL's stream |
//! | [`matmul`] | `a·b`, batched | cuBLASLt, transposed views without a copy |
//! | [`lookup`] | `table[ids]` | gradients added up by rows, in one order |
//! | [`attention`] | `softmax(scale·q·kᵀ)·v` | own CUDA kernels that keep no scores, Hopper's with its copy engine |
//! | [`softmax`], [`argmax`], [`row_mean`], [`round_rows`] | along the last dimension | a warp or more to each row |
//! | [`rms_norm`], [`add_rms_norm`] | `x / √(mean x² + ε)` | 16 bytes at a time, the sum in front in the same pass |
//! | [`rotate`], [`swiglu`] | RoPE, `silu(gate)·up` | one pass over memory |
//! | [`sampling::likeliest`], [`sampling::draw`] | a token of each row | one pass over logits, a block to each row |
//! | [`sampling::plausible`] | guided logits of tokens that are probable without guidance | a warp or more to each row, whose first pass finds the largest |
//! | [`sampling::plausible_logits`] | the same of a head's vectors | two products and the line above |
//! | [`sampling::draw_plausible`] | a token of each row of those | two products, and one pass over what they made |
//! | [`sampling::step`] | what a step lays and replaces | a block to each picture, the cut found bit by bit |
//! | [`dequantise`] | `code · scale` of the row | one pass over bytes |
//! | [`grouped_cross_entropy`] | `(lse − z_y) + Σ λ·(lse − lse_C)` | chunks of f32 logits, which one kernel turns into kept exponentials; two products over those |
//! | [`unfold_3x3`] | im2col of a 3×3 neighbourhood | own CUDA kernel, and its adjoint as a gather |
//! | [`convolution_3x3`] | `W·unfold_3x3(x) + b` | on Hopper own products whose operand is never unfolded; else bands of rows |
//! | [`group_norm`] | `γ·(x − mean)/√(var + ε) + β`, SiLU | two passes over the picture |
//!
//! Processors do in f32 what stands between products in one pass each, with AVX2 where they have it, and keep the scores
//! of attention for a few queries at a time.
//!
//! [`collective`] sums up over several devices, so that replicas of a network can learn as one.
//!
//! With the feature `cuda`, the module `card` lends numbers on a card to code that launches kernels of its own.

mod attention;
mod backend;
mod bench;
mod bridge;
pub mod collective;
mod contract;
mod convolution;
mod cross_entropy;
mod dequantise;
mod group_norm;
pub mod installation;
mod layer;
mod linear;
mod lookup;
mod noise;
mod norm;
mod product;
mod recording;
mod rows;
pub mod sampling;
mod stamp;
#[cfg(test)]
mod tests;
mod unfold;

pub use attention::attention;
#[cfg(feature = "cuda")]
pub use backend::cuda::card;
pub use bench::{
    AttentionSizes, AttentionTiming, BenchError, HeadSizes, HeadTiming, Measurement, Timing, bench,
    bench_attention, bench_cross_entropy, measure,
};
pub use contract::Report;
pub use convolution::{Resolution, convolution_3x3};
pub use cross_entropy::{
    Chunk, GroupLevel, LEVELS_MAX, Objective, cross_entropy_rows, grouped_cross_entropy,
    neighbour_shares,
};
pub use dequantise::dequantise;
pub use group_norm::{GroupNorm, group_norm};
pub use layer::{rotate, swiglu};
pub use linear::{linear, logits};
pub use lookup::lookup;
pub use norm::{add_rms_norm, rms_norm};
pub use product::matmul;
pub use recording::{Recorded, Recording};
pub use rows::{argmax, round_rows, row_mean, softmax};
pub use stamp::free_memory;
pub use unfold::unfold_3x3;

use attention::parity::{Attention, AttentionToOne};
use burn::tensor::Device;
use contract::{Kernel, parity};
use convolution::parity::Convolution;
use cross_entropy::parity::GroupedCrossEntropy;
use dequantise::parity::Dequantise;
use group_norm::parity::Groups;
use layer::parity::{Rotate, Swiglu};
use linear::parity::{Linear, Logits};
use lookup::parity::Lookup;
use norm::parity::{AddRmsNorm, RmsNorm};
use product::parity::Matmul;
use rows::parity::{Argmax, LogSumExp, RoundRows, RowMean, Softmax};
use sampling::parity::{Draw, DrawPlausible, Likeliest, Plausible, PlausibleLogits};
use sampling::step::parity::SamplerStep;
use unfold::parity::Unfold;

/// How the cases of a kernel are compared on a device, as far as their descriptions are wanted.
type Check = fn(&Device, &dyn Fn(&str) -> bool) -> Vec<Report>;

/// Every kernel, and how it is compared with its reference.
const CHECKS: &[(&str, Check)] = &[
    (Linear::NAME, parity::<Linear>),
    (Logits::NAME, parity::<Logits>),
    (Matmul::NAME, parity::<Matmul>),
    (Lookup::NAME, parity::<Lookup>),
    (Attention::NAME, parity::<Attention>),
    (AttentionToOne::NAME, parity::<AttentionToOne>),
    (Softmax::NAME, parity::<Softmax>),
    (RmsNorm::NAME, parity::<RmsNorm>),
    (AddRmsNorm::NAME, parity::<AddRmsNorm>),
    (Rotate::NAME, parity::<Rotate>),
    (Swiglu::NAME, parity::<Swiglu>),
    (Likeliest::NAME, parity::<Likeliest>),
    (Draw::NAME, parity::<Draw>),
    (Plausible::NAME, parity::<Plausible>),
    (PlausibleLogits::NAME, parity::<PlausibleLogits>),
    (DrawPlausible::NAME, parity::<DrawPlausible>),
    (SamplerStep::NAME, parity::<SamplerStep>),
    (RowMean::NAME, parity::<RowMean>),
    (LogSumExp::NAME, parity::<LogSumExp>),
    (Argmax::NAME, parity::<Argmax>),
    (RoundRows::NAME, parity::<RoundRows>),
    (Unfold::NAME, parity::<Unfold>),
    (Convolution::NAME, parity::<Convolution>),
    (Groups::NAME, parity::<Groups>),
    (Dequantise::NAME, parity::<Dequantise>),
    (GroupedCrossEntropy::NAME, parity::<GroupedCrossEntropy>),
];

/// What [`verify`] can look at: the kernels, and the traps between tensors and kernels.
pub fn verified() -> impl Iterator<Item = &'static str> {
    let names = CHECKS.iter().map(|(name, _)| *name);
    names.chain([bridge::NAME])
}

/// Compares kernels on `device`, values and gradients, with their references on the CPU, and falls into every trap
/// between tensors and kernels on purpose; all of that as far as name and description of a case are `wanted`.
pub fn verify(device: &Device, wanted: impl Fn(&str, &str) -> bool) -> Vec<Report> {
    let mut reports = Vec::new();
    for (name, check) in CHECKS {
        reports.extend(check(device, &|case| wanted(name, case)));
    }
    // Traps are few and quick, and are not told apart.
    if wanted(bridge::NAME, "") {
        reports.extend(bridge::traps(device));
    }
    reports
}

/// Has all work of this program go to one stream of a card, whichever thread asks for it; to be called before any.
///
/// With a stream for each thread, work on what another thread has made waits for an event of that thread's stream, and an
/// event that is made while work is being recorded spoils the recording, or the driver.
/// While it is recorded no other thread may ask for work, so that nodes take turns on a card.
#[cfg(feature = "cuda")]
pub fn work_in_one_stream() {
    backend::cuda::work_in_one_stream();
}

/// The card `index` and the versions of the libraries that do its work, as far as they are found.
#[cfg(feature = "cuda")]
pub fn versions(index: usize) -> String {
    backend::card_versions(index)
}
