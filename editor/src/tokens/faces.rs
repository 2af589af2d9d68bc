//! What each cell of a board looks like.

use iced::Color;

use super::difference::Difference;
use super::history::History;
use crate::theme::{ramp, tint};

/// What a cell is filled with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Face {
    /// Nothing: what lies behind is seen.
    Clear,
    /// Not laid yet.
    Masked,
    /// Laid, and nobody knows how surely.
    Given,
    /// Laid: the colour of its confidence.
    Laid(Color),
    /// The same in two grids.
    Same,
    /// Different in two grids.
    Other,
    /// Laid in the left one of two grids alone.
    LeftAlone,
    /// Laid in the right one of two grids alone.
    RightAlone,
}

/// Whether a cell is ringed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// It has never been edited.
    None,
    /// It was edited at an earlier step.
    Earlier,
    /// It was edited at this step.
    Now,
}

/// One cell as it is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// What it is filled with.
    pub face: Face,
    /// Whether it is ringed.
    pub ring: Ring,
}

impl Face {
    /// The colour that stands for a difference, in tiles and in words.
    pub fn colour(self) -> Option<Color> {
        match self {
            Self::Laid(colour) => Some(colour),
            Self::Other => Some(tint::OTHER),
            Self::LeftAlone => Some(tint::LEFT),
            Self::RightAlone => Some(tint::RIGHT),
            Self::Clear | Self::Masked | Self::Given | Self::Same => None,
        }
    }
}

/// The tiles of the grid after `step`.
pub fn of_step(history: &History, step: usize) -> Vec<Tile> {
    let (now, so_far) = (history.edited(step), history.edited_so_far(step));
    let confidence = history.confidence(step);
    let codes = history.grid(step).codes.iter().enumerate();
    codes
        .map(|(at, code)| Tile {
            face: match (code, confidence[at]) {
                (None, _) => Face::Masked,
                (Some(_), None) => Face::Given,
                (Some(_), Some(confidence)) => Face::Laid(ramp::colour(confidence)),
            },
            ring: match (code, now[at], so_far[at]) {
                (None, _, _) | (Some(_), false, false) => Ring::None,
                (Some(_), true, _) => Ring::Now,
                (Some(_), false, true) => Ring::Earlier,
            },
        })
        .collect()
}

/// The tiles that lie over the picture of a step: what is masked is covered, the rest is seen.
pub fn over_picture(history: &History, step: usize) -> Vec<Tile> {
    let tiles = of_step(history, step).into_iter();
    tiles
        .map(|tile| match (tile.face, tile.ring) {
            (Face::Masked, _) => tile,
            (_, Ring::Now) => Tile {
                face: Face::Clear,
                ..tile
            },
            (_, Ring::Earlier | Ring::None) => Tile {
                face: Face::Clear,
                ring: Ring::None,
            },
        })
        .collect()
}

/// The tiles that show where two grids differ.
pub fn of_differences(differences: &[Difference]) -> Vec<Tile> {
    let faces = differences.iter().map(|difference| match difference {
        Difference::Masked => Face::Masked,
        Difference::Same => Face::Same,
        Difference::Other => Face::Other,
        Difference::LeftAlone => Face::LeftAlone,
        Difference::RightAlone => Face::RightAlone,
    });
    faces
        .map(|face| Tile {
            face,
            ring: Ring::None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Face, Ring, of_step, over_picture};
    use crate::theme::ramp;
    use crate::tokens::history::History;
    use crate::tokens::history::tests::row;

    #[test]
    fn cells_show_whether_they_are_laid_how_surely_and_whether_they_were_edited() {
        let steps = vec![
            row("..g.", &[]),
            row("abg.", &[50, 100, 0, 0]),
            row("acg.", &[50, 25, 0, 0]),
            row("dcg.", &[75, 0, 0, 0]),
        ];
        let history = History::new(Arc::new(steps)).expect("all grids are of one size");
        let seen = |step| {
            let tiles = of_step(&history, step).into_iter();
            tiles.map(|tile| (tile.face, tile.ring)).collect::<Vec<_>>()
        };
        let laid = |confidence| Face::Laid(ramp::colour(confidence));
        let (given, masked) = ((Face::Given, Ring::None), (Face::Masked, Ring::None));
        assert_eq!(seen(0), [masked, masked, given, masked]);
        assert_eq!(
            seen(2),
            [
                (laid(0.5), Ring::None),
                (laid(0.25), Ring::Now),
                given,
                masked
            ]
        );
        assert_eq!(
            seen(3),
            [
                (laid(0.75), Ring::Now),
                (laid(0.25), Ring::Earlier),
                given,
                masked
            ]
        );
        let rings: Vec<Ring> = over_picture(&history, 3)
            .iter()
            .map(|tile| tile.ring)
            .collect();
        assert_eq!(rings, [Ring::Now, Ring::None, Ring::None, Ring::None]);
        let faces: Vec<Face> = over_picture(&history, 3)
            .iter()
            .map(|tile| tile.face)
            .collect();
        assert_eq!(faces, [Face::Clear, Face::Clear, Face::Clear, Face::Masked]);
    }
}
