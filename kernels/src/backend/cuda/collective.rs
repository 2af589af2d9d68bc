//! Sums over the cards of this machine.
//!
//! All cards' sums are handed to NCCL by one thread and in one group, once every card has come to them: the one that
//! came last does it, and the threads that launch for the other cards wait meanwhile.
//! So NCCL never waits for a card that does not come, and no other thread of a card can be inside the driver while sums
//! have begun on some cards alone, where an allocation could wait for ever.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::tensor::{DType, Tensor};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{Cube, CubeBackend};
use cubecl::server::{Handle, IoError, ServerError};
use cubecl_common::device_handle::DeviceHandle;
use cudarc::driver::result::{self, DriverError};
use cudarc::driver::sys::{CUresult, CUstream, cuStreamQuery};

use super::nccl::{Communicator, Nccl, Sum};
use super::stream::{CudaServer, Given, enqueue_whatever, is_cuda};
use crate::collective::{CollectiveError, Meeting, equal};

/// Words with which NCCL tells that a card has no memory left for its buffers.
const NO_ROOM: &str = "out of memory";

/// Cards that sum up together.
pub(crate) struct Cards {
    meeting: Meeting<Brought, ()>,
    library: &'static Nccl,
    /// Those of the members, in order; none once the group has ended.
    communicators: Mutex<Vec<Communicator>>,
}

/// What a card brings to the others: its stream and its vectors.
struct Brought {
    stream: Stream,
    sums: Vec<Sum>,
}

/// A stream of a card.
#[derive(Clone, Copy)]
struct Stream(CUstream);

// SAFETY: the driver's handles may be used from any thread.
unsafe impl Send for Stream {}

/// A member's own card.
#[derive(Debug)]
pub(crate) struct Card {
    group: Arc<Cards>,
    number: usize,
}

impl fmt::Debug for Cards {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Cards")
    }
}

impl Cards {
    /// Connects cards by their indices.
    ///
    /// Errors: NCCL is not there, or cannot connect them.
    pub(crate) fn connect(cards: &[usize]) -> Result<Self, CollectiveError> {
        let library = Nccl::open()?;
        Ok(Self {
            meeting: Meeting::new(cards.len()),
            library,
            communicators: Mutex::new(library.connect(cards)?),
        })
    }

    /// Hands over what all cards have brought; the context of one of them is current.
    fn launch(&self, all: Vec<Brought>) -> Result<(), CollectiveError> {
        let lengths: Vec<Vec<usize>> = all
            .iter()
            .map(|brought| brought.sums.iter().map(|sum| sum.count).collect())
            .collect();
        equal(&lengths)?;
        let communicators = self.lock();
        if communicators.len() != all.len() {
            return Err(CollectiveError::Gone { member: 0 });
        }
        let members: Vec<_> = communicators
            .iter()
            .zip(all)
            .map(|(communicator, brought)| (*communicator, brought.stream.0, brought.sums))
            .collect();
        let context = result::ctx::get_current().ok().flatten();
        // SAFETY: every thread that launches on one of the streams waits here for the end of this, with its memory
        // pinned and its stream that of its card; the communicators are locked.
        let queued = unsafe { self.library.sum(&members) };
        if let Some(context) = context {
            // SAFETY: it was current before, and NCCL may have made another one so.
            let _ = unsafe { result::ctx::set_current(context) };
        }
        queued
    }

