//! The captions of scenes, to be made into pictures.

use burn::tensor::Device;
use graph::prelude::*;

use crate::compute::Compute;
use crate::value::{Dataset, Image, Pixels};

/// Takes the first captions of a dataset as prompts, with the pictures that they were made for.
#[derive(Clone, Debug, Params)]
pub struct ScenePrompts {
    /// How many.
    #[param(default = 64, range = 1..=100_000)]
    pub count: u32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The scenes, or any other captioned pictures.
    pub dataset: Dataset,
}

/// What comes out.
#[derive(Ports)]
pub struct Outputs {
    /// The captions, one a line.
    pub text: String,
    /// The pictures, in the same order.
    pub image: Image,
}

impl Node for ScenePrompts {
    const ID: &'static str = "input.scene_prompts";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let device = Compute::of(run)?.device().clone();
        first(&inputs.dataset, self.count as usize, &device)
    }
}

fn first(dataset: &Dataset, count: usize, device: &Device) -> Result<Outputs, NodeError> {
    if dataset.len() < count {
        return Err(NodeError::input(
            "dataset",
            format!("at least {count} pictures, as `count` asks"),
            format!("{} pictures", dataset.len()),
        ));
    }
    let mut captions = Vec::with_capacity(count);
    let mut pixels = Vec::new();
    let mut size = None;
    for index in 0..count {
        let example = dataset.get(index)?;
        let Pixels::Raw {
            height,
            width,
            bytes,
            ..
        } = example.pixels
        else {
            return Err(NodeError::input("dataset", "pictures", "encoded ones"));
        };
        if *size.get_or_insert((height, width)) != (height, width) {
            return Err(NodeError::input(
                "dataset",
                "pictures of one size",
                format!("picture {index} of {height} × {width} pixels"),
            ));
        }
        // One caption a line: a line break within one would make two of it.
        captions.push(example.caption.replace(['\n', '\r'], " "));
        pixels.extend(bytes);
    }
    let (height, width) = size.unwrap_or_default();
    let image = Image::from_bytes(&pixels, [count, height, width], device)
        .map_err(|error| NodeError::input("dataset", "pictures", error))?;
    Ok(Outputs {
        text: captions.join("\n"),
        image,
    })
}
