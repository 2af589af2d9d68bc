//! `#[derive(Choice)]`.

use proc_macro::TokenStream;

use crate::code::{Code, Failure, quoted};
use crate::item::{Body, Item};
use crate::text;

pub fn derive(item: &Item) -> Result<TokenStream, Failure> {
    let Body::Variants(variants) = &item.body else {
        return Err(Failure::new("derive this on an enum", item.ident.span()));
    };
    let Some(first) = variants.first() else {
        return Err(Failure::new("a choice needs a variant", item.ident.span()));
    };
    let ident = &item.ident;
    let first = &first.ident;
    let (mut options, mut names, mut variants_by_name) =
        (String::new(), String::new(), String::new());
    for variant in variants {
        let own = &variant.ident;
        let name = quoted(&text::snake_case(&own.to_string()));
        options.push_str(&format!("({name}, {}),", quoted(&variant.doc)));
        names.push_str(&format!("Self::{own} => {name},"));
        variants_by_name.push_str(&format!(
            "{name} => ::std::option::Option::Some(Self::{own}),"
        ));
    }
    Code::default().finish(&format!(
        "impl ::smalto_sdk::param::Choice for {ident} {{
            const OPTIONS: &'static [(&'static str, &'static str)] = &[{options}];
            fn name(self) -> &'static str {{ match self {{ {names} }} }}
            fn from_name(name: &str) -> ::std::option::Option<Self> {{
                match name {{ {variants_by_name} _ => ::std::option::Option::None }}
            }}
        }}
        impl ::smalto_sdk::param::ParamField for {ident} {{
            fn kind(_: &::smalto_sdk::param::Hints) -> ::smalto_sdk::param::ParamKind {{
                ::smalto_sdk::param::ParamKind::Choice {{
                    options: <Self as ::smalto_sdk::param::Choice>::OPTIONS,
                }}
            }}
            fn natural_default() -> ::std::option::Option<::smalto_sdk::param::ParamValue> {{
                ::std::option::Option::Some(::smalto_sdk::param::ParamField::to_value(&Self::{first}))
            }}
            fn from_value(value: &::smalto_sdk::param::ParamValue) -> ::std::option::Option<Self> {{
                match value {{
                    ::smalto_sdk::param::ParamValue::Text(name) => {{
                        <Self as ::smalto_sdk::param::Choice>::from_name(name)
                    }}
                    _ => ::std::option::Option::None,
                }}
            }}
            fn to_value(&self) -> ::smalto_sdk::param::ParamValue {{
                ::smalto_sdk::param::ParamValue::Text(
                    ::std::convert::Into::into(::smalto_sdk::param::Choice::name(*self)),
                )
            }}
        }}"
    ))
}
