//! The worker: a process of its own for each plugin, so that one that crashes takes nothing with it.
//!
//! The host starts it with one end of a socket as its standard input, and both greet each other.
//! Messages are short; what is long lies in memory that both see, and only its number is told.

pub mod client;
mod launch;
mod pack;
mod protocol;
mod serve;
mod session;
mod shared;
mod wire;

pub use client::Worker;
pub use launch::{Launch, PATIENCE};
pub use serve::{is_asked_for, main};
pub use session::Distant;
