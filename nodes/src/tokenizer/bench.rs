//! How long a published tokenizer's network takes, whatever its weights.

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use graph::param::Seed;
use graph::random::Random;
use kernels::{BenchError, Measurement};

use super::load::PictureType;
use crate::network::layers::Init;
use crate::network::vq::{Layout, Matching, PixelRange, VqConfig, VqNetwork};

/// Which way is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From pixels to codes.
    Encode,
    /// From codes to pixels.
    Decode,
}

/// The shape of Emu3.5's tokenizer, with as many times fewer channels as `smaller` says.
fn emu(smaller: usize) -> VqConfig {
    let widths = [256, 256, 512, 512, 1024].map(|width| width / smaller);
    VqConfig {
        layout: Layout::Taming,
        first: widths[0],
        encoder_widths: widths.to_vec(),
        decoder_widths: widths.to_vec(),
        blocks: 4,
        attention: vec![false, false, false, false, true],
        middle_attention: true,
        norm_groups: 32 / smaller.min(8),
        latent: 256 / smaller,
        dimensions: 256 / smaller,
        codes: 131_072 / smaller,
        matching: Matching::DotProduct,
        range: PixelRange::Signed,
    }
}

/// Measures one picture of `side × side` pixels with a random network of Emu3.5's shape, computed in `numbers`.
///
/// Errors: the device fails, or has too little memory.
pub fn bench(
    direction: Direction,
    side: usize,
    numbers: PictureType,
    device: &Device,
) -> Result<Measurement, BenchError> {
    measure(&emu(1), direction, side, numbers.dtype(), device)
}

fn measure(
    config: &VqConfig,
    direction: Direction,
    side: usize,
    dtype: FloatDType,
    device: &Device,
) -> Result<Measurement, BenchError> {
    let mut init = Init::new(Random::new(Seed(0)), 0, device);
    let network = VqNetwork::new(config, &mut init).laid_out(dtype);
    match direction {
        Direction::Encode => {
            let pixels: Tensor<4> = init.normal([1, side, side, 3], 0.5);
            kernels::measure(device, &|| {
                let features = network.features(pixels.clone(), dtype);
                let _ = network.codes(network.latents(features));
            })
        }
        Direction::Decode => {
            let tokens = side / config.stride();
            let codes: Vec<i32> = (0..tokens * tokens)
                .map(|at| (at * 7919 % config.codes) as i32)
                .collect();
            let codes = TensorData::new(codes, [1, tokens * tokens]);
            let codes: Tensor<2, Int> = Tensor::from_data(codes, device);
            kernels::measure(device, &|| {
                let laid = network.laid(codes.clone(), tokens, tokens);
                let _ = network.decode(laid, dtype);
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, FloatDType};

    use super::{Direction, emu, measure};

    #[test]
    fn a_small_network_of_that_shape_is_measured_both_ways() {
        let config = emu(32);
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.stride(), 16);
        for direction in [Direction::Encode, Direction::Decode] {
            let device = Device::flex();
            let measured = measure(&config, direction, 32, FloatDType::F32, &device);
            let measured = measured.expect("the processor does not fail");
            assert!(measured.milliseconds > 0.0, "{measured:?}");
            assert_eq!(measured.shrunk_bytes, None);
        }
    }
}
