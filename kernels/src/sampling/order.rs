//! An order that spreads positions evenly over the picture at every moment.

use super::twister::Twister;

/// A square of the grid, and the one position of it that is already in the order.
#[derive(Clone, Copy)]
struct Block {
    column: usize,
    row: usize,
    size: usize,
    taken: Option<(usize, usize)>,
}

impl Block {
    /// The quarters north-west, north-east, south-west and south-east; the one that holds the position keeps it.
    fn quarters(self) -> [Self; 4] {
        let half = self.size / 2;
        [(0, 0), (half, 0), (0, half), (half, half)].map(|(right, down)| {
            let quarter = Self {
                column: self.column + right,
                row: self.row + down,
                size: half,
                taken: None,
            };
            Self {
                taken: self.taken.filter(|position| quarter.holds(*position)),
                ..quarter
            }
        })
    }

    fn holds(self, (column, row): (usize, usize)) -> bool {
        (self.column..self.column + self.size).contains(&column)
            && (self.row..self.row + self.size).contains(&row)
    }
}

/// A progressive multi-jittered order of all positions, `row · columns + column`.
///
/// The grid is quartered again and again; at each level the quarters are shuffled, and each that holds no position yet
/// gets one at random. Grids that are not squares of a power of two take the order of the next such square and leave
/// out what lies beyond them. Published orders have seed 42.
///
/// Source: NLD-Image, sampler; Christensen, Kensler, Kilpatrick, "Progressive multi-jittered sample sequences" (2018).
pub fn stratified_order(rows: usize, columns: usize, seed: u32) -> Vec<usize> {
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    let side = rows.max(columns).next_power_of_two();
    let mut twister = Twister::new(seed);
    let mut blocks = vec![Block {
        column: 0,
        row: 0,
        size: side,
        taken: None,
    }];
    let mut order = Vec::with_capacity(side * side);
    if side == 1 {
        order.push((0, 0));
    }
    while blocks[0].size > 1 {
        blocks = blocks.into_iter().flat_map(Block::quarters).collect();
        twister.shuffle(&mut blocks);
        for block in blocks.iter_mut().filter(|block| block.taken.is_none()) {
            let column = block.column + twister.below(block.size);
            let row = block.row + twister.below(block.size);
            block.taken = Some((column, row));
            order.push((column, row));
        }
    }
    order
        .into_iter()
        .filter(|(column, row)| *column < columns && *row < rows)
        .map(|(column, row)| row * columns + column)
        .collect()
}
