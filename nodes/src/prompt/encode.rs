//! `prompt.encode`

use graph::prelude::*;

use crate::value::{Denoiser, MicroConditions, Prompt};

/// Turns text into a prompt for one denoiser.
///
/// Some denoisers, aMUSEd and NLD-Image among them, have also learnt which photograph a picture comes from: how large it
/// was, how it was cropped and how beautiful it is.
/// They read the last five parameters; others take no notice.
#[derive(Clone, Debug, Params)]
pub struct EncodePrompt {
    /// How many pictures each text is for.
    #[param(default = 1, range = 1..=4096)]
    pub count: usize,
    /// Whether every line of a text is a text of its own.
    pub lines: bool,
    /// How wide the whole photograph would be, in pixels; 0 leaves it to the denoiser.
    #[param(default = 0, range = 0..=65536)]
    pub original_width: u32,
    /// How high the whole photograph would be, in pixels; 0 leaves it to the denoiser.
    #[param(default = 0, range = 0..=65536)]
    pub original_height: u32,
    /// How many rows of pixels would be cropped above the picture.
    #[param(default = 0, range = 0..=65536)]
    pub crop_top: u32,
    /// How many columns of pixels would be cropped to the left of the picture.
    #[param(default = 0, range = 0..=65536)]
    pub crop_left: u32,
    /// How beautiful the photograph would be, from 1 to 10; 0 leaves it to the denoiser.
    #[param(default = 0.0, range = 0.0..=10.0)]
    pub aesthetic_score: f32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The denoiser that will read the prompt.
    pub denoiser: Denoiser,
    /// What the pictures shall show.
    pub text: Vec<String>,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The prompt, one for each picture.
    pub prompt: Prompt,
}

impl Node for EncodePrompt {
    const ID: &'static str = "prompt.encode";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let texts: Vec<&str> = if self.lines {
            let lines = inputs.text.iter().flat_map(|text| text.lines());
            lines.filter(|line| !line.trim().is_empty()).collect()
        } else {
            inputs.text.iter().map(String::as_str).collect()
        };
        if texts.is_empty() {
            return Err(NodeError::input("text", "at least one text", "none"));
        }
        let conditions = MicroConditions {
            original_width: self.original_width,
            original_height: self.original_height,
            crop_top: self.crop_top,
            crop_left: self.crop_left,
            aesthetic_score: self.aesthetic_score,
        };
        let scorer = inputs.denoiser.scorer();
        let (mut all, mut ids) = (Vec::new(), Vec::new());
        for text in texts {
            for remark in scorer.remarks(text) {
                run.note(remark);
            }
            let read = scorer.read(text, &conditions)?;
            for _ in 0..self.count {
                all.push(text.to_owned());
                ids.push(read.clone());
            }
        }
        Ok(Outputs {
            prompt: Prompt {
                conditions: vec![conditions; ids.len()].into(),
                texts: all.into(),
                ids: ids.into(),
            },
        })
    }
}
