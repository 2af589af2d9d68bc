//! `image.concat`: several pictures side by side, as one.

use graph::prelude::*;

use super::sheet::{Backdrop, Layout};
use crate::value::Image;

/// Puts pictures side by side, to compare them.
#[derive(Clone, Debug, Params)]
pub struct ConcatImages {
    /// Pictures a row; 0 puts them all into one.
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
    /// One picture of them all.
    pub image: Image,
}

impl Node for ConcatImages {
    const ID: &'static str = "image.concat";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, _: &mut Run) -> Result<Outputs, NodeError> {
        let total: usize = inputs.image.iter().map(Image::batch).sum();
        let layout = Layout {
            columns: if self.columns == 0 {
                total
            } else {
                self.columns as usize
            },
            gap: self.gap as usize,
            backdrop: self.backdrop,
        };
        let image = layout.sheet(&inputs.image)?;
        Ok(Outputs { image })
    }
}
