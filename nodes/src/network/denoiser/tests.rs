use std::collections::BTreeMap;

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use graph::param::Seed;
use graph::random::Random;

use super::rotary::{frequencies, query_scale};
use super::{
    DenoiserConfig, DenoiserNetwork, RopeConfig, Rotary, Sequence, TextReader, TrainedDenoiser,
    cell_order, word_prompt, word_vocabulary,
};
use crate::network::layers::{Init, rms_norm};
use crate::network::weights::{Precision, WeightType, Weights};
use crate::value::{Grid, Guidance, MicroConditions, Prompt, Query, Scorer, Tokens};

pub(crate) const GRID: Grid = Grid {
    rows: 4,
    columns: 6,
};

pub(crate) fn config(vocabulary: usize) -> DenoiserConfig {
    DenoiserConfig {
        format: DenoiserConfig::FORMAT.into(),
        codebook: 16,
        spare_codes: 4,
        mask_id: 17,
        rows: GRID.rows,
        columns: GRID.columns,
        vocabulary,
        width: 16,
        layers: 2,
        heads: 2,
        key_heads: 1,
        head_width: 8,
        inner_width: 24,
        norm_epsilon: 1e-5,
        resample_epsilon: 1e-6,
        norm_gains: false,
        rope: RopeConfig {
            theta: 10_000.0,
            factor: 1.0,
            original_positions: 1024,
            beta_fast: 32.0,
            beta_slow: 1.0,
            query_beta: 0.0,
        },
        prompt: word_prompt(3),
    }
}

/// A denoiser with random weights that reads "red", "green" and "blue".
pub(crate) fn denoiser() -> TrainedDenoiser {
    let (file, size) = word_vocabulary(["red green blue"], 1);
    let config = config(size);
    let device = Device::flex();
    let mut init = Init::new(Random::new(Seed(1)), 0, &device);
    let network = DenoiserNetwork::new(&config, &mut init);
    let reader = TextReader::new(file, &config.prompt, size).expect("it was just made");
    TrainedDenoiser::new(network, reader, &device, FloatDType::F32)
}

pub(crate) fn prompt(denoiser: &TrainedDenoiser, texts: &[&str]) -> Prompt {
    let ids = texts.iter().map(|text| {
        denoiser
            .read(text, &MicroConditions::default())
            .expect("it is short")
    });
    Prompt::new(
        texts.iter().map(ToString::to_string).collect(),
        ids.collect(),
    )
}

/// Two pictures, half masked.
pub(crate) fn tokens(grid: Grid) -> Tokens {
    let codes: Vec<u32> = (0..2 * grid.length() as u32)
        .map(|at| {
            if at % 2 == 0 {
                Tokens::MASK
            } else {
                at * 7 % 16
            }
        })
        .collect();
    Tokens::new(codes, grid, 16).expect("the codes fit")
}

pub(crate) fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().iter::<f32>().collect()
}

pub(crate) fn close(found: &[f32], wanted: &[f32], tolerance: f32) {
    assert_eq!(found.len(), wanted.len());
    for (at, (a, b)) in found.iter().zip(wanted).enumerate() {
        // Equal infinities have no difference.
        let close = a == b || (a - b).abs() <= tolerance;
        assert!(close, "{at}: {a} is not {b}");
    }
}

fn score(denoiser: &TrainedDenoiser, tokens: &Tokens, scale: f32, rows: &[u32]) -> Vec<f32> {
    scored(denoiser, tokens, Some(Guidance::plain(scale)), rows)
}

fn scored(
    denoiser: &TrainedDenoiser,
    tokens: &Tokens,
    guidance: Option<Guidance<'_>>,
    rows: &[u32],
) -> Vec<f32> {
    let prompt = prompt(denoiser, &["red", "blue green"]);
    let logits = denoiser.score(&Query {
        tokens,
        prompt: &prompt,
        guidance,
        rows,
    });
    values(logits.expect("everything fits"))
}

