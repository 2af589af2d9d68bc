//! Tests of the header: its mirror, its page, and the compilers that must take it.

mod compilers;
mod examples;
mod header;
mod layout;
mod page;
