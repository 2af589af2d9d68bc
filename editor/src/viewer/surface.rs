//! The picture, or two of them, as it is zoomed and moved by the pointer.

mod draw;

use iced::advanced::widget::{Tree, Widget, tree};
use iced::advanced::{Clipboard, Layout, Shell, layout, renderer};
use iced::{Element, Event, Length, Point, Rectangle, Renderer, Size, Theme, mouse, window};

use super::camera::{self, Camera};
use super::compare::{self, Compare};
use super::subject::Slide;
use crate::wheel;

/// How much closer a turn of the wheel by one notch brings the picture.
const NOTCH: f32 = 1.2;

/// How near to the line of a wipe the pointer takes hold of it.
const REACH: f32 = 8.0;

/// The picture, or two of them.
pub struct Surface<'a, Message> {
    left: &'a Slide,
    right: Option<&'a Slide>,
    compare: Compare,
    camera: Camera,
    wipe: f32,
    labels: [&'a str; 2],
    on_event: Box<dyn Fn(Happened) -> Message + 'a>,
}

/// What happened to the surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happened {
    /// It is seen through another camera.
    Moved(Camera),
    /// The line of the wipe was moved to this share of the width.
    Wiped(f32),
    /// The pointer is over this pixel: column and row.
    Pointed(Option<(u32, u32)>),
    /// It has this size now.
    Framed(Size),
}

/// What the pointer has taken hold of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Grip {
    #[default]
    None,
    /// The picture, at this point.
    Picture(Point),
    /// The line of the wipe.
    Wipe,
}

/// What a surface remembers between events.
#[derive(Debug, Default)]
struct State {
    grip: Grip,
    pointed: Option<(u32, u32)>,
    framed: Option<Size>,
}

impl<'a, Message> Surface<'a, Message> {
    /// The surface that shows `left`.
    pub fn new(
        left: &'a Slide,
        camera: Camera,
        on_event: impl Fn(Happened) -> Message + 'a,
    ) -> Self {
        Self {
            left,
            right: None,
            compare: Compare::Wipe,
            camera,
            wipe: 0.5,
            labels: [""; 2],
            on_event: Box::new(on_event),
        }
    }

