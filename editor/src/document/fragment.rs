//! Pieces of a workflow as text: what the clipboard holds, a workflow file of its own.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use graph::document::{Graph, NodeId, PortRef, Position, Wire};
use graph::edit::{Connection, Edit, EditError, Placement};
use graph::problem::Problems;
use graph::registry::Registry;
use graph::workflow::{self, MOST_NODES, MOST_WIRES, Workflow};

use super::naming;

/// What begins a line that tells of a wire from outside; to whoever reads the text as a workflow it is a comment.
const WIRED: &str = "// wired: ";

/// Some nodes, frames and notes of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// The nodes.
    pub nodes: BTreeSet<NodeId>,
    /// The frames.
    pub frames: BTreeSet<NodeId>,
    /// The notes.
    pub notes: BTreeSet<NodeId>,
}

/// What is to be done to paste a text, and what will then be new.
#[derive(Clone, Debug, PartialEq)]
pub struct Pasted {
    /// The change, one step of the history.
    pub edit: Edit,
    /// What it adds.
    pub picked: Picked,
}

/// Why a text cannot be pasted.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasteError {
    /// There is no text, or a workflow without anything in it.
    #[error("there is nothing to paste: copy some nodes first")]
    Nothing,
    /// The text is no workflow.
    #[error("the clipboard holds no nodes: {problems}")]
    NoWorkflow {
        /// All that is wrong with it, were it one.
        problems: Problems,
    },
    /// The workflow would be larger than a file may be.
    #[error("the workflow would have {found} {what}, more than the {most} that a file may hold")]
    TooLarge {
        /// What there would be too much of.
        what: &'static str,
        /// How many there would be.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// The workflow does not take it.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Picked {
    /// Whether nothing is picked.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.frames.is_empty() && self.notes.is_empty()
    }

    /// Everything in `graph`.
    pub fn all(graph: &Graph) -> Self {
        Self {
            nodes: graph.nodes().keys().cloned().collect(),
            frames: graph.layout().frames.keys().cloned().collect(),
            notes: graph.layout().notes.keys().cloned().collect(),
        }
    }
}

/// What is `picked` of `graph` as text: a workflow file, with the wires that come from outside in comments.
pub fn copy(graph: &Graph, picked: &Picked) -> String {
    let mut text = String::new();
    for wire in graph.wires() {
        if picked.nodes.contains(&wire.to.node) && !picked.nodes.contains(&wire.from.node) {
            let _ = writeln!(text, "{WIRED}{wire}");
        }
    }
    text + &workflow::to_text(&piece(graph, picked))
}

/// What is `picked` of `graph`, alone.
fn piece(graph: &Graph, picked: &Picked) -> Graph {
    let mut piece = Graph::default();
    let here = |node: &NodeId| picked.nodes.contains(node);
    let mut edits: Vec<Edit> = graph
        .in_order()
        .filter(|id| here(id))
        .filter_map(|id| placement(graph, id))
        .map(|placement| Edit::AddNode(Box::new(placement)))
        .collect();
    for wire in graph.wires() {
        if here(&wire.from.node) && here(&wire.to.node) {
            edits.push(connect(graph, wire.clone(), wire, Position::default()));
        }
    }
    for (id, frame) in &graph.layout().frames {
        if picked.frames.contains(id) {
            edits.push(Edit::SetFrame {
                id: id.clone(),
                frame: Some(frame.clone()),
            });
        }
    }
    for (id, note) in &graph.layout().notes {
        if picked.notes.contains(id) {
            edits.push(Edit::SetNote {
                id: id.clone(),
                note: Some(note.clone()),
            });
        }
    }
    let _ = piece
        .apply(Edit::Batch(edits))
        .expect("a piece of a valid graph is one");
    piece
}

/// A node with what the interface says of it, without its wires.
fn placement(graph: &Graph, id: &NodeId) -> Option<Placement> {
    let of_node = |targets: &BTreeMap<String, PortRef>| -> BTreeMap<String, PortRef> {
        let targets = targets.iter().filter(|(_, target)| target.node == *id);
        targets
            .map(|(name, target)| (name.clone(), target.clone()))
            .collect()
    };
    Some(Placement {
        id: id.clone(),
        node: graph.node(id)?.clone(),
        position: graph.layout().nodes.get(id).copied(),
        collapsed: graph.layout().collapsed.contains(id),
        wires: Vec::new(),
        params: of_node(&graph.interface().params),
        outputs: of_node(&graph.interface().outputs),
    })
}

