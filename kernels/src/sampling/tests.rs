//! Schedules against the official numbers, choices against numbers worked out by hand.

use burn::tensor::{Device, Tensor};
use serde_json::Value;

use super::{
    MaskRatio, Policy, RemaskRule, TemperatureCurve, arccos_budget, budget, choose_positions,
    choose_token, gumbel, halton_order, keep_top_k, keep_top_p, local_temperature, masked_after,
    pick, remask_probabilities, softmax, stratified_order,
};

const INFINITY: f32 = f32::INFINITY;

/// One table of the official numbers.
fn schedules(table: &str) -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixtures/golden/nld_image/schedules.json"
    );
    let text = std::fs::read_to_string(path).expect("the fixture is part of the repository");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all[table].as_array().expect(table).clone()
}

fn whole(entry: &Value, name: &str) -> usize {
    entry[name].as_u64().expect(name) as usize
}

fn wholes(entry: &Value, name: &str) -> Vec<usize> {
    let list = entry[name].as_array().expect(name);
    list.iter()
        .map(|number| number.as_u64().expect(name) as usize)
        .collect()
}

#[test]
fn budgets_are_the_official_ones() {
    for entry in schedules("budgets") {
        let shift = entry["shift"].as_f64().expect("shift") as f32;
        let found = budget(whole(&entry, "N"), whole(&entry, "T"), shift);
        assert_eq!(found, wholes(&entry, "budget"), "{entry}");
    }
}

#[test]
fn a_budget_lays_every_position_and_something_at_each_step() {
    for (positions, steps, shift) in [
        (0, 5, 3.0),
        (5, 0, 3.0),
        (1, 64, 5.0),
        (7, 7, 1.0),
        (100, 9, 0.2),
        (999, 64, 11.3),
    ] {
        let counts = budget(positions, steps, shift);
        let laid = if steps == 0 { 0 } else { positions };
        assert_eq!(counts.iter().sum::<usize>(), laid, "{positions} in {steps}");
        assert_eq!(counts.len(), steps.min(positions));
        assert!(counts.iter().all(|count| *count > 0));
    }
}

#[test]
fn orders_are_the_official_ones() {
    for entry in schedules("stratified") {
        let side = whole(&entry, "n");
        let found = stratified_order(side, side, whole(&entry, "seed") as u32);
        assert_eq!(found, wholes(&entry, "order"), "{side}");
    }
}

#[test]
fn an_order_of_any_grid_is_that_of_the_next_square_without_what_lies_beyond() {
    for (rows, columns) in [(3, 4), (2, 4), (4, 1), (3, 3)] {
        let expected: Vec<usize> = stratified_order(4, 4, 42)
            .into_iter()
            .map(|position| (position / 4, position % 4))
            .filter(|(row, column)| *row < rows && *column < columns)
            .map(|(row, column)| row * columns + column)
            .collect();
        assert_eq!(stratified_order(rows, columns, 42), expected);
        assert_eq!(expected.len(), rows * columns);
    }
    assert_eq!(stratified_order(1, 1, 42), [0]);
    assert!(stratified_order(0, 3, 42).is_empty());
}

#[test]
fn temperatures_are_the_official_ones() {
    for entry in schedules("temperatures") {
        let steps = whole(&entry, "n_steps");
        let minimum = entry["min_temperature"].as_f64().expect("minimum") as f32;
        let shift = entry["shift_alg"].as_f64().expect("shift") as f32;
        let curves = [
            ("linear", TemperatureCurve::Linear),
            ("cosine2", TemperatureCurve::Cosine),
            ("shift", TemperatureCurve::Shift(shift)),
            ("exp", TemperatureCurve::Exponential),
        ];
        for (name, curve) in curves {
            let expected = entry[name].as_array().expect(name);
            assert_eq!(expected.len(), steps);
            for (step, expected) in expected.iter().enumerate() {
                let expected = expected.as_f64().expect(name) as f32;
                let found = local_temperature(curve, step, steps, minimum);
                assert_eq!(found, expected, "{name}, step {step} of {steps}");
            }
        }
    }
    assert_eq!(local_temperature(TemperatureCurve::Linear, 0, 1, 0.01), 1.0);
}

#[test]
fn gumbel_noise_is_finite_at_both_ends() {
    assert!(gumbel(0.0).is_finite() && gumbel(1.0).is_finite());
    assert!(gumbel(0.0) < -4.0 && gumbel(1.0) > 16.0);
    // −ln(−ln(1/e)) = 0.
    assert!(gumbel((-1.0_f32).exp()).abs() < 1e-6);
}

#[test]
fn softmax_bears_large_and_missing_logits() {
    let mut out = [0.0; 3];
    softmax(&[1000.0, 1000.0, -INFINITY], &mut out);
    assert_eq!(out, [0.5, 0.5, 0.0]);
}

