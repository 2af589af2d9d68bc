//! The thread of a run, and the one that passes on what it tells.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use graph::document::NodeId;
use graph::engine::{Engine, Happened, Outcome, RunOptions};
use graph::plan::Plan;
use graph::run::Cancel;
use iced::futures::channel::mpsc;

use super::mailbox::Mailbox;
use super::{End, Message, News, RunNumber};
use crate::preview::Shown;

/// How long at least lies between two messages of what happened: thirty a second are seen as smooth.
const INTERVAL: Duration = Duration::from_millis(33);

/// How long to wait for a window that is busy.
const PATIENCE: Duration = Duration::from_millis(4);

/// What is told where the program itself is at fault.
const MISTAKE: &str = "the program panicked in the midst of the run, please report it";

/// The engine, made when it is first needed.
pub struct Opener {
    pub open: Arc<dyn Fn() -> Result<Engine, String> + Send + Sync>,
    pub engine: Mutex<Option<Arc<Engine>>>,
}

/// All that a run needs.
pub struct Work {
    pub number: RunNumber,
    pub plan: Plan,
    pub base: PathBuf,
    pub until: Option<NodeId>,
    pub cancel: Cancel,
    pub opener: Arc<Opener>,
    /// The run to wait for.
    pub before: Option<JoinHandle<()>>,
}

impl Opener {
    /// The engine; whoever comes while it is being made waits.
    fn engine(&self) -> Result<Arc<Engine>, String> {
        let mut engine = self.lock();
        if let Some(engine) = &*engine {
            return Ok(engine.clone());
        }
        let opened = catch_unwind(AssertUnwindSafe(|| (self.open)()))
            .unwrap_or_else(|_| Err("the program panicked while it opened the device".into()));
        let opened = Arc::new(opened?);
        *engine = Some(opened.clone());
        Ok(opened)
    }

    /// Forgets the results of an engine that is there.
    pub fn forget(&self) {
        // An engine that is being made has no results; the window must not wait for it.
        let engine = self.engine.try_lock().ok();
        if let Some(engine) = engine.and_then(|engine| engine.clone()) {
            engine.forget();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Engine>>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells that a run cannot begin.
pub fn refuse(run: RunNumber, why: String, mut sender: mpsc::Sender<Message>) {
    let over = Message::Over {
        run,
        took: Duration::ZERO,
        end: End::Refused(why),
    };
    // Nobody has sent anything yet, so there is room.
    let _ = sender.try_send(over);
}

impl Work {
    /// Runs on a thread of its own, which tells through `sender`; `None` where the system allows none.
    pub fn spawn(self, sender: mpsc::Sender<Message>) -> Option<JoinHandle<()>> {
        let number = self.number;
        let refused = sender.clone();
        let spawned = std::thread::Builder::new()
            .name(format!("run {number}"))
            .spawn(move || self.run(sender));
        match spawned {
            Ok(thread) => Some(thread),
            Err(error) => {
                refuse(
                    number,
                    format!("no thread can be started: {error}"),
                    refused,
                );
                None
            }
        }
    }

    fn run(mut self, mut sender: mpsc::Sender<Message>) {
        if let Some(before) = self.before.take() {
            // A run that panicked is over as well.
            let _ = before.join();
        }
        let began = Instant::now();
        let run = self.number;
        let end = match self.opener.engine() {
            Err(why) => End::Refused(why),
            Ok(engine) => {
                deliver(&mut sender, Message::Opened(run), &self.cancel);
                // Whatever goes wrong, the end is told: nobody shall wait for ever.
                catch_unwind(AssertUnwindSafe(|| self.run_on(&engine, sender.clone())))
                    .unwrap_or_else(|_| End::Refused(MISTAKE.into()))
            }
        };
        let took = began.elapsed();
        deliver(&mut sender, Message::Over { run, took, end }, &self.cancel);
    }

    fn run_on(&self, engine: &Engine, sender: mpsc::Sender<Message>) -> End {
        let options = RunOptions {
            base: self.base.clone(),
            keep: self.until.iter().cloned().collect::<BTreeSet<_>>(),
            show: true,
            ..RunOptions::default()
        };
        let mailbox = Mailbox::default();
        std::thread::scope(|scope| {
            let _ = scope.spawn(|| self.pass_on(&mailbox, sender));
            let outcome = engine.run(&self.plan, &options, &self.cancel, |event| {
                mailbox.put(event.what.clone());
            });
            mailbox.close();
            end(outcome, &self.base)
        })
    }

    /// Passes on what happens, at most every [`INTERVAL`], until nothing more will.
    fn pass_on(&self, mailbox: &Mailbox, mut sender: mpsc::Sender<Message>) {
        let run = self.number;
        while let Some(events) = mailbox.take() {
            let news = events.into_iter().map(|what| news(what, &self.base));
            let news = news.collect();
            deliver(&mut sender, Message::Told { run, news }, &self.cancel);
            mailbox.rest(INTERVAL);
        }
    }
}

/// Hands over `message`, and waits while the window is busy; a run that nobody listens to any more is cancelled.
fn deliver(sender: &mut mpsc::Sender<Message>, message: Message, cancel: &Cancel) {
    let mut message = message;
    loop {
        match sender.try_send(message) {
            Ok(()) => return,
            Err(error) if error.is_full() => {
                message = error.into_inner();
                std::thread::sleep(PATIENCE);
            }
            Err(_) => {
                cancel.cancel();
                return;
            }
        }
    }
}

/// Makes ready to be drawn what is to be seen, so that the window need not.
fn news(what: Happened, base: &Path) -> News {
    match what {
        Happened::Failed { node, error } => News::Happened(Happened::Failed {
            node,
            error: error.seen_from(base),
        }),
        Happened::Preview { node, preview } => News::Live {
            node,
            shown: Shown::new(preview),
        },
        Happened::Shown {
            node,
            port,
            preview,
        } => News::Shown {
            node,
            port,
            shown: Shown::new(preview),
        },
        Happened::Started { .. }
        | Happened::Progress { .. }
        | Happened::Note { .. }
        | Happened::Finished { .. }
        | Happened::Skipped { .. }
        | Happened::Cancelled { .. }
        | Happened::Ended { .. } => News::Happened(what),
    }
}

fn end(outcome: Outcome, base: &Path) -> End {
    if outcome.cancelled {
        return End::Cancelled;
    }
    if outcome.failed.is_empty() {
        return End::Complete;
    }
    let failed = outcome.failed.into_iter();
    End::Failed(
        failed
            .map(|(node, error)| (node, error.seen_from(base).to_string()))
            .collect(),
    )
}
