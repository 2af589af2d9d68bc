//! The text encoder once more, in f64, number by number.

use super::super::ClipNetwork;
use super::super::config::Activation;
use crate::network::weights::Weights;

struct Reference {
    weights: Weights,
    heads: usize,
    epsilon: f64,
}

/// The words in front of the last layer, and the whole text that ends at `end`.
pub fn forward(network: &ClipNetwork, ids: &[u32], end: usize) -> (Vec<f64>, Vec<f64>) {
    let config = network.config();
    let width = config.hidden_size;
    let reference = Reference {
        weights: Weights::of(network),
        heads: config.num_attention_heads,
        epsilon: config.layer_norm_eps,
    };
    let table = reference.array("text_model.embeddings.token_embedding.weight");
    let places = reference.array("text_model.embeddings.position_embedding.weight");
    let mut rows: Vec<Vec<f64>> = ids
        .iter()
        .enumerate()
        .map(|(place, id)| {
            let token = &table[*id as usize * width..][..width];
            let position = &places[place * width..][..width];
            token.iter().zip(position).map(|(a, b)| a + b).collect()
        })
        .collect();
    let mut before = Vec::new();
    for layer in 0..config.num_hidden_layers {
        before = rows.concat();
        let name = format!("text_model.encoder.layers.{layer}");
        rows = reference.attended(&rows, &name);
        rows = reference.bent(&rows, &name, config.hidden_act);
    }
    let last = reference.normed(&rows[end], "text_model.final_layer_norm");
    (before, reference.product(&last, "text_projection"))
}

impl Reference {
    fn array(&self, name: &str) -> Vec<f64> {
        let array = self.weights.get(name).expect("the network has it");
        array.values.iter().map(|value| f64::from(*value)).collect()
    }

    fn product(&self, x: &[f64], name: &str) -> Vec<f64> {
        let weight = self.array(&format!("{name}.weight"));
        let rows = weight.chunks(x.len());
        rows.map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum())
            .collect()
    }

    fn linear(&self, x: &[f64], name: &str) -> Vec<f64> {
        let bias = self.array(&format!("{name}.bias"));
        let products = self.product(x, name);
        products.iter().zip(bias).map(|(y, b)| y + b).collect()
    }

    fn normed(&self, x: &[f64], name: &str) -> Vec<f64> {
        let count = x.len() as f64;
        let mean = x.iter().sum::<f64>() / count;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let gains = self.array(&format!("{name}.weight"));
        let biases = self.array(&format!("{name}.bias"));
        let scale = 1.0 / (variance + self.epsilon).sqrt();
        let numbers = x.iter().zip(gains).zip(biases);
        numbers
            .map(|((x, gain), bias)| (x - mean) * scale * gain + bias)
            .collect()
    }

    /// `x + attention(norm(x))`, each row to itself and those in front.
    fn attended(&self, rows: &[Vec<f64>], layer: &str) -> Vec<Vec<f64>> {
        let normed: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| self.normed(row, &format!("{layer}.layer_norm1")))
            .collect();
        let of = |part: &str| -> Vec<Vec<f64>> {
            let name = format!("{layer}.self_attn.{part}");
            normed.iter().map(|row| self.linear(row, &name)).collect()
        };
        let (queries, keys, values) = (of("q_proj"), of("k_proj"), of("v_proj"));
        let width = rows[0].len() / self.heads;
        let mut all = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let mut mixed = vec![0.0; row.len()];
            for head in 0..self.heads {
                let part = head * width..(head + 1) * width;
                let scores: Vec<f64> = (0..=at)
                    .map(|other| {
                        let pairs = queries[at][part.clone()]
                            .iter()
                            .zip(&keys[other][part.clone()]);
                        let product: f64 = pairs.map(|(q, k)| q * k).sum();
                        (product / (width as f64).sqrt()).exp()
                    })
                    .collect();
                let total: f64 = scores.iter().sum();
                for (other, score) in scores.iter().enumerate() {
                    for place in part.clone() {
                        mixed[place] += score / total * values[other][place];
                    }
                }
            }
            let change = self.linear(&mixed, &format!("{layer}.self_attn.out_proj"));
            all.push(row.iter().zip(change).map(|(x, y)| x + y).collect());
        }
        all
    }

    /// `x + contract(activation(expand(norm(x))))`
    fn bent(&self, rows: &[Vec<f64>], layer: &str, activation: Activation) -> Vec<Vec<f64>> {
        let bend = |x: f64| match activation {
            Activation::QuickGelu => x / (1.0 + (-1.702 * x).exp()),
            Activation::Gelu => x * below(x),
        };
        rows.iter()
            .map(|row| {
                let inner = self.normed(row, &format!("{layer}.layer_norm2"));
                let inner = self.linear(&inner, &format!("{layer}.mlp.fc1"));
                let inner: Vec<f64> = inner.into_iter().map(bend).collect();
                let change = self.linear(&inner, &format!("{layer}.mlp.fc2"));
                row.iter().zip(change).map(|(x, y)| x + y).collect()
            })
            .collect()
    }
}

/// How probable a number below `x` is under the normal distribution, by the series of its integral.
fn below(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for step in 1..200 {
        term *= x * x / f64::from(2 * step + 1);
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}
