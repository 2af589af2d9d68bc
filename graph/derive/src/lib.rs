//! Derives for the structs that make a node: `Params`, `Ports` and `Choice`.
//!
//! Each derive only adds an `impl` that could be written by hand.

mod choice;
mod doc;
mod params;
mod ports;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a node's parameters, field by field.
///
/// `#[param(default = 16, range = 1..=256, unit = "steps", multiline, written)]` narrows a field.
#[proc_macro_derive(Params, attributes(param))]
pub fn params(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finish(params::derive(&input))
}

/// Makes a struct a node's inputs or outputs, field by field.
#[proc_macro_derive(Ports)]
pub fn ports(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finish(ports::derive(&input))
}

/// Makes an enum without fields the names of a choice, in snake case.
#[proc_macro_derive(Choice)]
pub fn choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finish(choice::derive(&input))
}

fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
