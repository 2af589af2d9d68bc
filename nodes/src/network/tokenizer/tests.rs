//! Shapes, codes and gradients of tiny networks.

use burn::module::Module;
use burn::tensor::{Device, Distribution, FloatDType, Int, Tensor};
use graph::param::Seed;
use graph::random::Random;

use super::{
    CodeGradient, Matching, Quantiser, QuantiserConfig, Stage, TokenizerConfig, TokenizerNetwork,
    TrainedTokenizer,
};
use crate::network::layers::Init;
use crate::network::weights::Precision;
use crate::value::{Codec, Grid, Image, Tokens};

fn scalar() -> QuantiserConfig {
    QuantiserConfig::Scalar {
        levels: vec![4, 3, 2],
    }
}

fn codebook(matching: Matching, gradient: CodeGradient) -> QuantiserConfig {
    QuantiserConfig::Codebook {
        codes: 12,
        dimensions: 3,
        matching,
        gradient,
        commitment: 0.25,
    }
}

fn config(quantiser: QuantiserConfig) -> TokenizerConfig {
    let stage = |channels| Stage {
        channels,
        encoder_blocks: 1,
        decoder_blocks: 1,
    };
    TokenizerConfig::new(2, vec![stage(8), stage(12)], quantiser)
}

fn network(config: &TokenizerConfig, device: &Device) -> TokenizerNetwork {
    let mut init = Init::new(Random::new(Seed(1)), 0, device);
    TokenizerNetwork::new(config, &mut init)
}

fn tokenizer(quantiser: QuantiserConfig) -> TrainedTokenizer {
    let device = Device::flex();
    let config = config(quantiser);
    let network = network(&config, &device);
    TrainedTokenizer::new(config, network, &device)
}

fn image(batch: usize, height: usize, width: usize) -> Image {
    let bytes: Vec<u8> = (0..batch * height * width * 3)
        .map(|at| (at * 31 % 256) as u8)
        .collect();
    Image::from_bytes(&bytes, [batch, height, width], &Device::flex()).expect("the shape fits")
}

#[test]
fn pictures_become_grids_of_codes_and_come_back_in_their_size() {
    for quantiser in [
        scalar(),
        codebook(Matching::Nearest, CodeGradient::StraightThrough),
        codebook(Matching::DotProduct, CodeGradient::Index),
    ] {
        let tokenizer = tokenizer(quantiser);
        let tokens = tokenizer
            .encode(&image(2, 8, 12))
            .expect("the sides are multiples of 4");
        let grid = Grid {
            rows: 2,
            columns: 3,
        };
        assert_eq!((tokens.batch(), tokens.grid()), (2, grid));
        let back = tokenizer.decode(&tokens).expect("all tokens are laid");
        assert_eq!(back.pixels().dims(), [2, 8, 12, 3]);
    }
}

#[test]
fn every_code_is_the_code_of_its_own_vector() {
    for levels in [vec![8, 8, 8, 8], vec![5, 2, 7]] {
        let quantiser = super::ScalarQuantiser::new(&levels);
        let vectors = quantiser.vectors(&Device::flex());
        let count: usize = levels.iter().product();
        // The latent that the sigmoid brings to the vector.
        let share = (vectors.clone() + 1.0) / 2.0;
        let latents = (share.clone() / (share.neg() + 1.0)).log() / 1.6;
        let codes = quantiser.codes(latents.clone()).into_data();
        let expected = Tensor::<1, Int>::arange(0..count as i64, &Device::flex()).into_data();
        assert_eq!(codes, expected);
        let rounded = quantiser.round(latents);
        let error = (rounded - vectors).abs().max().into_scalar::<f32>();
        assert!(error < 1e-5, "error {error}");
    }
}

#[test]
fn sixteen_neighbouring_codes_are_a_small_cube() {
    let vectors = super::ScalarQuantiser::new(&[8, 8, 8, 8]).vectors(&Device::flex());
    let first = vectors.narrow(0, 48, 16);
    let spread = first.clone().max_dim(0) - first.min_dim(0);
    let spread = spread.into_data().try_to_vec::<f32>().expect("f32");
    assert_eq!(spread, [0.25; 4]);
}

#[test]
fn a_learned_vector_is_nearest_to_itself() {
    let tokenizer = tokenizer(codebook(Matching::Nearest, CodeGradient::StraightThrough));
    let codes = tokenizer
        .quantiser()
        .codes(tokenizer.network(), tokenizer.vectors());
    let expected = Tensor::<1, Int>::arange(0..12, &Device::flex()).into_data();
    assert_eq!(codes.into_data(), expected);
}

