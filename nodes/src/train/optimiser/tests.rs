use burn::module::{Module, Param};
use burn::tensor::{Device, FloatDType, Tensor};

use super::{Method, Optimiser, Seen, Trainer};
use crate::network::weights::{Weights, WeightsError, rounded};

#[derive(Module, Debug)]
struct Line {
    weight: Param<Tensor<2>>,
    unused: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

fn line() -> Line {
    let device = Device::flex();
    Line {
        weight: Param::from_tensor(Tensor::from_data([[0.5, -1.0, 0.25]], &device)),
        unused: Param::from_tensor(Tensor::from_data([[1.0], [2.0]], &device)),
        bias: Param::from_tensor(Tensor::from_data([0.0], &device)),
    }
}

fn trainer(optimiser: Optimiser) -> Trainer<Line> {
    Trainer::new(line(), optimiser)
}

fn short() -> Optimiser {
    Optimiser {
        learning_rate: 0.05,
        warmup: 0.2,
        steps: 20,
        weight_decay: 0.1,
        ..Optimiser::default()
    }
}

/// The squared error at one of a few points of `y = 2·a − b + 3·c + 1`, by turns.
fn loss(trainer: &Trainer<Line>, turn: u32) -> Tensor<1> {
    let points = [[1.0, 0.0, 0.5], [0.0, 1.0, -0.5], [-1.0, 0.5, 1.0]];
    let [a, b, c] = points[turn as usize % 3];
    let wanted = 2.0 * a - b + 3.0 * c + 1.0;
    let x = Tensor::<2>::from_data([[a, b, c]], trainer.device());
    let line = trainer.module();
    let y = kernels::linear(x, line.weight.val(), Some(line.bias.val()));
    let error = y.sub_scalar(wanted);
    (error.clone() * error).sum()
}

fn learn(trainer: &mut Trainer<Line>, steps: std::ops::Range<u32>) {
    for turn in steps {
        let loss = loss(trainer, turn);
        let _ = trainer.learn(loss);
    }
}

#[test]
fn the_rate_rises_then_falls_to_a_tenth() {
    let optimiser = Optimiser {
        learning_rate: 1.0,
        warmup: 0.1,
        steps: 100,
        ..Optimiser::default()
    };
    for (step, rate) in [
        (0, 0.1),
        (4, 0.5),
        (9, 1.0),
        (54, 0.55),
        (99, 0.1),
        (200, 0.1),
    ] {
        let found = optimiser.rate(step);
        // The share of warm-up is an f32.
        assert!((found - rate).abs() < 1e-7, "step {step}: {found}");
    }
}

#[test]
fn a_line_is_learnt() {
    let mut trainer = trainer(Optimiser {
        learning_rate: 0.1,
        steps: 400,
        weight_decay: 0.0,
        average: 0.9,
        ..short()
    });
    learn(&mut trainer, 0..400);
    for (network, limit) in [(trainer.current(), 0.02), (trainer.averaged(), 0.02)] {
        let weights = Weights::of(&network);
        let bias = weights.get("bias").expect("the line has one").values[0];
        let of = |point: [f32; 3]| {
            let weight = &weights.get("weight").expect("the line has one").values;
            let sum: f32 = weight.iter().zip(point).map(|(w, x)| w * x).sum();
            sum + bias
        };
        for (point, wanted) in [([1.0, 0.0, 0.5], 4.5), ([0.0, 1.0, -0.5], -1.5)] {
            assert!((of(point) - wanted).abs() < limit, "{}", of(point));
        }
    }
}

#[test]
fn the_first_update_is_as_worked_out_by_hand() {
    let mut trainer = trainer(Optimiser {
        learning_rate: 0.1,
        warmup: 0.0,
        floor: 1.0,
        weight_decay: 0.5,
        clip: 0.0,
        ..Optimiser::default()
    });
    learn(&mut trainer, 0..1);
    // AdamW's first step moves each weight by the rate against the sign of its gradient, behind a decay by
    // rate · decay = 0.05; vectors do not decay, and a weight without a gradient decays alone.
    let weights = Weights::of(&trainer.current());
    let close = |name: &str, wanted: &[f32]| {
        let found = &weights.get(name).expect("the line has it").values;
        for (a, b) in found.iter().zip(wanted) {
            assert!((a - b).abs() < 1e-5, "{name}: {found:?}");
        }
    };
    close("weight", &[0.575, -0.95, 0.3375]);
    close("unused", &[0.95, 1.9]);
    close("bias", &[0.1]);
}

#[test]
fn losses_see_rounded_matrices_and_gradients_move_exact_ones() {
    let mut trainer = trainer(Optimiser {
        learning_rate: 0.1,
        steps: 400,
        weight_decay: 0.0,
        average: 0.0,
        weights: Seen::Int8,
        ..short()
    });
    for steps in [0..1, 1..400] {
        learn(&mut trainer, steps);
        let [seen, exact] = [trainer.module().clone(), trainer.current()];
        let plain = trainer.seen().weight.val();
        let exact_weight = exact.weight.val();
        let seen_weight = seen.weight.val().inner();
        assert_ne!(numbers(seen_weight.clone()), numbers(exact_weight.clone()));
        assert_eq!(numbers(seen_weight), numbers(plain.clone()));
        assert_eq!(numbers(plain), numbers(rounded(exact_weight)));
        // Vectors stay as they are.
        assert_eq!(numbers(seen.bias.val().inner()), numbers(exact.bias.val()));
    }
    // Half a step of 3/127 in each of three numbers is 0.035, and the last updates move them by a step.
    for turn in 0..3 {
        let error: f32 = loss(&trainer, turn).inner().into_scalar();
        assert!(error.sqrt() < 0.1, "point {turn}: {error}");
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[test]
fn a_resumed_run_ends_with_the_bytes_of_an_unbroken_one() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let path = |name: &str| folder.path().join(name);
    let optimiser = Optimiser {
        accumulate: 2,
        ..short()
    };

    let mut whole = trainer(optimiser.clone());
    learn(&mut whole, 0..20);
    whole
        .save(&path("whole"), 20)
        .expect("the folder may be written");

    let mut half = trainer(optimiser.clone());
    learn(&mut half, 0..10);
    half.save(&path("half"), u64::MAX - 6)
        .expect("the folder may be written");
    let mut resumed = trainer(optimiser);
    let position = resumed.resume(&path("half"));
    assert_eq!(position, Ok(u64::MAX - 6));
    assert_eq!(resumed.step(), 5);
    learn(&mut resumed, 10..20);
    resumed
        .save(&path("resumed"), 20)
        .expect("the folder may be written");

    let bytes = |name: &str| std::fs::read(path(name)).expect("it was just written");
    assert!(bytes("whole") == bytes("resumed"), "the files differ");
    assert!(bytes("whole") != bytes("half"));
}

#[test]
fn a_checkpoint_of_another_network_is_refused() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let path = folder.path().join("checkpoint");
    let other = Weights::of(&line()).rename(|name| Some(format!("weights.{name}")));
    other
        .write(&path, crate::network::weights::Precision::F32)
        .expect("the folder may be written");
    let error = trainer(short()).resume(&path).expect_err("much is missing");
    let WeightsError::Misfit { problems } = error else {
        panic!("another error: {error}");
    };
    assert_eq!(
        problems.len(),
        10,
        "three parts of three parameters, and the counters: {problems:?}"
    );
    assert!(problems.contains(&"`counters` is missing or damaged".into()));
}

#[test]
fn large_gradients_are_clipped_together() {
    let device = Device::flex();
    let tensor = |values: &[f32]| Tensor::<1>::from_floats(values, &device);
    let clipped = |gradients: [Tensor<1>; 3]| {
        let norm = super::norm(&gradients);
        super::clipped(gradients, norm, 1.0)
    };
    let [a, b, none] = clipped([tensor(&[6.0, 0.0]), tensor(&[8.0]), tensor(&[])]);
    assert_eq!(none.dims(), [0]);
    let values = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
    let (a, b) = (values(a), values(b));
    assert!(
        (a[0] - 0.6).abs() < 1e-5 && (b[0] - 0.8).abs() < 1e-5,
        "{a:?} {b:?}"
    );
    let [a, _, _] = clipped([tensor(&[0.3, 0.0]), tensor(&[0.4]), tensor(&[])]);
    assert_eq!(values(a), [0.3, 0.0]);
}

#[test]
fn trainers_that_learn_from_parts_of_a_loss_make_the_same_updates() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let optimiser = Optimiser {
        accumulate: 2,
        ..short()
    };
    let mut whole = trainer(optimiser.clone());
    for turn in 0..12 {
        let both = loss(&whole, turn) + loss(&whole, turn + 1);
        let _ = whole.learn(both);
    }
    let threads: Vec<_> = kernels::collective::on_processor(2)
        .into_iter()
        .map(|member| {
            let mut part = trainer(optimiser.clone());
            std::thread::spawn(move || {
                let other = member.number() as u32;
                for turn in 0..12 {
                    let own = loss(&part, turn + other);
                    let sum = |vectors| member.sum(vectors);
                    let learnt = part.learn_together(own, sum).expect("both are there");
                    assert_eq!(learnt, turn % 2 == 1);
                }
                member.finish();
                part
            })
        })
        .collect();
    let parts: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().expect("nothing fails"))
        .collect();

    let bytes = |trainer: &Trainer<Line>, name: &str| {
        let path = folder.path().join(name);
        trainer.save(&path, 6).expect("the folder may be written");
        std::fs::read(path).expect("it was just written")
    };
    assert!(
        bytes(&parts[0], "0") == bytes(&parts[1], "1"),
        "parts differ"
    );
    let numbers = |trainer: &Trainer<Line>| {
        let losses = trainer.losses().expect("there were updates");
        let norm = trainer.norm().expect("there were updates");
        let weights = Weights::of(&trainer.current());
        let mut numbers: Vec<f32> = losses.into_data().iter::<f32>().collect();
        numbers.extend(norm.into_data().iter::<f32>());
        for name in ["weight", "bias", "unused"] {
            numbers.extend(&weights.get(name).expect("the line has it").values);
        }
        numbers
    };
    let (found, wanted) = (numbers(&parts[0]), numbers(&whole));
    assert_eq!(found.len(), 2 + 1 + 6);
    for (found, wanted) in found.iter().zip(&wanted) {
        assert!((found - wanted).abs() < 1e-5, "{found} for {wanted}");
    }
}

