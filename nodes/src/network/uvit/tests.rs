mod folder;

use burn::module::Module;
use burn::tensor::{Device, FloatDType, Tensor};
use graph::param::Seed;
use graph::random::Random;
use serde_json::json;

use super::{Condition, UvitConfig, UvitConfigError, UvitModel, UvitNetwork};
use crate::network::layers::Init;
use crate::network::weights::{self, Weights};
use crate::value::{Grid, Guidance, Tokens};

/// A small network whose text encoder is that of [`clip::tests`](crate::network::clip::tests).
pub(crate) fn config() -> UvitConfig {
    UvitConfig {
        hidden_size: 12,
        use_bias: false,
        cond_embed_dim: 10,
        micro_cond_encode_dim: 4,
        micro_cond_embed_dim: 20,
        encoder_hidden_size: 12,
        vocab_size: 20,
        codebook_size: 16,
        in_channels: 6,
        block_out_channels: 8,
        num_res_blocks: 1,
        downsample: false,
        upsample: false,
        block_num_heads: 2,
        num_hidden_layers: 1,
        num_attention_heads: 3,
        intermediate_size: 14,
        layer_norm_eps: 1e-6,
        ln_elementwise_affine: true,
        sample_size: 4,
    }
}

pub(crate) fn network(config: &UvitConfig) -> UvitNetwork {
    let random = Random::new(Seed(5));
    UvitNetwork::new(config, &mut Init::new(random, 0, &Device::flex()))
}

fn shapes() -> [UvitConfig; 5] {
    let cells = UvitConfig {
        use_bias: true,
        downsample: true,
        upsample: true,
        num_res_blocks: 2,
        ..config()
    };
    let plain = UvitConfig {
        ln_elementwise_affine: false,
        ..cells.clone()
    };
    let same = UvitConfig {
        block_out_channels: 12,
        num_hidden_layers: 3,
        ..config()
    };
    let none = UvitConfig {
        num_hidden_layers: 0,
        num_res_blocks: 0,
        ..config()
    };
    [config(), cells, plain, same, none]
}

#[test]
fn a_network_that_waits_for_its_weights_takes_no_memory() {
    for config in shapes() {
        let blank = UvitNetwork::new(&config, &mut Init::blank(&Device::flex()));
        assert_eq!(weights::bytes(&blank), 0);
        let held = 4 * config.parameters();
        assert_eq!(u128::from(weights::bytes(&network(&config))), held);
    }
}

#[test]
fn the_size_of_a_network_is_known_beforehand() {
    for config in shapes() {
        config.check().expect("the sizes are sound");
        let network = network(&config);
        assert_eq!(config.parameters(), network.num_params() as u128);
    }
}

#[test]
fn biases_and_gains_are_where_published_checkpoints_have_them() {
    let names = |config: &UvitConfig| -> Vec<String> {
        let weights = Weights::of(&network(config));
        weights.names().map(String::from).collect()
    };
    let [bare, cells, plain, same, _] = shapes();
    let optional = [
        "encoder_proj.bias",
        "embed.conv.bias",
        "cond_embed.linear_1.bias",
        "down_block.downsample.conv.bias",
        "down_block.res_blocks.1.depthwise.bias",
        "down_block.res_blocks.0.cond_embeds_mapper.bias",
        "down_block.attention_blocks.0.kv_mapper.bias",
        "down_block.attention_blocks.0.attn1.to_out.0.bias",
        "transformer_layers.0.norm1.linear.bias",
        "transformer_layers.0.norm3.norm.bias",
        "transformer_layers.0.ff.net.0.proj.bias",
        "transformer_layers.0.ff.net.2.bias",
        "up_block.upsample.conv.bias",
        "mlm_layer.conv2.bias",
    ];
    let (with, without) = (names(&cells), names(&bare));
    for name in optional {
        assert!(with.iter().any(|found| found == name), "{name}");
        assert!(!without.iter().any(|found| found == name), "{name}");
    }
    // Gains in front of attention do not go by the configuration.
    let norms: Vec<String> = names(&plain)
        .into_iter()
        .filter(|name| name.contains("norm") && name.ends_with("weight"))
        .filter(|name| !name.contains(".linear."))
        .collect();
    assert_eq!(norms.len(), 2 * 2 * 2, "{norms:?}");
    assert!(norms.iter().all(|name| name.contains("attention_blocks")));
    assert!(!names(&same).iter().any(|name| name.contains("kv_mapper")));
}

