//! Comparing what is seen with what was found good.

use std::fs::{self, File};
use std::path::Path;

use image::ExtendedColorType;
use image::codecs::webp::WebPEncoder;

/// The steps in which levels are kept: such steps make small files, and cannot be seen.
const STEP: u8 = 4;
/// How far a channel of a pixel may be off before the pixel counts as another.
const NEAR: u8 = 24;
/// Pixels: how many a row, and the red, green and blue of each.
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

fn nearest_step(level: u8) -> u8 {
    level.saturating_add(STEP / 2) / STEP * STEP
}

impl Picture {
    /// The picture without the opacity of its pixels, which is the same for all.
    pub fn new((width, height, pixels): (u32, u32, Vec<u8>)) -> Self {
        let pixels = pixels.chunks_exact(4).flat_map(|pixel| &pixel[..3]);
        Self {
            width,
            height,
            pixels: pixels.map(|level| nearest_step(*level)).collect(),
        }
    }

    /// Asserts that the picture is the one kept at `kept`, but for a `share` of its pixels; where `UPDATE` is set,
    /// another picture takes its place.
    ///
    /// A picture that is not kept yet, or is another, is written beside the test's other output, to be looked at.
    pub fn is_as(&self, kept: &Path, share: f64) {
        let Err(difference) = self.compare(kept, share) else {
            return;
        };
        if std::env::var_os("UPDATE").is_some() {
            self.write(kept);
            return;
        }
        let name = kept.file_name().expect("a picture has a name");
        let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        self.write(&seen);
        panic!(
            "{}: {difference}; what was seen is in {}, UPDATE=1 keeps it",
            kept.display(),
            seen.display()
        );
    }

    fn compare(&self, kept: &Path, most: f64) -> Result<(), String> {
        let kept = Self::read(kept)?;
        if (self.width, self.height) != (kept.width, kept.height) {
            return Err(format!(
                "expected {} × {} pixels, found {} × {}",
                kept.width, kept.height, self.width, self.height
            ));
        }
        let share = self.difference(&kept);
        if share > most {
            let others = share * f64::from(self.width * self.height);
            return Err(format!("{others} pixels are others than those kept"));
        }
        Ok(())
    }

    /// The share of pixels that are others than those of a picture of the same size.
    pub fn difference(&self, other: &Self) -> f64 {
        let pixels = self
            .pixels
            .chunks_exact(3)
            .zip(other.pixels.chunks_exact(3));
        let others = pixels
            .filter(|(one, other)| {
                let mut channels = one.iter().zip(*other);
                channels.any(|(one, other)| one.abs_diff(*other) > NEAR)
            })
            .count();
        others as f64 / f64::from(self.width * self.height)
    }

    fn read(path: &Path) -> Result<Self, String> {
        let picture = image::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let picture = picture.into_rgb8();
        Ok(Self {
            width: picture.width(),
            height: picture.height(),
            pixels: picture.into_raw(),
        })
    }

    /// Writes the picture without loss.
    fn write(&self, path: &Path) {
        let folder = path.parent().expect("pictures lie in a folder");
        fs::create_dir_all(folder).expect("the folder can be made");
        let file = File::create(path).expect("the picture can be written");
        WebPEncoder::new_lossless(file)
            .encode(
                &self.pixels,
                self.width,
                self.height,
                ExtendedColorType::Rgb8,
            )
            .expect("the picture can be written");
    }
}
