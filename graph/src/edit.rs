//! How a graph changes: the only door to it.

mod apply;
mod error;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::document::{Frame, NodeId, Note, PlacedNode, PortRef, Position, State, Wire};
use crate::param::ParamValue;

pub use error::EditError;

/// One change of a graph; [`Graph::apply`](crate::document::Graph::apply) makes it and returns what undoes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Adds a node, with its wires and whatever else belongs to it.
    AddNode(Box<Placement>),
    /// Takes a node away, with its wires, its place and what the interface says of it.
    RemoveNode(NodeId),
    /// Calls a node something else, everywhere.
    RenameNode {
        /// What it is called.
        from: NodeId,
        /// What it shall be called.
        to: NodeId,
    },
    /// Lays a wire.
    Connect(Connection),
    /// Takes a wire away.
    Disconnect(Wire),
    /// Sets a parameter, or with `None` leaves it to its default.
    SetParam {
        /// The node.
        node: NodeId,
        /// The parameter.
        name: String,
        /// What it is set to.
        value: Option<ParamValue>,
    },
    /// Sets a parameter to a text that only a missing kind of node understands.
    SetVerbatim {
        /// The node.
        node: NodeId,
        /// The parameter.
        name: String,
        /// The text, as in a file.
        value: Option<String>,
    },
    /// Mutes or bypasses a node, or with `None` lets it take part again.
    SetState {
        /// The node.
        node: NodeId,
        /// What it shall be.
        state: Option<State>,
    },
    /// Moves a node; `None` leaves its place to the editor.
    Move {
        /// The node.
        node: NodeId,
        /// Where to.
        to: Option<Position>,
    },
    /// Draws a node as its title alone, or whole again.
    SetCollapsed {
        /// The node.
        node: NodeId,
        /// Whether the title is all that is drawn.
        collapsed: bool,
    },
    /// Lets a parameter be set from outside under `name`, or with `None` no more.
    SetInterfaceParam {
        /// The name outside.
        name: String,
        /// The parameter.
        target: Option<PortRef>,
    },
    /// Makes an output a result called `name`, or with `None` no more.
    SetInterfaceOutput {
        /// The name outside.
        name: String,
        /// The output.
        target: Option<PortRef>,
    },
    /// Says what the workflow is for.
    SetAbout(String),
    /// Says which versions of a plugin will do, or with `None` that it is not needed.
    SetPlugin {
        /// The plugin.
        name: String,
        /// The versions.
        versions: Option<String>,
    },
    /// Draws a frame, or takes it away.
    SetFrame {
        /// Which frame.
        id: NodeId,
        /// What it shall be.
        frame: Option<Frame>,
    },
    /// Writes a note, or takes it away.
    SetNote {
        /// Which note.
        id: NodeId,
        /// What it shall be.
        note: Option<Note>,
    },
    /// Leads a wire through points.
    SetReroutes {
        /// The wire.
        wire: Wire,
        /// The points, in order.
        points: Vec<Position>,
    },
    /// Several changes, all or none.
    Batch(Vec<Edit>),
}

/// A node with all that is said of it in a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// What the node is called.
    pub id: NodeId,
    /// The node.
    pub node: PlacedNode,
    /// Where it stands.
    pub position: Option<Position>,
    /// Whether its title is all that is drawn.
    pub collapsed: bool,
    /// Its wires, in the order in which they are to be laid.
    pub wires: Vec<Connection>,
    /// Its parameters that may be set from outside, by the name outside.
    pub params: BTreeMap<String, PortRef>,
    /// Its outputs that are results, by the name outside.
    pub outputs: BTreeMap<String, PortRef>,
}

/// A wire with all that is said of it in a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// The wire.
    pub wire: Wire,
    /// The how-manieth it is at the port where it ends; `None` puts it behind the others.
    pub at: Option<usize>,
    /// The points that it is led through.
    pub points: Vec<Position>,
}

impl Edit {
    /// Adds `node` without wires.
    pub fn add(id: NodeId, node: PlacedNode) -> Self {
        Self::AddNode(Box::new(Placement {
            id,
            node,
            position: None,
            collapsed: false,
            wires: Vec::new(),
            params: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }))
    }

    /// Lays a wire from `from` to `to`, behind those that end there.
    pub fn connect(from: PortRef, to: PortRef) -> Self {
        Self::Connect(Connection {
            wire: Wire::new(from, to),
            at: None,
            points: Vec::new(),
        })
    }

    /// Whether it sets the parameter `target`, alone or among others.
    pub fn sets(&self, target: &PortRef) -> bool {
        match self {
            Self::SetParam { node, name, .. } | Self::SetVerbatim { node, name, .. } => {
                *node == target.node && *name == target.port
            }
            Self::Batch(edits) => edits.iter().any(|edit| edit.sets(target)),
            Self::AddNode(_)
            | Self::RemoveNode(_)
            | Self::RenameNode { .. }
            | Self::Connect(_)
            | Self::Disconnect(_)
            | Self::SetState { .. }
            | Self::Move { .. }
            | Self::SetCollapsed { .. }
            | Self::SetInterfaceParam { .. }
            | Self::SetInterfaceOutput { .. }
            | Self::SetAbout(_)
            | Self::SetPlugin { .. }
            | Self::SetFrame { .. }
            | Self::SetNote { .. }
            | Self::SetReroutes { .. } => false,
        }
    }

    /// Sets the parameter `target` to `value`.
    pub fn set(target: &PortRef, value: ParamValue) -> Self {
        Self::SetParam {
            node: target.node.clone(),
            name: target.port.clone(),
            value: Some(value),
        }
    }
}
