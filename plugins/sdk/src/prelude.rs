//! What a file that defines a node needs.

pub use crate::error::NodeError;
pub use crate::node::{Effect, Node};
pub use crate::param::{Choice, FilePath, ParamError, ParamValue, ParamValues, Params, Seed};
pub use crate::policy::{Choose, Policy, Question};
pub use crate::port::Ports;
pub use crate::run::Run;
pub use crate::value::{Device, Image, Mask, Own, OwnKind, PlacedImage, Tokens};
pub use smalto_sdk_derive::{Choice, Params, Ports};
