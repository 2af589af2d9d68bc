//! Curves as drawings and tables.

mod drawing;
mod table;

pub use drawing::svg;
pub use table::csv;
