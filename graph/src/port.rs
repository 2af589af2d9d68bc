//! Ports: where wires begin and end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::value::{Value, WireValue};

/// Everything there is to know about one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortSpec {
    /// The name, as in files.
    pub name: String,
    /// What passes through it.
    pub doc: String,
    /// The kind of what passes through it.
    pub kind: Kind,
    /// How many wires it takes.
    pub arity: Arity,
}

/// How many wires an input takes; outputs are always [`Arity::One`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arity {
    /// Exactly one.
    One,
    /// One or none.
    Optional,
    /// Any number.
    Many,
}

impl PortSpec {
    /// The spec of a port through which a `T` passes.
    pub fn of<T: WireValue>(name: &str, doc: &str, arity: Arity) -> Self {
        Self {
            name: name.into(),
            doc: doc.into(),
            kind: Kind::new(T::KIND),
            arity,
        }
    }
}

/// The values at a node's ports, by port name; a [`Arity::Many`] port holds several, in the order of their wires.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, Vec<Value>>);

impl Values {
    /// Adds `value` at `port`, behind those that are there.
    pub fn push(&mut self, port: impl Into<String>, value: Value) {
        self.0.entry(port.into()).or_default().push(value);
    }

    /// The values at `port`.
    pub fn at(&self, port: &str) -> &[Value] {
        self.0.get(port).map_or(&[], Vec::as_slice)
    }

    /// Ports and their values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.0
            .iter()
            .map(|(port, values)| (port.as_str(), values.as_slice()))
    }

    /// The only value at `port`, as a `T`.
    ///
    /// Errors: there is none, or it is of another kind.
    pub fn one<T: WireValue>(&self, port: &str) -> Result<T, PortError> {
        self.optional(port)?.ok_or_else(|| PortError::Missing {
            port: port.into(),
            expected: T::KIND.into(),
        })
    }

    /// The value at `port` as a `T`, or `None` where nothing is wired.
    ///
    /// Errors: the value is of another kind.
    pub fn optional<T: WireValue>(&self, port: &str) -> Result<Option<T>, PortError> {
        Ok(self.many(port)?.into_iter().next())
    }

    /// All values at `port`, each a `T`.
    ///
    /// Errors: a value is of another kind.
    pub fn many<T: WireValue>(&self, port: &str) -> Result<Vec<T>, PortError> {
        self.at(port)
            .iter()
            .map(|value| {
                value
                    .get::<T>()
                    .cloned()
                    .ok_or_else(|| PortError::WrongKind {
                        port: port.into(),
                        expected: T::KIND.into(),
                        found: value.kind().to_string(),
                    })
            })
            .collect()
    }
}

/// Why the values at a node's ports are not what the node wants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// Nothing is wired where something must be.
    #[error("nothing is wired to input `{port}`, which takes {expected}")]
    Missing {
        /// The port.
        port: String,
        /// What it takes.
        expected: String,
    },
    /// The value is of another kind.
    #[error("input `{port}` takes {expected}, but was given {found}")]
    WrongKind {
        /// The port.
        port: String,
        /// What it takes.
        expected: String,
        /// What was found.
        found: String,
    },
}

/// A struct whose fields are a node's inputs or outputs; derive it.
///
/// A field of type `Option<T>` is an optional input, one of type `Vec<T>` takes any number of wires.
pub trait Ports: Sized {
    /// The ports, in the order of the fields.
    fn specs() -> Vec<PortSpec>;

    /// Takes the fields from the values at the ports.
    ///
    /// Errors: the first port whose values do not fit.
    fn from_values(values: &Values) -> Result<Self, PortError>;

    /// Lays the fields at the ports.
    fn into_values(self) -> Values;
}

/// No ports at all.
impl Ports for () {
    fn specs() -> Vec<PortSpec> {
        Vec::new()
    }

    fn from_values(_: &Values) -> Result<Self, PortError> {
        Ok(())
    }

    fn into_values(self) -> Values {
        Values::default()
    }
}
