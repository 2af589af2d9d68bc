//! Making the pictures of steps: one at a time, once scrubbing rests.

use std::time::{Duration, Instant};

use graph::document::PortRef;
use graph::preview::Picture;

use super::{Action, Context, Pane, TokenView, decode};

/// How long scrubbing must rest before a picture is made of the step.
const REST: Duration = Duration::from_millis(160);

/// Which picture was asked for; it comes back with the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pane: Pane,
    output: PortRef,
    step: usize,
    number: u64,
}

/// Whether scrubbing has come to rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rest {
    /// Nothing waits for it.
    Idle,
    /// The step has changed, and no frame has told the time yet.
    Moved,
    /// Nothing has changed since.
    Since(Instant),
}

impl TokenView {
    /// How often the view wants to be told the time; `None` where it waits for nothing.
    pub fn interval(&self) -> Option<Duration> {
        let playing = self.scrubber.interval().map(|interval| {
            (interval / 2).clamp(Duration::from_millis(16), Duration::from_millis(100))
        });
        let resting = (self.rest != Rest::Idle).then_some(REST / 4);
        playing.or(resting)
    }

    /// Another step is looked at: its pictures are shown if they are there, and made once scrubbing rests.
    pub(super) fn moved(&mut self) {
        for pane in [Pane::Left, Pane::Right] {
            let step = self.step(pane);
            if let Some(side) = self.side_mut(pane) {
                side.pictures_mut().show(step);
            }
        }
        self.rest = Rest::Moved;
    }

    fn tick_playback(&mut self, now: Instant) {
        let before = self.scrubber.step();
        self.scrubber.tick(now);
        if self.scrubber.step() != before {
            self.moved();
        }
    }

    pub(super) fn retry(&mut self) {
        self.left.pictures_mut().retry();
        if let Some(right) = &mut self.right {
            right.pictures_mut().retry();
        }
        self.rest = Rest::Moved;
    }

    pub(super) fn tick(&mut self, now: Instant, context: &Context<'_>) -> Action {
        self.tick_playback(now);
        if self.scrubber.is_playing() {
            return Action::None;
        }
        match self.rest {
            Rest::Idle => Action::None,
            Rest::Moved => {
                self.rest = Rest::Since(now);
                Action::None
            }
            Rest::Since(since) if now.saturating_duration_since(since) < REST => Action::None,
            Rest::Since(_) => {
                self.rest = Rest::Idle;
                self.decode(context)
            }
        }
    }

    /// Asks for the next picture that is wanted; one at a time.
    fn decode(&mut self, context: &Context<'_>) -> Action {
        if self.asked.is_some() {
            return Action::None;
        }
        for pane in [Pane::Left, Pane::Right] {
            let step = self.step(pane);
            let Some(side) = self.side_mut(pane).filter(|side| side.wants(step)) else {
                continue;
            };
            let Some((graph, output)) = side.ran() else {
                continue;
            };
            match decode::scratch(graph, context.registry, output, step) {
                Err(obstacle) => side.pictures_mut().fail(step, obstacle.to_string()),
                Ok(scratch) => {
                    let output = side.output().clone();
                    self.asked_count += 1;
                    let ticket = Ticket {
                        pane,
                        output,
                        step,
                        number: self.asked_count,
                    };
                    self.asked = Some(ticket.clone());
                    return Action::Decode(ticket, Box::new(scratch));
                }
            }
        }
        Action::None
    }

    pub(super) fn decoded(
        &mut self,
        ticket: &Ticket,
        result: Result<Picture, String>,
        context: &Context<'_>,
    ) -> Action {
        if self.asked.as_ref() != Some(ticket) {
            return Action::None;
        }
        self.asked = None;
        let step = self.step(ticket.pane);
        if let Some(side) = self.side_mut(ticket.pane)
            && *side.output() == ticket.output
        {
            match result {
                Ok(picture) => side.pictures_mut().add(ticket.step, picture),
                Err(message) => side.pictures_mut().fail(ticket.step, message),
            }
            side.pictures_mut().show(step);
        }
        // What was scrubbed to meanwhile comes next, once it rests.
        match self.rest {
            Rest::Idle => self.decode(context),
            Rest::Moved | Rest::Since(_) => Action::None,
        }
    }

    pub(super) fn open(&self, pane: Pane) -> Action {
        let Some(shown) = self.side(pane).and_then(|side| side.pictures().shown()) else {
            return Action::None;
        };
        let output = self
            .side(pane)
            .map_or_else(String::new, |side| side.output().node.to_string());
        Action::Open {
            label: format!("{output}, step {}", self.step(pane)),
            picture: shown.picture.clone(),
        }
    }
}
