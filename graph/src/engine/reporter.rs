//! From what a node reports to the events of a run.

use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::locked;
use super::work::Message;
use crate::preview::Preview;
use crate::run::Reporter;

/// How often at most a node's progress is told.
const INTERVAL: Duration = Duration::from_millis(50);

/// Tells the run what one of its steps reports; once the run is over, nobody.
pub struct StepReporter {
    step: usize,
    sender: Sender<Message>,
    progress: Mutex<Progress>,
}

struct Progress {
    began: Instant,
    told: Option<Instant>,
    /// How many steps were done when the node first told of any.
    first: Option<u64>,
}

impl StepReporter {
    pub fn new(step: usize, sender: Sender<Message>) -> Self {
        Self {
            step,
            sender,
            progress: Mutex::new(Progress {
                began: Instant::now(),
                told: None,
                first: None,
            }),
        }
    }

    fn send(&self, message: Message) {
        // Whoever still reports when the run is over has nobody to tell.
        let _ = self.sender.send(message);
    }
}

impl Reporter for StepReporter {
    fn progress(&self, done: u64, total: u64) {
        let now = Instant::now();
        let mut progress = locked(&self.progress);
        let is_last = done >= total;
        if progress.told.is_some_and(|told| now - told < INTERVAL) && !is_last {
            return;
        }
        progress.told = Some(now);
        // The time up to the first report is preparation and says nothing of the steps.
        let first = match progress.first {
            Some(first) => first,
            None => {
                progress.first = Some(done);
                progress.began = now;
                done
            }
        };
        let elapsed = (now - progress.began).as_secs_f64();
        let (rate, eta) = pace(
            done.saturating_sub(first),
            total.saturating_sub(done),
            elapsed,
        );
        drop(progress);
        self.send(Message::Progress {
            step: self.step,
            done,
            total,
            rate,
            eta,
        });
    }

    fn preview(&self, preview: Preview) {
        let step = self.step;
        self.send(Message::Preview { step, preview });
    }

    fn note(&self, line: &str) {
        self.send(Message::Note {
            step: self.step,
            line: line.to_owned(),
        });
    }
}

/// Steps a second, and the time for the rest, from the steps done in `elapsed` seconds.
fn pace(done: u64, left: u64, elapsed: f64) -> (f64, Option<Duration>) {
    if done == 0 || elapsed <= 0.0 {
        return (0.0, None);
    }
    let rate = done as f64 / elapsed;
    (rate, Duration::try_from_secs_f64(left as f64 / rate).ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pace;

    #[test]
    fn the_rest_takes_as_long_as_what_is_done_lets_expect() {
        assert_eq!(pace(10, 30, 2.0), (5.0, Some(Duration::from_secs(6))));
        assert_eq!(pace(10, 0, 2.0), (5.0, Some(Duration::ZERO)));
        assert_eq!(pace(0, 30, 2.0), (0.0, None));
        assert_eq!(pace(3, 30, 0.0), (0.0, None));
    }
}
