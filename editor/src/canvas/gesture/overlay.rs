//! What a gesture shows of itself.

use std::collections::BTreeSet;

use graph::document::{PortRef, Wire};
use graph::kind::Kind;
use iced::mouse::Interaction;

use super::wire::{Drop, InHand};
use super::{Gesture, Press};
use crate::canvas::hit::Target;
use crate::canvas::scene::{Curve, Side};
use crate::canvas::selection::Item;
use crate::canvas::wiring::Fits;
use crate::canvas::{Button, Canvas, Loose};
use crate::space::{WorldPoint, WorldRect};

/// What is to be drawn over the canvas for the gesture in progress.
#[derive(Clone, Debug)]
pub enum Overlay<'a> {
    /// Nothing.
    Nothing,
    /// A box around what shall be selected.
    Band(WorldRect),
    /// A wire with one end in the hand.
    Wire(LooseWire<'a>),
    /// A stroke through wires that shall go.
    Stroke {
        /// Its points.
        points: &'a [WorldPoint],
        /// The wires that it cuts.
        doomed: &'a BTreeSet<Wire>,
    },
    /// The wire that a dragged node would be set into.
    Insertion(&'a Wire),
}

/// A wire with one end in the hand.
#[derive(Clone, Debug)]
pub struct LooseWire<'a> {
    /// How it lies.
    pub curve: Curve,
    /// The end that is not in the hand.
    pub loose: &'a Loose,
    /// The name of the kind that passes through it, where that is known.
    pub kind: Option<&'a str>,
    /// The wire that it was, which is not to be drawn meanwhile.
    pub unplugged: Option<&'a Wire>,
    /// Every port that it fits: these glow, and all others on their side are dimmed.
    pub fits: &'a Fits,
    /// The port that it would be plugged into.
    pub target: Option<&'a PortRef>,
    /// Why it does not fit where it is, to be shown at the pointer.
    pub refusal: Option<&'a str>,
}

impl Canvas {
    /// What is to be drawn over the canvas for the gesture in progress.
    pub fn overlay(&self) -> Overlay<'_> {
        match &self.gesture {
            Gesture::Boxing { from, to, .. } => {
                Overlay::Band(euclid::Box2D::new(from.min(*to), from.max(*to)).to_rect())
            }
            Gesture::Wiring(in_hand) => Overlay::Wire(loose_wire(in_hand)),
            Gesture::Cutting { stroke, doomed } => Overlay::Stroke {
                points: stroke,
                doomed,
            },
            Gesture::Dragging(drag) => match &drag.gap {
                Some(gap) => Overlay::Insertion(&gap.wire),
                None => Overlay::Nothing,
            },
            Gesture::Idle
            | Gesture::Waiting(_)
            | Gesture::Panning { .. }
            | Gesture::Resizing { .. }
            | Gesture::Scrubbing(_) => Overlay::Nothing,
        }
    }

    /// How the pointer looks; `can_pan` says that the space bar is held down.
    pub fn interaction(&self, can_pan: bool) -> Interaction {
        match &self.gesture {
            Gesture::Panning { .. } | Gesture::Dragging(_) => Interaction::Grabbing,
            Gesture::Boxing { .. } | Gesture::Cutting { .. } => Interaction::Crosshair,
            Gesture::Wiring(in_hand) => match in_hand.over {
                Drop::Refused(..) => Interaction::NotAllowed,
                Drop::Fits(_) | Drop::Nowhere => Interaction::Grabbing,
            },
            Gesture::Resizing { item, .. } => match item {
                Item::Node(_) | Item::Wire(_) | Item::Point(..) => Interaction::Idle,
                Item::Frame(_) | Item::Note(_) => Interaction::ResizingDiagonallyDown,
            },
            Gesture::Scrubbing(_) => Interaction::ResizingHorizontally,
            Gesture::Waiting(Press {
                button: Button::Left,
                target,
                ..
            }) => over(target),
            Gesture::Idle | Gesture::Waiting(_) if can_pan => Interaction::Grab,
            Gesture::Idle | Gesture::Waiting(_) => over(&self.hover),
        }
    }
}

fn over(target: &Target) -> Interaction {
    match target {
        Target::Socket(..) => Interaction::Crosshair,
        Target::Chevron(_)
        | Target::Dice(_)
        | Target::Param(_)
        | Target::Picture(_)
        | Target::Wire(_) => Interaction::Pointer,
        Target::Point(..) | Target::Title(_) | Target::Frame(_) => Interaction::Grab,
        Target::FrameCorner(_) | Target::NoteCorner(_) => Interaction::ResizingDiagonallyDown,
        Target::Node(_) | Target::Note(_) | Target::Nothing => Interaction::Idle,
    }
}

fn loose_wire(in_hand: &InHand) -> LooseWire<'_> {
    let (anchor, at) = (in_hand.anchor, in_hand.at);
    LooseWire {
        curve: match in_hand.loose.side() {
            Side::Output => Curve::between(anchor, at),
            Side::Input => Curve::between(at, anchor),
        },
        loose: &in_hand.loose,
        kind: in_hand.kind.as_ref().map(Kind::name),
        unplugged: in_hand.unplugged.as_ref(),
        fits: &in_hand.fits,
        target: match &in_hand.over {
            Drop::Fits(port) => Some(port),
            Drop::Refused(port, _) => port.as_ref(),
            Drop::Nowhere => None,
        },
        refusal: match &in_hand.over {
            Drop::Refused(_, why) => Some(why),
            Drop::Fits(_) | Drop::Nowhere => None,
        },
    }
}
