//! Values on wires: what a node is given and what it hands on, as plain numbers.

mod image;
mod mask;
mod own;
mod placed;
mod tokens;

use std::any::Any;
use std::sync::Arc;

pub use crate::export::Room;

pub use image::Image;
pub use mask::Mask;
pub use own::{Own, OwnKind};
pub use placed::{Device, Place, PlacedImage};
pub use tokens::Tokens;

/// A type that may travel on a wire.
pub trait WireValue: Sized + Send + 'static {
    /// What the kind is called, in files and messages.
    const KIND: &'static str;

    /// The value that `lent` is; its numbers are copied.
    ///
    /// Errors: what was found instead.
    fn receive(lent: &Lent<'_>) -> Result<Self, String>;

    /// The value as it crosses the boundary.
    fn send(self) -> Sent;
}

/// A value that the host lends while the node runs.
#[derive(Clone, Debug)]
pub enum Lent<'a> {
    /// Numbers.
    Tensor {
        /// How many there are in each direction.
        shape: Vec<usize>,
        /// The numbers, the last dimension side by side.
        numbers: LentNumbers<'a>,
        /// Sizes that belong to them, like the `codebook` of tokens.
        sizes: Vec<(String, u64)>,
    },
    /// Numbers on a card, of 32 bits and floating.
    Placed {
        /// How many there are in each direction.
        shape: Vec<usize>,
        /// Where they lie.
        place: Place,
    },
    /// A text.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// Something of this plugin's own.
    Object(&'a Stored),
}

/// The numbers of a tensor that is lent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LentNumbers<'a> {
    /// Floating-point numbers.
    F32(&'a [f32]),
    /// Whole numbers.
    I32(&'a [i32]),
    /// Bytes.
    U8(&'a [u8]),
}

impl Lent<'_> {
    /// What it is, for messages.
    pub fn form(&self) -> String {
        match self {
            Self::Tensor { shape, numbers, .. } => {
                let element = match numbers {
                    LentNumbers::F32(_) => "f32",
                    LentNumbers::I32(_) => "i32",
                    LentNumbers::U8(_) => "u8",
                };
                format!("{element} {shape:?}")
            }
            Self::Placed { shape, place } => format!("f32 {shape:?} {place}"),
            Self::Text(_) => "a text".into(),
            Self::Number(_) => "a number".into(),
            Self::Object(_) => "an object".into(),
        }
    }
}

/// A value that is handed to the host.
#[derive(Debug)]
pub enum Sent {
    /// Numbers.
    Tensor {
        /// How many there are in each direction.
        shape: Vec<usize>,
        /// The numbers, the last dimension side by side.
        numbers: Numbers,
        /// Sizes that belong to them, like the `codebook` of tokens.
        sizes: Vec<(String, u64)>,
    },
    /// Numbers where the run has them, of 32 bits and floating.
    Placed {
        /// How many there are in each direction.
        shape: Vec<usize>,
        /// Where they lie.
        place: Place,
        /// The room that is handed over with them; without it they are copied.
        room: Option<Room>,
    },
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// Something of this plugin's own.
    Object(Stored),
}

/// The numbers of a tensor that is handed over.
#[derive(Debug, PartialEq)]
pub enum Numbers {
    /// Floating-point numbers.
    F32(Vec<f32>),
    /// Whole numbers.
    I32(Vec<i32>),
    /// Bytes.
    U8(Vec<u8>),
}

impl Sent {
    /// The value, lent.
    pub fn lend(&self) -> Lent<'_> {
        match self {
            Self::Tensor {
                shape,
                numbers,
                sizes,
            } => Lent::Tensor {
                shape: shape.clone(),
                numbers: match numbers {
                    Numbers::F32(numbers) => LentNumbers::F32(numbers),
                    Numbers::I32(numbers) => LentNumbers::I32(numbers),
                    Numbers::U8(numbers) => LentNumbers::U8(numbers),
                },
                sizes: sizes.clone(),
            },
            Self::Placed { shape, place, .. } => Lent::Placed {
                shape: shape.clone(),
                place: *place,
            },
            Self::Text(text) => Lent::Text(text),
            Self::Number(number) => Lent::Number(*number),
            Self::Object(stored) => Lent::Object(stored),
        }
    }
}

/// Something of this plugin's own, as it lies behind the pointer that the host keeps.
#[derive(Clone)]
pub struct Stored {
    value: Arc<dyn Any + Send + Sync>,
    describe: fn(&(dyn Any + Send + Sync)) -> String,
}

impl Stored {
    /// `value`, and how it looks.
    pub(crate) fn new<T: Any + Send + Sync>(
        value: Arc<T>,
        describe: fn(&(dyn Any + Send + Sync)) -> String,
    ) -> Self {
        Self { value, describe }
    }

    /// The value as a `T`, or `None` where it is none.
    pub(crate) fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::clone(&self.value).downcast().ok()
    }

    /// How it looks, in a few lines.
    pub(crate) fn description(&self) -> String {
        (self.describe)(&*self.value)
    }
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Stored({})", self.description())
    }
}

impl WireValue for String {
    const KIND: &'static str = "text";

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        match lent {
            Lent::Text(text) => Ok((*text).into()),
            Lent::Tensor { .. } | Lent::Placed { .. } | Lent::Number(_) | Lent::Object(_) => {
                Err(lent.form())
            }
        }
    }

    fn send(self) -> Sent {
        Sent::Text(self)
    }
}

impl WireValue for f64 {
    const KIND: &'static str = "number";

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        match lent {
            Lent::Number(number) => Ok(*number),
            Lent::Tensor { .. } | Lent::Placed { .. } | Lent::Text(_) | Lent::Object(_) => {
                Err(lent.form())
            }
        }
    }

    fn send(self) -> Sent {
        Sent::Number(self)
    }
}
