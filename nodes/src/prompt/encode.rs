//! `prompt.encode`

use graph::prelude::*;

use crate::network::denoiser::TrainedDenoiser;
use crate::value::{Denoiser, Prompt};

/// Turns text into a prompt for one denoiser.
#[derive(Clone, Debug, Params)]
pub struct EncodePrompt {
    /// How many pictures each text is for.
    #[param(default = 1, range = 1..=4096)]
    pub count: usize,
    /// Whether every line of a text is a text of its own.
    pub lines: bool,
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
        let trained = inputs.denoiser.downcast::<TrainedDenoiser>();
        let (mut all, mut ids) = (Vec::new(), Vec::new());
        for text in texts {
            let unknown =
                trained.map_or_else(Vec::new, |denoiser| denoiser.reader().unknown_words(text));
            if !unknown.is_empty() {
                run.note(format!(
                    "this denoiser has never read {}; it sees unknown words instead",
                    unknown.join(", ")
                ));
            }
            let read = inputs.denoiser.scorer().read(text)?;
            for _ in 0..self.count {
                all.push(text.to_owned());
                ids.push(read.clone());
            }
        }
        Ok(Outputs {
            prompt: Prompt {
                texts: all.into(),
                ids: ids.into(),
            },
        })
    }
}
