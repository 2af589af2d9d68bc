//! A token grid that is seen and painted on.

mod draw;

use iced::advanced::widget::{Tree, Widget, tree};
use iced::advanced::{Clipboard, Layout, Shell, layout, renderer};
use iced::widget::image::Handle;
use iced::{Element, Event, Length, Point, Rectangle, Renderer, Size, Theme, keyboard, mouse};

use super::cells::{self, Cell, Cells};
use super::faces::Tile;
use super::paint::Pen;
use crate::wheel::Wheel;

/// A token grid that is seen and painted on, by itself or over the picture that it stands for.
pub struct Board<'a, Message> {
    size: cells::Size,
    tiles: Vec<Tile>,
    backdrop: Option<Backdrop>,
    painted: Cells,
    footprint: Cells,
    pointed: Option<Cell>,
    use_of: Use,
    on_event: Box<dyn Fn(Happened) -> Message + 'a>,
}

/// The picture behind the tiles.
#[derive(Clone, Debug)]
pub struct Backdrop {
    /// The picture.
    pub handle: Handle,
    /// How large it is, in pixels.
    pub size: Size,
    /// How much of it is seen: less than 1 while another one is being made.
    pub opacity: f32,
}

/// What happened to a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A button was pressed over a cell.
    Pressed(Cell, Pen),
    /// With the button pressed the pointer went to a cell.
    Dragged(Cell),
    /// The button was released.
    Released,
    /// The pointer is over another cell, or over none.
    Pointed(Option<Cell>),
    /// The wheel was turned by so many steps, forwards if positive.
    Scrolled(isize),
}

/// What a board is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// Cells are painted.
    Paint,
    /// Cells are pointed at.
    Point,
    /// It is looked at.
    See,
}

/// What a board remembers between events.
#[derive(Debug, Default)]
struct State {
    pressed: Option<mouse::Button>,
    pointed: Option<Cell>,
    shift: bool,
    wheel: Wheel,
}

/// Where the cells lie.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    area: Rectangle,
    cell: Size,
    size: cells::Size,
}

impl<'a, Message> Board<'a, Message> {
    /// A board of `tiles`, row by row.
    pub fn new(
        size: cells::Size,
        tiles: Vec<Tile>,
        on_event: impl Fn(Happened) -> Message + 'a,
    ) -> Self {
        Self {
            size,
            tiles,
            backdrop: None,
            painted: Cells::default(),
            footprint: Cells::default(),
            pointed: None,
            use_of: Use::Paint,
            on_event: Box::new(on_event),
        }
    }

    /// Lays the tiles over a picture.
    #[must_use]
    pub fn over(mut self, backdrop: Backdrop) -> Self {
        self.backdrop = Some(backdrop);
        self
    }

    /// Hatches the cells that are painted, and outlines those that would be.
    #[must_use]
    pub fn painted(mut self, painted: Cells, footprint: Cells) -> Self {
        self.painted = painted;
        self.footprint = footprint;
        self
    }

    /// Marks the cell that the pointer is over, here or on another board.
    #[must_use]
    pub fn pointed(mut self, cell: Option<Cell>) -> Self {
        self.pointed = cell;
        self
    }

    /// Makes it a board whose cells can be pointed at, but not painted.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.use_of = Use::Point;
        self
    }

    /// Makes it a board that takes no notice of the pointer.
    #[must_use]
    pub fn only_seen(mut self) -> Self {
        self.use_of = Use::See;
        self
    }

    fn place(&self, bounds: Rectangle) -> Place {
        Place::new(bounds, self.size, self.backdrop.is_some())
    }
}

impl Place {
    /// Where the cells of a grid lie within `bounds`: in its upper left, square, whole pixels wide unless they are `exact`.
    fn new(bounds: Rectangle, size: cells::Size, exact: bool) -> Self {
        let across = bounds.width / size.columns.max(1) as f32;
        let down = bounds.height / size.rows.max(1) as f32;
        let side = across.min(down).max(0.0);
        let side = if exact || side < 4.0 {
            side
        } else {
            side.floor()
        };
        let (width, height) = (side * size.columns as f32, side * size.rows as f32);
        // Under its title, not in the middle: what belongs together stays together.
        let corner = Point::new(bounds.x.round(), bounds.y.round());
        Self {
            area: Rectangle::new(corner, Size::new(width, height)),
            cell: Size::new(side, side),
            size,
        }
    }

    /// The cell at a point; `None` beside the grid.
    fn cell_at(&self, at: Point) -> Option<Cell> {
        self.area.contains(at).then(|| self.nearest(at))
    }

    /// The cell nearest to a point.
    fn nearest(&self, at: Point) -> Cell {
        let count = |way: f32, side: f32, most: u32| {
            let cells = (way / side.max(f32::MIN_POSITIVE)).max(0.0);
            (cells as u32).min(most.saturating_sub(1))
        };
        Cell {
            row: count(at.y - self.area.y, self.cell.height, self.size.rows),
            column: count(at.x - self.area.x, self.cell.width, self.size.columns),
        }
    }

    /// Where a cell lies; edges are on whole pixels, so that neighbours leave no seams.
    fn of(&self, cell: Cell) -> Rectangle {
        let left = |column: u32| (self.area.x + self.cell.width * column as f32).round();
        let top = |row: u32| (self.area.y + self.cell.height * row as f32).round();
        let corner = Point::new(left(cell.column), top(cell.row));
        let size = Size::new(
            left(cell.column + 1) - corner.x,
            top(cell.row + 1) - corner.y,
        );
        Rectangle::new(corner, size)
    }
}

