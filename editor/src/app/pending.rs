//! What is typed in fields and not yet part of the workflow.

use graph::document::{NodeId, PortRef};
use graph::edit::Edit;
use iced::Task;
use iced::widget::operation;

use super::overlay::Overlay;
use super::{App, Message};
use crate::chrome::status::Said;
use crate::command::Command;
use crate::{form, inspector, param};

/// What is said where something typed stands in the way.
const REFUSED: &str =
    "what is typed in a field cannot be used: mend it there, or give it up with Esc";

impl App {
    /// Makes all that is typed in the tab that is seen part of its workflow; `false` where something cannot be.
    ///
    /// What cannot be stays in its field and is marked.
    pub(super) fn settle(&mut self) -> bool {
        if self.tabs.is_empty() {
            return true;
        }
        let is_laid = self.settle_field();
        self.settle_inspector();
        self.settle_form();
        let tab = self.tab();
        is_laid && !tab.inspector.has_drafts() && !tab.form.has_drafts()
    }

    /// As [`App::settle`], and tells what stands in the way.
    pub(super) fn settle_or_say(&mut self) -> bool {
        let settled = self.settle();
        if !settled {
            self.say(Said::warning(REFUSED));
        }
        settled
    }

    /// Makes what is typed part of the workflow, before `command` is carried out.
    pub(super) fn settle_before(&mut self, command: Command) {
        // These go back in what was typed first, or give it up.
        let goes_back = matches!(command, Command::Undo | Command::Redo | Command::Cancel);
        if !goes_back {
            let _ = self.settle();
        }
    }

    /// Takes what is typed in the field over the canvas, and takes the field away; `false` where it must stay.
    fn settle_field(&mut self) -> bool {
        let (mut field, bounds) = match self.overlay.take() {
            Some(Overlay::Param(field, bounds)) => (field, bounds),
            other => {
                self.overlay = other;
                return true;
            }
        };
        let step = field.settle(self.param_context());
        if let param::Action::Apply(edit) = step.action {
            let _ = self.change(edit);
        }
        if !step.is_over {
            self.overlay = Some(Overlay::Param(field, bounds));
        }
        step.is_over
    }

    /// Takes what is typed in the inspector.
    pub(super) fn settle_inspector(&mut self) {
        let mut panel = std::mem::take(&mut self.tab_mut().inspector);
        let actions = panel.settle(self.tab().inspector_context(self.surroundings()));
        self.tab_mut().inspector = panel;
        for action in actions {
            if let inspector::Action::Field(param::Action::Apply(edit)) = action {
                let _ = self.change(edit);
            } else if let inspector::Action::Rename { from, to } = action {
                self.rename(&from, &to);
            }
        }
    }

    fn settle_form(&mut self) {
        let mut panel = std::mem::take(&mut self.tab_mut().form);
        let action = panel.settle(self.tab().form_context(self.surroundings()));
        self.tab_mut().form = panel;
        if let form::Action::Field(param::Action::Apply(edit)) = action {
            let _ = self.change(edit);
        }
    }

    /// Takes the last step back; where something is typed that cannot be used, that is given up instead.
    pub(super) fn undo(&mut self) {
        if !self.settle() {
            self.overlay = self.overlay.take().filter(|over| !over.is_field());
            let (tab, registry) = self.tab_and_registry();
            tab.inspector.give_up();
            tab.form.give_up();
            tab.refresh(&registry);
            return;
        }
        let renamed = self.tab().document.next_undo().and_then(renamed);
        if self.tab_mut().document.undo() {
            self.refresh_after(renamed);
        } else {
            self.say(Said::plain("there is nothing to undo"));
        }
    }

    /// Makes the step again that was taken back.
    pub(super) fn redo(&mut self) {
        let _ = self.settle();
        let renamed = self.tab().document.next_redo().and_then(renamed);
        if self.tab_mut().document.redo() {
            self.refresh_after(renamed);
        } else {
            self.say(Said::plain("there is nothing to redo"));
        }
    }

    /// Takes over what a step back or again has changed, which may have `renamed` a node.
    fn refresh_after(&mut self, renamed: Option<(NodeId, NodeId)>) {
        match renamed {
            Some((from, to)) => self.follow(&from, &to),
            None => {
                let (tab, registry) = self.tab_and_registry();
                tab.refresh(&registry);
            }
        }
    }

    /// Carries out what a field asks for, wherever it lies.
    pub(super) fn carry_out_field(&mut self, action: param::Action) -> Task<Message> {
        match action {
            param::Action::None => {}
            param::Action::Apply(edit) => {
                let _ = self.change(edit);
            }
            param::Action::Merge(edit) => self.merge(edit),
            param::Action::Seal => self.tab_mut().document.seal(),
            param::Action::Browse { target, purpose } => return self.browse(target, purpose),
            param::Action::Undo(target) => self.undo_in_field(&target),
            param::Action::Redo(target) => self.redo_in_field(&target),
            param::Action::Pass { back } => return pass(back),
        }
        Task::none()
    }

    /// Takes the last step back if it set the parameter whose field asks for that.
    pub(super) fn undo_in_field(&mut self, target: &PortRef) {
        let next = self.tab().document.next_undo();
        if next.is_some_and(|edit| edit.sets(target)) {
            self.undo();
        } else {
            self.say(Said::plain(
                "the last step is not of this field: leave it with Esc to undo in the workflow",
            ));
        }
    }

    /// Makes the step again that was taken back if it sets the parameter whose field asks for that.
    pub(super) fn redo_in_field(&mut self, target: &PortRef) {
        let next = self.tab().document.next_redo();
        if next.is_some_and(|edit| edit.sets(target)) {
            self.redo();
        }
    }

    /// Lets all that is known of a node be known of it under its new name.
    fn follow(&mut self, from: &NodeId, to: &NodeId) {
        let id = self.tab().id;
        self.runner.rename(id, from, to);
        let (tab, registry) = self.tab_and_registry();
        tab.follow(from, to, &registry);
    }

    /// Calls a node something else, wherever it is spoken of.
    pub(super) fn rename(&mut self, from: &NodeId, to: &NodeId) {
        let is_selected = self.tab().canvas.selection.nodes.contains(from);
        let renamed = self.change(Edit::RenameNode {
            from: from.clone(),
            to: to.clone(),
        });
        if !renamed {
            return;
        }
        self.follow(from, to);
        if is_selected {
            let mut selection = self.tab().canvas.selection.clone();
            let _ = selection.nodes.insert(to.clone());
            self.select(selection);
        }
    }
}

/// Which node `edit` calls something else, and what.
fn renamed(edit: &Edit) -> Option<(NodeId, NodeId)> {
    if let Edit::RenameNode { from, to } = edit {
        Some((from.clone(), to.clone()))
    } else if let Edit::Batch(edits) = edit {
        // The canvas pins nodes that had no place yet in the same step.
        edits.iter().find_map(renamed)
    } else {
        None
    }
}

/// Gives the focus to the next field, or the one before.
fn pass(back: bool) -> Task<Message> {
    if back {
        operation::focus_previous()
    } else {
        operation::focus_next()
    }
}
