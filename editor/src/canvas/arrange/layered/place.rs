//! How far down each box stands.

use super::BETWEEN_BOXES;
use super::order::Layers;

/// How often all layers are gone through.
const SWEEPS: usize = 16;
/// What is left free beside the stop of a wire.
const BESIDE_WIRES: f32 = 16.0;

/// How far down the upper edge of each box and stop is, so that wires bend little and no two boxes overlap.
pub fn tops(layers: &Layers) -> Vec<f32> {
    let mut tops = vec![0.0; layers.heights.len()];
    for layer in &layers.layers {
        let mut down = 0.0;
        for (place, at) in layer.iter().enumerate() {
            if place > 0 {
                down += between(layers, layer[place - 1], *at);
            }
            tops[*at] = down;
            down += layers.heights[*at];
        }
    }
    let count = layers.layers.len();
    for sweep in 0..SWEEPS {
        let sides = match sweep {
            _ if sweep + 2 >= SWEEPS => Sides::Both,
            _ if sweep % 2 == 0 => Sides::Before,
            _ => Sides::Behind,
        };
        for step in 0..count {
            let layer = if sweep % 2 == 0 {
                step
            } else {
                count - 1 - step
            };
            settle(layers, layer, sides, &mut tops);
        }
    }
    tops
}

/// To which neighbours a layer is drawn.
#[derive(Clone, Copy)]
enum Sides {
    Before,
    Behind,
    Both,
}

/// Moves everything in a layer as near to where its neighbours want it as their order allows.
fn settle(layers: &Layers, layer: usize, sides: Sides, tops: &mut [f32]) {
    let members = &layers.layers[layer];
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(members.len());
    for (place, at) in members.iter().enumerate() {
        if place > 0 {
            let above = members[place - 1];
            offset += layers.heights[above] + between(layers, above, *at);
        }
        offsets.push(offset);
    }
    let wishes = members.iter().zip(&offsets).map(|(at, offset)| {
        let (wish, weight) = wish(layers, *at, sides, tops);
        (wish - offset, weight)
    });
    for ((at, offset), down) in members.iter().zip(&offsets).zip(rising(wishes)) {
        tops[*at] = down + offset;
    }
}

/// Where the neighbours want the upper edge of `at` to be, and how much they want it.
fn wish(layers: &Layers, at: usize, sides: Sides, tops: &[f32]) -> (f32, f32) {
    let before = layers.into[at].iter().map(|link| {
        let link = &layers.links[*link];
        tops[link.from] + link.from_down - link.to_down
    });
    let behind = layers.out_of[at].iter().map(|link| {
        let link = &layers.links[*link];
        tops[link.to] + link.to_down - link.from_down
    });
    let mut wishes: Vec<f32> = match sides {
        Sides::Before => before.collect(),
        Sides::Behind => behind.collect(),
        Sides::Both => before.chain(behind).collect(),
    };
    if wishes.is_empty() {
        return (tops[at], 0.1);
    }
    // The median makes most wires straight where the mean makes all of them crooked.
    wishes.sort_by(f32::total_cmp);
    let middle = wishes.len() / 2;
    let median = if wishes.len().is_multiple_of(2) {
        f32::midpoint(wishes[middle - 1], wishes[middle])
    } else {
        wishes[middle]
    };
    (median, wishes.len() as f32)
}

/// The rising numbers that are nearest to the wishes, by weighted squares: neighbours that want to pass each other pool.
fn rising(wishes: impl Iterator<Item = (f32, f32)>) -> Vec<f32> {
    struct Pool {
        mean: f32,
        weight: f32,
        count: usize,
    }
    let mut pools: Vec<Pool> = Vec::new();
    for (mean, weight) in wishes {
        let mut pool = Pool {
            mean,
            weight,
            count: 1,
        };
        while let Some(above) = pools.pop_if(|above| above.mean > pool.mean) {
            let weight = above.weight + pool.weight;
            pool = Pool {
                mean: (above.mean * above.weight + pool.mean * pool.weight) / weight,
                weight,
                count: above.count + pool.count,
            };
        }
        pools.push(pool);
    }
    pools
        .into_iter()
        .flat_map(|pool| std::iter::repeat_n(pool.mean, pool.count))
        .collect()
}

/// What has to be free between two neighbours of a layer.
fn between(layers: &Layers, above: usize, below: usize) -> f32 {
    if layers.heights[above] > 0.0 && layers.heights[below] > 0.0 {
        BETWEEN_BOXES
    } else {
        BESIDE_WIRES
    }
}

#[cfg(test)]
mod tests {
    use super::rising;

    #[test]
    fn numbers_that_want_to_pass_each_other_meet_in_the_middle() {
        let cases = [
            (vec![], vec![]),
            (vec![(1.0, 1.0), (2.0, 1.0)], vec![1.0, 2.0]),
            (
                vec![(2.0, 1.0), (1.0, 1.0), (5.0, 1.0)],
                vec![1.5, 1.5, 5.0],
            ),
            (vec![(4.0, 1.0), (1.0, 2.0)], vec![2.0, 2.0]),
        ];
        for (wishes, expected) in cases {
            assert_eq!(rising(wishes.into_iter()), expected);
        }
    }
}
