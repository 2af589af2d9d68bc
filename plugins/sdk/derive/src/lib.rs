//! Derives for the structs that make a plugin's node: `Params`, `Ports` and `Choice`.
//!
//! They look and work as those of built-in nodes do, and need nothing but the compiler,
//! so that a plugin builds without a registry.

mod choice;
mod code;
mod item;
mod params;
mod ports;
mod text;

use proc_macro::TokenStream;

use code::Failure;
use item::Item;

/// Makes a struct a node's parameters, field by field.
///
/// `#[param(default = 16, range = 1..=256, unit = "steps", multiline, written)]` narrows a field.
#[proc_macro_derive(Params, attributes(param))]
pub fn params(input: TokenStream) -> TokenStream {
    finish(Item::read(input).and_then(|item| params::derive(&item)))
}

/// Makes a struct a node's inputs or outputs, field by field.
#[proc_macro_derive(Ports)]
pub fn ports(input: TokenStream) -> TokenStream {
    finish(Item::read(input).and_then(|item| ports::derive(&item)))
}

/// Makes an enum without fields the names of a choice, in snake case.
#[proc_macro_derive(Choice)]
pub fn choice(input: TokenStream) -> TokenStream {
    finish(Item::read(input).and_then(|item| choice::derive(&item)))
}

fn finish(result: Result<TokenStream, Failure>) -> TokenStream {
    result.unwrap_or_else(Failure::into_compile_error)
}
