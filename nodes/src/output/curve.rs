//! `output.curve`: figures as a drawing.

use graph::prelude::*;

use super::{drawing, file};
use crate::value::Curve;

/// Draws figures over their common axis, a panel for each, as an SVG file.
#[derive(Clone, Debug, Params)]
pub struct CurveOutput {
    /// The SVG file.
    #[param(default = "curve.svg", written)]
    pub path: FilePath,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The figures.
    pub curve: Curve,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The file that was written.
    pub files: String,
}

impl Node for CurveOutput {
    const ID: &'static str = "output.curve";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        file::check_extension(&self.path, &["svg"])
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let path = run.resolve(&self.path);
        file::write(&path, drawing::svg(&inputs.curve).as_bytes())?;
        Ok(Outputs {
            files: path.display().to_string(),
        })
    }
}
