//! A run told in lines, for logs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use graph::document::NodeId;
use graph::engine::Happened;

use super::{pace, spoken};

/// How long a node is silent at least between two lines of progress.
const SILENCE: Duration = Duration::from_secs(5);

/// Tells of events in lines on standard error.
#[derive(Debug)]
pub struct Lines {
    explain: bool,
    told: BTreeMap<NodeId, Instant>,
}

impl Lines {
    /// Tells of events; with `explain`, why each node ran.
    pub fn new(explain: bool) -> Self {
        Self {
            explain,
            told: BTreeMap::new(),
        }
    }

    /// Tells of one event.
    pub fn event(&mut self, event: &Happened) {
        match event {
            Happened::Started { node, reason } => {
                let _ = self.told.insert(node.clone(), Instant::now());
                if self.explain {
                    eprintln!("{node}: runs: {reason}");
                }
            }
            Happened::Progress {
                node,
                done,
                total,
                rate,
                eta,
            } => {
                if self.may_tell(node) {
                    let left = eta.map_or(String::new(), |eta| format!(", {} left", spoken(eta)));
                    eprintln!("{node}: {done} of {total}, {}{left}", pace(*rate));
                }
            }
            Happened::Preview { .. } | Happened::Shown { .. } => {}
            Happened::Note { node, line } => eprintln!("{node}: {line}"),
            Happened::Finished {
                node,
                took,
                from_cache,
                reason,
                ..
            } => {
                if !from_cache {
                    eprintln!("{node}: done in {}", spoken(*took));
                } else if self.explain {
                    eprintln!("{node}: from the cache: {reason}");
                } else {
                    eprintln!("{node}: from the cache");
                }
            }
            Happened::Failed { node, .. } => eprintln!("{node}: failed"),
            Happened::Skipped { node, because } => {
                eprintln!("{node}: left out, for it needs `{because}`");
            }
            Happened::Cancelled { node } => eprintln!("{node}: cancelled"),
            Happened::Ended { took, .. } => eprintln!("ended after {}", spoken(*took)),
        }
    }

    fn may_tell(&mut self, node: &NodeId) -> bool {
        let now = Instant::now();
        let due = |last: &Instant| now.duration_since(*last) >= SILENCE;
        let tell = self.told.get(node).is_none_or(due);
        if tell {
            let _ = self.told.insert(node.clone(), now);
        }
        tell
    }
}
