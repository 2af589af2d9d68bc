//! Ports: where wires begin and end.

use crate::error::NodeError;
use crate::value::{Lent, Sent, WireValue};

/// Everything there is to know about one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSpec {
    /// The name, as in files.
    pub name: &'static str,
    /// What passes through it.
    pub doc: &'static str,
    /// The kind of what passes through it.
    pub kind: &'static str,
    /// How many wires it takes.
    pub arity: Arity,
}

/// How many wires an input takes; outputs are always [`Arity::One`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    pub fn of<T: WireValue>(name: &'static str, doc: &'static str, arity: Arity) -> Self {
        Self {
            name,
            doc,
            kind: T::KIND,
            arity,
        }
    }
}

/// A struct whose fields are a node's inputs or outputs; derive it.
///
/// A field of type `Option<T>` is an optional input, one of type `Vec<T>` takes any number of wires.
pub trait Ports: Sized {
    /// The ports, in the order of the fields.
    fn specs() -> Vec<PortSpec>;

    /// Takes the fields from the values at the inputs.
    ///
    /// Errors: the first port whose values do not fit.
    fn take(inputs: &Inputs<'_>) -> Result<Self, NodeError>;

    /// Lays the fields at the outputs.
    fn give(self, outputs: &mut Outputs);
}

/// No ports at all.
impl Ports for () {
    fn specs() -> Vec<PortSpec> {
        Vec::new()
    }

    fn take(_: &Inputs<'_>) -> Result<Self, NodeError> {
        Ok(())
    }

    fn give(self, _: &mut Outputs) {}
}

/// Where the values at a node's inputs come from.
pub(crate) trait Source {
    /// The value of wire number `index` at `port`, or `None` behind the last.
    fn at(&self, port: &str, index: usize) -> Result<Option<Lent<'_>>, NodeError>;
}

/// The values at a node's inputs.
pub struct Inputs<'a>(pub(crate) &'a dyn Source);

impl Inputs<'_> {
    /// The only value at `port`.
    ///
    /// Errors: there is none, or it is no `T`.
    pub fn one<T: WireValue>(&self, port: &str) -> Result<T, NodeError> {
        self.optional(port)?
            .ok_or_else(|| NodeError::input(port, T::KIND, "nothing wired to it"))
    }

    /// The value at `port`, or `None` where nothing is wired.
    ///
    /// Errors: the value is no `T`.
    pub fn optional<T: WireValue>(&self, port: &str) -> Result<Option<T>, NodeError> {
        self.wire(port, 0)
    }

    /// All values at `port`.
    ///
    /// Errors: a value is no `T`.
    pub fn many<T: WireValue>(&self, port: &str) -> Result<Vec<T>, NodeError> {
        let mut values = Vec::new();
        while let Some(value) = self.wire(port, values.len())? {
            values.push(value);
        }
        Ok(values)
    }

    fn wire<T: WireValue>(&self, port: &str, index: usize) -> Result<Option<T>, NodeError> {
        let Some(lent) = self.0.at(port, index)? else {
            return Ok(None);
        };
        match T::receive(&lent) {
            Ok(value) => Ok(Some(value)),
            Err(found) => Err(NodeError::input(port, T::KIND, found)),
        }
    }
}

/// The values at a node's outputs.
#[derive(Default)]
pub struct Outputs(pub(crate) Vec<(&'static str, Sent)>);

impl Outputs {
    /// Lays `value` at `port`.
    pub fn one<T: WireValue>(&mut self, port: &'static str, value: T) {
        self.0.push((port, value.send()));
    }

    /// Lays `value` at `port`, where there is one.
    pub fn optional<T: WireValue>(&mut self, port: &'static str, value: Option<T>) {
        self.many(port, value);
    }

    /// Lays `values` at `port`, one behind the other.
    pub fn many<T: WireValue>(&mut self, port: &'static str, values: impl IntoIterator<Item = T>) {
        for value in values {
            self.one(port, value);
        }
    }
}
