//! The mark of a socket: the colour and shape of what passes through it.

use graph::kind::Kind;
use iced::widget::canvas::{Canvas, Frame, Geometry, Path, Program};
use iced::{Color, Element, Point, Rectangle, Renderer, Theme, mouse};

use crate::theme::{Look, SocketShape};

/// What a mark is drawn from.
struct Mark {
    colour: Color,
    shape: SocketShape,
}

/// The mark of sockets of `kind`, `size` wide and high.
pub fn socket<'a, Message: 'a>(kind: &Kind, look: &Look, size: f32) -> Element<'a, Message> {
    let mark = Mark {
        colour: look.kind(kind.name()),
        shape: look.shape(kind.name()),
    };
    Canvas::new(mark).width(size).height(size).into()
}

impl<Message> Program<Message> for Mark {
    type State = ();

    fn draw(
        &self,
        (): &(),
        renderer: &Renderer,
        _: &Theme,
        bounds: Rectangle,
        _: mouse::Cursor,
    ) -> Vec<Geometry> {
        let mut frame = Frame::new(renderer, bounds.size());
        let middle = frame.center();
        let radius = middle.x.min(middle.y);
        let path = match self.shape {
            SocketShape::Round => Path::circle(middle, radius * 0.9),
            SocketShape::Square => {
                let side = radius * 1.6;
                let corner = Point::new(middle.x - side / 2.0, middle.y - side / 2.0);
                Path::rounded_rectangle(corner, (side, side).into(), 1.0.into())
            }
            SocketShape::Diamond => Path::new(|path| {
                path.move_to(Point::new(middle.x, middle.y - radius));
                path.line_to(Point::new(middle.x + radius, middle.y));
                path.line_to(Point::new(middle.x, middle.y + radius));
                path.line_to(Point::new(middle.x - radius, middle.y));
                path.close();
            }),
        };
        frame.fill(&path, self.colour);
        vec![frame.into_geometry()]
    }
}
