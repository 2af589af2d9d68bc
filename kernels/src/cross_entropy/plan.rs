//! In which order rows and codes are worked through on a card, and what is kept where.
//!
//! A pass takes some rows through all codes: forward, keeping 16-bit (or f32) exponentials; then back, with two products
//! over what was kept.
//! Forward, a card that can makes exponentials of logits tile by tile, in registers; for others f32 logits are written in
//! chunks small enough to stay in the card's cache.
//! As many rows as the gradient of the head has room for keep theirs in the memory of that gradient, which is written
//! only when what lies there has been used: the matrix of each stretch of codes lies where the gradient of the stretch
//! before it will be written, the first one elsewhere, and the stretches are walked from the last to the first.
//! That costs no memory, and sums the gradient of the head in one go.
//! Where rows remain, further passes keep theirs in memory of their own and add to the gradient.

use std::ops::Range;

/// Bytes of f32 logits that a card's second-level cache holds beside what is read: an A100 has 40 MB, an H100 50.
const CACHED: usize = 32 << 20;

/// Codes of a forward chunk at most.
const TAKE_MAX: usize = 8192;

/// Codes of a forward chunk at least, where the rows are many.
const TAKE_MIN: usize = 2048;

/// Codes of a tile of logits.
pub(crate) const TILE: usize = 256;

/// Rows of a tile of logits.
pub(crate) const TILE_ROWS: usize = 128;

/// Codes whose exponentials are kept in one matrix at most, and at least: few would make many small products.
const COLUMNS: [usize; 4] = [8192, 4096, 2048, 1024];

/// Parts of the memory start at multiples of so many bytes.
const ALIGNMENT: usize = 256;

/// Rows come in multiples of so many where there is a choice: 16 bytes of bf16.
const STEP: usize = 8;

/// The sizes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub rows: usize,
    pub width: usize,
    pub codes: usize,
    /// Bytes of one number of the operands, and so of what is kept.
    pub operand: usize,
    /// Bytes of one number of the head's gradient.
    pub gradient: usize,
    /// Levels of groups.
    pub levels: usize,
    /// Whether logits are worked on in tiles.
    pub tiled: bool,
    /// Whether tiles may be left out of the gradients, for which all that is kept must lie in one matrix.
    pub skipping: bool,
}

/// Which tiles take part in the gradients, in bytes from where the lists lie: their counts for each tile of rows and for
/// each of codes, then the lists, and a mark for each tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileLists {
    /// Tiles of rows.
    pub tall: usize,
    /// Tiles of codes.
    pub wide: usize,
    /// Tiles of rows in each tile of codes.
    pub code_counts: usize,
    /// Numbers of tiles of codes, for each tile of rows.
    pub row_lists: usize,
    /// Numbers of tiles of rows, for each tile of codes.
    pub code_lists: usize,
    /// A byte for each tile.
    pub marks: usize,
    bytes: usize,
}

/// What the tiles of a pass need, in bytes from the start of the pass's memory; their sums come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileMemory {
    /// Sums over parts of groups.
    pub edges: usize,
    /// Logits of the first codes, [`TILE`] of them where there are as many.
    pub some: usize,
    bytes: usize,
}

/// Some rows taken through all codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    pub rows: Range<usize>,
    /// Codes of a forward chunk; all of them where tiles are worked on.
    pub take: usize,
    /// Codes of a matrix of kept exponentials; the last one may have fewer.
    pub columns: usize,
    /// Whether all matrices but the first lie in the memory of the head's gradient.
    pub in_gradient: bool,
    /// Where in the plan's memory the first matrix lies; before it lie logits, or what tiles need, in the forward part,
    /// and f32 sums of the gradient in hidden vectors and scaled hidden vectors afterwards.
    pub kept: usize,
    /// Where the references of each chunk lie.
    pub references: usize,
    /// Where the lists of tiles lie, if tiles are left out.
    pub lists: usize,
    /// Bytes of memory that the pass needs.
    bytes: usize,
}

/// Passes in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub passes: Vec<Pass>,
    /// Bytes of the memory that serves one pass after the other.
    pub bytes: usize,
}

