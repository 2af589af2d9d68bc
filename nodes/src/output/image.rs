//! `output.image`: pictures as PNG files.

use graph::prelude::*;

use super::{file, png};
use crate::value::Image;

/// Writes pictures as PNG files; several are numbered: `NAME-0001.png`, `NAME-0002.png`, ….
#[derive(Clone, Debug, Params)]
pub struct ImageOutput {
    /// The PNG file.
    #[param(default = "image.png", written)]
    pub path: FilePath,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The pictures.
    pub image: Image,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The files that were written, one a line.
    pub files: String,
}

impl Node for ImageOutput {
    const ID: &'static str = "output.image";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        file::check_extension(&self.path, &["png"])
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let paths = file::numbered(&run.resolve(&self.path), inputs.image.batch());
        let mut files = Vec::with_capacity(paths.len());
        for (sample, path) in paths.iter().enumerate() {
            run.check()?;
            let bytes = png::encode(&inputs.image, sample, &[])
                .map_err(|error| NodeError::input("image", "a picture that PNG can hold", error))?;
            file::write(path, &bytes)?;
            files.push(path.display().to_string());
        }
        Ok(Outputs {
            files: files.join("\n"),
        })
    }
}
