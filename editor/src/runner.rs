//! Runs of documents: on threads of their own, told in messages.
//!
//! Every document has one run at a time: a new one cancels the one before, waits for it, and hears no more of it.
//! Runs of different documents go side by side.

mod mailbox;
mod scope;
mod thread;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use graph::document::{Graph, NodeId};
use graph::engine::{Engine, Happened};
use graph::registry::Registry;
use graph::run::Cancel;
use iced::Task;
use iced::futures::channel::mpsc;

use crate::preview::{Shown, Thumbnails};
use crate::status::{Beside, Statuses, contents};

/// A document that runs belong to: a tab of the window, or something that somebody looks at beside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TabId(pub u64);

/// Which run of this editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunNumber(u64);

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Request {
    /// The graph as it is now; whoever edits the document disturbs no run.
    pub graph: Graph,
    /// The node to run until, or `None` for the whole.
    pub until: Option<NodeId>,
    /// Where relative paths start.
    pub base: PathBuf,
    /// The document that the run is told to.
    pub document: TabId,
    /// What the run is called.
    pub label: String,
}

/// A run that goes on.
#[derive(Debug)]
pub struct Current {
    /// Which.
    pub number: RunNumber,
    /// What it is called.
    pub label: String,
    /// How far it is.
    pub stage: Stage,
    /// The nodes that it leaves out because something is wrong with them and no result needs them.
    pub left_out: Vec<NodeId>,
    cancel: Cancel,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The device is being opened, or the run before is still ending.
    Opening,
    /// Nodes work.
    Running,
    /// It was asked to stop, and nodes are on their way there.
    Cancelling,
}

/// What a run tells; [`Runner::update`] takes it in.
#[derive(Clone, Debug)]
pub enum Message {
    /// The engine is there.
    Opened(RunNumber),
    /// What happened since the last such message.
    Told {
        /// The run.
        run: RunNumber,
        /// What happened, in order; of progress and previews the latest alone.
        news: Vec<News>,
    },
    /// The run is over; nothing comes after this.
    Over {
        /// The run.
        run: RunNumber,
        /// How long it took.
        took: Duration,
        /// What it came to.
        end: End,
    },
}

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub enum News {
    /// Anything but something to see.
    Happened(Happened),
    /// What a node shows so far.
    Live {
        /// The node.
        node: NodeId,
        /// What it shows.
        shown: Shown,
    },
    /// What came out of a node.
    Shown {
        /// The node.
        node: NodeId,
        /// The output.
        port: String,
        /// What came out there.
        shown: Shown,
    },
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every node did its work.
    Complete,
    /// These nodes failed, each with what was wrong.
    Failed(Vec<(NodeId, String)>),
    /// It was stopped.
    Cancelled,
    /// It could not begin.
    Refused(String),
}

/// What the application shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing but draw anew.
    None,
    /// A run has ended: tell the queue, and say so.
    Ended {
        /// The run.
        run: RunNumber,
        /// The document that it belongs to.
        document: TabId,
        /// What it was called.
        label: String,
        /// How long it took.
        took: Duration,
        /// What it came to.
        end: End,
    },
}

/// Starts runs and remembers what they told.
pub struct Runner {
    registry: Arc<Registry>,
    opener: Arc<thread::Opener>,
    documents: BTreeMap<TabId, Seen>,
    /// Runs that gave way to others, until they have ended.
    leaving: BTreeMap<RunNumber, (TabId, String)>,
    count: u64,
    nothing: Seen,
}

/// What is known of the runs of a document.
#[derive(Default)]
struct Seen {
    statuses: Statuses,
    thumbnails: Thumbnails,
    current: Option<Current>,
    /// The last run's thread, for the next one to wait for.
    thread: Option<JoinHandle<()>>,
}

impl Runner {
    /// A runner of the kinds in `registry`, on the engine that `open` makes when the first run starts.
    pub fn new(
        registry: Arc<Registry>,
        open: Arc<dyn Fn() -> Result<Engine, String> + Send + Sync>,
    ) -> Self {
        Self {
            registry,
            opener: Arc::new(thread::Opener {
                open,
                engine: Mutex::new(None),
            }),
            documents: BTreeMap::new(),
            leaving: BTreeMap::new(),
            count: 0,
            nothing: Seen::default(),
        }
    }

    /// Lets the next runs know these kinds of node; those that go on keep what they began with.
    pub fn renew(&mut self, registry: Arc<Registry>) {
        self.registry = registry;
    }

    /// Starts a run; the task brings its messages.
    pub fn start(&mut self, request: Request) -> (RunNumber, Task<Message>) {
        let (number, messages) = self.launch(request);
        (number, Task::stream(messages))
    }

    fn launch(&mut self, request: Request) -> (RunNumber, mpsc::Receiver<Message>) {
        self.count += 1;
        let number = RunNumber(self.count);
        let (sender, messages) = mpsc::channel(1);
        let seen = self.documents.entry(request.document).or_default();
        if let Some(before) = seen.current.take() {
            before.cancel.cancel();
            seen.statuses.end();
            let left = (request.document, before.label);
            let _ = self.leaving.insert(before.number, left);
        }
        let planned = scope::plan(&request.graph, &self.registry, request.until.as_ref());
        let (plan, left_out) = match planned {
            Ok(planned) => planned,
            Err(refused) => {
                seen.current = Some(Current::new(number, request.label, Vec::new()));
                thread::refuse(number, refused, sender);
                return (number, messages);
            }
        };
        let beside = match request.until {
            Some(_) => Beside::Kept,
            None => Beside::Forgotten,
        };
        seen.statuses.begin(plan.nodes(), beside);
        let contents = contents(&request.graph, &self.registry);
        seen.statuses.ask(&contents);
        let current = Current::new(number, request.label, left_out);
        let work = thread::Work {
            number,
            plan,
            base: request.base,
            until: request.until,
            cancel: current.cancel.clone(),
            opener: self.opener.clone(),
            before: seen.thread.take(),
        };
        seen.current = Some(current);
        seen.thread = work.spawn(sender);
        (number, messages)
    }

