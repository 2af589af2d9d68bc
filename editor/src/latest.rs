//! Files that are written on other threads: what is older never takes the place of what is newer.

use std::sync::{Arc, Mutex, PoisonError};

/// A file, or whatever else is written, that the window hands to other threads.
#[derive(Debug)]
pub struct Latest<F> {
    shared: Arc<Mutex<Shared<F>>>,
    count: u64,
}

/// The right to write it once; of several, the one that was given last wins.
#[derive(Debug)]
pub struct Turn<F> {
    shared: Arc<Mutex<Shared<F>>>,
    number: u64,
}

#[derive(Debug)]
struct Shared<F> {
    file: F,
    /// The newest turn that was taken.
    newest: u64,
}

impl<F> Latest<F> {
    /// Lets `file` be written on other threads.
    pub fn new(file: F) -> Self {
        let shared = Shared { file, newest: 0 };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            count: 0,
        }
    }

    /// The right to write it, after all that were given before.
    pub fn turn(&mut self) -> Turn<F> {
        self.count += 1;
        Turn {
            shared: self.shared.clone(),
            number: self.count,
        }
    }
}

impl<F> Turn<F> {
    /// Lets `write` write, and waits while another does; `None` where a later turn was taken already.
    pub fn take<T>(self, write: impl FnOnce(&mut F) -> T) -> Option<T> {
        // A file is written whole or not at all, also where something panics.
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.newest > self.number {
            return None;
        }
        shared.newest = self.number;
        Some(write(&mut shared.file))
    }
}

#[cfg(test)]
mod tests {
    use super::Latest;

    #[test]
    fn what_comes_late_does_not_overwrite_what_is_newer() {
        let mut latest = Latest::new(String::new());
        let (first, second, third) = (latest.turn(), latest.turn(), latest.turn());
        let write = |text: &'static str| move |file: &mut String| *file = text.into();
        assert_eq!(second.take(write("second")), Some(()));
        assert_eq!(first.take(write("first")), None);
        let read = third.take(|file| file.clone());
        assert_eq!(read.as_deref(), Some("second"));
    }
}
