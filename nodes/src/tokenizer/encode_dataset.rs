//! `tokenizer.encode_dataset`

use std::sync::mpsc::{Receiver, sync_channel};

use burn::tensor::Device;
use graph::prelude::*;
use rayon::prelude::*;

use crate::compute::Compute;
use crate::input::dataset::encoded::{EncodedHeader, EncodedPictures, write_encoded};
use crate::value::{Dataset, Example, Grid, Image, Pixels, Tokenizer};

/// How many batches of pictures may wait to be encoded.
const AHEAD: usize = 2;

/// Turns all pictures of a dataset into codes, once and for all, and writes them to a file with their captions.
///
/// A denoiser that learns from the file need not read and encode pictures again. `input.dataset` reads it, too.
#[derive(Clone, Debug, Params)]
pub struct EncodeDataset {
    /// The file to write; its name should end in `.safetensors`.
    #[param(written)]
    pub path: FilePath,
    /// How many pictures are encoded, from the first one on; 0 takes all of them.
    #[param(default = 0)]
    pub count: usize,
    /// How many pictures are encoded at a time.
    #[param(default = 256, range = 1..=65536)]
    pub batch: usize,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// What turns pictures into codes.
    pub tokenizer: Tokenizer,
    /// The pictures, all of one size.
    pub dataset: Dataset,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The same pictures as codes.
    pub dataset: Dataset,
}

impl Node for EncodeDataset {
    const ID: &'static str = "tokenizer.encode_dataset";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let available = inputs.dataset.len();
        if available == 0 {
            return Err(NodeError::input("dataset", "pictures", "an empty dataset"));
        }
        let count = match self.count {
            0 => available,
            count => count.min(available),
        };
        // Now rather than when all is encoded: a path that cannot be written to shall cost nobody an hour.
        let path = run.resolve(&self.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                NodeError::file(folder, error, "choose a `path` that may be written to")
            })?;
        }
        let device = Compute::of(run)?.device();
        let batches = read_ahead(inputs.dataset, count, self.batch);
        let mut encoded = Vec::with_capacity(count);
        let mut found = None;
        for batch in batches {
            run.check()?;
            let (examples, grid) = encode(&inputs.tokenizer, batch?, device)?;
            let wanted = *found.get_or_insert(grid);
            if grid != wanted {
                return Err(another_size(wanted, grid));
            }
            encoded.extend(examples);
            run.progress(encoded.len() as u64, count as u64);
        }

        let codec = inputs.tokenizer.codec();
        let header = EncodedHeader {
            grid: found.unwrap_or(Grid {
                rows: 0,
                columns: 0,
            }),
            codebook: codec.codebook(),
            tokenizer: codec.hash(),
        };
        let path = run.resolve(&self.path);
        write_encoded(&path, &header, &encoded)?;
        let written = EncodedPictures::read(&path)?;
        Ok(Outputs {
            dataset: Dataset::new(written),
        })
    }
}

/// The first `count` pictures in batches, read by other threads while earlier ones are encoded.
fn read_ahead(
    dataset: Dataset,
    count: usize,
    batch: usize,
) -> Receiver<Result<Vec<Example>, NodeError>> {
    let (sender, receiver) = sync_channel(AHEAD);
    // The thread ends with its last batch, at an error, or when nobody takes its batches any longer.
    let _ = std::thread::spawn(move || {
        for first in (0..count).step_by(batch) {
            let indices = first..(first + batch).min(count);
            let examples: Result<Vec<Example>, NodeError> = indices
                .into_par_iter()
                .map(|index| dataset.get(index))
                .collect();
            let failed = examples.is_err();
            if sender.send(examples).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// The same examples with codes in place of pixels.
fn encode(
    tokenizer: &Tokenizer,
    examples: Vec<Example>,
    device: &Device,
) -> Result<(Vec<Example>, Grid), NodeError> {
    let mut all: Vec<u8> = Vec::new();
    let mut size = None;
    for example in &examples {
        let Pixels::Raw {
            height,
            width,
            bytes,
            ..
        } = &example.pixels
        else {
            return Err(NodeError::input(
                "dataset",
                "pictures made of pixels",
                "pictures that were encoded already",
            ));
        };
        let wanted = *size.get_or_insert([*height, *width]);
        if wanted != [*height, *width] {
            let grid = |[height, width]: [usize; 2]| tokenizer.grid(height, width);
            return Err(another_size(grid(wanted)?, grid([*height, *width])?));
        }
        all.extend_from_slice(bytes);
    }

    let [height, width] = size.unwrap_or_default();
    let image = Image::from_bytes(&all, [examples.len(), height, width], device)
        .map_err(|error| NodeError::input("dataset", "pictures", error))?;
    let tokens = tokenizer.codec().encode(&image)?;
    let grid = tokens.grid();
    let encoded = examples
        .into_iter()
        .enumerate()
        .map(|(at, example)| Example {
            pixels: Pixels::Codes {
                grid,
                codebook: tokens.codebook(),
                codes: tokens.sample(at).to_vec(),
            },
            ..example
        });
    Ok((encoded.collect(), grid))
}

fn another_size(wanted: Grid, found: Grid) -> NodeError {
    NodeError::input(
        "dataset",
        format!("pictures of one size, {wanted} tokens as the first one"),
        format!("one of {found} tokens"),
    )
}
