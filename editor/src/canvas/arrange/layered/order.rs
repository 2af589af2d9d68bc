//! The order of the boxes within each layer.

use super::Edge;
use crate::space::WorldSize;

/// How often all layers are gone through.
const SWEEPS: usize = 12;
/// The most stops on the way of long wires, for each box; beyond, long wires are left out of account.
const MOST_STOPS: usize = 8;

/// Boxes in layers, and stops where long wires pass a layer.
///
/// Stops have the numbers behind those of the boxes.
pub struct Layers {
    /// What is in each layer, from top to bottom.
    pub layers: Vec<Vec<usize>>,
    /// The layer of each box and stop.
    pub layer: Vec<usize>,
    /// How high each is; stops have no height.
    pub heights: Vec<f32>,
    /// What joins two layers that lie side by side.
    pub links: Vec<Edge>,
    /// The links that begin at each box and stop, by their number.
    pub out_of: Vec<Vec<usize>>,
    /// The links that end at each box and stop, by their number.
    pub into: Vec<Vec<usize>>,
}

impl Layers {
    /// Boxes of these sizes in these layers.
    pub fn new(sizes: &[WorldSize], edges: &[Edge], ranks: &[usize]) -> Self {
        let count = ranks.iter().max().map_or(0, |last| last + 1);
        let mut layers = Self {
            layers: vec![Vec::new(); count],
            layer: ranks.to_vec(),
            heights: sizes.iter().map(|size| size.height).collect(),
            links: Vec::new(),
            out_of: Vec::new(),
            into: Vec::new(),
        };
        let mut ahead: Vec<Edge> = edges
            .iter()
            .filter(|edge| ranks[edge.from] < ranks[edge.to])
            .copied()
            .collect();
        // Wires out of the same socket share their stops, the longest leading the way.
        ahead.sort_by(|left, right| {
            let way = |edge: &Edge| (edge.from, ranks[edge.to]);
            let (left_way, right_way) = (way(left), way(right));
            left_way
                .0
                .cmp(&right_way.0)
                .then(left.from_down.total_cmp(&right.from_down))
                .then(left_way.1.cmp(&right_way.1))
                .then(left.to.cmp(&right.to))
        });
        layers.link(&ahead, sizes.len() * MOST_STOPS);
        for (at, rank) in layers.layer.iter().enumerate() {
            layers.layers[*rank].push(at);
        }
        layers.index();
        layers
    }

    fn link(&mut self, edges: &[Edge], most: usize) {
        let boxes = self.heights.len();
        let mut chain: Vec<usize> = Vec::new();
        let mut previous: Option<&Edge> = None;
        for edge in edges {
            let is_same = previous.is_some_and(|before| {
                before.from == edge.from && before.from_down == edge.from_down
            });
            if !is_same {
                chain = vec![edge.from];
            }
            previous = Some(edge);
            let (first, last) = (self.layer[edge.from], self.layer[edge.to]);
            let stops = self.heights.len() - boxes;
            if stops + (last - first).saturating_sub(chain.len()) > most {
                continue;
            }
            while chain.len() < last - first {
                let stop = self.heights.len();
                self.heights.push(0.0);
                self.layer.push(first + chain.len());
                let before = *chain.last().unwrap_or(&edge.from);
                self.links.push(Edge {
                    from: before,
                    to: stop,
                    from_down: if before == edge.from {
                        edge.from_down
                    } else {
                        0.0
                    },
                    to_down: 0.0,
                });
                chain.push(stop);
            }
            let before = chain[last - first - 1];
            self.links.push(Edge {
                from: before,
                from_down: if before == edge.from {
                    edge.from_down
                } else {
                    0.0
                },
                ..*edge
            });
        }
    }

    fn index(&mut self) {
        self.out_of = vec![Vec::new(); self.heights.len()];
        self.into = vec![Vec::new(); self.heights.len()];
        for (at, link) in self.links.iter().enumerate() {
            self.out_of[link.from].push(at);
            self.into[link.to].push(at);
        }
    }

