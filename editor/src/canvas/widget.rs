//! The canvas as a widget: what happens in the window becomes messages, and what is there is drawn.

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use iced::advanced::widget::{Tree, tree};
use iced::advanced::{Clipboard, Layout, Shell, Widget, layout, mouse, renderer};
use iced::keyboard::key::{Key, Named};
use iced::time::Instant;
use iced::{Element, Event, Length, Point, Rectangle, Size, Theme, keyboard, window};

use super::draw::{self, Kept, Painting};
use super::minimap::Minimap;
use super::{Button, Canvas, Context, Held, Message};
use crate::space::{ScreenPoint, ScreenSize, ScreenVector};

/// How many pixels of a touchpad are worth a notch of a wheel.
const NOTCH: f32 = 60.0;

impl Canvas {
    /// The canvas as it is seen.
    pub fn view<'a>(&'a self, context: Context<'a>) -> Element<'a, Message> {
        Element::new(Seen {
            canvas: self,
            context,
        })
    }
}

/// A canvas with all that its looks depend on.
struct Seen<'a> {
    canvas: &'a Canvas,
    context: Context<'a>,
}

/// What the widget remembers from one event to the next.
#[derive(Default)]
struct State {
    kept: RefCell<Kept>,
    held: Held,
    click: Option<mouse::Click>,
    down: Vec<Button>,
    is_over: bool,
    /// When time was told last, while something is held at an edge.
    told: Option<Instant>,
    /// The map as it was when it was pressed, while the button is down.
    map: Option<Minimap>,
}

impl Seen<'_> {
    fn map_at(&self, at: ScreenPoint) -> Option<Minimap> {
        if !self.canvas.minimap {
            return None;
        }
        let scene = self.canvas.scene(&self.context);
        let map = Minimap::new(&scene, &self.canvas.camera)?;
        map.bounds.contains(at).then_some(map)
    }

    fn pressed(
        &self,
        state: &mut State,
        at: ScreenPoint,
        button: mouse::Button,
    ) -> Option<Message> {
        let button = known(button)?;
        if !state.down.contains(&button) {
            state.down.push(button);
        }
        if button == Button::Left
            && let Some(map) = self.map_at(at)
        {
            state.map = Some(map);
            state.click = None;
            return Some(Message::MinimapDragged {
                at: map.to_world(at),
            });
        }
        if button != Button::Left {
            state.click = None;
        } else {
            let point = Point::new(at.x, at.y);
            let click = mouse::Click::new(point, mouse::Button::Left, state.click);
            state.click = Some(click);
            if click.kind() == mouse::click::Kind::Double {
                return Some(Message::DoubleClicked { at });
            }
        }
        Some(Message::Pressed {
            at,
            button,
            held: state.held,
        })
    }

    fn moved(state: &State, at: ScreenPoint) -> Message {
        match &state.map {
            Some(map) => Message::MinimapDragged {
                at: map.to_world(at),
            },
            None => Message::Moved {
                at,
                held: state.held,
            },
        }
    }

    fn released(state: &mut State, at: ScreenPoint, button: mouse::Button) -> Option<Message> {
        let button = known(button)?;
        let was_down = state.down.contains(&button);
        state.down.retain(|other| *other != button);
        if button == Button::Left && state.map.take().is_some() {
            return None;
        }
        was_down.then_some(Message::Released { at, button })
    }

    /// What it means that another picture is drawn: time has passed, if something is held at an edge.
    fn time_passed(&self, state: &mut State, now: Instant) -> Option<Message> {
        let before = state.told.take();
        state.told = self.canvas.is_pushed().then_some(now);
        let passed = state.told?.saturating_duration_since(before?);
        Some(Message::TimePassed {
            seconds: passed.as_secs_f32(),
            held: state.held,
        })
    }

    /// Another picture is drawn; asks for one more where this cannot be the last.
    fn redrawn(&self, state: &mut State, now: Instant, shell: &mut Shell<'_, Message>) {
        if let Some(message) = self.time_passed(state, now) {
            shell.publish(message);
        }
        let zoom = self.canvas.camera.zoom();
        if state.told.is_some() || state.kept.borrow().is_unfinished(zoom) {
            shell.request_redraw();
        }
    }

    /// What an event of the mouse means, where the pointer is at `at` of the canvas.
    fn heard(
        &self,
        state: &mut State,
        event: mouse::Event,
        at: ScreenPoint,
        is_over: bool,
    ) -> Option<Message> {
        match event {
            mouse::Event::ButtonPressed(button) if is_over => self.pressed(state, at, button),
            mouse::Event::ButtonReleased(button) => Self::released(state, at, button),
            mouse::Event::CursorMoved { .. } if is_over || !state.down.is_empty() => {
                state.is_over = true;
                Some(Self::moved(state, at))
            }
            mouse::Event::CursorMoved { .. } | mouse::Event::CursorLeft => {
                let is_news = state.is_over && state.down.is_empty();
                state.is_over &= !is_news;
                is_news.then_some(Message::Left)
            }
            mouse::Event::WheelScrolled { delta } if is_over => Some(Message::Scrolled {
                at,
                notches: notches(delta),
                held: state.held,
            }),
            mouse::Event::ButtonPressed(_)
            | mouse::Event::WheelScrolled { .. }
            | mouse::Event::CursorEntered => None,
        }
    }
}

