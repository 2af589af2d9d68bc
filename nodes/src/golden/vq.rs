//! Published tokenizers: pixels to codes and back.

use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};

use super::{Computed, Folder, Found, GoldenError};
use crate::network::vq::{PixelRange, VqTokenizer};

/// Computes all that a tokenizer's case tells of.
pub(super) fn compute(folder: &Folder, device: &Device) -> Result<Computed, GoldenError> {
    let tokenizer = VqTokenizer::load(folder.path(), folder.config(), device)?;
    let network = tokenizer.network();
    let (pixels, shape) = folder.numbers::<4>("image")?;
    let pixels = Tensor::from_data(
        TensorData::new(pixels.to_vec(), shape),
        (device, DType::F32),
    );

    let mut computed = Computed::from_inputs(&["image", "rand_indices"]);
    let mut add = |name: &str, found: Found| {
        // Not every project's case tells of every stage.
        if folder.case().contains_key(name) {
            computed.add(name, found);
        }
    };
    let features = network.features(pixels.permute([0, 2, 3, 1]), FloatDType::F32);
    let latents = network.latents(features.clone());
    let codes = network.codes(latents.clone());
    let [_, rows, columns, _] = latents.dims();
    let quantised = network.laid(codes.clone(), rows, columns);
    let decoded = network.decode(quantised.clone(), FloatDType::F32);
    add("encoder_out", Found::numbers(channels_first(features)));
    add("latents", Found::numbers(channels_first(latents)));
    add("indices", Found::Integers(integers(codes)));
    add("quant", Found::numbers(channels_first(quantised.clone())));
    add(
        "quant_straight_through",
        Found::numbers(channels_first(quantised)),
    );
    add(
        "decoded_from_latents",
        Found::numbers(channels_first(decoded.clone())),
    );
    add("decoded", Found::numbers(channels_first(decoded)));

    let (indices, [rows, columns]) = folder.integers::<2>("rand_indices")?;
    let codes = tokenizer.config().codes as i64;
    if indices.iter().any(|index| !(0..codes).contains(index)) {
        return Err(GoldenError::Input {
            name: "rand_indices".into(),
            expected: format!("array of codes below {codes}"),
        });
    }
    let indices = TensorData::new(indices.to_vec(), [1, rows * columns]);
    let indices: Tensor<2, Int> = Tensor::from_data(indices, device);
    let decoded = network.decode(network.laid(indices, rows, columns), FloatDType::F32);
    let range = tokenizer.config().range;
    add(
        "rand_decoded_u8",
        Found::Pixels(bytes(decoded.clone(), range)),
    );
    add("rand_decoded", Found::numbers(channels_first(decoded)));
    Ok(computed)
}

/// Pixels as bytes, by the published rule: what is beyond a whole number is cut off.
///
/// Shapes: `[batch, height, width, 3]` → `batch · height · width · 3` values.
pub(super) fn bytes(pixels: Tensor<4>, range: PixelRange) -> Vec<u8> {
    let pixels = match range {
        PixelRange::Signed => pixels.add_scalar(1.0).mul_scalar(0.5),
        PixelRange::Unsigned => pixels,
    };
    let pixels = pixels.clamp(0.0, 1.0).mul_scalar(255.0);
    let values = flat(pixels);
    values.into_iter().map(|value| value as u8).collect()
}

/// All numbers of a picture, channel by channel, as official programs lay them.
fn channels_first(picture: Tensor<4>) -> Vec<f32> {
    flat(picture.permute([0, 3, 1, 2]))
}

/// All numbers, row by row.
pub(super) fn flat<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data().convert::<f32>();
    data.iter::<f32>().collect()
}

/// All whole numbers, row by row.
pub(super) fn integers<const D: usize>(tensor: Tensor<D, Int>) -> Vec<i64> {
    let data = tensor.into_data().convert::<i64>();
    data.iter::<i64>().collect()
}
