//! What a hand does with the mouse: one state at a time, changed by what happens.

mod drag;
mod end;
pub mod overlay;
mod press;
mod scrub;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use graph::document::{NodeId, Wire};

use super::hit::{self, Target};
use super::selection::{Item, Selection};
use super::{Action, Button, Canvas, Held, View};
use crate::space::{ScreenPoint, ScreenVector, WorldPoint};
use drag::Drag;
use scrub::Scrub;
use wire::InHand;

pub(super) use drag::nudge;
pub use scrub::Dice;

/// How far the pointer moves before a press becomes a drag, in logical pixels.
const DRAG: f32 = 4.0;
/// How far a notch of the wheel pans, in logical pixels.
const PAN: f32 = 60.0;

/// What the hand is doing.
#[derive(Clone, Debug)]
pub enum Gesture {
    /// Nothing.
    Idle,
    /// A button is down, and the pointer has not moved far enough to say what for.
    Waiting(Press),
    /// The canvas is moved.
    Panning {
        /// Where the pointer was last.
        last: ScreenPoint,
    },
    /// A box is drawn around what shall be selected.
    Boxing {
        /// Where it was begun.
        from: WorldPoint,
        /// Where the pointer is.
        to: WorldPoint,
        /// What was selected before.
        before: Selection,
        /// What the box does to it.
        how: Choosing,
    },
    /// What is selected is moved.
    Dragging(Box<Drag>),
    /// One end of a wire is in the hand.
    Wiring(Box<InHand>),
    /// A stroke is drawn through wires that shall go.
    Cutting {
        /// The points of the stroke.
        stroke: Vec<WorldPoint>,
        /// The wires it has cut so far.
        doomed: BTreeSet<Wire>,
    },
    /// A frame or note is resized by its corner.
    Resizing {
        /// Which.
        item: Item,
        /// Whether anything has come of it.
        has_moved: bool,
    },
    /// A number is changed by moving to the left or right.
    Scrubbing(Scrub),
}

/// A press of which it is not yet clear what it will be.
#[derive(Clone, Debug)]
pub struct Press {
    /// What was pressed.
    pub target: Target,
    /// Where.
    pub at: ScreenPoint,
    /// With which button.
    pub button: Button,
    /// What was held down.
    pub held: Held,
    /// Whether letting go makes it the only thing selected.
    pub narrows: bool,
}

/// How something joins what is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choosing {
    /// It takes its place.
    Instead,
    /// It is added.
    Also,
    /// What was selected is not, and the other way round.
    Toggle,
}

impl Choosing {
    fn by(held: Held) -> Self {
        match held {
            Held { control: true, .. } => Self::Toggle,
            Held { shift: true, .. } => Self::Also,
            Held { .. } => Self::Instead,
        }
    }
}

impl Canvas {
    /// The pointer moved.
    pub(super) fn moved(&mut self, at: ScreenPoint, held: Held, view: &View<'_>) -> Action {
        let point = self.camera.to_world(at);
        let snaps = self.snaps && !held.alt;
        match &mut self.gesture {
            Gesture::Idle => {
                self.hover = hit::target(view.scene, &self.camera, &self.selection, point);
                Action::None
            }
            Gesture::Waiting(press) => {
                if (at - press.at).length() < DRAG {
                    return Action::None;
                }
                let press = press.clone();
                match self.begin(press, view) {
                    Action::None => self.moved(at, held, view),
                    action => Action::Several(vec![action, self.moved(at, held, view)]),
                }
            }
            Gesture::Panning { last } => {
                let way = at - *last;
                *last = at;
                self.camera.pan(way);
                Action::None
            }
            Gesture::Boxing { to, .. } => {
                *to = point;
                self.choose_boxed(view);
                Action::None
            }
            Gesture::Dragging(drag) => drag.to(point, snaps, view),
            Gesture::Wiring(in_hand) => {
                in_hand.to(point, &self.camera, &self.selection, view);
                Action::None
            }
            Gesture::Cutting { stroke, doomed } => {
                let last = *stroke.last().unwrap_or(&point);
                doomed.extend(super::wiring::cut(view.scene, &[last, point]));
                stroke.push(point);
                Action::None
            }
            Gesture::Resizing { item, has_moved } => match drag::resize(item, point, snaps, view) {
                Some(edit) => {
                    *has_moved = true;
                    Action::Merge(edit)
                }
                None => Action::None,
            },
            Gesture::Scrubbing(scrub) => scrub.to(at, held),
        }
    }

    /// The wheel was turned: it zooms, or pans where shift or control is held.
    pub(super) fn scrolled(&mut self, at: ScreenPoint, notches: ScreenVector, held: Held) {
        let way = notches * PAN;
        if held.shift {
            let across = if way.x == 0.0 { way.y } else { way.x };
            self.camera.pan(ScreenVector::new(across, 0.0));
        } else if held.control {
            self.camera.pan(ScreenVector::new(0.0, way.y));
        } else {
            self.camera.zoom_by(notches.y, at);
        }
    }

    /// Selects what the box touches.
    fn choose_boxed(&mut self, view: &View<'_>) {
        let Gesture::Boxing {
            from,
            to,
            before,
            how,
        } = &self.gesture
        else {
            return;
        };
        let band = euclid::Box2D::new(from.min(*to), from.max(*to)).to_rect();
        let nodes = view.scene.nodes_in(band);
        let notes = view.scene.notes().iter();
        let frames = view.scene.frames().iter();
        let curves = view.scene.wires_in(band);
        let boxed = Selection {
            nodes: nodes.map(|node| node.id.clone()).collect(),
            notes: notes
                .filter(|note| note.bounds.intersects(&band))
                .map(|note| note.id.clone())
                .collect(),
            // A frame is all around: it is meant only where all of it is in the box.
            frames: frames
                .filter(|frame| band.contains_rect(&frame.bounds))
                .map(|frame| frame.id.clone())
                .collect(),
            wires: BTreeSet::new(),
            points: curves
                .flat_map(|curve| {
                    let points = curve.points.iter().enumerate();
                    let inside = points.filter(|(_, point)| band.contains(**point));
                    inside.map(|(at, _)| (curve.wire.clone(), at))
                })
                .collect(),
        };
        let mut selection = before.clone();
        match how {
            Choosing::Instead => selection = boxed,
            Choosing::Also => selection.extend(boxed),
            Choosing::Toggle => selection.toggle_all(&boxed),
        }
        self.selection = selection;
    }

    /// Calls the gesture off, as if it had never begun.
    pub fn call_off(&mut self) -> Action {
        match std::mem::replace(&mut self.gesture, Gesture::Idle) {
            Gesture::Boxing { before, .. } => {
                self.selection = before;
                Action::None
            }
            Gesture::Dragging(drag) if drag.has_moved() => Action::Abandon,
            Gesture::Resizing {
                has_moved: true, ..
            } => Action::Abandon,
            Gesture::Scrubbing(scrub) if scrub.has_moved() => Action::Abandon,
            Gesture::Idle
            | Gesture::Waiting(_)
            | Gesture::Panning { .. }
            | Gesture::Dragging(_)
            | Gesture::Wiring(_)
            | Gesture::Cutting { .. }
            | Gesture::Resizing { .. }
            | Gesture::Scrubbing(_) => Action::None,
        }
    }

    /// The node that the gesture is about, for what is typed or chosen there.
    fn select_only(&mut self, node: &NodeId) {
        self.selection = Selection::of(Item::Node(node.clone()));
    }
}
