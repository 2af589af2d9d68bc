//! Every step of a sampler, with what can be told of each cell and each step.

use std::sync::Arc;

use graph::preview::TokenGrid;

use super::cells::{Cell, Size};

/// Every step of a sampler: step 0 is what it was given, the last is what came out.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    steps: Arc<Vec<TokenGrid>>,
    size: Size,
    confidence: Vec<Vec<Option<f32>>>,
    edited: Vec<Vec<bool>>,
    counts: Vec<StepCount>,
}

/// What a step did, and how things stood after it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepCount {
    /// How many masked cells it laid.
    pub committed: usize,
    /// How many laid codes it replaced by others.
    pub edited: usize,
    /// How many cells were still masked after it.
    pub masked: usize,
    /// How sure the denoiser was of the laid codes, on average; `None` where nothing is known of any.
    pub confidence: Option<f32>,
}

/// What became of a cell up to a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Biography {
    /// Its code; `None` while it is masked.
    pub code: Option<u32>,
    /// How sure the denoiser was of the code when it was last asked.
    pub confidence: Option<f32>,
    /// The step that laid it; 0 where it was given. `None` while it is masked.
    pub laid: Option<usize>,
    /// The steps that replaced its code by another.
    pub edits: Vec<usize>,
}

impl History {
    /// The history of `steps`, of which the first is the start.
    ///
    /// `None` where there are no steps, or their grids are not all of one size.
    pub fn new(steps: Arc<Vec<TokenGrid>>) -> Option<Self> {
        let first = steps.first()?;
        let size = Size::new(first.rows, first.columns);
        let fits = |grid: &TokenGrid| {
            (grid.rows, grid.columns) == (size.rows, size.columns)
                && grid.codes.len() == size.count()
        };
        if size.count() == 0 || !steps.iter().all(fits) {
            return None;
        }
        let mut history = Self {
            size,
            confidence: Vec::with_capacity(steps.len()),
            edited: Vec::with_capacity(steps.len()),
            counts: Vec::with_capacity(steps.len()),
            steps,
        };
        for step in 0..history.steps.len() {
            history.follow(step);
        }
        Some(history)
    }

    /// Adds what is to be told of `step`, given the steps before.
    fn follow(&mut self, step: usize) {
        let now = &self.steps[step];
        let before = step.checked_sub(1).map(|before| &self.steps[before]);
        let mut count = StepCount::default();
        let mut confidence = vec![None; self.size.count()];
        let mut edited = vec![false; self.size.count()];
        for (at, code) in now.codes.iter().enumerate() {
            let Some(code) = code else {
                count.masked += 1;
                continue;
            };
            let earlier = before.map(|before| before.codes[at]);
            match earlier {
                None => {}
                Some(None) => count.committed += 1,
                Some(Some(earlier)) => edited[at] = earlier != *code,
            }
            // A step asks only for some cells; the others keep what was said of them when they were laid.
            let known = now.confidence.get(at).copied().filter(|said| *said > 0.0);
            let kept = (step > 0).then(|| self.confidence[step - 1][at]).flatten();
            confidence[at] = known.or(kept);
        }
        count.edited = edited.iter().filter(|edited| **edited).count();
        count.confidence = mean(confidence.iter().copied().flatten());
        self.confidence.push(confidence);
        self.edited.push(edited);
        self.counts.push(count);
    }

    /// The steps as they were given.
    pub fn steps(&self) -> &Arc<Vec<TokenGrid>> {
        &self.steps
    }

    /// The last step.
    pub fn last(&self) -> usize {
        self.steps.len() - 1
    }

    /// How many cells there are each way.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The grid after `step`, or after the last one where there are fewer.
    pub fn grid(&self, step: usize) -> &TokenGrid {
        &self.steps[step.min(self.last())]
    }

    /// What each step did; the entry of step 0 tells of the start.
    pub fn counts(&self) -> &[StepCount] {
        &self.counts
    }

    /// How sure the denoiser was of each laid code when it was last asked, after `step`.
    pub fn confidence(&self, step: usize) -> &[Option<f32>] {
        &self.confidence[step.min(self.last())]
    }

    /// Which codes `step` replaced by others.
    pub fn edited(&self, step: usize) -> &[bool] {
        &self.edited[step.min(self.last())]
    }

    /// Which codes have been replaced by others since they were laid, up to `step`.
    pub fn edited_so_far(&self, step: usize) -> Vec<bool> {
        let mut edited = vec![false; self.size.count()];
        for step in &self.edited[..=step.min(self.last())] {
            for (so_far, now) in edited.iter_mut().zip(step) {
                *so_far |= now;
            }
        }
        edited
    }

