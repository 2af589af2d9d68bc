//! `#[derive(Ports)]`.

use proc_macro::{Delimiter, TokenStream, TokenTree};

use crate::code::{Code, Failure, quoted};
use crate::item::Item;

pub fn derive(item: &Item) -> Result<TokenStream, Failure> {
    let mut code = Code::default();
    let (mut specs, mut takes, mut gives) = (String::new(), String::new(), String::new());
    for field in item.fields()? {
        let ident = &field.ident;
        let name = quoted(&ident.to_string());
        let doc = quoted(&field.doc);
        let (arity, method, inner) = arity(&field.ty);
        let ty = code.piece(&inner);
        specs.push_str(&format!(
            "::smalto_sdk::port::PortSpec::of::<{ty}>({name}, {doc}, ::smalto_sdk::port::Arity::{arity}),"
        ));
        takes.push_str(&format!("{ident}: inputs.{method}::<{ty}>({name})?,"));
        gives.push_str(&format!("outputs.{method}({name}, self.{ident});"));
    }
    let ident = &item.ident;
    code.finish(&format!(
        "impl ::smalto_sdk::port::Ports for {ident} {{
            fn specs() -> ::std::vec::Vec<::smalto_sdk::port::PortSpec> {{
                ::std::vec![{specs}]
            }}
            fn take(
                inputs: &::smalto_sdk::port::Inputs<'_>,
            ) -> ::std::result::Result<Self, ::smalto_sdk::error::NodeError> {{
                let _ = inputs;
                ::std::result::Result::Ok(Self {{ {takes} }})
            }}
            fn give(self, outputs: &mut ::smalto_sdk::port::Outputs) {{
                let _ = &outputs;
                {gives}
            }}
        }}"
    ))
}

/// How many wires a field of the type `ty` takes, and the type of one of them.
fn arity(ty: &TokenStream) -> (&'static str, &'static str, TokenStream) {
    for (wrapper, arity, method) in [("Option", "Optional", "optional"), ("Vec", "Many", "many")] {
        if let Some(inner) = wrapped(wrapper, ty) {
            return (arity, method, inner);
        }
    }
    ("One", "one", ty.clone())
}

/// The `T` of `Wrapper<T>`, wherever the wrapper comes from.
fn wrapped(wrapper: &str, ty: &TokenStream) -> Option<TokenStream> {
    let mut tokens: Vec<TokenTree> = ty.clone().into_iter().collect();
    // A type that came through a macro stands in a group that nobody sees.
    if let [TokenTree::Group(group)] = tokens.as_slice()
        && group.delimiter() == Delimiter::None
    {
        tokens = group.stream().into_iter().collect();
    }
    let opens = tokens
        .iter()
        .position(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '<'))?;
    let named = tokens.get(opens.checked_sub(1)?)?.to_string() == wrapper;
    let last = tokens.len().checked_sub(1)?;
    named.then(|| tokens[opens + 1..last].iter().cloned().collect())
}
