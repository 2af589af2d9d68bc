//! Moving what is selected, and resizing frames and notes.

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Frame, NodeId, Note, Position, Wire};
use graph::edit::Edit;

use crate::canvas::frames::{members, points_between, pulled};
use crate::canvas::scene::Scene;
use crate::canvas::selection::{Item, Selection};
use crate::canvas::wiring::{self, Gap};
use crate::canvas::{Action, View, homeless, snapped};
use crate::space::{WorldPoint, WorldVector, position, world};

/// How near to the middle of a dragged node a wire has to be for the node to be set into it.
const NEAR: f32 = 30.0;

/// A drag of everything that is selected.
#[derive(Clone, Debug)]
pub struct Drag {
    /// Where the pointer took hold.
    start: WorldPoint,
    /// What stays on the grid: where the thing that was taken hold of began.
    grip: WorldPoint,
    moved: Moved,
    way: WorldVector,
    has_moved: bool,
    /// The only node that is dragged, where it may be set into a wire.
    single: Option<NodeId>,
    /// Where it would be set.
    pub gap: Option<Gap>,
}

/// Everything that moves, with where it began.
#[derive(Clone, Debug, Default)]
struct Moved {
    nodes: Vec<(NodeId, WorldPoint)>,
    frames: Vec<(NodeId, Frame)>,
    notes: Vec<(NodeId, Note)>,
    /// The places of nodes that have none yet and do not move.
    pins: Vec<Edit>,
    /// All points of a wire, and which of them move.
    points: BTreeMap<Wire, (Vec<Position>, BTreeSet<usize>)>,
}

impl Drag {
    /// A drag of `selection`, held at `item` where the pointer is at `start`.
    pub(super) fn new(
        item: &Item,
        selection: &Selection,
        start: WorldPoint,
        view: &View<'_>,
    ) -> Self {
        let moved = Moved::of(selection, view);
        let single = selection.only_node().filter(|node| {
            moved.nodes.len() == 1
                && moved.frames.is_empty()
                && moved.notes.is_empty()
                && wiring::may_insert(view.graph, view.registry, node)
        });
        Self {
            start,
            grip: grip(item, view).unwrap_or(start),
            way: WorldVector::zero(),
            has_moved: false,
            single: single.cloned(),
            gap: None,
            moved,
        }
    }

    /// Whether anything has come of it.
    pub fn has_moved(&self) -> bool {
        self.has_moved
    }

    /// The pointer is at `point` now.
    pub(super) fn to(&mut self, point: WorldPoint, snaps: bool, view: &View<'_>) -> Action {
        let mut way = point - self.start;
        if snaps {
            way = snapped(self.grip + way) - self.grip;
        }
        let way = way.round();
        if way == self.way {
            return Action::None;
        }
        self.way = way;
        self.has_moved = true;
        self.gap = self.gap_at(view.scene, view);
        Action::Merge(Edit::Batch(self.moved.edits(way)))
    }

    /// The changes that move the node and set it into the wire below it, where it fits one.
    pub(super) fn insertion(&self, view: &View<'_>) -> Option<Vec<Edit>> {
        let (gap, node) = (self.gap.as_ref()?, self.single.as_ref()?);
        let mut edits = self.moved.edits(self.way);
        edits.extend(wiring::insert(view.graph, view.registry, gap, node)?);
        Some(edits)
    }

    /// The wire below the dragged node that it fits into.
    fn gap_at(&self, scene: &Scene, view: &View<'_>) -> Option<Gap> {
        let id = self.single.as_ref()?;
        let size = scene.node(id)?.bounds.size;
        let corner = self.moved.nodes.first()?.1 + self.way;
        let bounds = crate::space::WorldRect::new(corner, size);
        let middle = bounds.center();
        let mut near: Vec<(f32, Gap)> = scene
            .wires_in(bounds)
            .map(|curve| {
                let nearest = curve.nearest(middle);
                let gap = Gap {
                    wire: curve.wire.clone(),
                    points: nearest.curve,
                };
                (nearest.distance, gap)
            })
            .filter(|(distance, _)| *distance < NEAR.max(bounds.height() / 2.0))
            .collect();
        near.sort_by(|left, right| left.0.total_cmp(&right.0));
        near.into_iter()
            .map(|(_, gap)| gap)
            .find(|gap| wiring::insert(view.graph, view.registry, gap, id).is_some())
    }
}