impl Plan {
    /// The plan of losses alone, within `bytes` where a few rows allow it.
    pub(crate) fn of_losses(sizes: Sizes, bytes: usize) -> Self {
        let memory = |rows: usize| {
            let take = sizes.take(rows, padded(sizes.codes));
            let work = sizes.forward(rows, take);
            Memory::new(work, 0, sizes.references(rows, take))
        };
        let cached = CACHED / (TAKE_MIN * size_of::<f32>());
        let most = if sizes.tiled { sizes.rows } else { cached };
        let most = largest(most.min(sizes.rows), |rows| memory(rows).total() <= bytes);
        let passes = even(0..sizes.rows, most).map(|rows| {
            let take = sizes.take(rows.len(), padded(sizes.codes));
            let memory = memory(rows.len());
            Pass::new(rows, [take, take], false, memory)
        });
        Self::new(passes.collect())
    }

    /// The plan of losses and gradients, within `bytes` where a few rows allow it.
    pub(crate) fn of_gradients(sizes: Sizes, bytes: usize) -> Self {
        let all = padded(sizes.codes);
        let kept_apart = |rows: usize| sizes.memory(rows, all).total() <= bytes;
        let own = largest(sizes.rows, kept_apart);
        let fits = sizes.width * sizes.gradient / sizes.operand;

        let mut passes = Vec::new();
        let mut first = 0;
        if own < sizes.rows && fits > own && !sizes.skipping {
            let (rows, columns) = sizes.within_gradient(fits.min(sizes.rows), bytes);
            let take = sizes.take(rows, columns);
            let memory = sizes.memory(rows, columns);
            passes.push(Pass::new(0..rows, [take, columns], true, memory));
            first = rows;
        }
        passes.extend(even(first..sizes.rows, own).map(|rows| {
            let take = sizes.take(rows.len(), all);
            let memory = sizes.memory(rows.len(), all);
            Pass::new(rows, [take, all], false, memory)
        }));
        Self::new(passes)
    }

    fn new(passes: Vec<Pass>) -> Self {
        let bytes = passes.iter().map(|pass| pass.bytes).max();
        Self {
            bytes: bytes.unwrap_or_default(),
            passes,
        }
    }
}

impl Pass {
    fn new(
        rows: Range<usize>,
        [take, columns]: [usize; 2],
        in_gradient: bool,
        memory: Memory,
    ) -> Self {
        Self {
            take,
            columns,
            in_gradient,
            kept: memory.work,
            references: memory.work + memory.kept,
            lists: memory.work
                + memory.kept
                + (rows.len() * size_of::<f32>()).next_multiple_of(ALIGNMENT),
            bytes: memory.total(),
            rows,
        }
    }
}

/// What one pass needs.
#[derive(Clone, Copy)]
struct Memory {
    work: usize,
    kept: usize,
    references: usize,
}

impl Memory {
    fn new(work: usize, kept: usize, references: usize) -> Self {
        Self {
            work: work.next_multiple_of(ALIGNMENT),
            kept: kept.next_multiple_of(ALIGNMENT),
            references,
        }
    }

    fn total(self) -> usize {
        self.work + self.kept + self.references
    }
}

impl Sizes {
    /// What a pass over `rows` rows needs whose first matrix has `columns` codes.
    fn memory(&self, rows: usize, columns: usize) -> Memory {
        let take = self.take(rows, columns);
        let back = rows * self.width * (size_of::<f32>() + self.operand);
        Memory::new(
            self.forward(rows, take).max(back),
            rows * columns * self.operand,
            self.references(rows, take),
        )
    }

    /// Bytes of the references of a pass, and of the lists of tiles behind them.
    fn references(&self, rows: usize, take: usize) -> usize {
        let references = rows * self.codes.div_ceil(take) * size_of::<f32>();
        if self.skipping {
            return references.next_multiple_of(ALIGNMENT) + self.lists(rows).bytes;
        }
        references
    }

    /// The lists of tiles of `rows` rows.
    pub(crate) fn lists(&self, rows: usize) -> TileLists {
        let (tall, wide) = (rows.div_ceil(TILE_ROWS), self.codes.div_ceil(TILE));
        let number = size_of::<i32>();
        let code_counts = tall * number;
        let row_lists = code_counts + wide * number;
        let code_lists = row_lists + tall * wide * number;
        let marks = code_lists + tall * wide * number;
        TileLists {
            tall,
            wide,
            code_counts,
            row_lists,
            code_lists,
            marks,
            bytes: marks + tall * wide,
        }
    }

