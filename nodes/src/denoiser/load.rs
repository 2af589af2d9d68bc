//! `denoiser.load`

use graph::prelude::*;

use crate::compute::Compute;
use crate::network::denoiser::TrainedDenoiser;
use crate::value::Denoiser;

/// Loads a denoiser from its folder.
#[derive(Clone, Debug, Params)]
pub struct LoadDenoiser {
    /// The folder, with `config.json`, `tokenizer.json` and `model.safetensors`.
    pub path: FilePath,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The denoiser.
    pub denoiser: Denoiser,
}

impl Node for LoadDenoiser {
    const ID: &'static str = "denoiser.load";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let compute = Compute::of(run)?;
        let folder = run.resolve(&self.path);
        let denoiser = TrainedDenoiser::load(&folder, compute.device(), compute.training_type())?;
        Ok(Outputs {
            denoiser: Denoiser::new(denoiser),
        })
    }
}