impl Moved {
    /// Everything that moves with `selection`: what stands in selected frames, and the points between moved nodes.
    fn of(selection: &Selection, view: &View<'_>) -> Self {
        let mut all = selection.clone();
        for frame in selection
            .frames
            .iter()
            .filter_map(|id| view.scene.frame(id))
        {
            all.extend(members(view.scene, frame));
        }
        let between = points_between(view.scene, &all);
        all.points.extend(between);
        let layout = view.graph.layout();
        let nodes = all.nodes.iter().filter_map(|id| view.scene.node(id));
        let frames = all.frames.iter();
        let notes = all.notes.iter();
        let mut points: BTreeMap<Wire, (Vec<Position>, BTreeSet<usize>)> = BTreeMap::new();
        for (wire, at) in all.points {
            if let Some(led) = layout.reroutes.get(&wire) {
                let entry = points.entry(wire);
                let (_, moving) = entry.or_insert_with(|| (led.clone(), BTreeSet::new()));
                let _ = moving.insert(at);
            }
        }
        Self {
            pins: homeless(view.graph, view.scene, &all.nodes),
            nodes: nodes
                .map(|node| (node.id.clone(), node.bounds.origin))
                .collect(),
            frames: frames
                .filter_map(|id| Some((id.clone(), layout.frames.get(id)?.clone())))
                .collect(),
            notes: notes
                .filter_map(|id| Some((id.clone(), layout.notes.get(id)?.clone())))
                .collect(),
            points,
        }
    }

    fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.frames.is_empty()
            && self.notes.is_empty()
            && self.points.is_empty()
    }

    /// The changes that move everything by `way` from where it began.
    fn edits(&self, way: WorldVector) -> Vec<Edit> {
        let shift = |at: Position| position(world(at) + way);
        let nodes = self.nodes.iter().map(|(id, at)| Edit::Move {
            node: id.clone(),
            to: Some(position(*at + way)),
        });
        let frames = self.frames.iter().map(|(id, frame)| Edit::SetFrame {
            id: id.clone(),
            frame: Some(Frame {
                at: shift(frame.at),
                ..frame.clone()
            }),
        });
        let notes = self.notes.iter().map(|(id, note)| Edit::SetNote {
            id: id.clone(),
            note: Some(Note {
                at: shift(note.at),
                ..note.clone()
            }),
        });
        let points = self.points.iter().map(|(wire, (all, moving))| {
            let places = all.iter().enumerate();
            let places = places.map(|(at, place)| {
                if moving.contains(&at) {
                    shift(*place)
                } else {
                    *place
                }
            });
            Edit::SetReroutes {
                wire: wire.clone(),
                points: places.collect(),
            }
        });
        let moved = nodes.chain(frames).chain(notes).chain(points);
        self.pins.iter().cloned().chain(moved).collect()
    }
}

/// The changes that move all of `selection` by `way`; `None` where nothing of it can be moved.
pub(in crate::canvas) fn nudge(
    selection: &Selection,
    way: WorldVector,
    view: &View<'_>,
) -> Option<Edit> {
    let moved = Moved::of(selection, view);
    (!moved.is_empty()).then(|| Edit::Batch(moved.edits(way)))
}

/// The change that pulls the corner of a frame or note to `point`; `None` where that changes nothing.
pub(super) fn resize(item: &Item, point: WorldPoint, snaps: bool, view: &View<'_>) -> Option<Edit> {
    let point = if snaps { snapped(point) } else { point };
    match item {
        Item::Frame(id) => {
            let frame = &view.scene.frame(id)?.frame;
            let size = pulled(world(frame.at), point);
            (size != frame.size).then(|| Edit::SetFrame {
                id: id.clone(),
                frame: Some(Frame {
                    size,
                    ..frame.clone()
                }),
            })
        }
        Item::Note(id) => {
            let note = &view.scene.note(id)?.note;
            let size = pulled(world(note.at), point);
            (size != note.size).then(|| Edit::SetNote {
                id: id.clone(),
                note: Some(Note {
                    size,
                    ..note.clone()
                }),
            })
        }
        Item::Node(_) | Item::Wire(_) | Item::Point(..) => None,
    }
}

/// Where the thing that was taken hold of begins.
fn grip(item: &Item, view: &View<'_>) -> Option<WorldPoint> {
    Some(match item {
        Item::Node(id) => view.scene.node(id)?.bounds.origin,
        Item::Frame(id) => view.scene.frame(id)?.bounds.origin,
        Item::Note(id) => view.scene.note(id)?.bounds.origin,
        Item::Point(wire, at) => *view.scene.wire(wire)?.points.get(*at)?,
        Item::Wire(_) => return None,
    })
}
