//! `#[derive(Ports)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Field, GenericArgument, PathArguments, Type};

use crate::doc;

pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let fields = doc::fields(input)?;
    let ports: Vec<Port<'_>> = fields.iter().map(|field| Port::of(field)).collect();
    let specs = ports.iter().map(Port::spec);
    let takes = ports.iter().map(Port::take);
    let gives = ports.iter().map(Port::give);

    Ok(quote! {
        impl ::graph::port::Ports for #ident {
            fn specs() -> ::std::vec::Vec<::graph::port::PortSpec> {
                ::std::vec![#(#specs),*]
            }

            fn from_values(
                values: &::graph::port::Values,
            ) -> ::std::result::Result<Self, ::graph::port::PortError> {
                ::std::result::Result::Ok(Self { #(#takes),* })
            }

            fn into_values(self) -> ::graph::port::Values {
                let mut values = ::graph::port::Values::default();
                #(#gives)*
                values
            }
        }
    })
}

/// One field, and how many wires it takes.
struct Port<'a> {
    field: &'a Field,
    arity: Arity,
    inner: &'a Type,
}

enum Arity {
    One,
    Optional,
    Many,
}

impl<'a> Port<'a> {
    fn of(field: &'a Field) -> Self {
        let (arity, inner) = match (wrapped("Option", &field.ty), wrapped("Vec", &field.ty)) {
            (Some(inner), _) => (Arity::Optional, inner),
            (None, Some(inner)) => (Arity::Many, inner),
            (None, None) => (Arity::One, &field.ty),
        };
        Self {
            field,
            arity,
            inner,
        }
    }

    fn name(&self) -> String {
        self.field
            .ident
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    fn spec(&self) -> TokenStream {
        let (name, inner) = (self.name(), self.inner);
        let text = doc::text(&self.field.attrs);
        let arity = match self.arity {
            Arity::One => quote!(One),
            Arity::Optional => quote!(Optional),
            Arity::Many => quote!(Many),
        };
        quote! {
            ::graph::port::PortSpec::of::<#inner>(#name, #text, ::graph::port::Arity::#arity)
        }
    }

    fn take(&self) -> TokenStream {
        let (name, ident, inner) = (self.name(), &self.field.ident, self.inner);
        let method = match self.arity {
            Arity::One => quote!(one),
            Arity::Optional => quote!(optional),
            Arity::Many => quote!(many),
        };
        quote!(#ident: values.#method::<#inner>(#name)?)
    }

    fn give(&self) -> TokenStream {
        let (name, ident) = (self.name(), &self.field.ident);
        match self.arity {
            Arity::One => quote! {
                values.push(#name, ::graph::value::Value::new(self.#ident));
            },
            Arity::Optional | Arity::Many => quote! {
                for value in ::std::iter::IntoIterator::into_iter(self.#ident) {
                    values.push(#name, ::graph::value::Value::new(value));
                }
            },
        }
    }
}

/// The `T` of `Wrapper<T>`.
fn wrapped<'a>(wrapper: &str, ty: &'a Type) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    if last.ident != wrapper {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}
