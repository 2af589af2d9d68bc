//! Pictures made tile by tile.

use std::ops::Range;

use burn::tensor::Tensor;
use graph::error::NodeError;
use graph::run::Run;

use crate::value::{Codec, Grid, Image, Tokens};

/// A stretch of tokens along one side of the picture.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    /// What the tile is decoded from.
    seen: Range<usize>,
    /// What is kept of it.
    kept: Range<usize>,
}

/// The pictures of `tokens`, each tile decoded with `overlap` tokens around it that are then cut off.
///
/// Errors: those of the decoder, and cancellation between tiles.
pub(super) fn decode(
    codec: &dyn Codec,
    tokens: &Tokens,
    tile: usize,
    overlap: usize,
    run: &Run,
) -> Result<Image, NodeError> {
    let grid = tokens.grid();
    let (down, across) = (
        spans(grid.rows, tile, overlap),
        spans(grid.columns, tile, overlap),
    );
    let total = (down.len() * across.len()) as u64;
    let mut bands: Vec<Tensor<4>> = Vec::new();
    let mut done = 0;
    for rows in &down {
        let mut band = Vec::new();
        for columns in &across {
            run.check()?;
            let part = cut(tokens, &rows.seen, &columns.seen)?;
            let pixels = codec.decode(&part)?.pixels().clone();
            let pixels = keep(pixels, 1, rows, codec.stride());
            band.push(keep(pixels, 2, columns, codec.stride()));
            done += 1;
            run.progress(done, total);
        }
        bands.push(Tensor::cat(band, 2));
    }
    Image::new(Tensor::cat(bands, 1))
        .map_err(|error| NodeError::failed(error, "this is a mistake of the program"))
}

/// `length` tokens in stretches of at most `tile`, all about equally long.
fn spans(length: usize, tile: usize, overlap: usize) -> Vec<Span> {
    let count = length.div_ceil(tile);
    (0..count)
        .map(|at| {
            let kept = at * length / count..(at + 1) * length / count;
            Span {
                seen: kept.start.saturating_sub(overlap)..(kept.end + overlap).min(length),
                kept,
            }
        })
        .collect()
}

/// The tokens of a rectangle of every picture.
fn cut(tokens: &Tokens, rows: &Range<usize>, columns: &Range<usize>) -> Result<Tokens, NodeError> {
    let width = tokens.grid().columns;
    let mut codes = Vec::new();
    for sample in 0..tokens.batch() {
        let picture = tokens.sample(sample);
        for row in rows.clone() {
            codes.extend_from_slice(&picture[row * width..][columns.clone()]);
        }
    }
    let grid = Grid {
        rows: rows.len(),
        columns: columns.len(),
    };
    Tokens::new(codes, grid, tokens.codebook())
        .map_err(|error| NodeError::failed(error, "this is a mistake of the program"))
}

/// Cuts off along `dimension` what the tile was decoded with and does not keep.
fn keep(pixels: Tensor<4>, dimension: usize, span: &Span, stride: usize) -> Tensor<4> {
    let start = (span.kept.start - span.seen.start) * stride;
    pixels.narrow(dimension, start, span.kept.len() * stride)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use graph::param::Seed;
    use graph::random::Random;
    use graph::run::{Resources, Run};

    use super::{Span, decode, spans};
    use crate::network::layers::Init;
    use crate::network::tokenizer::{
        QuantiserConfig, Stage, TokenizerConfig, TokenizerNetwork, TrainedTokenizer,
    };
    use crate::value::{Codec, Grid, Tokens};

    #[test]
    fn spans_cover_the_side_and_look_beyond_it_only_inside_the_picture() {
        let whole = Span {
            seen: 0..5,
            kept: 0..5,
        };
        assert_eq!(spans(5, 5, 2), [whole]);
        let expected = [(0..5, 0..3), (1..8, 3..6), (4..10, 6..10)];
        let expected = expected.map(|(seen, kept)| Span { seen, kept });
        assert_eq!(spans(10, 4, 2), expected);
    }

    /// One block at either resolution: it sees three tokens far.
    fn tokenizer() -> TrainedTokenizer {
        let stage = Stage {
            channels: 6,
            encoder_blocks: 0,
            decoder_blocks: 1,
        };
        let levels = vec![4, 4];
        let config = TokenizerConfig::new(2, vec![stage; 2], QuantiserConfig::Scalar { levels });
        let device = Device::flex();
        let mut init = Init::new(Random::new(Seed(3)), 0, &device);
        let network = TokenizerNetwork::new(&config, &mut init);
        TrainedTokenizer::new(config, network, &device)
    }

    /// The largest difference between tiles and whole, in pixels at least `margin` tokens from each seam.
    fn difference(overlap: usize, margin: usize) -> f32 {
        let tokenizer = tokenizer();
        let grid = Grid {
            rows: 12,
            columns: 9,
        };
        let codes: Vec<u32> = (0..2 * 108).map(|at| at * 7 % 16).collect();
        let tokens = Tokens::new(codes, grid, 16).expect("codes below 16");
        let whole = tokenizer.decode(&tokens).expect("all tokens are laid");
        let run = Run::alone(Resources::default());
        let tiled = decode(&tokenizer, &tokens, 6, overlap, &run).expect("all tokens are laid");
        assert_eq!(tiled.pixels().dims(), whole.pixels().dims());
        let difference = (tiled.pixels().clone() - whole.pixels().clone()).abs();
        // The only seam down is at row 6 of 12, the one across at column 4 of 9: look at the lower right part.
        let (row, column) = ((6 + margin) * 4, (4 + margin) * 4);
        let part = difference
            .narrow(1, row, 48 - row)
            .narrow(2, column, 36 - column);
        part.max().into_scalar::<f32>()
    }

    #[test]
    fn tiles_equal_the_whole_where_the_overlap_is_as_wide_as_the_decoder_sees() {
        assert!(difference(3, 0) < 1e-5);
    }

    #[test]
    fn tiles_without_overlap_differ_at_the_seams_alone() {
        assert!(difference(0, 0) > 1e-4, "the test sees seams at all");
        assert!(difference(0, 3) < 1.0 / 255.0);
    }
}
