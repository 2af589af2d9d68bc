//! Pictures fetched ahead of the device that learns from them.

mod variation;

use std::sync::mpsc::{Receiver, sync_channel};

use graph::error::NodeError;
use graph::random::Random;
use rayon::prelude::*;

use crate::value::{Dataset, Pixels};

pub use variation::Variation;

/// How many batches may wait to be taken.
const AHEAD: usize = 4;

/// The purposes of the draws; a trainer's own start at [`Source::STREAMS`].
const CHOOSE_PICTURE: u32 = 0;
const CHOOSE_DATASET: u32 = 1;
const CHOOSE_KEPT: u32 = 2;
const TOSS: u32 = 3;

/// Which pictures make up the batches.
#[derive(Clone)]
pub struct Source {
    /// Where the pictures come from that no other dataset has a share in.
    pub dataset: Dataset,
    /// Further datasets.
    pub others: Vec<Portion>,
    /// Rows and columns of every picture.
    pub size: [usize; 2],
    /// How many pictures a batch has.
    pub batch: usize,
    /// In how many batches a picture that was read is used; more than one spares slow sources.
    pub reuse: usize,
    /// How pictures are varied.
    pub variation: Variation,
    /// The draws that choose the pictures.
    pub random: Random,
}

/// A dataset that has a fixed share in the batches.
#[derive(Clone)]
pub struct Portion {
    /// The port that it comes from, for messages.
    pub port: &'static str,
    /// The pictures.
    pub dataset: Dataset,
    /// The share of its pictures among all; all shares together are at most 1.
    pub share: f32,
}

/// How many batches' worth of pictures are kept where pictures are used more than once: enough that neighbouring
/// batches have little in common.
const KEPT: usize = 16;

/// Batches in order, made by other threads while the caller works on earlier ones.
///
/// The order depends on the seed alone, not on threads or time.
#[derive(Debug)]
pub struct Batches {
    receiver: Receiver<Result<Vec<u8>, NodeError>>,
}

impl Batches {
    /// The batches of the steps `first..last`.
    pub fn new(source: Source, first: u32, last: u32) -> Self {
        let (sender, receiver) = sync_channel(AHEAD);
        // The thread ends with its last batch, at an error, or when nobody takes its batches any longer.
        let _ = std::thread::spawn(move || {
            let mut kept = Vec::new();
            for step in first..last {
                let batch = source.batch(step, &mut kept);
                let failed = batch.is_err();
                if sender.send(batch).is_err() || failed {
                    return;
                }
            }
        });
        Self { receiver }
    }

    /// The next batch, `batch × height × width × 3` bytes.
    ///
    /// Errors: a picture cannot be read, or is of another size.
    pub fn next(&self) -> Result<Vec<u8>, NodeError> {
        self.receiver.recv().unwrap_or_else(|_| {
            Err(NodeError::failed(
                "the threads that read pictures ended early",
                "this is a mistake of the program, please report it",
            ))
        })
    }
}

impl Source {
    /// Rows and columns of the first picture.
    ///
    /// Errors: there is no picture, or it is not made of pixels.
    pub fn size_of(dataset: &Dataset, port: &str) -> Result<[usize; 2], NodeError> {
        if dataset.is_empty() {
            return Err(NodeError::input(port, "pictures", "an empty dataset"));
        }
        match dataset.get(0)?.pixels {
            Pixels::Raw { height, width, .. } => Ok([height, width]),
            Pixels::Codes { .. } => Err(NodeError::input(
                port,
                "pictures made of pixels",
                "pictures that were encoded already",
            )),
        }
    }

    /// The batch of `step`; `kept` holds the pictures that were read for earlier steps, or nothing.
    fn batch(&self, step: u32, kept: &mut Vec<Vec<u8>>) -> Result<Vec<u8>, NodeError> {
        if self.reuse <= 1 {
            let first = (step as usize * self.batch) as u32;
            let numbers = (0..self.batch as u32).map(|at| first.wrapping_add(at));
            let pictures = self.read(numbers.collect())?;
            let chosen: Vec<usize> = (0..self.batch).collect();
            return Ok(self.lay(step, &pictures, &chosen));
        }

        // Slot n % size holds the picture with the largest number n read so far, also behind a resumed checkpoint.
        let size = KEPT * self.batch;
        let fresh = self.batch.div_ceil(self.reuse);
        let end = (step as usize + 1) * fresh + size;
        let missing = if kept.is_empty() { size } else { fresh };
        let numbers: Vec<u32> = (end - missing..end).map(|number| number as u32).collect();
        let pictures = self.read(numbers)?;
        kept.resize(size, Vec::new());
        for (number, picture) in (end - missing..end).zip(pictures) {
            kept[number % size] = picture;
        }

        let choose = self.random.stream(CHOOSE_KEPT);
        let chosen: Vec<usize> = (0..self.batch as u32)
            .map(|at| choose.below(size as u32, 0, step, at) as usize)
            .collect();
        Ok(self.lay(step, kept, &chosen))
    }

