//! Nodes as boxes with sockets and rows.

mod measure;

use std::sync::Arc;

use graph::document::{NodeId, PortRef, State};
use graph::kind::Kind;
use graph::node::Descriptor;
use graph::param::{ParamKind, ParamSpec, ParamValue};
use graph::port::Arity;

use crate::space::{WorldPoint, WorldRect, WorldSize, WorldVector};

pub(super) use measure::{Facts, measure};

/// How high a title bar is.
pub const TITLE: f32 = 30.0;
/// How high a row with a socket or a parameter is.
pub const ROW: f32 = 24.0;
/// How high a parameter of several lines is.
pub const LINES: f32 = 72.0;
/// How high the room for a picture is.
pub const PICTURE: f32 = 148.0;
/// What is left free at the sides and at the bottom.
pub const PADDING: f32 = 8.0;
/// How much room the mark in the title takes that the node is a plugin's.
pub const MARK: f32 = 18.0;
/// The share of a parameter's row that its name takes.
pub const LABEL_SHARE: f32 = 0.46;

/// A node as it lies on the canvas.
#[derive(Clone, Debug)]
pub struct NodeBox {
    /// What the node is called.
    pub id: NodeId,
    /// Its kind in words.
    pub title: String,
    /// Its kind, as in files.
    pub kind: String,
    /// Everything there is to know of its kind; `None` where no program here knows it.
    pub descriptor: Option<Arc<Descriptor>>,
    /// Whether its kind comes from a plugin.
    pub is_from_plugin: bool,
    /// How it takes less than full part in a run.
    pub state: Option<State>,
    /// Whether only its title is shown.
    pub is_collapsed: bool,
    /// The whole box.
    pub bounds: WorldRect,
    /// Where wires end: inputs, and those parameters that are wired.
    pub inputs: Vec<Socket>,
    /// Where wires begin.
    pub outputs: Vec<Socket>,
    /// The parameters that are shown.
    pub params: Vec<ParamRow>,
    /// How many more parameters there are than those shown.
    pub more: usize,
    /// What is set on a node of an unknown kind, a row each.
    pub texts: Vec<TextRow>,
    /// The room for a picture of what the node makes.
    pub picture: Option<WorldRect>,
}

/// Where wires begin or end.
#[derive(Clone, Debug)]
pub struct Socket {
    /// The port or parameter.
    pub port: PortRef,
    /// On which side of the node.
    pub side: Side,
    /// Its middle.
    pub at: WorldPoint,
    /// What passes through it; `None` where that is not known.
    pub kind: Option<Kind>,
    /// How many wires it takes.
    pub arity: Arity,
    /// Whether it belongs to a parameter.
    pub is_param: bool,
    /// Whether a wire is at it.
    pub is_wired: bool,
    /// The name outside, where the interface shows it.
    pub exposed: Option<String>,
}

/// A side of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The left, where wires end.
    Input,
    /// The right, where wires begin.
    Output,
}

/// A parameter that can be set in the node itself.
#[derive(Clone, Debug)]
pub struct ParamRow {
    /// Where it may be wired instead.
    pub socket: Socket,
    /// The how-manieth parameter of the descriptor it is.
    pub spec: usize,
    /// What it is set to, or else its default.
    pub value: Option<ParamValue>,
    /// Whether it is set, be it to its default.
    pub is_set: bool,
    /// The whole row.
    pub bounds: WorldRect,
    /// Where the value stands.
    pub field: WorldRect,
    /// The dice of a seed.
    pub dice: Option<WorldRect>,
}

/// A line of text in a node.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRow {
    /// The text.
    pub text: String,
    /// The row.
    pub bounds: WorldRect,
}

impl NodeBox {
    /// The bar with the title, by which a node is best grabbed.
    pub fn title_bar(&self) -> WorldRect {
        WorldRect::new(
            self.bounds.origin,
            WorldSize::new(self.bounds.width(), TITLE),
        )
    }

    /// The mark in the title bar that collapses and expands.
    pub fn chevron(&self) -> WorldRect {
        let side = 18.0;
        let margin = (TITLE - side) / 2.0;
        let corner = self.bounds.origin + WorldVector::new(margin, margin);
        WorldRect::new(corner, WorldSize::new(side, side))
    }

    /// Every socket that is shown.
    pub fn sockets(&self) -> impl Iterator<Item = &Socket> {
        let params = self.params.iter().map(|row| &row.socket);
        self.inputs.iter().chain(params).chain(&self.outputs)
    }

    /// The socket of a port, where it is shown.
    pub fn socket(&self, port: &str, side: Side) -> Option<&Socket> {
        self.sockets()
            .find(|socket| socket.side == side && socket.port.port == port)
    }

    /// Where a wire at `port` meets the node; at the title where the port is not shown.
    pub fn anchor(&self, port: &str, side: Side) -> WorldPoint {
        match self.socket(port, side) {
            Some(socket) => socket.at,
            None => self.title_anchor(side),
        }
    }

    /// The row of the parameter called `name`, where it is shown.
    pub fn param(&self, name: &str) -> Option<&ParamRow> {
        self.params.iter().find(|row| row.socket.port.port == name)
    }

    /// What there is to know of the parameter in `row`.
    pub fn spec(&self, row: &ParamRow) -> Option<&ParamSpec> {
        self.descriptor.as_ref()?.params.get(row.spec)
    }

    /// The middle of the title bar's left or right edge.
    fn title_anchor(&self, side: Side) -> WorldPoint {
        let x = match side {
            Side::Input => self.bounds.min_x(),
            Side::Output => self.bounds.max_x(),
        };
        WorldPoint::new(x, self.bounds.min_y() + TITLE / 2.0)
    }

    /// Moves the node by `way`.
    pub(super) fn shift(&mut self, way: WorldVector) {
        self.bounds.origin += way;
        for socket in self.inputs.iter_mut().chain(&mut self.outputs) {
            socket.at += way;
        }
        for row in &mut self.params {
            row.socket.at += way;
            row.bounds.origin += way;
            row.field.origin += way;
            if let Some(dice) = &mut row.dice {
                dice.origin += way;
            }
        }
        for row in &mut self.texts {
            row.bounds.origin += way;
        }
        if let Some(picture) = &mut self.picture {
            picture.origin += way;
        }
    }
}

/// How high the row of a parameter is.
fn height(kind: &ParamKind) -> f32 {
    match kind {
        ParamKind::Text { multiline: true } => LINES,
        ParamKind::Text { multiline: false }
        | ParamKind::Bool
        | ParamKind::Int { .. }
        | ParamKind::Float { .. }
        | ParamKind::Choice { .. }
        | ParamKind::Path { .. }
        | ParamKind::Seed => ROW,
    }
}
