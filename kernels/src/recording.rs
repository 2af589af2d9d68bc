//! Work that is recorded on a card once and run again with other inputs: one launch instead of hundreds.

use std::thread::{self, ThreadId};

use burn::backend::Dispatch;
use burn::tensor::{Device, Int, Tensor, capture};

use crate::backend::TensorKernels;

/// What recorded work makes.
pub trait Recorded: Clone {
    /// The same numbers in memory of their own.
    #[must_use]
    fn duplicate(self) -> Self;
}

impl Recorded for Tensor<2> {
    fn duplicate(self) -> Self {
        Self::from_dispatch(<Dispatch as TensorKernels>::duplicate(self.into_dispatch()))
    }
}

impl Recorded for Tensor<2, Int> {
    fn duplicate(self) -> Self {
        let copy = <Dispatch as TensorKernels>::duplicate_whole(self.into_dispatch());
        Self::from_dispatch(copy)
    }
}

/// Work on whole numbers of certain shapes, recorded with its memory.
///
/// It pays where launching takes longer than the work itself, and keeps what the work takes of the card.
pub struct Recording<T> {
    inputs: Vec<Tensor<2, Int>>,
    graph: Graph<T>,
    /// What was recorded runs in the order of this thread's other work, and of nobody else's.
    owner: ThreadId,
}

type Work<T> = Box<dyn FnMut() -> T + Send + Sync>;

type Graph<T> = burn::tensor::Graph<T, Work<T>>;

impl<T: Recorded> Recording<T> {
    /// Records `work`, which is run a few times for that; nothing where the device records nothing.
    ///
    /// `work` makes all that it makes on the device: what it uploads would be uploaded once and for all.
    pub fn new(
        inputs: Vec<Tensor<2, Int>>,
        work: impl Fn(&[Tensor<2, Int>]) -> T + Send + Sync + 'static,
    ) -> Option<Self> {
        let device = inputs.first()?.device();
        if device.clone().inner() == Device::flex() {
            return None;
        }
        let inputs: Vec<Tensor<2, Int>> = inputs.into_iter().map(own).collect();
        // Nothing may be uploaded while the work is recorded.
        device.sync().ok()?;
        let seen = inputs.clone();
        let graph = capture(&device, Box::new(move || work(&seen)) as Work<T>);
        graph.is_hardware().then(|| Self {
            inputs,
            graph,
            owner: thread::current().id(),
        })
    }

    /// What the work makes of `inputs`; nothing where their shapes are others, or the thread is not the one that recorded
    /// it.
    pub fn run(&mut self, inputs: &[Tensor<2, Int>]) -> Option<T> {
        let alike = |(own, new): (&Tensor<2, Int>, &Tensor<2, Int>)| {
            own.dims() == new.dims() && own.dtype() == new.dtype()
        };
        let fit = self.inputs.len() == inputs.len() && self.inputs.iter().zip(inputs).all(alike);
        if !fit || self.owner != thread::current().id() {
            return None;
        }
        let pairs = self.inputs.iter().zip(inputs);
        let written: Vec<Tensor<2, Int>> = pairs
            .map(|(own, new)| {
                let (own, new) = (own.clone().into_dispatch(), new.clone().into_dispatch());
                Tensor::from_dispatch(<Dispatch as TensorKernels>::overwrite(own, new))
            })
            .collect();
        let output = replay(&mut self.graph);
        // Kept until here, for what nobody wants would not be done.
        drop(written);
        // The next run writes over the output.
        Some(output.duplicate())
    }
}

/// The same numbers in memory that nobody else reads, one behind the other, as they are written over.
fn own(input: Tensor<2, Int>) -> Tensor<2, Int> {
    let (device, dtype, dims) = (input.device(), input.dtype(), input.dims());
    let numbers = input.flatten::<1>(0, 1).into_data();
    // As one row: rows of a matrix would be laid apart.
    Tensor::<1, Int>::from_data(numbers, (&device, dtype)).reshape(dims)
}

#[allow(unsafe_code)]
fn replay<T: Clone>(graph: &mut Graph<T>) -> T {
    // SAFETY: the graph owns what its work reads, the recording owns the inputs as well, and both live on; it is run on
    // the thread that recorded it, behind whatever that thread has queued, and its output is copied in the same order.
    unsafe { graph.replay() }.clone()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor};

    use super::Recording;

    #[test]
    fn a_device_that_records_nothing_is_told_apart() {
        let input = Tensor::<2, Int>::zeros([1, 2], &Device::flex());
        let recorded = Recording::new(vec![input], |inputs| inputs[0].clone().float());
        assert!(recorded.is_none());
    }
}
