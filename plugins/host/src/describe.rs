//! What a plugin says of itself, as plain data that was checked.

mod node;
mod tables;

use std::fmt;

use graph::node::Descriptor;
use serde::{Deserialize, Serialize};

pub use tables::{Tables, describe};

/// Everything there is to know about a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The name for ever, in reverse domain order.
    pub id: String,
    /// The name in words.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The licence, as an SPDX expression, or nothing.
    pub licence: String,
    /// The version of the header that it was compiled with.
    pub abi: (u16, u16),
    /// The kinds of node that it brings.
    pub nodes: Vec<NodeDescription>,
    /// Which extensions it offers.
    pub extensions: Extensions,
}

/// Everything there is to know about a kind of node of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeDescription {
    /// What the graph knows of it.
    pub descriptor: Descriptor,
    /// Whether several may run at the same time.
    pub reentrant: bool,
    /// Whether it takes and gives tensors on a card as well.
    pub cuda: bool,
    /// Whether it is kept for old workflows alone.
    pub deprecated: bool,
    /// Whether it says what shapes come out before it runs.
    pub infers: bool,
}

/// Which extensions a plugin offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extensions {
    /// `smalto.policy/1`.
    pub policy: bool,
    /// `smalto.migrate/1`.
    pub migrate: bool,
    /// `smalto.preview/1`.
    pub preview: bool,
}

/// One thing that is wrong with a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Where: the library, a node, a port.
    pub place: String,
    /// What is wrong, with what was found.
    pub problem: String,
    /// How to mend it.
    pub hint: String,
}

impl Finding {
    /// Something wrong at `place`.
    pub fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}; {}", self.place, self.problem, self.hint)
    }
}

impl Description {
    /// The node of the kind `kind`.
    pub fn node(&self, kind: &str) -> Option<&NodeDescription> {
        self.nodes.iter().find(|node| node.descriptor.id == kind)
    }
}
