//! Moments in the work of a device.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Tensor};

use crate::backend::TensorKernels;

/// Bytes of `device` that nobody has taken once all that was queued is done, or `None` where it does not tell.
pub fn free_memory(device: &Device) -> Option<usize> {
    let stamp = Stamp::behind(device);
    // An error of the device shows to whoever reads its numbers.
    let _ = device.sync();
    stamp.free()
}

/// A place in a device's work: when it was reached, and how much memory the device had then.
///
/// `TensorKernels::stamp` sets it when all work queued before is done; on a card the card's own clock tells the time.
#[derive(Clone, Debug, Default)]
pub struct Stamp(Arc<Mutex<Option<Reached>>>);

/// What a stamp says once it is set.
#[derive(Debug)]
pub(crate) struct Reached {
    pub clock: Box<dyn Clock>,
    /// Bytes that nobody had taken, where the device tells.
    pub free: Option<usize>,
}

/// A time that another of its kind can be told from.
pub(crate) trait Clock: std::fmt::Debug + Send {
    /// The time from `start` to here, or nothing where the two are of different clocks or not reached.
    fn since(&self, start: &dyn Clock) -> Option<Duration>;

    /// Itself, to be compared with its like.
    fn as_any(&self) -> &dyn std::any::Any;
}

impl Stamp {
    /// A stamp behind all that is queued on `device`.
    pub(crate) fn behind(device: &Device) -> Self {
        let stamp = Self::default();
        let mark = Tensor::<1>::zeros([1], (device, DType::F32)).into_dispatch();
        let _ = <Dispatch as TensorKernels>::stamp(mark, stamp.clone());
        stamp
    }

    /// Sets it.
    pub(crate) fn set(&self, reached: Reached) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
    }

    /// Sets it to the present of the processor.
    pub(crate) fn set_now(&self) {
        self.set(Reached {
            clock: Box::new(Instant::now()),
            free: None,
        });
    }

    /// The time from `start` to here; call it when the device has finished.
    pub(crate) fn since(&self, start: &Self) -> Option<Duration> {
        let start = start.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, end) = (start.as_ref()?, end.as_ref()?);
        end.clock.since(start.clock.as_ref())
    }

    /// Bytes that were free.
    pub(crate) fn free(&self) -> Option<usize> {
        let reached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reached.as_ref()?.free
    }
}

impl Clock for Instant {
    fn since(&self, start: &dyn Clock) -> Option<Duration> {
        let start = start.as_any().downcast_ref::<Self>()?;
        Some(self.duration_since(*start))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
