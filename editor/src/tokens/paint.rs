//! Painting the cells that shall be laid anew.

use super::cells::{Cell, Cells, Size, rectangle, stroke};

/// The widest brush, in cells.
pub const WIDEST: u32 = 15;

/// How many strokes can be taken back.
const REMEMBERED: usize = 100;

/// What the pointer does to cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Paints freely.
    Brush,
    /// Takes paint away.
    Eraser,
    /// Paints a rectangle from corner to corner.
    Rectangle,
}

/// Cells that are painted, with what they are painted with.
#[derive(Clone, Debug)]
pub struct Paint {
    tool: Tool,
    diameter: u32,
    cells: Cells,
    stroke: Option<Stroke>,
    earlier: Vec<Cells>,
    later: Vec<Cells>,
}

/// A stroke that goes on until the button is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stroke {
    Free { erases: bool, last: Cell },
    Rectangle { erases: bool, from: Cell, to: Cell },
}

/// How a stroke is begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pen {
    /// The other button, which takes paint away whatever the tool.
    pub other_button: bool,
    /// Shift, which makes it a rectangle whatever the tool.
    pub shift: bool,
}

impl Paint {
    /// Nothing is painted.
    pub fn new() -> Self {
        Self {
            tool: Tool::Brush,
            diameter: 1,
            cells: Cells::default(),
            stroke: None,
            earlier: Vec::new(),
            later: Vec::new(),
        }
    }

    /// What the pointer does.
    pub fn tool(&self) -> Tool {
        self.tool
    }

    /// Takes another tool; a stroke that is under way ends.
    pub fn take(&mut self, tool: Tool) {
        self.release();
        self.tool = tool;
    }

    /// How wide the brush is, in cells.
    pub fn diameter(&self) -> u32 {
        self.diameter
    }

    /// Takes a brush of another width.
    pub fn set_diameter(&mut self, diameter: u32) {
        self.diameter = diameter.clamp(1, WIDEST);
    }

    /// The cells that are painted, a rectangle that is still being drawn among them.
    pub fn cells(&self) -> Cells {
        let mut cells = self.cells.clone();
        if let Some(Stroke::Rectangle { erases, from, to }) = self.stroke {
            change(&mut cells, erases, rectangle(from, to));
        }
        cells
    }

    /// The cells that would be painted at `cell`.
    pub fn footprint(&self, cell: Cell, size: Size) -> Cells {
        match (self.stroke, self.tool) {
            (Some(Stroke::Free { .. }), _) | (None, Tool::Brush | Tool::Eraser) => {
                stroke(cell, cell, self.diameter, size)
            }
            (Some(Stroke::Rectangle { .. }), _) | (None, Tool::Rectangle) => {
                stroke(cell, cell, 1, size)
            }
        }
    }

    /// The button was pressed over `cell`.
    pub fn press(&mut self, cell: Cell, pen: Pen, size: Size) {
        self.release();
        self.remember();
        let erases = pen.other_button || self.tool == Tool::Eraser;
        if pen.shift || self.tool == Tool::Rectangle {
            self.stroke = Some(Stroke::Rectangle {
                erases,
                from: cell,
                to: cell,
            });
        } else {
            self.stroke = Some(Stroke::Free { erases, last: cell });
            change(
                &mut self.cells,
                erases,
                stroke(cell, cell, self.diameter, size).iter(),
            );
        }
    }

    /// The pointer was moved over `cell`.
    pub fn drag(&mut self, cell: Cell, size: Size) {
        match &mut self.stroke {
            None => {}
            Some(Stroke::Rectangle { to, .. }) => *to = cell,
            Some(Stroke::Free { erases, last }) => {
                let covered = stroke(*last, cell, self.diameter, size);
                change(&mut self.cells, *erases, covered.iter());
                *last = cell;
            }
        }
    }

    /// The button was released.
    pub fn release(&mut self) {
        if self.stroke.is_none() {
            return;
        }
        self.cells = self.cells();
        self.stroke = None;
        // A stroke that changed nothing is nothing to take back.
        if self.earlier.last() == Some(&self.cells) {
            let _ = self.earlier.pop();
        }
    }

    /// Paints exactly `cells`.
    pub fn set(&mut self, cells: Cells) {
        self.release();
        if cells != self.cells {
            self.remember();
            self.cells = cells;
        }
    }

