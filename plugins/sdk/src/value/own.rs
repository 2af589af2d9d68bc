//! Values of the plugin's own kinds.

use std::sync::Arc;

use super::{Lent, Sent, Stored, WireValue};

/// A type of the plugin's own whose values travel between nodes of this plugin.
pub trait OwnKind: Send + Sync + 'static {
    /// What the kind is called: the id of the plugin, a dot, and a name.
    const KIND: &'static str;

    /// How a value looks, in a few lines.
    fn describe(&self) -> String;
}

/// A value of a kind of the plugin's own; clones share it.
#[derive(Debug)]
pub struct Own<T>(pub Arc<T>);

impl<T: OwnKind> WireValue for Own<T> {
    const KIND: &'static str = T::KIND;

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        match lent {
            Lent::Object(stored) => stored
                .get()
                .map(Self)
                .ok_or_else(|| "an object of another type".into()),
            Lent::Tensor { .. } | Lent::Placed { .. } | Lent::Text(_) | Lent::Number(_) => {
                Err(lent.form())
            }
        }
    }

    fn send(self) -> Sent {
        Sent::Object(Stored::new(self.0, |value| {
            value
                .downcast_ref::<T>()
                .map(T::describe)
                .unwrap_or_default()
        }))
    }
}

impl<T> Clone for Own<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