/// Lays `wire` as `like` is laid in `graph`, its points moved `by` so much.
fn connect(graph: &Graph, wire: Wire, like: &Wire, by: Position) -> Edit {
    let points = graph.layout().reroutes.get(like);
    Edit::Connect(Connection {
        wire,
        at: None,
        points: points
            .into_iter()
            .flatten()
            .map(|point| moved(*point, by))
            .collect(),
    })
}

fn moved(position: Position, by: Position) -> Position {
    Position::new(
        position.x.saturating_add(by.x),
        position.y.saturating_add(by.y),
    )
}

/// What adds the piece in `text` to `graph`, its upper left corner `at` that place, under names that are free.
///
/// `with_links` it is also wired to the outputs that it was wired to where it was copied, as far as `graph` has them.
///
/// Errors: the text is no workflow, or there is no room for it.
pub fn paste(
    text: &str,
    graph: &Graph,
    registry: &Registry,
    at: Position,
    with_links: bool,
) -> Result<Pasted, PasteError> {
    if text.trim().is_empty() {
        return Err(PasteError::Nothing);
    }
    let read = Workflow::read("clipboard", text, registry);
    let piece = read
        .map_err(|problems| PasteError::NoWorkflow { problems })?
        .graph;
    let found = Picked::all(&piece);
    if found.is_empty() {
        return Err(PasteError::Nothing);
    }
    check_size(graph, &piece)?;
    let pasting = Pasting::new(graph, &piece, &found, at);
    let mut edits = pasting.edits();
    if with_links {
        let links = pasting.links(text, registry, &edits)?;
        edits.extend(links);
    }
    Ok(Pasted {
        edit: Edit::Batch(edits),
        picked: Picked {
            nodes: pasting.nodes.into_values().collect(),
            frames: pasting.frames.into_values().collect(),
            notes: pasting.notes.into_values().collect(),
        },
    })
}

fn check_size(graph: &Graph, piece: &Graph) -> Result<(), PasteError> {
    let nodes = graph.nodes().len() + piece.nodes().len();
    let wires = graph.wires().len() + piece.wires().len();
    for (what, found, most) in [("nodes", nodes, MOST_NODES), ("wires", wires, MOST_WIRES)] {
        if found > most {
            return Err(PasteError::TooLarge { what, found, most });
        }
    }
    Ok(())
}

/// A piece on its way into a graph: what its nodes, frames and notes will be called, and how far they move.
struct Pasting<'a> {
    graph: &'a Graph,
    piece: &'a Graph,
    nodes: BTreeMap<NodeId, NodeId>,
    frames: BTreeMap<NodeId, NodeId>,
    notes: BTreeMap<NodeId, NodeId>,
    by: Position,
}

impl<'a> Pasting<'a> {
    fn new(graph: &'a Graph, piece: &'a Graph, found: &Picked, at: Position) -> Self {
        let layout = graph.layout();
        let corner = corner(piece).unwrap_or(at);
        Self {
            graph,
            piece,
            nodes: free_names(&found.nodes, |id| graph.node(id).is_some()),
            frames: free_names(&found.frames, |id| layout.frames.contains_key(id)),
            notes: free_names(&found.notes, |id| layout.notes.contains_key(id)),
            by: Position::new(at.x.saturating_sub(corner.x), at.y.saturating_sub(corner.y)),
        }
    }

