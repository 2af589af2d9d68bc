//! Pictures.

use super::{Lent, LentNumbers, Numbers, Sent, WireValue};

/// Pictures, `[batch, height, width, 3]`, red, green, blue, each from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    batch: usize,
    height: usize,
    width: usize,
    pixels: Vec<f32>,
}

impl Image {
    /// Pictures from `batch × height × width × 3` numbers, each from 0 to 1.
    ///
    /// `None` where there are more or fewer, or none.
    pub fn new([batch, height, width]: [usize; 3], pixels: Vec<f32>) -> Option<Self> {
        let count = batch.checked_mul(height)?.checked_mul(width)?;
        let fits = count > 0 && count.checked_mul(3)? == pixels.len();
        fits.then_some(Self {
            batch,
            height,
            width,
            pixels,
        })
    }

    /// How many pictures there are.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All numbers, picture by picture and row by row.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// All numbers, to be changed.
    pub fn pixels_mut(&mut self) -> &mut [f32] {
        &mut self.pixels
    }
}

impl WireValue for Image {
    const KIND: &'static str = "image";

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        if let Lent::Tensor {
            shape,
            numbers: LentNumbers::F32(pixels),
            ..
        } = lent
            && let [batch, height, width, 3] = shape[..]
            && let Some(image) = Self::new([batch, height, width], pixels.to_vec())
        {
            return Ok(image);
        }
        Err(lent.form())
    }

    fn send(self) -> Sent {
        Sent::Tensor {
            shape: vec![self.batch, self.height, self.width, 3],
            numbers: Numbers::F32(self.pixels),
            sizes: Vec::new(),
        }
    }
}
