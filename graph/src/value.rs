//! Values on wires: what a node hands to the next.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::kind::Kind;
use crate::preview::Preview;

/// A type that may travel on a wire.
///
/// The crate that declares the type says what it is called, how it looks and how much memory it holds.
/// A type checks its shape law when it is made; behind that, shapes are believed.
pub trait WireValue: Clone + Send + Sync + 'static {
    /// What the kind is called, in files and messages.
    const KIND: &'static str;

    /// The kind of this very value, with every size that is known.
    fn kind(&self) -> Kind {
        Kind::new(Self::KIND)
    }

    /// How the value looks, without its tensors.
    fn preview(&self) -> Preview;

    /// How much memory the value holds.
    fn footprint(&self) -> Footprint;
}

/// Memory that a value holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// In the computer's own memory.
    pub host: u64,
    /// In the memory of an accelerator.
    pub device: u64,
}

impl Footprint {
    /// A value that lies in the computer's own memory alone.
    pub fn host(bytes: usize) -> Self {
        Self {
            host: bytes as u64,
            device: 0,
        }
    }
}

/// A value of any kind, cheap to clone.
#[derive(Clone)]
pub struct Value {
    kind: Kind,
    footprint: Footprint,
    data: Arc<dyn Any + Send + Sync>,
    preview: fn(&(dyn Any + Send + Sync)) -> Preview,
}

impl Value {
    /// Puts `value` on a wire.
    pub fn new<T: WireValue>(value: T) -> Self {
        Self {
            kind: value.kind(),
            footprint: value.footprint(),
            data: Arc::new(value),
            preview: |data| match data.downcast_ref::<T>() {
                Some(value) => value.preview(),
                None => Preview::Text(String::new()),
            },
        }
    }

    /// The kind of the value.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How much memory the value holds.
    pub fn footprint(&self) -> Footprint {
        self.footprint
    }

    /// How the value looks.
    pub fn preview(&self) -> Preview {
        (self.preview)(self.data.as_ref())
    }

    /// The value as a `T`, or `None` where it is of another type.
    pub fn get<T: WireValue>(&self) -> Option<&T> {
        self.data.downcast_ref()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Value({})", self.kind)
    }
}

impl WireValue for String {
    const KIND: &'static str = "text";

    fn preview(&self) -> Preview {
        Preview::Text(self.clone())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.len())
    }
}

impl WireValue for f64 {
    const KIND: &'static str = "number";

    fn preview(&self) -> Preview {
        Preview::Text(self.to_string())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(8)
    }
}
