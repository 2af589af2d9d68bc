//! Layers that several networks share. Everything is channels-last; parameters are f32 masters, or as a file has them.

mod attention;
mod convolution;
mod gained;
mod group_norm;
mod init;
mod layer_norm;
mod linear;
mod norm;
mod residual;
mod space;
mod weight;

pub use attention::{Attention, attend};
pub use convolution::Convolution;
pub use gained::Norm;
pub use group_norm::GroupNorm;
pub use init::Init;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use norm::rms_norm;
pub use residual::ResidualBlock;
pub use space::{depth_to_space, space_to_depth};
pub use weight::Weight;
