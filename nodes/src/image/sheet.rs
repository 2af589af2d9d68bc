//! Many pictures on one sheet.

use graph::error::NodeError;
use graph::prelude::Choice;

use crate::value::Image;

/// A sheet of more pixels than this is a mistake.
const MOST_PIXELS: usize = 1 << 28;

/// How pictures lie on a sheet.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Pictures a row; 0 makes the sheet about square.
    pub columns: usize,
    /// Pixels between pictures.
    pub gap: usize,
    /// What shows between pictures.
    pub backdrop: Backdrop,
}

/// What shows between pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Backdrop {
    /// White.
    White,
    /// Black.
    Black,
}

impl Layout {
    /// All pictures of all batches on one sheet, in reading order; smaller ones lie in the middle of their place.
    ///
    /// Errors: there is no picture, or the sheet would be too large.
    pub fn sheet(&self, batches: &[Image]) -> Result<Image, NodeError> {
        let total: usize = batches.iter().map(Image::batch).sum();
        let Some(first) = batches.first() else {
            return Err(NodeError::input("image", "one picture at least", "none"));
        };
        let widest = batches.iter().map(Image::width).max().unwrap_or_default();
        let highest = batches.iter().map(Image::height).max().unwrap_or_default();
        let columns = match self.columns {
            0 => (1..=total).find(|side| side * side >= total).unwrap_or(1),
            columns => columns.min(total),
        };
        let rows = total.div_ceil(columns);
        let width = columns * (widest + self.gap) - self.gap;
        let height = rows * (highest + self.gap) - self.gap;
        if width.saturating_mul(height) > MOST_PIXELS {
            return Err(NodeError::input(
                "image",
                format!("pictures that fill {MOST_PIXELS} pixels at most"),
                format!("a sheet of {width} × {height}"),
            ));
        }

        let level = match self.backdrop {
            Backdrop::White => 255,
            Backdrop::Black => 0,
        };
        let mut sheet = vec![level; width * height * 3];
        let mut place = 0;
        for batch in batches {
            let (inner_width, inner_height) = (batch.width(), batch.height());
            let bytes = batch.to_bytes();
            for picture in bytes.chunks_exact(inner_width * inner_height * 3) {
                let left = place % columns * (widest + self.gap) + (widest - inner_width) / 2;
                let top = place / columns * (highest + self.gap) + (highest - inner_height) / 2;
                for (row, line) in picture.chunks_exact(inner_width * 3).enumerate() {
                    let at = ((top + row) * width + left) * 3;
                    sheet[at..at + line.len()].copy_from_slice(line);
                }
                place += 1;
            }
        }
        Image::from_bytes(&sheet, [1, height, width], &first.pixels().device())
            .map_err(|error| NodeError::input("image", "whole pictures", error))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::{Backdrop, Layout};
    use crate::value::Image;

    /// Pictures of one grey each.
    fn greys(levels: &[u8], height: usize, width: usize) -> Image {
        let bytes: Vec<u8> = levels
            .iter()
            .flat_map(|level| vec![*level; height * width * 3])
            .collect();
        Image::from_bytes(&bytes, [levels.len(), height, width], &Device::flex())
            .expect("the bytes fit")
    }

    #[track_caller]
    fn check(columns: usize, gap: usize, images: &[Image], width: usize, expected: &[u8]) {
        let layout = Layout {
            columns,
            gap,
            backdrop: Backdrop::White,
        };
        let sheet = layout.sheet(images).expect("there are pictures");
        let levels: Vec<u8> = sheet.to_bytes().chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!((sheet.width(), levels.as_slice()), (width, expected));
    }

    #[test]
    fn pictures_lie_in_reading_order() {
        check(2, 0, &[greys(&[1, 2, 3], 1, 1)], 2, &[1, 2, 3, 255]);
        check(0, 0, &[greys(&[1, 2, 3, 4], 1, 1)], 2, &[1, 2, 3, 4]);
        check(
            9,
            1,
            &[greys(&[1], 1, 1), greys(&[2], 1, 1)],
            3,
            &[1, 255, 2],
        );
    }

    #[test]
    fn smaller_pictures_lie_in_the_middle_of_their_place() {
        let white = 255;
        let expected = [
            7, 7, 7, white, white, white, //
            7, 7, 7, white, 9, white, //
            7, 7, 7, white, white, white,
        ];
        check(2, 0, &[greys(&[7], 3, 3), greys(&[9], 1, 1)], 6, &expected);
    }

    #[test]
    fn no_picture_is_no_sheet() {
        let layout = Layout {
            columns: 0,
            gap: 0,
            backdrop: Backdrop::Black,
        };
        assert!(layout.sheet(&[]).is_err());
    }
}
