//! `tokenizer.save`

use graph::prelude::*;

use crate::network::tokenizer::TrainedTokenizer;
use crate::network::weights::Precision;
use crate::value::Tokenizer;

/// Writes a tokenizer to a folder.
#[derive(Clone, Debug, Params)]
pub struct SaveTokenizer {
    /// The folder to write; it is made where it is missing.
    #[param(written)]
    pub path: FilePath,
    /// How exactly weights are written.
    pub precision: Precision,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The tokenizer to write.
    pub tokenizer: Tokenizer,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The same tokenizer, as it is read back from the folder.
    pub tokenizer: Tokenizer,
}

impl Node for SaveTokenizer {
    const ID: &'static str = "tokenizer.save";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let Some(trained) = inputs.tokenizer.downcast::<TrainedTokenizer>() else {
            return Err(NodeError::input(
                "tokenizer",
                "a tokenizer of Smalto's own kind",
                inputs.tokenizer.codec().describe(),
            ));
        };
        let folder = run.resolve(&self.path);
        trained.save(&folder, self.precision)?;
        // What is written may be rounded: whoever goes on with it should see what a reader of the file will see.
        let written = TrainedTokenizer::load(&folder, trained.device())?;
        Ok(Outputs {
            tokenizer: Tokenizer::new(written),
        })
    }
}
