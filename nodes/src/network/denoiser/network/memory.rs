//! What the stack made of sequences, kept so that a part of it can be made anew.

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};

use super::DenoiserNetwork;
use crate::network::denoiser::layer::KeysValues;
use crate::network::denoiser::{Rotary, Sequence};

/// What the stack made of sequences of one shape.
#[derive(Clone, Debug)]
pub struct Memory {
    /// The keys of each layer and, side by side with them, the values, `[sequences, length, 2 · key heads, head width]`.
    pub layers: Vec<Tensor<4>>,
    /// The vectors that [`DenoiserNetwork::features`] gives, `[sequences, cells, width]`.
    pub features: Tensor<3>,
}

/// Some cells of sequences of one shape, as many of each.
#[derive(Clone, Debug)]
pub struct Part {
    /// The tokens of the cells, `[sequences, 4 · n]`.
    codes: Tensor<2, Int>,
    /// Where each of them stands in its sequence, `[sequences · n]`.
    places: Tensor<1, Int>,
    /// Where each position of each sequence is found among those kept and, behind these, those made anew.
    positions: Tensor<1, Int>,
    /// The same of the cells alone.
    cells: Tensor<1, Int>,
}

impl Part {
    /// The cells `chosen` of each sequence, which rise, of pictures of the tokens `codes` cell by cell.
    ///
    /// `before` ids stand before the picture in sequences of `length` positions.
    pub fn new(
        chosen: &[&[usize]],
        codes: &[&[i32]],
        [before, length]: [usize; 2],
        device: &Device,
    ) -> Self {
        let sequences = chosen.len();
        let integers = |values: Vec<i32>| -> Tensor<1, Int> {
            let shape = [values.len()];
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        let picked = chosen.iter().zip(codes).flat_map(|(chosen, codes)| {
            let tokens = chosen
                .iter()
                .map(move |cell| &codes[4 * cell..4 * cell + 4]);
            tokens.flatten().copied()
        });
        let picked: Vec<i32> = picked.collect();
        let places = chosen.iter().copied().flatten();
        let places = places.map(|cell| (before + cell) as i32).collect();
        let cells = codes.first().map_or(0, |codes| codes.len() / 4);
        Self {
            codes: integers(picked.clone()).reshape([sequences, picked.len() / sequences]),
            places: integers(places),
            positions: integers(found(chosen, before, length)),
            cells: integers(found(chosen, 0, cells)),
        }
    }
}

/// Where each of `length` places of each sequence is found among all that are kept and, behind these, those made anew,
/// which stand `before` and so many further as chosen.
fn found(chosen: &[&[usize]], before: usize, length: usize) -> Vec<i32> {
    let kept = chosen.len() * length;
    let mut found: Vec<i32> = (0..kept as i32).collect();
    let places = chosen.iter().enumerate().flat_map(|(sequence, chosen)| {
        let first = sequence * length + before;
        chosen.iter().map(move |cell| first + cell)
    });
    for (at, place) in places.enumerate() {
        found[place] = (kept + at) as i32;
    }
    found
}

impl Memory {
    /// Of several memories of sequences of one shape, those of the sequences `rows`, counted through all of them.
    ///
    /// Shapes: `rows [n]` → `n` sequences.
    pub fn gathered(memories: &[&Self], rows: &Tensor<1, Int>) -> Self {
        let layers = memories.first().map_or(0, |memory| memory.layers.len());
        let layer = |at: usize| {
            let kept = memories.iter().map(|memory| memory.layers[at].clone());
            Tensor::cat(kept.collect(), 0).select(0, rows.clone())
        };
        let features = memories.iter().map(|memory| memory.features.clone());
        Self {
            layers: (0..layers).map(layer).collect(),
            features: Tensor::cat(features.collect(), 0).select(0, rows.clone()),
        }
    }
}

impl DenoiserNetwork {
    /// The [`features`](Self::features) of sequences, and what later steps need to make a part of them anew.
    pub fn remembered(&self, sequence: Sequence, rotary: &Rotary, dtype: FloatDType) -> Memory {
        let (before, cells) = (sequence.before.dims()[1], sequence.codes.dims()[1] / 4);
        let mut layers = Vec::with_capacity(self.encoder.layers.len());
        let x = self.embedded(sequence, dtype);
        let states = self.through(x, rotary, |_, (keys, values)| {
            layers.push(Tensor::cat(vec![keys.clone(), values.clone()], 2));
            (keys, values)
        });
        Memory {
            layers,
            features: self.featured(states.narrow(1, before, cells)),
        }
    }

    /// What is kept, with the cells of `part` made anew: these alone pass through the stack, and look at what is kept of all
    /// other positions, the prompt's among them.
    ///
    /// `rotary` must be made for the length of the whole sequence.
    pub fn renewed(
        &self,
        memory: Memory,
        part: &Part,
        rotary: &Rotary,
        dtype: FloatDType,
    ) -> Memory {
        let mut layers = memory.layers;
        let x = self.cells(part.codes.clone(), dtype);
        let states = self.through(x, &rotary.at(&part.places), |at, (keys, values)| {
            let new = Tensor::cat(vec![keys, values], 2);
            layers[at] = replaced(layers[at].clone(), new, &part.positions);
            halves(&layers[at])
        });
        Memory {
            layers,
            features: replaced(memory.features, self.featured(states), &part.cells),
        }
    }
}

/// `kept` with some of its places replaced by those of `new`, found as `places` says.
///
/// Shapes: `kept [sequences, length, ..]`, `new [sequences, n, ..]`, `places [sequences · length]` → the shape of `kept`.
fn replaced<const D: usize>(kept: Tensor<D>, new: Tensor<D>, places: &Tensor<1, Int>) -> Tensor<D> {
    let shape = kept.dims();
    let columns: usize = shape[2..].iter().product();
    let rows = |x: Tensor<D>| -> Tensor<2> {
        let dims = x.dims();
        x.reshape([dims[0] * dims[1], columns])
    };
    let both = Tensor::cat(vec![rows(kept), rows(new)], 0);
    both.select(0, places.clone()).reshape(shape)
}

/// Keys and values that lie side by side.
fn halves(layer: &Tensor<4>) -> KeysValues {
    let heads = layer.dims()[2] / 2;
    let half = |at: usize| layer.clone().narrow(2, at * heads, heads);
    (half(0), half(1))
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn what_is_made_anew_is_found_behind_what_is_kept() {
        // Two sequences of an id and three cells.
        let found = found(&[&[0, 2], &[1, 2]], 1, 4);
        assert_eq!(found, [0, 8, 2, 9, 4, 5, 10, 11]);
    }
}