    /// Bytes that the forward part needs beside what is kept.
    fn forward(&self, rows: usize, take: usize) -> usize {
        if self.tiled {
            return self.tiles(rows).bytes;
        }
        rows * take * size_of::<f32>()
    }

    /// What the tiles of `rows` rows need.
    pub(crate) fn tiles(&self, rows: usize) -> TileMemory {
        let float = size_of::<f32>();
        let sums = rows * self.codes.div_ceil(TILE) * float;
        let edges = sums.next_multiple_of(ALIGNMENT);
        // Two parts of a group, each a sum and its reference.
        let some = (edges + rows * self.levels * 4 * float).next_multiple_of(ALIGNMENT);
        TileMemory {
            edges,
            some,
            bytes: some + rows * TILE.min(self.codes) * float,
        }
    }

    /// Codes of a forward chunk whose exponentials go to one matrix, or all of them.
    fn take(&self, rows: usize, columns: usize) -> usize {
        if self.tiled {
            return self.codes;
        }
        take(rows, self.codes).min(columns)
    }

    /// Rows, `most` at most, and codes of a matrix for a pass that keeps its exponentials in the gradient.
    fn within_gradient(&self, most: usize, bytes: usize) -> (usize, usize) {
        let mut rows = most;
        loop {
            let fitting = COLUMNS
                .map(|columns| columns.min(padded(self.codes)))
                .into_iter()
                .find(|columns| self.memory(rows, *columns).total() <= bytes);
            match fitting {
                Some(columns) => return (rows, columns),
                None if rows <= STEP => return (rows, COLUMNS[3].min(padded(self.codes))),
                None => rows = (rows / 2).next_multiple_of(STEP),
            }
        }
    }
}

/// Codes of a forward chunk for so many rows: a power of two.
fn take(rows: usize, codes: usize) -> usize {
    // The widest chunks want more of the cache left to the head's rows beside them.
    let most = [(TAKE_MAX, CACHED / 2), (TAKE_MAX / 2, CACHED)]
        .into_iter()
        .find(|(take, cached)| rows * take * size_of::<f32>() <= *cached)
        .map(|(take, _)| take);
    most.unwrap_or(TAKE_MIN)
        .min(codes.next_power_of_two().max(TAKE_MIN))
}

/// Codes rounded up so that every row of a matrix starts at a multiple of 16 bytes.
pub(crate) fn padded(codes: usize) -> usize {
    codes.next_multiple_of(8)
}

