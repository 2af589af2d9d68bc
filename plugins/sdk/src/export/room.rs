//! Room for a tensor that goes back to the host.

use std::ptr;

use crate::abi::{Device, Element, ManagedTensor, Status};
use crate::error::NodeError;
use crate::value::{Numbers, Place};

use super::send::managed;
use super::services::Live;

/// Room that whoever lends it made; freed by them, unless it is handed over.
#[derive(Debug)]
pub struct Room {
    tensor: *mut ManagedTensor,
    /// The run that it belongs to, where it is a host's.
    of: Option<Live>,
}

// SAFETY: the header lets tensors be freed and handed over from any thread.
unsafe impl Send for Room {}

impl Room {
    /// Zeros of this side's own.
    pub fn own(shape: &[usize]) -> (Self, Place) {
        let count = shape.iter().product();
        let tensor = managed(shape, Numbers::F32(vec![0.0; count]));
        let room = Self { tensor, of: None };
        let place = room.place();
        (room, place)
    }

    /// Zeros of the host's, where the tensors of the run lie.
    ///
    /// Errors: it has none.
    pub fn of(live: &Live, shape: &[usize]) -> Result<(Self, Place), NodeError> {
        let sides: Vec<i64> = shape.iter().map(|side| *side as i64).collect();
        let tensor = live.during(|run| {
            let alloc = super::services::offered(run.alloc_tensor, "alloc_tensor")?;
            let mut tensor = ptr::null_mut();
            // SAFETY: the run is not over, there are as many sizes as it is told, and the pointer can be written.
            let status = unsafe {
                alloc(
                    run.context,
                    Element::F32,
                    sides.len() as i32,
                    sides.as_ptr(),
                    &raw mut tensor,
                )
            };
            match status {
                Status::OK if !tensor.is_null() => Ok(tensor),
                other => Err(NodeError::from_host(other, "making room for a result")),
            }
        })??;
        let room = Self {
            tensor,
            of: Some(live.clone()),
        };
        let place = room.place();
        Ok((room, place))
    }

    /// Where the first number lies.
    fn place(&self) -> Place {
        // SAFETY: the tensor is there until the room is dropped.
        let tensor = unsafe { (*self.tensor).tensor };
        let first = tensor.data.expose_provenance();
        Place {
            address: first.wrapping_add(tensor.byte_offset as usize),
            card: card_of(tensor.device),
        }
    }

    /// The tensor itself, which is the caller's to hand over.
    pub fn into_raw(self) -> *mut ManagedTensor {
        let mut room = std::mem::ManuallyDrop::new(self);
        drop(room.of.take());
        room.tensor
    }
}

/// The card that a device is, or `None` where it is none.
pub fn card_of(device: Device) -> Option<i32> {
    (device == Device::cuda(device.index)).then_some(device.index)
}

impl Drop for Room {
    fn drop(&mut self) {
        let free = || {
            // SAFETY: it was not handed over, and nobody uses it any more.
            unsafe {
                if let Some(deleter) = (*self.tensor).deleter {
                    deleter(self.tensor);
                }
            }
        };
        match &self.of {
            None => free(),
            // What is never handed over goes with its run.
            Some(live) => drop(live.during(|_| free())),
        }
    }
}
