//! The card's own clock, and its memory.

use std::any::Any;
use std::time::Duration;

use burn_cubecl::tensor::CubeTensor;
use cudarc::driver::result;
use cudarc::driver::sys::{CUcontext, CUevent, CUevent_flags};

use super::stream::enqueue;
use crate::stamp::{Clock, Reached, Stamp};

/// An event of the driver's.
#[derive(Debug)]
struct Event {
    event: CUevent,
    context: CUcontext,
}

// SAFETY: the driver's handles may be used from any thread.
unsafe impl Send for Event {}

/// Sets `stamp` when everything queued on the caller's stream before is done.
pub(super) fn stamp(x: CubeTensor, stamp: Stamp) -> CubeTensor {
    enqueue(&[], &[&x.handle], move |stream, _| {
        let told = |error| format!("cannot ask the card for the time: {error:?}");
        let context = result::ctx::get_current()
            .map_err(told)?
            .ok_or("no CUDA context is current")?;
        let event = result::event::create(CUevent_flags::CU_EVENT_DEFAULT).map_err(told)?;
        // SAFETY: event and stream are of the current context.
        unsafe { result::event::record(event, stream) }.map_err(told)?;
        let (free, _) = result::mem_get_info().map_err(told)?;
        stamp.set(Reached {
            clock: Box::new(Event { event, context }),
            free: Some(free),
        });
        Ok(())
    });
    x
}

impl Clock for Event {
    fn since(&self, start: &dyn Clock) -> Option<Duration> {
        let start = start.as_any().downcast_ref::<Self>()?;
        // SAFETY: both are events of that context, recorded and not yet destroyed; the driver refuses those not reached.
        unsafe {
            result::ctx::set_current(self.context).ok()?;
            let milliseconds = result::event::elapsed(start.event, self.event).ok()?;
            Some(Duration::from_secs_f64(f64::from(milliseconds) / 1e3))
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: made by `stamp`, destroyed once. A failure leaves a few bytes behind and nothing to do about it.
        let _ = unsafe { result::event::destroy(self.event) };
    }
}
