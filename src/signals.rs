//! Ctrl-C and termination: a run ends in good order at the first, at once at the second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use graph::run::Cancel;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::Failure;

/// How soon a signal is noticed.
const POLL: Duration = Duration::from_millis(20);

/// The signals that have come so far.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

impl Signals {
    /// Cancels `cancel` when the user presses Ctrl-C or the system asks the program to end.
    ///
    /// Errors: the system does not let the program listen.
    pub fn listen(cancel: Cancel) -> Result<Self, Failure> {
        let signals = Self::default();
        signals.register().map_err(|error| {
            Failure::invalid(
                format!("cannot listen to signals: {error}"),
                "start the program from an ordinary shell",
            )
        })?;
        let (interrupted, terminated) = (signals.interrupted.clone(), signals.terminated.clone());
        let _ = thread::spawn(move || {
            while !interrupted.load(Ordering::Relaxed) && !terminated.load(Ordering::Relaxed) {
                thread::sleep(POLL);
            }
            cancel.cancel();
        });
        Ok(signals)
    }

    fn register(&self) -> std::io::Result<()> {
        // In this order: the first Ctrl-C finds the flag down and raises it, the second finds it up.
        let _ = flag::register_conditional_shutdown(SIGINT, 130, self.interrupted.clone())?;
        let _ = flag::register(SIGINT, self.interrupted.clone())?;
        let _ = flag::register(SIGTERM, self.terminated.clone())?;
        Ok(())
    }

    /// Why a cancelled run was cancelled.
    pub fn reason(&self) -> Failure {
        if self.terminated.load(Ordering::Relaxed) {
            Failure::Stopped
        } else {
            Failure::Cancelled
        }
    }
}
