//! A trained network as the denoiser that nodes pass on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use burn::module::Module;
use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};
use graph::error::NodeError;
use graph::value::Footprint;

use super::branches::{Branches, Surroundings, wrong_prompt};
use super::cache::CellCache;
use super::queue::PictureQueue;
use super::replay::{COSTLY, Kind, Replay};
use super::{DenoiserConfig, DenoiserNetwork, Rotary, Sequence, TextReader, cell_order};
use crate::network::weights::{self, WeightType, Weights};
use crate::value::{
    FeatureCache, Grid, Lead, MicroConditions, Opening, Query, Scorer, Scores, StepQueue,
};

/// A trained denoiser.
#[derive(Clone, Debug)]
pub struct TrainedDenoiser {
    network: DenoiserNetwork,
    reader: TextReader,
    device: Device,
    dtype: FloatDType,
    hash: String,
    /// The rotations of sequences met so far, by their lengths.
    rotations: Arc<Mutex<BTreeMap<usize, Rotary>>>,
    features: Replay<Tensor<2>>,
    steps: Replay<Tensor<2, Int>>,
}

/// How many lengths of sequences have their rotations kept.
const ROTATIONS: usize = 16;

impl TrainedDenoiser {
    /// A denoiser of a network whose parameters lie on `device`, and which computes in `dtype`.
    pub fn new(
        network: DenoiserNetwork,
        reader: TextReader,
        device: &Device,
        dtype: FloatDType,
    ) -> Self {
        let hash = fingerprint(&network, &reader);
        Self::hashed(network, reader, device, dtype, hash)
    }

    /// The same, where the fingerprint of the weights is known already.
    pub fn hashed(
        network: DenoiserNetwork,
        reader: TextReader,
        device: &Device,
        dtype: FloatDType,
        hash: String,
    ) -> Self {
        Self {
            network: network.laid_out(),
            reader,
            device: device.clone(),
            dtype,
            hash,
            rotations: Arc::default(),
            features: Replay::default(),
            steps: Replay::default(),
        }
    }

    /// The rotations of `length` positions.
    pub(super) fn rotary(&self, length: usize) -> Rotary {
        let mut kept = self
            .rotations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ROTATIONS && !kept.contains_key(&length) {
            kept.clear();
        }
        let made = kept.entry(length);
        let made = made.or_insert_with(|| Rotary::new(self.config(), length, &self.device));
        made.clone()
    }

    /// The sizes.
    pub fn config(&self) -> &DenoiserConfig {
        self.network.config()
    }

    /// The parameters.
    pub fn network(&self) -> &DenoiserNetwork {
        &self.network
    }

    /// What reads text.
    pub fn reader(&self) -> &TextReader {
        &self.reader
    }

    /// Where the parameters lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The type that it computes in.
    pub fn dtype(&self) -> FloatDType {
        self.dtype
    }

    /// How the matrices are kept.
    pub fn weight_type(&self) -> WeightType {
        if weights::has_int8(&self.network) {
            WeightType::Int8
        } else {
            WeightType::AsStored
        }
    }

    /// How many numbers the network has learnt.
    pub fn parameters(&self) -> usize {
        self.network.num_params()
    }

    /// The features of every cell of every picture, after guidance where there is any; sequences of one shape are worked on
    /// together.
    ///
    /// Shapes: → `[parts · pictures · cells, width]`, as many parts as the lead has.
    fn guided(&self, branches: &Branches) -> Tensor<2> {
        let groups = branches.alike();
        if let [all] = groups.as_slice() {
            return self.replayed(self.sequence(branches, all), branches.lead);
        }
        let features = groups.iter().map(|members| {
            let sequence = self.sequence(branches, members);
            let rotary = self.rotary(sequence.length());
            self.network.features(sequence, &rotary, self.dtype)
        });
        let features = in_order(features.collect(), &groups, &self.device);
        led(features, branches.lead, self.dtype)
    }

    /// The same where all sequences are of one shape, which steps have in common.
    pub(super) fn replayed(&self, sequence: Sequence, lead: Option<Lead>) -> Tensor<2> {
        let rotary = self.rotary(sequence.length());
        let (network, dtype) = (self.network.clone(), self.dtype);
        let work =
            move |sequence: Sequence| led(network.features(sequence, &rotary, dtype), lead, dtype);
        if self.multiplications(&sequence) > COSTLY {
            return work(sequence);
        }
        let inputs = sequence.parts();
        let others = || inputs.iter().map(|ids| ids.clone().flip([1])).collect();
        let (kind, kept) = (Kind::new(&inputs, lead, None), work.clone());
        let recorded = move |inputs: &[Tensor<2, Int>]| kept(Sequence::joined(inputs));
        let replayed = self.features.run(kind, &inputs, others, recorded);
        replayed.unwrap_or_else(|| work(sequence))
    }

