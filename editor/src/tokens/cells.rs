//! Sets of cells of a token grid: how they are painted, and how they are written down.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A place in a token grid, counted from 0; people count from 1, and so do texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Which row, from above.
    pub row: u32,
    /// Which column, from the left.
    pub column: u32,
}

/// How many cells a grid has each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows of cells.
    pub rows: u32,
    /// Cells a row.
    pub columns: u32,
}

/// Some cells of a grid, such as those that are painted to be laid anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells(BTreeSet<Cell>);

/// Why a text names no cells.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CellsError {
    /// A part is not what is expected.
    #[error("{found:?} names no cells: expected `row:column` or `row:first-last`, such as `3:4-9`")]
    Part {
        /// The part.
        found: String,
    },
    /// The first column lies behind the last.
    #[error("the columns of `{found}` run backwards: write the smaller one first")]
    Backwards {
        /// The part.
        found: String,
    },
    /// A cell lies beyond what a grid can be.
    #[error("`{found}` is out of range: rows and columns count from 1 to {MOST}")]
    OutOfRange {
        /// The part.
        found: String,
    },
}

/// The most rows or columns that a text may name; no grid has more, and none must be filled with so many by a typo.
pub const MOST: u32 = 4096;

impl Cell {
    /// The cell in row `row` and column `column`, both counted from 0.
    pub fn new(row: u32, column: u32) -> Self {
        Self { row, column }
    }
}

impl Size {
    /// A grid of `rows` rows of `columns` cells.
    pub fn new(rows: u32, columns: u32) -> Self {
        Self { rows, columns }
    }

    /// How many cells there are.
    pub fn count(self) -> usize {
        self.rows as usize * self.columns as usize
    }

    /// Where `cell` stands among all, row by row; `None` where the grid has no such cell.
    pub fn index(self, cell: Cell) -> Option<usize> {
        self.holds(cell)
            .then(|| cell.row as usize * self.columns as usize + cell.column as usize)
    }

    /// Whether the grid has this cell.
    pub fn holds(self, cell: Cell) -> bool {
        cell.row < self.rows && cell.column < self.columns
    }

    /// All cells, row by row.
    pub fn cells(self) -> impl Iterator<Item = Cell> {
        (0..self.rows)
            .flat_map(move |row| (0..self.columns).map(move |column| Cell { row, column }))
    }
}

impl Cells {
    /// Whether `cell` is among them.
    pub fn contains(&self, cell: Cell) -> bool {
        self.0.contains(&cell)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The cells, row by row.
    pub fn iter(&self) -> impl Iterator<Item = Cell> {
        self.0.iter().copied()
    }

    /// Adds cells.
    pub fn add(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.0.extend(cells);
    }

    /// Takes cells away.
    pub fn remove(&mut self, cells: impl IntoIterator<Item = Cell>) {
        for cell in cells {
            let _ = self.0.remove(&cell);
        }
    }

    /// Leaves only the cells that a grid of this size has.
    pub fn clip(&mut self, size: Size) {
        self.0.retain(|cell| size.holds(*cell));
    }

    /// The cells of a grid that are not among these.
    #[must_use]
    pub fn inverse(&self, size: Size) -> Self {
        size.cells().filter(|cell| !self.contains(*cell)).collect()
    }
}

impl FromIterator<Cell> for Cells {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        Self(cells.into_iter().collect())
    }
}

/// The cells of the rectangle that has `one` and `other` at opposite corners.
pub fn rectangle(one: Cell, other: Cell) -> impl Iterator<Item = Cell> {
    let rows = one.row.min(other.row)..=one.row.max(other.row);
    let columns = one.column.min(other.column)..=one.column.max(other.column);
    rows.flat_map(move |row| columns.clone().map(move |column| Cell { row, column }))
}

/// The cells that a round brush, `diameter` cells wide, covers on its straight way between two cells.
///
/// A pointer that moves fast tells few points; what lies between them is painted all the same.
pub fn stroke(from: Cell, to: Cell, diameter: u32, size: Size) -> Cells {
    let mut cells = Cells::default();
    for at in line(from, to) {
        cells.add(disc(at, diameter));
    }
    cells.clip(size);
    cells
}

