//! What a picture of a scene shows, told from its pixels without any network.
//!
//! The background is the median of the border. What differs from it is object; connected parts are one object.
//! What an object is, the nearest sprite tells: both at a few pixels, on the picture's own background.

use std::path::Path;

use graph::error::NodeError;
use graph::run::Run;

use super::components::{Region, components};
use crate::input::picture::Picture;
use crate::input::scenes::colour;
use crate::input::scenes::sprites::Sprites;

/// Tells what pictures of scenes show.
pub struct Checker {
    references: Vec<Reference>,
}

/// A sprite as objects are compared with it.
struct Reference {
    name: String,
    /// Red, green, blue, each multiplied by the opacity that follows, from 0 to 255.
    pixels: Vec<[f32; 4]>,
}

/// What a picture shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The name of the background's colour.
    pub background: &'static str,
    /// The objects, from the top.
    pub objects: Vec<SeenObject>,
}

/// An object of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenObject {
    /// What it is most like.
    pub name: String,
    /// Where it is.
    pub region: Region,
}

/// Rows of a compared picture, and pixels a row.
const SIDE: usize = 24;

/// By how much the most different channel differs from the background where something is to be seen.
const DIFFERENCE: u8 = 28;

/// An object's pixels are at least this share of the picture's: below lies what the tokenizer spills.
const SMALLEST: f32 = 0.002;

/// Parts that are this much smaller than the largest one belong to something else.
const CRUMB: f32 = 0.06;

impl Checker {
    /// Reads the sprites of `family` at `path`; `only` names those that there are, with commas between, or is empty.
    ///
    /// Errors: they cannot be read.
    pub fn open(path: &Path, family: &str, only: &str, run: &Run) -> Result<Self, NodeError> {
        let sprites = Sprites::open(path, family, only, [SIDE, SIDE], run)?;
        let references = (0..sprites.count())
            .map(|sprite| Reference {
                name: sprites.nouns[sprite].name.clone(),
                pixels: centred(sprites.picture(sprite, SIDE as f32)),
            })
            .collect();
        Ok(Self { references })
    }

    /// What the picture of `height × width × 3` bytes shows.
    pub fn look(&self, bytes: &[u8], height: usize, width: usize) -> Seen {
        let background = border_median(bytes, height, width);
        let differs: Vec<bool> = bytes
            .chunks_exact(3)
            .map(|pixel| {
                let difference = (0..3).map(|channel| pixel[channel].abs_diff(background[channel]));
                difference.max().unwrap_or(0) > DIFFERENCE
            })
            .collect();
        let mut regions = components(&differs, height, width);
        let largest = regions
            .iter()
            .map(|region| region.pixels)
            .max()
            .unwrap_or(0);
        let least = (SMALLEST * (height * width) as f32).max(CRUMB * largest as f32);
        regions.retain(|region| region.pixels as f32 >= least);
        let objects = regions
            .into_iter()
            .map(|region| SeenObject {
                name: self.nearest(bytes, width, &region, background),
                region,
            })
            .collect();
        Seen {
            background: colour::nearest(background),
            objects,
        }
    }

    /// The name of the sprite that `region` is most like.
    ///
    /// A blurred edge makes the region a pixel too large on every side, so a smaller one is tried as well.
    fn nearest(&self, bytes: &[u8], width: usize, region: &Region, background: [u8; 3]) -> String {
        let mut best = (f32::INFINITY, "");
        for region in [Some(*region), region.inset()].into_iter().flatten() {
            self.compare(bytes, width, &region, background, &mut best);
        }
        best.1.into()
    }

    /// Puts a sprite that is nearer than the `best` so far in its place.
    fn compare<'a>(
        &'a self,
        bytes: &[u8],
        width: usize,
        region: &Region,
        background: [u8; 3],
        best: &mut (f32, &'a str),
    ) {
        let crop = Picture {
            width: region.width(),
            height: region.height(),
            pixels: (region.top..=region.bottom)
                .flat_map(|row| {
                    (region.left..=region.right).map(move |column| row * width + column)
                })
                .map(|at| [bytes[at * 3], bytes[at * 3 + 1], bytes[at * 3 + 2], 255])
                .collect(),
        };
        let (across, down) = crop.fitted(SIDE);
        let seen = centred(&crop.resized(across, down));
        let behind = background.map(f32::from);
        let over = |pixel: &[f32; 4], channel: usize| {
            pixel[channel] + (1.0 - pixel[3] / 255.0) * behind[channel]
        };
        // What the crop does not cover is background in it as well.
        let seen: Vec<[f32; 3]> = seen
            .iter()
            .map(|pixel| std::array::from_fn(|channel| over(pixel, channel)))
            .collect();
        for reference in &self.references {
            let mut distance = 0.0;
            for (seen, pixel) in seen
                .chunks_exact(SIDE)
                .zip(reference.pixels.chunks_exact(SIDE))
            {
                for (seen, pixel) in seen.iter().zip(pixel) {
                    let clear = 1.0 - pixel[3] * (1.0 / 255.0);
                    for ((seen, level), behind) in seen.iter().zip(pixel).zip(&behind) {
                        let difference = seen - level - clear * behind;
                        distance += difference * difference;
                    }
                }
                // Most sprites are out of the question after a few rows.
                if distance >= best.0 {
                    break;
                }
            }
            if distance < best.0 {
                *best = (distance, &reference.name);
            }
        }
    }
}

/// The picture in the middle of a transparent square of [`SIDE`] pixels a side.
fn centred(picture: &Picture) -> Vec<[f32; 4]> {
    let (width, height) = picture.fitted(SIDE);
    let picture = picture.resized(width, height);
    let (left, top) = ((SIDE - width) / 2, (SIDE - height) / 2);
    let mut pixels = vec![[0.0; 4]; SIDE * SIDE];
    for row in 0..height {
        for column in 0..width {
            let pixel = picture.pixels[row * width + column];
            pixels[(top + row) * SIDE + left + column] = pixel.map(f32::from);
        }
    }
    pixels
}

/// The middle value of each channel along the border.
fn border_median(bytes: &[u8], height: usize, width: usize) -> [u8; 3] {
    let border = (height.min(width) / 64).max(1);
    let inner = |row: usize, column: usize| {
        (border..height - border).contains(&row) && (border..width - border).contains(&column)
    };
    std::array::from_fn(|channel| {
        let mut levels: Vec<u8> = (0..height)
            .flat_map(|row| (0..width).map(move |column| (row, column)))
            .filter(|(row, column)| !inner(*row, *column))
            .map(|(row, column)| bytes[(row * width + column) * 3 + channel])
            .collect();
        let middle = levels.len() / 2;
        *levels.select_nth_unstable(middle).1
    })
}
