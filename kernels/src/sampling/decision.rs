//! What a step that lays does to a picture.

use super::position::{Policy, choose_positions};

/// How many masked positions a step lays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// So many, as far as there are.
    Lays(usize),
    /// As many as leave so many masked; it leaves one at least, and lays one at least where there are two.
    Leaves(usize),
}

impl Budget {
    /// How many positions it lays where `masked` are masked.
    pub fn count(self, masked: usize) -> usize {
        match self {
            Self::Lays(count) => count.min(masked),
            Self::Leaves(left) => {
                let most = masked.saturating_sub(1);
                masked - left.min(most).max(1).min(masked)
            }
        }
    }
}

/// Which visible tokens a step replaces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edits {
    /// Those whose better alternative is surer than this.
    pub threshold: f32,
    /// At most so many, the surest first; 0 sets no limit.
    pub limit: usize,
}

impl Edits {
    /// Those of `others`, positions in rising order whose choice is another than their token, that are replaced.
    pub fn of(self, others: &[usize], confidence: &[f32]) -> Vec<usize> {
        let is_sure = |position: &&usize| confidence[**position] > self.threshold;
        let mut mistakes: Vec<usize> = others.iter().filter(is_sure).copied().collect();
        if self.limit > 0 {
            surest_first(&mut mistakes, confidence);
            mistakes.truncate(self.limit);
        }
        mistakes
    }
}

/// Orders positions by their confidence; among equals the first position wins.
pub fn surest_first(positions: &mut [usize], confidence: &[f32]) {
    positions.sort_by(|left, right| confidence[*right].total_cmp(&confidence[*left]));
}

/// What a step does to a picture by schedule and policy alone: known before the denoiser is asked, and before the steps
/// in front of it are done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Which masked positions are laid first.
    pub policy: Policy,
    /// How much chance there is in that.
    pub temperature: f32,
    /// How many are laid.
    pub budget: Budget,
    /// Which visible tokens are replaced, where any are.
    pub edits: Option<Edits>,
}

/// A picture and what the denoiser would lay in it, as [`Rule::decide`] looks at it: a number for each position.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The tokens so far.
    pub codes: &'a [u32],
    /// Which of them are not laid yet.
    pub masked: &'a [bool],
    /// Which keep their token whatever the denoiser thinks.
    pub fixed: &'a [bool],
    /// What the denoiser would lay.
    pub choice: &'a [u32],
    /// How probable that is.
    pub confidence: &'a [f32],
    /// Gumbel's noise; used as by [`choose_positions`].
    pub noise: &'a [f32],
    /// The positions in the order of [`Policy::Ordered`].
    pub order: &'a [usize],
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which positions the denoiser is asked for.
    pub asked: Vec<bool>,
    /// The masked positions that are laid.
    pub laid: Vec<usize>,
    /// The visible positions whose token is replaced.
    pub edited: Vec<usize>,
}

impl Rule {
    /// Whether [`Seen::noise`] has a say in it.
    pub fn takes_noise(&self) -> bool {
        self.policy != Policy::Ordered && self.temperature > 0.0
    }

    /// What the step does to a picture.
    pub fn decide(&self, seen: &Seen<'_>) -> Decision {
        let masked = seen.masked.iter().filter(|masked| **masked).count();
        let laid = choose_positions(
            self.policy,
            seen.confidence,
            seen.masked,
            self.budget.count(masked),
            self.temperature,
            seen.noise,
            seen.order,
        );
        let is_other = |position: &usize| {
            let position = *position;
            !seen.masked[position]
                && !seen.fixed[position]
                && seen.choice[position] != seen.codes[position]
        };
        let (asked, edited) = match self.edits {
            Some(edits) => {
                let others: Vec<usize> = (0..seen.codes.len()).filter(is_other).collect();
                let free = seen.fixed.iter().map(|fixed| !fixed).collect();
                (free, edits.of(&others, seen.confidence))
            }
            None if self.policy == Policy::Ordered => {
                let mut asked = vec![false; seen.codes.len()];
                laid.iter().for_each(|position| asked[*position] = true);
                (asked, Vec::new())
            }
            None => (seen.masked.to_vec(), Vec::new()),
        };
        Decision {
            asked,
            laid,
            edited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Decision, Edits, Rule, Seen};
    use crate::sampling::Policy;

    #[test]
    fn a_budget_never_lays_more_than_there_is_nor_leaves_less_than_one() {
        for (budget, masked, expected) in [
            (Budget::Lays(3), 5, 3),
            (Budget::Lays(3), 2, 2),
            (Budget::Leaves(3), 5, 2),
            (Budget::Leaves(9), 5, 1),
            (Budget::Leaves(0), 5, 4),
            (Budget::Leaves(3), 1, 0),
            (Budget::Leaves(3), 0, 0),
        ] {
            assert_eq!(budget.count(masked), expected, "{budget:?} of {masked}");
        }
    }

    #[test]
    fn a_step_lays_edits_and_asks_for_what_it_must() {
        let seen = Seen {
            codes: &[9, 1, 9, 3, 4, 5],
            masked: &[true, false, true, false, false, false],
            fixed: &[false, false, false, true, false, false],
            choice: &[0, 7, 2, 7, 7, 5],
            confidence: &[0.5, 0.9, 0.6, 0.9, 0.95, 0.9],
            noise: &[],
            order: &[4, 0, 2, 1, 3, 5],
        };
        let check = |policy, edits, expected: ([u8; 6], &[usize], &[usize])| {
            let rule = Rule {
                policy,
                temperature: 0.0,
                budget: Budget::Lays(1),
                edits,
            };
            let expected = Decision {
                asked: expected.0.iter().map(|asked| *asked == 1).collect(),
                laid: expected.1.to_vec(),
                edited: expected.2.to_vec(),
            };
            assert_eq!(rule.decide(&seen), expected, "{rule:?}");
        };
        let edits = |threshold, limit| Some(Edits { threshold, limit });
        check(Policy::Confidence, None, ([1, 0, 1, 0, 0, 0], &[2], &[]));
        check(Policy::Ordered, None, ([1, 0, 0, 0, 0, 0], &[0], &[]));
        let free = [1, 1, 1, 0, 1, 1];
        check(Policy::Ordered, edits(0.8, 0), (free, &[0], &[1, 4]));
        check(Policy::Confidence, edits(0.8, 1), (free, &[2], &[4]));
        check(Policy::Confidence, edits(0.95, 0), (free, &[2], &[]));
    }
}
