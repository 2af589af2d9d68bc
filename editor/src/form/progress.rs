//! How far a run is as a whole.

use graph::document::NodeId;

use crate::inspector::progress;
use crate::status::{NodeStatus, Statuses};

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// From 0 to 1; every node counts alike.
    pub share: f32,
    /// What is being done.
    pub words: String,
}

/// How far the run that `statuses` tell of is; `None` where there is none.
pub fn of(statuses: &Statuses) -> Option<Progress> {
    let mut count = 0;
    let mut share = 0.0;
    let mut at_work: Option<(&NodeId, &NodeStatus)> = None;
    for (node, status) in statuses.iter() {
        count += 1;
        match status {
            NodeStatus::Waiting => {}
            NodeStatus::Running { done, total, .. } => {
                share += *done as f32 / (*total).max(1) as f32;
                // The node that tells how far it is tells more.
                if at_work.is_none() || *total > 0 {
                    at_work = Some((node, status));
                }
            }
            NodeStatus::Finished { .. }
            | NodeStatus::Failed { .. }
            | NodeStatus::Skipped { .. }
            | NodeStatus::Cancelled => share += 1.0,
        }
    }
    if count == 0 {
        return None;
    }
    let words = match at_work {
        Some((
            node,
            NodeStatus::Running {
                done,
                total,
                rate,
                eta,
            },
        )) if *total > 0 => format!("{node}: {}", progress(*done, *total, *rate, *eta)),
        Some((node, _)) => node.to_string(),
        None => "waiting".into(),
    };
    Some(Progress {
        share: share / count as f32,
        words,
    })
}