/// The cells on the straight way from one cell to another, each touching the next.
fn line(from: Cell, to: Cell) -> impl Iterator<Item = Cell> {
    let down = i64::from(to.row) - i64::from(from.row);
    let across = i64::from(to.column) - i64::from(from.column);
    let steps = down.abs().max(across.abs());
    (0..=steps).map(move |step| {
        let part = |length: i64| match steps {
            0 => 0,
            steps => (2 * length * step + steps).div_euclid(2 * steps),
        };
        Cell {
            row: (i64::from(from.row) + part(down)) as u32,
            column: (i64::from(from.column) + part(across)) as u32,
        }
    })
}

/// The cells of a disc around `centre`.
fn disc(centre: Cell, diameter: u32) -> impl Iterator<Item = Cell> {
    let diameter = i64::from(diameter.max(1));
    // Doubled, so that discs of an even diameter have a centre as well.
    let middle = diameter - 1;
    let start = (
        i64::from(centre.row) - diameter / 2,
        i64::from(centre.column) - diameter / 2,
    );
    (0..diameter)
        .flat_map(move |down| (0..diameter).map(move |across| (down, across)))
        .filter(move |(down, across)| {
            let (down, across) = (2 * down - middle, 2 * across - middle);
            down * down + across * across <= diameter * diameter
        })
        .filter_map(move |(down, across)| {
            Some(Cell {
                row: u32::try_from(start.0 + down).ok()?,
                column: u32::try_from(start.1 + across).ok()?,
            })
        })
}

/// Runs of neighbours in a row: `3:4-9, 4:4`, counted from 1; nothing where there are no cells.
impl fmt::Display for Cells {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cells = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = cells.next() {
            let mut last = first;
            while let Some(next) =
                cells.next_if(|next| next.row == last.row && next.column == last.column + 1)
            {
                last = next;
            }
            out.write_str(separator)?;
            write!(out, "{}:{}", first.row + 1, first.column + 1)?;
            if last.column > first.column {
                write!(out, "-{}", last.column + 1)?;
            }
            separator = ", ";
        }
        Ok(())
    }
}

impl FromStr for Cells {
    type Err = CellsError;

    fn from_str(text: &str) -> Result<Self, CellsError> {
        let mut cells = Self::default();
        let parts = text.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            let (row, first, last) = run(part)?;
            cells.add((first..=last).map(|column| Cell { row, column }));
        }
        Ok(cells)
    }
}

/// The row and the columns that a part such as `3:4-9` names, counted from 0.
fn run(part: &str) -> Result<(u32, u32, u32), CellsError> {
    let number = |text: &str| -> Result<u32, CellsError> {
        let number: u32 = text
            .trim()
            .parse()
            .map_err(|_| CellsError::Part { found: part.into() })?;
        if (1..=MOST).contains(&number) {
            Ok(number - 1)
        } else {
            Err(CellsError::OutOfRange { found: part.into() })
        }
    };
    let Some((row, columns)) = part.split_once(':') else {
        return Err(CellsError::Part { found: part.into() });
    };
    let (first, last) = columns.split_once('-').unwrap_or((columns, columns));
    let (row, first, last) = (number(row)?, number(first)?, number(last)?);
    if first > last {
        return Err(CellsError::Backwards { found: part.into() });
    }
    Ok((row, first, last))
}

#[cfg(test)]
mod tests {
    use super::{Cell, Cells, CellsError, Size, rectangle, stroke};