    /// The pictures with these running numbers.
    fn read(&self, numbers: Vec<u32>) -> Result<Vec<Vec<u8>>, NodeError> {
        numbers
            .into_par_iter()
            .map(|number| self.picture(number))
            .collect()
    }

    /// The picture with a running number: any picture of either dataset, the same one every time.
    fn picture(&self, number: u32) -> Result<Vec<u8>, NodeError> {
        let place = self.random.stream(CHOOSE_DATASET).uniform(0, number, 0);
        let (dataset, port) = self.at(place);
        let choose = self.random.stream(CHOOSE_PICTURE);
        let index = choose.below(dataset.len() as u32, 0, number, 0) as usize;
        let [rows, columns] = self.size;
        match dataset.get(index)?.pixels {
            Pixels::Raw {
                height,
                width,
                bytes,
                ..
            } if [height, width] == self.size => Ok(bytes),
            Pixels::Raw { height, width, .. } => Err(NodeError::input(
                port,
                format!("pictures of {rows} × {columns} pixels, as the first one is"),
                format!("picture {index} with {height} × {width}"),
            )),
            Pixels::Codes { .. } => Err(NodeError::input(
                port,
                "pictures made of pixels",
                "pictures that were encoded already",
            )),
        }
    }

    /// The dataset that owns a place between 0 and 1, and its port: the shares lie one behind the other.
    fn at(&self, place: f32) -> (&Dataset, &'static str) {
        let mut end = 0.0;
        for portion in &self.others {
            end += portion.share;
            if place < end {
                return (&portion.dataset, portion.port);
            }
        }
        (&self.dataset, "dataset")
    }

    /// The chosen pictures side by side in memory, varied.
    fn lay(&self, step: u32, pictures: &[Vec<u8>], chosen: &[usize]) -> Vec<u8> {
        let [height, width] = self.size;
        let toss = self.random.stream(TOSS);
        let mut bytes = vec![0; self.batch * height * width * 3];
        bytes
            .par_chunks_mut(height * width * 3)
            .zip(chosen)
            .enumerate()
            .for_each(|(at, (to, chosen))| {
                let draw = |sample| toss.uniform(sample, step, at as u32);
                self.variation.apply(&pictures[*chosen], to, width, draw);
            });
        bytes
    }
}

#[cfg(test)]
mod tests {
    use graph::param::Seed;
    use graph::random::Random;

    use super::{Batches, Portion, Source, Variation};
    use crate::tokenizer::tests::Gradients;
    use crate::value::Dataset;

    fn portion(port: &'static str, side: usize, share: f32) -> Portion {
        Portion {
            port,
            dataset: Dataset::new(Gradients { count: 3, side }),
            share,
        }
    }

    fn source(reuse: usize) -> Source {
        Source {
            dataset: Dataset::new(Gradients { count: 50, side: 4 }),
            others: vec![portion("second", 4, 0.5)],
            size: [4, 4],
            batch: 6,
            reuse,
            variation: Variation {
                mirror: true,
                shift: 1,
            },
            random: Random::new(Seed(5)),
        }
    }

    fn taken(source: Source, first: u32, count: usize) -> Vec<Vec<u8>> {
        let batches = Batches::new(source, first, first + count as u32);
        let taken = (0..count).map(|_| batches.next().expect("the pictures are fine"));
        taken.collect()
    }

    #[test]
    fn a_resumed_run_sees_the_pictures_of_an_unbroken_one() {
        for reuse in [1, 4] {
            let whole = taken(source(reuse), 0, 6);
            assert_eq!(whole[3..], taken(source(reuse), 3, 3), "reuse {reuse}");
            assert_ne!(whole[0], whole[1]);
        }
    }

    #[test]
    fn every_dataset_has_its_share() {
        let mut source = source(1);
        source.others = vec![portion("second", 4, 0.3), portion("third", 4, 0.2)];
        for (place, port) in [
            (0.0, "second"),
            (0.29, "second"),
            (0.31, "third"),
            (0.49, "third"),
            (0.51, "dataset"),
            (0.99, "dataset"),
        ] {
            assert_eq!(source.at(place).1, port, "{place}");
        }
    }

    #[test]
    fn a_picture_of_another_size_is_named() {
        let mut source = source(1);
        source.others = vec![portion("second", 8, 1.0)];
        let error = Batches::new(source, 0, 1).next().expect_err("8 is not 4");
        let message = error.to_string();
        assert!(
            message.starts_with("input `second` does not fit"),
            "{message}"
        );
        assert!(message.ends_with("with 8 × 8"), "{message}");
    }
}
