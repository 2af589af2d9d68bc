//! A dataset as training wants it: every code and every id at hand.

use std::ops::Range;
use std::sync::Arc;

use graph::error::NodeError;
use graph::run::Run;
use rayon::prelude::*;

use crate::compute::Compute;
use crate::network::denoiser::{TrainedDenoiser, cell_order};
use crate::value::{Dataset, Grid, Image, MicroConditions, Pixels, Scorer, Tokenizer};

/// How many pictures are read, and encoded where they must be, at a time.
const PART: usize = 256;

/// All examples of a dataset as numbers.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// For each example its codes, cell by cell.
    codes: Arc<[u32]>,
    /// For each example the ids in front of the picture.
    before: Arc<[u32]>,
    /// The ids of a dropped prompt.
    dropped: Arc<[u32]>,
    /// The ids behind every picture.
    after: Arc<[u32]>,
    length: usize,
}

impl Corpus {
    /// Reads all of `dataset` for `denoiser`; captions that are too long for it are left out.
    ///
    /// Errors: an example cannot be read, does not fit, or none is left.
    pub fn read(
        denoiser: &TrainedDenoiser,
        dataset: &Dataset,
        tokenizer: Option<&Tokenizer>,
        run: &Run,
    ) -> Result<Self, NodeError> {
        let config = denoiser.config();
        if config.prompt.length == 0 {
            return Err(NodeError::input(
                "denoiser",
                "one that fills prompts up to a fixed length, as `denoiser.new` makes them",
                "one with prompts of any length",
            ));
        }
        let grid = denoiser.grid();
        let order = cell_order(grid.rows, grid.columns);
        let reader = denoiser.reader();
        let slots = grid.length() / 4;
        let plain = MicroConditions::default();
        let empty = reader.read("", &plain, slots).map_err(fails)?;
        let front = empty.iter().position(|id| *id == reader.slot());
        let front = front.unwrap_or(empty.len());

        let (mut codes, mut before, mut long) = (Vec::new(), Vec::new(), 0);
        for first in (0..dataset.len()).step_by(PART) {
            run.check()?;
            run.progress(first as u64, dataset.len() as u64);
            let last = (first + PART).min(dataset.len());
            let part = read_codes(
                (grid, config.codebook),
                dataset,
                tokenizer,
                run,
                first..last,
            )?;
            let read = part.into_par_iter().map(|(caption, found)| {
                let ids = reader.read(&caption, &plain, slots).ok()?;
                let cells: Vec<u32> = order.iter().map(|position| found[*position]).collect();
                Some((ids, cells))
            });
            for example in read.collect::<Vec<_>>() {
                let Some((ids, cells)) = example else {
                    long += 1;
                    continue;
                };
                before.extend_from_slice(&ids[..front]);
                codes.extend(cells);
            }
        }
        if codes.is_empty() {
            return Err(NodeError::input(
                "dataset",
                format!(
                    "pictures with captions of at most {} words",
                    config.prompt.length
                ),
                format!(
                    "{} pictures, {long} of them with longer captions",
                    dataset.len()
                ),
            ));
        }
        if long > 0 {
            run.note(format!(
                "{long} of {} captions have more than {} words and are left out",
                dataset.len(),
                config.prompt.length
            ));
        }
        Ok(Self {
            codes: codes.into(),
            before: before.into(),
            dropped: reader.dropped(&empty[..front]).map_err(fails)?.into(),
            after: empty[front + slots..].into(),
            length: grid.length(),
        })
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.codes.len() / self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Tokens a picture.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The codes of an example, cell by cell.
    pub fn codes(&self, example: usize) -> &[u32] {
        &self.codes[example * self.length..(example + 1) * self.length]
    }

    /// The ids in front of an example's picture.
    pub fn before(&self, example: usize) -> &[u32] {
        let length = self.dropped.len();
        &self.before[example * length..(example + 1) * length]
    }

    /// The ids in front of a picture whose prompt is dropped.
    pub fn dropped(&self) -> &[u32] {
        &self.dropped
    }

    /// The ids behind every picture.
    pub fn after(&self) -> &[u32] {
        &self.after
    }
}

fn fails(error: crate::network::denoiser::TextError) -> NodeError {
    NodeError::failed(error, "mend the denoiser's `prompt` configuration")
}

/// Captions and codes, row by row, of a range of examples; pictures made of pixels are encoded.
///
/// Errors: an example cannot be read, or has not the grid and codebook of the denoiser.
pub fn read_codes(
    (grid, codebook): (Grid, u32),
    dataset: &Dataset,
    tokenizer: Option<&Tokenizer>,
    run: &Run,
    range: Range<usize>,
) -> Result<Vec<(String, Vec<u32>)>, NodeError> {
    let examples: Vec<_> = range
        .clone()
        .into_par_iter()
        .map(|index| dataset.get(index))
        .collect::<Result<_, _>>()?;

    let mut part = Vec::with_capacity(examples.len());
    let mut raw: Vec<(usize, [usize; 2], Vec<u8>)> = Vec::new();
    for (at, example) in examples.into_iter().enumerate() {
        let codes = match example.pixels {
            Pixels::Codes {
                grid: own,
                codebook: size,
                codes,
            } => {
                if own != grid || size != codebook {
                    return Err(NodeError::input(
                        "dataset",
                        format!("pictures of {grid} tokens and {codebook} codes"),
                        format!("picture {} of {own} and {size}", range.start + at),
                    ));
                }
                codes
            }
            Pixels::Raw {
                height,
                width,
                bytes,
                ..
            } => {
                raw.push((at, [height, width], bytes));
                Vec::new()
            }
        };
        part.push((example.caption, codes));
    }
    if raw.is_empty() {
        return Ok(part);
    }

    let Some(tokenizer) = tokenizer else {
        return Err(NodeError::input(
            "dataset",
            "encoded pictures, or a tokenizer at the input `tokenizer`",
            "pictures made of pixels",
        ));
    };
    let size = raw[0].1;
    if let Some((at, [height, width], _)) = raw.iter().find(|(_, own, _)| *own != size) {
        return Err(NodeError::input(
            "dataset",
            format!("pictures of one size, {} × {}", size[0], size[1]),
            format!("picture {} with {height} × {width}", range.start + at),
        ));
    }
    let bytes: Vec<u8> = raw
        .iter()
        .flat_map(|(_, _, bytes)| bytes)
        .copied()
        .collect();
    let shape = [raw.len(), size[0], size[1]];
    let image = Image::from_bytes(&bytes, shape, Compute::of(run)?.device())
        .map_err(|error| NodeError::failed(error, "mend the dataset"))?;
    let tokens = tokenizer.codec().encode(&image)?;
    if tokens.grid() != grid || tokens.codebook() != codebook {
        return Err(NodeError::input(
            "tokenizer",
            format!("{grid} tokens and {codebook} codes, as the denoiser reads"),
            format!("{} tokens and {} codes", tokens.grid(), tokens.codebook()),
        ));
    }
    for (sample, (at, _, _)) in raw.iter().enumerate() {
        part[*at].1 = tokens.sample(sample).to_vec();
    }
    Ok(part)
}
