//! `#[derive(Choice)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields};

use crate::doc;

pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "derive this on an enum"));
    };
    if let Some(variant) = data
        .variants
        .iter()
        .find(|variant| !matches!(variant.fields, Fields::Unit))
    {
        return Err(Error::new_spanned(variant, "a choice has no fields"));
    }
    let Some(first) = data.variants.first() else {
        return Err(Error::new_spanned(&input.ident, "a choice needs a variant"));
    };
    let ident = &input.ident;
    let first = &first.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<_> = variants
        .iter()
        .map(|variant| doc::snake_case(&variant.to_string()))
        .collect();
    let docs = data
        .variants
        .iter()
        .map(|variant| doc::text(&variant.attrs));

    Ok(quote! {
        impl ::graph::param::Choice for #ident {
            const OPTIONS: &'static [(&'static str, &'static str)] = &[#((#names, #docs)),*];

            fn name(self) -> &'static str {
                match self {
                    #(Self::#variants => #names,)*
                }
            }

            fn from_name(name: &str) -> ::std::option::Option<Self> {
                match name {
                    #(#names => ::std::option::Option::Some(Self::#variants),)*
                    _ => ::std::option::Option::None,
                }
            }
        }

        impl ::graph::param::ParamField for #ident {
            fn kind(_: &::graph::param::Hints) -> ::graph::param::ParamKind {
                ::graph::param::ParamKind::Choice {
                    options: <Self as ::graph::param::Choice>::options(),
                }
            }

            fn natural_default() -> ::std::option::Option<::graph::param::ParamValue> {
                ::std::option::Option::Some(::graph::param::ParamField::to_value(&Self::#first))
            }

            fn from_value(value: &::graph::param::ParamValue) -> ::std::option::Option<Self> {
                match value {
                    ::graph::param::ParamValue::Text(name) => {
                        <Self as ::graph::param::Choice>::from_name(name)
                    }
                    _ => ::std::option::Option::None,
                }
            }

            fn to_value(&self) -> ::graph::param::ParamValue {
                ::graph::param::ParamValue::Text(
                    ::std::convert::Into::into(::graph::param::Choice::name(*self)),
                )
            }
        }
    })
}
