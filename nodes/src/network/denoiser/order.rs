//! The order in which the network sees tokens: cell by cell.

/// The position of each token in the order of cells, for `rows × columns` tokens in cells of 2 × 2.
///
/// Cells follow row by row, and so do the four tokens of a cell.
pub fn cell_order(rows: usize, columns: usize) -> Vec<usize> {
    let mut order = Vec::with_capacity(rows * columns);
    for row in (0..rows).step_by(2) {
        for column in (0..columns).step_by(2) {
            for (down, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                order.push((row + down) * columns + column + right);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::cell_order;

    #[test]
    fn cells_follow_row_by_row() {
        assert_eq!(cell_order(2, 4), [0, 1, 4, 5, 2, 3, 6, 7]);
        assert_eq!(cell_order(4, 2), [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
