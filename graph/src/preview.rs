//! How a value looks to somebody who knows nothing of its type.

mod axis;

use std::sync::Arc;

pub use axis::Axis;

/// What an editor or a terminal can show of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// Pictures of one batch.
    Images(Vec<Picture>),
    /// A few lines of text.
    Text(String),
    /// Lines over a common axis.
    Curve(Vec<Line>),
    /// The codes of one picture.
    TokenGrid(TokenGrid),
    /// How the codes of one picture came about: the first grid is the start, each other what a step left.
    Steps(Vec<TokenGrid>),
}

/// A picture; clones share its pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `height × width × 3` bytes: red, green, blue, row by row.
    pub pixels: Arc<[u8]>,
}

/// The codes of one picture, with what is known of how they came there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenGrid {
    /// Rows of tokens.
    pub rows: u32,
    /// Tokens a row.
    pub columns: u32,
    /// How many different codes there are.
    pub codebook: u32,
    /// `rows × columns` codes, row by row; `None` is masked.
    pub codes: Vec<Option<u32>>,
    /// How sure of each code its choice was, from 0 to 1; 0 where it is masked or was given; empty where nothing is known.
    pub confidence: Vec<f32>,
    /// Which codes the last step put in the place of others; empty where there was no such step.
    pub edited: Vec<bool>,
}

/// One named line of a [`Preview::Curve`].
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the line shows, with its unit.
    pub name: String,
    /// `(x, y)`, in rising order of `x`.
    pub points: Vec<(f64, f64)>,
}

impl Preview {
    /// One picture from `height × width × 3` bytes.
    pub fn image(width: u32, height: u32, pixels: impl Into<Arc<[u8]>>) -> Self {
        Self::Images(vec![Picture {
            width,
            height,
            pixels: pixels.into(),
        }])
    }
}
