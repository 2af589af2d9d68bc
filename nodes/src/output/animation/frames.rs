//! The frames of an animation.

use graph::error::NodeError;
use graph::run::Run;

use crate::value::{Grid, TokenHistory, Tokenizer, Tokens};

/// How many frames are decoded at once.
const AT_ONCE: usize = 8;

/// What a position that is not laid yet looks like.
const GREY: u8 = 128;

/// Frames of one size.
#[derive(Debug)]
pub struct Moving {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height × width × 3` bytes each.
    pub frames: Vec<Vec<u8>>,
}

/// The start and the steps of one picture, `most` frames or fewer, the last step always among them.
///
/// Errors: the tokenizer cannot decode the tokens, or the run is cancelled.
pub fn shown(
    history: &TokenHistory,
    sample: usize,
    most: usize,
    tokenizer: &Tokenizer,
    run: &Run,
) -> Result<Moving, NodeError> {
    let states: Vec<&Tokens> = std::iter::once(&history.start)
        .chain(history.steps.iter().map(|step| &step.after))
        .collect();
    let states: Vec<&[u32]> = chosen(states.len(), most)
        .map(|at| states[at].sample(sample))
        .collect();
    let (grid, codebook) = (history.start.grid(), history.start.codebook());

    let mut moving = Moving {
        width: 0,
        height: 0,
        frames: Vec::with_capacity(states.len()),
    };
    for some in states.chunks(AT_ONCE) {
        run.check()?;
        run.progress(moving.frames.len() as u64, states.len() as u64);
        // Something must be decoded where nothing is laid; it is painted over below.
        let laid = some.iter().copied().flatten();
        let codes: Vec<u32> = laid
            .map(|code| if *code == Tokens::MASK { 0 } else { *code })
            .collect();
        let tokens = Tokens::new(codes, grid, codebook)
            .map_err(|error| NodeError::input("history", "whole pictures", error))?;
        let image = tokenizer.codec().decode(&tokens)?;
        (moving.width, moving.height) = (image.width(), image.height());
        let bytes = image.to_bytes();
        let size = moving.width * moving.height * 3;
        for (frame, codes) in bytes.chunks_exact(size).zip(some) {
            let mut frame = frame.to_vec();
            cover(&mut frame, moving.width, codes, grid);
            moving.frames.push(frame);
        }
    }
    Ok(moving)
}

/// `most` of `count` numbers or fewer, spread evenly, the first and the last among them.
fn chosen(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let frames = count.min(most);
    (0..frames).map(move |frame| frame * (count - 1) / (frames - 1).max(1))
}

/// Paints what is masked grey.
fn cover(frame: &mut [u8], width: usize, codes: &[u32], grid: Grid) {
    let height = frame.len() / 3 / width;
    for (at, pixel) in frame.chunks_exact_mut(3).enumerate() {
        let (row, column) = (
            at / width * grid.rows / height,
            at % width * grid.columns / width,
        );
        if codes[row * grid.columns + column] == Tokens::MASK {
            pixel.fill(GREY);
        }
    }
}
