//! Where everything is: built from a graph, and all that drawing and hitting look at.

pub mod curve;
mod moved;
pub mod node;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use graph::document::{Extent, Frame, Graph, NodeId, Note, PortRef, State, Wire};
use graph::registry::Registry;

use super::arrange;
use crate::space::{WorldPoint, WorldRect, WorldSize, world};
use node::Facts;
use tree::Tree;

pub use curve::{Curve, Nearest, WireCurve};
pub use moved::differ_in_places;
pub use node::{NodeBox, ParamRow, Side, Socket, TextRow};

/// How high the bar with a frame's title is.
pub const FRAME_TITLE: f32 = 28.0;
/// How wide and high the corner is by which frames and notes are resized.
pub const CORNER: f32 = 16.0;

/// Everything on the canvas, with its place.
///
/// Scenes that follow each other share the nodes and wires that have not changed in between.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    nodes: Vec<Arc<NodeBox>>,
    wires: Vec<Arc<WireCurve>>,
    frames: Vec<FrameBox>,
    notes: Vec<NoteBox>,
    numbers: Arc<BTreeMap<NodeId, usize>>,
    node_tree: Tree,
    wire_tree: Tree,
}

/// A frame as it lies on the canvas.
#[derive(Clone, Debug)]
pub struct FrameBox {
    /// Which frame.
    pub id: NodeId,
    /// The frame.
    pub frame: Frame,
    /// All of it.
    pub bounds: WorldRect,
}

/// A note as it lies on the canvas.
#[derive(Clone, Debug)]
pub struct NoteBox {
    /// Which note.
    pub id: NodeId,
    /// The note.
    pub note: Note,
    /// All of it.
    pub bounds: WorldRect,
}

impl Scene {
    /// Where everything of `graph` is; the nodes in `shown` have room for a picture.
    pub fn new(graph: &Graph, registry: &Registry, shown: &BTreeSet<NodeId>) -> Self {
        let facts = facts(graph, registry, shown, |_| true);
        let mut nodes: Vec<NodeBox> = graph
            .nodes()
            .iter()
            .map(|(id, node)| node::measure(id, node, &facts))
            .collect();
        let places = &graph.layout().nodes;
        for node in &mut nodes {
            if let Some(place) = places.get(&node.id) {
                node.shift(world(*place).to_vector());
            }
        }
        let homeless: Vec<usize> = (0..nodes.len())
            .filter(|at| !places.contains_key(&nodes[*at].id))
            .collect();
        for (at, place) in arrange::homeless(graph, &nodes, &homeless) {
            nodes[at].shift(place.to_vector());
        }
        let numbers = nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (node.id.clone(), at))
            .collect();
        let mut scene = Self {
            node_tree: Tree::new(nodes.iter().map(|node| node.bounds).enumerate()),
            nodes: nodes.into_iter().map(Arc::new).collect(),
            numbers: Arc::new(numbers),
            ..Self::default()
        };
        scene.wires = graph
            .wires()
            .iter()
            .filter_map(|wire| scene.curve(graph, wire).map(Arc::new))
            .collect();
        scene.wire_tree = wire_tree(&scene.wires);
        scene.frames = frames(graph);
        scene.notes = notes(graph);
        scene
    }

    /// All nodes, by name.
    pub fn nodes(&self) -> &[Arc<NodeBox>] {
        &self.nodes
    }

    /// The node called `id`.
    pub fn node(&self, id: &NodeId) -> Option<&NodeBox> {
        Some(self.nodes.get(*self.numbers.get(id)?)?)
    }

    /// All wires, by where they end.
    pub fn wires(&self) -> &[Arc<WireCurve>] {
        &self.wires
    }

    /// How `wire` lies.
    pub fn wire(&self, wire: &Wire) -> Option<&WireCurve> {
        let wires = self.wires.iter().map(AsRef::as_ref);
        wires.into_iter().find(|curve| curve.wire == *wire)
    }

    /// All frames, the largest first, so that those within others lie above them.
    pub fn frames(&self) -> &[FrameBox] {
        &self.frames
    }

    /// The frame called `id`.
    pub fn frame(&self, id: &NodeId) -> Option<&FrameBox> {
        self.frames.iter().find(|frame| frame.id == *id)
    }

    /// All notes, by name.
    pub fn notes(&self) -> &[NoteBox] {
        &self.notes
    }

    /// The note called `id`.
    pub fn note(&self, id: &NodeId) -> Option<&NoteBox> {
        self.notes.iter().find(|note| note.id == *id)
    }

    /// The numbers of the nodes that touch `region`, in rising order: their places among all nodes.
    pub fn numbers_in(&self, region: WorldRect) -> Vec<usize> {
        self.node_tree.touching(region)
    }

    /// The nodes that touch `region`.
    pub fn nodes_in(&self, region: WorldRect) -> impl Iterator<Item = &NodeBox> {
        let found = self.node_tree.touching(region).into_iter();
        found.filter_map(|at| self.nodes.get(at).map(AsRef::as_ref))
    }

    /// The numbers of the wires that may touch `region`, in rising order: their places among all wires.
    pub fn wire_numbers_in(&self, region: WorldRect) -> Vec<usize> {
        self.wire_tree.touching(region)
    }

    /// The wires that may touch `region`.
    pub fn wires_in(&self, region: WorldRect) -> impl Iterator<Item = &WireCurve> {
        let found = self.wire_tree.touching(region).into_iter();
        found.filter_map(|at| self.wires.get(at).map(AsRef::as_ref))
    }

    /// The socket of `port`, where it is shown.
    pub fn socket(&self, port: &PortRef, side: Side) -> Option<&Socket> {
        self.node(&port.node)?.socket(&port.port, side)
    }

    /// Where a wire at `port` meets its node.
    pub fn anchor(&self, port: &PortRef, side: Side) -> Option<WorldPoint> {
        Some(self.node(&port.node)?.anchor(&port.port, side))
    }

    /// A box around everything; `None` where there is nothing.
    pub fn bounds(&self) -> Option<WorldRect> {
        let nodes = self.nodes.iter().map(|node| node.bounds);
        let frames = self.frames.iter().map(|frame| frame.bounds);
        let notes = self.notes.iter().map(|note| note.bounds);
        tree::union(nodes.chain(frames).chain(notes))
    }

    fn curve(&self, graph: &Graph, wire: &Wire) -> Option<WireCurve> {
        let from = self.node(&wire.from.node)?;
        let to = self.node(&wire.to.node)?;
        let points = graph.layout().reroutes.get(wire);
        let points: Vec<WorldPoint> = points.into_iter().flatten().copied().map(world).collect();
        let output = from.socket(&wire.from.port, Side::Output);
        Some(WireCurve {
            kind: output
                .and_then(|socket| socket.kind.as_ref())
                .map(|kind| kind.name().into()),
            curves: WireCurve::curves(
                from.anchor(&wire.from.port, Side::Output),
                &points,
                to.anchor(&wire.to.port, Side::Input),
            ),
            points,
            wire: wire.clone(),
            is_dead: from.state == Some(State::Muted),
        })
    }
}

