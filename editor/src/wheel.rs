//! Turns of a mouse wheel, and of a touchpad as if it had one.

use iced::mouse::ScrollDelta;

/// How many pixels of a touchpad are worth a notch of a wheel.
const NOTCH: f32 = 40.0;

/// How many notches a wheel was turned, away from whoever turns it if positive.
pub fn notches(delta: &ScrollDelta) -> f32 {
    match delta {
        ScrollDelta::Lines { y, .. } => *y,
        ScrollDelta::Pixels { y, .. } => *y / NOTCH,
    }
}

/// What a touchpad sends bit by bit, as whole steps.
#[derive(Debug, Default)]
pub struct Wheel {
    rest: f32,
}

impl Wheel {
    /// The steps that `delta` makes full, forwards if positive; `None` while there is no whole one.
    pub fn turn(&mut self, delta: &ScrollDelta) -> Option<isize> {
        self.rest -= notches(delta);
        let steps = self.rest.trunc();
        self.rest -= steps;
        (steps != 0.0).then_some(steps as isize)
    }
}

#[cfg(test)]
mod tests {
    use iced::mouse::ScrollDelta;

    use super::Wheel;

    #[test]
    fn a_touchpad_makes_a_step_of_every_forty_pixels_and_keeps_the_rest() {
        let mut wheel = Wheel::default();
        let pixels = |y| ScrollDelta::Pixels { x: 0.0, y };
        assert_eq!(wheel.turn(&pixels(-30.0)), None);
        assert_eq!(wheel.turn(&pixels(-30.0)), Some(1));
        assert_eq!(wheel.turn(&pixels(-20.0)), Some(1));
        assert_eq!(wheel.turn(&pixels(80.0)), Some(-2));
        let lines = ScrollDelta::Lines { x: 0.0, y: 1.0 };
        assert_eq!(wheel.turn(&lines), Some(-1));
    }
}
