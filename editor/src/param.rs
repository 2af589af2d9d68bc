//! Fields for parameters, made of their descriptors alone; the same for the inspector, the form and the canvas.

pub mod exposure;
mod field;
mod fields;
mod number;
mod overlay;
pub(crate) mod parts;
mod path;
mod shared;
pub(crate) mod typing;
mod view;
pub(crate) mod watch;

#[cfg(test)]
mod tests;

pub use field::{Field, words};
pub(crate) use fields::at_its_end;
pub use fields::{Action, Context, Event, Fields, Message, roll};
pub use number::show;
pub use overlay::{Overlay, Step};
pub use path::{folder, shown};
pub use shared::common;