/// Two layers of different shapes and one of the first's, and a table that is none of them.
#[derive(Module, Debug)]
struct Stack {
    layers: Vec<Line>,
    table: Param<Tensor<2>>,
}

fn stack() -> Trainer<Stack> {
    let device = Device::flex();
    let table = Tensor::from_data([[0.5, -0.25, 1.0], [1.5, 0.125, -1.0]], &device);
    let stack = Stack {
        layers: vec![line(), line()],
        table: Param::from_tensor(table),
    };
    let optimiser = Optimiser {
        method: Method::Muon(FloatDType::F32),
        accumulate: 2,
        ..short()
    };
    Trainer::new(stack, optimiser)
}

/// The squared error of both layers behind the table, by turns.
fn learn_stack(trainer: &mut Trainer<Stack>, steps: std::ops::Range<u32>) {
    for turn in steps {
        let sign = if turn % 2 == 0 { 1.0 } else { -0.5 };
        let x = Tensor::<2>::from_data([[sign, 0.75]], trainer.device());
        let stack = trainer.module();
        let x = kernels::linear(x, stack.table.val().swap_dims(0, 1), None);
        let layers = stack.layers.iter();
        let outputs: Vec<Tensor<2>> = layers
            .map(|layer| {
                let y = kernels::linear(x.clone(), layer.weight.val(), Some(layer.bias.val()));
                kernels::linear(y, layer.unused.val(), None)
            })
            .collect();
        let error = Tensor::cat(outputs, 1).sub_scalar(sign);
        let loss = (error.clone() * error).sum();
        let _ = trainer.learn(loss);
    }
}

