//! Cells of a grid, written down: `3:4, 5:2-9, 6-8:2-9`.

use std::ops::RangeInclusive;

use crate::value::Grid;

/// Blocks of cells, rows and columns counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells(Vec<(RangeInclusive<usize>, RangeInclusive<usize>)>);

impl Cells {
    /// The cells that `text` names; none where it is blank.
    ///
    /// Errors: what was expected instead.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self(Vec::new()));
        }
        text.split(',')
            .map(block)
            .collect::<Option<Vec<_>>>()
            .map(Self)
            .ok_or_else(|| "rows and columns from 1, such as `3:4, 5:2-9, 6-8:2-9`".into())
    }

    /// Which positions of `grid` they are, row by row.
    ///
    /// Errors: what was expected instead, where a cell lies outside.
    pub fn over(&self, grid: Grid) -> Result<Vec<bool>, String> {
        let mut inside = vec![false; grid.length()];
        for (rows, columns) in &self.0 {
            if *rows.end() > grid.rows || *columns.end() > grid.columns {
                return Err(format!(
                    "cells of a grid of {} rows and {} columns",
                    grid.rows, grid.columns
                ));
            }
            for row in rows.clone() {
                let first = (row - 1) * grid.columns;
                inside[first + columns.start() - 1..first + columns.end()].fill(true);
            }
        }
        Ok(inside)
    }
}

/// Reads `3:4`, `5:2-9` or `6-8:2-9`.
fn block(text: &str) -> Option<(RangeInclusive<usize>, RangeInclusive<usize>)> {
    let (rows, columns) = text.split_once(':')?;
    Some((range(rows)?, range(columns)?))
}

/// Reads `4` or `2-9`, from 1 and not backwards.
fn range(text: &str) -> Option<RangeInclusive<usize>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (1 <= first && first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::Cells;
    use crate::value::Grid;

    const GRID: Grid = Grid {
        rows: 2,
        columns: 3,
    };

    #[test]
    fn blocks_are_rows_and_columns_from_one() {
        let check = |text: &str, expected: [u8; 6]| {
            let cells = Cells::read(text).and_then(|cells| cells.over(GRID));
            let inside = cells.map(|inside| inside.into_iter().map(u8::from).collect());
            assert_eq!(inside, Ok(expected.to_vec()), "{text}");
        };
        check("", [0; 6]);
        check(" \n", [0; 6]);
        check("1:1", [1, 0, 0, 0, 0, 0]);
        check("2:2-3", [0, 0, 0, 0, 1, 1]);
        check("1-2:3", [0, 0, 1, 0, 0, 1]);
        check(" 1 : 1 - 2 ,2:1-1, 1:2", [1, 1, 0, 1, 0, 0]);
    }

    #[test]
    fn what_names_no_cells_is_refused() {
        for text in [
            "1",
            "1:",
            ":1",
            "0:1",
            "1:0",
            "1:3-2",
            "a:1",
            "1:1;2:2",
            "1:1,",
            "-1:1",
            "1:99999999999999999999",
        ] {
            assert_eq!(
                Cells::read(text),
                Err("rows and columns from 1, such as `3:4, 5:2-9, 6-8:2-9`".into()),
                "{text}"
            );
        }
        for text in ["3:1", "1:4", "1-3:1"] {
            let cells = Cells::read(text).expect("it is written properly");
            assert_eq!(
                cells.over(GRID),
                Err("cells of a grid of 2 rows and 3 columns".into()),
                "{text}"
            );
        }
    }
}
