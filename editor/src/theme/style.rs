//! The styles of Iced's widgets, one function for each use: `.style(style::button::primary)`.

pub mod button;
pub mod container;
pub mod field;
pub mod list;
pub mod text;
