//! What a run has told and nobody has heard yet.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use graph::document::NodeId;
use graph::engine::Happened;

/// How many unheard lines of a node are kept.
const KEPT_NOTES: usize = 200;

/// Events between the thread that makes them and the one that passes them on.
///
/// It holds a bounded number of them however slowly they are heard:
/// of a node's progress and of what it shows the latest alone, of its notes the last.
#[derive(Default)]
pub struct Mailbox {
    unheard: Mutex<Unheard>,
    changed: Condvar,
}

#[derive(Default)]
struct Unheard {
    events: Vec<Happened>,
    closed: bool,
}

impl Mailbox {
    /// Puts in what happened.
    pub fn put(&self, what: Happened) {
        let mut unheard = self.lock();
        match unheard.events.iter_mut().find(|old| replaces(&what, old)) {
            Some(old) => *old = what,
            None => {
                unheard.make_room(&what);
                unheard.events.push(what);
            }
        }
        self.changed.notify_all();
    }

    /// Says that nothing more will come.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for events and takes them all; `None` where there are none and will be none.
    pub fn take(&self) -> Option<Vec<Happened>> {
        let idle = |unheard: &mut Unheard| unheard.events.is_empty() && !unheard.closed;
        let mut unheard = self
            .changed
            .wait_while(self.lock(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        let events = std::mem::take(&mut unheard.events);
        (!events.is_empty()).then_some(events)
    }

    /// Waits for `time`, or until nothing more will come.
    pub fn rest(&self, time: Duration) {
        let open = |unheard: &mut Unheard| !unheard.closed;
        drop(self.changed.wait_timeout_while(self.lock(), time, open));
    }

    fn lock(&self) -> MutexGuard<'_, Unheard> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unheard {
    /// Drops the oldest note of a node that has too many unheard.
    fn make_room(&mut self, what: &Happened) {
        let Happened::Note { node, .. } = what else {
            return;
        };
        let is_note_of = |old: &Happened, node: &NodeId| matches!(old, Happened::Note { node: of, .. } if of == node);
        let notes = self.events.iter().filter(|old| is_note_of(old, node));
        if notes.count() == KEPT_NOTES
            && let Some(oldest) = self.events.iter().position(|old| is_note_of(old, node))
        {
            let _ = self.events.remove(oldest);
        }
    }
}

/// Whether nobody need hear `old` once there is `new`.
fn replaces(new: &Happened, old: &Happened) -> bool {
    match (new, old) {
        (Happened::Progress { node: new, .. }, Happened::Progress { node: old, .. })
        | (Happened::Preview { node: new, .. }, Happened::Preview { node: old, .. }) => new == old,
        (
            Happened::Shown {
                node: new,
                port: new_port,
                ..
            },
            Happened::Shown {
                node: old,
                port: old_port,
                ..
            },
        ) => new == old && new_port == old_port,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use graph::document::NodeId;
    use graph::engine::Happened;
    use graph::preview::Preview;

    use super::{KEPT_NOTES, Mailbox};

    fn node(name: &str) -> NodeId {
        NodeId::new(name).expect("it is a name")
    }

    fn progress(name: &str, done: u64) -> Happened {
        Happened::Progress {
            node: node(name),
            done,
            total: 9,
            rate: 0.0,
            eta: None,
        }
    }

    fn preview(name: &str, text: &str) -> Happened {
        Happened::Preview {
            node: node(name),
            preview: Preview::Text(text.into()),
        }
    }

    fn note(line: usize) -> Happened {
        Happened::Note {
            node: node("a"),
            line: line.to_string(),
        }
    }

    #[test]
    fn of_progress_and_previews_the_latest_is_heard() {
        let mailbox = Mailbox::default();
        for what in [
            progress("a", 1),
            preview("a", "early"),
            progress("b", 1),
            progress("a", 2),
            preview("a", "late"),
            progress("a", 3),
        ] {
            mailbox.put(what);
        }
        let heard = mailbox.take();
        let expected = [progress("a", 3), preview("a", "late"), progress("b", 1)];
        assert_eq!(heard.as_deref(), Some(&expected[..]));
        mailbox.put(progress("a", 4));
        assert_eq!(mailbox.take(), Some(vec![progress("a", 4)]));
        mailbox.close();
        mailbox.put(note(0));
        assert_eq!(mailbox.take(), Some(vec![note(0)]), "nothing is lost");
        assert_eq!(mailbox.take(), None);
    }

    #[test]
    fn a_node_that_talks_on_and_on_fills_no_memory() {
        let mailbox = Mailbox::default();
        for line in 0..1000 {
            mailbox.put(note(line));
        }
        let heard = mailbox.take().expect("there are notes");
        assert_eq!(heard.len(), KEPT_NOTES);
        assert_eq!(heard.last(), Some(&note(999)));
    }
}
