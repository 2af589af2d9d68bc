//! Tokens for whole batches of logits, which stay on their device.

use burn::backend::{
    Dispatch,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{DType, Device, Int, Tensor};

use crate::backend::TensorKernels;
use crate::rows::{argmax, log_sum_exp};

/// One token for each row, and how sure it is.
#[derive(Clone, Debug)]
pub struct Picked {
    /// The tokens, `[rows]`.
    pub tokens: Tensor<1, Int>,
    /// The probability of each without temperature, `[rows]`, from 0 to 1.
    pub confidence: Tensor<1>,
}

/// The likeliest token of each row, the first of equals.
///
/// `token = argmax z`, `confidence = e^{z_token − lse z}`
///
/// Confidence is no number where a row holds none.
///
/// Shapes: `logits [rows, codes]` → `[rows]` each.
pub fn likeliest(logits: Tensor<2>) -> Picked {
    let device = logits.device();
    if logits.dims()[0] == 0 {
        return Picked::none(&device);
    }
    let logits = logits.without_autodiff().cast(DType::F32).into_dispatch();
    Picked::of(<Dispatch as TensorKernels>::likeliest(logits), &device)
}

/// A token for each row, drawn from `softmax(logits / temperature)` by inversion: the first code at which the
/// probabilities summed up reach the row's number.
///
/// One number decides a row, whatever the size of the codebook; confidence is always of the untempered logits.
///
/// Shapes: `logits [rows, codes]`, `uniforms [rows]` in [0, 1] → `[rows]` each.
/// Panics: when there is not one number for each row, or the temperature is not above 0.
pub fn draw(logits: Tensor<2>, uniforms: Tensor<1>, temperature: f32) -> Picked {
    assert!(
        uniforms.dims() == [logits.dims()[0]] && temperature > 0.0,
        "draw: logits {:?} and uniforms {:?} at temperature {temperature}: expected a number for each row, and a \
         temperature above 0",
        logits.dims(),
        uniforms.dims()
    );
    let device = logits.device();
    if logits.dims()[0] == 0 {
        return Picked::none(&device);
    }
    let logits = logits.without_autodiff().cast(DType::F32).into_dispatch();
    let uniforms = uniforms.cast(DType::F32).into_dispatch();
    let picked = <Dispatch as TensorKernels>::draw(logits, uniforms, temperature);
    Picked::of(picked, &device)
}

impl Picked {
    /// What is picked of no rows.
    fn none(device: &Device) -> Self {
        Self {
            tokens: Tensor::zeros([0], device),
            confidence: Tensor::zeros([0], device),
        }
    }

    pub(super) fn of(
        (tokens, confidence): (IntTensor<Dispatch>, FloatTensor<Dispatch>),
        device: &Device,
    ) -> Self {
        let tokens = Tensor::<1, Int>::from_dispatch(tokens);
        Self {
            tokens: tokens.cast(device.settings().int_dtype),
            confidence: Tensor::from_dispatch(confidence),
        }
    }
}

/// Picks a token for each row: the likeliest, or with noise one drawn from `softmax(logits / temperature)`.
///
/// `token = argmax(z / temperature + Gumbel)`, `confidence = e^{z_token − lse z}`: always of the untempered logits. A
/// temperature of 0 takes the likeliest.
///
/// Shapes: `logits [rows, codes]`, `uniforms [rows, codes]` in [0, 1) → `[rows]` each.
pub fn pick(logits: Tensor<2>, temperature: f32, uniforms: Option<Tensor<2>>) -> Picked {
    let Some(uniforms) = uniforms.filter(|_| temperature > 0.0) else {
        return likeliest(logits);
    };
    let logits = logits.without_autodiff().cast(DType::F32);
    let inside = uniforms.clamp(f32::MIN_POSITIVE, 1.0 - f32::EPSILON / 2.0);
    let gumbel = -(-inside.log()).log();
    let tokens = argmax(logits.clone() / temperature + gumbel);
    let chosen = logits
        .clone()
        .gather(1, tokens.clone().unsqueeze_dim(1))
        .squeeze_dim::<1>(1);
    Picked {
        tokens,
        confidence: (chosen - log_sum_exp(logits)).exp(),
    }
}
