//! `train.groups`

mod tree;

use graph::prelude::*;

use crate::value::{Groups, Tokenizer};

/// Orders a tokenizer's codes so that those which look alike stand side by side.
///
/// Groups of any size are then runs of neighbours: a balanced binary tree splits the codes at the median of their
/// projections on the direction in which they differ most.
#[derive(Clone, Debug, Params)]
pub struct MakeGroups {
    /// How often each direction is refined.
    #[param(default = 50, range = 1..=10_000)]
    pub iterations: u32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The tokenizer whose codes are ordered.
    pub tokenizer: Tokenizer,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The order.
    pub groups: Groups,
}

impl Node for MakeGroups {
    const ID: &'static str = "train.groups";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let vectors = inputs.tokenizer.codec().vectors();
        let [codes, dimensions] = vectors.dims();
        let data = vectors.into_data().convert::<f32>();
        let values: Vec<f32> = data.iter::<f32>().collect();
        if !values.iter().all(|value| value.is_finite()) {
            return Err(NodeError::input(
                "tokenizer",
                "codes with finite vectors",
                "vectors that hold NaN or infinity",
            ));
        }
        run.check()?;
        let order = tree::order(&values, [codes, dimensions], self.iterations);
        let groups = Groups::new(order)
            .map_err(|error| NodeError::failed(error, "please report this mistake"))?;
        Ok(Outputs { groups })
    }
}
