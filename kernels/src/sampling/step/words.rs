//! How a step's turn, frame and outcome are written as whole numbers of 32 bits, which cards and processors read alike.
//!
//! Numbers with a fraction are written as their bits.

use super::{Frame, Left, Turn};
use crate::sampling::{Budget, Edits, Policy, Rule, Seen};

/// Words of a rule.
const RULE: usize = 8;

/// What the first word of a rule says, as `step.cu` reads it.
const NOTHING: i32 = 0;
const CONFIDENCE: i32 = 1;
const CONFIDENCE_WITH_TIES: i32 = 2;
const PROPORTIONAL: i32 = 3;
const ORDERED: i32 = 4;

impl Turn {
    /// Words of a turn of a picture of so many positions.
    pub fn columns(positions: usize) -> usize {
        2 * positions + RULE
    }

    /// The turn with its chance: a number between 0 and 1 for each token, in the order in which the denoiser reads codes,
    /// and Gumbel's noise for each position; either may be empty where nothing depends on it.
    pub fn words(&self, positions: usize, uniforms: &[f32], noise: &[f32]) -> Vec<i32> {
        let bits = |numbers: &[f32]| -> Vec<i32> {
            let mut bits: Vec<i32> = numbers.iter().map(|number| word(*number)).collect();
            bits.resize(positions, 0);
            bits
        };
        [&bits(uniforms)[..], &bits(noise)[..], &self.rule_words()].concat()
    }

    /// Policy, whether a budget leaves, its number, temperature, whether tokens are replaced, threshold, limit, and whether
    /// anything was masked.
    fn rule_words(&self) -> [i32; RULE] {
        let began = i32::from(self.began_masked);
        let Some(rule) = self.rule else {
            return [NOTHING, 0, 0, 0, 0, 0, 0, began];
        };
        let policy = match rule.policy {
            Policy::Confidence => CONFIDENCE,
            Policy::ConfidenceWithTies => CONFIDENCE_WITH_TIES,
            Policy::Proportional => PROPORTIONAL,
            Policy::Ordered => ORDERED,
        };
        let (leaves, number) = match rule.budget {
            Budget::Lays(count) => (0, count),
            Budget::Leaves(left) => (1, left),
        };
        let (edits, threshold, limit) = match rule.edits {
            Some(Edits { threshold, limit }) => (1, threshold, limit),
            None => (0, 0.0, 0),
        };
        [
            policy,
            leaves,
            narrow(number),
            word(rule.temperature),
            edits,
            word(threshold),
            narrow(limit),
            began,
        ]
    }

    /// The turn of these words.
    fn read(words: &[i32]) -> Self {
        let number = |at: usize| words[at].unsigned_abs() as usize;
        let policy = match words[0] {
            CONFIDENCE => Some(Policy::Confidence),
            CONFIDENCE_WITH_TIES => Some(Policy::ConfidenceWithTies),
            PROPORTIONAL => Some(Policy::Proportional),
            ORDERED => Some(Policy::Ordered),
            _ => None,
        };
        let rule = policy.map(|policy| Rule {
            policy,
            temperature: real(words[3]),
            budget: if words[1] == 0 {
                Budget::Lays(number(2))
            } else {
                Budget::Leaves(number(2))
            },
            edits: (words[4] != 0).then(|| Edits {
                threshold: real(words[5]),
                limit: number(6),
            }),
        });
        Self {
            rule,
            began_masked: words[7] != 0,
        }
    }
}

impl Frame<'_> {
    /// Which positions are fixed, the rank of each in the order, and its place.
    pub fn words(&self) -> Vec<i32> {
        let mut ranks = vec![0; self.fixed.len()];
        for (rank, position) in self.order.iter().enumerate() {
            ranks[*position] = rank as i32;
        }
        let fixed = self.fixed.iter().map(|fixed| i32::from(*fixed));
        let places = self.places.iter().map(|place| *place as i32);
        fixed.chain(ranks).chain(places).collect()
    }
}

impl Left {
    /// What a step left of each picture, from the numbers of [`Stepped`](super::Stepped) for so many positions.
    pub fn read(numbers: &[i32], positions: usize) -> Vec<Self> {
        let block = numbers.len() / 4;
        (0..block / positions)
            .map(|picture| {
                let part = |of: usize| &numbers[of * block + picture * positions..][..positions];
                let codes = |of: usize| part(of).iter().map(|code| code.cast_unsigned()).collect();
                Self {
                    choice: codes(1),
                    confidence: part(2).iter().map(|bits| real(*bits)).collect(),
                    codes: codes(3),
                }
            })
            .collect()
    }
}

/// What a step is given, as a processor reads it.
pub(crate) struct Words<'a> {
    pub tokens: &'a [i32],
    pub confidence: &'a [f32],
    pub codes: &'a [i32],
    pub frames: &'a [i32],
    pub turns: &'a [i32],
    /// What stands for a token that is not laid.
    pub mask: i32,
    pub positions: usize,
}

