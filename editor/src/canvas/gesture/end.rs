//! How gestures end.

use graph::edit::Edit;

use super::drag::Drag;
use super::wire::{Drop, InHand};
use super::{Choosing, Gesture, Press};
use crate::canvas::hit;
use crate::canvas::selection::Selection;
use crate::canvas::{Action, Button, Canvas, View, wiring};
use crate::space::ScreenPoint;

impl Canvas {
    /// A button went up.
    pub(in crate::canvas) fn released(
        &mut self,
        at: ScreenPoint,
        button: Button,
        view: &View<'_>,
    ) -> Action {
        let ends = match &self.gesture {
            Gesture::Waiting(press) => press.button == button,
            Gesture::Cutting { .. } => button == Button::Right,
            Gesture::Panning { .. } => true,
            Gesture::Idle => false,
            Gesture::Boxing { .. }
            | Gesture::Dragging(_)
            | Gesture::Wiring(_)
            | Gesture::Resizing { .. }
            | Gesture::Scrubbing(_) => button == Button::Left,
        };
        if !ends {
            return Action::None;
        }
        let action = match std::mem::replace(&mut self.gesture, Gesture::Idle) {
            Gesture::Waiting(press) => self.let_go(&press, view),
            Gesture::Boxing { .. } | Gesture::Panning { .. } | Gesture::Idle => Action::None,
            Gesture::Dragging(drag) => dropped(&drag, view),
            Gesture::Wiring(in_hand) => self.wired(&in_hand, at, view),
            Gesture::Cutting { doomed, .. } => {
                let edits: Vec<Edit> = doomed.into_iter().map(Edit::Disconnect).collect();
                if edits.is_empty() {
                    Action::None
                } else {
                    Action::Apply(Edit::Batch(edits))
                }
            }
            Gesture::Resizing { has_moved, .. } => seal(has_moved),
            Gesture::Scrubbing(scrub) => seal(scrub.has_moved()),
        };
        // What is under the pointer shows again, without waiting for it to move.
        let point = self.camera.to_world(at);
        self.hover = hit::target(view.scene, &self.camera, &self.selection, point);
        action
    }

    /// A button went up where it went down: a click.
    fn let_go(&mut self, press: &Press, view: &View<'_>) -> Action {
        let item = press.target.item();
        if press.button == Button::Right {
            match item {
                Some(item) if !self.selection.contains(&item) => {
                    self.selection = Selection::of(item);
                }
                Some(_) => {}
                None => self.selection = Selection::default(),
            }
            return Action::Menu { at: press.at };
        }
        if Choosing::by(press.held) != Choosing::Instead {
            return Action::None;
        }
        match item {
            None => self.selection = Selection::default(),
            Some(item) if press.narrows => self.selection = Selection::of(item),
            Some(_) => {}
        }
        self.clicked(&press.target, view)
    }

    /// The end of a wire was let go.
    fn wired(&mut self, in_hand: &InHand, at: ScreenPoint, view: &View<'_>) -> Action {
        let unplugged = in_hand.unplugged.as_ref();
        match &in_hand.over {
            Drop::Fits(port) => {
                let wire = in_hand.loose.to(port);
                if unplugged == Some(&wire) {
                    return Action::None;
                }
                self.selection = Selection::default();
                Action::Apply(wiring::connect(view.graph, view.registry, &wire, unplugged))
            }
            Drop::Refused(_, why) => Action::Say(why.clone()),
            Drop::Nowhere => match unplugged {
                Some(wire) => Action::Apply(Edit::Disconnect(wire.clone())),
                None => Action::Search {
                    at: in_hand.at,
                    screen: at,
                    from: Some(in_hand.loose.clone()),
                },
            },
        }
    }
}

/// What was dragged has been let go; a node over a wire that it fits is set into it.
fn dropped(drag: &Drag, view: &View<'_>) -> Action {
    if !drag.has_moved() {
        return Action::None;
    }
    match drag.insertion(view) {
        // Moving and inserting is one step, so the moments of the drag are taken back first.
        Some(edits) => Action::Several(vec![Action::Abandon, Action::Apply(Edit::Batch(edits))]),
        None => Action::Seal,
    }
}

fn seal(has_moved: bool) -> Action {
    if has_moved {
        Action::Seal
    } else {
        Action::None
    }
}