#[test]
fn configurations_that_make_no_network_are_refused() {
    let with = |field: &str, value: serde_json::Value| {
        let mut file = json!(config());
        file["_class_name"] = json!("UVit2DModel");
        file[field] = value;
        UvitConfig::of(&file)
    };
    assert_eq!(with("hidden_dropout", json!(0.0)), Ok(config()));
    let wrong = |field: &str, value: serde_json::Value, part: &str| {
        let error = with(field, value).expect_err("it is wrong").to_string();
        assert!(error.contains(part), "{error}");
        assert!(error.contains(field), "{error}");
    };
    wrong("num_attention_heads", json!(0), "from 1 to 1048576");
    wrong(
        "num_attention_heads",
        json!(5),
        "a divisor of the width, 12",
    );
    wrong("block_num_heads", json!(3), "a divisor of the width, 8");
    wrong("hidden_size", json!(1_u64 << 40), "from 1 to 1048576");
    wrong("num_hidden_layers", json!(1_u64 << 40), "at most 1048576");
    wrong("micro_cond_encode_dim", json!(5), "even");
    wrong(
        "micro_cond_embed_dim",
        json!(16),
        "5 times `micro_cond_encode_dim`, 20",
    );
    wrong("vocab_size", json!(16), "above `codebook_size`, 16");
    wrong("upsample", json!(true), "as `downsample`, false");
    wrong("layer_norm_eps", json!(-1.0), "a positive number");
    wrong(
        "_class_name",
        json!("UNet2DModel"),
        "no transformer of aMUSEd",
    );
    let negative = with("hidden_size", json!(-1)).expect_err("it is no size");
    assert!(matches!(negative, UvitConfigError::Field(_)), "{negative}");
    let odd = UvitConfig {
        sample_size: 3,
        downsample: true,
        upsample: true,
        ..config()
    };
    let error = odd.check().expect_err("three codes make no cells");
    assert!(
        error.to_string().contains("even where `downsample`"),
        "{error}"
    );
    let larger = config().check_held(100).expect_err("it is larger");
    assert!(larger.to_string().contains("hold only 100"), "{larger}");
}

const GRID: Grid = Grid {
    rows: 4,
    columns: 6,
};

/// Pictures of which every third code is masked.
fn tokens(batch: usize, grid: Grid) -> Tokens {
    let codes = (0..(batch * grid.length()) as u32).map(|at| match at % 3 {
        0 => Tokens::MASK,
        _ => at * 7 % 16,
    });
    Tokens::new(codes.collect::<Vec<_>>(), grid, 16).expect("the codes fit")
}

fn condition(batch: usize, seed: u64) -> Condition {
    let mut init = Init::new(Random::new(Seed(seed)), 1, &Device::flex());
    Condition {
        words: init.normal([batch, 8, 12], 1.0),
        pooled: init.normal([batch, 10], 1.0),
        micro: vec![[64.0, 64.0, 0.0, 3.0, 6.0]; batch],
    }
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

fn close(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    for (at, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= 2e-5, "{at}: {a} is not {b}");
    }
}

