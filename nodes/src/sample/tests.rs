//! The sampler with a denoiser that follows a script, against grids worked out by hand.

mod custom;
mod golden;
mod grids;
mod inputs;
mod official;
pub(crate) mod script;