#[test]
fn muon_moves_the_matrices_of_layers_and_adam_the_rest() {
    let mut trainer = stack();
    let before = Weights::of(&trainer.current());
    learn_stack(&mut trainer, 0..2);
    let after = Weights::of(&trainer.current());
    let moved = |name: &str| -> Vec<f32> {
        let of = |weights: &Weights| weights.get(name).expect("the stack has it").values.clone();
        let (before, after) = (of(&before), of(&after));
        // The first rate is 0.05 / 4, and what decays is a tenth of that.
        let both = before.iter().zip(&after);
        both.map(|(before, after)| (after - before * 0.998_75) / 0.0125)
            .collect()
    };
    // A matrix with one row or column moves by 0.6964364 · 0.2 · √(longer side) in all.
    for (layer, name) in [(0, "weight"), (1, "weight"), (0, "unused"), (1, "unused")] {
        let moved = moved(&format!("layers.{layer}.{name}"));
        let length = moved.iter().map(|x| x * x).sum::<f32>().sqrt();
        let wanted = 0.139_287_3 * (moved.len() as f32).sqrt();
        assert!(
            (length - wanted).abs() < 1e-4,
            "{name}: {length} for {wanted}"
        );
    }
    let table = moved("table");
    assert!(
        table.iter().all(|x| (x.abs() - 1.0).abs() < 1e-3),
        "{table:?}"
    );
}