#[test]
fn parameters_are_called_as_in_published_checkpoints() {
    let denoiser = denoiser();
    let weights = Weights::of(denoiser.network());
    let shapes: BTreeMap<&str, &[usize]> = weights
        .names()
        .map(|name| (name, weights.get(name).expect("listed").shape.as_slice()))
        .collect();
    let wanted: [(&str, &[usize]); 10] = [
        ("encoder.embed_tokens.weight", &[11, 16]),
        ("encoder.gen_embedding.weight", &[20, 16]),
        (
            "encoder.downsample_gen.downsample.conv.weight",
            &[16, 16, 2, 2],
        ),
        ("encoder.layers.1.self_attn.q_proj.weight", &[16, 16]),
        ("encoder.layers.1.self_attn.k_proj.weight", &[8, 16]),
        ("encoder.layers.1.self_attn.o_proj.weight", &[16, 16]),
        ("encoder.layers.0.mlp.gate_proj.weight", &[24, 16]),
        ("encoder.layers.0.mlp.down_proj.weight", &[16, 24]),
        ("encoder.upsample_gen.upsample.conv.weight", &[16, 16, 2, 2]),
        ("encoder.gen_predictor.weight", &[16, 16]),
    ];
    for (name, shape) in wanted {
        assert_eq!(shapes.get(name), Some(&shape), "{name}");
    }
    assert_eq!(shapes.len(), 5 + 2 * 7);
}

#[test]
fn positions_turn_as_worked_out_by_hand() {
    let rope = RopeConfig {
        theta: 10_000.0,
        factor: 1.0,
        ..config(9).rope
    };
    let plain: Vec<f32> = frequencies(&rope, 8).iter().map(|f| *f as f32).collect();
    close(&plain, &[1.0, 0.1, 0.01, 0.001], 1e-7);

    // Two halves [x₁, x₂] of a head of four numbers, turned by 1 and 0.01 at position 1, queries scaled by 1/√4.
    let config = DenoiserConfig {
        head_width: 4,
        rope,
        ..config(9)
    };
    let device = Device::flex();
    let rotary = Rotary::new(&config, 2, &device);
    let x = Tensor::<1>::from_floats([1.0, 2.0, 3.0, 4.0], &device);
    let x: Tensor<4> = x.clone().reshape([1, 1, 1, 4]).expand([1, 2, 1, 4]);
    let (c1, s1, c2, s2) = (1_f32.cos(), 1_f32.sin(), 0.01_f32.cos(), 0.01_f32.sin());
    let turned = [
        c1 - 3.0 * s1,
        2.0 * c2 - 4.0 * s2,
        3.0 * c1 + s1,
        4.0 * c2 + 2.0 * s2,
    ];
    let keys = values(rotary.keys(x.clone()).reshape([2, 4]));
    close(&keys[..4], &[1.0, 2.0, 3.0, 4.0], 1e-6);
    close(&keys[4..], &turned, 1e-5);
    let queries = values(rotary.queries(x).reshape([2, 4]));
    close(&queries[4..], &turned.map(|value| value / 2.0), 1e-5);
}

#[test]
fn queries_grow_with_every_lap() {
    let rope = RopeConfig {
        original_positions: 64,
        query_beta: 0.1,
        ..config(9).rope
    };
    for (position, scale) in [(0, 1.0), (63, 1.0), (64, 1.069_314_7), (145, 1.109_861_2)] {
        assert!((query_scale(&rope, position) - scale).abs() < 1e-6);
    }
}

