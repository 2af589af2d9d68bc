//! How two samplers keep in step.

/// How two samplers keep in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The same step of both.
    Step,
    /// The same share of the way, for samplers that take different numbers of steps.
    Share,
}

impl Pace {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Step, Self::Share];

    /// The step of a sampler with the steps 0 to `own`, where a scrubber with the steps 0 to `last` stands at `step`.
    pub fn step(self, step: usize, last: usize, own: usize) -> usize {
        match self {
            Self::Step => step.min(own),
            Self::Share => (2 * step * own + last)
                .checked_div(2 * last)
                .unwrap_or(0)
                .min(own),
        }
    }

    /// Where on a scrubber with the steps 0 to `last` the step `step` of a sampler with the steps 0 to `own` stands.
    pub fn place(self, step: usize, last: usize, own: usize) -> f32 {
        match self {
            Self::Step => step as f32,
            Self::Share if own == 0 => 0.0,
            Self::Share => step as f32 * last as f32 / own as f32,
        }
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Step => "Same step",
            Self::Share => "Same share",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn samplers_keep_in_step_by_number_or_by_share() {
        let check = |step, last, own, by_step, by_share| {
            assert_eq!(
                Pace::Step.step(step, last, own),
                by_step,
                "{step}/{last} of {own}"
            );
            assert_eq!(
                Pace::Share.step(step, last, own),
                by_share,
                "{step}/{last} of {own}"
            );
        };
        check(0, 16, 8, 0, 0);
        check(5, 16, 8, 5, 3);
        check(8, 16, 8, 8, 4);
        check(16, 16, 8, 8, 8);
        check(16, 16, 16, 16, 16);
        check(0, 0, 0, 0, 0);
        assert_eq!(Pace::Step.place(4, 16, 8), 4.0);
        assert_eq!(Pace::Share.place(4, 16, 8), 8.0);
        assert_eq!(Pace::Share.place(0, 16, 0), 0.0);
    }
}
