//! Closing tabs and the window, without losing what was not saved or what runs keep when they are stopped.

use iced::{Task, window};

use super::overlay::Overlay;
use super::{App, Message};
use crate::chrome::status::Said;
use crate::runner::{Stage, TabId};

/// What is closed as soon as it is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// A tab.
    Tab(TabId),
    /// The window.
    Window,
}

impl App {
    /// Closes a tab, and asks first where its run goes on or it is not saved.
    pub(super) fn close_tab(&mut self, id: TabId) -> Task<Message> {
        let Some(at) = self.tabs.iter().position(|tab| tab.id == id) else {
            return Task::none();
        };
        if self.is_running(id) {
            self.chosen = at;
            self.overlay = Some(Overlay::stop(&self.tabs[at], Closing::Tab(id)));
            return Task::none();
        }
        if self.tabs[at].document.is_dirty() {
            self.chosen = at;
            self.overlay = Some(Overlay::unsaved(&self.tabs[at], Closing::Tab(id)));
            return Task::none();
        }
        self.close_for_good(id);
        Task::none()
    }

    /// Closes a tab, whatever was not saved in it.
    pub(super) fn close_for_good(&mut self, id: TabId) {
        let Some(at) = self.tabs.iter().position(|tab| tab.id == id) else {
            return;
        };
        let tab = self.tabs.remove(at);
        self.runner.close(tab.id);
        tab.document.close();
        if self.tabs.is_empty() {
            self.add_untitled();
        }
        if self.chosen > at || self.chosen == self.tabs.len() {
            self.chosen = self.chosen.saturating_sub(1);
        }
    }

    /// Closes the window, and asks first for each tab whose run goes on or that is not saved.
    pub(super) fn quit(&mut self) -> Task<Message> {
        if let Some(at) = self.tabs.iter().position(|tab| self.is_running(tab.id)) {
            self.chosen = at;
            self.overlay = Some(Overlay::stop(&self.tabs[at], Closing::Window));
            return Task::none();
        }
        match self.tabs.iter().position(|tab| tab.document.is_dirty()) {
            Some(at) => {
                self.chosen = at;
                self.overlay = Some(Overlay::unsaved(&self.tabs[at], Closing::Window));
                Task::none()
            }
            None => self.leave(),
        }
    }

    /// Whether a run of the tab goes on that nobody has asked to stop.
    fn is_running(&self, id: TabId) -> bool {
        let current = self.runner.current(id);
        current.is_some_and(|current| current.stage != Stage::Cancelling)
    }

    /// Stops the run that is asked about, and goes on closing.
    pub(super) fn stop_and_close(&mut self, closing: Closing) -> Task<Message> {
        let id = match closing {
            Closing::Tab(id) => id,
            Closing::Window => self.tab().id,
        };
        self.runner.cancel(id);
        match closing {
            Closing::Tab(id) => self.close_tab(id),
            Closing::Window => self.quit(),
        }
    }

    /// What was closing goes on, now that something was saved.
    pub(super) fn go_on_closing(&mut self) -> Task<Message> {
        match self.closing.take() {
            Some(Closing::Tab(id)) => self.close_tab(id),
            Some(Closing::Window) => self.quit(),
            None => Task::none(),
        }
    }

    /// Gives up what was not saved in the tab that is asked about, and goes on closing.
    pub(super) fn give_up(&mut self, closing: Closing) -> Task<Message> {
        match closing {
            Closing::Tab(id) => {
                self.close_for_good(id);
                Task::none()
            }
            Closing::Window => {
                let is_last = self.tabs.len() == 1;
                let id = self.tab().id;
                if is_last {
                    // The window is left with an empty tab, and is gone before anybody sees it.
                    self.close_for_good(id);
                    return self.leave();
                }
                self.close_for_good(id);
                self.quit()
            }
        }
    }

    /// Ends the program as soon as no run goes on; asked again, at once.
    fn leave(&mut self) -> Task<Message> {
        self.runner.cancel_all();
        if !self.is_leaving && !self.runner.is_idle() {
            self.is_leaving = true;
            self.say(Said::plain(
                "closes as soon as the runs have stopped; close again not to wait",
            ));
            return Task::none();
        }
        // Nobody is left to whom it could be told that this failed.
        let _ = self.settings.save();
        for tab in self.tabs.drain(..) {
            tab.document.close();
        }
        self.add_untitled();
        window::latest().and_then(window::close)
    }

    /// What comes when a run has ended: the end of a window that is left, or else the next run.
    pub(super) fn go_on_after_run(&mut self) -> Task<Message> {
        match (self.is_leaving, self.runner.is_idle()) {
            (false, _) => self.advance(),
            (true, true) => self.quit(),
            (true, false) => Task::none(),
        }
    }
}
