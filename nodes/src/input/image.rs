//! `input.image`: a picture from a file.

use graph::prelude::*;

use crate::compute::Compute;
use crate::value::Image;

use super::file;
use super::picture::{Picture, extension};
use super::scenes::colour;

/// No picture worth the name is larger.
const MOST_BYTES: u64 = 256 << 20;

/// How long an SVG is drawn where no size is set.
const DRAWN: usize = 512;

/// Reads a picture: PNG, JPEG, WebP, GIF or SVG.
#[derive(Clone, Debug, Params)]
pub struct ImageInput {
    /// The picture file.
    pub path: FilePath,
    /// Pixels a row; 0 follows from the height, or is the picture's own.
    #[param(default = 0, range = 0..=8192)]
    pub width: u32,
    /// Rows of pixels; 0 follows from the width, or is the picture's own.
    #[param(default = 0, range = 0..=8192)]
    pub height: u32,
    /// What happens where width and height are of another shape than the picture.
    pub fit: Fit,
    /// What lies behind transparent or missing pixels: a colour's name or `#rrggbb`.
    #[param(default = "white")]
    pub background: String,
}

/// How a picture is brought to another shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Fit {
    /// It fills the size, and what sticks out is cut off.
    Cover,
    /// It is shown whole, with background beside it.
    Contain,
    /// It is stretched.
    Stretch,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The picture.
    pub image: Image,
}

impl Node for ImageInput {
    const ID: &'static str = "input.image";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        match colour::named(&self.background) {
            Some(_) => Ok(()),
            None => Err(ParamError::Invalid {
                param: "background".into(),
                expected: "a colour such as \"white\" or \"#rrggbb\"".into(),
                found: format!("{:?}", self.background),
            }),
        }
    }

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let path = run.resolve(&self.path);
        let bytes = file::bytes(&path, MOST_BYTES)?;
        let longer = self.width.max(self.height) as usize;
        let side = if longer == 0 { DRAWN } else { longer };
        let picture = Picture::decode(&bytes, &extension(&path), side).map_err(|error| {
            NodeError::file(
                &path,
                error,
                "take another copy, or save it as PNG, JPEG or WebP",
            )
        })?;
        let background = colour::named(&self.background).unwrap_or([255; 3]);
        let (size, pixels) = self.fitted(&picture, background);
        let device = Compute::of(run)?.device();
        let image = Image::from_bytes(&pixels, [1, size.1, size.0], device)
            .map_err(|error| NodeError::file(&path, error, "take another picture"))?;
        Ok(Outputs { image })
    }
}

impl ImageInput {
    /// The picture at the size asked for: its width and height, and its bytes.
    fn fitted(&self, picture: &Picture, background: [u8; 3]) -> ((usize, usize), Vec<u8>) {
        let (own_width, own_height) = (picture.width, picture.height);
        // Sides are rounded to the nearest pixel.
        let follow = |side: usize, of: usize, to: usize| ((side * to * 2 + of) / (of * 2)).max(1);
        let (width, height) = match (self.width as usize, self.height as usize) {
            (0, 0) => (own_width, own_height),
            (width, 0) => (width, follow(width, own_width, own_height)),
            (0, height) => (follow(height, own_height, own_width), height),
            both => both,
        };
        let by_width = (width, follow(width, own_width, own_height));
        let by_height = (follow(height, own_height, own_width), height);
        let (inner_width, inner_height) = match self.fit {
            Fit::Stretch => (width, height),
            Fit::Cover if by_width.1 >= height => by_width,
            Fit::Contain if by_width.1 <= height => by_width,
            Fit::Cover | Fit::Contain => by_height,
        };
        let inner = picture.resized(inner_width, inner_height);
        let mut bytes = background.repeat(width * height);
        let offset = |outer: usize, inner: usize| (outer as isize - inner as isize).div_euclid(2);
        let (left, top) = (offset(width, inner_width), offset(height, inner_height));
        for (row, line) in bytes.chunks_exact_mut(width * 3).enumerate() {
            for (column, pixel) in line.chunks_exact_mut(3).enumerate() {
                let (y, x) = (row as isize - top, column as isize - left);
                let inside = (0..inner_height as isize).contains(&y)
                    && (0..inner_width as isize).contains(&x);
                if inside {
                    lay(pixel, inner.pixels[y as usize * inner_width + x as usize]);
                }
            }
        }
        ((width, height), bytes)
    }
}

