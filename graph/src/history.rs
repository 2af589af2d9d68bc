//! Undo and redo.

#[cfg(test)]
mod tests;

use crate::document::{Graph, NodeId, Wire};
use crate::edit::{Edit, EditError};

/// What was done to a graph and can be undone, and what was undone and can be done again.
#[derive(Clone, Debug, Default)]
pub struct History {
    undo: Vec<Step>,
    redo: Vec<Edit>,
    sealed: bool,
}

/// One step back.
#[derive(Clone, Debug)]
struct Step {
    inverse: Edit,
    aims: Option<Vec<Aim>>,
}

/// What a step of a drag changes; the next step of the same drag changes the same.
#[derive(Clone, Debug, PartialEq)]
enum Aim {
    Move(NodeId),
    Param(NodeId, String),
    Frame(NodeId),
    Note(NodeId),
    Reroutes(Wire),
    About,
}

impl History {
    /// Makes `edit` a step of its own.
    ///
    /// Errors: those of [`Graph::apply`]; nothing has then happened.
    pub fn apply(&mut self, graph: &mut Graph, edit: Edit) -> Result<(), EditError> {
        self.seal();
        self.merge(graph, edit)
    }

    /// Makes `edit` part of the last step where both set the same things, as the moments of one drag do.
    ///
    /// [`History::seal`] ends the drag.
    ///
    /// Errors: those of [`Graph::apply`]; nothing has then happened.
    pub fn merge(&mut self, graph: &mut Graph, edit: Edit) -> Result<(), EditError> {
        let aims = aims(&edit);
        let inverse = graph.apply(edit)?;
        self.redo.clear();
        let same_drag = !self.sealed
            && aims.is_some()
            && self.undo.last().is_some_and(|last| last.aims == aims);
        // Within a drag, the way back of its first moment leads back from all of them.
        if !same_drag {
            self.undo.push(Step { inverse, aims });
        }
        self.sealed = false;
        Ok(())
    }

    /// Ends a drag: what comes next is a step of its own.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// Takes the last step back; `false` where there is none.
    pub fn undo(&mut self, graph: &mut Graph) -> bool {
        self.seal();
        let Some(step) = self.undo.pop() else {
            return false;
        };
        let again = graph
            .apply(step.inverse)
            .expect("the graph is as the step left it, so the step can be undone");
        self.redo.push(again);
        true
    }

    /// Makes the last undone step again; `false` where there is none.
    pub fn redo(&mut self, graph: &mut Graph) -> bool {
        self.seal();
        let Some(edit) = self.redo.pop() else {
            return false;
        };
        let aims = aims(&edit);
        let inverse = graph
            .apply(edit)
            .expect("the graph is as undoing left it, so the step can be made again");
        self.undo.push(Step { inverse, aims });
        true
    }

    /// The edit that takes the last step back.
    pub fn next_undo(&self) -> Option<&Edit> {
        self.undo.last().map(|step| &step.inverse)
    }

    /// The edit that makes the last undone step again.
    pub fn next_redo(&self) -> Option<&Edit> {
        self.redo.last()
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is a step to make again.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }
}

/// What `edit` changes, where it is such as a drag makes many of.
fn aims(edit: &Edit) -> Option<Vec<Aim>> {
    Some(vec![match edit {
        Edit::Move { node, .. } => Aim::Move(node.clone()),
        Edit::SetParam { node, name, .. } => Aim::Param(node.clone(), name.clone()),
        Edit::SetFrame { id, frame: Some(_) } => Aim::Frame(id.clone()),
        Edit::SetNote { id, note: Some(_) } => Aim::Note(id.clone()),
        Edit::SetReroutes { wire, .. } => Aim::Reroutes(wire.clone()),
        Edit::SetAbout(_) => Aim::About,
        Edit::Batch(edits) => {
            let parts: Option<Vec<Vec<Aim>>> = edits.iter().map(aims).collect();
            return parts.map(|parts| parts.concat());
        }
        Edit::AddNode(_)
        | Edit::RemoveNode(_)
        | Edit::RenameNode { .. }
        | Edit::Connect(_)
        | Edit::Disconnect(_)
        | Edit::SetVerbatim { .. }
        | Edit::SetState { .. }
        | Edit::SetCollapsed { .. }
        | Edit::SetInterfaceParam { .. }
        | Edit::SetInterfaceOutput { .. }
        | Edit::SetPlugin { .. }
        | Edit::SetFrame { frame: None, .. }
        | Edit::SetNote { note: None, .. } => return None,
    }])
}