    /// Ends the group: sums that have begun come to nothing, and nobody waits any longer.
    fn end(&self, failure: CollectiveError) {
        self.meeting.end(failure);
        let communicators = std::mem::take(&mut *self.lock());
        if !communicators.is_empty() {
            // SAFETY: they were taken from where everybody looks for them.
            unsafe { self.library.close(communicators, true) };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Communicator>> {
        let locked = self.communicators.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Cards {
    fn drop(&mut self) {
        let communicators = std::mem::take(&mut *self.lock());
        if !communicators.is_empty() {
            // SAFETY: no member is left, and they left when their cards had finished.
            unsafe { self.library.close(communicators, false) };
        }
    }
}

impl Card {
    pub(crate) fn new(group: Arc<Cards>, number: usize) -> Self {
        Self { group, number }
    }

    /// Queues the sums behind what was queued on the card before, and makes sure that they begin without anything else
    /// being asked for.
    pub(crate) fn sum(&self, vectors: &[Tensor<1>]) -> Result<Vec<Tensor<1>>, CollectiveError> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        let (mut sums, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
        for vector in vectors {
            if vector.dims() == [0] {
                sums.push(vector.clone());
                continue;
            }
            let sum = Tensor::<1>::empty(vector.dims(), (&vector.device(), DType::F32));
            from.push(into_contiguous(self.resolved(vector.clone())?));
            to.push(self.resolved(sum.clone())?);
            sums.push(sum);
        }
        let Some(first) = to.first() else {
            return Ok(sums);
        };
        let device = DeviceHandle::<CudaServer>::new(first.handle.service.device);
        let counts: Vec<usize> = to.iter().map(|sum| sum.meta.num_elements()).collect();
        let mut arrival = Arrival {
            group: self.group.clone(),
            number: self.number,
            has_come: false,
        };
        let (reads, writes): (Vec<&Handle>, Vec<&Handle>) = (
            from.iter().map(|tensor| &tensor.handle).collect(),
            to.iter().map(|tensor| &tensor.handle).collect(),
        );
        enqueue_whatever(&reads, &writes, move |given| arrival.come(given, &counts));
        device.flush_queue();
        Ok(sums)
    }

    /// Numbers as CubeCL knows them, everything handed to it that computes them.
    fn resolved(&self, vector: Tensor<1>) -> Result<CubeTensor, CollectiveError> {
        let wrong = |reason: String| CollectiveError::Device {
            member: self.number,
            reason,
        };
        let fused = vector.try_into_primitive::<Cube>();
        let fused = fused.map_err(|error| wrong(format!("{error:?}")))?;
        let client = fused.client.clone();
        let tensor = client.resolve_tensor_float::<CubeBackend>(fused);
        if !is_cuda(&tensor) || tensor.dtype != DType::F32 {
            return Err(wrong(format!(
                "what is summed up should be f32 on a card, but is {:?} on {:?}",
                tensor.dtype, tensor.device
            )));
        }
        Ok(tensor)
    }

    pub(crate) fn failure(&self) -> Option<CollectiveError> {
        self.group.meeting.failure()
    }

    pub(crate) fn leave(&self) {
        self.group.meeting.leave(self.number);
    }

    pub(crate) fn end(&self, failure: CollectiveError) {
        self.group.end(failure);
    }
}

/// A card's coming to a sum, on the thread that launches for it; where it does not come, the group ends.
struct Arrival {
    group: Arc<Cards>,
    number: usize,
    has_come: bool,
}

impl Arrival {
    fn come(&mut self, given: Given<'_>, counts: &[usize]) -> Result<(), String> {
        let brought = given
            .map_err(|error| self.refused(error))
            .and_then(|(stream, pointers)| self.brought(stream, pointers, counts));
        self.has_come = true;
        let met = brought.and_then(|brought| {
            let group = self.group.clone();
            let work = |all| group.launch(all).map_err(|error| self.without_room(error));
            self.group.meeting.meet(self.number, brought, work)
        });
        met.map_err(|error| {
            self.group.end(error.clone());
            error.to_string()
        })
    }

    /// What the card brings, if it still works.
    fn brought(
        &self,
        stream: CUstream,
        pointers: &[u64],
        counts: &[usize],
    ) -> Result<Brought, CollectiveError> {
        // SAFETY: the stream is of the current context. A card that has failed says so here, before others wait for it.
        match unsafe { cuStreamQuery(stream) }.result() {
            Ok(()) | Err(DriverError(CUresult::CUDA_ERROR_NOT_READY)) => {}
            Err(error) => return Err(self.failed(format!("{error:?}"))),
        }
        let (from, to) = pointers.split_at(counts.len());
        let places = from.iter().zip(to).zip(counts);
        let sums = places.map(|((from, to), count)| Sum {
            from: *from,
            to: *to,
            count: *count,
        });
        Ok(Brought {
            stream: Stream(stream),
            sums: sums.collect(),
        })
    }

    /// Why the card has nothing to bring.
    fn refused(&self, error: &ServerError) -> CollectiveError {
        match error {
            ServerError::Unwritten { root, .. } => self.refused(root),
            ServerError::Io(
                IoError::OutOfMemory { size, .. } | IoError::BufferTooBig { size, .. },
            ) => CollectiveError::Room {
                member: self.number,
                reason: format!("no room for {size} bytes"),
            },
            _ => {
                let text = error.to_string();
                let told = text.split("\nBacktrace").next().unwrap_or_default();
                self.failed(told.lines().collect::<Vec<_>>().join(" "))
            }
        }
    }

    /// NCCL's error, told as want of memory where it is that.
    fn without_room(&self, error: CollectiveError) -> CollectiveError {
        match error {
            CollectiveError::Nccl { reason, .. } if reason.contains(NO_ROOM) => {
                CollectiveError::Room {
                    member: self.number,
                    reason,
                }
            }
            other => other,
        }
    }

    fn failed(&self, reason: String) -> CollectiveError {
        CollectiveError::Device {
            member: self.number,
            reason,
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if !self.has_come {
            let reason = "what it should sum up was never launched".into();
            self.group.end(self.failed(reason));
        }
    }
}
