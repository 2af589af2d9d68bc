//! A reporter that listens for the moments at which a run gets somewhere.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use graph::preview::Preview;
use graph::run::Reporter;

/// What a run says when it has got somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It shows what it has.
    Preview,
    /// It notes something.
    Note,
}

/// The moments at which a run gave its sign, from the making of the clock on.
#[derive(Debug)]
pub(crate) struct Clock {
    sign: Sign,
    moments: Mutex<Vec<Instant>>,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn new(sign: Sign) -> Self {
        Self {
            sign,
            moments: Mutex::new(vec![Instant::now()]),
        }
    }

    /// Seconds from each moment to the next.
    pub(crate) fn between(&self) -> Vec<f64> {
        let moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = moments.windows(2);
        pairs
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect()
    }

    fn hear(&self, sign: Sign) {
        if sign == self.sign {
            let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
            moments.push(Instant::now());
        }
    }
}

impl Reporter for Clock {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, _: Preview) {
        self.hear(Sign::Preview);
    }

    fn note(&self, _: &str) {
        self.hear(Sign::Note);
    }
}

/// The median of what follows the first `skipped`; no number where nothing does.
pub(crate) fn median(seconds: &[f64], skipped: usize) -> f64 {
    let mut counted = seconds.get(skipped..).unwrap_or_default().to_vec();
    counted.sort_by(f64::total_cmp);
    counted.get(counted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use graph::run::Reporter;

    use super::{Clock, Sign, median};

    #[test]
    fn a_clock_hears_its_own_sign_alone() {
        let clock = Clock::new(Sign::Note);
        clock.note("first");
        clock.progress(1, 2);
        clock.note("second");
        assert_eq!(clock.between().len(), 2);
        let deaf = Clock::new(Sign::Preview);
        deaf.note("first");
        assert_eq!(deaf.between(), [] as [f64; 0]);
    }

    #[test]
    fn the_median_leaves_out_what_comes_first() {
        assert_eq!(median(&[9.0, 1.0, 3.0, 2.0], 1), 2.0);
        assert!(median(&[9.0], 1).is_nan());
    }
}
