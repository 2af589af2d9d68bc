//! The order in which a Halton sequence comes upon the positions of a picture.

/// All positions, `row · columns + column`, in the order in which the points of the Halton sequence with the bases 2
/// (rows) and 3 (columns) first fall on them.
///
/// `row = ⌊rows · φ₂(i)⌋`, `column = ⌊columns · φ₃(i)⌋` for `i = 1, 2, …`, where `φ_b(i)` mirrors the digits of `i` in base
/// `b` at the point. What is laid early is spread evenly, on any grid.
///
/// Source: Besnier et al., "Halton scheduler for masked generative image transformer", 2025 (arXiv 2503.17076).
pub fn halton_order(rows: usize, columns: usize) -> Vec<usize> {
    let length = rows * columns;
    let mut order = Vec::with_capacity(length);
    let mut seen = vec![false; length];
    // Every 2^a · 3^b points in a row fall once on each field of a 2^a by 3^b grid, so none is left out for ever.
    let mut index = 0;
    while order.len() < length {
        index += 1;
        let position = share(rows, index, 2) * columns + share(columns, index, 3);
        if !std::mem::replace(&mut seen[position], true) {
            order.push(position);
        }
    }
    order
}

/// `⌊count · φ_base(index)⌋`, exactly.
fn share(count: usize, index: u64, base: u64) -> usize {
    let (mut rest, mut mirrored, mut place) = (index, 0, 1);
    while rest > 0 {
        mirrored = mirrored * base + rest % base;
        place *= base;
        rest /= base;
    }
    (count as u64 * mirrored / place) as usize
}
