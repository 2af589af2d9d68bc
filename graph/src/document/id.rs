//! How nodes, ports and wires are named.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The longest name that a node may have, in letters.
const LONGEST: usize = 64;

/// The name of a node within its graph: letters, digits, `_` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(String);

/// A port or parameter of a node, written `node.port`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRef {
    /// The node.
    pub node: NodeId,
    /// The name of the port or parameter.
    pub port: String,
}

/// What carries a value from an output to an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wire {
    /// The output.
    pub from: PortRef,
    /// The input or parameter.
    pub to: PortRef,
}

/// Why a text names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// A node cannot be called that.
    #[error("{found:?} cannot be the name of a node: expected 1 to 64 letters, digits, `_` or `-`")]
    Node {
        /// What was found.
        found: String,
    },
    /// It is not a node and a port.
    #[error("{found:?} names no port: expected \"node.port\"")]
    Port {
        /// What was found.
        found: String,
    },
}

impl NodeId {
    /// The node called `name`.
    ///
    /// Errors: it is empty, longer than 64 letters, or holds something else than letters, digits, `_` and `-`.
    pub fn new(name: impl Into<String>) -> Result<Self, IdError> {
        let name = name.into();
        if is_name(&name) && name.chars().count() <= LONGEST {
            Ok(Self(name))
        } else {
            Err(IdError::Node { found: name })
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The port or parameter of this node called `port`.
    pub fn port(&self, port: impl Into<String>) -> PortRef {
        PortRef {
            node: self.clone(),
            port: port.into(),
        }
    }
}

impl Wire {
    /// The wire from `from` to `to`.
    pub fn new(from: PortRef, to: PortRef) -> Self {
        Self { from, to }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
}

impl FromStr for NodeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text)
    }
}

impl FromStr for PortRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fails = || IdError::Port { found: text.into() };
        let (node, port) = text.split_once('.').ok_or_else(fails)?;
        if !is_name(port) {
            return Err(fails());
        }
        Ok(NodeId::new(node)?.port(port))
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for PortRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.node, self.port)
    }
}

impl fmt::Debug for PortRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} -> {}", self.from, self.to)
    }
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Serialize for PortRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
