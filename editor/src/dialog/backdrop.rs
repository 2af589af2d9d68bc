//! What lies behind a dialog: it is seen, and hears nothing.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::focusable;
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, overlay, renderer};
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, Vector, keyboard, mouse};

/// Content that can be shut: then no key and no button reaches it, and nothing in it has the focus.
pub struct Backdrop<'a, Message> {
    content: Element<'a, Message>,
    is_shut: bool,
}

/// Whether the focus has been taken away since it was shut.
#[derive(Default)]
struct Memory {
    was_shut: bool,
}

impl<'a, Message: 'a> Backdrop<'a, Message> {
    /// Content that is shut or not.
    pub fn new(content: impl Into<Element<'a, Message>>, is_shut: bool) -> Self {
        Self {
            content: content.into(),
            is_shut,
        }
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

impl<'a, Message: 'a> Widget<Message, Theme, Renderer> for Backdrop<'a, Message> {
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
        let memory = tree.state.downcast_mut::<Memory>();
        let is_new = self.is_shut && !memory.was_shut;
        memory.was_shut = self.is_shut;
        if is_new {
            let mut unfocus = focusable::unfocus::<()>();
            self.operate(tree, layout, renderer, &mut unfocus);
        }
        if self.is_shut && does(event) {
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
        // An open list or a tooltip would lie above the dialog.
        if self.is_shut {
            return None;
        }
        self.content.as_widget_mut().overlay(
            &mut tree.children[0],
            layout,
            renderer,
            viewport,
            translation,
        )
    }
}

impl<'a, Message: 'a> From<Backdrop<'a, Message>> for Element<'a, Message> {
    fn from(backdrop: Backdrop<'a, Message>) -> Self {
        Element::new(backdrop)
    }
}
