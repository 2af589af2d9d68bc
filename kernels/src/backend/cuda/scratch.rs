//! Memory for the length of one task, taken from the driver on the task's stream: exactly as much as is asked for.

use std::sync::atomic::{AtomicUsize, Ordering};

use cudarc::driver::result;
use cudarc::driver::sys::{CUmemPool_attribute, CUresult, CUstream, cuCtxGetDevice};

/// What the driver keeps for the next task; more is given back to the card when the stream is waited for.
const KEPT: u64 = 640 << 20;

/// The most that one task of this process has had.
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Memory that is given back when it is dropped, behind what was queued on its stream before.
pub(super) struct Scratch {
    /// The first byte, for the card.
    pub address: u64,
    stream: CUstream,
}

impl Scratch {
    /// `bytes` on `stream`, whose context is current; nothing where the card has no more.
    pub(super) fn take(stream: CUstream, bytes: usize) -> Result<Option<Self>, String> {
        keep_some()?;
        // SAFETY: the stream is of the current context; what is taken is used on that stream alone, until it is dropped.
        match unsafe { result::malloc_async(stream, bytes.max(1)) } {
            Ok(address) => {
                let _ = PEAK.fetch_max(bytes, Ordering::Relaxed);
                Ok(Some(Self { address, stream }))
            }
            Err(result::DriverError(CUresult::CUDA_ERROR_OUT_OF_MEMORY)) => Ok(None),
            Err(error) => Err(format!("cannot take {bytes} bytes of the card: {error:?}")),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: taken by `take` on that stream, given back once. A failure leaves it taken, with nothing to do about it.
        let _ = unsafe { result::free_async(self.address, self.stream) };
    }
}

/// The most bytes that one task has had so far.
pub(crate) fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Lets the driver keep what tasks take again and again.
fn keep_some() -> Result<(), String> {
    let told = |error| format!("cannot ask for the card's memory pool: {error:?}");
    let mut device = 0;
    let mut kept = KEPT;
    // SAFETY: a context is current, and both variables outlive the calls.
    unsafe {
        cuCtxGetDevice(&raw mut device).result().map_err(told)?;
        let pool = result::device::get_default_mem_pool(device).map_err(told)?;
        let attribute = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        result::mem_pool::set_attribute(pool, attribute, (&raw mut kept).cast()).map_err(told)
    }
}
