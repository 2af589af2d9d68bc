//! What things of the plane are drawn with: places become pixels here, and nowhere else.

use iced::advanced::graphics::geometry::{Frame, Path, Renderer as _};
use iced::advanced::graphics::text::Paragraph;
use iced::advanced::renderer::Quad;
use iced::advanced::text::{Paragraph as _, Renderer as _};
use iced::advanced::{Renderer as _, image};
use iced::{
    Background, Border, Color, Point, Rectangle, Shadow, Size, Transformation, Vector, border,
};

use super::letters::{Face, Letters, Room};
use crate::canvas::camera::Camera;
use crate::space::{ScreenPoint, ScreenRect, WorldPoint, WorldRect};
use crate::theme::{Icon, Look};

/// Draws on the canvas; the plane's units are turned to whole pixels, so that edges are sharp.
pub struct Brush<'a> {
    /// What is drawn to.
    pub renderer: &'a mut iced::Renderer,
    /// The colours.
    pub look: &'a Look,
    letters: &'a mut Letters,
    camera: Camera,
    corner: Vector,
    diamonds: Vec<Diamond>,
}

/// A socket that stands on a corner.
#[derive(Clone, Copy, Debug)]
pub struct Diamond {
    /// Its middle, in the window.
    pub centre: Point,
    /// How far its corners are from the middle.
    pub radius: f32,
    /// How wide its ring is.
    pub ring: f32,
    /// The colour of the ring.
    pub colour: Color,
    /// What is within the ring.
    pub inside: Color,
}

/// Which end of a text lies at the point that it is written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    Left,
    /// Its middle.
    Middle,
    /// Its right end.
    Right,
}

/// A text and how it is written.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'t> {
    /// The text.
    pub text: &'t str,
    /// The letters.
    pub face: Face,
    /// The size in units of the plane.
    pub size: f32,
    /// The colour.
    pub colour: Color,
    /// How much room there is.
    pub room: Room,
}

impl<'t> Writing<'t> {
    /// One line of text, at most `width` wide.
    pub fn line(text: &'t str, size: f32, colour: Color, width: f32) -> Self {
        Self {
            text,
            face: Face::Text,
            size,
            colour,
            room: Room::Line(width),
        }
    }

    /// At most `lines` lines of text, each at most `width` wide.
    pub fn block(text: &'t str, size: f32, colour: Color, width: f32, lines: u16) -> Self {
        Self {
            room: Room::Lines(width, lines),
            ..Self::line(text, size, colour, width)
        }
    }
}

impl<'a> Brush<'a> {
    /// A brush for a canvas that lies at `corner` of the window and is seen through `camera`.
    pub fn new(
        renderer: &'a mut iced::Renderer,
        letters: &'a mut Letters,
        look: &'a Look,
        camera: Camera,
        corner: Vector,
    ) -> Self {
        Self {
            renderer,
            look,
            letters,
            camera,
            corner,
            diamonds: Vec::new(),
        }
    }

    /// How many pixels a unit of the plane takes.
    pub fn zoom(&self) -> f32 {
        self.camera.zoom()
    }

    /// What the canvas is seen through.
    pub fn camera(&self) -> &Camera {
        &self.camera
    }

    /// All of the canvas, in the window.
    pub fn bounds(&self) -> Rectangle {
        self.window(ScreenRect::from_size(self.camera.size()))
    }

    /// Where a point of the plane is in the window.
    pub fn point(&self, point: WorldPoint) -> Point {
        let ScreenPoint { x, y, .. } = self.camera.to_screen(point);
        Point::new(x, y) + self.corner
    }

    /// Where a piece of the plane is in the window, on whole pixels.
    pub fn place(&self, rect: WorldRect) -> Rectangle {
        self.window(self.camera.rect_to_screen(rect))
    }

    /// Where a piece of the canvas is in the window, on whole pixels.
    pub fn window(&self, rect: ScreenRect) -> Rectangle {
        let (left, top) = (rect.min_x() + self.corner.x, rect.min_y() + self.corner.y);
        let (right, bottom) = (rect.max_x() + self.corner.x, rect.max_y() + self.corner.y);
        Rectangle::new(
            Point::new(left.round(), top.round()),
            Size::new(right.round() - left.round(), bottom.round() - top.round()),
        )
    }

