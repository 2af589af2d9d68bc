//! Why a graph cannot be changed.

use crate::document::{NodeId, Wire};

/// Why a graph cannot be changed as asked; it is left as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// Another node is called that.
    #[error("there is a node `{0}` already")]
    NodeExists(NodeId),
    /// No node is called that.
    #[error("there is no node `{0}`")]
    NoSuchNode(NodeId),
    /// The wire is there already.
    #[error("there is a wire from `{}` to `{}` already", .0.from, .0.to)]
    WireExists(Wire),
    /// There is no such wire.
    #[error("there is no wire from `{}` to `{}`", .0.from, .0.to)]
    NoSuchWire(Wire),
    /// The wire would make a node depend on itself.
    #[error(
        "a wire from `{}` to `{}` would close a cycle: {}",
        wire.from, wire.to, cycle(way)
    )]
    Cycle {
        /// The wire.
        wire: Wire,
        /// The nodes on the way from where the wire ends to where it begins.
        way: Vec<NodeId>,
    },
    /// The number is infinite or none at all.
    #[error("`{node}.{param}` must be a finite number, but is {found}")]
    NotFinite {
        /// The node.
        node: NodeId,
        /// The parameter.
        param: String,
        /// What it should have been set to.
        found: String,
    },
    /// The name outside stands for something else.
    #[error("`{0}` stands for something else in the interface already")]
    InterfaceExists(String),
    /// A parameter is set both to a value and to a text that only a missing kind understands.
    #[error("`{node}.{param}` is set twice")]
    SetTwice {
        /// The node.
        node: NodeId,
        /// The parameter.
        param: String,
    },
    /// Something that belongs to one node was to be added with another.
    #[error("`{what}` does not belong to node `{node}`, with which it was to be added")]
    Foreign {
        /// The node.
        node: NodeId,
        /// The port or wire.
        what: String,
    },
}

fn cycle(way: &[NodeId]) -> String {
    let mut text = String::new();
    for node in way.iter().chain(way.first()) {
        if !text.is_empty() {
            text.push_str(" -> ");
        }
        text.push_str(node.as_str());
    }
    text
}
