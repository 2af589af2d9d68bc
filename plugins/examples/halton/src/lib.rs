//! `example.halton`: a sampler policy that spreads what it lays evenly.

use smalto_sdk::prelude::*;

/// Lays tokens in the order of a Halton sequence, so that what is laid early is spread evenly over the picture.
///
/// The points of the sequence have the bases 2 and 3; a point stands for the token that it falls on.
///
/// Source: Halton, "On the efficiency of certain quasi-random sequences of points", 1960.
#[derive(Clone, Debug, PartialEq, Params)]
pub struct Halton {
    /// The share of each step's tokens that are chosen because the denoiser is surest of them instead.
    #[param(default = 0.0, range = 0.0..=1.0)]
    pub surest: f32,
    /// How many points of the sequence are left out at its beginning.
    #[param(default = 0, range = 0..=65536)]
    pub skip: u32,
}

/// What goes out.
#[derive(Debug, Ports)]
pub struct Outputs {
    /// The policy, for `sample.edit`.
    pub policy: Policy,
}

impl Node for Halton {
    const ID: &'static str = "example.halton";
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), _: &mut Run) -> Result<Outputs, NodeError> {
        Ok(Outputs {
            policy: Policy::new(self.clone()),
        })
    }
}

impl Choose for Halton {
    fn describe(&self) -> String {
        format!("halton (surest {}, skip {})", self.surest, self.skip)
    }

    fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError> {
        let mut open = question.masked.to_vec();
        let mut chosen = Vec::with_capacity(question.count as usize);
        let surest = (self.surest * question.count as f32).round() as usize;
        if surest > 0 {
            let mut sorted: Vec<u32> = masked(&open).collect();
            // Of several that are as sure, the first: the same question has the same answer.
            sorted.sort_by(|left, right| {
                let sure = |position: &u32| question.confidences[*position as usize];
                sure(right).total_cmp(&sure(left)).then(left.cmp(right))
            });
            chosen.extend(sorted.into_iter().take(surest));
            for position in &chosen {
                open[*position as usize] = false;
            }
        }
        let order = order(question.rows, question.columns, self.skip);
        let rest = order.into_iter().filter(|at| open[*at as usize]);
        chosen.extend(rest.take(question.count as usize - chosen.len()));
        Ok(chosen)
    }
}

/// The positions where nothing is laid yet.
fn masked(open: &[bool]) -> impl Iterator<Item = u32> {
    (0..)
        .zip(open)
        .filter_map(|(position, open)| open.then_some(position))
}

/// All positions of a picture, in the order in which the sequence comes upon them.
fn order(rows: u32, columns: u32, skip: u32) -> Vec<u32> {
    let length = (rows * columns) as usize;
    let mut order = Vec::with_capacity(length);
    let mut seen = vec![false; length];
    // The sequence comes everywhere, but late to a few places: those follow row by row.
    let points = 16 * length as u32;
    for index in (skip + 1..=skip + points).chain([0]) {
        let row = (radical_inverse(index, 2) * f64::from(rows)) as u32;
        let column = (radical_inverse(index, 3) * f64::from(columns)) as u32;
        let position = row * columns + column;
        if !std::mem::replace(&mut seen[position as usize], true) {
            order.push(position);
            if order.len() == length {
                return order;
            }
        }
    }
    let missed = (0..rows * columns).filter(|position| !seen[*position as usize]);
    order.extend(missed);
    order
}

/// The digits of `index` in base `base`, mirrored at the point: 6 in base 2 is 110, which becomes 0.011 = 3/8.
fn radical_inverse(mut index: u32, base: u32) -> f64 {
    let (mut value, mut place) = (0.0, 1.0);
    while index > 0 {
        place /= f64::from(base);
        value += f64::from(index % base) * place;
        index /= base;
    }
    value
}

smalto_sdk::export_plugin! { id: "org.smalto.halton", name: "Halton", nodes: [Halton] }

#[cfg(test)]
mod tests {
    use smalto_sdk::prelude::*;
    use smalto_sdk::testing::{Boundary, params};

    use super::{order, radical_inverse};

    #[test]
    fn digits_are_mirrored_at_the_point() {
        assert_eq!(radical_inverse(6, 2), 0.375);
        assert_eq!(radical_inverse(1, 2), 0.5);
        assert!((radical_inverse(5, 3) - 7.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn every_position_comes_once_and_the_first_are_spread_evenly() {
        for (rows, columns, skip) in [(1, 1, 0), (3, 5, 7), (16, 16, 0), (8, 24, 65_536)] {
            let mut all = order(rows, columns, skip);
            let length = rows * columns;
            if rows == 16 {
                for quarter in [(0, 0), (0, 8), (8, 0), (8, 8)] {
                    let inside = all.iter().take(64).filter(|position| {
                        let (row, column) = (**position / 16, **position % 16);
                        row / 8 * 8 == quarter.0 && column / 8 * 8 == quarter.1
                    });
                    let inside = inside.count();
                    assert!((14..=18).contains(&inside), "{inside} of 64 in {quarter:?}");
                }
            }
            all.sort_unstable();
            assert!(all.into_iter().eq(0..length));
        }
    }

    fn asked(surest: f64, masked: &[bool], count: u32) -> Vec<u32> {
        let boundary = Boundary::of(super::smalto_plugin_entry_v1).expect("it serves this host");
        let set = params([("surest", ParamValue::Float(surest))]);
        let results = boundary.run("example.halton", &set, vec![]);
        let question = Question {
            step: 1,
            steps: 4,
            sample: 0,
            rows: 2,
            columns: 3,
            count,
            confidences: &[0.1, 0.9, 0.2, 0.8, 0.9, 0.3],
            masked,
            random: &[0.5; 6],
        };
        let results = results.expect("nothing can go wrong");
        results
            .choose(&boundary, "policy", &question)
            .expect("there are enough positions")
    }

    #[test]
    fn the_policy_follows_the_sequence_and_the_surest() {
        // Points (1/2, 1/3), (1/4, 2/3), (3/4, 1/9), (1/8, 4/9), (5/8, 7/9), (3/8, 2/9).
        assert_eq!(asked(0.0, &[true; 6], 6), [4, 2, 3, 1, 5, 0]);
        assert_eq!(
            asked(0.0, &[true, true, false, true, false, true], 2),
            [3, 1]
        );
        assert_eq!(asked(1.0, &[true; 6], 3), [1, 4, 3]);
        assert_eq!(asked(0.5, &[true; 6], 4), [1, 4, 2, 3]);
        assert_eq!(asked(0.0, &[true; 6], 0), Vec::<u32>::new());
    }
}
