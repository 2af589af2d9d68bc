//! `#[derive(Params)]`.

use proc_macro::{TokenStream, TokenTree};

use crate::code::{Code, Failure, quoted};
use crate::item::{Field, Item, until_comma};
use crate::text;

pub fn derive(item: &Item) -> Result<TokenStream, Failure> {
    let mut code = Code::default();
    let (mut specs, mut reads, mut writes) = (String::new(), String::new(), String::new());
    for field in item.fields()? {
        let ident = &field.ident;
        let name = quoted(&ident.to_string());
        let ty = code.piece(&field.ty);
        let hints = hints(field, &ty, &mut code)?;
        specs.push_str(&format!(
            "::smalto_sdk::param::ParamSpec::of::<{ty}>(
                {name},
                {doc},
                ::smalto_sdk::param::Hints {{ {hints} ..::std::default::Default::default() }},
            ),",
            doc = quoted(&field.doc)
        ));
        reads.push_str(&format!(
            "{ident}: values
                .get({name})
                .and_then(<{ty} as ::smalto_sdk::param::ParamField>::from_value)
                .expect(\"every value was checked against the field's own spec\"),"
        ));
        writes.push_str(&format!(
            "({name}.into(), ::smalto_sdk::param::ParamField::to_value(&self.{ident})),"
        ));
    }
    let ident = &item.ident;
    let title = quoted(&text::title(&ident.to_string()));
    let doc = quoted(&item.doc);
    code.finish(&format!(
        "impl ::smalto_sdk::param::Params for {ident} {{
            const TITLE: &'static str = {title};
            const DOC: &'static str = {doc};
            fn specs() -> ::std::vec::Vec<::smalto_sdk::param::ParamSpec> {{
                ::std::vec![{specs}]
            }}
            fn from_values(
                values: &::smalto_sdk::param::ParamValues,
            ) -> ::std::result::Result<Self, ::smalto_sdk::param::ParamError> {{
                let values = ::smalto_sdk::param::complete(
                    &<Self as ::smalto_sdk::param::Params>::specs(),
                    values,
                )?;
                ::std::result::Result::Ok(Self {{ {reads} }})
            }}
            fn to_values(&self) -> ::smalto_sdk::param::ParamValues {{
                ::smalto_sdk::param::ParamValues::from([{writes}])
            }}
        }}"
    ))
}

/// The fields of `Hints` that `#[param(…)]` sets.
fn hints(field: &Field, ty: &str, code: &mut Code) -> Result<String, Failure> {
    let mut hints = String::new();
    for list in &field.hints {
        let mut tokens = list.clone().into_iter().peekable();
        while let Some(first) = tokens.peek() {
            let span = first.span();
            let hint: Vec<TokenTree> = until_comma(&mut tokens).into_iter().collect();
            let name = hint.first().map(ToString::to_string).unwrap_or_default();
            let value = hint.get(2..).unwrap_or_default();
            match (name.as_str(), value.is_empty()) {
                ("default", false) => hints.push_str(&default(value, ty, code)),
                ("range", false) => hints.push_str(&range(value, code)),
                ("unit", false) => {
                    let unit = code.piece(&value.iter().cloned().collect());
                    hints.push_str(&format!("unit: {unit},"));
                }
                ("multiline" | "written", true) => hints.push_str(&format!("{name}: true,")),
                _ => {
                    return Err(Failure::new(
                        "expected `default`, `range`, `unit`, `multiline` or `written`",
                        span,
                    ));
                }
            }
        }
    }
    Ok(hints)
}

fn default(value: &[TokenTree], ty: &str, code: &mut Code) -> String {
    let expression = code.piece(&value.iter().cloned().collect());
    let expression = match value {
        [TokenTree::Literal(literal)] if text::unquoted(&literal.to_string()).is_some() => {
            format!("<{ty} as ::std::convert::From<&str>>::from({expression})")
        }
        _ => expression,
    };
    format!(
        "default: ::std::option::Option::Some({{
            let default: {ty} = {expression};
            ::smalto_sdk::param::ParamField::to_value(&default)
        }}),"
    )
}

/// `1..=256`, `0.0..`: what stands before the two dots, and what behind `=`.
fn range(value: &[TokenTree], code: &mut Code) -> String {
    let is = |token: &TokenTree, letter| matches!(token, TokenTree::Punct(punct) if punct.as_char() == letter);
    let dots = value
        .windows(2)
        .position(|pair| is(&pair[0], '.') && is(&pair[1], '.'))
        .unwrap_or(value.len());
    let behind = value.get(dots + 2..).unwrap_or_default();
    let behind = match behind {
        [equals, rest @ ..] if is(equals, '=') => rest,
        other => other,
    };
    let mut hints = String::new();
    for (bound, tokens) in [("min", &value[..dots]), ("max", behind)] {
        if !tokens.is_empty() {
            let bound_at = code.piece(&tokens.iter().cloned().collect());
            hints.push_str(&format!(
                "{bound}: ::std::option::Option::Some(({bound_at}) as f64),"
            ));
        }
    }
    hints
}
