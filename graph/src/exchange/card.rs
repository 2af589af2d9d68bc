//! Numbers in the memory of a card, for whoever works on them there.

use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::Arc;

use super::{Array, Element, ExchangeError, Numbers};

/// A piece of the memory of a card.
pub trait Memory: Any + Send + Sync {
    /// Where it begins, in the addresses of the card; good as long as the [`Card`] that it was lent by.
    fn address(&self) -> u64;
}

/// Numbers in the memory of a card.
pub type CardArray = Numbers<Arc<dyn Memory>>;

impl CardArray {
    /// Numbers of one sort in the shape `shape`, which `memory` has room for.
    pub fn on_card(element: Element, shape: Vec<usize>, memory: Arc<dyn Memory>) -> Self {
        Self {
            element,
            shape,
            sizes: BTreeMap::new(),
            memory,
        }
    }

    /// The memory that they lie in.
    pub fn memory(&self) -> &dyn Memory {
        &*self.memory
    }
}

/// An NVIDIA card while somebody else works on it.
///
/// What is put on its stream comes behind everything that this thread had done there before, and before everything
/// that any thread has done there once this is dropped.
/// Errors of its functions are [`ExchangeError::Room`] and [`ExchangeError::Card`].
pub trait Card: Any + Send + Sync {
    /// Which of the cards, as CUDA counts them.
    fn index(&self) -> i32;

    /// The `CUstream` that work is put on.
    fn stream(&self) -> *mut c_void;

    /// Zeros.
    fn zeros(&self, element: Element, shape: &[usize]) -> Result<CardArray, ExchangeError>;

    /// A copy in the memory of the card, with its sizes.
    fn upload(&self, array: &Array) -> Result<CardArray, ExchangeError>;

    /// A copy in the memory of the processor, with its sizes.
    fn download(&self, array: &CardArray) -> Result<Array, ExchangeError>;

    /// A copy of numbers that somebody else laid at `address`, who may free them once it is there.
    ///
    /// Errors: also where no memory of this card is at that address.
    fn copy(
        &self,
        element: Element,
        shape: &[usize],
        address: u64,
    ) -> Result<CardArray, ExchangeError>;
}
