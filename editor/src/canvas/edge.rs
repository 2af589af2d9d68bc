//! The canvas moves on where something is dragged to its edge.

#[cfg(test)]
mod tests;

use super::gesture::Gesture;
use super::{Action, Canvas, Held, View};
use crate::space::{ScreenPoint, ScreenSize, ScreenVector};

/// How far from an edge the pointer is when the canvas begins to move, in logical pixels.
const REACH: f32 = 40.0;
/// How fast the canvas moves where the pointer is at the edge or beyond it, in logical pixels a second.
const FASTEST: f32 = 1_100.0;
/// The longest time that counts as one: where the window has stood still, the canvas does not leap.
const LONGEST: f32 = 0.1;

impl Canvas {
    /// Whether something is held at an edge, so that the canvas moves as time passes.
    pub fn is_pushed(&self) -> bool {
        self.push() != ScreenVector::zero()
    }

    /// Time has passed since the last picture: what is held at an edge goes on in that direction.
    pub(super) fn time_passed(&mut self, seconds: f32, held: Held, view: &View<'_>) -> Action {
        let push = self.push();
        let Some(at) = self.cursor.filter(|_| push != ScreenVector::zero()) else {
            return Action::None;
        };
        self.camera.pan(-push * seconds.clamp(0.0, LONGEST));
        self.moved(at, held, view)
    }

    /// How fast the hand pushes on; not at all where it holds nothing.
    fn push(&self) -> ScreenVector {
        match (&self.gesture, self.cursor) {
            (
                Gesture::Dragging(_)
                | Gesture::Wiring(_)
                | Gesture::Boxing { .. }
                | Gesture::Resizing { .. },
                Some(at),
            ) => speed(at, self.camera.size()),
            (
                Gesture::Dragging(_)
                | Gesture::Wiring(_)
                | Gesture::Boxing { .. }
                | Gesture::Resizing { .. }
                | Gesture::Idle
                | Gesture::Waiting(_)
                | Gesture::Panning { .. }
                | Gesture::Cutting { .. }
                | Gesture::Scrubbing(_),
                _,
            ) => ScreenVector::zero(),
        }
    }
}

/// How fast one gets on with the pointer at `at` of a canvas of this size, in logical pixels a second: the nearer the edge, the faster.
fn speed(at: ScreenPoint, size: ScreenSize) -> ScreenVector {
    ScreenVector::new(along(at.x, size.width), along(at.y, size.height))
}

fn along(at: f32, length: f32) -> f32 {
    let reach = REACH.min(length / 4.0);
    if reach <= 0.0 {
        return 0.0;
    }
    let share = |distance: f32| (1.0 - distance / reach).clamp(0.0, 1.0);
    let (back, on) = (share(at), share(length - at));
    // Slow where it begins, so that one can stop in time.
    FASTEST * (on * on - back * back)
}