/// The guided logits of all positions as METHOD's formula says: both branches whole, one picture at a time.
fn plain(denoiser: &TrainedDenoiser, tokens: &Tokens, scale: f32) -> Vec<f32> {
    let (network, grid) = (denoiser.network(), tokens.grid());
    let device = Device::flex();
    let order = cell_order(grid.rows, grid.columns);
    let prompts = prompt(denoiser, &["red", "blue green"]);
    let row = |values: Vec<i32>| -> Tensor<2, Int> {
        let shape = [1, values.len()];
        Tensor::from_data(TensorData::new(values, shape), &device)
    };
    let mut all = Vec::new();
    for sample in 0..tokens.batch() {
        let ids = &prompts.ids[sample];
        let dropped = denoiser.reader().dropped(ids).expect("there is an end");
        let codes = tokens.sample(sample);
        let logits = [ids, &dropped].map(|ids| {
            let front = ids.iter().position(|id| *id == 7).expect("slots are there");
            let back = ids
                .iter()
                .rposition(|id| *id == 7)
                .expect("slots are there")
                + 1;
            let int = |ids: &[u32]| row(ids.iter().map(|id| *id as i32).collect());
            let seen = order.iter().map(|at| match codes[*at] {
                Tokens::MASK => 17,
                code => code as i32,
            });
            let sequence = Sequence {
                before: int(&ids[..front]),
                codes: row(seen.collect()),
                after: Some(int(&ids[back..])),
            };
            let cells = grid.length() / 4;
            let rotary = Rotary::new(
                denoiser.config(),
                ids.len() - (back - front) + cells,
                &device,
            );
            let states = network.states(sequence, &rotary, FloatDType::F32);
            let states = states.narrow(1, front, cells).reshape([cells, 16]);
            let tokens = network.enlarge(rms_norm(states, 1e-6));
            let logits = values(kernels::linear(tokens, network.head(FloatDType::F32), None));
            // Back from cells to rows.
            let mut sorted = vec![0.0; logits.len()];
            for (from, to) in order.iter().enumerate() {
                sorted[to * 16..(to + 1) * 16].copy_from_slice(&logits[from * 16..(from + 1) * 16]);
            }
            sorted
        });
        let [own, other] = logits;
        all.extend(
            own.iter()
                .zip(&other)
                .map(|(c, u)| (1.0 + scale) * c - scale * u),
        );
    }
    all
}

#[test]
fn savings_change_nothing() {
    let denoiser = denoiser();
    let small = Grid {
        rows: 2,
        columns: 4,
    };
    for grid in [GRID, small] {
        let tokens = tokens(grid);
        let all: Vec<u32> = (0..2 * grid.length() as u32).collect();
        for scale in [0.0, 2.5] {
            let wanted = plain(&denoiser, &tokens, scale);
            close(&score(&denoiser, &tokens, scale, &all), &wanted, 2e-5);

            // Some rows, out of order, one of them twice.
            let some = [9, 2, 3, 15, 9, 8];
            let picked: Vec<f32> = some
                .iter()
                .flat_map(|row| wanted[row * 16..(row + 1) * 16].to_vec())
                .collect();
            let some = some.map(|row| row as u32);
            close(&score(&denoiser, &tokens, scale, &some), &picked, 2e-5);
        }
    }
    assert!(score(&denoiser, &tokens(GRID), 1.0, &[]).is_empty());
}

#[test]
fn guidance_takes_no_token_that_is_improbable_without() {
    let denoiser = denoiser();
    let tokens = tokens(GRID);
    let guidance = Guidance {
        plausibility: 0.8,
        ..Guidance::plain(2.5)
    };
    let (own, guided) = (
        plain(&denoiser, &tokens, 0.0),
        plain(&denoiser, &tokens, 2.5),
    );
    let wanted: Vec<f32> = own
        .chunks_exact(16)
        .zip(guided.chunks_exact(16))
        .flat_map(|(own, guided)| {
            let best = own.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            own.iter().zip(guided).map(move |(own, guided)| {
                let is_plausible = *own >= best + 0.8_f32.ln();
                if is_plausible {
                    *guided
                } else {
                    f32::NEG_INFINITY
                }
            })
        })
        .collect();
    let left = wanted.iter().filter(|logit| logit.is_finite()).count();
    assert!(left > wanted.len() / 16 && left < wanted.len(), "{left}");
    let all: Vec<u32> = (0..2 * GRID.length() as u32).collect();
    close(
        &scored(&denoiser, &tokens, Some(guidance), &all),
        &wanted,
        2e-5,
    );
    let some = [9, 2, 30, 15, 9, 8];
    let picked: Vec<f32> = some
        .iter()
        .flat_map(|row| wanted[*row as usize * 16..][..16].to_vec())
        .collect();
    close(
        &scored(&denoiser, &tokens, Some(guidance), &some),
        &picked,
        2e-5,
    );
}

