//! The sampler with a denoiser that follows a script, against grids worked out by hand.

mod cache;
mod custom;
mod golden;
mod grids;
mod inputs;
mod official;
mod queued;
mod schedules;
pub(crate) mod script;
mod variants;
