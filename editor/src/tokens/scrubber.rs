//! Which step is looked at, and how it moves by itself.

use std::time::{Duration, Instant};

/// The step that is looked at, from the start (step 0) to the last one; it can play like a film.
#[derive(Clone, Debug, PartialEq)]
pub struct Scrubber {
    step: usize,
    last: usize,
    speed: Speed,
    playback: Playback,
}

/// How fast the steps pass while they play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speed {
    /// A step a second.
    One,
    /// Two steps a second.
    Two,
    /// Four steps a second.
    Four,
    /// Eight steps a second.
    Eight,
    /// Sixteen steps a second.
    Sixteen,
    /// Thirty-two steps a second.
    ThirtyTwo,
}

/// Whether the steps pass by themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Playback {
    Paused,
    /// It plays, but no frame has told the time yet.
    Started,
    /// Which step was looked at when.
    Since {
        at: Instant,
        step: usize,
    },
}

impl Speed {
    /// All speeds, the slowest first.
    pub const ALL: [Self; 6] = [
        Self::One,
        Self::Two,
        Self::Four,
        Self::Eight,
        Self::Sixteen,
        Self::ThirtyTwo,
    ];

    /// How many steps pass in a second.
    pub fn steps_per_second(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
            Self::Sixteen => 16,
            Self::ThirtyTwo => 32,
        }
    }

    /// The next faster one; the fastest stays.
    #[must_use]
    pub fn faster(self) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|speed| *speed > self).unwrap_or(self)
    }

    /// The next slower one; the slowest stays.
    #[must_use]
    pub fn slower(self) -> Self {
        let mut all = Self::ALL.into_iter().rev();
        all.find(|speed| *speed < self).unwrap_or(self)
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/s", self.steps_per_second())
    }
}

impl Scrubber {
    /// Looks at the last of the steps 0 to `last`: what came out.
    pub fn new(last: usize) -> Self {
        Self {
            step: last,
            last,
            speed: Speed::Eight,
            playback: Playback::Paused,
        }
    }

    /// The step that is looked at.
    pub fn step(&self) -> usize {
        self.step
    }

    /// The last step.
    pub fn last(&self) -> usize {
        self.last
    }

    /// How fast it plays.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Whether it plays.
    pub fn is_playing(&self) -> bool {
        self.playback != Playback::Paused
    }

    /// There are other steps now; who looked at the last one goes on to look at the last one.
    pub fn resize(&mut self, last: usize) {
        if self.step == self.last || self.step > last {
            self.step = last;
        }
        self.last = last;
        if self.is_playing() {
            self.playback = Playback::Started;
        }
    }

    /// Looks at `step`, or at the last one where there are fewer, and pauses.
    pub fn go(&mut self, step: usize) {
        self.step = step.min(self.last);
        self.playback = Playback::Paused;
    }

    /// Looks at the step `count` further on, or back where it is negative, and pauses.
    pub fn advance(&mut self, count: isize) {
        self.go(self.step.saturating_add_signed(count));
    }

    /// Plays or pauses; what has come to its end plays from the start.
    pub fn toggle(&mut self) {
        if self.is_playing() {
            self.playback = Playback::Paused;
            return;
        }
        if self.last == 0 {
            return;
        }
        if self.step == self.last {
            self.step = 0;
        }
        self.playback = Playback::Started;
    }

    /// Plays at another speed from now on.
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
        if self.is_playing() {
            self.playback = Playback::Started;
        }
    }

    /// How long a step is shown while it plays; `None` where it does not.
    pub fn interval(&self) -> Option<Duration> {
        self.is_playing()
            .then(|| Duration::from_secs(1) / self.speed.steps_per_second())
    }

    /// It is `now`: moves on as far as it should be, and pauses at the end.
    pub fn tick(&mut self, now: Instant) {
        let (at, step) = match self.playback {
            Playback::Paused => return,
            Playback::Started => {
                self.playback = Playback::Since {
                    at: now,
                    step: self.step,
                };
                return;
            }
            Playback::Since { at, step } => (at, step),
        };
        let passed = now.saturating_duration_since(at).as_secs_f64();
        // Frames come a little early or late; a step that is due within a millisecond is due.
        let steps = (passed + 0.001) * f64::from(self.speed.steps_per_second());
        self.step = (step + steps as usize).min(self.last);
        if self.step == self.last {
            self.playback = Playback::Paused;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Scrubber, Speed};

    #[test]
    fn it_starts_at_what_came_out_and_stays_within_the_steps() {
        let mut scrubber = Scrubber::new(16);
        assert_eq!(scrubber.step(), 16);
        for (count, expected) in [(1, 16), (-3, 13), (-100, 0), (-1, 0), (2, 2)] {
            scrubber.advance(count);
            assert_eq!(scrubber.step(), expected, "after {count}");
        }
        scrubber.go(99);
        assert_eq!(scrubber.step(), 16);
    }

    #[test]
    fn it_plays_at_its_speed_whenever_frames_come_and_stops_at_the_end() {
        let start = Instant::now();
        let mut scrubber = Scrubber::new(4);
        scrubber.set_speed(Speed::Two);
        scrubber.toggle();
        assert_eq!(scrubber.step(), 0, "from the end it plays from the start");
        for (passed_ms, expected) in [(0, 0), (300, 0), (500, 1), (1_400, 2), (1_999, 4)] {
            scrubber.tick(start + Duration::from_millis(passed_ms));
            assert_eq!(scrubber.step(), expected, "after {passed_ms} ms");
        }
        assert!(!scrubber.is_playing());
    }

    #[test]
    fn another_speed_takes_effect_from_the_step_at_hand() {
        let start = Instant::now();
        let after = |passed_ms| start + Duration::from_millis(passed_ms);
        let mut scrubber = Scrubber::new(100);
        scrubber.set_speed(Speed::One);
        scrubber.toggle();
        scrubber.tick(start);
        scrubber.tick(after(3_000));
        scrubber.set_speed(Speed::Sixteen);
        scrubber.tick(after(4_000));
        scrubber.tick(after(4_500));
        assert_eq!(scrubber.step(), 3 + 8);
        scrubber.advance(1);
        assert!(!scrubber.is_playing(), "whoever takes it by hand has it");
        scrubber.tick(after(9_000));
        assert_eq!(scrubber.step(), 12);
    }

    #[test]
    fn new_steps_keep_the_place_except_at_the_end() {
        let mut scrubber = Scrubber::new(10);
        scrubber.resize(20);
        assert_eq!(scrubber.step(), 20);
        scrubber.go(7);
        scrubber.resize(12);
        assert_eq!(scrubber.step(), 7);
        scrubber.resize(5);
        assert_eq!(scrubber.step(), 5);
    }

    #[test]
    fn speeds_end_at_both_ends() {
        assert_eq!(Speed::One.slower(), Speed::One);
        assert_eq!(Speed::One.faster(), Speed::Two);
        assert_eq!(Speed::ThirtyTwo.faster(), Speed::ThirtyTwo);
        assert_eq!(Speed::ThirtyTwo.slower(), Speed::Sixteen);
    }

    #[test]
    fn a_single_step_does_not_play() {
        let mut scrubber = Scrubber::new(0);
        scrubber.toggle();
        assert!(!scrubber.is_playing());
        assert_eq!(scrubber.interval(), None);
    }
}
