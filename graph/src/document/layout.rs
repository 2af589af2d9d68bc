//! How a graph lies on the canvas; running it ignores all of this.

use std::collections::{BTreeMap, BTreeSet};

use super::{NodeId, Wire};

/// A point of the canvas, in steps of its grid; whole numbers keep changes in files small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// To the right.
    pub x: i32,
    /// Downwards.
    pub y: i32,
}

/// How far something reaches to the right and downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// To the right.
    pub width: u32,
    /// Downwards.
    pub height: u32,
}

/// Where everything is on the canvas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The upper left corners of nodes.
    pub nodes: BTreeMap<NodeId, Position>,
    /// The nodes that are drawn as their title alone.
    pub collapsed: BTreeSet<NodeId>,
    /// Boxes drawn around nodes, by id.
    pub frames: BTreeMap<NodeId, Frame>,
    /// Texts beside nodes, by id.
    pub notes: BTreeMap<NodeId, Note>,
    /// The points that a wire is led through, in order.
    pub reroutes: BTreeMap<Wire, Vec<Position>>,
}

/// A titled box behind some nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// What the nodes in it do together.
    pub title: String,
    /// Its upper left corner.
    pub at: Position,
    /// Its size.
    pub size: Extent,
    /// What it is painted in.
    pub colour: FrameColour,
}

/// What a frame is painted in; the shades are the theme's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameColour {
    /// As the canvas around it.
    #[default]
    Grey,
    /// Red.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
}

/// A text on the canvas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub text: String,
    /// Its upper left corner.
    pub at: Position,
    /// Its size.
    pub size: Extent,
}

impl Position {
    /// The point `x` to the right and `y` down.
    pub fn new(x: i32, y: i32) -> Self {
        Self { x, y }
    }
}

impl FrameColour {
    /// Every colour, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Grey,
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Purple,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grey => "Grey",
            Self::Red => "Red",
            Self::Orange => "Orange",
            Self::Yellow => "Yellow",
            Self::Green => "Green",
            Self::Blue => "Blue",
            Self::Purple => "Purple",
        }
    }
}

impl Layout {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.collapsed.is_empty()
            && self.frames.is_empty()
            && self.notes.is_empty()
            && self.reroutes.is_empty()
    }
}
