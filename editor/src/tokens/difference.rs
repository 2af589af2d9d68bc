//! Where two token grids differ.

use graph::preview::TokenGrid;

/// How a cell of one grid compares with the same cell of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It is masked in both.
    Masked,
    /// It holds the same code in both.
    Same,
    /// It holds another code.
    Other,
    /// It is laid in the left grid alone.
    LeftAlone,
    /// It is laid in the right grid alone.
    RightAlone,
}

/// How many cells of two grids are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Masked in both.
    pub masked: usize,
    /// The same code in both.
    pub same: usize,
    /// Different codes.
    pub other: usize,
    /// Laid in the left grid alone.
    pub left_alone: usize,
    /// Laid in the right grid alone.
    pub right_alone: usize,
}

/// Cell by cell, how `left` compares with `right`; `None` where they are not of one size.
pub fn differences(left: &TokenGrid, right: &TokenGrid) -> Option<Vec<Difference>> {
    if (left.rows, left.columns) != (right.rows, right.columns) {
        return None;
    }
    let pairs = left.codes.iter().zip(&right.codes);
    Some(
        pairs
            .map(|pair| match pair {
                (None, None) => Difference::Masked,
                (Some(_), None) => Difference::LeftAlone,
                (None, Some(_)) => Difference::RightAlone,
                (Some(left), Some(right)) if left == right => Difference::Same,
                (Some(_), Some(_)) => Difference::Other,
            })
            .collect(),
    )
}

impl Tally {
    /// Counts `differences`.
    pub fn of(differences: &[Difference]) -> Self {
        let mut tally = Self::default();
        for difference in differences {
            *match difference {
                Difference::Masked => &mut tally.masked,
                Difference::Same => &mut tally.same,
                Difference::Other => &mut tally.other,
                Difference::LeftAlone => &mut tally.left_alone,
                Difference::RightAlone => &mut tally.right_alone,
            } += 1;
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::{Difference, Tally, differences};
    use crate::tokens::history::tests::row;

    #[test]
    fn every_cell_is_compared_with_its_like() {
        let found = differences(&row(".aab.", &[]), &row(".ab.c", &[]));
        let expected = vec![
            Difference::Masked,
            Difference::Same,
            Difference::Other,
            Difference::LeftAlone,
            Difference::RightAlone,
        ];
        assert_eq!(found.as_deref(), Some(expected.as_slice()));
        let tally = Tally {
            masked: 1,
            same: 1,
            other: 1,
            left_alone: 1,
            right_alone: 1,
        };
        assert_eq!(Tally::of(&expected), tally);
    }

    #[test]
    fn grids_of_different_sizes_cannot_be_compared() {
        assert_eq!(differences(&row("ab", &[]), &row("abc", &[])), None);
    }
}
