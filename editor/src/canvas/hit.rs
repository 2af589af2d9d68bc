//! What is under the pointer.

#[cfg(test)]
mod tests;

use graph::document::{NodeId, PortRef, Wire};

use super::camera::{Camera, Detail};
use super::scene::{NodeBox, Scene, Side, Socket};
use super::selection::{Item, Selection};
use crate::space::{WorldPoint, WorldRect, WorldSize};

/// How far from the middle of a socket it is still hit, in logical pixels and in units of the plane.
const SOCKET: (f32, f32) = (9.0, 11.5);
/// How far from a wire it is still hit, in logical pixels.
const WIRE: f32 = 6.0;
/// How far from a point of a wire it is still hit, in logical pixels.
const POINT: f32 = 9.0;

/// Something that can be pointed at.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Where wires begin or end.
    Socket(PortRef, Side),
    /// What collapses and expands a node.
    Chevron(NodeId),
    /// A parameter that is set in the node itself.
    Param(PortRef),
    /// The dice of a seed.
    Dice(PortRef),
    /// The picture of what a node has made.
    Picture(NodeId),
    /// The title of a node.
    Title(NodeId),
    /// Any other part of a node.
    Node(NodeId),
    /// A point that a wire is led through: the how-manieth.
    Point(Wire, usize),
    /// A wire.
    Wire(WireHit),
    /// The title of a frame.
    Frame(NodeId),
    /// The corner by which a frame is resized.
    FrameCorner(NodeId),
    /// A note.
    Note(NodeId),
    /// The corner by which a note is resized.
    NoteCorner(NodeId),
    /// The empty canvas.
    Nothing,
}

/// Where a wire is pointed at.
#[derive(Clone, Debug, PartialEq)]
pub struct WireHit {
    /// The wire.
    pub wire: Wire,
    /// The how-manieth of its curves is pointed at, which is also where a new point goes among its points.
    pub curve: usize,
    /// At which share of its way.
    pub share: f32,
}

impl Target {
    /// What is selected where this is clicked.
    pub fn item(&self) -> Option<Item> {
        Some(match self {
            Self::Socket(port, _) | Self::Param(port) | Self::Dice(port) => {
                Item::Node(port.node.clone())
            }
            Self::Chevron(id) | Self::Picture(id) | Self::Title(id) | Self::Node(id) => {
                Item::Node(id.clone())
            }
            Self::Point(wire, at) => Item::Point(wire.clone(), *at),
            Self::Wire(hit) => Item::Wire(hit.wire.clone()),
            Self::Frame(id) | Self::FrameCorner(id) => Item::Frame(id.clone()),
            Self::Note(id) | Self::NoteCorner(id) => Item::Note(id.clone()),
            Self::Nothing => return None,
        })
    }
}

/// What is at `point`: of several things, the one that is drawn on top.
pub fn target(scene: &Scene, camera: &Camera, selection: &Selection, point: WorldPoint) -> Target {
    if camera.detail() > Detail::Boxes
        && let Some(socket) = socket(scene, camera, selection, point)
    {
        return Target::Socket(socket.port.clone(), socket.side);
    }
    if let Some(node) = node(scene, selection, point) {
        return within(node, camera, point);
    }
    wire(scene, camera, point)
        .or_else(|| note(scene, point))
        .or_else(|| frame(scene, point))
        .unwrap_or(Target::Nothing)
}

/// The node at `point`: of several the uppermost, and selected ones lie above the others.
pub fn node<'a>(scene: &'a Scene, selection: &Selection, point: WorldPoint) -> Option<&'a NodeBox> {
    scene
        .nodes_in(WorldRect::new(point, WorldSize::zero()))
        .enumerate()
        .max_by_key(|(at, node)| (selection.nodes.contains(&node.id), *at))
        .map(|(_, node)| node)
}

/// The socket at `point`, unless a node above its own covers it.
pub fn socket<'a>(
    scene: &'a Scene,
    camera: &Camera,
    selection: &Selection,
    point: WorldPoint,
) -> Option<&'a Socket> {
    let reach = camera.length(SOCKET.0).min(SOCKET.1).max(SOCKET.1 / 2.0);
    let region = WorldRect::new(point, WorldSize::zero()).inflate(reach, reach);
    let top = node(scene, selection, point);
    let nearest = scene
        .nodes_in(region)
        .flat_map(NodeBox::sockets)
        .map(|socket| ((socket.at - point).length(), socket))
        .filter(|(distance, _)| *distance <= reach)
        .min_by(|left, right| left.0.total_cmp(&right.0))?;
    let is_covered = top.is_some_and(|top| top.id != nearest.1.port.node);
    Some(nearest.1).filter(|_| !is_covered)
}

/// The part of `node` at `point`.
fn within(node: &NodeBox, camera: &Camera, point: WorldPoint) -> Target {
    let id = || node.id.clone();
    if camera.detail() == Detail::Boxes {
        return Target::Node(id());
    }
    if node.chevron().contains(point) {
        return Target::Chevron(id());
    }
    if node.title_bar().contains(point) {
        return Target::Title(id());
    }
    if node.picture.is_some_and(|picture| picture.contains(point)) {
        return Target::Picture(id());
    }
    if camera.detail() < Detail::Full {
        return Target::Node(id());
    }
    let row = node.params.iter().find(|row| row.bounds.contains(point));
    match row {
        Some(row) if row.dice.is_some_and(|dice| dice.contains(point)) => {
            Target::Dice(row.socket.port.clone())
        }
        Some(row) => Target::Param(row.socket.port.clone()),
        None => Target::Node(id()),
    }
}

/// The wire, or the point of a wire, that is nearest to `point`.
fn wire(scene: &Scene, camera: &Camera, point: WorldPoint) -> Option<Target> {
    let (near, nearer) = (camera.length(POINT), camera.length(WIRE));
    let region = WorldRect::new(point, WorldSize::zero()).inflate(near, near);
    let mut best: Option<(f32, Target)> = None;
    for curve in scene.wires_in(region) {
        for (at, through) in curve.points.iter().enumerate() {
            if (*through - point).length() <= near {
                return Some(Target::Point(curve.wire.clone(), at));
            }
        }
        let nearest = curve.nearest(point);
        let is_better = best.as_ref().is_none_or(|best| nearest.distance < best.0);
        if nearest.distance <= nearer && is_better {
            let hit = WireHit {
                wire: curve.wire.clone(),
                curve: nearest.curve,
                share: nearest.share,
            };
            best = Some((nearest.distance, Target::Wire(hit)));
        }
    }
    best.map(|(_, target)| target)
}

fn note(scene: &Scene, point: WorldPoint) -> Option<Target> {
    let notes = scene.notes().iter().rev();
    let note = notes.into_iter().find(|note| note.bounds.contains(point))?;
    Some(if note.corner().contains(point) {
        Target::NoteCorner(note.id.clone())
    } else {
        Target::Note(note.id.clone())
    })
}

/// Frames are grabbed by their title and by a corner; within them one selects as on the empty canvas.
fn frame(scene: &Scene, point: WorldPoint) -> Option<Target> {
    scene.frames().iter().rev().find_map(|frame| {
        if frame.corner().contains(point) {
            Some(Target::FrameCorner(frame.id.clone()))
        } else if frame.title_bar().contains(point) {
            Some(Target::Frame(frame.id.clone()))
        } else {
            None
        }
    })
}
