//! `input.text`

use graph::prelude::*;

/// Gives a text, such as a prompt.
///
/// Where several prompts are wanted, each stands on a line of its own.
#[derive(Clone, Debug, Params)]
pub struct TextInput {
    /// The text.
    #[param(multiline)]
    pub text: String,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The text.
    pub text: String,
}

impl Node for TextInput {
    const ID: &'static str = "input.text";
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), _: &mut Run) -> Result<Outputs, NodeError> {
        Ok(Outputs {
            text: self.text.clone(),
        })
    }
}
