//! What a file that defines a node needs.

pub use crate::error::NodeError;
pub use crate::node::{Effect, Node};
pub use crate::param::{Choice, FilePath, ParamError, ParamValues, Params, Seed};
pub use crate::port::Ports;
pub use crate::preview::Preview;
pub use crate::run::Run;
pub use crate::value::{Footprint, WireValue};
pub use graph_derive::{Choice, Params, Ports};