#[test]
fn filters_keep_the_likeliest() {
    let filter = |apply: &dyn Fn(&mut [f32])| {
        let mut logits = [3.0, 1.0, 2.0, 3.0, 0.0];
        apply(&mut logits);
        logits.map(|logit| logit > -INFINITY)
    };
    assert_eq!(
        filter(&|row| keep_top_k(row, 1)),
        [true, false, false, true, false]
    );
    assert_eq!(
        filter(&|row| keep_top_k(row, 3)),
        [true, false, true, true, false]
    );
    assert_eq!(filter(&|row| keep_top_k(row, 0)), [true; 5]);
    assert_eq!(filter(&|row| keep_top_k(row, 9)), [true; 5]);
    // Probabilities 0.392, 0.053, 0.144, 0.392, 0.020.
    assert_eq!(
        filter(&|row| keep_top_p(row, 0.0)),
        [true, false, false, false, false]
    );
    assert_eq!(
        filter(&|row| keep_top_p(row, 0.5)),
        [true, false, false, true, false]
    );
    assert_eq!(
        filter(&|row| keep_top_p(row, 0.8)),
        [true, false, true, true, false]
    );
    assert_eq!(filter(&|row| keep_top_p(row, 1.0)), [true; 5]);
}

#[test]
fn a_token_is_the_largest_or_drawn_in_proportion() {
    let logits = [0.0, 1.0, 2.0_f32.ln(), 1.0];
    assert_eq!(choose_token(&logits, 1.0, None), 1);
    assert_eq!(choose_token(&logits, 0.0, Some(&[0.9, 0.1, 0.1, 0.1])), 1);
    assert_eq!(choose_token(&logits, 1.0, Some(&[0.5, 0.5, 0.99, 0.5])), 2);
    // A high temperature lets noise decide, a low one the logits.
    assert_eq!(choose_token(&logits, 100.0, Some(&[0.6, 0.5, 0.5, 0.5])), 0);
    assert_eq!(choose_token(&logits, 0.01, Some(&[0.6, 0.5, 0.5, 0.5])), 1);

    let mut noise = crate::noise::Noise::new(5);
    let mut counts = [0_u32; 2];
    for _ in 0..4000 {
        let uniforms: Vec<f32> = (0..2)
            .map(|_| (noise.bits() >> 40) as f32 / 16_777_216.0)
            .collect();
        counts[choose_token(&[0.0, 3.0_f32.ln()], 1.0, Some(&uniforms))] += 1;
    }
    // A quarter of 4000 with four standard deviations of 27.
    assert!((890..1110).contains(&counts[0]), "{counts:?}");
}

#[test]
fn positions_are_chosen_by_the_policy() {
    let confidence = [0.9, 0.2, 0.8, 0.0, 0.5];
    let masked = [false, true, true, true, true];
    let order = [3, 0, 1, 4, 2];
    let choose = |policy, count, temperature, uniforms: &[f32]| {
        let noise: Vec<f32> = uniforms.iter().map(|uniform| gumbel(*uniform)).collect();
        choose_positions(
            policy,
            &confidence,
            &masked,
            count,
            temperature,
            &noise,
            &order,
        )
    };
    assert_eq!(choose(Policy::Confidence, 2, 0.0, &[]), [2, 4]);
    assert_eq!(choose(Policy::Proportional, 3, 0.0, &[]), [2, 4, 1]);
    assert_eq!(choose(Policy::Ordered, 3, 0.0, &[]), [3, 1, 4]);
    assert_eq!(choose(Policy::Confidence, 9, 0.0, &[]), [2, 4, 1, 3]);
    // ln 0.2 + gumbel(0.95) = 1.36 beats ln 0.8 + gumbel(0.5) = 0.14; ln 1e-20 is beyond all noise.
    let uniforms = [0.5, 0.95, 0.5, 0.99, 0.5];
    assert_eq!(choose(Policy::Confidence, 2, 1.0, &uniforms), [1, 2]);
    // 0.0 + gumbel(0.99) = 4.6 beats 0.2 + gumbel(0.95) = 3.17 beats 0.8 + gumbel(0.5) = 1.17.
    assert_eq!(choose(Policy::Proportional, 3, 1.0, &uniforms), [3, 1, 2]);
}

#[test]
fn with_ties_all_that_equal_the_last_are_laid() {
    let confidence = [0.5, 0.25, 0.5, 0.125, 0.25];
    let choose =
        |policy, count| choose_positions(policy, &confidence, &[true; 5], count, 0.0, &[], &[]);
    assert_eq!(choose(Policy::Confidence, 1), [0]);
    assert_eq!(choose(Policy::ConfidenceWithTies, 1), [0, 2]);
    assert_eq!(choose(Policy::ConfidenceWithTies, 2), [0, 2]);
    assert_eq!(choose(Policy::ConfidenceWithTies, 3), [0, 2, 1, 4]);
    assert_eq!(choose(Policy::ConfidenceWithTies, 9), [0, 2, 1, 4, 3]);
    assert!(choose(Policy::ConfidenceWithTies, 0).is_empty());
}

