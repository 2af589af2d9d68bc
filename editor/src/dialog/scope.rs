//! The keyboard as a dialog has it: for itself, with Tab going round its fields.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::{self, focusable};
use iced::advanced::widget::{Id, Operation, Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, overlay, renderer};
use iced::keyboard::{self, Key, key::Named};
use iced::widget::scrollable::AbsoluteOffset;
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, Vector, mouse};

type OnKey<'a, Message> = Box<dyn Fn(&keyboard::Event) -> Option<Message> + 'a>;

/// Content that has the keyboard for itself.
///
/// What `on_key` does not know goes to the fields, Tab goes round them, and nothing else hears a key.
pub struct Scope<'a, Message> {
    content: Element<'a, Message>,
    on_key: OnKey<'a, Message>,
    focus_first: Option<Id>,
    caret: Option<(Id, usize)>,
    reveal: Option<(Id, f32)>,
}

/// What a [`Scope`] remembers from event to event.
#[derive(Debug, Default)]
struct Memory {
    has_focused: bool,
    moved_caret: Option<usize>,
    revealed: Option<f32>,
}

impl<'a, Message: 'a> Scope<'a, Message> {
    /// Content whose keys `on_key` is asked about first.
    pub fn new(
        content: impl Into<Element<'a, Message>>,
        on_key: impl Fn(&keyboard::Event) -> Option<Message> + 'a,
    ) -> Self {
        Self {
            content: content.into(),
            on_key: Box::new(on_key),
            focus_first: None,
            caret: None,
            reveal: None,
        }
    }

    /// Gives the focus to the field `id` as soon as it is there, with its text selected.
    #[must_use]
    pub fn focus_first(mut self, id: Id) -> Self {
        self.focus_first = Some(id);
        self
    }

    /// Puts the caret of the field `id` behind its text whenever `change` is another number.
    #[must_use]
    pub fn caret_at_end(mut self, id: Id, change: usize) -> Self {
        self.caret = Some((id, change));
        self
    }

    /// Scrolls the list `id` down to `y` whenever that changes.
    #[must_use]
    pub fn reveal(mut self, id: Id, y: f32) -> Self {
        self.reveal = Some((id, y));
        self
    }

    /// Does what was asked for once the content is there.
    fn settle(&mut self, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer) {
        let memory = tree.state.downcast_mut::<Memory>();
        let first = self.focus_first.take().filter(|_| !memory.has_focused);
        memory.has_focused = true;
        let caret = self
            .caret
            .take()
            .filter(|(_, change)| memory.moved_caret != Some(*change));
        if let Some((_, change)) = &caret {
            memory.moved_caret = Some(*change);
        }
        let reveal = self
            .reveal
            .take()
            .filter(|(_, y)| memory.revealed != Some(*y));
        if let Some((_, y)) = &reveal {
            memory.revealed = Some(*y);
        }
        if let Some(id) = first {
            let mut focus = focusable::focus::<()>(id.clone());
            self.operate(tree, layout, renderer, &mut focus);
            let mut select = operation::text_input::select_all::<()>(id);
            self.operate(tree, layout, renderer, &mut select);
        }
        if let Some((id, _)) = caret {
            let mut to_end = operation::text_input::move_cursor_to_end::<()>(id);
            self.operate(tree, layout, renderer, &mut to_end);
        }
        if let Some((id, y)) = reveal {
            let offset = AbsoluteOffset {
                x: None,
                y: Some(y),
            };
            let mut scroll = operation::scrollable::scroll_to::<()>(id, offset);
            self.operate(tree, layout, renderer, &mut scroll);
        }
    }

    /// Gives the focus to the field behind or before the one that has it, and to the first behind the last.
    fn go_round(&mut self, back: bool, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer) {
        // Behind the last field none has the focus; the one behind none is the first.
        for _ in 0..2 {
            if back {
                let _ = self.run(focusable::focus_previous::<()>(), tree, layout, renderer);
            } else {
                let _ = self.run(focusable::focus_next::<()>(), tree, layout, renderer);
            }
            let count = self.run(focusable::count(), tree, layout, renderer);
            if count.is_none_or(|count| count.focused.is_some() || count.total == 0) {
                return;
            }
        }
    }

    /// Carries out an operation that comes in several passes.
    fn run<T: 'static>(
        &mut self,
        operation: impl Operation<T> + 'static,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
    ) -> Option<T> {
        let mut pass: Box<dyn Operation<T>> = Box::new(operation);
        loop {
            self.operate(
                tree,
                layout,
                renderer,
                &mut operation::black_box(pass.as_mut()),
            );
            match pass.finish() {
                operation::Outcome::None => return None,
                operation::Outcome::Some(result) => return Some(result),
                operation::Outcome::Chain(next) => pass = next,
            }
        }
    }
}

impl<'a, Message: 'a> Widget<Message, Theme, Renderer> for Scope<'a, Message> {
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
        operation: &mut dyn Operation,
    ) {
        self.content
            .as_widget_mut()
            .operate(&mut tree.children[0], layout, renderer, operation);
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
        if let Event::Keyboard(keyboard) = event
            && let Some(message) = (self.on_key)(keyboard)
        {
            shell.publish(message);
            shell.capture_event();
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
        if shell.is_event_captured() {
            return;
        }
        if let Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. }) = event {
            if *key == Key::Named(Named::Tab) {
                self.go_round(modifiers.shift(), tree, layout, renderer);
                shell.request_redraw();
            }
            shell.capture_event();
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

impl<'a, Message: 'a> From<Scope<'a, Message>> for Element<'a, Message> {
    fn from(scope: Scope<'a, Message>) -> Self {
        Element::new(scope)
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