    /// How many multiplications the layers take for sequences of one shape.
    pub(super) fn multiplications(&self, sequence: &Sequence) -> f64 {
        let config = self.config();
        let attention = 2 * config.width * (config.heads + config.key_heads) * config.head_width;
        let layer = attention + 3 * config.width * config.inner_width;
        let rows = sequence.before.dims()[0] * sequence.length();
        rows as f64 * (config.layers * layer) as f64
    }

    /// Whole steps that are recorded.
    pub(super) fn steps(&self) -> &Replay<Tensor<2, Int>> {
        &self.steps
    }

    /// The sequences `members`, which are of one shape.
    pub(super) fn sequence(&self, branches: &Branches, members: &[usize]) -> Sequence {
        let sequences = members.len();
        let around = || members.iter().map(|at| &branches.surroundings[*at]);
        let ids = |of: fn(&Surroundings) -> &Vec<u32>| {
            let ids = around().flat_map(of);
            let ids: Vec<i32> = ids.map(|id| *id as i32).collect();
            let length = ids.len() / sequences;
            integers(ids, [sequences, length], &self.device)
        };
        // Where all are together, the second half sees the pictures of the first again.
        let pictures = if sequences == branches.surroundings.len() {
            branches.codes.iter().map(Vec::as_slice).collect()
        } else {
            branches.pictures(members)
        };
        let shape = [pictures.len(), pictures[0].len()];
        let has_after = around().any(|(_, after)| !after.is_empty());
        Sequence {
            before: ids(|(before, _)| before),
            codes: integers(pictures.concat(), shape, &self.device),
            after: has_after.then(|| ids(|(_, after)| after)),
        }
    }

    /// Scores of tokens, of which each stands in its cell's features, after `lead` where there is guidance.
    ///
    /// Rows are picked before the enlargement, cell by cell, and behind it, token by token.
    pub(super) fn scores_of(
        &self,
        features: Tensor<2>,
        rows: &[u32],
        grid: Grid,
        lead: Option<Lead>,
    ) -> Scores {
        let length = grid.length();
        let order = cell_order(grid.rows, grid.columns);
        let mut place = vec![0; length];
        for (at, position) in order.iter().enumerate() {
            place[*position] = at;
        }
        let wanted: Vec<usize> = rows
            .iter()
            .map(|row| {
                let (sample, position) = (*row as usize / length, *row as usize % length);
                sample * length + place[position]
            })
            .collect();
        let mut cells: Vec<usize> = wanted.iter().map(|at| at / 4).collect();
        cells.sort_unstable();
        cells.dedup();

        let parts = lead.map_or(1, Lead::parts);
        let whole = features.dims()[0] / parts;
        let all = cells.len() == whole;
        let chosen: Vec<i32> = (0..parts)
            .flat_map(|part| cells.iter().map(move |cell| (part * whole + cell) as i32))
            .collect();
        let count = chosen.len();
        let features = if all {
            features
        } else {
            features.select(
                0,
                Tensor::from_data(TensorData::new(chosen, [count]), &self.device),
            )
        };
        let tokens = self.network.enlarge(features);
        let mut picked = Vec::with_capacity(parts * wanted.len());
        for part in 0..parts {
            picked.extend(wanted.iter().map(|at| {
                let cell = part * cells.len() + cells.partition_point(|cell| *cell < at / 4);
                (4 * cell + at % 4) as i32
            }));
        }
        let count = picked.len();
        let picked = Tensor::from_data(TensorData::new(picked, [count]), &self.device);
        Scores::of_vectors(
            tokens.select(0, picked),
            self.network.head(self.dtype),
            lead,
        )
    }

    /// The scores of no position.
    pub(super) fn no_scores(&self) -> Scores {
        let shape = [0, self.codebook() as usize];
        Scores::of_logits(Tensor::zeros(shape, (&self.device, DType::F32)))
    }

    /// Refuses tokens and rows that do not fit the network.
    pub(super) fn check(&self, query: &Query<'_>) -> Result<(), NodeError> {
        let (tokens, grid) = (query.tokens, query.tokens.grid());
        if tokens.codebook() != self.codebook() {
            return Err(NodeError::input(
                "tokens",
                format!("a codebook of {} codes", self.codebook()),
                format!("one of {}", tokens.codebook()),
            ));
        }
        if !grid.rows.is_multiple_of(2) || !grid.columns.is_multiple_of(2) {
            return Err(NodeError::input(
                "tokens",
                "even numbers of rows and columns",
                format!("{grid} tokens"),
            ));
        }
        let positions = tokens.codes().len();
        if let Some(row) = query.rows.iter().find(|row| **row as usize >= positions) {
            return Err(NodeError::failed(
                format!("position {row} was asked for, but there are {positions}"),
                "this is a mistake of the node that asked, please report it",
            ));
        }
        Ok(())
    }
}

