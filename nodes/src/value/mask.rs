//! Regions of a picture.

use std::sync::Arc;

use graph::kind::Kind;
use graph::preview::Preview;
use graph::value::{Footprint, WireValue};

use super::Grid;

/// A region of a picture, `[height, width]`: what is to be painted anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    inside: Arc<[bool]>,
    height: usize,
    width: usize,
}

/// Why a list of pixels is no region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaskError {
    /// The pixels do not fill the shape, or it is empty.
    #[error("{found} pixels do not fill a region of {height} × {width}")]
    Shape {
        /// How many pixels there are.
        found: usize,
        /// Rows.
        height: usize,
        /// Pixels a row.
        width: usize,
    },
}

impl Mask {
    /// A region from `height × width` pixels, row by row.
    ///
    /// Errors: another number of pixels, or none.
    pub fn new(
        inside: impl Into<Arc<[bool]>>,
        height: usize,
        width: usize,
    ) -> Result<Self, MaskError> {
        let inside = inside.into();
        if inside.is_empty() || inside.len() != height * width {
            return Err(MaskError::Shape {
                found: inside.len(),
                height,
                width,
            });
        }
        Ok(Self {
            inside,
            height,
            width,
        })
    }

    /// Whether the pixel is in the region.
    pub fn contains(&self, row: usize, column: usize) -> bool {
        self.inside[row * self.width + column]
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Which tokens of `grid` the region touches, row by row; the region is stretched over the grid.
    pub fn over(&self, grid: Grid) -> Vec<bool> {
        let pixels = |token: usize, tokens: usize, side: usize| {
            token * side / tokens..((token + 1) * side).div_ceil(tokens)
        };
        let mut touched = vec![false; grid.length()];
        for (token, touched) in touched.iter_mut().enumerate() {
            let across = pixels(token % grid.columns, grid.columns, self.width);
            *touched = pixels(token / grid.columns, grid.rows, self.height)
                .any(|row| across.clone().any(|column| self.contains(row, column)));
        }
        touched
    }
}

impl WireValue for Mask {
    const KIND: &'static str = "mask";

    fn kind(&self) -> Kind {
        Kind::new(Self::KIND)
            .with("height", self.height as u64)
            .with("width", self.width as u64)
    }

    fn preview(&self) -> Preview {
        let grey = self.inside.iter().map(|inside| u8::from(*inside) * 255);
        let pixels: Vec<u8> = grey.flat_map(|level| [level; 3]).collect();
        Preview::image(self.width as u32, self.height as u32, pixels)
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.inside.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, Mask};

    #[test]
    fn a_region_touches_every_token_that_it_overlaps() {
        let check = |pixels: &[u8], height, width, rows, columns, expected: &[u8]| {
            let inside: Vec<bool> = pixels.iter().map(|pixel| *pixel == 1).collect();
            let mask = Mask::new(inside, height, width).expect("the pixels fill the shape");
            let touched: Vec<u8> = mask
                .over(Grid { rows, columns })
                .iter()
                .map(|touched| u8::from(*touched))
                .collect();
            assert_eq!(touched, expected, "{pixels:?}");
        };
        check(&[0, 1, 0, 0], 1, 4, 1, 2, &[1, 0]);
        check(&[0, 1], 1, 2, 1, 4, &[0, 0, 1, 1]);
        check(&[0, 1, 0], 1, 3, 1, 2, &[1, 1]);
        check(&[0, 0, 1, 0], 2, 2, 2, 2, &[0, 0, 1, 0]);
    }
}
