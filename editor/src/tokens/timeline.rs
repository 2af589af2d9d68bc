//! The steps of a sampler side by side: what each did, and which one is looked at.

mod draw;

use std::time::{Duration, Instant};

use iced::advanced::widget::{Tree, Widget, tree};
use iced::advanced::{Clipboard, Layout, Shell, layout, renderer};
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, mouse, window};

use super::history::StepCount;
use crate::wheel::Wheel;

/// How high a timeline is.
const HEIGHT: f32 = 108.0;

/// How far the first and the last step are from the edges.
const MARGIN: f32 = 10.0;

/// A chart over all steps that is a slider as well.
pub struct Timeline<'a, Message> {
    counts: &'a [StepCount],
    other: Vec<(f32, f32)>,
    step: usize,
    tick: Option<Duration>,
    on_event: Box<dyn Fn(Happened) -> Message + 'a>,
}

/// What happened to a timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happened {
    /// A step was pointed out.
    Scrubbed(usize),
    /// The wheel was turned by so many steps, forwards if positive.
    Scrolled(isize),
    /// It is this time; comes as long as something waits for it.
    Ticked(Instant),
}

/// What a timeline remembers between events.
#[derive(Debug, Default)]
struct State {
    dragging: bool,
    wheel: Wheel,
    ticked: Option<Instant>,
}

impl<'a, Message> Timeline<'a, Message> {
    /// The timeline of steps that did `counts`, of which `step` is looked at.
    pub fn new(
        counts: &'a [StepCount],
        step: usize,
        on_event: impl Fn(Happened) -> Message + 'a,
    ) -> Self {
        Self {
            counts,
            other: Vec::new(),
            step,
            tick: None,
            on_event: Box::new(on_event),
        }
    }

    /// Draws the confidence of another sampler as well: by place among the steps, the confidence.
    #[must_use]
    pub fn beside(mut self, other: Vec<(f32, f32)>) -> Self {
        self.other = other;
        self
    }

    /// Tells the time about once every `interval`.
    #[must_use]
    pub fn ticking(mut self, interval: Option<Duration>) -> Self {
        self.tick = interval;
        self
    }

    /// Tells the time if that is due, and asks to be woken when it is.
    fn wake(&self, state: &mut State, now: Instant, shell: &mut Shell<'_, Message>) {
        let Some(interval) = self.tick else {
            state.ticked = None;
            return;
        };
        let due = state.ticked.map(|ticked| ticked + interval);
        if due.is_none_or(|due| now >= due) {
            state.ticked = Some(now);
            shell.publish((self.on_event)(Happened::Ticked(now)));
            shell.request_redraw_at(now + interval);
        } else if let Some(due) = due {
            shell.request_redraw_at(due);
        }
    }
}

/// How wide the place of one step is.
fn slot(bounds: Rectangle, steps: usize) -> f32 {
    (bounds.width - 2.0 * MARGIN).max(0.0) / steps.max(1) as f32
}

/// The middle of the place of a step.
fn middle(bounds: Rectangle, steps: usize, step: f32) -> f32 {
    bounds.x + MARGIN + slot(bounds, steps) * (step + 0.5)
}

/// The step at a place from left to right.
fn step_at(bounds: Rectangle, steps: usize, x: f32) -> usize {
    let slot = slot(bounds, steps).max(f32::MIN_POSITIVE);
    let step = ((x - bounds.x - MARGIN) / slot).max(0.0);
    (step as usize).min(steps.saturating_sub(1))
}

impl<Message> Widget<Message, Theme, Renderer> for Timeline<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fill, Length::Fixed(HEIGHT))
    }

    fn layout(&mut self, _: &mut Tree, _: &Renderer, limits: &layout::Limits) -> layout::Node {
        layout::atomic(limits, Length::Fill, Length::Fixed(HEIGHT))
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Renderer,
        _: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        _: &Rectangle,
    ) {
        let state = tree.state.downcast_mut::<State>();
        let bounds = layout.bounds();
        let happened = match event {
            Event::Window(window::Event::RedrawRequested(now)) => {
                self.wake(state, *now, shell);
                return;
            }
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                let Some(at) = cursor.position_over(bounds) else {
                    return;
                };
                state.dragging = true;
                Happened::Scrubbed(step_at(bounds, self.counts.len(), at.x))
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                state.dragging = false;
                return;
            }
            Event::Mouse(mouse::Event::CursorMoved { position }) if state.dragging => {
                let step = step_at(bounds, self.counts.len(), position.x);
                if step == self.step {
                    return;
                }
                Happened::Scrubbed(step)
            }
            Event::Mouse(mouse::Event::WheelScrolled { delta }) if cursor.is_over(bounds) => {
                let Some(steps) = state.wheel.turn(delta) else {
                    return;
                };
                Happened::Scrolled(steps)
            }
            Event::Mouse(_)
            | Event::Keyboard(_)
            | Event::Window(_)
            | Event::Touch(_)
            | Event::InputMethod(_) => return,
        };
        shell.publish((self.on_event)(happened));
        shell.capture_event();
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Rectangle,
        _: &Renderer,
    ) -> mouse::Interaction {
        let state = tree.state.downcast_ref::<State>();
        if state.dragging {
            mouse::Interaction::Grabbing
        } else if cursor.is_over(layout.bounds()) {
            mouse::Interaction::Pointer
        } else {
            mouse::Interaction::None
        }
    }

    fn draw(
        &self,
        _: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        _: &renderer::Style,
        layout: Layout<'_>,
        _: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        if let Some(clip) = layout.bounds().intersection(viewport) {
            self.paint(renderer, theme, layout.bounds(), clip);
        }
    }
}

impl<'a, Message: 'a> From<Timeline<'a, Message>> for Element<'a, Message> {
    fn from(timeline: Timeline<'a, Message>) -> Self {
        Self::new(timeline)
    }
}

#[cfg(test)]
mod tests {
    use iced::{Point, Rectangle, Size};

    use super::{MARGIN, middle, step_at};

    #[test]
    fn every_step_has_its_place_and_what_lies_beside_belongs_to_the_next_one() {
        let bounds = Rectangle::new(Point::new(5.0, 0.0), Size::new(170.0 + 2.0 * MARGIN, 80.0));
        for step in 0..17 {
            let x = middle(bounds, 17, step as f32);
            assert_eq!(step_at(bounds, 17, x), step);
            assert_eq!(step_at(bounds, 17, x - 4.9), step);
            assert_eq!(step_at(bounds, 17, x + 4.9), step);
        }
        assert_eq!(step_at(bounds, 17, -100.0), 0);
        assert_eq!(step_at(bounds, 17, 9_999.0), 16);
        assert_eq!(step_at(bounds, 1, 50.0), 0);
    }
}
