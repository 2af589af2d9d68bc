//! `sample.damage`

use graph::prelude::*;
use graph::random::{Random, Stream};

use crate::value::Tokens;

/// The draws of damaged positions.
const POSITIONS: u32 = 0;
/// The draws of wrong codes.
const CODES: u32 = 1;

/// Replaces a share of the tokens by other codes, so that a sampler can be watched repairing them.
#[derive(Clone, Debug, Params)]
pub struct DamageTokens {
    /// The share of a picture's tokens that is replaced.
    #[param(default = 0.1, range = 0.0..=1.0)]
    pub share: f64,
    /// Same seed, same damage.
    pub seed: Seed,
}

/// What comes in.
#[derive(Ports)]
pub struct DamageInputs {
    /// The tokens.
    pub tokens: Tokens,
}

/// What goes out.
#[derive(Ports)]
pub struct DamageOutputs {
    /// The same tokens, some of them wrong.
    pub tokens: Tokens,
}

impl Node for DamageTokens {
    const ID: &'static str = "sample.damage";
    type Inputs = DamageInputs;
    type Outputs = DamageOutputs;

    fn run(&self, inputs: DamageInputs, run: &mut Run) -> Result<DamageOutputs, NodeError> {
        Ok(DamageOutputs {
            tokens: damaged(&inputs.tokens, self.share, run.random(self.seed))?,
        })
    }
}

/// `tokens` with a share of each picture's replaced by other codes.
///
/// Errors: there is but one code.
pub fn damaged(tokens: &Tokens, share: f64, random: Random) -> Result<Tokens, NodeError> {
    if tokens.codebook() < 2 {
        return Err(NodeError::input(
            "tokens",
            "a codebook of two codes at least",
            tokens.codebook(),
        ));
    }
    let (positions, wrong) = (random.stream(POSITIONS), random.stream(CODES));
    let length = tokens.grid().length();
    let count = ((length as f64 * share).round() as usize).min(length);
    let mut codes = tokens.codes().to_vec();
    for (sample, picture) in codes.chunks_mut(length).enumerate() {
        for position in &positions.permutation(length, sample as u32, 0)[..count] {
            let code = &mut picture[*position as usize];
            *code = other(*code, tokens.codebook(), &wrong, sample as u32, *position);
        }
    }
    Tokens::new(codes, tokens.grid(), tokens.codebook()).map_err(|error| {
        NodeError::failed(error, "this is a mistake of the program, please report it")
    })
}

/// Any code but `code`.
fn other(code: u32, codebook: u32, draws: &Stream, sample: u32, position: u32) -> u32 {
    let drawn = draws.below(codebook - 1, sample, 0, position);
    if drawn < code { drawn } else { drawn + 1 }
}

#[cfg(test)]
mod tests {
    use graph::param::Seed;
    use graph::random::Random;

    use super::damaged;
    use crate::value::{Grid, Tokens};

    #[test]
    fn exactly_the_share_is_wrong_in_every_picture() {
        let grid = Grid {
            rows: 4,
            columns: 5,
        };
        let codes: Vec<u32> = (0..40).map(|at| at % 3).collect();
        let tokens = Tokens::new(codes, grid, 3).expect("the codes fit");
        let random = |seed| Random::new(Seed(seed));
        for (share, count) in [(0.0, 0), (0.1, 2), (0.5, 10), (1.0, 20)] {
            let wrong = damaged(&tokens, share, random(1)).expect("there are three codes");
            for sample in 0..2 {
                let pairs = tokens.sample(sample).iter().zip(wrong.sample(sample));
                assert_eq!(pairs.filter(|(old, new)| old != new).count(), count);
            }
        }
        let some = |seed| damaged(&tokens, 0.5, random(seed));
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
    }
}
