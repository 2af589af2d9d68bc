//! What keeping matrices in one byte a number costs and saves, on the official weights.

use std::collections::BTreeMap;

use burn::tensor::{Device, FloatDType};

use super::golden::{case, ids, network_of, official_config};
use super::tests::denoiser;
use super::{DenoiserNetwork, Rotary, Sequence, TrainedDenoiser, cell_order};
use crate::network::weights::{self, Precision, WeightType, Weights};

/// The guidance that the official program is commonly run with.
const GUIDANCE: f32 = 5.0;

/// The logits of the official case without guidance and with it, cell by cell.
fn logits(network: &DenoiserNetwork, dtype: FloatDType) -> [Vec<f32>; 2] {
    let (config, case) = (official_config(), case());
    let input = &case["input_ids"];
    let front = case["slot_positions"][0] as usize;
    let back = front + case["slot_positions"].len();
    let end = input.iter().enumerate().filter(|(_, id)| **id == 11.0);
    let end = end.map(|(at, _)| at).nth(1).expect("two turns end");
    let rotary = Rotary::new(&config, input.len(), &Device::flex());
    let branch = |dropped: bool| -> Vec<f32> {
        let text = input.iter().enumerate();
        let text = text.map(|(at, id)| if dropped && at <= end { 100.0 } else { *id });
        let text: Vec<f32> = text.collect();
        let codes = cell_order(16, 16)
            .into_iter()
            .map(|at| case["grid_ids"][at]);
        let sequence = Sequence {
            before: ids(text[..front].iter().copied()),
            codes: ids(codes),
            after: Some(ids(text[back..].iter().copied())),
        };
        let features = network.features(sequence, &rotary, dtype);
        let tokens = network.enlarge(features.reshape([64, config.width]));
        let logits = kernels::logits(tokens, network.head(dtype));
        logits.into_data().iter::<f32>().collect()
    };
    let (own, other) = (branch(false), branch(true));
    let both = own.iter().zip(&other);
    let guided = both.map(|(own, other)| (1.0 + GUIDANCE) * own - GUIDANCE * other);
    let guided = guided.collect();
    [own, guided]
}

/// How far `found` is from `wanted`: the length of the difference by the length of `wanted`, and the share of rows of
/// 128 logits whose largest one is another.
fn apart(found: &[f32], wanted: &[f32]) -> (f32, f32) {
    assert_eq!(found.len(), wanted.len());
    let length = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>().sqrt();
    let difference = length(&mut found.iter().zip(wanted).map(|(a, b)| a - b));
    let whole = length(&mut wanted.iter().copied());
    let largest = |row: &[f32]| {
        let places = row.iter().enumerate();
        places.max_by(|a, b| a.1.total_cmp(b.1)).map(|(at, _)| at)
    };
    let rows = found.chunks_exact(128).zip(wanted.chunks_exact(128));
    let other = rows.filter(|(a, b)| largest(a) != largest(b)).count();
    (
        difference / whole,
        other as f32 / (wanted.len() / 128) as f32,
    )
}

/// Rounding to steps of `largest / 127` adds `step / √12` to each number: 0.6 % of the spread of a row of normal
/// numbers, and 1.7 % through the nine matrices from table to head, for such errors add up as squares.
/// Guidance multiplies the difference of two branches, and the error with it.
/// Found were 1.74 % and, with guidance, 2.13 %.
#[test]
fn logits_stay_close_to_those_of_the_stored_weights() {
    let config = official_config();
    let stored = network_of(&config, WeightType::AsStored);
    let int8 = network_of(&config, WeightType::Int8);
    let wanted = logits(&stored, FloatDType::F32);
    let found = logits(&int8, FloatDType::F32);
    let (stored_bf16, int8_bf16) = (
        logits(&stored, FloatDType::BF16),
        logits(&int8, FloatDType::BF16),
    );
    for (at, (most, others)) in [(0.02, 0.04), (0.03, 0.06)].into_iter().enumerate() {
        let (error, other) = apart(&found[at], &wanted[at]);
        assert!(error < most && other < others, "{at}: {error}, {other}");
        // bf16 rounds as well, and neither makes the other worse.
        let (plain, _) = apart(&stored_bf16[at], &wanted[at]);
        let (both, _) = apart(&int8_bf16[at], &wanted[at]);
        assert!(both < 1.5 * error.hypot(plain), "{at}: {both}, {plain}");
    }
}

