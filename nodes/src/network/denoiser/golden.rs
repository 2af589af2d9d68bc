//! The forward pass against numbers that the official implementation computed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use safetensors::SafeTensors;
use serde_json::Value;

use super::rotary::{frequencies, query_scale};
use super::{
    DenoiserConfig, DenoiserNetwork, PromptConfig, RopeConfig, Rotary, Sequence, cell_order,
};
use crate::network::layers::Init;
use crate::network::weights::{WeightType, Weights};

/// See the fixture's README: the largest difference that another order of f32 sums makes.
const TOLERANCE: f32 = 2e-5;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/golden/nld_image")
        .join(name)
}

/// All arrays of the case, as f32; whole numbers are small.
pub(crate) fn case() -> BTreeMap<String, Vec<f32>> {
    let bytes = std::fs::read(fixture("case.safetensors")).expect("the fixture is there");
    let file = SafeTensors::deserialize(&bytes).expect("the fixture is whole");
    let numbers = |name: &str| {
        let view = file.tensor(name).expect("listed");
        let words = view.data().as_chunks::<4>().0;
        let words = words.iter();
        match view.dtype() {
            safetensors::Dtype::F32 => words.map(|word| f32::from_le_bytes(*word)).collect(),
            safetensors::Dtype::I32 => words.map(|word| i32::from_le_bytes(*word) as f32).collect(),
            _ => Vec::new(),
        }
    };
    file.names()
        .into_iter()
        .map(|name| (name.to_owned(), numbers(name)))
        .collect()
}

pub(crate) fn official_config() -> DenoiserConfig {
    let text = std::fs::read(fixture("config.json")).expect("the fixture is there");
    let file: Value = serde_json::from_slice(&text).expect("the fixture is whole");
    let size = |name: &str| file[name].as_u64().expect("the field is there") as usize;
    let rope = &file["rope_parameters"];
    let number = |name: &str| rope[name].as_f64().expect("the field is there");
    DenoiserConfig {
        format: DenoiserConfig::FORMAT.into(),
        codebook: 128,
        spare_codes: 256,
        mask_id: 129,
        rows: 16,
        columns: 16,
        vocabulary: size("vocab_size"),
        width: size("hidden_size"),
        layers: size("num_hidden_layers"),
        heads: size("num_attention_heads"),
        key_heads: size("num_key_value_heads"),
        head_width: size("head_dim"),
        inner_width: size("intermediate_size"),
        norm_epsilon: file["rms_norm_eps"].as_f64().expect("the field is there"),
        resample_epsilon: 1e-6,
        norm_gains: true,
        rope: RopeConfig {
            theta: number("rope_theta"),
            factor: number("factor"),
            original_positions: number("original_max_position_embeddings") as usize,
            beta_fast: number("beta_fast"),
            beta_slow: number("beta_slow"),
            query_beta: number("llama_4_scaling_beta"),
        },
        prompt: PromptConfig {
            template: "{prompt}{slots}".into(),
            slot: "<SPECIAL_18>".into(),
            length: 0,
            pad: String::new(),
            text_mask_id: size("mask_token_id") as u32,
            end_id: 11,
            drop_through: 2,
            conditions: None,
        },
    }
}

pub(crate) fn network(config: &DenoiserConfig) -> DenoiserNetwork {
    network_of(config, WeightType::AsStored)
}

/// The same with its matrices kept as `kept` says.
pub(crate) fn network_of(config: &DenoiserConfig, kept: WeightType) -> DenoiserNetwork {
    let weights = Weights::open(&fixture("model.safetensors")).expect("the fixture is whole");
    let unused = ["encoder.vqvae.", "diffusion_head.", "encoder.image_newline"];
    let weights = weights.rename(|name| {
        let used = !unused.iter().any(|prefix| name.starts_with(prefix));
        used.then(|| name.into())
    });
    let mut init = Init::blank_of(&Device::flex(), kept);
    let blank = DenoiserNetwork::new(config, &mut init);
    weights
        .fill(blank)
        .expect("the names are the official ones")
}

fn close(what: &str, found: Vec<f32>, wanted: &[f32], tolerance: f32) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let worst = found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    let worst = worst.fold(0.0, f32::max);
    assert!(worst <= tolerance, "{what}: {worst} off");
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().iter::<f32>().collect()
}

pub(crate) fn ids(values: impl IntoIterator<Item = f32>) -> Tensor<2, Int> {
    let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
    let shape = [1, values.len()];
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

#[test]
fn positions_turn_as_in_the_official_code() {
    let (config, case) = (official_config(), case());
    let found: Vec<f32> = frequencies(&config.rope, config.head_width)
        .iter()
        .map(|frequency| *frequency as f32)
        .collect();
    close("rope_inv_freq", found, &case["rope_inv_freq"], 1e-7);
    let scales = &case["llama4_scale"];
    let found: Vec<f32> = (0..scales.len())
        .map(|position| query_scale(&config.rope, position) as f32)
        .collect();
    close("llama4_scale", found, scales, 1e-6);
}

#[test]
fn the_forward_pass_is_the_official_one() {
    let (config, case) = (official_config(), case());
    config.check().expect("the official sizes are sound");
    let network = network(&config);
    let input = &case["input_ids"];
    let front = case["slot_positions"][0] as usize;
    let back = front + case["slot_positions"].len();
    let order = cell_order(16, 16);
    let codes = || ids(order.iter().map(|at| case["grid_ids"][*at]));

    let slots = network.cells(codes(), FloatDType::F32);
    close("slot_embeds", flat(slots), &case["slot_embeds"], TOLERANCE);

    let end = input.iter().enumerate().filter(|(_, id)| **id == 11.0);
    let end = end.map(|(at, _)| at).nth(1).expect("two turns end");
    let rotary = Rotary::new(&config, input.len(), &Device::flex());
    for (branch, dropped) in [("cond", false), ("uncond", true)] {
        let text: Vec<f32> = input
            .iter()
            .enumerate()
            .map(|(at, id)| if dropped && at <= end { 100.0 } else { *id })
            .collect();
        let sequence = || Sequence {
            before: ids(text[..front].iter().copied()),
            codes: codes(),
            after: Some(ids(text[back..].iter().copied())),
        };
        let states = network.states(sequence(), &rotary, FloatDType::F32);
        let name = format!("hidden_{branch}");
        close(&name, flat(states), &case[&name], TOLERANCE);

        let features = network.features(sequence(), &rotary, FloatDType::F32);
        let tokens = network.enlarge(features.reshape([64, config.width]));
        let rows = |values: Vec<f32>| {
            let width = values.len() / 256;
            let mut sorted = vec![0.0; values.len()];
            for (from, to) in order.iter().enumerate() {
                sorted[to * width..(to + 1) * width]
                    .copy_from_slice(&values[from * width..(from + 1) * width]);
            }
            sorted
        };
        let name = format!("upsampled_{branch}");
        close(&name, rows(flat(tokens.clone())), &case[&name], TOLERANCE);
        let logits = kernels::linear(tokens, network.head(FloatDType::F32), None);
        let name = format!("logits_{branch}");
        close(&name, rows(flat(logits)), &case[&name], TOLERANCE);
    }
}