    /// What became of `cell` up to `step`; `None` where the grid has no such cell.
    pub fn biography(&self, cell: Cell, step: usize) -> Option<Biography> {
        let at = self.size.index(cell)?;
        let step = step.min(self.last());
        let code = self.steps[step].codes[at];
        // Cells that are masked anew are laid anew.
        let masked = (0..=step)
            .rev()
            .find(|step| self.steps[*step].codes[at].is_none());
        let laid = code.map(|_| masked.map_or(0, |masked| masked + 1));
        let since = laid.unwrap_or(step + 1);
        Some(Biography {
            code,
            confidence: self.confidence[step][at],
            laid,
            edits: (since..=step)
                .filter(|step| self.edited[*step][at])
                .collect(),
        })
    }
}

fn mean(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (sum, count) = values.fold((0.0_f64, 0_u32), |(sum, count), value| {
        (sum + f64::from(value), count + 1)
    });
    (count > 0).then(|| (sum / f64::from(count)) as f32)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use graph::preview::TokenGrid;

    use super::{Biography, History, StepCount};
    use crate::tokens::cells::{Cell, Size};

    /// A grid of one row: `.` is masked, a letter is a code; confidences in hundredths, `0` where not asked.
    pub(crate) fn row(codes: &str, confidence: &[u8]) -> TokenGrid {
        TokenGrid {
            rows: 1,
            columns: codes.len() as u32,
            codebook: 26,
            codes: codes
                .bytes()
                .map(|letter| (letter != b'.').then(|| u32::from(letter - b'a')))
                .collect(),
            confidence: confidence
                .iter()
                .map(|said| f32::from(*said) / 100.0)
                .collect(),
            edited: Vec::new(),
        }
    }

    fn history() -> History {
        let steps = vec![
            row("..z.", &[]),
            row("a.z.", &[50, 20, 0, 30]),
            row("abz.", &[0, 75, 0, 10]),
            row("cbzd", &[90, 75, 0, 25]),
        ];
        History::new(Arc::new(steps)).expect("all grids are of one size")
    }

    #[test]
    fn steps_tell_what_they_laid_and_edited() {
        let counts = |committed, edited, masked, confidence| StepCount {
            committed,
            edited,
            masked,
            confidence,
        };
        let history = history();
        assert_eq!(
            history.counts(),
            [
                counts(0, 0, 3, None),
                counts(1, 0, 2, Some(0.5)),
                counts(1, 0, 1, Some(0.625)),
                counts(1, 1, 0, Some(1.9 / 3.0)),
            ]
        );
        assert_eq!(history.size(), Size::new(1, 4));
        assert_eq!(history.last(), 3);
    }

    #[test]
    fn a_cell_keeps_the_confidence_it_was_laid_with_until_it_is_asked_for_again() {
        let history = history();
        assert_eq!(
            history.confidence(2),
            [Some(0.5), Some(0.75), None, None],
            "a masked cell has none, and nobody was asked about what was given"
        );
        assert_eq!(history.confidence(3)[0], Some(0.9));
    }

    #[test]
    fn a_cell_has_a_biography() {
        let history = history();
        let check = |column, step, expected: Biography| {
            let found = history.biography(Cell::new(0, column), step);
            assert_eq!(found, Some(expected), "column {column} after step {step}");
        };
        let biography = |code, confidence, laid, edits: &[usize]| Biography {
            code,
            confidence,
            laid,
            edits: edits.to_vec(),
        };
        check(0, 0, biography(None, None, None, &[]));
        check(0, 2, biography(Some(0), Some(0.5), Some(1), &[]));
        check(0, 3, biography(Some(2), Some(0.9), Some(1), &[3]));
        check(2, 3, biography(Some(25), None, Some(0), &[]));
        check(3, 99, biography(Some(3), Some(0.25), Some(3), &[]));
        assert_eq!(history.biography(Cell::new(1, 0), 0), None);
        assert_eq!(history.edited_so_far(2), [false; 4]);
        assert_eq!(history.edited_so_far(3), [true, false, false, false]);
    }

    #[test]
    fn what_is_masked_anew_is_laid_anew() {
        let steps = vec![
            row(".", &[]),
            row("a", &[]),
            row("b", &[]),
            row(".", &[]),
            row("b", &[]),
        ];
        let history = History::new(Arc::new(steps)).expect("all grids are of one size");
        let biography = history
            .biography(Cell::new(0, 0), 4)
            .expect("there is a cell");
        assert_eq!((biography.laid, biography.edits), (Some(4), vec![]));
    }

    #[test]
    fn grids_of_different_sizes_are_no_history() {
        let odd = vec![row("..", &[]), row("...", &[])];
        assert_eq!(History::new(Arc::new(odd)), None);
        assert_eq!(History::new(Arc::new(Vec::new())), None);
        assert_eq!(History::new(Arc::new(vec![row("", &[])])), None);
        let torn = TokenGrid {
            rows: 2,
            ..row("ab", &[])
        };
        assert_eq!(History::new(Arc::new(vec![torn])), None);
    }
}