    /// Compares it with `right`; the line of a wipe stands at `wipe` of the width.
    #[must_use]
    pub fn against(
        mut self,
        right: &'a Slide,
        compare: Compare,
        wipe: f32,
        labels: [&'a str; 2],
    ) -> Self {
        self.right = Some(right);
        self.compare = compare;
        self.wipe = wipe;
        self.labels = labels;
        self
    }

    fn frames(&self, bounds: Rectangle) -> [Rectangle; 2] {
        compare::frames(bounds, self.compare, self.right.is_some())
    }

    /// The frame that a point lies in: the right one beyond the left one's edge.
    fn frame_at(&self, bounds: Rectangle, at: Point) -> Rectangle {
        let [left, right] = self.frames(bounds);
        if right.x > left.x && at.x >= right.x {
            right
        } else {
            left
        }
    }

    /// Where the line of the wipe stands, if there is one.
    fn line(&self, bounds: Rectangle) -> Option<f32> {
        let wipes = self.right.is_some() && self.compare == Compare::Wipe;
        wipes.then_some(bounds.x + bounds.width * self.wipe)
    }

    fn reaches_line(&self, bounds: Rectangle, at: Point) -> bool {
        self.line(bounds)
            .is_some_and(|line| (at.x - line).abs() <= REACH)
    }

    /// The pixel of the left picture that lies under a point, in whichever frame.
    fn pixel_at(&self, bounds: Rectangle, at: Point) -> Option<(u32, u32)> {
        let frame = self.frame_at(bounds, at);
        let place = self.camera.place(self.left.size(), frame);
        camera::pixel_at(place, self.left.size(), at)
    }

    /// What an event of the pointer means here.
    fn pointer(
        &self,
        state: &mut State,
        event: &mouse::Event,
        bounds: Rectangle,
        cursor: mouse::Cursor,
    ) -> Option<Happened> {
        let size = self.left.size();
        match event {
            mouse::Event::WheelScrolled { delta } => {
                let at = cursor.position_over(bounds)?;
                let frame = self.frame_at(bounds, at);
                let factor = NOTCH.powf(wheel::notches(delta).clamp(-8.0, 8.0));
                Some(Happened::Moved(self.camera.zoomed(factor, at, size, frame)))
            }
            mouse::Event::ButtonPressed(mouse::Button::Left | mouse::Button::Middle) => {
                let at = cursor.position_over(bounds)?;
                state.grip = if self.reaches_line(bounds, at) {
                    Grip::Wipe
                } else {
                    Grip::Picture(at)
                };
                None
            }
            mouse::Event::ButtonReleased(_) => {
                state.grip = Grip::None;
                None
            }
            mouse::Event::CursorMoved { position } => match state.grip {
                Grip::Wipe => {
                    let share = (position.x - bounds.x) / bounds.width.max(1.0);
                    Some(Happened::Wiped(share.clamp(0.0, 1.0)))
                }
                Grip::Picture(from) => {
                    state.grip = Grip::Picture(*position);
                    let frame = self.frame_at(bounds, from);
                    let camera = self.camera.panned(*position - from, size, frame);
                    Some(Happened::Moved(camera))
                }
                Grip::None => {
                    let over = cursor.position_over(bounds);
                    let pixel = over.and_then(|at| self.pixel_at(bounds, at));
                    let moved = std::mem::replace(&mut state.pointed, pixel) != pixel;
                    moved.then_some(Happened::Pointed(pixel))
                }
            },
            mouse::Event::CursorLeft => state.pointed.take().map(|_| Happened::Pointed(None)),
            mouse::Event::CursorEntered | mouse::Event::ButtonPressed(_) => None,
        }
    }
}

impl<Message> Widget<Message, Theme, Renderer> for Surface<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fill, Length::Fill)
    }

    fn layout(&mut self, _: &mut Tree, _: &Renderer, limits: &layout::Limits) -> layout::Node {
        layout::atomic(limits, Length::Fill, Length::Fill)
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Renderer,
        _: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        _: &Rectangle,
    ) {
        let state = tree.state.downcast_mut::<State>();
        let bounds = layout.bounds();
        let happened = match event {
            Event::Window(window::Event::RedrawRequested(_)) => {
                let size = bounds.size();
                let changed = state.framed.replace(size) != Some(size);
                changed.then_some(Happened::Framed(size))
            }
            Event::Mouse(event) => self.pointer(state, event, bounds, cursor),
            Event::Keyboard(_) | Event::Window(_) | Event::Touch(_) | Event::InputMethod(_) => None,
        };
        if let Some(happened) = happened {
            shell.publish((self.on_event)(happened));
            if matches!(happened, Happened::Moved(_) | Happened::Wiped(_)) {
                shell.capture_event();
            }
        }
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Rectangle,
        _: &Renderer,
    ) -> mouse::Interaction {
        let state = tree.state.downcast_ref::<State>();
        let bounds = layout.bounds();
        let over = cursor.position_over(bounds);
        match (state.grip, over) {
            (Grip::Wipe, _) => mouse::Interaction::ResizingHorizontally,
            (Grip::Picture(_), _) => mouse::Interaction::Grabbing,
            (Grip::None, Some(at)) if self.reaches_line(bounds, at) => {
                mouse::Interaction::ResizingHorizontally
            }
            (Grip::None, Some(_)) => mouse::Interaction::Crosshair,
            (Grip::None, None) => mouse::Interaction::None,
        }
    }

    fn draw(
        &self,
        _: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        _: &renderer::Style,
        layout: Layout<'_>,
        _: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        if let Some(clip) = layout.bounds().intersection(viewport) {
            self.paint(renderer, theme, layout.bounds(), clip);
        }
    }
}

impl<'a, Message: 'a> From<Surface<'a, Message>> for Element<'a, Message> {
    fn from(surface: Surface<'a, Message>) -> Self {
        Self::new(surface)
    }
}
