//! Memory that recorded work takes in passing: nobody else may be given it while the recording lives.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{Link, report, whole_numbers};
use crate::contract::{Report, read};
use crate::recording::Recording;

/// Rows and columns of what goes in and comes out.
const SIDE: usize = 64;

/// Columns of what lies between: so many that no operation but the recorded ones takes memory of that size.
const WIDE: usize = 1 << 14;

/// How often the recorded work goes from narrow to wide and back.
const ROUNDS: usize = 2;

/// Tensors that are made between recording and replaying, each of the size of what lies between.
const NEIGHBOURS: usize = 8;

/// Records a chain that ends where it began, fills memory with other tensors, replays the chain, and looks at all of them.
pub(super) fn check(device: &Device, link: Link) -> Report {
    let numbers = whole_numbers(SIDE, 0);
    let found = catch_unwind(AssertUnwindSafe(|| replayed(&numbers, device, link)));
    let found = found.unwrap_or_else(|_| Err("the recording panicked".into()));
    let untouched = std::iter::repeat_n(0.0, NEIGHBOURS);
    let expected: Vec<f32> = numbers.into_iter().chain(untouched).collect();
    let case = format!("{NEIGHBOURS} tensors made behind a recording that is replayed");
    report(case, &expected, found, 0.0)
}

/// What the chain makes of `numbers`, and how far each of the other tensors is from what it was.
fn replayed(numbers: &[f32], device: &Device, link: Link) -> Result<Vec<f32>, String> {
    let whole: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
    let input = Tensor::<2, Int>::from_data(TensorData::new(whole, [SIDE, SIDE]), device);
    let widen = matrix([WIDE, SIDE], device);
    let narrow = matrix([SIDE, WIDE], device);
    let work = move |inputs: &[Tensor<2, Int>]| {
        (0..ROUNDS).fold(inputs[0].clone().float(), |x, _| {
            link(link(x, widen.clone()), narrow.clone())
        })
    };

    // Nothing is recorded on processors, so the work itself is held against what it should make.
    let is_recorded = *device != Device::flex();
    let mut recording = if is_recorded {
        let recording = Recording::new(vec![input.clone()], work.clone());
        Some(recording.ok_or("nothing was recorded: no device does that")?)
    } else {
        None
    };
    let filled = |number| Tensor::<2>::from_data(TensorData::full([SIDE, WIDE], number), device);
    let neighbours: Vec<Tensor<2>> = (0..NEIGHBOURS).map(|at| filled(at as f32)).collect();
    let output = match &mut recording {
        Some(recording) => recording.run(&[input]).ok_or("the inputs were refused")?,
        None => work(&[input]),
    };
    let mut found = vec![output.flatten(0, 1)];
    for (at, neighbour) in neighbours.into_iter().enumerate() {
        found.push(neighbour.sub_scalar(at as f32).abs().max());
    }
    read(Tensor::cat(found, 0))
}

/// The weight of 0 and 1 that repeats what it multiplies as often as there is room, or drops what there is no room for.
fn matrix([rows, columns]: [usize; 2], device: &Device) -> Tensor<2> {
    let is_one = |place: usize| place / columns % SIDE == place % columns;
    let values: Vec<f32> = (0..rows * columns)
        .map(|place| f32::from(is_one(place)))
        .collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}