#[test]
fn rounding_passes_the_gradient_of_the_bounded_latents() {
    let device = Device::flex().autodiff();
    let latents = Tensor::<2>::from_floats([[0.3, -0.2], [1.1, 0.0]], &device).require_grad();
    let quantiser = super::ScalarQuantiser::new(&[8, 4]);
    let grads = quantiser.round(latents.clone()).sum().backward();
    let found = latents
        .grad(&grads)
        .expect("latents are a leaf")
        .into_data();
    let found = found.try_to_vec::<f32>().expect("f32");
    for (found, latent) in found.iter().zip([0.3_f32, -0.2, 1.1, 0.0]) {
        let sigmoid = 1.0 / (1.0 + (-1.6 * latent).exp());
        let expected = 2.0 * 1.6 * sigmoid * (1.0 - sigmoid);
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}

#[test]
fn a_straight_through_codebook_passes_the_gradient_on_and_pulls_its_vectors() {
    let device = Device::flex().autodiff();
    let quantiser = super::CodebookQuantiser {
        matching: Matching::Nearest,
        gradient: CodeGradient::StraightThrough,
        commitment: 0.5,
    };
    let latents = Tensor::<2>::from_floats([[1.0, 0.0]], &device).require_grad();
    let vectors = Tensor::<2>::from_floats([[5.0, 5.0], [0.0, 0.0]], &device).require_grad();
    let (rounded, loss) = quantiser.round(latents.clone(), vectors.clone());
    assert_eq!(
        rounded
            .clone()
            .into_data()
            .try_to_vec::<f32>()
            .expect("f32"),
        [0.0, 0.0]
    );
    let grads = (rounded.sum() + loss).backward();
    let of_latents = latents.grad(&grads).expect("a leaf").into_data();
    // 1 from the sum, and 0.5 · 2 · (1 − 0) / 2 from the commitment.
    assert_eq!(of_latents.try_to_vec::<f32>().expect("f32"), [1.5, 1.0]);
    let of_vectors = vectors.grad(&grads).expect("a leaf").into_data();
    assert_eq!(
        of_vectors.try_to_vec::<f32>().expect("f32"),
        [0.0, 0.0, -1.0, 0.0]
    );
}

#[test]
fn every_vector_learns_through_the_index() {
    let device = Device::flex().autodiff();
    let quantiser = super::CodebookQuantiser {
        matching: Matching::DotProduct,
        gradient: CodeGradient::Index,
        commitment: 0.25,
    };
    let latents = Tensor::<2>::from_floats([[1.0, 0.5]], &device).require_grad();
    let vectors =
        Tensor::<2>::from_floats([[1.0, 1.0], [0.5, 0.0], [-1.0, 0.2]], &device).require_grad();
    let (rounded, _) = quantiser.round(latents.clone(), vectors.clone());
    let grads = rounded.sum().backward();
    let of_vectors = vectors.grad(&grads).expect("a leaf").into_data();
    let of_vectors = of_vectors.try_to_vec::<f32>().expect("f32");
    assert!(
        of_vectors.iter().all(|value| *value != 0.0),
        "{of_vectors:?}"
    );
    assert!(latents.grad(&grads).is_some());
}

#[test]
fn all_parameters_get_a_gradient() {
    let device = Device::flex();
    for quantiser in [
        scalar(),
        codebook(Matching::Nearest, CodeGradient::StraightThrough),
    ] {
        let config = config(quantiser);
        let network = network(&config, &device).train();
        let ad = device.clone().autodiff();
        let pixels = Tensor::random([1, 8, 8, 3], Distribution::Uniform(-1.0, 1.0), &ad);
        let made = Quantiser::new(&config.quantiser).reconstruct(&network, pixels, FloatDType::F32);
        let loss = made.pixels.abs().mean();
        let loss = match made.quantiser_loss {
            Some(learned) => loss + learned,
            None => loss,
        };
        let grads = loss.backward();
        let mut missing = Missing {
            grads: &grads,
            count: 0,
        };
        network.visit(&mut missing);
        assert_eq!(missing.count, 0);
    }
}

struct Missing<'a> {
    grads: &'a burn::tensor::Gradients,
    count: usize,
}

