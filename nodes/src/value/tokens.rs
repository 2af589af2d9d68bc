//! Pictures as codes.

use std::fmt;
use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};
use graph::error::NodeError;
use graph::kind::Kind;
use graph::preview::{Preview, TokenGrid};
use graph::value::{Footprint, WireValue};

/// How many tokens a picture has, down and across.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Rows of tokens.
    pub rows: usize,
    /// Tokens a row.
    pub columns: usize,
}

impl Grid {
    /// Tokens a picture.
    pub fn length(self) -> usize {
        self.rows * self.columns
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} × {}", self.rows, self.columns)
    }
}

/// Codes of pictures, `[batch, rows × columns]`, row by row: each below `codebook`, or [`Tokens::MASK`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    codes: Arc<[u32]>,
    grid: Grid,
    codebook: u32,
}

/// Why codes are no tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// The codes do not fill whole pictures.
    #[error("{found} codes do not fill pictures of {grid} tokens")]
    Length {
        /// How many codes there are.
        found: usize,
        /// What a picture has.
        grid: Grid,
    },
    /// A code is beyond the codebook.
    #[error("code {code} at position {position} is not below the codebook's size {codebook}")]
    Code {
        /// The code.
        code: u32,
        /// Where it stands.
        position: usize,
        /// How many codes there are.
        codebook: u32,
    },
}

impl Tokens {
    /// A position that is not laid yet. Denoisers map it to an id of their own.
    pub const MASK: u32 = u32::MAX;

    /// Tokens from `codes [batch, rows × columns]`.
    ///
    /// Errors: the codes fill no whole number of pictures, or one is neither below `codebook` nor [`Tokens::MASK`].
    pub fn new(
        codes: impl Into<Arc<[u32]>>,
        grid: Grid,
        codebook: u32,
    ) -> Result<Self, TokensError> {
        let codes = codes.into();
        let length = grid.length();
        if length == 0 || codes.is_empty() || !codes.len().is_multiple_of(length) {
            return Err(TokensError::Length {
                found: codes.len(),
                grid,
            });
        }
        let wrong = codes
            .iter()
            .position(|code| *code >= codebook && *code != Self::MASK);
        if let Some(position) = wrong {
            return Err(TokensError::Code {
                code: codes[position],
                position,
                codebook,
            });
        }
        Ok(Self {
            codes,
            grid,
            codebook,
        })
    }

    /// `batch` pictures with nothing laid yet.
    ///
    /// Errors: the grid or the batch is empty.
    pub fn masked(batch: usize, grid: Grid, codebook: u32) -> Result<Self, TokensError> {
        Self::new(vec![Self::MASK; batch * grid.length()], grid, codebook)
    }

    /// Checks that a decoder of `codebook` codes can draw these tokens.
    ///
    /// Errors: they are of another codebook, or some are still masked.
    pub fn check_laid(&self, codebook: u32) -> Result<(), NodeError> {
        if self.codebook != codebook {
            return Err(NodeError::input(
                "tokens",
                format!("codes of this tokenizer, which has {codebook}"),
                format!("codes of a tokenizer that has {}", self.codebook),
            ));
        }
        let masked = self.codes.iter().filter(|code| **code == Self::MASK);
        match masked.count() {
            0 => Ok(()),
            masked => Err(NodeError::input(
                "tokens",
                "tokens that are all laid",
                format!("{masked} that are still masked"),
            )),
        }
    }

    /// Tokens from a tensor of codes, `[batch, rows × columns]`.
    ///
    /// Errors: as for [`Tokens::new`].
    pub fn from_tensor(
        codes: Tensor<2, Int>,
        grid: Grid,
        codebook: u32,
    ) -> Result<Self, TokensError> {
        let codes: Vec<u32> = codes
            .into_data()
            .convert::<i64>()
            .iter::<i64>()
            .map(|code| u32::try_from(code).unwrap_or(Self::MASK))
            .collect();
        Self::new(codes, grid, codebook)
    }

    /// The codes as a tensor `[batch, rows × columns]`, with `mask` where nothing is laid yet.
    pub fn to_tensor(&self, mask: u32, device: &Device) -> Tensor<2, Int> {
        let codes: Vec<i32> = self
            .codes
            .iter()
            .map(|code| if *code == Self::MASK { mask } else { *code } as i32)
            .collect();
        let shape = [self.batch(), self.grid.length()];
        Tensor::from_data(TensorData::new(codes, shape), device)
    }

    /// All codes, picture by picture.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The codes of one picture.
    pub fn sample(&self, sample: usize) -> &[u32] {
        let length = self.grid.length();
        &self.codes[sample * length..(sample + 1) * length]
    }

    /// The first picture as it is shown.
    pub fn first(&self) -> TokenGrid {
        let codes = self.sample(0).iter();
        TokenGrid {
            rows: self.grid.rows as u32,
            columns: self.grid.columns as u32,
            codebook: self.codebook,
            codes: codes
                .map(|code| (*code != Self::MASK).then_some(*code))
                .collect(),
            confidence: Vec::new(),
            edited: Vec::new(),
        }
    }

    /// How many pictures there are.
    pub fn batch(&self) -> usize {
        self.codes.len() / self.grid.length()
    }

    /// Rows and columns.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// How many different codes there are.
    pub fn codebook(&self) -> u32 {
        self.codebook
    }
}

impl WireValue for Tokens {
    const KIND: &'static str = "tokens";

    fn kind(&self) -> Kind {
        Kind::new(Self::KIND)
            .with("codebook", u64::from(self.codebook))
            .with("rows", self.grid.rows as u64)
            .with("columns", self.grid.columns as u64)
    }

    fn preview(&self) -> Preview {
        Preview::TokenGrid(self.first())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.codes.len() * 4)
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, Tokens, TokensError};

    const GRID: Grid = Grid {
        rows: 1,
        columns: 2,
    };

    #[test]
    fn the_shape_law_is_checked() {
        assert!(Tokens::new(vec![0, Tokens::MASK, 7, 1], GRID, 8).is_ok());
        assert_eq!(
            Tokens::new(vec![0, 1, 2], GRID, 8),
            Err(TokensError::Length {
                found: 3,
                grid: GRID
            })
        );
        let message = Tokens::new(vec![0, 8], GRID, 8)
            .expect_err("8 is beyond the codebook")
            .to_string();
        assert_eq!(
            message,
            "code 8 at position 1 is not below the codebook's size 8"
        );
    }

    #[test]
    fn the_way_through_a_tensor_loses_nothing() {
        let device = burn::tensor::Device::flex();
        let tokens = Tokens::new(vec![3, 1, 0, 7], GRID, 8).expect("the codes fit");
        let tensor = tokens.to_tensor(8, &device);
        assert_eq!(Tokens::from_tensor(tensor, GRID, 8), Ok(tokens));
    }
}
