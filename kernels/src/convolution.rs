//! 3×3 convolutions of pictures whose channels come last.

pub(crate) mod parity;

use burn::backend::Dispatch;
use burn::tensor::{DType, Tensor};

use crate::backend::TensorKernels;

/// What a convolution makes of the sides of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Nothing: every position gets a result.
    Kept,
    /// Every second row and column gets a result, the first ones none: published networks pad at the right and at the
    /// bottom alone.
    Halved,
    /// Every position stands for four, as nearest neighbours do, each of which gets a result.
    Doubled,
}

impl Resolution {
    /// Height and width of what comes out.
    pub(crate) fn sides(self, [height, width]: [usize; 2]) -> [usize; 2] {
        match self {
            Self::Kept => [height, width],
            Self::Halved => [height / 2, width / 2],
            Self::Doubled => [2 * height, 2 * width],
        }
    }
}

/// A 3×3 convolution, zero beyond the border, plus a bias and, where wanted, plus another picture.
///
/// `out[b, y, x] = w·unfold_3x3(x)[b, y, x] + bias + addend[b, y, x]`, at the positions that `resolution` tells.
///
/// Weight and bias are masters and are cast to the type of `x` inside; products accumulate in f32.
/// The unfolded picture, nine times as large as `x`, is made in bands of rows where it is made at all.
///
/// Shapes: `x [batch, height, width, in]`, `weight [out, 9·in]` as [`unfold_3x3`](crate::unfold_3x3) lays taps,
/// `bias [out]`, `addend` as the result → `[batch, height, width, out]` with the sides that `resolution` makes.
/// Panics: when shapes or the types of `x` and `addend` do not fit each other, or a side of 1 is to be halved.
pub fn convolution_3x3(
    x: Tensor<4>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    addend: Option<Tensor<4>>,
    resolution: Resolution,
) -> Tensor<4> {
    let ([batch, height, width, channels], [outputs, taps]) = (x.dims(), weight.dims());
    assert_eq!(
        9 * channels,
        taps,
        "convolution_3x3: x [{batch}, {height}, {width}, {channels}] does not fit weight [{outputs}, {taps}]: the \
         weight must have nine numbers for each channel"
    );
    let bias = bias.unwrap_or_else(|| Tensor::zeros([outputs], (&x.device(), DType::F32)));
    assert_eq!(
        bias.dims(),
        [outputs],
        "convolution_3x3: the bias must have one number for each of the {outputs} rows of weight"
    );
    let [rows, columns] = resolution.sides([height, width]);
    assert!(
        (rows > 0 && columns > 0) || height * width == 0,
        "convolution_3x3: a picture of {height} × {width} positions cannot be halved"
    );
    let dtype = x.dtype();
    let (x, weight, bias) = (
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    );
    Tensor::from_dispatch(match addend {
        None => <Dispatch as TensorKernels>::convolution(x, weight, bias, resolution),
        Some(addend) => {
            assert_eq!(
                (addend.dims(), addend.dtype()),
                ([batch, rows, columns, outputs], dtype),
                "convolution_3x3: what is added must have the shape and the type of the result"
            );
            let addend = addend.into_dispatch();
            <Dispatch as TensorKernels>::convolution_added(x, weight, bias, addend, resolution)
        }
    })
}