fn known(button: mouse::Button) -> Option<Button> {
    match button {
        mouse::Button::Left => Some(Button::Left),
        mouse::Button::Middle => Some(Button::Middle),
        mouse::Button::Right => Some(Button::Right),
        mouse::Button::Back | mouse::Button::Forward | mouse::Button::Other(_) => None,
    }
}

fn notches(delta: mouse::ScrollDelta) -> ScreenVector {
    match delta {
        mouse::ScrollDelta::Lines { x, y } => ScreenVector::new(x, y),
        mouse::ScrollDelta::Pixels { x, y } => ScreenVector::new(x, y) / NOTCH,
    }
}

/// Follows the keys that change what the mouse does.
fn hold(held: &mut Held, event: &keyboard::Event) {
    match event {
        keyboard::Event::ModifiersChanged(modifiers) => {
            held.shift = modifiers.shift();
            held.control = modifiers.command();
            held.alt = modifiers.alt();
        }
        keyboard::Event::KeyPressed {
            key: Key::Named(Named::Space),
            ..
        } => held.space = true,
        keyboard::Event::KeyReleased {
            key: Key::Named(Named::Space),
            ..
        } => held.space = false,
        keyboard::Event::KeyPressed { .. } | keyboard::Event::KeyReleased { .. } => {}
    }
}

impl Widget<Message, Theme, iced::Renderer> for Seen<'_> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fill, Length::Fill)
    }

    fn layout(
        &mut self,
        _: &mut Tree,
        _: &iced::Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        layout::atomic(limits, Length::Fill, Length::Fill)
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &iced::Renderer,
        _: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        _: &Rectangle,
    ) {
        let state = tree.state.downcast_mut::<State>();
        let bounds = layout.bounds();
        let size = ScreenSize::new(bounds.width, bounds.height);
        if size != self.canvas.camera.size() && !size.is_empty() {
            shell.publish(Message::Resized(size));
        }
        match event {
            Event::Keyboard(event) => hold(&mut state.held, event),
            Event::Mouse(event) => {
                let is_over = cursor.is_over(bounds) && !shell.is_event_captured();
                let at = cursor.land().position().unwrap_or(bounds.position());
                let at = ScreenPoint::new(at.x - bounds.x, at.y - bounds.y);
                if let Some(message) = self.heard(state, *event, at, is_over) {
                    shell.publish(message);
                    // What moves may concern others as well; what is pressed or turned here does not.
                    if is_over && !matches!(event, mouse::Event::CursorMoved { .. }) {
                        shell.capture_event();
                    }
                }
            }
            Event::Window(event) => {
                // What lay over the canvas may have gone away from under a pointer that stood still.
                if !state.is_over && cursor.is_over(bounds) {
                    let at = cursor.position().unwrap_or(bounds.position());
                    let at = ScreenPoint::new(at.x - bounds.x, at.y - bounds.y);
                    state.is_over = true;
                    shell.publish(Self::moved(state, at));
                }
                if let window::Event::RedrawRequested(now) = event {
                    self.redrawn(state, *now, shell);
                }
            }
            Event::Touch(_) | Event::InputMethod(_) => {}
        }
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut iced::Renderer,
        _: &Theme,
        _: &renderer::Style,
        layout: Layout<'_>,
        _: mouse::Cursor,
        _: &Rectangle,
    ) {
        let state = tree.state.downcast_ref::<State>();
        let (canvas, context) = (self.canvas, &self.context);
        let scene = canvas.scene(context);
        let painting = Painting {
            scene: &scene,
            camera: &canvas.camera,
            selection: &canvas.selection,
            statuses: context.statuses,
            thumbnails: context.thumbnails,
            faults: context.faults,
            look: context.look,
            hover: canvas.hover(),
            overlay: canvas.overlay(),
            minimap: canvas.minimap,
        };
        draw::draw(
            renderer,
            &mut state.kept.borrow_mut(),
            &painting,
            layout.bounds(),
        );
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Rectangle,
        _: &iced::Renderer,
    ) -> mouse::Interaction {
        let state = tree.state.downcast_ref::<State>();
        if state.map.is_some() {
            return mouse::Interaction::Grabbing;
        }
        if !cursor.is_over(layout.bounds()) && !self.canvas.is_busy() {
            return mouse::Interaction::None;
        }
        self.canvas.interaction(state.held.space)
    }
}
