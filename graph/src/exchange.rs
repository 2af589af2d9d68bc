//! Values as plain numbers, for whoever must not know their types: native plugins, other processes.

mod card;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::run::Run;
use crate::value::{Value, WireValue};

pub use card::{Card, CardArray, Memory};

/// What one number of an [`Array`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Element {
    /// A floating-point number of 32 bits.
    F32,
    /// A whole number of 32 bits.
    I32,
    /// A byte.
    U8,
}

impl Element {
    /// Bytes that one number takes.
    pub fn size(self) -> usize {
        match self {
            Self::F32 | Self::I32 => 4,
            Self::U8 => 1,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::F32 => "f32",
            Self::I32 => "i32",
            Self::U8 => "u8",
        })
    }
}

/// Numbers in rows, the last dimension side by side, in the byte order of the machine; clones share them.
///
/// `M` is the sort of memory that they lie in.
#[derive(Clone)]
pub struct Numbers<M> {
    element: Element,
    shape: Vec<usize>,
    sizes: BTreeMap<String, u64>,
    memory: M,
}

/// Numbers in the memory of the processor.
pub type Array = Numbers<Arc<dyn AsRef<[u8]> + Send + Sync>>;

/// Why something is no value of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The bytes do not fill the shape.
    #[error("{found} bytes do not fill an array of {element} of the shape {shape:?}")]
    Bytes {
        /// How many bytes there are.
        found: usize,
        /// What one number is.
        element: Element,
        /// The shape.
        shape: Vec<usize>,
    },
    /// The numbers are of another sort, or in another shape.
    #[error("expected {expected}, found {found_element} {found_shape:?}")]
    Form {
        /// What the kind has.
        expected: String,
        /// What one number is.
        found_element: Element,
        /// The shape that was found.
        found_shape: Vec<usize>,
    },
    /// A size that the kind asks for is not told.
    #[error("the size `{0}` is missing")]
    Size(String),
    /// The shape is right and the numbers are not.
    #[error("{0}")]
    Numbers(String),
    /// The numbers do not fit into the memory of the card.
    #[error("the card has no room for {bytes} bytes")]
    Room {
        /// How many bytes there are.
        bytes: usize,
    },
    /// The card does not do what it is asked for.
    #[error("the card failed: {0}")]
    Card(String),
}

impl Array {
    /// Numbers of one sort in the shape `shape`.
    ///
    /// Errors: the bytes do not fill the shape.
    pub fn new(
        element: Element,
        shape: Vec<usize>,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Self, ExchangeError> {
        let count = shape
            .iter()
            .try_fold(element.size(), |all, side| all.checked_mul(*side));
        let found = bytes.as_ref().len();
        if count != Some(found) {
            return Err(ExchangeError::Bytes {
                found,
                element,
                shape,
            });
        }
        Ok(Self {
            element,
            shape,
            sizes: BTreeMap::new(),
            memory: Arc::new(bytes),
        })
    }

    /// The bytes of the numbers.
    pub fn bytes(&self) -> &[u8] {
        (*self.memory).as_ref()
    }
}

impl<M> Numbers<M> {
    /// The same numbers with a size that belongs to them, like the `codebook` of tokens.
    #[must_use]
    pub fn with(mut self, size: impl Into<String>, count: u64) -> Self {
        let _ = self.sizes.insert(size.into(), count);
        self
    }

    /// The same numbers with the sizes that belong to others.
    #[must_use]
    pub fn with_sizes_of<N>(mut self, other: &Numbers<N>) -> Self {
        self.sizes.extend(other.sizes.clone());
        self
    }

    /// What one number is.
    pub fn element(&self) -> Element {
        self.element
    }

    /// How many numbers there are in each direction.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The sizes that belong to the numbers.
    pub fn sizes(&self) -> &BTreeMap<String, u64> {
        &self.sizes
    }

    /// The size called `name`.
    ///
    /// Errors: it is not told.
    pub fn size(&self, name: &str) -> Result<u64, ExchangeError> {
        let found = self.sizes.get(name).copied();
        found.ok_or_else(|| ExchangeError::Size(name.into()))
    }

    /// The shape, where the array has `RANK` dimensions and numbers of the sort `element`.
    ///
    /// Errors: it is of another form than that, which is called `expected`.
    pub fn form<const RANK: usize>(
        &self,
        element: Element,
        expected: &str,
    ) -> Result<[usize; RANK], ExchangeError> {
        let shape = <[usize; RANK]>::try_from(self.shape.as_slice()).ok();
        shape
            .filter(|_| self.element == element)
            .ok_or_else(|| ExchangeError::Form {
                expected: expected.into(),
                found_element: self.element,
                found_shape: self.shape.clone(),
            })
    }
}

impl<M> fmt::Debug for Numbers<M> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "Array({} {:?} {:?})",
            self.element, self.shape, self.sizes
        )
    }
}

