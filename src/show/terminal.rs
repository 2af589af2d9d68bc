//! A run told in bars, for people.

use std::collections::BTreeMap;

use graph::document::NodeId;
use graph::engine::Happened;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{pace, spoken};

/// Tells of events in bars on standard error.
#[derive(Debug)]
pub struct Terminal {
    explain: bool,
    all: MultiProgress,
    bars: BTreeMap<NodeId, ProgressBar>,
}

impl Terminal {
    /// Tells of events; with `explain`, why each node ran.
    pub fn new(explain: bool) -> Self {
        Self {
            explain,
            all: MultiProgress::new(),
            bars: BTreeMap::new(),
        }
    }

    /// Tells of one event.
    pub fn event(&mut self, event: &Happened) {
        match event {
            Happened::Started { node, reason } => {
                let bar = self.bar(node);
                bar.enable_steady_tick(std::time::Duration::from_millis(120));
                if self.explain {
                    self.line(format!("{node}: runs: {reason}"));
                }
            }
            Happened::Progress {
                node,
                done,
                total,
                rate,
                eta,
            } => {
                let left = eta.map_or(String::new(), |eta| format!(", {} left", spoken(eta)));
                let bar = self.bar(node);
                if bar.length() != Some(*total) {
                    bar.set_style(style("{prefix:>16} {bar:32} {pos}/{len} {msg}"));
                    bar.set_length(*total);
                }
                bar.set_position(*done);
                bar.set_message(format!("{}{left}", pace(*rate)));
            }
            Happened::Preview { .. } | Happened::Shown { .. } => {}
            Happened::Note { node, line } => self.line(format!("{node}: {line}")),
            Happened::Finished {
                node,
                took,
                from_cache,
                reason,
                ..
            } => {
                if *from_cache && self.explain {
                    self.line(format!("{node}: from the cache: {reason}"));
                }
                let how = if *from_cache {
                    "from the cache".into()
                } else {
                    spoken(*took)
                };
                self.close(node, &how);
            }
            Happened::Failed { node, .. } => self.close(node, "failed"),
            Happened::Skipped { node, because } => {
                self.close(node, &format!("left out, for it needs `{because}`"));
            }
            Happened::Cancelled { node } => self.close(node, "cancelled"),
            Happened::Ended { .. } => self
                .bars
                .values()
                .for_each(ProgressBar::disable_steady_tick),
        }
    }

    fn bar(&mut self, node: &NodeId) -> ProgressBar {
        let all = &self.all;
        let bar = self.bars.entry(node.clone()).or_insert_with(|| {
            let bar = all.add(ProgressBar::no_length());
            bar.set_style(style("{prefix:>16} {spinner} {msg}"));
            bar.set_prefix(node.to_string());
            bar
        });
        bar.clone()
    }

    fn close(&mut self, node: &NodeId, how: &str) {
        let bar = self.bar(node);
        bar.set_style(style("{prefix:>16} {msg}"));
        bar.finish_with_message(how.to_owned());
    }

    fn line(&self, line: String) {
        // A terminal that is gone has nobody to tell.
        let _ = self.all.println(line);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
