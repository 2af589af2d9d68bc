//! What a graph is, how it changes, is saved, and is run.
//!
//! | part | modules |
//! |---|---|
//! | a node | [`node`], [`param`], [`port`], [`run`], [`random`], [`registry`] |
//! | what passes between nodes | [`kind`], [`value`], [`preview`] |

// The derives name the crate `graph`, also in this crate's own tests.
#[cfg(test)]
extern crate self as graph;

pub mod error;
pub mod kind;
pub mod node;
pub mod param;
pub mod port;
pub mod prelude;
pub mod preview;
pub mod random;
pub mod registry;
pub mod run;
pub mod value;

#[cfg(test)]
mod tests;

pub use graph_derive::{Choice, Params, Ports};