/// The features of groups of sequences in the order of the sequences.
///
/// Shapes: a group `[members, cells, width]` → `[sequences, cells, width]`.
pub(super) fn in_order(
    mut features: Vec<Tensor<3>>,
    groups: &[Vec<usize>],
    device: &Device,
) -> Tensor<3> {
    if features.len() == 1 {
        return features.remove(0);
    }
    let order = groups.concat();
    let mut places = vec![0; order.len()];
    for (place, at) in order.iter().enumerate() {
        places[*at] = place as i32;
    }
    let shape = [places.len()];
    let places = Tensor::from_data(TensorData::new(places, shape), device);
    Tensor::cat(features, 0).select(0, places)
}

/// Features of all pictures, of which the second half is what guidance leads away from, as rows.
///
/// Shapes: `features [sequences, cells, width]` → `[parts · pictures · cells, width]`, as many parts as `lead` has.
pub(super) fn led(features: Tensor<3>, lead: Option<Lead>, dtype: FloatDType) -> Tensor<2> {
    let [sequences, cells, width] = features.dims();
    let features = features.reshape([sequences * cells, width]);
    match lead {
        None => features,
        Some(lead) => lead.features(features).cast(dtype),
    }
}

pub(super) fn integers(values: Vec<i32>, shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A fingerprint of configuration, vocabulary and parameters, whatever files they came from.
fn fingerprint(network: &DenoiserNetwork, reader: &TextReader) -> String {
    let mut hasher = blake3::Hasher::new();
    let config = serde_json::to_string(network.config()).unwrap_or_default();
    let _ = hasher.update(config.as_bytes());
    let _ = hasher.update(reader.file());
    let weights = Weights::of(network);
    for name in weights.names() {
        let _ = hasher.update(name.as_bytes());
        if let Some(array) = weights.get(name) {
            let _ = hasher.update(bytemuck::cast_slice(&array.values));
        }
    }
    hasher.finalize().to_hex().to_string()
}

impl Scorer for TrainedDenoiser {
    fn codebook(&self) -> u32 {
        self.config().codebook
    }

    fn grid(&self) -> Grid {
        self.config().grid()
    }

    fn read(&self, text: &str, conditions: &MicroConditions) -> Result<Vec<u32>, NodeError> {
        let cells = self.grid().length() / 4;
        let ids = self.reader.read(text, conditions, cells);
        ids.map_err(wrong_prompt)
    }

    fn remarks(&self, text: &str) -> Vec<String> {
        let unknown = self.reader.unknown_words(text);
        if unknown.is_empty() {
            return Vec::new();
        }
        let unknown = unknown.join(", ");
        vec![format!(
            "this denoiser has never read {unknown}; it sees unknown words instead"
        )]
    }

    fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError> {
        self.scores(query).map(Scores::logits)
    }

    fn scores(&self, query: &Query<'_>) -> Result<Scores, NodeError> {
        self.check(query)?;
        if query.rows.is_empty() {
            return Ok(self.no_scores());
        }
        let branches = self.branches(query)?;
        let features = self.guided(&branches);
        let grid = query.tokens.grid();
        Ok(self.scores_of(features, query.rows, grid, branches.lead))
    }

    fn feature_cache(&self) -> Option<Box<dyn FeatureCache>> {
        Some(Box::new(CellCache::new(self.clone())))
    }

    fn step_queue(&self, opening: &Opening<'_>) -> Result<Option<Box<dyn StepQueue>>, NodeError> {
        // A processor waits for nobody.
        if self.device.clone().inner() == Device::flex() {
            return Ok(None);
        }
        let queue = PictureQueue::open(self, opening)?;
        Ok(queue.map(|queue| Box::new(queue) as Box<dyn StepQueue>))
    }

    fn describe(&self) -> String {
        let config = self.config();
        format!(
            "denoiser of {} × {} tokens and {} codes: {} layers of {}, {} words",
            config.rows,
            config.columns,
            config.codebook,
            config.layers,
            config.width,
            config.vocabulary
        )
    }

    fn hash(&self) -> String {
        self.hash.clone()
    }

    fn footprint(&self) -> Footprint {
        weights::footprint(weights::bytes(&self.network), &self.device)
    }
}
