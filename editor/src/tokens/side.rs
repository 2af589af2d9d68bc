//! One sampler in the token view.

use std::rc::Rc;
use std::sync::Arc;

use graph::document::{Graph, NodeId, PortRef};

use super::Record;
use super::history::History;
use super::pictures::Pictures;

/// One sampler in the token view: its steps, and the pictures that were made of them.
#[derive(Clone, Debug)]
pub struct Side {
    output: PortRef,
    history: Option<History>,
    /// The graph that was run, and the output in it that told the steps.
    ran: Option<(Rc<Graph>, PortRef)>,
    pictures: Pictures,
}

impl Side {
    /// The sampler whose steps `output` tells.
    pub(super) fn new(output: PortRef) -> Self {
        Self {
            output,
            history: None,
            ran: None,
            pictures: Pictures::default(),
        }
    }

    /// The output that tells the steps.
    pub fn output(&self) -> &PortRef {
        &self.output
    }

    /// The steps; `None` until the sampler has run.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// The pictures that were made of steps.
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    pub(super) fn pictures_mut(&mut self) -> &mut Pictures {
        &mut self.pictures
    }

    /// The graph that was run, and the output in it that told the steps.
    pub(super) fn ran(&self) -> Option<(&Graph, &PortRef)> {
        let (graph, output) = self.ran.as_ref()?;
        Some((graph, output))
    }

    /// Follows a node that is called something else now.
    pub(super) fn follow(&mut self, from: &NodeId, to: &NodeId) {
        if self.output.node == *from {
            self.output.node.clone_from(to);
        }
    }

    /// Takes what the latest run told; says whether the steps are others than before.
    pub(super) fn refresh(&mut self, record: Option<&Record>) -> bool {
        let Some(record) = record else {
            return false;
        };
        let known = self.history.as_ref().map(History::steps);
        // A run that took the steps from the cache tells the same ones again.
        if known.is_some_and(|known| Arc::ptr_eq(known, &record.steps) || *known == record.steps) {
            return false;
        }
        self.history = History::new(Arc::clone(&record.steps));
        self.ran = Some((Rc::clone(&record.graph), record.output.clone()));
        self.pictures.clear();
        true
    }

    /// The last step; 0 until the sampler has run.
    pub(super) fn last(&self) -> usize {
        self.history.as_ref().map_or(0, History::last)
    }

    /// Whether the picture of `step` should be made: it is not there, was not tried in vain, and something is laid.
    pub(super) fn wants(&self, step: usize) -> bool {
        let Some(history) = &self.history else {
            return false;
        };
        let laid = history.counts()[step.min(history.last())].masked < history.size().count();
        laid && !self.pictures.has(step) && self.pictures.failure(step).is_none()
    }
}
