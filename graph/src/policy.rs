//! Sampler policies that come from elsewhere: which positions of a picture are laid at a step.

use std::fmt;
use std::sync::Arc;

use crate::error::NodeError;
use crate::preview::Preview;
use crate::value::{Footprint, WireValue};

/// One question to a policy; every list has one entry for each position, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Which step it is, counted from 0.
    pub step: u32,
    /// How many steps there are.
    pub steps: u32,
    /// The number of the picture.
    pub sample: u32,
    /// Rows of tokens.
    pub rows: u32,
    /// Tokens a row.
    pub columns: u32,
    /// How many positions are to be laid.
    pub count: u32,
    /// How sure the denoiser is of the token that it would lay, from 0 to 1.
    pub confidences: &'a [f32],
    /// Where nothing is laid yet.
    pub masked: &'a [bool],
    /// A number strictly between 0 and 1: the only chance that a policy may use.
    pub random: &'a [f32],
}

/// What answers the questions of a [`Policy`].
pub trait Choose: Send + Sync {
    /// What the policy is called, for messages.
    fn name(&self) -> String;

    /// The positions to lay: as many as asked for, each masked, none twice.
    ///
    /// Errors: it cannot choose.
    fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError>;
}

/// Says which positions of a picture a sampler lays at each step.
#[derive(Clone)]
pub struct Policy(Arc<dyn Choose>);

impl Policy {
    /// The policy that `choose` is.
    pub fn new(choose: impl Choose + 'static) -> Self {
        Self(Arc::new(choose))
    }

    /// What the policy is called.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// The positions to lay.
    ///
    /// Errors: the policy cannot choose, or its answer is none.
    pub fn choose(&self, question: &Question<'_>) -> Result<Vec<usize>, NodeError> {
        let answer = self.0.choose(question)?;
        let wrong = |problem: String| {
            NodeError::failed(
                format!("the policy {} {problem}", self.name()),
                "this is a mistake of the policy, please report it to whoever wrote it",
            )
        };
        if answer.len() != question.count as usize {
            return Err(wrong(format!(
                "chose {} positions where {} were asked for",
                answer.len(),
                question.count
            )));
        }
        let mut open = question.masked.to_vec();
        for position in &answer {
            match open.get_mut(*position as usize) {
                Some(open) if *open => *open = false,
                Some(_) if question.masked[*position as usize] => {
                    return Err(wrong(format!("chose position {position} twice")));
                }
                Some(_) => {
                    return Err(wrong(format!(
                        "chose position {position}, which is laid already"
                    )));
                }
                None => {
                    return Err(wrong(format!(
                        "chose position {position} of a picture of {}",
                        open.len()
                    )));
                }
            }
        }
        Ok(answer.into_iter().map(|p| p as usize).collect())
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Policy({})", self.name())
    }
}

impl WireValue for Policy {
    const KIND: &'static str = "policy";

    fn preview(&self) -> Preview {
        Preview::Text(self.name())
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Choose, Policy, Question};
    use crate::error::NodeError;

    /// Answers the same whatever is asked.
    struct Always(Vec<u32>);

    impl Choose for Always {
        fn name(&self) -> String {
            "always".into()
        }

        fn choose(&self, _: &Question<'_>) -> Result<Vec<u32>, NodeError> {
            Ok(self.0.clone())
        }
    }

    #[test]
    fn an_answer_is_checked_before_a_token_is_laid() {
        let question = Question {
            step: 0,
            steps: 2,
            sample: 0,
            rows: 2,
            columns: 2,
            count: 2,
            confidences: &[0.1, 0.2, 0.3, 0.4],
            masked: &[true, false, true, true],
            random: &[0.5; 4],
        };
        let ask = |answer: &[u32]| {
            let chosen = Policy::new(Always(answer.to_vec())).choose(&question);
            chosen.map_err(|error| error.problem())
        };
        assert_eq!(ask(&[3, 0]), Ok(vec![3, 0]));
        let fails = |answer: &[u32], problem: &str| {
            assert_eq!(ask(answer), Err(format!("the policy always {problem}")));
        };
        fails(&[0], "chose 1 positions where 2 were asked for");
        fails(&[0, 0], "chose position 0 twice");
        fails(&[0, 1], "chose position 1, which is laid already");
        fails(&[0, 4], "chose position 4 of a picture of 4");
    }
}
