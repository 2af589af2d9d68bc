//! How every node of a document fares: in its last run, and what stands in the way of the next.

mod content;
mod faults;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use graph::document::NodeId;
use graph::engine::Happened;

pub use content::{Content, Contents, contents};
pub(crate) use faults::needed;
pub use faults::{Fault, Faults, Weight};

/// How many lines of each node are kept.
const KEPT_NOTES: usize = 200;

/// How a node fares in the run that it last took part in.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeStatus {
    /// It waits for its turn.
    Waiting,
    /// It works.
    Running {
        /// How many steps are done.
        done: u64,
        /// Of how many; 0 where it has not told.
        total: u64,
        /// Steps a second.
        rate: f64,
        /// How long the rest will take.
        eta: Option<Duration>,
    },
    /// Its result is there.
    Finished {
        /// How long it took.
        took: Duration,
        /// Whether the result was there before.
        from_cache: bool,
        /// Why it ran, or why it did not have to.
        reason: String,
    },
    /// It could not do its work.
    Failed {
        /// What is wrong.
        message: String,
        /// How to mend it.
        hint: Option<String>,
        /// The port or parameter at fault.
        port: Option<String>,
    },
    /// What it needs is not there.
    Skipped {
        /// The node that failed.
        because: NodeId,
    },
    /// It was stopped, or its turn never came.
    Cancelled,
}

/// How the nodes of a document fare, and what they had to say.
#[derive(Clone, Debug, Default)]
pub struct Statuses {
    nodes: BTreeMap<NodeId, Told>,
    /// What the last result of a node came of.
    results: Contents,
    /// What results would come of now.
    now: Contents,
}

#[derive(Clone, Debug)]
struct Told {
    status: NodeStatus,
    /// Why it runs, while it does.
    reason: Option<String>,
    notes: VecDeque<String>,
    /// What its result comes of.
    asked: Option<Content>,
}

impl Statuses {
    /// How `node` fares; `None` where it took part in no run.
    pub fn get(&self, node: &NodeId) -> Option<&NodeStatus> {
        Some(&self.nodes.get(node)?.status)
    }

    /// Why `node` ran or did not have to.
    pub fn reason(&self, node: &NodeId) -> Option<&str> {
        let told = self.nodes.get(node)?;
        match &told.status {
            NodeStatus::Finished { reason, .. } => Some(reason),
            NodeStatus::Waiting
            | NodeStatus::Running { .. }
            | NodeStatus::Failed { .. }
            | NodeStatus::Skipped { .. }
            | NodeStatus::Cancelled => told.reason.as_deref(),
        }
    }

    /// What `node` had to say, the last line last.
    pub fn notes(&self, node: &NodeId) -> impl Iterator<Item = &str> {
        let notes = self.nodes.get(node).map(|told| told.notes.iter());
        notes.into_iter().flatten().map(String::as_str)
    }

    /// Every node that took part in a run.
    pub fn iter(&self) -> impl Iterator<Item = (&NodeId, &NodeStatus)> {
        self.nodes.iter().map(|(node, told)| (node, &told.status))
    }

    /// Begins a run of `nodes`; what is known of others is of older runs and goes, unless it stands `beside`.
    pub fn begin<'a>(&mut self, nodes: impl Iterator<Item = &'a NodeId>, beside: Beside) {
        if beside == Beside::Forgotten {
            self.nodes.clear();
        }
        for node in nodes {
            let waiting = Told {
                status: NodeStatus::Waiting,
                reason: None,
                notes: VecDeque::new(),
                asked: None,
            };
            let _ = self.nodes.insert(node.clone(), waiting);
        }
    }

    /// Takes note of what the results of the run that has begun come of.
    pub fn ask(&mut self, contents: &Contents) {
        for (node, told) in &mut self.nodes {
            if told.status == NodeStatus::Waiting {
                told.asked = contents.get(node).copied();
            }
        }
    }

    /// Takes note of what results would come of now; to be called whenever the document has changed.
    pub fn compare(&mut self, now: Contents) {
        self.now = now;
    }

    /// What the results that are there came of.
    pub fn results(&self) -> impl Iterator<Item = (&NodeId, &Content)> {
        self.results.iter()
    }

    /// Whether what is known of `node` came of something else than what is in the document now.
    ///
    /// A node that waits or works is not, for its result is on its way.
    pub fn is_stale(&self, node: &NodeId) -> bool {
        let Some(now) = self.now.get(node) else {
            return false;
        };
        let told = self.nodes.get(node);
        let known = match told.map(|told| &told.status) {
            Some(NodeStatus::Waiting | NodeStatus::Running { .. }) => None,
            Some(NodeStatus::Failed { .. }) => told.and_then(|told| told.asked.as_ref()),
            Some(
                NodeStatus::Finished { .. } | NodeStatus::Skipped { .. } | NodeStatus::Cancelled,
            )
            | None => self.results.get(node),
        };
        known.is_some_and(|known| known != now)
    }

    /// Takes in what happened in the run.
    pub fn take_in(&mut self, what: &Happened) {
        let Some(node) = what.node() else {
            self.end();
            return;
        };
        let Some(told) = self.nodes.get_mut(node) else {
            return;
        };
        match what {
            Happened::Started { reason, .. } => {
                told.reason = Some(reason.to_string());
                told.status = NodeStatus::Running {
                    done: 0,
                    total: 0,
                    rate: 0.0,
                    eta: None,
                };
            }
            Happened::Progress {
                done,
                total,
                rate,
                eta,
                ..
            } => {
                told.status = NodeStatus::Running {
                    done: *done,
                    total: *total,
                    rate: *rate,
                    eta: *eta,
                };
            }
            Happened::Note { line, .. } => {
                if told.notes.len() == KEPT_NOTES {
                    let _ = told.notes.pop_front();
                }
                told.notes.push_back(line.clone());
            }
            Happened::Finished {
                took,
                from_cache,
                reason,
                ..
            } => {
                if let Some(asked) = told.asked {
                    let _ = self.results.insert(node.clone(), asked);
                }
                told.status = NodeStatus::Finished {
                    took: *took,
                    from_cache: *from_cache,
                    reason: reason.to_string(),
                };
            }
            Happened::Failed { error, .. } => {
                let _ = self.results.remove(node);
                told.status = NodeStatus::Failed {
                    message: error.problem(),
                    hint: error.hint().map(Into::into),
                    port: error.port().map(Into::into),
                };
            }
            Happened::Skipped { because, .. } => {
                told.status = NodeStatus::Skipped {
                    because: because.clone(),
                };
            }
            Happened::Cancelled { .. } => told.status = NodeStatus::Cancelled,
            Happened::Preview { .. } | Happened::Shown { .. } | Happened::Ended { .. } => {}
        }
    }

    /// Ends a run: what still waits or works is cancelled.
    pub fn end(&mut self) {
        for told in self.nodes.values_mut() {
            if matches!(
                told.status,
                NodeStatus::Waiting | NodeStatus::Running { .. }
            ) {
                told.status = NodeStatus::Cancelled;
            }
        }
    }

    /// Follows a node that is called something else now.
    pub fn rename(&mut self, from: &NodeId, to: &NodeId) {
        if let Some(told) = self.nodes.remove(from) {
            let _ = self.nodes.insert(to.clone(), told);
        }
        if let Some(result) = self.results.remove(from) {
            let _ = self.results.insert(to.clone(), result);
        }
    }
}

/// What becomes of the nodes that a run leaves alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// They keep the status of older runs: this is a run of a part.
    Kept,
    /// They have none: this is a run of the whole.
    Forgotten,
}