    fn edits(&self) -> Vec<Edit> {
        let mut edits: Vec<Edit> = self
            .piece
            .in_order()
            .filter_map(|id| self.placement(id))
            .map(|placement| Edit::AddNode(Box::new(placement)))
            .collect();
        for wire in self.piece.wires() {
            let new = Wire::new(self.renamed(&wire.from), self.renamed(&wire.to));
            edits.push(connect(self.piece, new, wire, self.by));
        }
        for (id, frame) in &self.piece.layout().frames {
            let mut frame = frame.clone();
            frame.at = moved(frame.at, self.by);
            edits.push(Edit::SetFrame {
                id: self.frames[id].clone(),
                frame: Some(frame),
            });
        }
        for (id, note) in &self.piece.layout().notes {
            let mut note = note.clone();
            note.at = moved(note.at, self.by);
            edits.push(Edit::SetNote {
                id: self.notes[id].clone(),
                note: Some(note),
            });
        }
        let plugins = self.piece.plugins().iter();
        for (name, versions) in
            plugins.filter(|(name, _)| !self.graph.plugins().contains_key(*name))
        {
            edits.push(Edit::SetPlugin {
                name: name.clone(),
                versions: Some(versions.clone()),
            });
        }
        edits
    }

    fn placement(&self, id: &NodeId) -> Option<Placement> {
        let found = placement(self.piece, id)?;
        // A name outside stands for one thing: where it is taken, the copy goes without.
        let free = |targets: BTreeMap<String, PortRef>, taken: &BTreeMap<String, PortRef>| {
            let targets = targets.into_iter();
            targets
                .filter(|(name, _)| !taken.contains_key(name))
                .map(|(name, target)| (name, self.renamed(&target)))
                .collect()
        };
        let interface = self.graph.interface();
        Some(Placement {
            id: self.nodes[id].clone(),
            position: found.position.map(|position| moved(position, self.by)),
            params: free(found.params, &interface.params),
            outputs: free(found.outputs, &interface.outputs),
            ..found
        })
    }

    fn renamed(&self, port: &PortRef) -> PortRef {
        let node = self.nodes.get(&port.node).unwrap_or(&port.node);
        node.port(port.port.clone())
    }

    /// The wires from outside that can be laid once `edits` are made.
    fn links(
        &self,
        text: &str,
        registry: &Registry,
        edits: &[Edit],
    ) -> Result<Vec<Edit>, EditError> {
        let mut trial = self.graph.clone();
        let _ = trial.apply(Edit::Batch(edits.to_vec()))?;
        let wires = text.lines().filter_map(|line| line.strip_prefix(WIRED));
        let mut links = Vec::new();
        for wire in wires.filter_map(wire) {
            let Some(node) = self.nodes.get(&wire.to.node) else {
                continue;
            };
            let wire = Wire::new(wire.from, node.port(wire.to.port));
            if self.fits(&trial, registry, &wire) {
                let link = Edit::connect(wire.from, wire.to);
                // A text from elsewhere may tell of the same wire twice.
                if trial.apply(link.clone()).is_ok() {
                    links.push(link);
                }
            }
        }
        Ok(links)
    }

    /// Whether a wire may lie there; of nodes that nobody knows it is believed.
    fn fits(&self, trial: &Graph, registry: &Registry, wire: &Wire) -> bool {
        let known = |port: &PortRef| {
            let node = trial.node(&port.node);
            node.is_some_and(|node| registry.get(&node.kind).is_some())
        };
        let outside = self.graph.node(&wire.from.node).is_some();
        let judged = known(&wire.from) && known(&wire.to);
        outside && (!judged || trial.check_wire(registry, wire).is_ok())
    }
}

/// Reads `node.port -> node.port`.
fn wire(line: &str) -> Option<Wire> {
    let (from, to) = line.trim().split_once(" -> ")?;
    Some(Wire::new(from.parse().ok()?, to.parse().ok()?))
}

/// For each of `names` one that is neither taken nor given to another of them.
fn free_names(
    names: &BTreeSet<NodeId>,
    taken: impl Fn(&NodeId) -> bool,
) -> BTreeMap<NodeId, NodeId> {
    let mut given: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for name in names {
        let free = naming::unique(name, |id| taken(id) || used.contains(id));
        let _ = used.insert(free.clone());
        let _ = given.insert(name.clone(), free);
    }
    given
}

/// The upper left corner of all that has a place.
fn corner(piece: &Graph) -> Option<Position> {
    let layout = piece.layout();
    let places = layout
        .nodes
        .values()
        .copied()
        .chain(layout.frames.values().map(|frame| frame.at))
        .chain(layout.notes.values().map(|note| note.at));
    places.reduce(|corner, place| Position::new(corner.x.min(place.x), corner.y.min(place.y)))
}
