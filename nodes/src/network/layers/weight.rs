//! The matrix of a linear layer or the rows of a table, as it is kept.

use burn::module::{Module, Param, ParamId};
use burn::tensor::{DType, Device, FloatDType, Int, Tensor};

use super::Init;
use crate::network::weights::WeightType;

/// A matrix, `[rows, columns]`.
#[derive(Module, Debug)]
pub enum Weight {
    /// Numbers, which can learn.
    Numbers(Param<Tensor<2>>),
    /// One byte a number.
    Int8(Int8),
}

/// Rows of whole numbers, each with a scale of its own.
#[derive(Module, Debug)]
pub struct Int8 {
    /// Whole numbers from −127 to 127, `[rows, columns]`.
    codes: Param<Tensor<2, Int>>,
    /// What 1 stands for in each row, `[rows]`.
    scale: Param<Tensor<1>>,
}

impl Weight {
    /// A matrix that starts from [`Init::normal_parameter`], or waits for numbers of one byte where `init` says so.
    pub fn new(shape: [usize; 2], deviation: f32, init: &mut Init) -> Self {
        match init.weights() {
            WeightType::AsStored => Self::Numbers(init.normal_parameter(shape, deviation)),
            WeightType::Int8 => Self::Int8(Int8 {
                codes: waiting(shape, init.device()),
                scale: init.constant_parameter([shape[0]], 1.0),
            }),
        }
    }

    /// The whole matrix: in the type that it is kept in, or made of its bytes in `dtype`, for the one product that needs
    /// it.
    pub fn matrix(&self, dtype: FloatDType) -> Tensor<2> {
        match self {
            Self::Numbers(numbers) => numbers.val(),
            Self::Int8(Int8 { codes, scale }) => {
                kernels::dequantise(codes.val(), scale.val(), dtype)
            }
        }
    }

    /// The rows at `ids`, which nobody learns from, likewise.
    ///
    /// Shapes: `ids [n]` → `[n, columns]`.
    pub fn rows(&self, ids: Tensor<1, Int>, dtype: FloatDType) -> Tensor<2> {
        match self {
            Self::Numbers(numbers) => numbers.val().select(0, ids),
            Self::Int8(Int8 { codes, scale }) => {
                let codes = codes.val().select(0, ids.clone());
                kernels::dequantise(codes, scale.val().select(0, ids), dtype)
            }
        }
    }

    /// Whether a gradient flows to it.
    pub fn is_tracked(&self) -> bool {
        match self {
            Self::Numbers(numbers) => numbers.val().is_tracked(),
            Self::Int8(_) => false,
        }
    }
}

/// Whole numbers that take no memory until they are filled.
fn waiting(shape: [usize; 2], device: &Device) -> Param<Tensor<2, Int>> {
    let zeros = move |device: &Device, _: bool| Tensor::zeros(shape, (device, DType::I8));
    Param::uninitialized(ParamId::new(), zeros, device.clone(), false, shape.into())
}