impl<Message> Board<'_, Message> {
    /// What an event of the pointer means here.
    fn pointer(
        &self,
        state: &mut State,
        event: &mouse::Event,
        bounds: Rectangle,
        cursor: mouse::Cursor,
    ) -> Option<Happened> {
        let place = self.place(bounds);
        let over = cursor
            .position_over(bounds)
            .and_then(|at| place.cell_at(at));
        match event {
            mouse::Event::ButtonPressed(button @ (mouse::Button::Left | mouse::Button::Right))
                if self.use_of == Use::Paint && state.pressed.is_none() =>
            {
                let cell = over?;
                state.pressed = Some(*button);
                let pen = Pen {
                    other_button: *button == mouse::Button::Right,
                    shift: state.shift,
                };
                Some(Happened::Pressed(cell, pen))
            }
            mouse::Event::ButtonReleased(button) if state.pressed == Some(*button) => {
                state.pressed = None;
                Some(Happened::Released)
            }
            mouse::Event::CursorMoved { .. } if state.pressed.is_some() => {
                let cell = place.nearest(cursor.land().position()?);
                let moved = state.pointed.replace(cell) != Some(cell);
                moved.then_some(Happened::Dragged(cell))
            }
            mouse::Event::CursorMoved { .. } => {
                let moved = std::mem::replace(&mut state.pointed, over) != over;
                moved.then_some(Happened::Pointed(over))
            }
            mouse::Event::CursorLeft => state.pointed.take().map(|_| Happened::Pointed(None)),
            mouse::Event::WheelScrolled { delta } if cursor.is_over(bounds) => {
                state.wheel.turn(delta).map(Happened::Scrolled)
            }
            mouse::Event::CursorEntered
            | mouse::Event::ButtonPressed(_)
            | mouse::Event::ButtonReleased(_)
            | mouse::Event::WheelScrolled { .. } => None,
        }
    }
}

impl<Message> Widget<Message, Theme, Renderer> for Board<'_, Message> {
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
        match event {
            Event::Keyboard(keyboard::Event::ModifiersChanged(modifiers)) => {
                state.shift = modifiers.shift();
            }
            Event::Mouse(event) if self.use_of != Use::See => {
                if let Some(happened) = self.pointer(state, event, layout.bounds(), cursor) {
                    shell.publish((self.on_event)(happened));
                    if !matches!(happened, Happened::Pointed(_)) {
                        shell.capture_event();
                    }
                }
            }
            Event::Mouse(_)
            | Event::Keyboard(_)
            | Event::Window(_)
            | Event::Touch(_)
            | Event::InputMethod(_) => {}
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
        let place = self.place(layout.bounds());
        let over = cursor.position().is_some_and(|at| place.area.contains(at));
        if self.use_of == Use::Paint && (over || state.pressed.is_some()) {
            mouse::Interaction::Crosshair
        } else {
            mouse::Interaction::None
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

impl<'a, Message: 'a> From<Board<'a, Message>> for Element<'a, Message> {
    fn from(board: Board<'a, Message>) -> Self {
        Self::new(board)
    }
}

#[cfg(test)]
mod tests {
    use iced::{Point, Rectangle, Size};

    use super::Place;
    use crate::tokens::cells::{self, Cell};

    fn place(width: f32, height: f32, rows: u32, columns: u32, exact: bool) -> Place {
        let bounds = Rectangle::new(Point::new(10.0, 20.0), Size::new(width, height));
        Place::new(bounds, cells::Size::new(rows, columns), exact)
    }

    #[test]
    fn cells_are_square_whole_pixels_wide_and_under_their_title() {
        let place = place(325.0, 200.0, 8, 16, false);
        assert_eq!(place.cell, Size::new(20.0, 20.0));
        assert_eq!(
            place.area,
            Rectangle::new(Point::new(10.0, 20.0), Size::new(320.0, 160.0))
        );
    }

    #[test]
    fn over_a_picture_cells_are_as_large_as_their_part_of_it() {
        let place = place(100.0, 300.0, 16, 16, true);
        assert_eq!(place.cell, Size::new(6.25, 6.25));
        assert_eq!(
            place.area,
            Rectangle::new(Point::new(10.0, 20.0), Size::new(100.0, 100.0))
        );
        let edges = |column| {
            let at = place.of(Cell::new(0, column));
            (at.x, at.x + at.width)
        };
        assert_eq!(edges(0), (10.0, 16.0));
        assert_eq!(edges(1), (16.0, 23.0), "neighbours share an edge");
    }

    #[test]
    fn points_are_in_cells_and_cells_are_where_their_points_are() {
        let place = place(320.0, 160.0, 8, 16, false);
        for (x, y, expected) in [
            (10.0, 20.0, Some(Cell::new(0, 0))),
            (29.9, 40.1, Some(Cell::new(1, 0))),
            (329.9, 179.9, Some(Cell::new(7, 15))),
            (330.1, 100.0, None),
            (9.0, 100.0, None),
        ] {
            assert_eq!(place.cell_at(Point::new(x, y)), expected, "{x} {y}");
        }
        assert_eq!(place.nearest(Point::new(-50.0, 9_999.0)), Cell::new(7, 0));
        let cell = Cell::new(3, 11);
        assert_eq!(place.cell_at(place.of(cell).center()), Some(cell));
    }
}
