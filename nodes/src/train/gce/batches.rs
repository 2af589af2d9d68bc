//! Batches made ahead of the device that learns from them.

use std::sync::mpsc::{Receiver, sync_channel};

use graph::error::NodeError;
use rayon::prelude::*;

use super::Corpus;
use super::corruption::{Corruption, Fate};

/// How many batches may wait to be taken.
const AHEAD: usize = 8;

/// The purposes of the draws.
const CHOOSE: u32 = 0;
const DROP: u32 = 1;

/// What batches are made of.
#[derive(Clone, Debug)]
pub struct Source {
    /// The examples.
    pub corpus: Corpus,
    /// What is done to their codes.
    pub corruption: Corruption,
    /// The number that each code has within the network: its place in the order of groups.
    pub places: Vec<u32>,
    /// The weights of masked, flipped and clean positions.
    pub weights: [f32; 3],
    /// How often a prompt is dropped.
    pub prompt_drop: f32,
    /// How many pictures a batch has.
    pub batch: usize,
    /// The number of a masked position.
    pub mask_id: u32,
}

/// A batch, tokens in the order of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The ids in front of the picture, `[batch, before]`.
    pub before: Vec<i32>,
    /// What the network sees, `[batch, length]`.
    pub codes: Vec<i32>,
    /// What it should say, `[batch, length]`.
    pub targets: Vec<i32>,
    /// What was done to each position, `[batch, length]`.
    pub kinds: Vec<Kind>,
    /// How much each position counts, `[batch, length]`; each kind of position sums up to its weight.
    pub weights: Vec<f32>,
    /// The positions where the network draws what it sees; until then they are masked.
    pub drawn: Vec<Drawing>,
}

/// What was done to a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is to be filled.
    Masked,
    /// It shows a wrong code.
    Flipped,
    /// It shows the right code.
    Clean,
}

impl Kind {
    /// What figures call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Masked => "masked",
            Self::Flipped => "flipped",
            Self::Clean => "clean",
        }
    }
}

/// A position where the network draws what it sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawing {
    /// Which position of the batch.
    pub row: usize,
    /// The number that decides.
    pub uniform: f32,
}

impl Batch {
    /// The positions of one kind.
    pub fn rows(&self, kind: Kind) -> impl Iterator<Item = usize> {
        let kinds = self.kinds.iter().enumerate();
        kinds.filter_map(move |(row, own)| (*own == kind).then_some(row))
    }

    /// So many equal shares of the pictures, in order.
    ///
    /// Weights stay what they are in the whole batch, so that losses and gradients of all shares add up to its own.
    pub fn shares(self, count: usize) -> Vec<Self> {
        if count == 1 {
            return vec![self];
        }
        let rows = self.codes.len() / count;
        let share = |at: usize| Self {
            before: part(&self.before, at, count),
            codes: part(&self.codes, at, count),
            targets: part(&self.targets, at, count),
            kinds: part(&self.kinds, at, count),
            weights: part(&self.weights, at, count),
            drawn: self
                .drawn
                .iter()
                .filter(|drawing| drawing.row / rows == at)
                .map(|drawing| Drawing {
                    row: drawing.row % rows,
                    uniform: drawing.uniform,
                })
                .collect(),
        };
        (0..count).map(share).collect()
    }

    /// The weights of masked positions, and of all others, each 0 where the other has them.
    pub fn weights_by_mask(&self) -> [Vec<f32>; 2] {
        [true, false].map(|masked| {
            let pairs = self.weights.iter().zip(&self.kinds);
            let weights = pairs.map(|(weight, kind)| {
                if (*kind == Kind::Masked) == masked {
                    *weight
                } else {
                    0.0
                }
            });
            weights.collect()
        })
    }
}

/// Part `at` of `count` equal ones.
fn part<T: Copy>(values: &[T], at: usize, count: usize) -> Vec<T> {
    let length = values.len() / count;
    values[at * length..(at + 1) * length].to_vec()
}

/// Batches in order, made by other threads while the caller works on earlier ones.
///
/// Which pictures they hold, and how these are corrupted, depends on the seed alone, not on threads or time.
#[derive(Debug)]
pub struct Batches {
    receiver: Receiver<Batch>,
}

