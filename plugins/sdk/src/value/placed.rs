//! Pictures where the run has them, for nodes that launch work of their own.

use std::ffi::c_void;
use std::fmt;
use std::ptr;

use super::{Lent, LentNumbers, Room, Sent, WireValue};

/// Where the tensors of a run lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// In the memory of the processor.
    Cpu,
    /// In that of an NVIDIA card.
    Cuda {
        /// Which of the cards.
        index: i32,
        /// The `CUstream` that work is put on; what else holds there stands in the header, under *Cards*.
        stream: *mut c_void,
    },
}

/// Pictures where the run has them, `[batch, height, width, 3]`, and nothing of them copied.
///
/// A node whose [`CUDA`](crate::node::Node::CUDA) is set takes this in place of an [`Image`](super::Image), and gives what
/// [`Run::room`](crate::run::Run::room) made.
#[derive(Debug)]
pub struct PlacedImage {
    shape: [usize; 3],
    place: Place,
    room: Option<Room>,
}

/// Where numbers lie: an address of the processor's, or of a card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address of the first.
    pub address: usize,
    /// The card, or `None` where they lie in the memory of the processor.
    pub card: Option<i32>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.card {
            Some(card) => write!(out, "on the card {card}"),
            None => out.write_str("in the memory of the processor"),
        }
    }
}

impl PlacedImage {
    /// Pictures in the room that the host made for them.
    pub(crate) fn in_room(shape: [usize; 3], place: Place, room: Room) -> Self {
        Self {
            shape,
            place,
            room: Some(room),
        }
    }

    /// How many pictures there are.
    pub fn batch(&self) -> usize {
        self.shape[0]
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.shape[1]
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.shape[2]
    }

    /// Where the first number lies, on the device of the run; good until the run ends, and on a card for what was queued
    /// until then.
    pub fn address(&self) -> *const f32 {
        ptr::with_exposed_provenance(self.place.address)
    }

    /// Where the first number may be written, or `None` where it is lent and must not be.
    pub fn address_mut(&mut self) -> Option<*mut f32> {
        let _ = self.room.as_ref()?;
        Some(ptr::with_exposed_provenance_mut(self.place.address))
    }
}

impl WireValue for PlacedImage {
    const KIND: &'static str = "image";

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        let (shape, place) = match lent {
            Lent::Tensor {
                shape,
                numbers: LentNumbers::F32(numbers),
                ..
            } => {
                let address = numbers.as_ptr().expose_provenance();
                (
                    shape,
                    Place {
                        address,
                        card: None,
                    },
                )
            }
            Lent::Placed { shape, place } => (shape, *place),
            Lent::Tensor { .. } | Lent::Text(_) | Lent::Number(_) | Lent::Object(_) => {
                return Err(lent.form());
            }
        };
        match shape[..] {
            [batch, height, width, 3] => Ok(Self {
                shape: [batch, height, width],
                place,
                room: None,
            }),
            _ => Err(lent.form()),
        }
    }

    /// Hands over its room; what was lent is copied by the host.
    fn send(self) -> Sent {
        let [batch, height, width] = self.shape;
        Sent::Placed {
            shape: vec![batch, height, width, 3],
            place: self.place,
            room: self.room,
        }
    }
}
