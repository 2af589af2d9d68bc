//! Lending numbers on a card to code that is not ours and launches kernels of its own.
//!
//! A launch of this crate is a task in CubeCL's queue, and pointers exist inside the task alone.
//! Such code wants them for as long as it runs, on the thread that calls it: so the memory is pinned meanwhile, and
//! the code launches on the very stream that the thread's own work is on.
//! What the thread had done before is with the driver by then, as pinning waits for the queue; what it does afterwards
//! is launched afterwards; and other streams are made to wait for the stream once the code has returned.

use std::any::Any;
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{Cube, CubeBackend};
use cubecl::server::{BufferBinding, IoError, ServerError, ServerStorage};
use cubecl_common::device::{Device as _, ServiceId};
use cubecl_common::device_handle::DeviceHandle;
use cubecl_environment::stream::StreamId;
use cubecl_server::server::Server;
use cubecl_server::stream::WriteScoped;
use cudarc::driver::result::{self, DriverError};
use cudarc::driver::sys::{
    self, CUcontext, CUevent_flags, CUevent_wait_flags, CUmemorytype, CUstream,
};

use super::stream::CudaServer;

/// Bytes of a word.
const WORD: usize = size_of::<u32>();

/// Numbers on a card, side by side.
#[derive(Clone, Debug)]
pub enum Flat {
    /// Floating-point numbers of 32 bits.
    Float(Tensor<1>),
    /// Whole numbers of 32 bits, or as many bytes.
    Words(Tensor<1, Int>),
}

/// What one number of a [`Flat`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A floating-point number of 32 bits.
    Float,
    /// 32 bits of any meaning.
    Words,
}

/// Numbers and where they lie; the address is good as long as the [`Turn`] that it comes from.
#[derive(Clone, Debug)]
pub struct Lent {
    /// The numbers.
    pub numbers: Flat,
    /// The address of the first, for the card.
    pub address: u64,
}

/// Why numbers cannot be lent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// The numbers lie elsewhere.
    #[error("the numbers do not lie on the card {index}: {problem}")]
    Elsewhere {
        /// The card.
        index: usize,
        /// What was found.
        problem: String,
    },
    /// The card has no memory left for them.
    #[error("the card has no room for {bytes} bytes")]
    Room {
        /// How many bytes there are.
        bytes: u64,
    },
    /// CubeCL has no such memory, or what should have filled it failed.
    #[error("the numbers are not there: {0}")]
    Absent(String),
    /// The driver does not do what it is asked for.
    #[error("the driver failed at `{call}`: {problem}")]
    Driver {
        /// What it was asked for.
        call: &'static str,
        /// What it said.
        problem: String,
    },
}

/// The time in which code that is not ours may launch on a card, for the thread that begins it.
///
/// When it is dropped, everything that is done on the card from then on comes behind what was launched.
pub struct Turn {
    device: Device,
    index: usize,
    server: DeviceHandle<CudaServer>,
    /// The stream as CubeCL knows it.
    caller: StreamId,
    stream: Raw<CUstream>,
    context: Raw<CUcontext>,
    held: Mutex<Vec<Held>>,
}

/// A handle of the driver.
#[derive(Clone, Copy)]
struct Raw<T>(T);

// SAFETY: handles of the driver may be used from any thread; none of them is read or written as memory.
unsafe impl<T> Send for Raw<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Raw<T> {}

/// Memory that stays where it is.
struct Held {
    tensor: CubeTensor,
    /// Keeps CubeCL from moving and reusing the memory.
    _pin: Box<dyn Any + Send>,
}

impl Turn {
    /// Begins on `device`, which is the card `index`.
    ///
    /// Errors: the card cannot be reached.
    pub fn begin(device: &Device, index: usize) -> Result<Self, CardError> {
        let id = cubecl::cuda::CudaDevice::new(index).to_id();
        let server = DeviceHandle::<CudaServer>::new(id);
        let caller = StreamId::current();
        let (stream, context) = server
            .submit_blocking(move |server| queue_of(server, caller))
            .map_err(|error| CardError::Absent(format!("{error:?}")))??;
        let turn = Self {
            device: device.clone(),
            index,
            server,
            caller,
            stream,
            context,
            held: Mutex::default(),
        };
        turn.enter()?;
        Ok(turn)
    }

    /// The `CUstream` to launch on.
    pub fn stream(&self) -> *mut c_void {
        self.stream.0.cast()
    }

    /// Lends numbers, without a copy.
    ///
    /// Errors: they do not lie on this card, or what should have computed them failed.
    pub fn lend(&self, numbers: Flat) -> Result<Lent, CardError> {
        // Also where a thread of the plugin asks, the work goes to the stream of the thread that began.
        self.caller.executes(|| {
            let tensor = self.resolve(numbers.clone())?;
            let address = self.pin(tensor)?;
            Ok(Lent { numbers, address })
        })
    }

