//! `output.tokens`: token grids as pictures.

use burn::tensor::Device;
use graph::prelude::*;

use super::{file, png};
use crate::value::{Image, Tokens};

/// Writes token grids as PNG files: each code has a colour of its own, what is masked is dark.
#[derive(Clone, Debug, Params)]
pub struct TokensOutput {
    /// The PNG file; several pictures are numbered.
    #[param(default = "tokens.png", written)]
    pub path: FilePath,
    /// The side of a token.
    #[param(default = 16, range = 1..=256, unit = "pixels")]
    pub cell: u32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The tokens.
    pub tokens: Tokens,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The files that were written, one a line.
    pub files: String,
}

impl Node for TokensOutput {
    const ID: &'static str = "output.tokens";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        file::check_extension(&self.path, &["png"])
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let tokens = &inputs.tokens;
        let grid = tokens.grid();
        let cell = self.cell as usize;
        let paths = file::numbered(&run.resolve(&self.path), tokens.batch());
        let mut files = Vec::with_capacity(paths.len());
        for (sample, path) in paths.iter().enumerate() {
            run.check()?;
            let pixels = painted(tokens.sample(sample), grid.columns, cell);
            let size = [1, grid.rows * cell, grid.columns * cell];
            let bytes = Image::from_bytes(&pixels, size, &Device::flex())
                .map_err(|error| error.to_string())
                .and_then(|image| png::encode(&image, 0, &[]))
                .map_err(|error| NodeError::input("tokens", "a grid that PNG can hold", error))?;
            file::write(path, &bytes)?;
            files.push(path.display().to_string());
        }
        Ok(Outputs {
            files: files.join("\n"),
        })
    }
}

/// The pixels of a grid whose tokens are `cell` pixels long.
fn painted(codes: &[u32], columns: usize, cell: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(codes.len() * cell * cell * 3);
    for row in codes.chunks_exact(columns) {
        let line: Vec<u8> = row
            .iter()
            .flat_map(|code| colour(*code).repeat(cell))
            .collect();
        for _ in 0..cell {
            pixels.extend_from_slice(&line);
        }
    }
    pixels
}

/// The colour of a code: the same everywhere, neighbouring codes unlike each other, none as dark as the mask.
pub(super) fn colour(code: u32) -> [u8; 3] {
    if code == Tokens::MASK {
        return [24, 24, 28];
    }
    // Multiples of the golden ratio fill the circle of hues evenly, however many there are.
    let hue = (f64::from(code) * 0.618_033_988_749_895).fract() * 6.0;
    let light = [0.95, 0.75, 0.6][code as usize % 3];
    [5.0, 3.0, 1.0].map(|channel| {
        let place: f64 = (channel + hue) % 6.0;
        let dip = place.min(4.0 - place).clamp(0.0, 1.0);
        (255.0 * light * (1.0 - 0.65 * dip)).round() as u8
    })
}