#[test]
fn a_resumed_run_of_muon_ends_with_the_bytes_of_an_unbroken_one() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let path = |name: &str| folder.path().join(name);
    let save = |trainer: &Trainer<Stack>, name: &str| {
        trainer
            .save(&path(name), 3)
            .expect("the folder may be written");
    };
    let mut whole = stack();
    learn_stack(&mut whole, 0..20);
    save(&whole, "whole");

    let mut half = stack();
    learn_stack(&mut half, 0..8);
    save(&half, "half");
    let mut resumed = stack();
    assert_eq!(resumed.resume(&path("half")), Ok(3));
    learn_stack(&mut resumed, 8..20);
    save(&resumed, "resumed");
    let bytes = |name: &str| std::fs::read(path(name)).expect("it was just written");
    assert!(bytes("whole") == bytes("resumed"), "the files differ");
    assert!(bytes("whole") != bytes("half"));
}

#[test]
fn a_checkpoint_of_another_optimiser_or_configuration_is_refused() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let path = folder.path().join("checkpoint");
    let problems = |mut trainer: Trainer<Stack>| match trainer.resume(&path) {
        Err(WeightsError::Misfit { problems }) => problems,
        other => panic!("it was not refused: {other:?}"),
    };
    let saved = stack().identified(u64::MAX - 1);
    saved.save(&path, 3).expect("the folder may be written");
    let plain = Stack::clone(&saved.current());
    let adam = Trainer::new(plain, short()).identified(u64::MAX - 1);
    let missing = problems(adam);
    assert_eq!(
        missing.len(),
        8,
        "two moments of four matrices: {missing:?}"
    );
    assert!(missing[0].contains("first.layers.0.weight"), "{missing:?}");
    let other = problems(stack().identified(7));
    assert_eq!(other.len(), 1);
    assert!(other[0].contains("another configuration"), "{other:?}");
    assert_eq!(stack().identified(u64::MAX - 1).resume(&path), Ok(3));
    assert_eq!(stack().resume(&path), Ok(3), "it asks for nothing");
}
