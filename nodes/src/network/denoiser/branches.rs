//! The sequences that a query comes down to.

use std::collections::BTreeMap;

use graph::error::NodeError;

use super::{TextError, TrainedDenoiser, cell_order};
use crate::value::{Lead, Prompt, Query, Tokens};

/// What stands around the picture's slots in a prompt.
pub(super) type Surroundings = (Vec<u32>, Vec<u32>);

/// The sequences that a query comes down to: one for each picture and, with guidance, one more for each.
pub(super) struct Branches {
    /// The tokens of each picture as the network reads them, cell by cell.
    pub codes: Vec<Vec<i32>>,
    /// What stands around the picture in each sequence; the second half, of the same pictures, is what guidance leads away
    /// from.
    pub surroundings: Vec<Surroundings>,
    /// What guidance makes of them, where there is any.
    pub lead: Option<Lead>,
}

impl Branches {
    /// The sequences of each shape, in rising order.
    pub fn alike(&self) -> Vec<Vec<usize>> {
        let mut shapes: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, (before, after)) in self.surroundings.iter().enumerate() {
            let shape = (before.len(), after.len());
            shapes.entry(shape).or_default().push(at);
        }
        shapes.into_values().collect()
    }

    /// What stands around the picture `at` in each of its sequences.
    pub fn around(&self, at: usize) -> impl Iterator<Item = &Surroundings> {
        self.surroundings.iter().skip(at).step_by(self.codes.len())
    }

    /// The tokens of the picture of each of the sequences `members`.
    pub fn pictures(&self, members: &[usize]) -> Vec<&[i32]> {
        let pictures = members.iter().map(|at| at % self.codes.len());
        pictures.map(|at| self.codes[at].as_slice()).collect()
    }
}

impl TrainedDenoiser {
    /// The sequences of `query`, which must have passed [`TrainedDenoiser::check`].
    ///
    /// Errors: the prompts are not of this denoiser, or not one for each picture.
    pub(super) fn branches(&self, query: &Query<'_>) -> Result<Branches, NodeError> {
        let (grid, batch) = (query.tokens.grid(), query.tokens.batch());
        let order = cell_order(grid.rows, grid.columns);
        let mask = self.config().mask_id as i32;
        let codes = (0..batch).map(|sample| {
            let codes = query.tokens.sample(sample);
            let seen = order.iter().map(|position| match codes[*position] {
                Tokens::MASK => mask,
                code => code as i32,
            });
            seen.collect()
        });

        let mut surroundings = self.surroundings(query.prompt, batch)?;
        let lead = query.guidance.and_then(|guidance| guidance.lead());
        if let (Some(guidance), Some(_)) = (query.guidance, lead) {
            let others = match guidance.negative {
                Some(negative) => self.surroundings(negative, batch)?,
                None => surroundings
                    .iter()
                    .map(|conditional| self.dropped(conditional))
                    .collect::<Result<_, _>>()?,
            };
            surroundings.extend(others);
        }
        Ok(Branches {
            codes: codes.collect(),
            surroundings,
            lead,
        })
    }

    /// What stands around the slots of each prompt.
    fn surroundings(&self, prompt: &Prompt, batch: usize) -> Result<Vec<Surroundings>, NodeError> {
        if prompt.batch() != batch {
            return Err(NodeError::input(
                "prompt",
                format!("one text for each of {batch} pictures"),
                format!("{} texts", prompt.batch()),
            ));
        }
        let slot = self.reader().slot();
        let vocabulary = self.config().vocabulary;
        prompt
            .ids
            .iter()
            .map(|ids| {
                if let Some(beyond) = ids.iter().find(|id| **id as usize >= vocabulary) {
                    return Err(NodeError::input(
                        "prompt",
                        format!("ids below {vocabulary}, as this denoiser reads text"),
                        format!("id {beyond}; encode the text with the same denoiser"),
                    ));
                }
                let (first, last) = (
                    ids.iter().position(|id| *id == slot),
                    ids.iter().rposition(|id| *id == slot),
                );
                match (first, last) {
                    (Some(first), Some(last)) => {
                        Ok((ids[..first].to_vec(), ids[last + 1..].to_vec()))
                    }
                    _ => Err(NodeError::input(
                        "prompt",
                        "a prompt with places for the picture",
                        "ids without any; encode the text with the same denoiser",
                    )),
                }
            })
            .collect()
    }

    fn dropped(&self, (before, after): &Surroundings) -> Result<Surroundings, NodeError> {
        let before = self.reader().dropped(before).map_err(wrong_prompt)?;
        Ok((before, after.clone()))
    }
}

/// What a prompt that cannot be read is refused with.
pub(super) fn wrong_prompt(error: TextError) -> NodeError {
    NodeError::failed(error, "shorten or change the prompt")
}
