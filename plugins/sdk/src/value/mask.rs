//! Regions of a picture.

use super::{Lent, LentNumbers, Numbers, Sent, WireValue};

/// A region of a picture, `[height, width]`: what is to be painted anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    height: usize,
    width: usize,
    inside: Vec<bool>,
}

impl Mask {
    /// A region from `height × width` pixels, row by row.
    ///
    /// `None` where there are more or fewer, or none.
    pub fn new([height, width]: [usize; 2], inside: Vec<bool>) -> Option<Self> {
        let fits = !inside.is_empty() && height.checked_mul(width)? == inside.len();
        fits.then_some(Self {
            height,
            width,
            inside,
        })
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Which pixels are in the region, row by row.
    pub fn inside(&self) -> &[bool] {
        &self.inside
    }

    /// Which pixels are in the region, to be changed.
    pub fn inside_mut(&mut self) -> &mut [bool] {
        &mut self.inside
    }
}

impl WireValue for Mask {
    const KIND: &'static str = "mask";

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        if let Lent::Tensor {
            shape,
            numbers: LentNumbers::U8(pixels),
            ..
        } = lent
            && let [1, height, width] = shape[..]
        {
            let inside = pixels.iter().map(|pixel| *pixel != 0).collect();
            return Self::new([height, width], inside).ok_or_else(|| lent.form());
        }
        Err(lent.form())
    }

    fn send(self) -> Sent {
        Sent::Tensor {
            shape: vec![1, self.height, self.width],
            numbers: Numbers::U8(self.inside.into_iter().map(u8::from).collect()),
            sizes: Vec::new(),
        }
    }
}