impl FrameBox {
    /// The bar with the title, by which a frame is grabbed.
    pub fn title_bar(&self) -> WorldRect {
        WorldRect::new(
            self.bounds.origin,
            WorldSize::new(self.bounds.width(), FRAME_TITLE.min(self.bounds.height())),
        )
    }

    /// The corner by which it is resized.
    pub fn corner(&self) -> WorldRect {
        corner(self.bounds)
    }
}

impl NoteBox {
    /// The corner by which it is resized.
    pub fn corner(&self) -> WorldRect {
        corner(self.bounds)
    }
}

/// A box around all of `boxes`; `None` where there are none.
pub fn around(boxes: impl Iterator<Item = WorldRect>) -> Option<WorldRect> {
    tree::union(boxes)
}

fn corner(bounds: WorldRect) -> WorldRect {
    let size = WorldSize::new(CORNER, CORNER);
    WorldRect::new(bounds.max() - size.to_vector(), size)
}

/// A tree of the boxes along these wires.
fn wire_tree(wires: &[Arc<WireCurve>]) -> Tree {
    let wires = wires.iter().enumerate();
    Tree::new(wires.flat_map(|(at, wire)| wire.boxes().map(move |bounds| (at, bounds))))
}

/// What the looks of those nodes depend on that `is_asked` is true of.
fn facts<'a>(
    graph: &'a Graph,
    registry: &'a Registry,
    shown: &'a BTreeSet<NodeId>,
    is_asked: impl Fn(&NodeId) -> bool,
) -> Facts<'a> {
    let mut inputs: BTreeMap<&NodeId, Vec<&str>> = BTreeMap::new();
    let mut outputs: BTreeMap<&NodeId, BTreeSet<&str>> = BTreeMap::new();
    for wire in graph.wires() {
        if is_asked(&wire.to.node) {
            let ends = inputs.entry(&wire.to.node).or_default();
            if ends.last() != Some(&wire.to.port.as_str()) {
                ends.push(&wire.to.port);
            }
        }
        if is_asked(&wire.from.node) {
            let ports = outputs.entry(&wire.from.node).or_default();
            let _ = ports.insert(&wire.from.port);
        }
    }
    let interface = graph.interface();
    let exposed = interface.params.iter().chain(&interface.outputs);
    Facts {
        registry,
        inputs,
        outputs,
        exposed: exposed.map(|(name, port)| (port, name.as_str())).collect(),
        collapsed: &graph.layout().collapsed,
        shown,
    }
}

fn frames(graph: &Graph) -> Vec<FrameBox> {
    let frames = graph.layout().frames.iter();
    let mut frames: Vec<FrameBox> = frames
        .map(|(id, frame)| FrameBox {
            id: id.clone(),
            bounds: WorldRect::new(world(frame.at), size(frame.size)),
            frame: frame.clone(),
        })
        .collect();
    frames.sort_by(|left, right| right.bounds.area().total_cmp(&left.bounds.area()));
    frames
}

fn notes(graph: &Graph) -> Vec<NoteBox> {
    let notes = graph.layout().notes.iter();
    notes
        .map(|(id, note)| NoteBox {
            id: id.clone(),
            bounds: WorldRect::new(world(note.at), size(note.size)),
            note: note.clone(),
        })
        .collect()
}

fn size(extent: Extent) -> WorldSize {
    WorldSize::new(extent.width as f32, extent.height as f32)
}
