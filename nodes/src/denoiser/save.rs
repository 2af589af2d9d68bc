//! `denoiser.save`

use graph::prelude::*;

use crate::network::denoiser::TrainedDenoiser;
use crate::network::weights::Precision;
use crate::value::Denoiser;

/// Writes a denoiser to a folder.
#[derive(Clone, Debug, Params)]
pub struct SaveDenoiser {
    /// The folder to write; it is made where it is missing.
    #[param(written)]
    pub path: FilePath,
    /// How exactly weights are written.
    pub precision: Precision,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The denoiser to write.
    pub denoiser: Denoiser,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The same denoiser, as it is read back from the folder.
    pub denoiser: Denoiser,
}

impl Node for SaveDenoiser {
    const ID: &'static str = "denoiser.save";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let Some(trained) = inputs.denoiser.downcast::<TrainedDenoiser>() else {
            return Err(NodeError::input(
                "denoiser",
                "a denoiser of Smalto's own kind",
                inputs.denoiser.scorer().describe(),
            ));
        };
        let folder = run.resolve(&self.path);
        trained.save(&folder, self.precision)?;
        // What is written may be rounded: whoever goes on with it should see what a reader of the file will see.
        let written = TrainedDenoiser::load(
            &folder,
            trained.device(),
            trained.dtype(),
            trained.weight_type(),
        )?;
        Ok(Outputs {
            denoiser: Denoiser::new(written),
        })
    }
}
