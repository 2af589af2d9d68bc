//! A widget that is its content, but for the events: these a listener hears first.

mod intent;

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::{self, focusable};
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, overlay, renderer};
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, Vector, mouse};

pub use intent::{Intent, Settled};

/// Content whose events `listener` hears first.
pub struct Wrapper<'a, Message, L> {
    content: Element<'a, Message>,
    /// What hears the events.
    pub listener: L,
}

/// What hears the events of a [`Wrapper`], and passes on what the content shall hear.
pub trait Listener<Message> {
    /// What is remembered from event to event.
    type Memory: Default + 'static;

    /// Takes in an event that the content has not seen yet.
    fn hear(
        &mut self,
        memory: &mut Self::Memory,
        event: &Event,
        content: &mut Content<'_, '_, Message>,
        shell: &mut Shell<'_, Message>,
    );

    /// Whether lists and tooltips of the content may lie above all else.
    fn lets_overlay(&self) -> bool {
        true
    }
}

/// The content of a [`Wrapper`] as it is when an event comes.
pub struct Content<'b, 'a, Message> {
    element: &'b mut Element<'a, Message>,
    tree: &'b mut Tree,
    layout: Layout<'b>,
    cursor: mouse::Cursor,
    renderer: &'b Renderer,
    clipboard: &'b mut dyn Clipboard,
    viewport: &'b Rectangle,
}

impl<'a, Message, L> Wrapper<'a, Message, L> {
    /// Puts `listener` before `content`.
    pub fn around(content: impl Into<Element<'a, Message>>, listener: L) -> Self {
        Self {
            content: content.into(),
            listener,
        }
    }
}

impl<Message> Content<'_, '_, Message> {
    /// Lets the content hear an event.
    pub fn update(&mut self, event: &Event, shell: &mut Shell<'_, Message>) {
        self.element.as_widget_mut().update(
            self.tree,
            event,
            self.layout,
            self.cursor,
            self.renderer,
            self.clipboard,
            shell,
            self.viewport,
        );
    }

    /// Carries out an operation that comes in one pass.
    pub fn operate(&mut self, operation: &mut dyn Operation) {
        self.element
            .as_widget_mut()
            .operate(self.tree, self.layout, self.renderer, operation);
    }

    /// Carries out an operation that may come in several passes.
    pub fn run<T: 'static>(&mut self, operation: impl Operation<T> + 'static) -> Option<T> {
        let mut pass: Box<dyn Operation<T>> = Box::new(operation);
        loop {
            self.operate(&mut operation::black_box(pass.as_mut()));
            match pass.finish() {
                operation::Outcome::None => return None,
                operation::Outcome::Some(result) => return Some(result),
                operation::Outcome::Chain(next) => pass = next,
            }
        }
    }

    /// Whether something in the content has the focus.
    pub fn is_focused(&mut self) -> bool {
        self.run(focusable::count())
            .is_some_and(|count| count.focused.is_some())
    }

    /// Takes the focus from whatever in the content has it.
    pub fn unfocus(&mut self) {
        self.operate(&mut focusable::unfocus::<()>());
    }
}

impl<'a, Message, L: Listener<Message>> Widget<Message, Theme, Renderer>
    for Wrapper<'a, Message, L>
{
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<L::Memory>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(L::Memory::default())
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
        let mut content = Content {
            element: &mut self.content,
            tree: &mut tree.children[0],
            layout,
            cursor,
            renderer,
            clipboard,
            viewport,
        };
        self.listener
            .hear(tree.state.downcast_mut(), event, &mut content, shell);
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
        if !self.listener.lets_overlay() {
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

impl<'a, Message: 'a, L: Listener<Message> + 'a> From<Wrapper<'a, Message, L>>
    for Element<'a, Message>
{
    fn from(wrapper: Wrapper<'a, Message, L>) -> Self {
        Element::new(wrapper)
    }
}
