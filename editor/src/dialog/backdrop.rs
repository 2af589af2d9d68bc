//! What lies behind a dialog: it is seen, and hears nothing.

use iced::advanced::Shell;
use iced::{Element, Event, keyboard, mouse};

use crate::wrapper::{Content, Listener, Wrapper};

/// Content that can be shut: then no key and no button reaches it, and nothing in it has the focus.
pub type Backdrop<'a, Message> = Wrapper<'a, Message, Shutter>;

/// What shuts a [`Backdrop`].
pub struct Shutter {
    is_shut: bool,
}

/// Whether the focus has been taken away since it was shut.
#[derive(Default)]
pub struct Memory {
    was_shut: bool,
}

impl<'a, Message> Backdrop<'a, Message> {
    /// Content that is shut or not.
    pub fn new(content: impl Into<Element<'a, Message>>, is_shut: bool) -> Self {
        Wrapper::around(content, Shutter { is_shut })
    }
}

/// Whether `event` would let something be done.
fn does(event: &Event) -> bool {
    match event {
        Event::Keyboard(keyboard::Event::KeyPressed { .. })
        | Event::InputMethod(_)
        | Event::Touch(_) => true,
        // Whoever holds a key when the dialog opens must learn that it was let go.
        Event::Keyboard(
            keyboard::Event::KeyReleased { .. } | keyboard::Event::ModifiersChanged(_),
        ) => false,
        Event::Mouse(event) => match event {
            mouse::Event::ButtonPressed(_) | mouse::Event::WheelScrolled { .. } => true,
            // And whoever drags.
            mouse::Event::ButtonReleased(_)
            | mouse::Event::CursorEntered
            | mouse::Event::CursorLeft
            | mouse::Event::CursorMoved { .. } => false,
        },
        Event::Window(_) => false,
    }
}

impl<Message> Listener<Message> for Shutter {
    type Memory = Memory;

    fn hear(
        &mut self,
        memory: &mut Memory,
        event: &Event,
        content: &mut Content<'_, '_, Message>,
        shell: &mut Shell<'_, Message>,
    ) {
        let was_shut = std::mem::replace(&mut memory.was_shut, self.is_shut);
        if self.is_shut && !was_shut {
            content.unfocus();
        }
        if !self.is_shut || !does(event) {
            content.update(event, shell);
        }
    }

    fn lets_overlay(&self) -> bool {
        // An open list or a tooltip would lie above the dialog.
        !self.is_shut
    }
}
