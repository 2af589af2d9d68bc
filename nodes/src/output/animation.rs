//! `output.animation`: the way from masked tokens to a picture, as a moving one.

mod encoded;
mod frames;

use graph::prelude::*;

use super::file;
use crate::value::{TokenHistory, Tokenizer};

/// Writes how a picture came about as an animation: what is not laid yet is grey.
#[derive(Clone, Debug, Params)]
pub struct AnimationOutput {
    /// The file: `.gif`, or `.png` for an animated PNG with all colours.
    #[param(default = "sampling.gif", written)]
    pub path: FilePath,
    /// Which picture of the batch, counted from 1.
    #[param(default = 1, range = 1..=65536)]
    pub picture: u32,
    /// How many frames there are at most; the steps shown are spread evenly.
    #[param(default = 64, range = 2..=1024)]
    pub frames: u32,
    /// How long a frame is shown.
    #[param(default = 100, range = 20..=10000, unit = "milliseconds")]
    pub delay: u32,
    /// How long the last frame is shown.
    #[param(default = 1500, range = 20..=60000, unit = "milliseconds")]
    pub hold: u32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// How the picture came about.
    pub history: TokenHistory,
    /// What turns codes into pictures.
    pub tokenizer: Tokenizer,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The file that was written.
    pub files: String,
}

impl Node for AnimationOutput {
    const ID: &'static str = "output.animation";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        file::check_extension(&self.path, &["gif", "png"])
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let sample = self.picture as usize - 1;
        let batch = inputs.history.start.batch();
        if sample >= batch {
            return Err(ParamError::Invalid {
                param: "picture".into(),
                expected: format!("at most {batch}, as many pictures as there are"),
                found: self.picture.to_string(),
            }
            .into());
        }
        let moving = frames::shown(
            &inputs.history,
            sample,
            self.frames as usize,
            &inputs.tokenizer,
            run,
        )?;
        let delays = self.delays(moving.frames.len());
        let bytes = if file::extension(&self.path) == "gif" {
            encoded::gif(&moving, &delays)
        } else {
            encoded::apng(&moving, &delays)
        }
        .map_err(|error| {
            NodeError::input("tokenizer", "pictures that the format can hold", error)
        })?;
        let path = run.resolve(&self.path);
        file::write(&path, &bytes)?;
        Ok(Outputs {
            files: path.display().to_string(),
        })
    }
}

impl AnimationOutput {
    /// How long each frame is shown, in milliseconds.
    fn delays(&self, frames: usize) -> Vec<u32> {
        let mut delays = vec![self.delay; frames];
        if let Some(last) = delays.last_mut() {
            *last = self.hold;
        }
        delays
    }
}