/// Lays a pixel whose colours are multiplied by its opacity over another.
fn lay(under: &mut [u8], over: [u8; 4]) {
    let clear = 255 - u32::from(over[3]);
    for (under, over) in under.iter_mut().zip(over) {
        let seen = u32::from(over) + (u32::from(*under) * clear + 127) / 255;
        *under = seen.min(255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use graph::run::{Cancel, Resources, Silent};
    use std::sync::Arc;

    use super::*;

    /// A picture of `width × 2` pixels, the left half red, the right half half-transparent blue.
    fn write(folder: &std::path::Path, name: &str, width: u32) {
        let picture = image::RgbaImage::from_fn(width, 2, |x, _| {
            if x < width / 2 {
                image::Rgba([255, 0, 0, 255])
            } else {
                image::Rgba([0, 0, 255, 128])
            }
        });
        picture.save(folder.join(name)).expect("it can be written");
    }

    fn read(folder: &std::path::Path, input: &ImageInput) -> Result<Image, NodeError> {
        let resources = Resources::default().with(Compute::cpu());
        let reporter = Arc::new(Silent);
        let mut run = Run::new(folder, Cancel::default(), reporter, Arc::new(resources));
        input.run((), &mut run).map(|outputs| outputs.image)
    }

    fn input(path: &str, width: u32, height: u32, fit: Fit) -> ImageInput {
        ImageInput {
            path: path.into(),
            width,
            height,
            fit,
            background: "white".into(),
        }
    }

    #[test]
    fn a_picture_comes_at_its_own_size_or_at_the_one_asked_for() {
        let folder = tempfile::tempdir().expect("there is room");
        write(folder.path(), "a.png", 4);
        let check = |width, height, fit, expected: [usize; 2], first: [u8; 3], last: [u8; 3]| {
            let image =
                read(folder.path(), &input("a.png", width, height, fit)).expect("it is a picture");
            assert_eq!([image.width(), image.height()], expected);
            let bytes = image.to_bytes();
            assert_eq!(bytes[..3], first, "{width} × {height} {fit:?}");
            assert_eq!(bytes[bytes.len() - 3..], last, "{width} × {height} {fit:?}");
        };
        let (red, blue, white) = ([255, 0, 0], [127, 127, 255], [255; 3]);
        check(0, 0, Fit::Cover, [4, 2], red, blue);
        check(8, 0, Fit::Cover, [8, 4], red, blue);
        check(0, 4, Fit::Cover, [8, 4], red, blue);
        check(4, 4, Fit::Stretch, [4, 4], red, blue);
        check(4, 4, Fit::Contain, [4, 4], white, white);
        check(2, 2, Fit::Cover, [2, 2], red, blue);
    }

    #[test]
    fn what_is_no_picture_is_told_with_its_path() {
        let folder = tempfile::tempdir().expect("there is room");
        write(folder.path(), "a.png", 64);
        let whole = std::fs::read(folder.path().join("a.png")).expect("just written");
        std::fs::write(folder.path().join("cut.png"), &whole[..whole.len() / 2]).expect("room");
        std::fs::write(folder.path().join("text.jpg"), "hello").expect("room");
        for (name, expected) in [
            ("cut.png", "this is no readable picture"),
            ("text.jpg", "this is no readable picture"),
            ("absent.png", "see whether the path names a readable file"),
        ] {
            let error = read(folder.path(), &input(name, 0, 0, Fit::Cover))
                .expect_err("it is no picture")
                .to_string();
            assert!(error.contains(expected) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_background_that_is_no_colour_is_refused() {
        let input = ImageInput {
            background: "nothing".into(),
            ..input("a.png", 0, 0, Fit::Cover)
        };
        assert!(input.check().is_err());
    }
}