impl burn::module::ModuleVisitor for Missing<'_> {
    fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
        if param.val().grad(self.grads).is_none() {
            self.count += 1;
        }
    }
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("inside/tokenizer");
    for quantiser in [
        scalar(),
        codebook(Matching::Nearest, CodeGradient::StraightThrough),
    ] {
        let first = tokenizer(quantiser);
        first.save(&path, Precision::F32).expect("it can be saved");
        let second = TrainedTokenizer::load(&path, &Device::flex()).expect("it was just saved");
        let picture = image(1, 16, 16);
        assert_eq!(first.encode(&picture), second.encode(&picture));
        assert_eq!(first.hash(), second.hash());
        assert_eq!(first.config(), second.config());
    }
    let names: Vec<_> = std::fs::read_dir(&path)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").file_name())
        .collect();
    assert_eq!(names.len(), 2, "nothing else is left over: {names:?}");
}

#[test]
fn a_hash_tells_weights_apart() {
    let first = tokenizer(scalar());
    let config = config(scalar());
    let mut init = Init::new(Random::new(Seed(2)), 0, &Device::flex());
    let other = TokenizerNetwork::new(&config, &mut init);
    let second = TrainedTokenizer::new(config, other, &Device::flex());
    assert_ne!(first.hash(), second.hash());
}

/// Saves a tokenizer, damages its folder, and returns what loading says.
fn loaded_after(damage: impl Fn(&std::path::Path)) -> String {
    let folder = tempfile::tempdir().expect("a folder for the test");
    tokenizer(scalar())
        .save(folder.path(), Precision::F32)
        .expect("it can be saved");
    damage(folder.path());
    TrainedTokenizer::load(folder.path(), &Device::flex())
        .expect_err("the folder was damaged")
        .to_string()
}

fn edit(folder: &std::path::Path, from: &str, to: &str) {
    let path = folder.join("config.json");
    let text = std::fs::read_to_string(&path).expect("it was just written");
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replacen(from, to, 1)).expect("it can be written");
}

#[test]
fn weights_that_do_not_fit_the_configuration_are_named() {
    let message = loaded_after(|folder| edit(folder, "\"channels\": 8", "\"channels\": 10"));
    for part in [
        "`decoder.stages.0.output.weight` should be [40, 12], but is [32, 12]",
        "and 8 more",
        "model.safetensors",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_configuration_that_makes_no_sense_is_named() {
    let cases = [
        (
            "\"patch\": 2",
            "\"patch\": 0",
            "`patch` must be from 1 to 32, but is 0",
        ),
        ("\"patch\": 2", "\"patsch\": 2", "unknown field `patsch`"),
        (
            "smalto-tokenizer-1",
            "smalto-denoiser-1",
            "`architecture` must be",
        ),
        (
            "\"channels\": 12",
            "\"channels\": 999999",
            "`stages[1].channels` must be from 1 to 4096, but is 999999",
        ),
    ];
    for (from, to, expected) in cases {
        let message = loaded_after(|folder| edit(folder, from, to));
        assert!(message.contains(expected), "{message}");
        assert!(message.ends_with("config.json"), "{message}");
    }
}

#[test]
fn truncated_and_missing_files_are_named() {
    let message = loaded_after(|folder| {
        let path = folder.join("model.safetensors");
        let bytes = std::fs::read(&path).expect("it was just written");
        std::fs::write(path, &bytes[..bytes.len() / 2]).expect("it can be written");
    });
    assert!(message.contains("model.safetensors"), "{message}");
    let message = loaded_after(|folder| {
        std::fs::remove_file(folder.join("config.json")).expect("it was just written");
    });
    assert!(message.contains("cannot read"), "{message}");
}

#[test]
fn tokens_and_pictures_that_do_not_fit_are_refused() {
    let tokenizer = tokenizer(scalar());
    let message = tokenizer.encode(&image(1, 8, 10)).map(drop);
    let message = message.expect_err("10 is no multiple of 4").to_string();
    assert!(message.contains("multiples of 4 pixels"), "{message}");

    let grid = Grid {
        rows: 1,
        columns: 2,
    };
    let masked = Tokens::new(vec![3, Tokens::MASK], grid, 24).expect("codes below 24");
    let message = tokenizer.decode(&masked).map(drop);
    let message = message.expect_err("one is masked").to_string();
    assert!(message.contains("1 that are still masked"), "{message}");

    let other = Tokens::new(vec![3, 4], grid, 25).expect("codes below 25");
    let message = tokenizer.decode(&other).map(drop);
    let message = message.expect_err("25 is not 24").to_string();
    assert!(message.contains("which has 24"), "{message}");
}
