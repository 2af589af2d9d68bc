//! `example.blur`: softens pictures.

use smalto_sdk::prelude::*;

/// Softens pictures with a Gaussian.
///
/// What lies beyond the edge is taken to be like the edge.
#[derive(Clone, Debug, PartialEq, Params)]
pub struct Blur {
    /// How far a pixel spreads: one standard deviation; 0 changes nothing.
    #[param(default = 2.0, range = 0.0..=64.0, unit = "px")]
    pub radius: f32,
}

/// Pictures in, pictures out.
#[derive(Debug, Ports)]
pub struct Pictures {
    /// The pictures.
    pub image: Image,
}

impl Node for Blur {
    const ID: &'static str = "example.blur";
    type Inputs = Pictures;
    type Outputs = Pictures;

    fn run(&self, mut inputs: Pictures, run: &mut Run) -> Result<Pictures, NodeError> {
        if self.radius == 0.0 {
            return Ok(inputs);
        }
        let weights = self.weights();
        let image = &mut inputs.image;
        let (height, width) = (image.height(), image.width());
        let batch = image.batch() as u64;
        let pictures = image.pixels_mut().chunks_exact_mut(height * width * 3);
        for (done, picture) in pictures.enumerate() {
            run.progress(done as u64, batch)?;
            for row in picture.chunks_exact_mut(width * 3) {
                run.check()?;
                let before = row.to_vec();
                spread(&before, row, 3, &weights);
            }
            let before = picture.to_vec();
            // A column is a line whose pixels lie one row apart.
            for column in 0..width {
                run.check()?;
                let from = column * 3;
                let line: Vec<f32> = (0..height)
                    .flat_map(|row| &before[row * width * 3 + from..][..3])
                    .copied()
                    .collect();
                let mut soft = line.clone();
                spread(&line, &mut soft, 3, &weights);
                for (row, pixel) in soft.chunks_exact(3).enumerate() {
                    picture[row * width * 3 + from..][..3].copy_from_slice(pixel);
                }
            }
        }
        Ok(inputs)
    }
}

impl Blur {
    /// What a pixel gives to itself and to each neighbour on one side; both sides together sum up to 1.
    fn weights(&self) -> Vec<f32> {
        let reach = (self.radius * 3.0).ceil() as usize;
        let bell = |distance: usize| (-0.5 * (distance as f32 / self.radius).powi(2)).exp();
        let weights: Vec<f32> = (0..=reach).map(bell).collect();
        let total = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
        weights.into_iter().map(|weight| weight / total).collect()
    }
}

/// Each pixel of the line `from`, of `channels` numbers, with its neighbours, into `to`.
fn spread(from: &[f32], to: &mut [f32], channels: usize, weights: &[f32]) {
    let last = from.len() / channels - 1;
    for (at, value) in to.iter_mut().enumerate() {
        let (pixel, channel) = (at / channels, at % channels);
        let read = |pixel: usize| from[pixel.min(last) * channels + channel];
        let sides = weights.iter().enumerate().skip(1);
        let sides = sides.map(|(distance, weight)| {
            weight * (read(pixel.saturating_sub(distance)) + read(pixel + distance))
        });
        *value = weights[0] * read(pixel) + sides.sum::<f32>();
    }
}

smalto_sdk::export_plugin! { id: "org.smalto.blur", name: "Blur", nodes: [Blur] }

#[cfg(test)]
mod tests {
    use smalto_sdk::prelude::*;
    use smalto_sdk::testing::{Boundary, params};
    use smalto_sdk::value::WireValue;

    use super::{Blur, Pictures};

    fn blurred(radius: f32, shape: [usize; 3], pixels: Vec<f32>) -> Vec<f32> {
        let image = Image::new(shape, pixels).expect("the pixels fill the picture");
        let node = Blur { radius };
        let outputs = node.run(Pictures { image }, &mut Run::alone());
        let outputs = outputs.expect("nobody cancels");
        outputs.image.pixels().to_vec()
    }

    /// A grey picture from one number a pixel.
    fn grey(levels: &[f32]) -> Vec<f32> {
        levels.iter().flat_map(|level| [*level; 3]).collect()
    }

    #[test]
    fn a_point_spreads_evenly_to_all_sides_and_loses_nothing() {
        let mut levels = [0.0; 49];
        levels[24] = 1.0;
        let soft = blurred(0.8, [1, 7, 7], grey(&levels));
        let level = |row: usize, column: usize| soft[(row * 7 + column) * 3];
        assert_eq!(level(2, 3), level(4, 3));
        assert_eq!(level(3, 2), level(3, 4));
        assert!((level(2, 3) - level(3, 2)).abs() < 1e-7);
        assert!(level(3, 3) > level(3, 2) && level(3, 2) > level(2, 2));
        let total: f32 = soft.iter().step_by(3).sum();
        assert!((total - 1.0).abs() < 1e-5, "{total}");
        // The bell at one radius of 0.8: exp(-0.5 / 0.64) = 0.4578…
        let ratio = level(3, 2) / level(3, 3);
        assert!((ratio - 0.457_833).abs() < 1e-5, "{ratio}");
    }

    #[test]
    fn an_even_picture_stays_as_it_is() {
        let soft = blurred(5.0, [2, 3, 4], grey(&[0.25; 24]));
        assert!(soft.iter().all(|value| (value - 0.25).abs() < 1e-6));
        let pixels = grey(&[0.0, 1.0]);
        assert_eq!(blurred(0.0, [1, 1, 2], pixels.clone()), pixels);
    }

    #[test]
    fn it_does_the_same_behind_the_boundary_and_stops_when_cancelled() {
        let boundary = Boundary::of(super::smalto_plugin_entry_v1).expect("it serves this host");
        let image = || Image::new([1, 1, 3], grey(&[0.0, 1.0, 0.0])).expect("three pixels");
        let set = params([("radius", ParamValue::Float(1.0))]);
        let inputs = || vec![("image", image().send())];
        let results = boundary.run("example.blur", &set, inputs());
        let results = results.expect("nobody cancels");
        let soft: Image = results.one("image").expect("there are pictures");
        assert_eq!(
            soft.pixels(),
            blurred(1.0, [1, 1, 3], image().pixels().to_vec())
        );
        let cancelled = boundary.run_cancelled("example.blur", &set, inputs());
        let refusal = cancelled.err().expect("it was cancelled");
        assert_eq!(refusal.status, smalto_sdk::abi::Status::CANCELLED);
    }
}
