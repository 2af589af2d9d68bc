//! Which pictures are held out.

use crate::input::scenes::holdout::hash;

/// What is held out together: one concept as one hand drew it.
///
/// Families that share their drawings are one hand, so a picture held out of one of them is in none of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What is shown.
    pub concept: String,
    /// Who drew it.
    pub drawing: String,
}

impl Cell {
    /// Whether the cell is among the `share` of all cells that is held out.
    pub fn is_held_out(&self, share: f32, salt: &str) -> bool {
        // The upper 53 bits, as a number from 0 to below 1.
        let place =
            (hash(&[salt, &self.concept, &self.drawing]) >> 11) as f64 / (1_u64 << 53) as f64;
        place < f64::from(share)
    }
}

#[cfg(test)]
mod tests {
    use super::Cell;

    #[test]
    fn the_share_is_kept_and_grows_without_reshuffling() {
        let cells: Vec<Cell> = (0..5000)
            .map(|number| Cell {
                concept: format!("thing {number}"),
                drawing: "fluent".into(),
            })
            .collect();
        let held_out = |share: f32| -> Vec<&Cell> {
            cells
                .iter()
                .filter(|cell| cell.is_held_out(share, "smalto"))
                .collect()
        };
        let (tenth, fifth) = (held_out(0.1), held_out(0.2));
        assert!(
            (tenth.len() as f64 / 5000.0 - 0.1).abs() < 0.015,
            "{}",
            tenth.len()
        );
        assert!(tenth.iter().all(|cell| fifth.contains(cell)));
        assert!(held_out(0.0).is_empty());
        assert_eq!(held_out(1.0).len(), 5000);
    }
}
