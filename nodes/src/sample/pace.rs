//! How many positions each step of a picture lays.

use kernels::sampling::{self, Budget, MaskRatio};

use super::settings::{EditSampler, Schedule};

/// How many positions each step of a picture lays.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pace {
    /// So many, as far as there are.
    Lays(Vec<usize>),
    /// As many as leave so many masked, but one at least; the last step leaves none, the others one at least.
    Leaves(Vec<usize>),
}

impl Pace {
    /// The pace of `steps` steps over a picture of `length` positions, `masked` of them masked.
    pub fn new(masked: usize, length: usize, steps: usize, sampler: &EditSampler) -> Self {
        let leaves = |ratio| {
            let share = sampler.starting_mask_ratio;
            let (positions, share) = if share > 0.0 {
                (length, share)
            } else {
                (masked, 1.0)
            };
            Self::Leaves(sampling::masked_after(ratio, positions, share, steps))
        };
        match sampler.schedule {
            _ if masked == 0 => Self::Lays(vec![0; steps]),
            Schedule::Shift => Self::Lays(sampling::budget(masked, steps, sampler.shift)),
            Schedule::Cosine => leaves(MaskRatio::Cosine),
            Schedule::Linear => leaves(MaskRatio::Linear),
            Schedule::Arccos => Self::Lays(sampling::arccos_budget(masked, steps)),
        }
    }

    /// How many positions the step, counted from 0, lays.
    pub fn budget(&self, step: usize) -> Budget {
        match self {
            Self::Lays(counts) => Budget::Lays(counts[step]),
            Self::Leaves(left) if step + 1 == left.len() => Budget::Lays(usize::MAX),
            Self::Leaves(left) => Budget::Leaves(left[step]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use crate::sample::tests::script::plain;
    use crate::sample::{EditSampler, Schedule};

    #[test]
    fn a_step_leaves_one_masked_until_the_last() {
        let sampler = EditSampler {
            schedule: Schedule::Cosine,
            ..plain()
        };
        let pace = Pace::new(4, 4, 4, &sampler);
        // ⌊4 · cos(π/2 · t)⌋ = 3, 2, 1.
        assert_eq!(pace, Pace::Leaves(vec![3, 2, 1, 0]));
        assert_eq!(pace.budget(0).count(4), 1);
        // Ahead of the schedule a step lays one, and with one left none but at the last.
        assert_eq!(pace.budget(1).count(2), 1);
        assert_eq!(pace.budget(2).count(1), 0);
        assert_eq!(pace.budget(3).count(1), 1);
    }
}
