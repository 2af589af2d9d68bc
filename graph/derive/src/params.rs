//! `#[derive(Params)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Expr, ExprLit, ExprRange, Field, Lit, LitStr};

use crate::doc;

pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let title = doc::title(&ident.to_string());
    let text = doc::text(&input.attrs);
    let fields = doc::fields(input)?;

    let idents: Vec<_> = fields
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .collect();
    let names: Vec<_> = idents.iter().map(ToString::to_string).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let specs = fields
        .iter()
        .map(|field| spec(field))
        .collect::<syn::Result<Vec<_>>>()?;

    Ok(quote! {
        impl ::graph::param::Params for #ident {
            const TITLE: &'static str = #title;
            const DOC: &'static str = #text;

            fn specs() -> ::std::vec::Vec<::graph::param::ParamSpec> {
                ::std::vec![#(#specs),*]
            }

            fn from_values(
                values: &::graph::param::ParamValues,
            ) -> ::std::result::Result<Self, ::std::vec::Vec<::graph::param::ParamError>> {
                let values = ::graph::param::complete(
                    &<Self as ::graph::param::Params>::specs(),
                    values,
                )?;
                ::std::result::Result::Ok(Self {
                    #(#idents: values
                        .get(#names)
                        .and_then(<#types as ::graph::param::ParamField>::from_value)
                        .expect("every value was checked against the field's own spec"),)*
                })
            }

            fn to_values(&self) -> ::graph::param::ParamValues {
                ::graph::param::ParamValues::from([
                    #((#names.into(), ::graph::param::ParamField::to_value(&self.#idents)),)*
                ])
            }
        }
    })
}

/// The expression that makes the `ParamSpec` of one field.
fn spec(field: &Field) -> syn::Result<TokenStream> {
    let Some(ident) = &field.ident else {
        return Err(syn::Error::new_spanned(field, "give every field a name"));
    };
    let name = ident.to_string();
    let text = doc::text(&field.attrs);
    let ty = &field.ty;
    let hints = hints(field)?;
    Ok(quote! {
        ::graph::param::ParamSpec::of::<#ty>(
            #name,
            #text,
            ::graph::param::Hints { #hints ..::std::default::Default::default() },
        )
    })
}

/// The fields of `Hints` that `#[param(…)]` sets.
fn hints(field: &Field) -> syn::Result<TokenStream> {
    let ty = &field.ty;
    let mut hints = TokenStream::new();
    for attribute in &field.attrs {
        if !attribute.path().is_ident("param") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("default") {
                let value: Expr = meta.value()?.parse()?;
                let value = match &value {
                    Expr::Lit(ExprLit {
                        lit: Lit::Str(text),
                        ..
                    }) => {
                        quote!(<#ty as ::std::convert::From<&str>>::from(#text))
                    }
                    other => quote!(#other),
                };
                hints.extend(quote! {
                    default: ::std::option::Option::Some({
                        let default: #ty = #value;
                        ::graph::param::ParamField::to_value(&default)
                    }),
                });
            } else if meta.path.is_ident("range") {
                let range: ExprRange = meta.value()?.parse()?;
                if let Some(start) = &range.start {
                    hints.extend(quote!(min: ::std::option::Option::Some((#start) as f64),));
                }
                if let Some(end) = &range.end {
                    hints.extend(quote!(max: ::std::option::Option::Some((#end) as f64),));
                }
            } else if meta.path.is_ident("unit") {
                let unit: LitStr = meta.value()?.parse()?;
                hints.extend(quote!(unit: ::std::option::Option::Some(#unit),));
            } else if meta.path.is_ident("multiline") {
                hints.extend(quote!(multiline: true,));
            } else if meta.path.is_ident("written") {
                hints.extend(quote!(written: true,));
            } else {
                return Err(
                    meta.error("expected `default`, `range`, `unit`, `multiline` or `written`")
                );
            }
            Ok(())
        })?;
    }
    Ok(hints)
}
