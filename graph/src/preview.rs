//! How a value looks to somebody who knows nothing of its type.

/// What an editor or a terminal can show of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// A picture: `pixels` holds `height × width × 3` bytes, red, green, blue, row by row.
    Image {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// `height × width × 3` bytes.
        pixels: Vec<u8>,
    },
    /// A few lines of text.
    Text(String),
    /// Lines over a common axis.
    Curve(Vec<Line>),
    /// Codes of one picture, row by row; `None` is masked.
    TokenGrid {
        /// Rows of tokens.
        rows: u32,
        /// Tokens a row.
        columns: u32,
        /// How many different codes there are.
        codebook: u32,
        /// `rows × columns` codes.
        codes: Vec<Option<u32>>,
    },
}

/// One named line of a [`Preview::Curve`].
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the line shows, with its unit.
    pub name: String,
    /// `(x, y)`, in rising order of `x`.
    pub points: Vec<(f64, f64)>,
}
