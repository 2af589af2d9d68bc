//! Where members wait for each other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::CollectiveError;

/// A place where as many threads meet again and again: the last to come works on what all have brought, and the others
/// wait for what comes of it.
///
/// Whoever waits is told when the group ends, so that nobody waits for one who will not come.
#[derive(Debug)]
pub(crate) struct Meeting<B, R> {
    state: Mutex<State<B, R>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<B, R> {
    /// How many times all have met.
    round: u64,
    /// What was brought to this round, by members.
    brought: Vec<Option<B>>,
    /// What came of the last round.
    result: Option<R>,
    /// Who needs not meet the others any longer.
    left: Vec<bool>,
    failure: Option<CollectiveError>,
}

impl<B, R: Clone> Meeting<B, R> {
    /// A place for so many members.
    pub(crate) fn new(members: usize) -> Self {
        Self {
            state: Mutex::new(State {
                round: 0,
                brought: (0..members).map(|_| None).collect(),
                result: None,
                left: vec![false; members],
                failure: None,
            }),
            changed: Condvar::new(),
        }
    }

    /// What `work` makes of what all members bring, in their order; the last one to come does it.
    ///
    /// Errors: the work failed, or the group has ended.
    pub(crate) fn meet(
        &self,
        member: usize,
        brought: B,
        work: impl FnOnce(Vec<B>) -> Result<R, CollectiveError>,
    ) -> Result<R, CollectiveError> {
        let mut state = self.lock();
        if let Some(left) = state.left.iter().position(|left| *left) {
            let gone = CollectiveError::Gone { member: left };
            let _ = state.failure.get_or_insert(gone);
        }
        if let Some(failure) = state.failure.clone() {
            self.changed.notify_all();
            return Err(failure);
        }
        let round = state.round;
        state.brought[member] = Some(brought);
        if state.brought.iter().all(Option::is_some) {
            let all = state.brought.iter_mut().filter_map(Option::take).collect();
            let made = catch_unwind(AssertUnwindSafe(|| work(all)));
            let made = made.unwrap_or_else(|_| {
                let reason = "what all have brought could not be summed up".into();
                Err(CollectiveError::Device { member, reason })
            });
            match &made {
                Ok(result) => {
                    state.result = Some(result.clone());
                    state.round += 1;
                }
                Err(error) => state.failure = Some(error.clone()),
            }
            self.changed.notify_all();
            return made;
        }
        loop {
            // Whoever waits here keeps the next round from beginning, so that this is the result of its own.
            if let (true, Some(result)) = (state.round > round, &state.result) {
                return Ok(result.clone());
            }
            if let Some(failure) = &state.failure {
                return Err(failure.clone());
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Why the group ended, where it did.
    pub(crate) fn failure(&self) -> Option<CollectiveError> {
        self.lock().failure.clone()
    }

    /// Ends the group, for a reason that counts where it is the first.
    pub(crate) fn end(&self, failure: CollectiveError) {
        let _ = self.lock().failure.get_or_insert(failure);
        self.changed.notify_all();
    }

    /// Lets a member go that has nothing more to bring; others must have nothing either.
    pub(crate) fn leave(&self, member: usize) {
        let mut state = self.lock();
        state.left[member] = true;
        if state.brought.iter().any(Option::is_some) {
            let _ = state
                .failure
                .get_or_insert(CollectiveError::Gone { member });
        }
        drop(state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<B, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
