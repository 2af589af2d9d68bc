//! Whose turn it is: so many nodes work at once, whichever runs they belong to.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::locked;
use crate::error::NodeError;
use crate::run::Cancel;

/// How soon who waits for a turn notices that nobody wants it any more.
const PATIENCE: Duration = Duration::from_millis(20);

/// The turns that are to be had.
pub struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A turn, which ends when it is dropped.
pub struct Turn<'a>(&'a Turns);

impl Turns {
    /// So many at once.
    pub fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
        }
    }

    /// Waits for a turn.
    ///
    /// Errors: the run was cancelled before there was one.
    pub fn take(&self, cancel: &Cancel) -> Result<Turn<'_>, NodeError> {
        let mut free = locked(&self.free);
        while *free == 0 {
            if cancel.is_cancelled() {
                return Err(NodeError::Cancelled);
            }
            let waited = self.freed.wait_timeout(free, PATIENCE);
            (free, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Ok(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *locked(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::Turns;
    use crate::error::NodeError;
    use crate::run::Cancel;

    #[test]
    fn no_more_than_so_many_work_at_once() {
        let (turns, working, most) = (Turns::new(2), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..6 {
                let _ = scope.spawn(|| {
                    for _ in 0..50 {
                        let turn = turns.take(&Cancel::default());
                        let now = working.fetch_add(1, Ordering::SeqCst) + 1;
                        let _ = most.fetch_max(now, Ordering::SeqCst);
                        thread::yield_now();
                        let _ = working.fetch_sub(1, Ordering::SeqCst);
                        drop(turn);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 2);
    }

    #[test]
    fn who_is_cancelled_waits_no_longer() {
        let (turns, cancel) = (Turns::new(1), Cancel::default());
        let turn = turns.take(&cancel);
        assert!(turn.is_ok());
        cancel.cancel();
        assert_eq!(turns.take(&cancel).err(), Some(NodeError::Cancelled));
        drop(turn);
        assert!(turns.take(&cancel).is_ok(), "there is one again");
    }
}