    /// Draws what `draw` draws above all that was drawn before, text included.
    pub fn layer(&mut self, draw: impl FnOnce(&mut Brush<'_>)) {
        self.layer_in(self.bounds(), draw);
    }

    /// Draws what `draw` draws above all that was drawn before, and nothing of it outside of `bounds`.
    pub fn layer_in(&mut self, bounds: Rectangle, draw: impl FnOnce(&mut Brush<'_>)) {
        self.renderer.start_layer(bounds);
        draw(self);
        self.lay_diamonds();
        self.renderer.end_layer();
    }

    /// Draws a diamond; all of a layer are drawn at once, since each geometry has its price.
    pub fn diamond(&mut self, diamond: Diamond) {
        self.diamonds.push(diamond);
    }

    fn lay_diamonds(&mut self) {
        let diamonds = std::mem::take(&mut self.diamonds);
        if diamonds.is_empty() {
            return;
        }
        let gap = self.look.canvas;
        self.paths(|frame| {
            for diamond in &diamonds {
                diamond.fill(frame, gap);
            }
        });
    }

    /// Fills a box with rounded corners.
    pub fn fill(&mut self, bounds: Rectangle, colour: Color, radius: f32) {
        self.boxed(bounds, colour, Border::default().rounded(radius));
    }

    /// Draws the edge of a box with rounded corners, inside of it.
    pub fn outline(&mut self, bounds: Rectangle, colour: Color, width: f32, radius: f32) {
        let border = Border {
            color: colour,
            width,
            radius: radius.into(),
        };
        self.boxed(bounds, Color::TRANSPARENT, border);
    }

    /// Fills a box that has an edge.
    pub fn boxed(&mut self, bounds: Rectangle, colour: Color, border: Border) {
        if bounds.width < 0.5 || bounds.height < 0.5 {
            return;
        }
        let quad = Quad {
            bounds,
            border,
            shadow: Shadow::default(),
            snap: true,
        };
        self.renderer.fill_quad(quad, Background::Color(colour));
    }

    /// Lays a soft shadow around where a box will be.
    ///
    /// A few boxes of little colour look the same with every renderer; what the box will cover is left out, for to blend
    /// colours is what takes the processor longest.
    pub fn shade(&mut self, bounds: Rectangle, radius: f32) {
        let colour = self.look.shadow.scale_alpha(0.3);
        for spread in [5.0_f32, 2.0] {
            let reach = spread * self.zoom().clamp(0.5, 1.5);
            let around = Rectangle {
                x: bounds.x - reach,
                y: bounds.y - reach + 2.0,
                width: bounds.width + 2.0 * reach,
                height: bounds.height + 2.0 * reach,
            };
            let corner = (radius + reach).min(around.height / 2.0);
            let end = Rectangle {
                height: corner,
                ..around
            };
            let side = Rectangle {
                y: around.y + corner,
                width: reach,
                height: around.height - 2.0 * corner,
                ..around
            };
            let bottom = around.y + around.height - corner;
            let right = around.x + around.width - reach;
            let plain = Border::default();
            self.boxed(end, colour, plain.rounded(border::top(corner)));
            self.boxed(
                Rectangle { y: bottom, ..end },
                colour,
                plain.rounded(border::bottom(corner)),
            );
            self.fill(side, colour, 0.0);
            self.fill(Rectangle { x: right, ..side }, colour, 0.0);
        }
    }

    /// Writes one line or several, with the middle of its height at `at`; says how wide it is.
    pub fn write(&mut self, at: WorldPoint, anchor: Anchor, writing: Writing<'_>) -> f32 {
        let at = self.point(at);
        self.write_at(at, anchor, self.zoom(), writing)
    }

    /// Writes a picture of the icon font with its middle at `at`.
    pub fn icon(&mut self, at: WorldPoint, icon: Icon, size: f32, colour: Color) {
        let at = self.point(at);
        self.icon_at(at, self.zoom(), icon, size, colour);
    }

    /// Writes a picture of the icon font with its middle at a point of the window, `zoom` times as large as it says.
    pub fn icon_at(&mut self, at: Point, zoom: f32, icon: Icon, size: f32, colour: Color) {
        let mut letter = [0; 4];
        let writing = Writing {
            face: Face::Icons,
            ..Writing::line(
                icon.glyph().encode_utf8(&mut letter),
                size,
                colour,
                4.0 * size,
            )
        };
        let _ = self.write_at(at, Anchor::Middle, zoom, writing);
    }

    /// Writes at a point of the window, `zoom` times as large as it says.
    pub fn write_at(&mut self, at: Point, anchor: Anchor, zoom: f32, writing: Writing<'_>) -> f32 {
        let zoom = self.letter_zoom(zoom, &writing);
        let paragraph = self.shaped(&writing);
        let size = paragraph.min_bounds();
        let share = match anchor {
            Anchor::Left => 0.0,
            Anchor::Middle => 0.5,
            Anchor::Right => 1.0,
        };
        let corner = Point::new(
            // On whole pixels, so that letters need not be drawn anew wherever the view moves.
            (at.x - share * size.width * zoom).round(),
            (at.y - size.height * zoom / 2.0).round(),
        );
        self.letter(corner, zoom, &paragraph, writing.colour);
        size.width
    }

    /// Writes with the upper left corner at a point of the window; says how large it is.
    pub fn write_below(&mut self, corner: Point, zoom: f32, writing: Writing<'_>) -> Size {
        let zoom = self.letter_zoom(zoom, &writing);
        let paragraph = self.shaped(&writing);
        let corner = Point::new(corner.x.round(), corner.y.round());
        self.letter(corner, zoom, &paragraph, writing.colour);
        paragraph.min_bounds()
    }

    /// How large a text is where it is written, in its own units.
    pub fn measure(&mut self, writing: &Writing<'_>) -> Size {
        self.shaped(writing).min_bounds()
    }

    /// Whether a line is written with all its letters.
    pub fn is_whole(&mut self, writing: &Writing<'_>) -> bool {
        let endless = Writing {
            room: Room::Line(f32::MAX),
            ..*writing
        };
        match writing.room {
            Room::Line(width) | Room::Lines(width, _) => self.measure(&endless).width <= width,
        }
    }

    /// At which zoom letters are drawn that should be drawn at `zoom`: those of the plane lag behind where it changes.
    fn letter_zoom(&mut self, zoom: f32, writing: &Writing<'_>) -> f32 {
        if zoom == self.zoom() {
            self.letters.zoom(writing.face, writing.size)
        } else {
            zoom
        }
    }

    fn shaped(&mut self, writing: &Writing<'_>) -> Paragraph {
        self.letters
            .shape(writing.text, writing.face, writing.size, writing.room)
    }

    fn letter(&mut self, corner: Point, zoom: f32, paragraph: &Paragraph, colour: Color) {
        let size = paragraph.min_bounds();
        // Nothing is cut off: texts were made to fit, and layers end where the canvas does.
        let clip = Rectangle {
            x: -size.height,
            y: -size.height,
            width: size.width + 2.0 * size.height,
            height: 3.0 * size.height,
        };
        let place = Transformation::translate(corner.x, corner.y) * Transformation::scale(zoom);
        self.renderer.with_transformation(place, |renderer| {
            renderer.fill_paragraph(paragraph, Point::ORIGIN, colour, clip);
        });
    }

    /// Draws lines and shapes that are no boxes; points are those of the window.
    pub fn paths(&mut self, draw: impl FnOnce(&mut Frame<iced::Renderer>)) {
        let bounds = self.bounds();
        let mut frame = Frame::with_bounds(self.renderer, bounds);
        draw(&mut frame);
        let geometry = frame.into_geometry();
        self.renderer.draw_geometry(geometry);
    }

    /// Draws a picture, as large as `bounds`.
    pub fn picture(
        &mut self,
        handle: &image::Handle,
        bounds: Rectangle,
        (sharp, opacity): (bool, f32),
    ) {
        use iced::advanced::image::Renderer as _;

        let filter_method = if sharp {
            image::FilterMethod::Nearest
        } else {
            image::FilterMethod::Linear
        };
        let picture = image::Image::new(handle.clone())
            .filter_method(filter_method)
            .opacity(opacity);
        self.renderer.draw_image(picture, bounds, self.bounds());
    }
}

impl Diamond {
    /// Draws it, with a ring of the colour `gap` that parts it from the wires below.
    fn fill(&self, frame: &mut Frame<iced::Renderer>, gap: Color) {
        let outline = |radius: f32| {
            let Point { x, y } = self.centre;
            Path::new(|path| {
                path.move_to(Point::new(x, y - radius));
                path.line_to(Point::new(x + radius, y));
                path.line_to(Point::new(x, y + radius));
                path.line_to(Point::new(x - radius, y));
                path.close();
            })
        };
        frame.fill(&outline(self.radius + 1.4 * self.ring), gap);
        frame.fill(&outline(self.radius), self.colour);
        if self.inside != self.colour {
            frame.fill(&outline(self.radius - 1.5 * self.ring), self.inside);
        }
    }
}