/// A type whose values can leave the program as an [`Array`] and come back.
pub trait Exchanged: WireValue {
    /// The value as plain numbers.
    fn to_array(&self) -> Array;

    /// The value that consists of these numbers.
    ///
    /// Errors: it cannot consist of them.
    fn from_array(array: &Array, run: &Run) -> Result<Self, ExchangeError>;

    /// The value as plain numbers in the memory of a card: a copy, unless it lies there already.
    ///
    /// Errors: it cannot be laid there.
    fn to_card(&self, card: &dyn Card) -> Result<CardArray, ExchangeError> {
        card.upload(&self.to_array())
    }

    /// The value that consists of these numbers in the memory of a card: a copy, unless it can stay there.
    ///
    /// Errors: it cannot consist of them.
    fn from_card(array: &CardArray, card: &dyn Card, run: &Run) -> Result<Self, ExchangeError> {
        Self::from_array(&card.download(array)?, run)
    }
}

/// Makes ready the card that a run computes on; nothing where it computes elsewhere.
pub type OpenCard = fn(&Run) -> Option<Result<Box<dyn Card>, ExchangeError>>;

/// Which kinds of value can leave the program as plain numbers and come back.
#[derive(Clone, Default)]
pub struct Exchange {
    ways: BTreeMap<&'static str, Way>,
    card: Option<OpenCard>,
}

#[derive(Clone, Copy)]
struct Way {
    out: fn(&Value) -> Option<Array>,
    back: fn(&Array, &Run) -> Result<Value, ExchangeError>,
    to_card: fn(&Value, &dyn Card) -> Option<Result<CardArray, ExchangeError>>,
    from_card: fn(&CardArray, &dyn Card, &Run) -> Result<Value, ExchangeError>,
}

impl Exchange {
    /// Lets the kind of `T` leave as well.
    #[must_use]
    pub fn with<T: Exchanged>(mut self) -> Self {
        let way = Way {
            out: |value| value.get::<T>().map(T::to_array),
            back: |array, run| T::from_array(array, run).map(Value::new),
            to_card: |value, card| value.get::<T>().map(|value| value.to_card(card)),
            from_card: |array, card, run| T::from_card(array, card, run).map(Value::new),
        };
        let _ = self.ways.insert(T::KIND, way);
        self
    }

    /// Lets numbers be lent where they lie, in the memory of the card that a run computes on.
    #[must_use]
    pub fn with_card(mut self, open: OpenCard) -> Self {
        self.card = Some(open);
        self
    }

    /// Keeps all numbers in the memory of the processor, as for whoever cannot reach a card.
    #[must_use]
    pub fn without_card(mut self) -> Self {
        self.card = None;
        self
    }

    /// The card that `run` computes on, or `None` where numbers go through the memory of the processor.
    ///
    /// Errors: it computes on one that cannot be used.
    pub fn card(&self, run: &Run) -> Result<Option<Box<dyn Card>>, ExchangeError> {
        self.card.and_then(|open| open(run)).transpose()
    }

    /// The value as plain numbers, or `None` where its kind cannot leave.
    pub fn array(&self, value: &Value) -> Option<Array> {
        (self.ways.get(value.kind().name())?.out)(value)
    }

    /// The value of the kind `kind` that consists of these numbers, or `None` where that kind cannot come back.
    pub fn value(
        &self,
        kind: &str,
        array: &Array,
        run: &Run,
    ) -> Option<Result<Value, ExchangeError>> {
        let way = self.ways.get(kind)?;
        Some((way.back)(array, run))
    }

    /// The value as plain numbers in the memory of `card`, or `None` where its kind cannot leave.
    pub fn card_array(
        &self,
        value: &Value,
        card: &dyn Card,
    ) -> Option<Result<CardArray, ExchangeError>> {
        (self.ways.get(value.kind().name())?.to_card)(value, card)
    }

    /// The value of the kind `kind` that consists of these numbers in the memory of `card`, or `None` where that kind
    /// cannot come back.
    pub fn card_value(
        &self,
        kind: &str,
        array: &CardArray,
        card: &dyn Card,
        run: &Run,
    ) -> Option<Result<Value, ExchangeError>> {
        let way = self.ways.get(kind)?;
        Some((way.from_card)(array, card, run))
    }
}

#[cfg(test)]
mod tests;
