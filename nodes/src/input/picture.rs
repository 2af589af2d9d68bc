//! Reading pictures of every format that Smalto knows, with their transparency.

use std::path::Path;

use image::{ImageReader, Limits};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

mod resample;

/// A picture whose colours are multiplied by how opaque they are: the form that can be resized and laid over others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue, each multiplied by the opacity that follows; row by row.
    pub pixels: Vec<[u8; 4]>,
}

/// Why bytes are no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Raster bytes that cannot be decoded.
    #[error("this is no readable picture: {0}")]
    Raster(#[from] image::ImageError),
    /// A vector picture that cannot be drawn.
    #[error("this is no readable SVG: {0}")]
    Vector(#[from] usvg::Error),
    /// The name ends in nothing that Smalto reads.
    #[error("`.{0}` is no picture format that Smalto reads")]
    Unknown(String),
    /// There is nothing to see.
    #[error("the picture is wholly transparent")]
    Blank,
}

/// What the names of pictures end in.
pub const EXTENSIONS: [&str; 6] = ["png", "webp", "jpg", "jpeg", "gif", "svg"];

/// A picture of a hundred million pixels is no training example, and an archive bomb is smaller still.
const LONGEST_SIDE: u32 = 16_384;
const MOST_MEMORY: u64 = 1 << 29;

/// Whether the name of `path` ends like a picture's.
pub fn is_picture(path: &Path) -> bool {
    EXTENSIONS.contains(&extension(path).as_str())
}

/// What stands behind the last dot of the name, in small letters.
pub fn extension(path: &Path) -> String {
    path.extension()
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

impl Picture {
    /// The picture in `bytes`; `extension` says which format it has, and an SVG is drawn `side` pixels long.
    ///
    /// Errors: the bytes are broken, of no known format, or show nothing at all.
    pub fn decode(bytes: &[u8], extension: &str, side: usize) -> Result<Self, PictureError> {
        if !EXTENSIONS.contains(&extension) {
            return Err(PictureError::Unknown(extension.into()));
        }
        let picture = if extension == "svg" {
            draw(bytes, side)?
        } else {
            decode_raster(bytes)?
        };
        if picture.pixels.iter().all(|pixel| pixel[3] == 0) {
            return Err(PictureError::Blank);
        }
        Ok(picture)
    }

    /// The picture at another size, each pixel the average of those that it covers.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        resample::resize(self, width.max(1), height.max(1))
    }

    /// The picture without its transparent borders.
    pub fn trimmed(&self) -> Self {
        let (mut top, mut bottom, mut left, mut right) = (self.height, 0, self.width, 0);
        for (row, pixels) in self.pixels.chunks_exact(self.width).enumerate() {
            for (column, pixel) in pixels.iter().enumerate() {
                // What is nearly transparent is a shadow's edge, not part of the thing.
                if pixel[3] >= 16 {
                    (top, bottom) = (top.min(row), row);
                    (left, right) = (left.min(column), right.max(column));
                }
            }
        }
        if top > bottom || left > right {
            return self.clone();
        }
        let pixels = (top..=bottom)
            .flat_map(|row| &self.pixels[row * self.width + left..=row * self.width + right])
            .copied()
            .collect();
        Self {
            width: right - left + 1,
            height: bottom - top + 1,
            pixels,
        }
    }

    /// How large the picture is once its longer side is `side`.
    pub fn fitted(&self, side: usize) -> (usize, usize) {
        let longer = self.width.max(self.height);
        let scaled = |length: usize| ((length * side * 2 + longer) / (longer * 2)).max(1);
        (scaled(self.width), scaled(self.height))
    }

    /// The picture fitted into the middle of a square of `background`: `side × side × 3` bytes,
    /// and which pixels it covers.
    pub fn on_square(&self, side: usize, background: [u8; 3]) -> (Vec<u8>, Vec<bool>) {
        let (width, height) = self.fitted(side);
        let resized;
        let fitted = if (width, height) == (self.width, self.height) {
            self
        } else {
            resized = self.resized(width, height);
            &resized
        };
        let (left, top) = ((side - width) / 2, (side - height) / 2);
        let mut bytes = background.repeat(side * side);
        let mut covered = vec![false; side * side];
        for row in 0..height {
            for column in 0..width {
                let pixel = fitted.pixels[row * width + column];
                let at = (top + row) * side + left + column;
                covered[at] = pixel[3] > 127;
                for channel in 0..3 {
                    let under = u32::from(bytes[at * 3 + channel]) * (255 - u32::from(pixel[3]));
                    let over = u32::from(pixel[channel]);
                    bytes[at * 3 + channel] = (over + (under + 127) / 255).min(255) as u8;
                }
            }
        }
        (bytes, covered)
    }
}

fn decode_raster(bytes: &[u8]) -> Result<Picture, image::ImageError> {
    // The content decides, not the name: a PNG called .jpg is still a PNG.
    let mut reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let decoded = reader.decode()?.to_rgba8();
    let multiplied =
        |channel: u8, opacity: u8| ((u32::from(channel) * u32::from(opacity) + 127) / 255) as u8;
    Ok(Picture {
        width: decoded.width() as usize,
        height: decoded.height() as usize,
        pixels: decoded
            .pixels()
            .map(|pixel| {
                let [red, green, blue, opacity] = pixel.0;
                [
                    multiplied(red, opacity),
                    multiplied(green, opacity),
                    multiplied(blue, opacity),
                    opacity,
                ]
            })
            .collect(),
    })
}

fn draw(bytes: &[u8], side: usize) -> Result<Picture, usvg::Error> {
    let options = usvg::Options {
        // A training picture has no business reading other files.
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_data(bytes, &options)?;
    let size = tree.size();
    let scale = side as f32 / size.width().max(size.height());
    let pixels = |length: f32| ((length * scale).round() as u32).clamp(1, side as u32);
    let mut pixmap =
        Pixmap::new(pixels(size.width()), pixels(size.height())).ok_or(usvg::Error::InvalidSize)?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    Ok(Picture {
        width: pixmap.width() as usize,
        height: pixmap.height() as usize,
        pixels: bytemuck::cast_slice(pixmap.data()).to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Picture, PictureError};

    const HALF_RED: [u8; 4] = [128, 0, 0, 128];

    fn png(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbaImage::from_pixel(width, height, image::Rgba(pixel))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .expect("a small picture is written to memory");
        bytes.into_inner()
    }

    #[test]
    fn colours_are_multiplied_by_opacity() {
        let picture = Picture::decode(&png(2, 1, [255, 0, 0, 128]), "png", 8).expect("it is whole");
        assert_eq!((picture.width, picture.height), (2, 1));
        assert_eq!(picture.pixels, [HALF_RED; 2]);
    }

    #[test]
    fn the_content_decides_about_the_format() {
        assert!(Picture::decode(&png(1, 1, [1, 2, 3, 255]), "jpg", 8).is_ok());
    }

    #[test]
    fn broken_blank_and_unknown_bytes_are_named() {
        let whole = png(64, 64, [9, 9, 9, 255]);
        let check = |bytes: &[u8], extension: &str, expected: &str| {
            let error = Picture::decode(bytes, extension, 8).expect_err("it must not be read");
            assert!(error.to_string().contains(expected), "{error}");
        };
        check(&whole[..40], "png", "no readable picture");
        check(b"hello", "webp", "no readable picture");
        check(b"<svg", "svg", "no readable SVG");
        check(
            b"<svg xmlns='http://www.w3.org/2000/svg' width='0' height='4'/>",
            "svg",
            "no readable SVG",
        );
        check(&png(2, 2, [9, 9, 9, 0]), "png", "wholly transparent");
        check(b"BM", "bmp", "`.bmp` is no picture format");
    }

    #[test]
    fn an_svg_is_drawn_at_the_size_asked_for() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='200000' height='100000'>\
            <rect width='200000' height='100000' fill='#0000ff'/></svg>";
        let picture = Picture::decode(svg, "svg", 8).expect("it is whole");
        assert_eq!((picture.width, picture.height), (8, 4));
        assert_eq!(picture.pixels[0], [0, 0, 255, 255]);
    }

    #[test]
    fn an_svg_reads_no_other_file() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'>\
            <image href='/etc/passwd' width='8' height='8'/></svg>";
        assert!(matches!(
            Picture::decode(svg, "svg", 8),
            Err(PictureError::Blank)
        ));
    }

    #[test]
    fn a_picture_lies_in_the_middle_of_its_square() {
        let picture = Picture {
            width: 4,
            height: 2,
            pixels: vec![HALF_RED; 8],
        };
        let (bytes, covered) = picture.on_square(4, [255, 255, 255]);
        assert_eq!(bytes[..3], [255, 255, 255]);
        assert_eq!(bytes[4 * 3..4 * 3 + 3], [255, 127, 127]);
        assert_eq!(
            covered[..8],
            [false, false, false, false, true, true, true, true]
        );
    }

    #[test]
    fn transparent_borders_are_trimmed() {
        let mut pixels = vec![[0; 4]; 25];
        pixels[7] = HALF_RED;
        pixels[13] = HALF_RED;
        let picture = Picture {
            width: 5,
            height: 5,
            pixels,
        }
        .trimmed();
        assert_eq!((picture.width, picture.height), (2, 2));
        assert_eq!(picture.pixels, [HALF_RED, [0; 4], [0; 4], HALF_RED]);
    }
}
