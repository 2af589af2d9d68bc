//! Steps of a sampler that are decided where the network lies.

use graph::error::NodeError;
use kernels::sampling::{Left, Turn};

use super::{Guidance, Prompt, Tokens};

/// The pictures of one run on a card, of which many steps may be queued before any is waited for.
pub trait StepQueue: Send {
    /// Queues the next steps.
    ///
    /// Errors: what they need does not fit together.
    fn queue(&mut self, steps: &[QueuedStep]) -> Result<(), NodeError>;

    /// What each step left of each picture, of those queued since the last time; waits for them.
    ///
    /// Masked tokens are [`Tokens::MASK`].
    fn read(&mut self) -> Vec<Vec<Left>>;
}

/// What pictures begin with, and what all their steps have in common.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The pictures.
    pub tokens: &'a Tokens,
    /// What they shall show, one prompt for each.
    pub prompt: &'a Prompt,
    /// How guided steps follow it; `None` where no step is guided.
    pub guidance: Option<Guidance<'a>>,
    /// What tokens are drawn with; 0 takes the likeliest.
    pub temperature: f32,
    /// Which positions keep their token whatever the network thinks, picture by picture.
    pub fixed: &'a [bool],
    /// All positions in the order in which a policy with an order lays them; empty where none has one.
    pub order: &'a [usize],
}

/// A step of all pictures of a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedStep {
    /// Whether it is guided.
    pub is_guided: bool,
    /// What it does to each picture.
    pub turns: Vec<QueuedTurn>,
}

/// What a step does to one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedTurn {
    /// What it lays and replaces.
    pub turn: Turn,
    /// A number between 0 and 1 that decides the token of each position; empty where the likeliest are taken.
    pub uniforms: Vec<f32>,
    /// Gumbel's noise for each position; empty where the policy takes none.
    pub noise: Vec<f32>,
}