    /// Lends zeros: at least `bytes`, in whole words.
    ///
    /// Errors: there is no memory for them.
    pub fn zeros(&self, sort: Sort, bytes: usize) -> Result<Lent, CardError> {
        let count = bytes.div_ceil(WORD).max(1);
        let numbers = self.caller.executes(|| match sort {
            Sort::Float => Flat::Float(Tensor::zeros([count], (&self.device, DType::F32))),
            Sort::Words => Flat::Words(Tensor::zeros([count], (&self.device, DType::I32))),
        });
        self.lend(numbers)
    }

    /// Lends a copy of bytes in the memory of the processor, filled up with zeros to whole words.
    ///
    /// Errors: there is no memory for it.
    pub fn upload(&self, sort: Sort, bytes: &[u8]) -> Result<Lent, CardError> {
        let mut words: Vec<u32> = bytes.chunks(WORD).map(word).collect();
        words.resize(words.len().max(1), 0);
        let shape = [words.len()];
        let numbers = self.caller.executes(|| match sort {
            Sort::Float => {
                let numbers = words.into_iter().map(f32::from_bits).collect();
                let data = TensorData::new::<f32, _>(numbers, shape);
                Flat::Float(Tensor::from_data(data, (&self.device, DType::F32)))
            }
            Sort::Words => {
                let numbers = words.into_iter().map(u32::cast_signed).collect();
                let data = TensorData::new::<i32, _>(numbers, shape);
                Flat::Words(Tensor::from_data(data, (&self.device, DType::I32)))
            }
        });
        self.lend(numbers)
    }

    /// The bytes of numbers in the memory of the processor, in whole words.
    ///
    /// Errors: what should have computed them failed.
    pub fn download(&self, numbers: &Flat) -> Result<Vec<u8>, CardError> {
        let numbers = numbers.clone();
        let data = self.caller.executes(|| match numbers {
            Flat::Float(numbers) => numbers.try_into_data(),
            Flat::Words(numbers) => numbers.try_into_data(),
        });
        let data = data.map_err(|error| CardError::Absent(format!("{error:?}")))?;
        Ok(data.as_bytes().to_vec())
    }

    /// Lends a copy of the `bytes` at `address`, which belong to somebody else.
    ///
    /// It is there when this returns, so that they can be freed.
    ///
    /// Errors: no memory of this card is at that address, or there is none for the copy.
    pub fn copy(&self, sort: Sort, bytes: usize, address: u64) -> Result<Lent, CardError> {
        let lent = self.zeros(sort, bytes)?;
        if bytes == 0 {
            return Ok(lent);
        }
        self.enter()?;
        for byte in [address, address.saturating_add(bytes as u64 - 1)] {
            self.is_here(byte)?;
        }
        let stream = self.stream.0;
        // SAFETY: the context is current; the card has memory at the first and the last byte of what is read, and as
        // much was made for what is written. Whoever gave the address says that all of it belongs together.
        unsafe {
            result::memcpy_dtod_async(lent.address, address, bytes, stream)
                .map_err(driver("cuMemcpyDtoDAsync"))?;
            result::stream::synchronize(stream).map_err(driver("cuStreamSynchronize"))?;
        }
        Ok(lent)
    }

    /// Makes the context of the card that of this thread, where it is left: each that needs another sets its own.
    fn enter(&self) -> Result<(), CardError> {
        // SAFETY: it is the primary context of the card, which CubeCL keeps until the process ends.
        unsafe { result::ctx::set_current(self.context.0) }.map_err(driver("cuCtxSetCurrent"))
    }

    /// The numbers as CubeCL knows them, everything done that computes them.
    fn resolve(&self, numbers: Flat) -> Result<CubeTensor, CardError> {
        let elsewhere = |problem: String| CardError::Elsewhere {
            index: self.index,
            problem,
        };
        let tensor = match numbers {
            Flat::Float(numbers) => {
                let fused = numbers.try_into_primitive::<Cube>();
                let fused = fused.map_err(|error| elsewhere(format!("{error:?}")))?;
                let client = fused.client.clone();
                client.resolve_tensor_float::<CubeBackend>(fused)
            }
            Flat::Words(numbers) => {
                let fused = numbers.try_into_primitive::<Cube>();
                let fused = fused.map_err(|error| elsewhere(format!("{error:?}")))?;
                let client = fused.client.clone();
                client.resolve_tensor_int::<CubeBackend>(fused)
            }
        };
        if tensor.handle.service != ServiceId::of::<CudaServer>(self.server.device_id()) {
            return Err(elsewhere(format!("they lie on {:?}", tensor.device)));
        }
        if !matches!(tensor.dtype, DType::F32 | DType::I32) {
            return Err(elsewhere(format!("they are {:?}", tensor.dtype)));
        }
        Ok(into_contiguous(tensor))
    }