    /// A picture of cells: `#` is one of them.
    fn picture(cells: &Cells, size: Size) -> String {
        let letter = |cell: Cell| if cells.contains(cell) { '#' } else { '.' };
        let rows = (0..size.rows).map(|row| {
            (0..size.columns)
                .map(|column| letter(Cell { row, column }))
                .collect::<String>()
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn cells_are_written_as_runs_and_read_back() {
        let check = |text: &str, expected: &str| {
            let cells: Cells = text.parse().expect("it names cells");
            assert_eq!(cells.to_string(), expected, "{text}");
            assert_eq!(expected.parse(), Ok(cells), "{expected}");
        };
        check("", "");
        check(" , ", "");
        check("3:4-9", "3:4-9");
        check("4:4-9, 3:4-9", "3:4-9, 4:4-9");
        check("1:1,1:2 , 1:4", "1:1-2, 1:4");
        check("2 : 5 - 6, 2:7", "2:5-7");
        check("1:3-5, 1:1-4", "1:1-5");
        check("7:7-7", "7:7");
    }

    #[test]
    fn what_names_no_cells_is_told_with_the_part_that_is_wrong() {
        let check = |text: &str, expected: CellsError| {
            assert_eq!(text.parse::<Cells>(), Err(expected), "{text}");
        };
        let part = |found: &str| CellsError::Part {
            found: found.into(),
        };
        check("1:1, 3", part("3"));
        check("a:1", part("a:1"));
        check("1:2-", part("1:2-"));
        check("1:-2", part("1:-2"));
        check(
            "3:9-4",
            CellsError::Backwards {
                found: "3:9-4".into(),
            },
        );
        check(
            "0:1",
            CellsError::OutOfRange {
                found: "0:1".into(),
            },
        );
        check(
            "1:1-4097",
            CellsError::OutOfRange {
                found: "1:1-4097".into(),
            },
        );
    }

    #[test]
    fn a_rectangle_may_be_drawn_from_any_corner() {
        let corners = [(1, 1), (3, 2)];
        for (one, other) in [(0, 1), (1, 0)] {
            let (one, other) = (corners[one], corners[other]);
            let cells: Cells =
                rectangle(Cell::new(one.0, one.1), Cell::new(other.0, other.1)).collect();
            assert_eq!(cells.to_string(), "2:2-3, 3:2-3, 4:2-3");
        }
        let cells: Cells = rectangle(Cell::new(3, 1), Cell::new(1, 2)).collect();
        assert_eq!(cells.to_string(), "2:2-3, 3:2-3, 4:2-3");
    }

    #[test]
    fn a_fast_stroke_leaves_no_gaps() {
        let size = Size::new(5, 9);
        let check = |from: (u32, u32), to: (u32, u32), expected: &str| {
            let cells = stroke(Cell::new(from.0, from.1), Cell::new(to.0, to.1), 1, size);
            assert_eq!(picture(&cells, size), expected, "{from:?} to {to:?}");
        };
        check(
            (0, 0),
            (4, 8),
            "#........\n.##......\n...##....\n.....##..\n.......##",
        );
        check(
            (2, 2),
            (2, 2),
            ".........\n.........\n..#......\n.........\n.........",
        );
        check(
            (4, 3),
            (0, 3),
            "...#.....\n...#.....\n...#.....\n...#.....\n...#.....",
        );
    }

    #[test]
    fn a_wide_brush_is_round_and_stays_within_the_grid() {
        let size = Size::new(7, 7);
        let check = |at: (u32, u32), diameter: u32, expected: &str| {
            let at = Cell::new(at.0, at.1);
            let cells = stroke(at, at, diameter, size);
            assert_eq!(picture(&cells, size), expected, "{diameter} at {at:?}");
        };
        check(
            (3, 3),
            3,
            ".......\n.......\n..###..\n..###..\n..###..\n.......\n.......",
        );
        check(
            (3, 3),
            5,
            ".......\n..###..\n.#####.\n.#####.\n.#####.\n..###..\n.......",
        );
        check(
            (0, 0),
            3,
            "##.....\n##.....\n.......\n.......\n.......\n.......\n.......",
        );
        check(
            (6, 6),
            2,
            ".......\n.......\n.......\n.......\n.......\n.....##\n.....##",
        );
    }

    #[test]
    fn cells_outside_the_grid_have_no_index() {
        let size = Size::new(2, 3);
        assert_eq!(size.index(Cell::new(1, 2)), Some(5));
        assert_eq!(size.index(Cell::new(2, 0)), None);
        assert_eq!(size.index(Cell::new(0, 3)), None);
        let some: Cells = [Cell::new(0, 1)].into_iter().collect();
        assert_eq!(some.inverse(size).to_string(), "1:1, 1:3, 2:1-3");
    }
}
