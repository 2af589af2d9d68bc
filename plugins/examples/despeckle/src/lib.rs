//! `example.despeckle`: takes lonely tokens away.

use smalto_sdk::prelude::*;

/// Takes tokens away that stand alone among neighbours that agree with each other.
///
/// A token goes where none of its up to eight neighbours equals it, and enough of them equal one another.
#[derive(Clone, Debug, PartialEq, Params)]
pub struct Despeckle {
    /// How many neighbours must agree.
    #[param(default = 5, range = 2..=8)]
    pub agreeing: u32,
    /// What takes the place of a token that goes.
    pub instead: Instead,
}

/// What takes the place of a token that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Instead {
    /// The token that the neighbours agree on.
    Neighbours,
    /// Nothing: the place is masked, and a sampler lays it anew.
    Masked,
}

/// What comes in.
#[derive(Debug, Ports)]
pub struct Inputs {
    /// The tokens.
    pub tokens: Tokens,
}

/// What goes out.
#[derive(Debug, Ports)]
pub struct Outputs {
    /// The tokens without the lonely ones.
    pub tokens: Tokens,
    /// How many went.
    pub changed: f64,
}

impl Node for Despeckle {
    const ID: &'static str = "example.despeckle";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let before = inputs.tokens;
        let length = before.rows() * before.columns();
        let mut codes = before.codes().to_vec();
        let mut changed = 0_u32;
        for sample in 0..before.batch() {
            run.progress(sample as u64, before.batch() as u64)?;
            for position in 0..length {
                let Some(agreed) = self.agreed(&before, sample, position) else {
                    continue;
                };
                codes[sample * length + position] = match self.instead {
                    Instead::Neighbours => agreed,
                    Instead::Masked => Tokens::MASK,
                };
                changed += 1;
            }
        }
        let tokens = before
            .with_codes(codes)
            .ok_or_else(|| NodeError::failed("codes were lost", "please report it"))?;
        Ok(Outputs {
            tokens,
            changed: changed.into(),
        })
    }
}

impl Despeckle {
    /// What the neighbours of a lonely token agree on, or `None` where it stays.
    fn agreed(&self, tokens: &Tokens, sample: usize, position: usize) -> Option<u32> {
        let codes = tokens.sample(sample);
        let own = codes[position];
        let around = neighbours(tokens, position);
        let around: Vec<u32> = around.map(|at| codes[at]).collect();
        if own == Tokens::MASK || around.contains(&own) {
            return None;
        }
        let times = |code: u32| around.iter().filter(|other| **other == code).count();
        let candidates = around.iter().copied().filter(|code| *code != Tokens::MASK);
        // Of several that are as many, the smallest code: the order of the neighbours shall not matter.
        let most = candidates.max_by_key(|code| (times(*code), std::cmp::Reverse(*code)))?;
        (times(most) >= self.agreeing as usize).then_some(most)
    }
}

/// The up to eight positions around `position`.
fn neighbours(tokens: &Tokens, position: usize) -> impl Iterator<Item = usize> {
    let (rows, columns) = (tokens.rows(), tokens.columns());
    let (row, column) = (position / columns, position % columns);
    let rows = row.saturating_sub(1)..(row + 2).min(rows);
    rows.flat_map(move |row| {
        let across = column.saturating_sub(1)..(column + 2).min(columns);
        across.map(move |column| row * columns + column)
    })
    .filter(move |at| *at != position)
}

smalto_sdk::export_plugin! { id: "org.smalto.despeckle", name: "Despeckle", nodes: [Despeckle] }

#[cfg(test)]
mod tests {
    use smalto_sdk::prelude::*;
    use smalto_sdk::testing::{Boundary, params};
    use smalto_sdk::value::WireValue;

    const M: u32 = Tokens::MASK;

    fn check(agreeing: i64, instead: &str, before: [u32; 9], after: [u32; 9], changed: f64) {
        let boundary = Boundary::of(super::smalto_plugin_entry_v1).expect("it serves this host");
        let tokens = Tokens::new([1, 3, 3], 8, before.to_vec()).expect("the codes are below 8");
        let set = params([
            ("agreeing", ParamValue::Int(agreeing)),
            ("instead", ParamValue::Text(instead.into())),
        ]);
        let results = boundary.run("example.despeckle", &set, vec![("tokens", tokens.send())]);
        let results = results.expect("nobody cancels");
        let tokens: Tokens = results.one("tokens").expect("there are tokens");
        assert_eq!(tokens.codes(), after);
        assert_eq!(results.one("changed"), Ok(changed));
    }

    #[test]
    fn a_lonely_token_goes_and_others_stay() {
        let lonely = [1, 1, 1, 1, 7, 1, 2, 2, 2];
        check(5, "neighbours", lonely, [1, 1, 1, 1, 1, 1, 2, 2, 2], 1.0);
        check(5, "masked", lonely, [1, 1, 1, 1, M, 1, 2, 2, 2], 1.0);
        check(6, "neighbours", lonely, lonely, 0.0);
        let pair = [1, 1, 1, 1, 7, 1, 2, 7, 2];
        check(4, "neighbours", pair, pair, 0.0);
    }

    #[test]
    fn what_is_masked_neither_goes_nor_counts() {
        let masked = [M, M, M, M, 7, M, M, M, 1];
        check(2, "neighbours", masked, masked, 0.0);
        let hole = [1, 1, 1, 1, M, 1, 1, 1, 1];
        check(2, "neighbours", hole, hole, 0.0);
    }

    #[test]
    fn a_corner_has_three_neighbours() {
        let corner = [7, 1, 1, 1, 1, 1, 1, 1, 1];
        check(3, "neighbours", corner, [1; 9], 1.0);
        check(4, "neighbours", corner, corner, 0.0);
    }
}
