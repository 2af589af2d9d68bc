//! Running a task with raw pointers in CubeCL's queue, on CubeCL's stream.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn_cubecl::tensor::CubeTensor;
use cubecl::server::{BufferBinding, Handle, ServerError, ServerStorage};
use cubecl_common::device::ServiceId;
use cubecl_common::device_handle::DeviceHandle;
use cubecl_environment::backtrace::BackTrace;
use cubecl_environment::stream::{StreamId, StreamPolicy, set_policy};
use cubecl_server::stream::{ExecuteScope, WriteScoped, failed_writing};
use cudarc::driver::sys::CUstream;

/// What CubeCL runs a CUDA device with.
pub(super) type CudaServer = <cubecl::cuda::CudaRuntime as cubecl_server::runtime::Runtime>::Server;

/// Has all work go to one stream, whichever thread asks for it.
pub(crate) fn work_in_one_stream() {
    set_policy(StreamPolicy::Single);
}

/// Whether a tensor lies on a CUDA device, rather than on another runtime of CubeCL.
pub(super) fn is_cuda(tensor: &CubeTensor) -> bool {
    let service = tensor.handle.service;
    service == ServiceId::of::<CudaServer>(service.device)
}

/// Queues `task` behind everything launched so far on the caller's stream.
///
/// The task gets the stream and the device pointers of `reads` followed by those of `writes`; it must launch on that
/// stream alone, and must not wait for the device. Its error, or panic, marks `writes` as failed, and whoever reads
/// them later gets that error.
pub(super) fn enqueue<F>(reads: &[&Handle], writes: &[&Handle], task: F)
where
    F: FnOnce(CUstream, &[u64]) -> Result<(), String> + Send + 'static,
{
    enqueue_whatever(reads, writes, |given| match given {
        Ok((stream, pointers)) => task(stream, pointers),
        // The outputs carry the error already.
        Err(_) => Ok(()),
    });
}

/// What a task gets: the stream and the pointers, or why there are none.
pub(super) type Given<'a> = Result<(CUstream, &'a [u64]), &'a ServerError>;

/// The same for a task that must also learn of what keeps it from launching: memory that is wanting, or what went wrong
/// before.
pub(super) fn enqueue_whatever<F>(reads: &[&Handle], writes: &[&Handle], task: F)
where
    F: FnOnce(Given<'_>) -> Result<(), String> + Send + 'static,
{
    let caller = StreamId::current();
    let bind = |handle: &&Handle| (*handle).clone().binding();
    let written: Vec<BufferBinding> = writes.iter().map(bind).collect();
    let all: Vec<BufferBinding> = reads.iter().chain(writes).map(bind).collect();

    let device = DeviceHandle::<CudaServer>::new(writes[0].service.device);
    device.submit(move |server: &mut CudaServer| {
        // Resolved before the scope opens: the scope marks `written` as unfinished, and resolving would then refuse.
        // The guards in `resources` pin the allocations until the launch is queued.
        let mut resources = Vec::with_capacity(all.len());
        for binding in &all {
            match server.get_resource(binding.clone(), caller) {
                Ok(resource) => resources.push(resource),
                Err(error) => {
                    let _ = task(Err(&error));
                    return failed_writing(server, caller, written, error);
                }
            }
        }
        let pointers: Vec<u64> = resources
            .iter()
            .map(|resource| resource.resource().ptr)
            .collect();
        keep_for_recording(server, caller, &all);

        let _ = ExecuteScope::over(server, caller, written).execute(|server| {
            // Held over the launch: dropping it fences buffers that other streams own.
            let mut streams = match server.write_streams().resolve(caller, all.iter()) {
                Ok(streams) => streams,
                Err(error) => {
                    let _ = task(Err(&error));
                    return Err(error);
                }
            };
            let stream = streams.current().sys;
            // A panic here would only be logged, and the outputs would be read as if they had been written.
            catch_unwind(AssertUnwindSafe(|| task(Ok((stream, &pointers)))))
                .unwrap_or_else(|_| Err("a CUDA launch panicked".into()))
                .map_err(failure)
        });
    });
}

/// Tells a recording which memory it has been given: the pages are nobody else's while it can be replayed.
///
/// CubeCL's own launches tell it themselves; whoever asks for raw pointers must do so. A recording whose memory others are
/// given as well writes over their numbers when it is replayed.
fn keep_for_recording(server: &mut CudaServer, caller: StreamId, given: &[BufferBinding]) {
    if let Some(recording) = server.capturing(caller) {
        for binding in given {
            recording.touch(binding.stream, binding.memory.descriptor().location());
        }
    }
}

/// An error in CubeCL's terms.
fn failure(reason: String) -> ServerError {
    ServerError::Generic {
        reason,
        backtrace: BackTrace::capture(),
    }
}
