//! `input.number`

use graph::prelude::*;

/// Gives a number, so that several parameters can share it.
#[derive(Clone, Debug, Params)]
pub struct NumberInput {
    /// The number.
    #[param(default = 0.0)]
    pub number: f64,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The number.
    pub number: f64,
}

impl Node for NumberInput {
    const ID: &'static str = "input.number";
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), _: &mut Run) -> Result<Outputs, NodeError> {
        Ok(Outputs {
            number: self.number,
        })
    }
}
