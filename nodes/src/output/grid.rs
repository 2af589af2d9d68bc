//! `output.grid`: many pictures on one sheet.

use graph::prelude::*;

use super::{file, png};
use crate::image::sheet::{Backdrop, Layout};
use crate::value::Image;

/// Writes pictures side by side on one sheet, as a PNG file.
#[derive(Clone, Debug, Params)]
pub struct GridOutput {
    /// The PNG file.
    #[param(default = "grid.png", written)]
    pub path: FilePath,
    /// Pictures a row; 0 makes the sheet about square.
    #[param(default = 0, range = 0..=1024)]
    pub columns: u32,
    /// The space between pictures.
    #[param(default = 4, range = 0..=256, unit = "pixels")]
    pub gap: u32,
    /// What shows between pictures.
    pub backdrop: Backdrop,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The pictures, in reading order; every wire may bring several.
    pub image: Vec<Image>,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The file that was written.
    pub files: String,
}

impl Node for GridOutput {
    const ID: &'static str = "output.grid";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        file::check_extension(&self.path, &["png"])
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let layout = Layout {
            columns: self.columns as usize,
            gap: self.gap as usize,
            backdrop: self.backdrop,
        };
        let sheet = layout.sheet(&inputs.image)?;
        let bytes = png::encode(&sheet, 0, &[])
            .map_err(|error| NodeError::input("image", "pictures that PNG can hold", error))?;
        let path = run.resolve(&self.path);
        file::write(&path, &bytes)?;
        Ok(Outputs {
            files: path.display().to_string(),
        })
    }
}