#[test]
fn a_denoiser_survives_the_way_through_a_folder() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let path = folder.path().join("denoiser");
    let first = denoiser();
    first
        .save(&path, Precision::F32)
        .expect("the folder may be written");
    let device = Device::flex();
    let again = TrainedDenoiser::load(&path, &device, FloatDType::F32, WeightType::AsStored)
        .expect("just written");
    let rows: Vec<u32> = (0..48).collect();
    let logits = |denoiser| score(denoiser, &tokens(GRID), 1.0, &rows);
    assert_eq!(logits(&first), logits(&again));
    assert_eq!(first.hash(), again.hash());

    first
        .save(&path, Precision::Int8)
        .expect("the folder may be written");
    let rounded = TrainedDenoiser::load(&path, &device, FloatDType::F32, WeightType::AsStored)
        .expect("just written");
    close(&logits(&first), &logits(&rounded), 0.15);
    assert_ne!(first.hash(), rounded.hash());
}

#[test]
fn files_that_disagree_are_refused() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let device = Device::flex();
    let load = || {
        let loaded = TrainedDenoiser::load(
            folder.path(),
            &device,
            FloatDType::F32,
            WeightType::AsStored,
        );
        loaded.expect_err("something is wrong").to_string()
    };
    assert!(load().contains("cannot read a denoiser"), "{}", load());
    let first = denoiser();
    first
        .save(folder.path(), Precision::F32)
        .expect("the folder may be written");
    let path = folder.path().join("config.json");
    let text = std::fs::read_to_string(&path).expect("just written");
    for (from, to, part) in [
        (
            "\"layers\": 2",
            "\"layers\": 1",
            "the network has no `encoder.layers.1",
        ),
        (
            "\"mask_id\": 17",
            "\"mask_id\": 3",
            "`mask_id` must be from 16 to 19",
        ),
        (
            "\"heads\": 2",
            "\"heads\": 2000000",
            "`heads` must be from 1 to 1048576",
        ),
        ("\"vocabulary\": 11", "\"vocabulary\": 10", "only 10"),
        ("<slot>", "<spot>", "names \"<spot>\""),
        ("\"width\"", "\"breadth\"", "unknown field `breadth`"),
        ("smalto-denoiser-1", "another", "no denoiser of Smalto"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replace(from, to)).expect("the folder may be written");
        let message = load();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn questions_that_do_not_fit_are_refused() {
    let denoiser = denoiser();
    let good = prompt(&denoiser, &["red", "blue"]);
    let ask = |tokens: &Tokens, prompt: &Prompt, rows: &[u32]| {
        let query = Query {
            tokens,
            prompt,
            guidance: None,
            rows,
        };
        denoiser
            .score(&query)
            .expect_err("it does not fit")
            .to_string()
    };
    let odd = Grid {
        rows: 3,
        columns: 2,
    };
    let other = Tokens::masked(2, GRID, 32).expect("the grid is fine");
    let odd = Tokens::masked(2, odd, 16).expect("the grid is fine");
    let one = Tokens::masked(1, GRID, 16).expect("the grid is fine");
    assert!(ask(&other, &good, &[0]).contains("a codebook of 16 codes"));
    assert!(ask(&odd, &good, &[0]).contains("even numbers"));
    assert!(ask(&one, &good, &[0]).contains("one text for each of 1 pictures"));
    assert!(ask(&tokens(GRID), &good, &[48]).contains("position 48"));
    let foreign = Prompt::new(good.texts.to_vec(), vec![vec![1, 99, 7], vec![7]]);
    assert!(ask(&tokens(GRID), &foreign, &[0]).contains("ids below 11"));
}
