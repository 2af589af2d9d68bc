//! What surrounds the canvas: bars, panels, and what they say; nothing here knows the application.

pub mod empty;
pub mod notices;
mod progress;
pub mod queue;
pub mod status;
pub mod tabs;
mod tip;
pub mod toolbar;
mod wording;

pub(crate) use progress::lasting;
pub use progress::{Progress, Slowest};
pub(crate) use tip::{keycap, round, slim, square, tip, tip_of};
pub(crate) use wording::{counted, shortened};

#[cfg(test)]
mod tests;
