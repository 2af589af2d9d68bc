//! What a graph is, how it changes, is saved, and is run.
//!
//! | part | modules |
//! |---|---|
//! | a node | [`node`], [`param`], [`port`], [`run`], [`random`], [`registry`], [`plugin`] |
//! | the document | [`document`], [`edit`], [`history`], [`workflow`], [`problem`] |
//! | running it | [`plan`], [`engine`] |
//! | what passes between nodes | [`kind`], [`value`], [`preview`], [`exchange`], [`policy`] |

// The derives name the crate `graph`, also in this crate's own tests.
#[cfg(test)]
extern crate self as graph;

pub mod document;
pub mod edit;
pub mod engine;
pub mod error;
pub mod exchange;
pub mod history;
pub mod kind;
pub mod node;
pub mod param;
pub mod plan;
pub mod plugin;
pub mod policy;
pub mod port;
pub mod prelude;
pub mod preview;
pub mod problem;
pub mod random;
pub mod registry;
pub mod run;
pub mod value;
pub mod workflow;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use graph_derive::{Choice, Params, Ports};