    /// Takes in what a run tells; what comes late of a run that gave way to another is dropped.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Opened(run) => {
                if let Some(current) = self.seen(run).and_then(|seen| seen.current.as_mut())
                    && current.stage == Stage::Opening
                {
                    current.stage = Stage::Running;
                }
                Action::None
            }
            Message::Told { run, news } => {
                if let Some(seen) = self.seen(run) {
                    news.into_iter().for_each(|news| seen.take_in(news));
                }
                Action::None
            }
            Message::Over { run, took, end } => {
                let Some((document, label)) = self.end(run) else {
                    return Action::None;
                };
                Action::Ended {
                    run,
                    document,
                    label,
                    took,
                    end,
                }
            }
        }
    }

    /// What is known of the document that `run` is the present run of.
    fn seen(&mut self, run: RunNumber) -> Option<&mut Seen> {
        self.documents.values_mut().find(|seen| {
            let current = seen.current.as_ref();
            current.is_some_and(|current| current.number == run)
        })
    }

    /// Ends `run`, and tells whose it was.
    fn end(&mut self, run: RunNumber) -> Option<(TabId, String)> {
        if let Some(left) = self.leaving.remove(&run) {
            return Some(left);
        }
        for (document, seen) in &mut self.documents {
            if let Some(current) = seen.current.take_if(|current| current.number == run) {
                seen.statuses.end();
                seen.thumbnails.settle();
                return Some((*document, current.label));
            }
        }
        None
    }

    /// Asks the run of `document` to stop; nodes that work are waited for.
    pub fn cancel(&mut self, document: TabId) {
        let seen = self.documents.get_mut(&document);
        if let Some(current) = seen.and_then(|seen| seen.current.as_mut()) {
            current.cancel.cancel();
            current.stage = Stage::Cancelling;
        }
    }

    /// Asks all runs to stop.
    pub fn cancel_all(&mut self) {
        let documents: Vec<TabId> = self.documents.keys().copied().collect();
        for document in documents {
            self.cancel(document);
        }
    }

    /// Cancels the run of a document that is closed, and forgets what was known of it.
    pub fn close(&mut self, document: TabId) {
        let Some(seen) = self.documents.remove(&document) else {
            return;
        };
        if let Some(current) = seen.current {
            current.cancel.cancel();
            let left = (document, current.label);
            let _ = self.leaving.insert(current.number, left);
        }
    }

    /// Follows a node of `document` that is called something else now.
    pub fn rename(&mut self, document: TabId, from: &NodeId, to: &NodeId) {
        if let Some(seen) = self.documents.get_mut(&document) {
            seen.statuses.rename(from, to);
            seen.thumbnails.rename(from, to);
        }
    }

    /// Finds out which results of `document` are of something else than `graph`; `false` where nothing was run yet.
    pub fn compare(&mut self, document: TabId, graph: &Graph) -> bool {
        let Some(seen) = self.documents.get_mut(&document) else {
            return false;
        };
        seen.statuses.compare(contents(graph, &self.registry));
        true
    }

    /// The run of `document` that goes on.
    pub fn current(&self, document: TabId) -> Option<&Current> {
        self.documents.get(&document)?.current.as_ref()
    }

    /// Every run that goes on, with its document.
    pub fn running(&self) -> impl Iterator<Item = (TabId, &Current)> {
        let documents = self.documents.iter();
        documents.filter_map(|(document, seen)| Some((*document, seen.current.as_ref()?)))
    }

    /// Whether no run goes on, nor is on its way to its end.
    pub fn is_idle(&self) -> bool {
        self.leaving.is_empty() && self.running().next().is_none()
    }

    /// How the nodes of `document` fare.
    pub fn statuses(&self, document: TabId) -> &Statuses {
        let seen = self.documents.get(&document);
        &seen.unwrap_or(&self.nothing).statuses
    }

    /// What the nodes of `document` have shown.
    pub fn thumbnails(&self, document: TabId) -> &Thumbnails {
        let seen = self.documents.get(&document);
        &seen.unwrap_or(&self.nothing).thumbnails
    }

    /// Forgets the results of all runs, so that the next computes everything.
    pub fn forget_results(&self) {
        self.opener.forget();
    }
}

/// A window that is closed leaves no run behind.
impl Drop for Runner {
    fn drop(&mut self) {
        self.cancel_all();
    }
}

impl Current {
    fn new(number: RunNumber, label: String, left_out: Vec<NodeId>) -> Self {
        Self {
            number,
            label,
            stage: Stage::Opening,
            left_out,
            cancel: Cancel::default(),
        }
    }
}

impl Seen {
    fn take_in(&mut self, news: News) {
        match news {
            News::Live { node, shown } => self.thumbnails.show_live(&node, shown),
            News::Shown { node, port, shown } => self.thumbnails.show(&node, &port, shown),
            News::Happened(what) => {
                match &what {
                    Happened::Finished { node, .. } => self.thumbnails.finish(node),
                    Happened::Failed { node, .. } => self.thumbnails.forget(node),
                    Happened::Started { .. }
                    | Happened::Progress { .. }
                    | Happened::Preview { .. }
                    | Happened::Note { .. }
                    | Happened::Shown { .. }
                    | Happened::Skipped { .. }
                    | Happened::Cancelled { .. }
                    | Happened::Ended { .. } => {}
                }
                self.statuses.take_in(&what);
            }
        }
    }
}

impl std::fmt::Display for RunNumber {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)
    }
}