    /// Orders each layer by where its neighbours are, and keeps the order with the fewest crossings.
    pub fn untangle(&mut self) {
        let mut best = self.layers.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            if fewest == 0 {
                break;
            }
            let count = self.layers.len();
            let is_forward = sweep % 2 == 0;
            for step in 1..count {
                let layer = if is_forward { step } else { count - 1 - step };
                self.sort(layer, is_forward);
            }
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.layers);
            }
        }
        self.layers = best;
    }

    /// Sorts a layer by the mean of the places of its neighbours on one side.
    fn sort(&mut self, layer: usize, is_forward: bool) {
        let places = self.places();
        let mut keyed: Vec<(f32, usize)> = self.layers[layer]
            .iter()
            .enumerate()
            .map(|(place, at)| {
                let links = if is_forward {
                    &self.into[*at]
                } else {
                    &self.out_of[*at]
                };
                let near = links
                    .iter()
                    .map(|link| self.place(*link, is_forward, &places));
                let mean = near.sum::<f32>() / links.len() as f32;
                // What has no neighbours on that side stays about where it is.
                (if links.is_empty() { place as f32 } else { mean }, *at)
            })
            .collect();
        keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
        self.layers[layer] = keyed.into_iter().map(|(_, at)| at).collect();
    }

    /// Where a link meets the layer before, or behind, as a place among the boxes there.
    fn place(&self, link: usize, is_before: bool, places: &[usize]) -> f32 {
        let link = &self.links[link];
        let (at, down) = if is_before {
            (link.from, link.from_down)
        } else {
            (link.to, link.to_down)
        };
        places[at] as f32 + (down / self.heights[at].max(1.0)).clamp(0.0, 0.99)
    }

    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.heights.len()];
        for layer in &self.layers {
            for (place, at) in layer.iter().enumerate() {
                places[*at] = place;
            }
        }
        places
    }

    /// How many pairs of links cross each other.
    fn crossings(&self) -> usize {
        let places = self.places();
        let mut by_layer: Vec<Vec<(f32, f32)>> = vec![Vec::new(); self.layers.len()];
        for at in 0..self.links.len() {
            let ends = (
                self.place(at, true, &places),
                self.place(at, false, &places),
            );
            by_layer[self.layer[self.links[at].from]].push(ends);
        }
        by_layer.into_iter().map(inversions).sum()
    }
}

/// How many pairs lie the other way round at their second place than at their first.
fn inversions(mut pairs: Vec<(f32, f32)>) -> usize {
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)));
    let mut ends: Vec<f32> = pairs.into_iter().map(|(_, end)| end).collect();
    let mut other = ends.clone();
    let mut count = 0;
    let mut run = 1;
    while run < ends.len() {
        for start in (0..ends.len()).step_by(2 * run) {
            let middle = (start + run).min(ends.len());
            let end = (start + 2 * run).min(ends.len());
            count += merge(&ends[start..end], middle - start, &mut other[start..end]);
        }
        std::mem::swap(&mut ends, &mut other);
        run *= 2;
    }
    count
}

/// Merges two sorted runs, and counts how many of the second pass how many of the first.
fn merge(runs: &[f32], middle: usize, merged: &mut [f32]) -> usize {
    let (mut left, mut right, mut count) = (0, middle, 0);
    for place in merged {
        let takes_left = left < middle && (right == runs.len() || runs[left] <= runs[right]);
        if takes_left {
            *place = runs[left];
            left += 1;
        } else {
            *place = runs[right];
            right += 1;
            count += middle - left;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn crossings_are_counted_as_looking_at_all_pairs_counts_them() {
        let lists: [&[(f32, f32)]; 4] = [
            &[],
            &[(0.0, 1.0), (1.0, 0.0)],
            &[(0.0, 2.0), (0.0, 1.0), (1.0, 0.0), (2.0, 2.0), (3.0, 1.0)],
            &[(3.0, 0.0), (2.0, 1.0), (1.0, 2.0), (0.0, 3.0), (4.0, 4.0)],
        ];
        for (list, count) in lists.into_iter().zip([0, 1, 4, 6]) {
            assert_eq!(inversions(list.to_vec()), count, "{list:?}");
        }
    }
}
