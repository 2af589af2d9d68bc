//! A widget around a field that sees its keys first, and that tells when the field is left.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::{self, Operation, Outcome, focusable};
use iced::advanced::widget::{self, Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, overlay, renderer};
use iced::keyboard::{self, Key, Modifiers};
use iced::widget::Id;
use iced::widget::scrollable::AbsoluteOffset;
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, Vector, mouse};

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
pub struct Watch<'a, Message> {
    content: Element<'a, Message>,
    on_key: Option<OnKey<'a, Message>>,
    on_leave: Option<Message>,
    hears_all: bool,
    focus_first: Option<Id>,
    reveal: Option<(Id, f32)>,
}

/// What a [`Watch`] remembers from event to event.
#[derive(Debug, Default)]
struct Memory {
    was_focused: bool,
    has_focused: bool,
    revealed: Option<f32>,
}

impl<'a, Message: Clone + 'a> Watch<'a, Message> {
    /// Watches `content`.
    pub fn new(content: impl Into<Element<'a, Message>>) -> Self {
        Self {
            content: content.into(),
            on_key: None,
            on_leave: None,
            hears_all: false,
            focus_first: None,
            reveal: None,
        }
    }

    /// Asks `on_key` about every key pressed while something in the content has the focus.
    #[must_use]
    pub fn on_key(
        mut self,
        on_key: impl Fn(&Key, Modifiers) -> Option<Press<Message>> + 'a,
    ) -> Self {
        self.on_key = Some(Box::new(on_key));
        self
    }

    /// Sends `message` when the content loses the focus.
    #[must_use]
    pub fn on_leave(mut self, message: Message) -> Self {
        self.on_leave = Some(message);
        self
    }

    /// Asks about keys also while nothing in the content has the focus.
    #[must_use]
    pub fn hears_all(mut self) -> Self {
        self.hears_all = true;
        self
    }

    /// Gives the focus to the field `id` as soon as it is there, with its text selected.
    #[must_use]
    pub fn focus_first(mut self, id: Id) -> Self {
        self.focus_first = Some(id);
        self
    }

    /// Scrolls the list `id` down to `y` whenever that changes.
    #[must_use]
    pub fn reveal(mut self, id: Id, y: f32) -> Self {
        self.reveal = Some((id, y));
        self
    }

    fn operate_on(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        self.content
            .as_widget_mut()
            .operate(&mut tree.children[0], layout, renderer, operation);
    }

    fn is_focused(&mut self, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer) -> bool {
        let mut search = focusable::count();
        self.operate_on(
            tree,
            layout,
            renderer,
            &mut operation::black_box(&mut search),
        );
        matches!(
            search.finish(),
            Outcome::Some(focusable::Count {
                focused: Some(_),
                ..
            })
        )
    }

    /// Does what was asked for once the content is there.
    fn settle(&mut self, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer) {
        let memory = tree.state.downcast_mut::<Memory>();
        let first = match &self.focus_first {
            Some(id) if !memory.has_focused => Some(id.clone()),
            Some(_) | None => None,
        };
        memory.has_focused = true;
        let reveal = match &self.reveal {
            Some((id, y)) if memory.revealed != Some(*y) => Some((id.clone(), *y)),
            Some(_) | None => None,
        };
        if let Some((_, y)) = &reveal {
            memory.revealed = Some(*y);
        }
        if let Some(id) = first {
            let mut focus = focusable::focus::<()>(id.clone());
            self.operate_on(tree, layout, renderer, &mut focus);
            let mut select = operation::text_input::select_all::<()>(id);
            self.operate_on(tree, layout, renderer, &mut select);
        }
        if let Some((id, y)) = reveal {
            let offset = AbsoluteOffset {
                x: None,
                y: Some(y),
            };
            let mut scroll = operation::scrollable::scroll_to::<()>(id, offset);
            self.operate_on(tree, layout, renderer, &mut scroll);
        }
    }

    /// What the key of `event` means, if `on_key` knows.
    fn press(&self, event: &Event) -> Option<Press<Message>> {
        let Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. }) = event else {
            return None;
        };
        (self.on_key.as_ref()?)(key, *modifiers)
    }
}

impl<'a, Message: Clone + 'a> Widget<Message, Theme, Renderer> for Watch<'a, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<Memory>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(Memory::default())
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.content)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(std::slice::from_ref(&self.content));
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn size_hint(&self) -> Size<Length> {
        self.content.as_widget().size_hint()
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        self.content
            .as_widget_mut()
            .layout(&mut tree.children[0], renderer, limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn widget::Operation,
    ) {
        self.operate_on(tree, layout, renderer, operation);
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        self.settle(tree, layout, renderer);
        let was_focused = self.is_focused(tree, layout, renderer)
            || tree.state.downcast_ref::<Memory>().was_focused;
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
                    let mut unfocus = focusable::unfocus::<()>();
                    self.operate_on(tree, layout, renderer, &mut unfocus);
                    tree.state.downcast_mut::<Memory>().was_focused = false;
                    shell.publish(message);
                    shell.capture_event();
                }
            }
            return;
        }
        self.content.as_widget_mut().update(
            &mut tree.children[0],
            event,
            layout,
            cursor,
            renderer,
            clipboard,
            shell,
            viewport,
        );
        let is_focused = self.is_focused(tree, layout, renderer);
        tree.state.downcast_mut::<Memory>().was_focused = is_focused;
        if was_focused
            && !is_focused
            && let Some(message) = &self.on_leave
        {
            shell.publish(message.clone());
        }
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        self.content.as_widget().mouse_interaction(
            &tree.children[0],
            layout,
            cursor,
            viewport,
            renderer,
        )
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        self.content.as_widget().draw(
            &tree.children[0],
            renderer,
            theme,
            style,
            layout,
            cursor,
            viewport,
        );
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        self.content.as_widget_mut().overlay(
            &mut tree.children[0],
            layout,
            renderer,
            viewport,
            translation,
        )
    }
}

impl<'a, Message: Clone + 'a> From<Watch<'a, Message>> for Element<'a, Message> {
    fn from(watch: Watch<'a, Message>) -> Self {
        Element::new(watch)
    }
}
