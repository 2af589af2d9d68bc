//! What a sampler decides: how many positions a step lays, which ones, and with which tokens.
//!
//! Nothing here draws: noise is an argument, so that a caller's seed decides everything.

mod budget;
mod decision;
mod filter;
mod halton;
mod logarithm;
mod order;
pub(crate) mod parity;
mod pick;
mod plausible;
mod position;
mod remask;
mod schedule;
pub(crate) mod step;
mod temperature;
#[cfg(test)]
mod tests;
mod token;
mod twister;

pub use budget::budget;
pub use decision::{Budget, Decision, Edits, Rule, Seen, surest_first};
pub use filter::{keep_top_k, keep_top_p};
pub use halton::halton_order;
pub use order::stratified_order;
pub use pick::{Picked, draw, likeliest, pick};
pub use plausible::{draw_plausible, plausible, plausible_logits};
pub use position::{Policy, choose_positions};
pub use remask::{RemaskRule, remask_probabilities};
pub use schedule::{MaskRatio, arccos_budget, masked_after};
pub use step::{Frame, Left, POSITIONS_MAX, Stepped, Turn, step, uniforms};
pub use temperature::{TemperatureCurve, local_temperature};
pub use token::{choose_token, gumbel, softmax};
