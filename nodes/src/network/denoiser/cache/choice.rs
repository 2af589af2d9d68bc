//! Which cells of a picture are computed anew.

/// What says how much each cell of a picture needs to be computed anew; four neighbours of each list are a cell.
pub struct Needs<'a> {
    /// The tokens now.
    pub codes: &'a [i32],
    /// The tokens that the kept vectors were made of.
    pub seen: &'a [i32],
    /// Whether a score is asked for.
    pub asked: &'a [bool],
    /// How sure the network was when it was last asked.
    pub sureness: &'a [f32],
    /// What stands for a masked token.
    pub mask: i32,
}

/// What a cell is ranked by, the most pressing first: whether it is unchanged, not asked for, without a mask, and its sureness.
type Rank = (bool, bool, bool, f32);

impl Needs<'_> {
    /// The `count` cells that need it most, in rising order.
    ///
    /// First come cells whose tokens are others than when they were computed: all that the rest of the picture knows of
    /// them is wrong, however sure the network was. Then come cells that are asked for, of these the ones with a masked
    /// token before those that are laid, whose vectors hardly change any more; and at last cells that are not asked for.
    /// Within each of these the least sure cells come first: as sure as the least sure of their masked tokens, or of all
    /// four where none is masked.
    pub fn most_pressing(&self, count: usize) -> Vec<usize> {
        let mut ranked: Vec<(Rank, usize)> = (0..self.codes.len() / 4)
            .map(|cell| (self.rank(cell), cell))
            .collect();
        ranked.sort_by(|(left, _), (right, _)| {
            let known = (left.0, left.1, left.2).cmp(&(right.0, right.1, right.2));
            known.then(left.3.total_cmp(&right.3))
        });
        let mut cells: Vec<usize> = ranked.into_iter().map(|(_, cell)| cell).collect();
        cells.truncate(count);
        cells.sort_unstable();
        cells
    }

    fn rank(&self, cell: usize) -> Rank {
        let tokens = 4 * cell..4 * cell + 4;
        let codes = &self.codes[tokens.clone()];
        let is_masked = codes.contains(&self.mask);
        let counts = |code: i32| !is_masked || code == self.mask;
        let sureness = codes.iter().zip(&self.sureness[tokens.clone()]);
        let sureness = sureness.filter(|(code, _)| counts(**code));
        let least = sureness.map(|(_, sureness)| *sureness).reduce(f32::min);
        (
            *codes == self.seen[tokens.clone()],
            !self.asked[tokens].contains(&true),
            !is_masked,
            least.unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Needs;

    const M: i32 = 9;

    /// Tokens now and then, whether they are asked for, and how sure they are.
    type Cell = ([i32; 4], [i32; 4], bool, [f32; 4]);

    #[test]
    fn changed_cells_come_first_then_masked_ones_and_the_least_sure_of_each() {
        // Laid and sure, laid and unsure, masked and sure, masked and unsure, changed, and not asked for.
        let cells: [Cell; 6] = [
            ([1, 1, 1, 1], [1, 1, 1, 1], true, [0.9; 4]),
            ([1, 1, 1, 1], [1, 1, 1, 1], true, [0.9, 0.2, 0.9, 0.9]),
            // The token that is laid does not count.
            ([1, M, M, M], [1, M, M, M], true, [0.1, 0.8, 0.8, 0.8]),
            ([M, M, M, M], [M, M, M, M], true, [0.8, 0.8, 0.8, 0.3]),
            ([1, 1, 1, 1], [1, M, 1, 1], true, [0.99; 4]),
            ([M, M, M, M], [M, M, M, M], false, [0.0; 4]),
        ];
        let joined =
            |of: fn(&Cell) -> [i32; 4]| -> Vec<i32> { cells.iter().flat_map(of).collect() };
        let asked: Vec<bool> = cells.iter().flat_map(|cell| [cell.2; 4]).collect();
        let sureness: Vec<f32> = cells.iter().flat_map(|cell| cell.3).collect();
        let needs = Needs {
            codes: &joined(|cell| cell.0),
            seen: &joined(|cell| cell.1),
            asked: &asked,
            sureness: &sureness,
            mask: M,
        };
        let order = [4, 3, 2, 1, 0, 5];
        for count in 0..=order.len() {
            let mut expected = order[..count].to_vec();
            expected.sort_unstable();
            assert_eq!(needs.most_pressing(count), expected);
        }
    }
}
