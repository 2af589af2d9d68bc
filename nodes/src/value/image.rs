//! Pictures.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use graph::kind::Kind;
use graph::preview::{Picture, Preview};
use graph::value::{Footprint, WireValue};

/// How many bytes of pixels a preview holds at most, unless a single picture has more.
const SHOWN_BYTES: usize = 64 << 20;

/// Pictures, `[batch, height, width, 3]`, red, green, blue, each from 0 to 1.
#[derive(Clone, Debug)]
pub struct Image {
    pixels: Tensor<4>,
}

/// Why a tensor is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The shape is not `[batch, height, width, 3]`, or a size is 0.
    #[error("a picture has the shape [batch, height, width, 3], not {0:?}")]
    Shape([usize; 4]),
}

impl Image {
    /// Pictures from `pixels [batch, height, width, 3]`, each value from 0 to 1.
    ///
    /// Errors: another shape.
    pub fn new(pixels: Tensor<4>) -> Result<Self, ImageError> {
        let shape = pixels.dims();
        if shape[3] != 3 || shape.contains(&0) {
            return Err(ImageError::Shape(shape));
        }
        Ok(Self { pixels })
    }

    /// Pictures from `batch × height × width × 3` bytes.
    ///
    /// Errors: the bytes do not fill the shape.
    pub fn from_bytes(
        bytes: &[u8],
        [batch, height, width]: [usize; 3],
        device: &Device,
    ) -> Result<Self, ImageError> {
        let shape = [batch, height, width, 3];
        if bytes.len() != shape.iter().product::<usize>() {
            return Err(ImageError::Shape(shape));
        }
        // As bytes, since what takes time is to bring them to the device; and as one row, for a card would lay rows of three
        // bytes apart and bring them one by one.
        let bytes = TensorData::new(bytes.to_vec(), [bytes.len()]);
        let levels = Tensor::<1, Int>::from_data(bytes, (device, DType::U8)).reshape(shape);
        Self::new(levels.float().cast(DType::F32).div_scalar(255.0))
    }

    /// The tensor itself.
    pub fn pixels(&self) -> &Tensor<4> {
        &self.pixels
    }

    /// How many pictures there are.
    pub fn batch(&self) -> usize {
        self.pixels.dims()[0]
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.pixels.dims()[1]
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.pixels.dims()[2]
    }

    /// The picture at place `at` by itself; nothing where there are not so many.
    pub fn sample(&self, at: usize) -> Option<Self> {
        (at < self.batch()).then(|| Self {
            pixels: self.pixels.clone().narrow(0, at, 1),
        })
    }

    /// `batch × height × width × 3` bytes, values clamped to 0…1 and rounded to the nearest of 256 levels.
    pub fn to_bytes(&self) -> Vec<u8> {
        let values = self
            .pixels
            .clone()
            .clamp(0.0, 1.0)
            .mul_scalar(255.0)
            .round();
        let data = values.into_data().convert::<f32>();
        data.as_slice::<f32>()
            .map(|values| values.iter().map(|value| *value as u8).collect())
            .unwrap_or_default()
    }
}

impl WireValue for Image {
    const KIND: &'static str = "image";

    fn kind(&self) -> Kind {
        Kind::new(Self::KIND)
            .with("height", self.height() as u64)
            .with("width", self.width() as u64)
    }

    fn preview(&self) -> Preview {
        let one = self.height() * self.width() * 3;
        let count = (SHOWN_BYTES / one).clamp(1, self.batch());
        let shown = Self {
            pixels: self.pixels.clone().narrow(0, 0, count),
        };
        let bytes = shown.to_bytes();
        let pictures = bytes.chunks_exact(one).map(|pixels| Picture {
            width: self.width() as u32,
            height: self.height() as u32,
            pixels: pixels.into(),
        });
        Preview::Images(pictures.collect())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.pixels.dims().iter().product::<usize>() * 4)
    }
}