impl Words<'_> {
    /// What the step leaves: the codes as the denoiser reads them, and in the order of positions the choice, its
    /// probability and the codes again, each of all pictures.
    pub fn step(&self) -> Vec<i32> {
        let mut parts: [Vec<i32>; 4] = Default::default();
        for picture in 0..self.codes.len() / self.positions {
            for (all, own) in parts.iter_mut().zip(self.step_of(picture)) {
                all.extend(own);
            }
        }
        parts.concat()
    }

    fn step_of(&self, picture: usize) -> [Vec<i32>; 4] {
        let n = self.positions;
        let frame = &self.frames[picture * 3 * n..][..3 * n];
        let turn = &self.turns[picture * Turn::columns(n)..][..Turn::columns(n)];
        let place = |position: usize| picture * n + frame[2 * n + position].unsigned_abs() as usize;
        let of_positions = |numbers: &[i32]| -> Vec<u32> {
            let at = |position| numbers[place(position)].cast_unsigned();
            (0..n).map(at).collect()
        };
        let codes = of_positions(self.codes);
        let mask = self.mask.cast_unsigned();
        let masked: Vec<bool> = codes.iter().map(|code| *code == mask).collect();

        let Turn { rule, began_masked } = Turn::read(&turn[2 * n..]);
        let (mut choice, mut after) = (codes.clone(), codes.clone());
        let mut confidence = vec![0.0; n];
        if let Some(rule) = rule.filter(|_| !began_masked || masked.contains(&true)) {
            let tokens = of_positions(self.tokens);
            let sure: Vec<f32> = (0..n).map(|at| self.confidence[place(at)]).collect();
            let noise: Vec<f32> = turn[n..2 * n].iter().map(|bits| real(*bits)).collect();
            let fixed: Vec<bool> = frame[..n].iter().map(|fixed| *fixed != 0).collect();
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by_key(|position| frame[n + position]);
            let decision = rule.decide(&Seen {
                codes: &codes,
                masked: &masked,
                fixed: &fixed,
                choice: &tokens,
                confidence: &sure,
                noise: &noise,
                order: &order,
            });
            for position in (0..n).filter(|position| decision.asked[*position]) {
                choice[position] = tokens[position];
                confidence[position] = sure[position];
            }
            for position in decision.laid.iter().chain(&decision.edited) {
                after[*position] = tokens[*position];
            }
        }

        let signed = |codes: &[u32]| codes.iter().map(|code| code.cast_signed()).collect();
        let mut read = vec![0; n];
        for (position, code) in after.iter().enumerate() {
            read[place(position) - picture * n] = code.cast_signed();
        }
        let sure = confidence.iter().map(|sure| word(*sure)).collect();
        [read, signed(&choice), sure, signed(&after)]
    }
}

/// A number of positions; more than there can be is as many as there are.
fn narrow(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The bits of a number.
fn word(number: f32) -> i32 {
    number.to_bits().cast_signed()
}

/// The number of these bits.
fn real(word: i32) -> f32 {
    f32::from_bits(word.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::{Left, Turn, real};
    use crate::sampling::{Budget, Edits, Policy, Rule};

    #[test]
    fn a_turn_is_read_as_it_was_written() {
        for (at, policy) in [
            Policy::Confidence,
            Policy::ConfidenceWithTies,
            Policy::Proportional,
            Policy::Ordered,
        ]
        .into_iter()
        .enumerate()
        {
            let edits = (at % 2 == 0).then_some(Edits {
                threshold: 0.6,
                limit: 3,
            });
            let turn = Turn {
                rule: Some(Rule {
                    policy,
                    temperature: 0.86,
                    budget: [Budget::Lays(7), Budget::Leaves(9)][at / 2],
                    edits,
                }),
                began_masked: at > 1,
            };
            let words = turn.words(2, &[0.25], &[1.5, -2.5]);
            assert_eq!(words.len(), Turn::columns(2));
            let numbers: Vec<f32> = words[..4].iter().map(|bits| real(*bits)).collect();
            assert_eq!(numbers, [0.25, 0.0, 1.5, -2.5]);
            assert_eq!(Turn::read(&words[4..]), turn);
        }
        let nothing = Turn {
            rule: None,
            began_masked: true,
        };
        assert_eq!(Turn::read(&nothing.words(1, &[], &[])[2..]), nothing);
    }

    #[test]
    fn what_is_left_of_each_picture_is_found() {
        let bits = |number: f32| number.to_bits().cast_signed();
        let numbers = [1, 2, 3, 4, bits(0.5), bits(0.25), 7, 8];
        let expected = [(3, 0.5, 7), (4, 0.25, 8)].map(|(choice, sure, code)| Left {
            choice: vec![choice],
            confidence: vec![sure],
            codes: vec![code],
        });
        assert_eq!(Left::read(&numbers, 1), expected);
    }
}
