//! What keys do that no field wants.

use iced::{Task, keyboard};

use super::{App, Message};
use crate::chrome::toolbar::View;

impl App {
    /// Does what a key asks for: first what the view that is seen does with it, then the command that has the key.
    pub(super) fn on_key(&mut self, event: &keyboard::Event) -> Task<Message> {
        if let Some(palette) = &self.palette {
            return match palette.early(event) {
                Some(message) => self.on_palette(message),
                None => Task::none(),
            };
        }
        if self.overlay.as_ref().is_some_and(|over| !over.is_field()) {
            return Task::none();
        }
        if let keyboard::Event::KeyPressed { key, modifiers, .. } = event {
            let tab = self.tab();
            if let Some((_, viewer)) = &tab.viewer {
                if let Some(message) = viewer.key(key, *modifiers) {
                    return self.on_viewer(message);
                }
            } else if let Some((_, chart)) = &tab.chart {
                if let Some(message) = chart.key(key, *modifiers) {
                    return self.update(Message::Chart(message));
                }
            } else if tab.view == View::Tokens
                && let Some(view) = &tab.tokens
                && let Some(message) = view.key(key, *modifiers)
            {
                return self.on_tokens(message);
            }
        }
        match self.keymap.command(event) {
            Some(command) => self.execute(command),
            None => Task::none(),
        }
    }
}
