//! Several threads at once, each on a stream of its own, handing each other tensors that are not finished.

use std::sync::mpsc;
use std::thread;

use burn::tensor::{Device, Tensor};

use super::{Link, after, report, shift, whole_numbers};
use crate::contract::{Report, read};

/// Threads in a ring, each with a stream.
const THREADS: usize = 4;

/// Links before a tensor is handed on, and after.
const LINKS: usize = 12;

/// The side of the matrices on a card, where a link takes long enough that what is handed on is not finished.
const SIDE_CARD: usize = 2048;

/// The side where nothing runs behind the caller's back.
const SIDE_CPU: usize = 24;

/// Each thread begins a chain and finishes that of its neighbour.
pub(super) fn check(device: &Device, link: Link) -> Vec<Report> {
    let size = if *device == Device::flex() {
        SIDE_CPU
    } else {
        SIDE_CARD
    };
    // Made here, read by all: it belongs to one more stream.
    let shift = shift(size, device);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel()).unzip();

    let workers: Vec<_> = receivers
        .into_iter()
        .enumerate()
        .map(|(own, receiver)| {
            let next: mpsc::Sender<Tensor<2>> = senders[(own + 1) % THREADS].clone();
            let (device, shift) = (device.clone(), shift.clone());
            let work = move || {
                let x = whole_numbers(size, own);
                let x = Tensor::<1>::from_floats(&x[..], &device).reshape([size, size]);
                let handed = next.send(chain(x, &shift, link));
                handed.map_err(|_| "the neighbour is gone".to_owned())?;
                let x = receiver.recv().map_err(|_| "the neighbour sent nothing")?;
                read(chain(x, &shift, link).flatten(0, 1))
            };
            thread::spawn(|| on_own_stream(work))
        })
        .collect();
    drop(senders);

    let finish = |(own, worker): (usize, thread::JoinHandle<Result<Vec<f32>, String>>)| {
        let found = worker
            .join()
            .unwrap_or_else(|_| Err("the thread panicked".into()));
        let begun = whole_numbers(size, (own + THREADS - 1) % THREADS);
        let case = format!("a chain of {size} × {size} finished by another thread, {own}");
        report(case, &after(2 * LINKS, &begun, size), found, 0.0)
    };
    workers.into_iter().enumerate().map(finish).collect()
}

/// Does `work` on a stream that nobody else uses, also where the program works in one.
#[cfg(feature = "cuda")]
fn on_own_stream<T>(work: impl FnOnce() -> T) -> T {
    cubecl_environment::stream::StreamId::allocate().executes(work)
}

/// Where there are no cards there are no streams.
#[cfg(not(feature = "cuda"))]
fn on_own_stream<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Half of the way.
fn chain(mut x: Tensor<2>, shift: &Tensor<2>, link: Link) -> Tensor<2> {
    for _ in 0..LINKS {
        x = link(x, shift.clone());
    }
    x
}