/// The largest count of rows up to `most` that is allowed, a multiple of [`STEP`] unless it is `most`; at least one
/// step.
fn largest(most: usize, allowed: impl Fn(usize) -> bool) -> usize {
    if allowed(most) {
        return most;
    }
    let (mut good, mut bad) = (1, most.div_ceil(STEP));
    while good + 1 < bad {
        let middle = usize::midpoint(good, bad);
        if allowed(middle * STEP) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    (good * STEP).min(most)
}

/// The rows in parts of about one size, `most` at most.
fn even(rows: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = rows.len().div_ceil(most.max(1)).max(1);
    let size = rows
        .len()
        .div_ceil(parts)
        .next_multiple_of(STEP)
        .min(most.max(1))
        .max(1);
    rows.clone()
        .step_by(size)
        .map(move |first| first..(first + size).min(rows.end))
}

#[cfg(test)]
mod tests {
    use super::{Plan, Sizes, TILE};

    const MIB: usize = 1 << 20;

    fn bf16(rows: usize, width: usize, codes: usize) -> Sizes {
        Sizes {
            rows,
            width,
            codes,
            operand: 2,
            gradient: 2,
            levels: 1,
            tiled: false,
            skipping: false,
        }
    }

    fn tiled(rows: usize, width: usize, codes: usize) -> Sizes {
        Sizes {
            tiled: true,
            ..bf16(rows, width, codes)
        }
    }

    #[test]
    fn rows_no_more_than_the_width_keep_all_in_the_gradient() {
        let plan = Plan::of_gradients(bf16(4096, 4096, 131_072), 200 * MIB);
        assert_eq!(plan.passes.len(), 1);
        assert!(plan.passes[0].in_gradient);
        assert_eq!((plan.passes[0].take, plan.passes[0].columns), (2048, 8192));
        assert_eq!(plan.bytes, 161 * MIB);
    }

    #[test]
    fn little_memory_makes_the_matrices_narrow() {
        let plan = Plan::of_gradients(bf16(4096, 4096, 131_072), 128 * MIB);
        assert_eq!(plan.passes[0].columns, 2048);
        assert_eq!(plan.bytes, 113 * MIB);
    }

    #[test]
    fn further_rows_take_further_passes() {
        let sizes = bf16(8192, 2048, 262_144);
        let plan = Plan::of_gradients(sizes, 576 * MIB);
        let rows: Vec<_> = plan.passes.iter().map(|pass| pass.rows.len()).collect();
        assert_eq!(rows, [2048, 1024, 1024, 1024, 1024, 1024, 1024]);
        assert!(plan.passes[0].in_gradient && !plan.passes[1].in_gradient);
        assert!(plan.bytes <= 576 * MIB, "{}", plan.bytes);
    }

    #[test]
    fn tiles_need_no_room_for_logits() {
        let plan = Plan::of_losses(tiled(4096, 4096, 131_072), 64 * MIB);
        assert_eq!(plan.passes.len(), 1);
        assert!(plan.bytes < 13 * MIB, "{}", plan.bytes);
        let plan = Plan::of_gradients(tiled(4096, 4096, 131_072), 128 * MIB);
        assert_eq!(plan.passes[0].columns, 2048);
        assert!(plan.bytes <= 113 * MIB, "{}", plan.bytes);
    }

    #[test]
    fn where_tiles_are_left_out_all_lies_in_one_matrix() {
        let sizes = Sizes {
            skipping: true,
            ..tiled(4096, 4096, 131_072)
        };
        let plan = Plan::of_gradients(sizes, 576 * MIB);
        let rows: Vec<_> = plan.passes.iter().map(|pass| pass.rows.len()).collect();
        assert_eq!(rows, [2048, 2048]);
        for pass in &plan.passes {
            assert_eq!(pass.columns, 131_072);
            let lists = sizes.lists(pass.rows.len());
            assert_eq!((lists.tall, lists.wide), (16, 512));
            assert!(pass.lists + lists.bytes <= plan.bytes, "{plan:?}");
        }
    }

    #[test]
    fn what_fits_is_done_in_one_pass_of_its_own() {
        let plan = Plan::of_gradients(bf16(16_384, 256, 4096), 512 * MIB);
        assert_eq!(plan.passes.len(), 1);
        assert!(!plan.passes[0].in_gradient);
    }

    #[test]
    fn every_plan_covers_its_rows_once_and_keeps_within_memory() {
        for rows in [1, 7, 8, 100, 4097] {
            for width in [1, 16, 300] {
                for codes in [1, 5, 2049, 40_000] {
                    for bytes in [MIB, 16 * MIB, 600 * MIB] {
                        let chunks = bf16(rows, width, codes);
                        let tiles = tiled(rows, width, codes);
                        for (sizes, plan) in [
                            (chunks, Plan::of_gradients(chunks, bytes)),
                            (chunks, Plan::of_losses(chunks, bytes)),
                            (tiles, Plan::of_gradients(tiles, bytes)),
                            (tiles, Plan::of_losses(tiles, bytes)),
                        ] {
                            let mut next = 0;
                            for pass in &plan.passes {
                                assert_eq!(pass.rows.start, next);
                                next = pass.rows.end;
                                let room = pass.columns * width;
                                let kept = pass.rows.len() * pass.columns;
                                let work = sizes.forward(pass.rows.len(), pass.take);
                                assert!(work <= pass.kept, "{plan:?}");
                                assert!(!pass.in_gradient || kept <= room, "{sizes:?} {plan:?}");
                                let whole = pass.columns >= codes;
                                let step = if sizes.tiled { TILE } else { pass.take };
                                assert!(whole || pass.columns % step == 0, "{plan:?}");
                            }
                            assert_eq!(next, rows);
                            let small =
                                |pass: &super::Pass| pass.bytes <= bytes || pass.rows.len() <= 8;
                            let all = plan.passes.iter().all(small);
                            assert!(all, "{sizes:?} {bytes} {plan:?}");
                        }
                    }
                }
            }
        }
    }
}