#[test]
fn matrices_take_a_byte_a_number_and_four_a_row() {
    let config = official_config();
    let stored = network_of(&config, WeightType::AsStored);
    let int8 = network_of(&config, WeightType::Int8);
    let shapes = weights::shapes(&stored);
    assert_eq!(shapes, weights::shapes(&int8));
    let (mut numbers, mut bytes) = (0, 0);
    for shape in shapes.values() {
        let count: usize = shape.iter().product();
        numbers += count;
        bytes += match shape.as_slice() {
            [rows, columns] => rows * columns + 4 * rows,
            _ => 4 * count,
        };
    }
    assert_eq!(weights::bytes(&stored), 4 * numbers as u64);
    assert_eq!(weights::bytes(&int8), bytes as u64);
    assert!(weights::has_int8(&int8) && !weights::has_int8(&stored));
}

#[test]
fn every_number_is_at_most_half_a_step_off() {
    let config = official_config();
    let read = |weights| Weights::of(&network_of(&config, weights));
    let (stored, int8) = (read(WeightType::AsStored), read(WeightType::Int8));
    for name in stored.names() {
        let (wanted, found) = (stored.get(name), int8.get(name));
        let (wanted, found) = (wanted.expect("listed"), found.expect("of the same name"));
        assert_eq!(wanted.shape, found.shape, "{name}");
        let columns = match wanted.shape.as_slice() {
            [_, columns] => *columns,
            _ => {
                assert_eq!(wanted, found, "{name}");
                continue;
            }
        };
        let rows = wanted.values.chunks_exact(columns);
        for (wanted, found) in rows.zip(found.values.chunks_exact(columns)) {
            let largest = wanted.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let half = largest / 254.0 * 1.001;
            let pairs = wanted.iter().zip(found);
            assert!(
                pairs.into_iter().all(|(a, b)| (a - b).abs() <= half),
                "{name}"
            );
        }
    }
}

#[test]
fn bytes_of_a_file_are_taken_as_they_are_and_written_again() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let load = |path: &str, weights| {
        let path = folder.path().join(path);
        let loaded = TrainedDenoiser::load(&path, &Device::flex(), FloatDType::F32, weights);
        loaded.expect("it was just written")
    };
    let save = |denoiser: &TrainedDenoiser, path: &str, precision| {
        let saved = denoiser.save(&folder.path().join(path), precision);
        saved.expect("the folder may be written");
    };
    save(&denoiser(), "whole", Precision::F32);
    save(&denoiser(), "bytes", Precision::Int8);
    let bytes = load("bytes", WeightType::Int8);
    assert_eq!(bytes.weight_type(), WeightType::Int8);
    let rounded = load("whole", WeightType::Int8);
    save(&rounded, "again", Precision::Int8);
    let again = load("again", WeightType::Int8);
    // The small kernels of the change of resolution are rounded in files alone.
    let matrices = |denoiser: &TrainedDenoiser| -> BTreeMap<String, Vec<f32>> {
        let weights = Weights::of(denoiser.network());
        let arrays = weights.names().filter_map(|name| {
            let array = weights.get(name).filter(|array| array.shape.len() == 2)?;
            Some((name.to_owned(), array.values.clone()))
        });
        arrays.collect()
    };
    assert_eq!(matrices(&bytes), matrices(&rounded));
    for (name, values) in matrices(&again) {
        let wanted = &matrices(&rounded)[&name];
        let pairs = values.iter().zip(wanted);
        assert!(
            pairs
                .into_iter()
                .all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs()),
            "{name}"
        );
    }
}
