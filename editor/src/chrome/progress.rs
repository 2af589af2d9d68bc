//! How far a run is, in numbers and in words.

use std::time::Duration;

use graph::document::NodeId;

use crate::runner::Stage;
use crate::status::{NodeStatus, Statuses};

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What it is about.
    pub stage: Stage,
    /// How many nodes are done, well or not.
    pub over: usize,
    /// Of how many.
    pub nodes: usize,
    /// From 0 to 1, steps of nodes at work included.
    pub share: f32,
    /// The node that will take longest, of those at work.
    pub slowest: Option<Slowest>,
}

/// A node at work that the others wait for.
#[derive(Clone, Debug, PartialEq)]
pub struct Slowest {
    /// Which.
    pub node: NodeId,
    /// How many steps are done.
    pub done: u64,
    /// Of how many; 0 where it has not told.
    pub total: u64,
    /// Steps a second.
    pub rate: f64,
    /// How long the rest will take.
    pub eta: Option<Duration>,
}

impl Progress {
    /// How far the run is whose nodes fare as in `statuses`.
    pub fn new(stage: Stage, statuses: &Statuses) -> Self {
        let (mut over, mut nodes, mut within) = (0, 0, 0.0);
        let mut slowest: Option<Slowest> = None;
        for (node, status) in statuses.iter() {
            nodes += 1;
            match status {
                NodeStatus::Waiting => {}
                NodeStatus::Running {
                    done,
                    total,
                    rate,
                    eta,
                } => {
                    within += share(*done, *total);
                    let found = Slowest {
                        node: node.clone(),
                        done: *done,
                        total: *total,
                        rate: *rate,
                        eta: *eta,
                    };
                    if slowest.as_ref().is_none_or(|other| other.eta < found.eta) {
                        slowest = Some(found);
                    }
                }
                NodeStatus::Finished { .. }
                | NodeStatus::Failed { .. }
                | NodeStatus::Skipped { .. }
                | NodeStatus::Cancelled => over += 1,
            }
        }
        let share = if nodes == 0 {
            0.0
        } else {
            (over as f32 + within) / nodes as f32
        };
        Self {
            stage,
            over,
            nodes,
            share,
            slowest,
        }
    }

    /// What is going on, for a bar of one line.
    pub fn words(&self) -> String {
        match self.stage {
            Stage::Opening => return "Opening the device…".into(),
            Stage::Cancelling => return "Stopping…".into(),
            Stage::Running => {}
        }
        let nodes = format!("{} of {} nodes", self.over, self.nodes);
        let Some(slowest) = &self.slowest else {
            return format!("Running: {nodes}");
        };
        let mut words = format!("Running {}", slowest.node);
        if slowest.total > 0 {
            words += &format!(": {} of {}", slowest.done, slowest.total);
        }
        if slowest.rate > 0.0 {
            words += &format!(" · {} a second", rate(slowest.rate));
        }
        if let Some(eta) = slowest.eta {
            words += &format!(" · {} left", lasting(whole_seconds(eta)));
        }
        format!("{words} · {nodes}")
    }
}

fn share(done: u64, total: u64) -> f32 {
    if total == 0 {
        return 0.0;
    }
    (done as f32 / total as f32).clamp(0.0, 1.0)
}

/// Steps a second, with as many digits as say something.
fn rate(rate: f64) -> String {
    if rate < 10.0 {
        format!("{rate:.1}")
    } else {
        format!("{rate:.0}")
    }
}

/// What is guessed is not told to the tenth of a second.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs_f64().ceil() as u64)
}

/// How long something takes, in words as short as they can be.
pub fn lasting(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..10 if time.subsec_millis() > 0 => format!("{:.1} s", time.as_secs_f64()),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_few_words() {
        let check = |milliseconds: u64, expected: &str| {
            assert_eq!(lasting(Duration::from_millis(milliseconds)), expected);
        };
        check(0, "0 ms");
        check(340, "340 ms");
        check(2000, "2 s");
        check(3440, "3.4 s");
        check(42_900, "42 s");
        check(80_000, "1 min 20 s");
        check(7_500_000, "2 h 5 min");
    }

    #[test]
    fn a_run_is_told_by_the_node_that_takes_longest() {
        let check =
            |stage: Stage, slowest: Option<(u64, u64, f64, Option<u64>)>, expected: &str| {
                let node = "sample".parse().expect("a name of a node");
                let slowest = slowest.map(|(done, total, rate, eta)| Slowest {
                    node,
                    done,
                    total,
                    rate,
                    eta: eta.map(Duration::from_millis),
                });
                let progress = Progress {
                    stage,
                    over: 5,
                    nodes: 9,
                    share: 0.5,
                    slowest,
                };
                assert_eq!(progress.words(), expected);
            };
        check(Stage::Opening, None, "Opening the device…");
        check(Stage::Cancelling, Some((1, 2, 0.5, None)), "Stopping…");
        check(Stage::Running, None, "Running: 5 of 9 nodes");
        check(
            Stage::Running,
            Some((0, 0, 0.0, None)),
            "Running sample · 5 of 9 nodes",
        );
        check(
            Stage::Running,
            Some((12, 32, 3.44, Some(7_200))),
            "Running sample: 12 of 32 · 3.4 a second · 8 s left · 5 of 9 nodes",
        );
    }
}
