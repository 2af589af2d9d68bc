//! `input.mask`: a region of a picture.

use graph::prelude::*;

use crate::value::{Image, Mask};

/// Marks a region: a rectangle, or the bright parts of a picture.
#[derive(Clone, Debug, Params)]
pub struct MaskInput {
    /// Where the rectangle begins, as a share of the width.
    #[param(default = 0.25, range = 0.0..=1.0)]
    pub left: f64,
    /// Where the rectangle begins, as a share of the height.
    #[param(default = 0.25, range = 0.0..=1.0)]
    pub top: f64,
    /// Where the rectangle ends, as a share of the width.
    #[param(default = 0.75, range = 0.0..=1.0)]
    pub right: f64,
    /// Where the rectangle ends, as a share of the height.
    #[param(default = 0.75, range = 0.0..=1.0)]
    pub bottom: f64,
    /// The brightness from which on a pixel of `image` is in the region, where one is wired.
    #[param(default = 0.5, range = 0.0..=1.0)]
    pub brightness: f32,
    /// Whether everything else is the region.
    pub inverted: bool,
    /// How finely a rectangle is drawn: pixels a side.
    #[param(default = 256, range = 1..=4096)]
    pub size: u32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The picture whose bright parts are the region; without one it is the rectangle.
    pub image: Option<Image>,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The region.
    pub mask: Mask,
}

impl Node for MaskInput {
    const ID: &'static str = "input.mask";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        let sides = [
            ("right", self.left, self.right),
            ("bottom", self.top, self.bottom),
        ];
        for (param, from, to) in sides {
            if from >= to {
                return Err(ParamError::Invalid {
                    param: param.into(),
                    expected: format!("more than {from}, where the rectangle begins"),
                    found: to.to_string(),
                });
            }
        }
        Ok(())
    }

    fn run(&self, inputs: Inputs, _: &mut Run) -> Result<Outputs, NodeError> {
        let (inside, height, width) = match &inputs.image {
            Some(image) => (self.bright(image), image.height(), image.width()),
            None => (self.rectangle(), self.size as usize, self.size as usize),
        };
        let inside: Vec<bool> = inside.iter().map(|is| *is != self.inverted).collect();
        let mask = Mask::new(inside, height, width)
            .map_err(|error| NodeError::input("image", "one picture", error))?;
        Ok(Outputs { mask })
    }
}

impl MaskInput {
    fn rectangle(&self) -> Vec<bool> {
        let size = self.size as usize;
        // A pixel belongs to the rectangle if its middle does.
        let share = |at: usize| (at as f64 + 0.5) / size as f64;
        (0..size * size)
            .map(|at| {
                let (x, y) = (share(at % size), share(at / size));
                (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
            })
            .collect()
    }

    /// The first picture's pixels whose luma (Rec. 709) is high enough.
    fn bright(&self, image: &Image) -> Vec<bool> {
        let bytes = image.to_bytes();
        bytes[..image.height() * image.width() * 3]
            .chunks_exact(3)
            .map(|pixel| {
                let [red, green, blue] = [0, 1, 2].map(|at| f32::from(pixel[at]) / 255.0);
                0.2126 * red + 0.7152 * green + 0.0722 * blue >= self.brightness
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use graph::run::Resources;

    use super::*;
    use crate::value::Grid;

    fn defaults() -> MaskInput {
        MaskInput::from_values(&ParamValues::new()).expect("every parameter has a default")
    }

    #[track_caller]
    fn check(input: &MaskInput, image: Option<Image>, grid: [usize; 2], expected: &[u8]) {
        let mut run = Run::alone(Resources::default());
        let mask = input.run(Inputs { image }, &mut run).expect("it fits").mask;
        let [rows, columns] = grid;
        let touched: Vec<u8> = mask
            .over(Grid { rows, columns })
            .iter()
            .map(|touched| u8::from(*touched))
            .collect();
        assert_eq!(touched, expected);
    }

    #[test]
    fn a_rectangle_covers_its_share() {
        let middle = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0];
        check(&defaults(), None, [4, 4], &middle);
        let left_half = MaskInput {
            left: 0.0,
            top: 0.0,
            right: 0.5,
            bottom: 1.0,
            ..defaults()
        };
        check(&left_half, None, [1, 4], &[1, 1, 0, 0]);
        let right_half = MaskInput {
            inverted: true,
            ..left_half
        };
        check(&right_half, None, [1, 4], &[0, 0, 1, 1]);
    }

    #[test]
    fn the_bright_parts_of_a_picture_are_the_region() {
        let pixels = [0, 0, 0, 255, 255, 255, 0, 255, 0, 0, 0, 255];
        let device = burn::tensor::Device::flex();
        let image = Image::from_bytes(&pixels, [1, 1, 4], &device).expect("four pixels");
        check(&defaults(), Some(image), [1, 4], &[0, 1, 1, 0]);
    }

    #[test]
    fn an_empty_rectangle_is_refused() {
        let empty = MaskInput {
            left: 0.75,
            ..defaults()
        };
        let message = empty.check().expect_err("it holds nothing").to_string();
        assert_eq!(
            message,
            "parameter `right` must be more than 0.75, where the rectangle begins, but is 0.75"
        );
    }
}