impl Batches {
    /// The batches `first..last`.
    pub fn new(source: Source, first: u32, last: u32) -> Self {
        let (sender, receiver) = sync_channel(AHEAD);
        // The thread ends with its last batch, or when nobody takes its batches any longer.
        let _ = std::thread::spawn(move || {
            for number in first..last {
                if sender.send(source.batch(number)).is_err() {
                    return;
                }
            }
        });
        Self { receiver }
    }

    /// The next batch.
    ///
    /// Errors: there are no more.
    pub fn next(&self) -> Result<Batch, NodeError> {
        self.receiver.recv().map_err(|_| {
            NodeError::failed(
                "the threads that corrupt pictures ended early",
                "this is a mistake of the program, please report it",
            )
        })
    }
}

impl Source {
    /// The batch with a running number.
    pub fn batch(&self, number: u32) -> Batch {
        let random = self.corruption.random;
        let (choose, drop) = (random.stream(CHOOSE), random.stream(DROP));
        let length = self.corpus.length();
        let front = self.corpus.dropped().len();
        let mut batch = Batch {
            before: vec![0; self.batch * front],
            codes: vec![0; self.batch * length],
            targets: vec![0; self.batch * length],
            kinds: vec![Kind::Clean; self.batch * length],
            weights: Vec::new(),
            drawn: Vec::new(),
        };
        let drawn: Vec<Vec<Drawing>> = batch
            .before
            .par_chunks_mut(front)
            .zip(batch.codes.par_chunks_mut(length))
            .zip(batch.targets.par_chunks_mut(length))
            .zip(batch.kinds.par_chunks_mut(length))
            .enumerate()
            .map(|(at, (((before, codes), targets), kinds))| {
                let at = at as u32;
                let kin = self.corruption.kin(at);
                let example = choose.below(self.corpus.len() as u32, kin, number, 0) as usize;
                let dropped = drop.uniform(kin, number, 0) < self.prompt_drop;
                let ids = if dropped {
                    self.corpus.dropped()
                } else {
                    self.corpus.before(example)
                };
                for (to, id) in before.iter_mut().zip(ids) {
                    *to = *id as i32;
                }
                self.corrupt(example, [at, number], codes, targets, kinds)
            })
            .collect();
        batch.drawn = drawn.concat();
        batch.weights = self.weights_of(&batch);
        batch
    }

    /// Lays one corrupted picture; returns where the network draws.
    fn corrupt(
        &self,
        example: usize,
        [at, number]: [u32; 2],
        codes: &mut [i32],
        targets: &mut [i32],
        kinds: &mut [Kind],
    ) -> Vec<Drawing> {
        let clean = self.corpus.codes(example);
        let place = |code: u32| self.places[code as usize] as i32;
        let mut drawn = Vec::new();
        let fates = self.corruption.fates(clean, at, number);
        for (position, fate) in fates.into_iter().enumerate() {
            let target = place(clean[position]);
            let (kind, seen) = match fate {
                Fate::Masked => (Kind::Masked, self.mask_id as i32),
                Fate::Flipped(other) => (Kind::Flipped, place(other)),
                Fate::Drawn(uniform) => {
                    let row = at as usize * clean.len() + position;
                    drawn.push(Drawing { row, uniform });
                    (Kind::Flipped, self.mask_id as i32)
                }
                Fate::Clean => (Kind::Clean, target),
            };
            codes[position] = seen;
            targets[position] = target;
            kinds[position] = kind;
        }
        drawn
    }

    /// What each position counts, so that the mean of each kind counts its weight.
    fn weights_of(&self, batch: &Batch) -> Vec<f32> {
        let share = |kind: Kind, weight: f32| weight / batch.rows(kind).count().max(1) as f32;
        let [masked, flipped, clean] = self.weights;
        let shares = [
            share(Kind::Masked, masked),
            share(Kind::Flipped, flipped),
            share(Kind::Clean, clean),
        ];
        let of = |kind: &Kind| shares[*kind as usize];
        batch.kinds.iter().map(of).collect()
    }
}