#[test]
fn what_stays_masked_follows_the_ratio() {
    // cos(π/2 · 1/6) = 0.9659, 0.8660, 0.7071, 0.5, 0.2588, of 64.
    assert_eq!(
        masked_after(MaskRatio::Cosine, 64, 1.0, 6),
        [61, 55, 45, 31, 16, 0]
    );
    // 0.8, 0.6, 0.4, 0.2 of 38.4.
    assert_eq!(
        masked_after(MaskRatio::Linear, 64, 0.6, 5),
        [30, 23, 15, 7, 0]
    );
    assert_eq!(masked_after(MaskRatio::Linear, 10, 1.0, 1), [0]);
    assert!(masked_after(MaskRatio::Cosine, 0, 1.0, 0).is_empty());
}

#[test]
fn the_arccos_budget_is_that_of_its_formula() {
    // 1 − arccos(t) / (π/2) at t = 1/4 … 1 is 0.1609, 0.3333, 0.5399, 1: of 100 together 16, 33, 53, 100.
    assert_eq!(arccos_budget(100, 4), [16, 17, 20, 47]);
    // Of 6 it would be 0, 2, 3, 6: at least one more at each step.
    assert_eq!(arccos_budget(6, 4), [1, 1, 1, 3]);
    for (positions, steps) in [(0, 3), (1, 5), (7, 7), (256, 32), (999, 700), (4096, 64)] {
        let counts = arccos_budget(positions, steps);
        assert_eq!(counts.len(), steps.min(positions));
        assert_eq!(counts.iter().sum::<usize>(), positions);
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    }
}

#[test]
fn the_halton_order_is_that_of_the_sequence() {
    // φ₂ = 1/2, 1/4, 3/4, 1/8, 5/8, 3/8, 7/8 …; φ₃ = 1/3, 2/3, 1/9, 4/9, 7/9, 2/9, 5/9 …
    // On 4 rows of 3: (2, 1), (1, 2), (3, 0), (0, 1), (2, 2), (1, 0), (3, 1) …
    assert_eq!(halton_order(4, 3)[..7], [7, 5, 9, 1, 8, 3, 10]);
    assert_eq!(halton_order(1, 3), [1, 2, 0]);
    assert!(halton_order(0, 3).is_empty());
    for (rows, columns) in [(1, 1), (5, 7), (16, 16), (3, 64), (64, 2)] {
        let mut order = halton_order(rows, columns);
        order.sort_unstable();
        let all: Vec<usize> = (0..rows * columns).collect();
        assert_eq!(order, all, "{rows} × {columns}");
    }
}

#[test]
fn the_probability_of_being_masked_again_is_that_of_its_rule() {
    let sureness = [0.2, 0.9];
    let of = |rule, strength, before, after| {
        remask_probabilities(rule, strength, before, after, &sureness)
    };
    // σmax = (1 − 0.75) / 0.5 = 0.5.
    assert_eq!(of(RemaskRule::Cap, 0.125, 0.5, 0.75), [0.125; 2]);
    assert_eq!(of(RemaskRule::Cap, 0.9, 0.5, 0.75), [0.5; 2]);
    assert_eq!(of(RemaskRule::Rescale, 0.5, 0.5, 0.75), [0.25; 2]);
    // softmax(−0.2, −0.9) = 0.6682, 0.3318.
    let confidence = of(RemaskRule::Confidence, 1.0, 0.5, 0.75);
    for (found, expected) in confidence.iter().zip([0.3341, 0.1659]) {
        assert!((found - expected).abs() < 1e-4, "{confidence:?}");
    }
    assert_eq!(of(RemaskRule::Confidence, 100.0, 0.5, 0.75), [0.5; 2]);
    // At the last step nothing may be masked again, at the first nothing is laid.
    assert_eq!(of(RemaskRule::Cap, 0.5, 0.5, 1.0), [0.0; 2]);
    assert_eq!(of(RemaskRule::Cap, 0.5, 0.0, 0.5), [0.0; 2]);
}

#[test]
fn a_batch_is_picked_as_its_rows_are() {
    let device = Device::flex();
    let rows = [[0.0, 1.0, 2.0], [3.0, -1.0, 2.5]];
    let noise = [[0.9, 0.5, 0.1], [0.2, 0.3, 0.9]];
    for uniforms in [None, Some(noise)] {
        let tensor = uniforms.map(|noise| Tensor::<2>::from_floats(noise, &device));
        let picked = pick(Tensor::from_floats(rows, &device), 0.7, tensor);
        let tokens = picked.tokens.into_data().convert::<i64>();
        let tokens: Vec<i64> = tokens.iter::<i64>().collect();
        let confidence: Vec<f32> = picked.confidence.into_data().try_into_vec().expect("f32");
        for (row, logits) in rows.iter().enumerate() {
            let token = choose_token(logits, 0.7, uniforms.as_ref().map(|noise| &noise[row][..]));
            let mut probabilities = [0.0; 3];
            softmax(logits, &mut probabilities);
            assert_eq!(tokens[row], token as i64);
            assert!((confidence[row] - probabilities[token]).abs() < 1e-6);
        }
    }
}
