//! Arranging everything, with what is in a frame kept together.

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Extent, Frame, Graph, NodeId, Note, PortRef};
use graph::edit::Edit;

use super::layered::{self, Edge};
use super::{down, straighten};
use crate::canvas::frames::{BORDER, members};
use crate::canvas::scene::{FRAME_TITLE, Scene, Side, around};
use crate::canvas::selection::Selection;
use crate::space::{WorldPoint, WorldSize, WorldVector, position};

/// Something that stands in a frame, or in none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Node(NodeId),
    Frame(NodeId),
    Note(NodeId),
}

/// What stands in which frame; what stands in none is under `None`.
type Contents = BTreeMap<Option<NodeId>, Vec<Piece>>;

/// Arranges all nodes in layers, and frames with all that is in them as if they were nodes.
///
/// Empty frames stay where they are, and so do notes that stand in no frame.
pub fn everything(graph: &Graph, scene: &Scene) -> Option<Edit> {
    let corner = around(scene.nodes().iter().map(|node| node.bounds))?.origin;
    let contents = contents(scene);
    let mut layout = Layout {
        graph,
        scene,
        contents: &contents,
        homes: homes(&contents),
        edits: Vec::new(),
    };
    let group = layout.group(None);
    layout.put(&group, corner.to_vector());
    let mut edits = layout.edits;
    edits.extend(straighten(graph, &graph.nodes().keys().cloned().collect()));
    Some(Edit::Batch(edits))
}

/// What stands in which frame.
fn contents(scene: &Scene) -> Contents {
    // From the largest frame to the smallest, so that the innermost has the last word.
    let mut home: BTreeMap<Piece, NodeId> = BTreeMap::new();
    for frame in scene.frames() {
        let inside: Selection = members(scene, frame);
        let nodes = inside.nodes.into_iter().map(Piece::Node);
        let notes = inside.notes.into_iter().map(Piece::Note);
        let frames = inside.frames.into_iter().map(Piece::Frame);
        for piece in nodes.chain(notes).chain(frames) {
            let _ = home.insert(piece, frame.id.clone());
        }
    }
    let nodes = scene
        .nodes()
        .iter()
        .map(|node| Piece::Node(node.id.clone()));
    let frames = scene
        .frames()
        .iter()
        .map(|frame| Piece::Frame(frame.id.clone()));
    let notes = scene
        .notes()
        .iter()
        .map(|note| Piece::Note(note.id.clone()));
    let mut contents = Contents::new();
    for piece in nodes.chain(frames).chain(notes) {
        let home = home.get(&piece).cloned();
        contents.entry(home).or_default().push(piece);
    }
    // A frame in which there is nothing, and a note in no frame, has nothing to be arranged by.
    let full: BTreeSet<NodeId> = contents.keys().flatten().cloned().collect();
    for (home, pieces) in &mut contents {
        pieces.retain(|piece| match piece {
            Piece::Node(_) => true,
            Piece::Frame(id) => full.contains(id),
            Piece::Note(_) => home.is_some(),
        });
    }
    contents
}

/// The innermost frame around each piece that is in one.
fn homes(contents: &Contents) -> BTreeMap<Piece, NodeId> {
    contents
        .iter()
        .filter_map(|(home, pieces)| Some((home.clone()?, pieces)))
        .flat_map(|(home, pieces)| {
            pieces
                .iter()
                .map(move |piece| (piece.clone(), home.clone()))
        })
        .collect()
}

/// Pieces with their places within what holds them.
struct Group {
    pieces: Vec<(Piece, WorldPoint, Option<Group>)>,
    size: WorldSize,
}

struct Layout<'a> {
    graph: &'a Graph,
    scene: &'a Scene,
    contents: &'a Contents,
    homes: BTreeMap<Piece, NodeId>,
    edits: Vec<Edit>,
}

