//! Work recorded once and replayed: own kernels and cuBLASLt inside a graph of CUDA's.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Int, Tensor, TensorData, capture};

use super::{Link, after, report, shift, whole_numbers};
use crate::contract::{Report, read};
use crate::recording::Recording;

/// The side of the matrices.
const SIDE: usize = 64;

/// Numbers of a row of what recordings are given: a card lays such rows apart where it may.
const COLUMNS: usize = SIDE + 1;

/// Links of the recorded chain.
const LINKS: usize = 6;

/// Inputs, one for each time the chain is run: more than burn runs it to warm up and to record it.
const INPUTS: usize = 8;

/// Records a chain and replays it twice.
///
/// Each run has an input of its own, so that what an earlier one left in the buffers is wrong.
pub(super) fn check(device: &Device, link: Link) -> Report {
    let shift = shift(SIDE, device);
    let inputs: Vec<Tensor<2>> = (0..INPUTS)
        .map(|seed| Tensor::<1>::from_floats(&whole_numbers(SIDE, seed)[..], device))
        .map(|x| x.reshape([SIDE, SIDE]))
        .collect();
    // Nothing may be uploaded while a graph is recorded.
    let _ = device.sync();
    let runs = Cell::new(0);
    let run = || {
        let mut x = inputs[runs.get().min(INPUTS - 1)].clone();
        runs.set(runs.get() + 1);
        for _ in 0..LINKS {
            x = link(x, shift.clone());
        }
        x
    };

    let replayed = catch_unwind(AssertUnwindSafe(|| {
        let mut graph = capture(device, run);
        if *device != Device::flex() && !graph.is_hardware() {
            return Err("nothing was recorded: the chain would have run anew".into());
        }
        let mut found = Err("nothing was replayed".into());
        for _ in 0..2 {
            // SAFETY: the inputs and the weight outlive the graph, and nobody else uses them or the output meanwhile.
            let output = unsafe { graph.replay() }.clone();
            found = read(output.flatten(0, 1));
        }
        found
    }));
    let found = replayed.unwrap_or_else(|_| Err("the replay panicked".into()));
    let last = (runs.get().max(1) - 1).min(INPUTS - 1);
    let expected = after(LINKS, &whole_numbers(SIDE, last), SIDE);
    report(
        format!("a graph of {LINKS} links replayed"),
        &expected,
        found,
        0.0,
    )
}

/// Records a chain, runs it for two inputs that it was not recorded with, and reads both results when both are made; and
/// what it was recorded with, which nothing may have changed.
pub(super) fn check_recording(device: &Device, link: Link) -> Report {
    let numbers = |seed: usize| whole_numbers(COLUMNS, seed)[..SIDE * COLUMNS].to_vec();
    let input = |seed: usize| -> Tensor<2, Int> {
        let numbers: Vec<i32> = numbers(seed).iter().map(|x| *x as i32).collect();
        Tensor::from_data(TensorData::new(numbers, [SIDE, COLUMNS]), device)
    };
    let shift = shift(SIDE, device);
    let work = move |inputs: &[Tensor<2, Int>]| {
        let mut x = inputs[0].clone().narrow(1, 1, SIDE).float();
        for _ in 0..LINKS {
            x = link(x, shift.clone());
        }
        x
    };
    let [recorded, first, second] = [input(0), input(1), input(2)];
    let kept = recorded.clone();
    let found = catch_unwind(AssertUnwindSafe(|| {
        let both = if *device == Device::flex() {
            // Nothing is recorded here, so the work itself is held against what it should make.
            vec![work(&[first]), work(&[second])]
        } else {
            let mut recording = Recording::new(vec![recorded], work)
                .ok_or("nothing was recorded: no device does that")?;
            let mut run = |input| recording.run(&[input]).ok_or("the inputs were refused");
            vec![run(first)?, run(second)?]
        };
        let kept = kept.narrow(1, 1, SIDE).float();
        read(Tensor::cat([both, vec![kept]].concat(), 0).flatten(0, 1))
    }));
    let found = found.unwrap_or_else(|_| Err("the recording panicked".into()));
    let rows = |seed: usize| -> Vec<f32> {
        let numbers = numbers(seed);
        let rows = numbers.chunks_exact(COLUMNS);
        rows.flat_map(|row| &row[1..]).copied().collect()
    };
    let made = [1, 2]
        .iter()
        .flat_map(|seed| after(LINKS, &rows(*seed), SIDE));
    let expected: Vec<f32> = made.chain(rows(0)).collect();
    let case = format!("a recording of {LINKS} links run with other inputs");
    report(case, &expected, found, 0.0)
}
