//! Writes a plugin's node as if it were built in: three structs, one function, and [`export_plugin!`].
//!
//! ```ignore
//! use smalto_sdk::prelude::*;
//!
//! /// Brightens pictures.
//! #[derive(Clone, Debug, Params)]
//! pub struct Brighten {
//!     /// What every channel is multiplied by.
//!     #[param(default = 1.2, range = 0.0..=10.0)]
//!     pub factor: f32,
//! }
//!
//! #[derive(Ports)]
//! pub struct Pictures {
//!     /// The pictures.
//!     pub image: Image,
//! }
//!
//! impl Node for Brighten {
//!     const ID: &'static str = "acme.brighten";
//!     type Inputs = Pictures;
//!     type Outputs = Pictures;
//!
//!     fn run(&self, mut inputs: Pictures, run: &mut Run) -> Result<Pictures, NodeError> {
//!         run.check()?;
//!         for value in inputs.image.pixels_mut() {
//!             *value = (*value * self.factor).min(1.0);
//!         }
//!         Ok(inputs)
//!     }
//! }
//!
//! smalto_sdk::export_plugin! { id: "org.acme.brighten", nodes: [Brighten] }
//! ```
//!
//! Where it differs from a built-in node: the values on wires are plain numbers ([`value`]) instead of tensors,
//! and inputs are copied before the node sees them.
//! A panic is caught and becomes an error of the node; it never reaches the host.

#[cfg(panic = "abort")]
compile_error!(
    "a plugin must be able to catch its panics: take `panic = \"abort\"` out of the profile"
);

pub mod error;
pub mod export;
pub mod node;
pub mod param;
pub mod policy;
pub mod port;
pub mod prelude;
pub mod random;
pub mod run;
pub mod testing;
pub mod value;

pub use smalto_abi as abi;
pub use smalto_sdk_derive::{Choice, Params, Ports};
