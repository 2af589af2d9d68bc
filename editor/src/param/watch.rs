//! A widget around a field that sees its keys first, and that tells when the field is left.

use iced::advanced::Shell;
use iced::keyboard::{self, Key, Modifiers};
use iced::widget::Id;
use iced::{Element, Event};

use crate::wrapper::{Content, Intent, Listener, Settled, Wrapper};

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Press<Message> {
    /// It means this, and nobody else hears it.
    Take(Message),
    /// It means this, and others hear it as well.
    Share(Message),
    /// It means this, and the field is left without a word.
    Quit(Message),
}

type OnKey<'a, Message> = Box<dyn Fn(&Key, Modifiers) -> Option<Press<Message>> + 'a>;

/// Content whose keys are looked at before it sees them, and whose focus is watched.
pub type Watch<'a, Message> = Wrapper<'a, Message, Watcher<'a, Message>>;

/// What watches the content of a [`Watch`].
pub struct Watcher<'a, Message> {
    on_key: Option<OnKey<'a, Message>>,
    on_leave: Option<Message>,
    hears_all: bool,
    intent: Intent,
}

/// What a [`Watcher`] remembers from event to event.
#[derive(Debug, Default)]
pub struct Memory {
    was_focused: bool,
    settled: Settled,
}

impl<'a, Message> Watch<'a, Message> {
    /// Watches `content`.
    pub fn new(content: impl Into<Element<'a, Message>>) -> Self {
        let watcher = Watcher {
            on_key: None,
            on_leave: None,
            hears_all: false,
            intent: Intent::default(),
        };
        Wrapper::around(content, watcher)
    }

    /// Asks `on_key` about every key pressed while something in the content has the focus.
    #[must_use]
    pub fn on_key(
        mut self,
        on_key: impl Fn(&Key, Modifiers) -> Option<Press<Message>> + 'a,
    ) -> Self {
        self.listener.on_key = Some(Box::new(on_key));
        self
    }

    /// Sends `message` when the content loses the focus.
    #[must_use]
    pub fn on_leave(mut self, message: Message) -> Self {
        self.listener.on_leave = Some(message);
        self
    }

    /// Asks about keys also while nothing in the content has the focus.
    #[must_use]
    pub fn hears_all(mut self) -> Self {
        self.listener.hears_all = true;
        self
    }

    /// Gives the focus to the field `id` as soon as it is there, with its text selected.
    #[must_use]
    pub fn focus_first(mut self, id: Id) -> Self {
        self.listener.intent.focus_first = Some(id);
        self
    }

    /// Scrolls the list `id` down to `y` whenever that changes.
    #[must_use]
    pub fn reveal(mut self, id: Id, y: f32) -> Self {
        self.listener.intent.reveal = Some((id, y));
        self
    }
}

impl<Message> Watcher<'_, Message> {
    /// What the key of `event` means, if `on_key` knows.
    fn press(&self, event: &Event) -> Option<Press<Message>> {
        let Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. }) = event else {
            return None;
        };
        (self.on_key.as_ref()?)(key, *modifiers)
    }
}

impl<Message: Clone> Listener<Message> for Watcher<'_, Message> {
    type Memory = Memory;

    fn hear(
        &mut self,
        memory: &mut Memory,
        event: &Event,
        content: &mut Content<'_, '_, Message>,
        shell: &mut Shell<'_, Message>,
    ) {
        self.intent.settle(&mut memory.settled, content);
        let was_focused = memory.was_focused || content.is_focused();
        if (was_focused || self.hears_all)
            && let Some(press) = self.press(event)
        {
            match press {
                Press::Take(message) => {
                    shell.publish(message);
                    shell.capture_event();
                }
                Press::Share(message) => shell.publish(message),
                Press::Quit(message) => {
                    content.unfocus();
                    memory.was_focused = false;
                    shell.publish(message);
                    shell.capture_event();
                }
            }
            return;
        }
        content.update(event, shell);
        memory.was_focused = content.is_focused();
        if was_focused
            && !memory.was_focused
            && let Some(message) = &self.on_leave
        {
            shell.publish(message.clone());
        }
    }
}
