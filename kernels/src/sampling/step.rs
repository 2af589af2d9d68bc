//! What a step does to pictures, where their tokens lie.

pub(crate) mod parity;
mod words;

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, IntDType, Tensor};

use super::decision::Rule;
use crate::backend::TensorKernels;

pub(crate) use words::Words;

/// The most positions of a picture that [`step`] decides on a card.
pub const POSITIONS_MAX: usize = 4096;

/// What a step does to one picture, beside its chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// What it lays and replaces; `None` leaves the picture as it is.
    pub rule: Option<Rule>,
    /// Whether anything was masked at the start: then nothing is done once nothing is masked any more.
    pub began_masked: bool,
}

/// What stays the same of a picture from step to step.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Which positions keep their token whatever the denoiser thinks.
    pub fixed: &'a [bool],
    /// All positions in the order of [`Policy::Ordered`](super::Policy::Ordered); empty where no step has that policy.
    pub order: &'a [usize],
    /// Where each position stands among the codes that the denoiser reads.
    pub places: &'a [usize],
}

/// What a step leaves of pictures, as whole numbers that lie where the step was done: `[4 · pictures, positions]`.
#[derive(Clone, Debug)]
pub struct Stepped(pub Tensor<2, Int>);

/// What one step left of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// What the denoiser would lay at every position; the token as it was where it was not asked.
    pub choice: Vec<u32>,
    /// How probable each choice is; 0 where the denoiser was not asked.
    pub confidence: Vec<f32>,
    /// The tokens after the step, `mask` where nothing is laid.
    pub codes: Vec<u32>,
}

/// Lays and replaces what the turns of pictures say, by what the denoiser would lay in them.
///
/// As [`Rule::decide`] decides, position by position and bit by bit the same on every device.
///
/// Shapes: `tokens` and `confidence [pictures · positions]`, in the order in which the denoiser reads codes; `codes
/// [pictures, positions]` likewise, `mask` where nothing is laid; `frames` and `turns` as [`Frame::words`] and
/// [`Turn::words`] make them, a row to each picture.
/// Panics: when the shapes do not fit together.
pub fn step(
    tokens: Tensor<1, Int>,
    confidence: Tensor<1>,
    codes: Tensor<2, Int>,
    frames: Tensor<2, Int>,
    turns: Tensor<2, Int>,
    mask: u32,
) -> Stepped {
    let [pictures, positions] = codes.dims();
    let rows = [pictures * positions];
    assert!(
        tokens.dims() == rows
            && confidence.dims() == rows
            && frames.dims() == [pictures, 3 * positions]
            && turns.dims() == [pictures, Turn::columns(positions)],
        "step: tokens {:?}, confidence {:?}, frames {:?} and turns {:?} for codes {:?}: expected a token, a number, three \
         words and two, and a rule",
        tokens.dims(),
        confidence.dims(),
        frames.dims(),
        turns.dims(),
        codes.dims(),
    );
    let stepped = <Dispatch as TensorKernels>::step(
        tokens.cast(IntDType::I32).into_dispatch(),
        confidence.cast(DType::F32).into_dispatch(),
        codes.cast(IntDType::I32).into_dispatch(),
        frames.cast(IntDType::I32).into_dispatch(),
        turns.cast(IntDType::I32).into_dispatch(),
        mask,
    );
    Stepped(Tensor::from_dispatch(stepped))
}

/// The numbers that decide the tokens of a step, of which [`Turn::words`] holds the bits, in the order in which the
/// denoiser reads codes.
///
/// Shapes: `turns [pictures, words]` → `[pictures · positions]`.
pub fn uniforms(turns: &Tensor<2, Int>, positions: usize) -> Tensor<1> {
    let pictures = turns.dims()[0];
    from_bits(turns.clone().narrow(1, 0, positions)).reshape([pictures * positions])
}

/// The numbers of f32 that have these bits.
fn from_bits(bits: Tensor<2, Int>) -> Tensor<2> {
    let bits = bits.cast(IntDType::I32).into_dispatch();
    Tensor::from_dispatch(<Dispatch as TensorKernels>::from_bits(bits))
}

impl Stepped {
    /// The codes after the step as the denoiser reads them, `[pictures, positions]`.
    pub fn codes(&self) -> Tensor<2, Int> {
        self.part(0)
    }

    /// One of the four blocks: codes as the denoiser reads them, and by positions choice, bits of its probability, codes.
    fn part(&self, number: usize) -> Tensor<2, Int> {
        let pictures = self.0.dims()[0] / 4;
        self.0.clone().narrow(0, number * pictures, pictures)
    }
}
