//! Values as plain numbers, for whoever must not know their types: native plugins, other processes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::run::Run;
use crate::value::{Value, WireValue};

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
#[derive(Clone)]
pub struct Array {
    element: Element,
    shape: Vec<usize>,
    sizes: BTreeMap<String, u64>,
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
}

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
            bytes: Arc::new(bytes),
        })
    }

    /// The same numbers with a size that belongs to them, like the `codebook` of tokens.
    #[must_use]
    pub fn with(mut self, size: impl Into<String>, count: u64) -> Self {
        let _ = self.sizes.insert(size.into(), count);
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

    /// The bytes of the numbers.
    pub fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
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

impl fmt::Debug for Array {
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
}

/// Which kinds of value can leave the program as plain numbers and come back.
#[derive(Clone, Default)]
pub struct Exchange(BTreeMap<&'static str, Way>);

#[derive(Clone, Copy)]
struct Way {
    out: fn(&Value) -> Option<Array>,
    back: fn(&Array, &Run) -> Result<Value, ExchangeError>,
}

impl Exchange {
    /// Lets the kind of `T` leave as well.
    #[must_use]
    pub fn with<T: Exchanged>(mut self) -> Self {
        let way = Way {
            out: |value| value.get::<T>().map(T::to_array),
            back: |array, run| T::from_array(array, run).map(Value::new),
        };
        let _ = self.0.insert(T::KIND, way);
        self
    }

    /// The value as plain numbers, or `None` where its kind cannot leave.
    pub fn array(&self, value: &Value) -> Option<Array> {
        (self.0.get(value.kind().name())?.out)(value)
    }

    /// The value of the kind `kind` that consists of these numbers, or `None` where that kind cannot come back.
    pub fn value(
        &self,
        kind: &str,
        array: &Array,
        run: &Run,
    ) -> Option<Result<Value, ExchangeError>> {
        let way = self.0.get(kind)?;
        Some((way.back)(array, run))
    }
}

#[cfg(test)]
mod tests {
    use super::{Array, Element, Exchange, ExchangeError, Exchanged};
    use crate::preview::Preview;
    use crate::run::{Resources, Run};
    use crate::value::{Footprint, Value, WireValue};

    #[derive(Clone, Debug, PartialEq)]
    struct Heights(Vec<u8>);

    impl WireValue for Heights {
        const KIND: &'static str = "heights";

        fn preview(&self) -> Preview {
            Preview::Text(format!("{:?}", self.0))
        }

        fn footprint(&self) -> Footprint {
            Footprint::host(self.0.len())
        }
    }

    impl Exchanged for Heights {
        fn to_array(&self) -> Array {
            Array::new(Element::U8, vec![self.0.len()], self.0.clone())
                .expect("there are as many bytes as heights")
                .with("highest", 9)
        }

        fn from_array(array: &Array, _: &Run) -> Result<Self, ExchangeError> {
            let [_] = array.form(Element::U8, "u8 [places]")?;
            let highest = array.size("highest")?;
            match array.bytes().iter().find(|h| u64::from(**h) > highest) {
                Some(height) => Err(ExchangeError::Numbers(format!("{height} is too high"))),
                None => Ok(Self(array.bytes().to_vec())),
            }
        }
    }

    #[test]
    fn a_value_comes_back_as_it_left() {
        let exchange = Exchange::default().with::<Heights>();
        let run = Run::alone(Resources::default());
        let heights = Heights(vec![3, 1, 4]);
        let array = exchange.array(&Value::new(heights.clone()));
        let array = array.expect("heights can leave");
        assert_eq!((array.shape(), array.bytes()), (&[3][..], &[3, 1, 4][..]));
        let back = exchange
            .value("heights", &array, &run)
            .expect("heights can come back")
            .expect("the numbers are those that left");
        assert_eq!(back.get::<Heights>(), Some(&heights));

        assert!(exchange.array(&Value::new(String::new())).is_none());
        assert!(exchange.value("text", &array, &run).is_none());
    }

    #[test]
    fn what_is_no_value_is_refused_with_what_was_expected() {
        let run = Run::alone(Resources::default());
        let check = |array: Result<Array, ExchangeError>, message: &str| {
            let found = array.and_then(|array| Heights::from_array(&array, &run));
            let found = found.expect_err("it is no heights").to_string();
            assert_eq!(found, message);
        };
        check(
            Array::new(Element::I32, vec![2, 3], vec![0; 12]),
            "12 bytes do not fill an array of i32 of the shape [2, 3]",
        );
        check(
            Array::new(Element::F32, vec![usize::MAX, 3], vec![]),
            &format!(
                "0 bytes do not fill an array of f32 of the shape [{}, 3]",
                usize::MAX
            ),
        );
        check(
            Array::new(Element::F32, vec![1], vec![0; 4]),
            "expected u8 [places], found f32 [1]",
        );
        check(
            Array::new(Element::U8, vec![1, 1], vec![0]),
            "expected u8 [places], found u8 [1, 1]",
        );
        check(
            Array::new(Element::U8, vec![1], vec![0]),
            "the size `highest` is missing",
        );
        check(
            Array::new(Element::U8, vec![1], vec![10]).map(|array| array.with("highest", 9)),
            "10 is too high",
        );
    }
}