    /// Keeps the memory of a tensor where it is until the turn ends, and says where that is.
    fn pin(&self, tensor: CubeTensor) -> Result<u64, CardError> {
        let (binding, caller) = (tensor.handle.clone().binding(), self.caller);
        let pinned = self
            .server
            .submit_blocking(move |server| server.get_resource(binding, caller))
            .map_err(|error| CardError::Absent(format!("{error:?}")))?
            .map_err(absent)?;
        let address = pinned.resource().ptr;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(Held {
            tensor,
            _pin: Box::new(pinned),
        });
        Ok(address)
    }

    /// Errors: the byte at `address` is none of this card's memory.
    fn is_here(&self, address: u64) -> Result<(), CardError> {
        let elsewhere = |problem: String| CardError::Elsewhere {
            index: self.index,
            problem: format!("{problem} at the address {address:#x}"),
        };
        let mut sort = 0_u32;
        let mut ordinal = -1_i32;
        for (attribute, place) in [
            (
                sys::CUpointer_attribute::CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                (&raw mut sort).cast::<c_void>(),
            ),
            (
                sys::CUpointer_attribute::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
                (&raw mut ordinal).cast(),
            ),
        ] {
            // SAFETY: both attributes are numbers of 32 bits; any address may be asked about.
            unsafe { sys::cuPointerGetAttribute(place, attribute, address) }
                .result()
                .map_err(|_| elsewhere("CUDA knows no memory".into()))?;
        }
        if sort != CUmemorytype::CU_MEMORYTYPE_DEVICE as u32 {
            return Err(elsewhere("the processor has its memory".into()));
        }
        if usize::try_from(ordinal) != Ok(self.index) {
            return Err(elsewhere(format!("the card {ordinal} has its memory")));
        }
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let held = std::mem::take(self.held.get_mut().unwrap_or_else(PoisonError::into_inner));
        let bind = |held: &Held| held.tensor.handle.clone().binding();
        let bindings: Vec<BufferBinding> = held.iter().map(bind).collect();
        let caller = self.caller;
        self.server.submit(move |server: &mut CudaServer| {
            // Dropping what was resolved fences the memory that other streams own, now that all is launched.
            if let Ok(mut streams) = server.write_streams().resolve(caller, bindings.iter()) {
                let own = streams.current().sys;
                let others = streams.all().map(|stream| stream.sys);
                let others: Vec<CUstream> = others.filter(|other| *other != own).collect();
                if let Err(error) = hold_back(own, &others) {
                    eprintln!("{error}; the card is waited for instead");
                    // SAFETY: the context is that of this thread, and the stream belongs to it.
                    let _ = unsafe { result::stream::synchronize(own) };
                }
            }
            drop(held);
        });
    }
}

/// A word that begins with these bytes.
fn word(bytes: &[u8]) -> u32 {
    let mut word = [0; WORD];
    word[..bytes.len()].copy_from_slice(bytes);
    u32::from_ne_bytes(word)
}

/// The stream that the work of `caller` is on, and the context that it belongs to.
fn queue_of(
    server: &mut CudaServer,
    caller: StreamId,
) -> Result<(Raw<CUstream>, Raw<CUcontext>), CardError> {
    // Stages nothing, and so does no more than to set the context and make the stream.
    let _ = server.staging(&[], caller).map_err(absent)?;
    let context = result::ctx::get_current().map_err(driver("cuCtxGetCurrent"))?;
    let context = context.ok_or_else(|| CardError::Absent("no context is current".into()))?;
    let streams = server.write_streams().resolve(caller, [].iter());
    let mut streams = streams.map_err(absent)?;
    Ok((Raw(streams.current().sys), Raw(context)))
}

/// Lets what is put on `others` from now on wait for what is on `own`.
///
/// CubeCL lets one stream wait for another where a buffer was allocated there since it last did; that somebody else
/// has written to it since then it cannot know.
fn hold_back(own: CUstream, others: &[CUstream]) -> Result<(), CardError> {
    if others.is_empty() {
        return Ok(());
    }
    let event = result::event::create(CUevent_flags::CU_EVENT_DISABLE_TIMING)
        .map_err(driver("cuEventCreate"))?;
    // SAFETY: the context of all streams is current, and the event is destroyed once only; the driver keeps it until
    // nobody waits for it.
    unsafe {
        let recorded = result::event::record(event, own).map_err(driver("cuEventRecord"));
        let waits = others.iter().map(|other| {
            let flags = CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
            result::stream::wait_event(*other, event, flags).map_err(driver("cuStreamWaitEvent"))
        });
        let held = recorded.and_then(|()| waits.collect());
        result::event::destroy(event).map_err(driver("cuEventDestroy"))?;
        held
    }
}

fn absent(error: ServerError) -> CardError {
    match error {
        ServerError::Io(IoError::OutOfMemory { size, .. } | IoError::BufferTooBig { size, .. }) => {
            CardError::Room { bytes: size }
        }
        ServerError::Unwritten { root, .. } => absent(*root),
        other => CardError::Absent(other.to_string()),
    }
}

fn driver(call: &'static str) -> impl Fn(DriverError) -> CardError {
    move |error| CardError::Driver {
        call,
        problem: format!("{error:?}"),
    }
}
