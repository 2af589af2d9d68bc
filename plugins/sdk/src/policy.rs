//! Sampler policies: which positions of a picture are laid at a step.

use std::fmt;
use std::sync::Arc;

use crate::error::NodeError;
use crate::value::{Lent, Sent, Stored, WireValue};

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
pub trait Choose: Send + Sync + 'static {
    /// What the policy is called, and how it is set.
    fn describe(&self) -> String;

    /// The positions to lay: as many as asked for, each masked, none twice.
    ///
    /// Errors: it cannot choose.
    fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError>;
}

/// Says which positions of a picture a sampler lays at each step: what a node hands to `sample.edit`.
#[derive(Clone)]
pub struct Policy(Arc<Chooser>);

/// What lies behind the pointer of a policy.
pub(crate) struct Chooser(pub(crate) Box<dyn Choose>);

impl Policy {
    /// The policy that `choose` is.
    pub fn new(choose: impl Choose) -> Self {
        Self(Arc::new(Chooser(Box::new(choose))))
    }

    /// What the policy answers.
    ///
    /// Errors: it cannot choose.
    pub fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError> {
        self.0.0.choose(question)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Policy({})", self.0.0.describe())
    }
}

/// A node gives a policy; none takes one.
impl WireValue for Policy {
    const KIND: &'static str = "policy";

    fn receive(lent: &Lent<'_>) -> Result<Self, String> {
        Err(format!("{}, which no plugin can take", lent.form()))
    }

    fn send(self) -> Sent {
        Sent::Object(Stored::new(self.0, |value| {
            value
                .downcast_ref::<Chooser>()
                .map(|chooser| chooser.0.describe())
                .unwrap_or_default()
        }))
    }
}
