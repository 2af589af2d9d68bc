//! Layers that several networks share. Everything is channels-last; parameters are f32 masters, or as a file has them.

mod attention;
mod gained;
mod init;
mod layer_norm;
mod linear;
mod norm;
mod residual;
mod space;
mod weight;

pub use attention::{Attention, attend};
pub use gained::Norm;
pub use init::Init;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use norm::rms_norm;
pub use residual::ResidualBlock;
pub use space::{depth_to_space, space_to_depth};
pub use weight::Weight;