#[test]
fn guidance_and_picking_change_nothing_but_the_work() {
    for config in shapes() {
        let model = UvitModel::new(network(&config), &Device::flex(), FloatDType::F32);
        let tokens = tokens(2, GRID);
        let all: Vec<u32> = (0..2 * GRID.length() as u32).collect();
        let ask = |rows: &[u32], other| {
            let logits = model.logits(&tokens, rows, condition(2, 1), other);
            values(logits.expect("everything fits"))
        };
        let own = ask(&all, None);
        let other = model.logits(&tokens, &all, condition(2, 2), None);
        let other = values(other.expect("everything fits"));
        let wanted: Vec<f32> = own
            .iter()
            .zip(&other)
            .map(|(own, other)| 3.5 * own - 2.5 * other)
            .collect();
        let led = |plausibility| {
            let guidance = Guidance {
                plausibility,
                ..Guidance::plain(2.5)
            };
            guidance.lead().map(|lead| (condition(2, 2), lead))
        };
        close(&ask(&all, led(0.0)), &wanted);

        // Some positions, out of order, one of them twice.
        let some = [40, 3, 9, 47, 3];
        let picked: Vec<f32> = some
            .iter()
            .flat_map(|row| wanted[*row as usize * 16..][..16].to_vec())
            .collect();
        close(&ask(&some, led(0.0)), &picked);
        // What the own condition gives less than half of the likeliest code's probability is left out.
        let left = ask(&some, led(0.5));
        let owns = some.iter().map(|row| &own[*row as usize * 16..][..16]);
        for ((own, left), picked) in owns.zip(left.chunks(16)).zip(picked.chunks(16)) {
            let best = own.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for ((own, left), picked) in own.iter().zip(left).zip(picked) {
                let is_plausible = *own >= best - 2.0_f32.ln();
                assert_eq!(left.is_finite(), is_plausible, "{own} of {best}");
                assert!(!is_plausible || (left - picked).abs() <= 2e-5);
            }
        }
        assert!(left.contains(&f32::NEG_INFINITY));
        assert!(ask(&[], None).is_empty());
    }
}

#[test]
fn pictures_of_a_batch_do_not_see_each_other() {
    let [_, cells, ..] = shapes();
    let model = UvitModel::new(network(&cells), &Device::flex(), FloatDType::F32);
    let both = tokens(2, GRID);
    let second = both.sample(1).to_vec();
    let second = Tokens::new(second, GRID, 16).expect("the codes fit");
    let rows: Vec<u32> = (0..GRID.length() as u32).collect();
    let behind: Vec<u32> = rows.iter().map(|row| row + GRID.length() as u32).collect();
    let two = model.logits(&both, &behind, condition(2, 1), None);
    let alone = {
        let Condition {
            words,
            pooled,
            micro,
        } = condition(2, 1);
        Condition {
            words: words.narrow(0, 1, 1),
            pooled: pooled.narrow(0, 1, 1),
            micro: micro[1..].to_vec(),
        }
    };
    let one = model.logits(&second, &rows, alone, None);
    close(
        &values(two.expect("everything fits")),
        &values(one.expect("everything fits")),
    );
}

#[test]
fn tokens_that_do_not_fit_are_refused() {
    let [bare, cells, ..] = shapes();
    let odd = Grid {
        rows: 3,
        columns: 4,
    };
    let ask = |config: &UvitConfig, tokens: Tokens, row: u32| {
        let model = UvitModel::new(network(config), &Device::flex(), FloatDType::F32);
        let logits = model.logits(&tokens, &[row], condition(1, 1), None);
        logits.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(ask(&bare, tokens(1, odd), 0), Ok(()));
    let error = ask(&cells, tokens(1, odd), 0).expect_err("three rows make no cells");
    assert!(
        error.contains("even numbers of rows and columns"),
        "{error}"
    );
    let other = Tokens::masked(1, GRID, 32).expect("the grid is fine");
    let error = ask(&bare, other, 0).expect_err("another codebook");
    assert!(error.contains("a codebook of 16 codes"), "{error}");
    let error = ask(&bare, tokens(1, GRID), 24).expect_err("there are 24");
    assert!(error.contains("position 24"), "{error}");
}

#[test]
fn half_the_digits_give_about_the_same() {
    let [_, cells, ..] = shapes();
    let rows: Vec<u32> = (0..GRID.length() as u32).collect();
    let ask = |dtype| {
        let model = UvitModel::new(network(&cells), &Device::flex(), dtype);
        let logits = model.logits(&tokens(1, GRID), &rows, condition(1, 1), None);
        values(logits.expect("everything fits"))
    };
    let (exact, rough) = (ask(FloatDType::F32), ask(FloatDType::BF16));
    let off = exact.iter().zip(&rough).map(|(a, b)| (a - b).powi(2));
    let off = (off.sum::<f32>() / exact.len() as f32).sqrt();
    let size = exact.iter().map(|a| a * a).sum::<f32>() / exact.len() as f32;
    assert!(off < 0.03 * size.sqrt(), "{off} beside {size}");
}