    /// Takes the last stroke back; says whether there was one.
    pub fn undo(&mut self) -> bool {
        self.release();
        let Some(earlier) = self.earlier.pop() else {
            return false;
        };
        self.later.push(std::mem::replace(&mut self.cells, earlier));
        true
    }

    /// Makes the stroke again that was taken back last; says whether there was one.
    pub fn redo(&mut self) -> bool {
        self.release();
        let Some(later) = self.later.pop() else {
            return false;
        };
        self.earlier.push(std::mem::replace(&mut self.cells, later));
        true
    }

    fn remember(&mut self) {
        if self.earlier.len() == REMEMBERED {
            let _ = self.earlier.remove(0);
        }
        self.earlier.push(self.cells.clone());
        self.later.clear();
    }
}

impl Default for Paint {
    fn default() -> Self {
        Self::new()
    }
}

fn change(cells: &mut Cells, erases: bool, which: impl IntoIterator<Item = Cell>) {
    if erases {
        cells.remove(which);
    } else {
        cells.add(which);
    }
}

#[cfg(test)]
mod tests {
    use super::{Paint, Pen, Tool, WIDEST};
    use crate::tokens::cells::{Cell, Size};

    const SIZE: Size = Size {
        rows: 4,
        columns: 6,
    };
    const OTHER: Pen = Pen {
        other_button: true,
        shift: false,
    };
    const SHIFT: Pen = Pen {
        other_button: false,
        shift: true,
    };

    /// A stroke through cells, begun with `pen`.
    fn draw(paint: &mut Paint, pen: Pen, cells: &[(u32, u32)]) {
        let mut cells = cells.iter().map(|(row, column)| Cell::new(*row, *column));
        if let Some(first) = cells.next() {
            paint.press(first, pen, SIZE);
        }
        for cell in cells {
            paint.drag(cell, SIZE);
        }
        paint.release();
    }

    #[test]
    fn strokes_add_up_and_the_other_button_takes_away() {
        let mut paint = Paint::new();
        draw(&mut paint, Pen::default(), &[(0, 0), (0, 5)]);
        draw(&mut paint, OTHER, &[(0, 2), (0, 3)]);
        assert_eq!(paint.cells().to_string(), "1:1-2, 1:5-6");
        paint.take(Tool::Eraser);
        draw(&mut paint, Pen::default(), &[(0, 0)]);
        assert_eq!(paint.cells().to_string(), "1:2, 1:5-6");
    }

    #[test]
    fn a_rectangle_is_seen_while_it_is_drawn_and_counts_once_it_is_done() {
        let mut paint = Paint::new();
        paint.press(Cell::new(1, 1), SHIFT, SIZE);
        paint.drag(Cell::new(3, 4), SIZE);
        assert_eq!(paint.cells().len(), 12);
        paint.drag(Cell::new(2, 2), SIZE);
        paint.release();
        assert_eq!(paint.cells().to_string(), "2:2-3, 3:2-3");
        paint.take(Tool::Rectangle);
        draw(&mut paint, OTHER, &[(1, 0), (1, 5)]);
        assert_eq!(paint.cells().to_string(), "3:2-3");
    }

    #[test]
    fn strokes_can_be_taken_back_and_made_again() {
        let mut paint = Paint::new();
        draw(&mut paint, Pen::default(), &[(0, 0)]);
        draw(&mut paint, Pen::default(), &[(0, 0)]);
        draw(&mut paint, Pen::default(), &[(1, 0), (1, 1)]);
        assert!(paint.undo());
        assert_eq!(paint.cells().to_string(), "1:1");
        assert!(paint.undo());
        assert!(paint.cells().is_empty());
        assert!(
            !paint.undo(),
            "the stroke that changed nothing is not remembered"
        );
        assert!(paint.redo() && paint.redo());
        assert_eq!(paint.cells().to_string(), "1:1, 2:1-2");
        assert!(!paint.redo());
        paint.set(paint.cells().inverse(Size::new(2, 2)));
        assert_eq!(paint.cells().to_string(), "1:2");
        assert!(paint.undo());
        assert_eq!(paint.cells().len(), 3);
    }

    #[test]
    fn the_brush_has_a_least_and_a_greatest_width() {
        let mut paint = Paint::new();
        paint.set_diameter(0);
        assert_eq!(paint.diameter(), 1);
        paint.set_diameter(99);
        assert_eq!(paint.diameter(), WIDEST);
        paint.set_diameter(3);
        assert_eq!(paint.footprint(Cell::new(1, 1), SIZE).len(), 9);
    }
}