impl Layout<'_> {
    /// Arranges what stands in `home`.
    fn group(&self, home: Option<&NodeId>) -> Group {
        let pieces = self
            .contents
            .get(&home.cloned())
            .map_or(&[][..], Vec::as_slice);
        let groups: Vec<Option<Group>> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Frame(id) => Some(self.group(Some(id))),
                Piece::Node(_) | Piece::Note(_) => None,
            })
            .collect();
        let sizes: Vec<WorldSize> = pieces
            .iter()
            .zip(&groups)
            .map(|(piece, group)| self.size(piece, group.as_ref()))
            .collect();
        let corners = layered::corners(&sizes, &self.edges(pieces, home));
        let far = corners
            .iter()
            .zip(&sizes)
            .map(|(corner, size)| *corner + size.to_vector())
            .fold(WorldPoint::origin(), WorldPoint::max);
        let placed = pieces.iter().cloned().zip(corners).zip(groups);
        Group {
            pieces: placed
                .map(|((piece, corner), group)| (piece, corner, group))
                .collect(),
            size: far.to_vector().to_size(),
        }
    }

    fn size(&self, piece: &Piece, group: Option<&Group>) -> WorldSize {
        if let Some(group) = group {
            return framed(group);
        }
        let bounds = match piece {
            Piece::Node(id) => self.scene.node(id).map(|node| node.bounds),
            Piece::Note(id) => self.scene.note(id).map(|note| note.bounds),
            Piece::Frame(id) => self.scene.frame(id).map(|frame| frame.bounds),
        };
        bounds.unwrap_or_default().size
    }

    /// The wires between the pieces in `home`, those within one piece left out.
    fn edges(&self, pieces: &[Piece], home: Option<&NodeId>) -> Vec<Edge> {
        let numbers: BTreeMap<&Piece, usize> = pieces
            .iter()
            .enumerate()
            .map(|(at, piece)| (piece, at))
            .collect();
        let wires = self.graph.wires().iter();
        let edges = wires.filter_map(|wire| {
            let from = self.holder(&wire.from.node, home)?;
            let to = self.holder(&wire.to.node, home)?;
            let down = |piece: &Piece, port: &PortRef, side| match piece {
                Piece::Node(id) => self
                    .scene
                    .node(id)
                    .map_or(0.0, |node| down(node, &port.port, side)),
                Piece::Frame(_) | Piece::Note(_) => BORDER + FRAME_TITLE,
            };
            Some(Edge {
                from_down: down(&from, &wire.from, Side::Output),
                to_down: down(&to, &wire.to, Side::Input),
                from: *numbers.get(&from)?,
                to: *numbers.get(&to)?,
            })
        });
        edges.filter(|edge| edge.from != edge.to).collect()
    }

    /// The piece in `home` that holds `node`, or is it.
    fn holder(&self, node: &NodeId, home: Option<&NodeId>) -> Option<Piece> {
        let mut piece = Piece::Node(node.clone());
        loop {
            let here = self.homes.get(&piece);
            if here == home {
                return Some(piece);
            }
            piece = Piece::Frame(here?.clone());
        }
    }

    /// Puts a group's pieces where they belong, the group's upper left corner being at `corner`.
    fn put(&mut self, group: &Group, corner: WorldVector) {
        for (piece, place, inner) in &group.pieces {
            let place = *place + corner;
            match piece {
                Piece::Node(id) => self.edits.push(Edit::Move {
                    node: id.clone(),
                    to: Some(position(place)),
                }),
                Piece::Note(id) => self.put_note(id, place),
                Piece::Frame(id) => self.put_frame(id, place, inner.as_ref()),
            }
        }
    }

    fn put_note(&mut self, id: &NodeId, place: WorldPoint) {
        let Some(note) = self.scene.note(id) else {
            return;
        };
        self.edits.push(Edit::SetNote {
            id: id.clone(),
            note: Some(Note {
                at: position(place),
                ..note.note.clone()
            }),
        });
    }

    fn put_frame(&mut self, id: &NodeId, place: WorldPoint, inner: Option<&Group>) {
        let (Some(frame), Some(inner)) = (self.scene.frame(id), inner) else {
            return;
        };
        let size = framed(inner);
        self.edits.push(Edit::SetFrame {
            id: id.clone(),
            frame: Some(Frame {
                at: position(place),
                size: Extent {
                    width: size.width.ceil() as u32,
                    height: size.height.ceil() as u32,
                },
                ..frame.frame.clone()
            }),
        });
        let within = WorldVector::new(BORDER, BORDER + FRAME_TITLE);
        self.put(inner, place.to_vector() + within);
    }
}

/// How large a frame around `group` is.
fn framed(group: &Group) -> WorldSize {
    group.size + WorldSize::new(2.0 * BORDER, 2.0 * BORDER + FRAME_TITLE)
}
