//! The keyboard as a dialog has it: for itself, with Tab going round its fields.

use iced::advanced::Shell;
use iced::advanced::widget::Id;
use iced::advanced::widget::operation::focusable;
use iced::keyboard::{self, Key, key::Named};
use iced::{Element, Event};

use crate::wrapper::{Content, Intent, Listener, Settled, Wrapper};

type OnKey<'a, Message> = Box<dyn Fn(&keyboard::Event) -> Option<Message> + 'a>;

/// Content that has the keyboard for itself.
///
/// What `on_key` does not know goes to the fields, Tab goes round them, and nothing else hears a key.
pub type Scope<'a, Message> = Wrapper<'a, Message, Keys<'a, Message>>;

/// What hears the keys of a [`Scope`].
pub struct Keys<'a, Message> {
    on_key: OnKey<'a, Message>,
    intent: Intent,
}

impl<'a, Message> Scope<'a, Message> {
    /// Content whose keys `on_key` is asked about first.
    pub fn new(
        content: impl Into<Element<'a, Message>>,
        on_key: impl Fn(&keyboard::Event) -> Option<Message> + 'a,
    ) -> Self {
        let keys = Keys {
            on_key: Box::new(on_key),
            intent: Intent::default(),
        };
        Wrapper::around(content, keys)
    }

    /// Gives the focus to the field `id` as soon as it is there, with its text selected.
    #[must_use]
    pub fn focus_first(mut self, id: Id) -> Self {
        self.listener.intent.focus_first = Some(id);
        self
    }

    /// Puts the caret of the field `id` behind its text whenever `change` is another number.
    #[must_use]
    pub fn caret_at_end(mut self, id: Id, change: usize) -> Self {
        self.listener.intent.caret_at_end = Some((id, change));
        self
    }

    /// Scrolls the list `id` down to `y` whenever that changes.
    #[must_use]
    pub fn reveal(mut self, id: Id, y: f32) -> Self {
        self.listener.intent.reveal = Some((id, y));
        self
    }
}

impl<Message> Listener<Message> for Keys<'_, Message> {
    type Memory = Settled;

    fn hear(
        &mut self,
        settled: &mut Settled,
        event: &Event,
        content: &mut Content<'_, '_, Message>,
        shell: &mut Shell<'_, Message>,
    ) {
        self.intent.settle(settled, content);
        if let Event::Keyboard(keyboard) = event
            && let Some(message) = (self.on_key)(keyboard)
        {
            shell.publish(message);
            shell.capture_event();
            return;
        }
        content.update(event, shell);
        if shell.is_event_captured() {
            return;
        }
        if let Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. }) = event {
            if *key == Key::Named(Named::Tab) {
                go_round(content, modifiers.shift());
                shell.request_redraw();
            }
            shell.capture_event();
        }
    }
}

/// Gives the focus to the field behind or before the one that has it, and to the first behind the last.
fn go_round<Message>(content: &mut Content<'_, '_, Message>, back: bool) {
    // Behind the last field none has the focus; the one behind none is the first.
    for _ in 0..2 {
        if back {
            let _ = content.run(focusable::focus_previous::<()>());
        } else {
            let _ = content.run(focusable::focus_next::<()>());
        }
        let count = content.run(focusable::count());
        if count.is_none_or(|count| count.focused.is_some() || count.total == 0) {
            return;
        }
    }
}

/// The key of a press, where `event` is one and nothing but Shift is held down.
pub(super) fn plain(event: &keyboard::Event) -> Option<&Key> {
    match event {
        keyboard::Event::KeyPressed { key, modifiers, .. }
            if !modifiers.command() && !modifiers.alt() && !modifiers.control() =>
        {
            Some(key)
        }
        keyboard::Event::KeyPressed { .. }
        | keyboard::Event::KeyReleased { .. }
        | keyboard::Event::ModifiersChanged(_) => None,
    }
}
