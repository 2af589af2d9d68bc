//! Pictures as codes.

use super::{Lent, LentNumbers, Numbers, Sent, WireValue};

/// Codes of pictures, `[batch, rows, columns]`: each below the codebook's size, or [`Tokens::MASK`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    batch: usize,
    rows: usize,
    columns: usize,
    codebook: u32,
    codes: Vec<u32>,
}

impl Tokens {
    /// A position that is not laid yet.
    pub const MASK: u32 = u32::MAX;

    /// Tokens from `batch × rows × columns` codes, row by row.
    ///
    /// `None` where there are more or fewer, or none, or one is neither below `codebook` nor [`Tokens::MASK`].
    pub fn new([batch, rows, columns]: [usize; 3], codebook: u32, codes: Vec<u32>) -> Option<Self> {
        let count = batch.checked_mul(rows)?.checked_mul(columns)?;
        let known = |code: &u32| *code < codebook || *code == Self::MASK;
        let fits = count > 0 && count == codes.len() && codes.iter().all(known);
        fits.then_some(Self {
            batch,
            rows,
            columns,
            codebook,
            codes,
        })
    }

    /// How many pictures there are.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Rows of tokens.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Tokens a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many different codes there are.
    pub fn codebook(&self) -> u32 {
        self.codebook
    }

    /// All codes, picture by picture and row by row.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The codes of one picture.
    pub fn sample(&self, sample: usize) -> &[u32] {
        let length = self.rows * self.columns;
        &self.codes[sample * length..][..length]
    }

    /// The same pictures with other codes.
    ///
    /// `None` as for [`Tokens::new`].
    pub fn with_codes(&self, codes: Vec<u32>) -> Option<Self> {
        let shape = [self.batch, self.rows, self.columns];
        Self::new(shape, self.codebook, codes)
    }
}

impl WireValue for Tokens {
    const KIND: &'static str = "tokens";

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        let Lent::Tensor {
            shape,
            numbers: LentNumbers::I32(codes),
            sizes,
        } = lent
        else {
            return Err(lent.form());
        };
        let [batch, rows, columns] = shape[..] else {
            return Err(lent.form());
        };
        let codebook = sizes.iter().find(|(name, _)| name == "codebook");
        let codebook = codebook.and_then(|(_, count)| u32::try_from(*count).ok());
        let Some(codebook) = codebook else {
            return Err("tokens without a codebook".into());
        };
        // A masked position is -1 at the boundary, which is `MASK` once it has no sign.
        let codes = codes.iter().map(|code| code.cast_unsigned()).collect();
        Self::new([batch, rows, columns], codebook, codes)
            .ok_or_else(|| format!("{}, or codes beyond {codebook}", lent.form()))
    }

    fn send(self) -> Sent {
        let codes = self.codes.into_iter().map(u32::cast_signed).collect();
        Sent::Tensor {
            shape: vec![self.batch, self.rows, self.columns],
            numbers: Numbers::I32(codes),
            sizes: vec![("codebook".into(), self.codebook.into())],
        }
    }
}
