//! A struct or an enum, read as far as the derives need.

use std::iter::Peekable;

use proc_macro::token_stream::IntoIter;
use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::code::Failure;
use crate::text;

/// A struct or an enum.
pub struct Item {
    pub ident: Ident,
    pub doc: String,
    pub body: Body,
}

/// What stands between the braces.
pub enum Body {
    Fields(Vec<Field>),
    Variants(Vec<Variant>),
}

/// A field of a struct.
pub struct Field {
    pub ident: Ident,
    pub doc: String,
    pub ty: TokenStream,
    /// What stands in each `#[param(…)]`.
    pub hints: Vec<TokenStream>,
}

/// A variant of an enum.
pub struct Variant {
    pub ident: Ident,
    pub doc: String,
}

type Tokens = Peekable<IntoIter>;

impl Item {
    pub fn read(input: TokenStream) -> Result<Self, Failure> {
        let mut tokens = input.into_iter().peekable();
        let attributes = Attributes::read(&mut tokens);
        skip_visibility(&mut tokens);
        let keyword = ident(&mut tokens)?;
        let name = ident(&mut tokens)?;
        let body = match (keyword.to_string().as_str(), tokens.next()) {
            ("struct", Some(TokenTree::Punct(end))) if end.as_char() == ';' => {
                Body::Fields(Vec::new())
            }
            ("struct", Some(TokenTree::Group(group))) if group.delimiter() == Delimiter::Brace => {
                Body::Fields(fields(&group)?)
            }
            ("struct", Some(TokenTree::Group(group))) => {
                return Err(Failure::new("give every field a name", group.span()));
            }
            ("enum", Some(TokenTree::Group(group))) => Body::Variants(variants(&group)?),
            ("struct" | "enum", other) => {
                let span = other.map_or_else(|| name.span(), |token| token.span());
                return Err(Failure::new("derive this on a type without generics", span));
            }
            _ => {
                return Err(Failure::new(
                    "derive this on a struct or an enum",
                    keyword.span(),
                ));
            }
        };
        Ok(Self {
            ident: name,
            doc: attributes.doc(),
            body,
        })
    }

    /// The fields of a struct.
    pub fn fields(&self) -> Result<&[Field], Failure> {
        match &self.body {
            Body::Fields(fields) => Ok(fields),
            Body::Variants(_) => Err(Failure::new("derive this on a struct", self.ident.span())),
        }
    }
}

/// The attributes that the derives know.
#[derive(Default)]
struct Attributes {
    doc: Vec<String>,
    hints: Vec<TokenStream>,
}

impl Attributes {
    fn read(tokens: &mut Tokens) -> Self {
        let mut attributes = Self::default();
        while matches!(tokens.peek(), Some(TokenTree::Punct(hash)) if hash.as_char() == '#') {
            let _ = tokens.next();
            if let Some(TokenTree::Group(group)) = tokens.next() {
                attributes.add(group.stream());
            }
        }
        attributes
    }

    fn add(&mut self, attribute: TokenStream) {
        let parts: Vec<TokenTree> = attribute.into_iter().collect();
        match parts.as_slice() {
            [TokenTree::Ident(name), _, TokenTree::Literal(line)] if name.to_string() == "doc" => {
                self.doc.extend(text::unquoted(&line.to_string()));
            }
            [TokenTree::Ident(name), TokenTree::Group(hints)] if name.to_string() == "param" => {
                self.hints.push(hints.stream());
            }
            _ => {}
        }
    }

    fn doc(&self) -> String {
        text::joined(&self.doc)
    }
}

fn ident(tokens: &mut Tokens) -> Result<Ident, Failure> {
    match tokens.next() {
        Some(TokenTree::Ident(ident)) => Ok(ident),
        Some(other) => Err(Failure::new("expected a name", other.span())),
        None => Err(Failure::new("expected a name", Span::call_site())),
    }
}

/// `pub`, `pub(crate)`.
fn skip_visibility(tokens: &mut Tokens) {
    if matches!(tokens.peek(), Some(TokenTree::Ident(word)) if word.to_string() == "pub") {
        let _ = tokens.next();
        let _ = tokens.next_if(|token| {
            matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
        });
    }
}

fn fields(group: &Group) -> Result<Vec<Field>, Failure> {
    let mut tokens = group.stream().into_iter().peekable();
    let mut fields = Vec::new();
    while tokens.peek().is_some() {
        let attributes = Attributes::read(&mut tokens);
        skip_visibility(&mut tokens);
        let ident = ident(&mut tokens)?;
        let _colon = tokens.next();
        fields.push(Field {
            ident,
            doc: attributes.doc(),
            ty: until_comma(&mut tokens),
            hints: attributes.hints,
        });
    }
    Ok(fields)
}

fn variants(group: &Group) -> Result<Vec<Variant>, Failure> {
    let mut tokens = group.stream().into_iter().peekable();
    let mut variants = Vec::new();
    while tokens.peek().is_some() {
        let attributes = Attributes::read(&mut tokens);
        let ident = ident(&mut tokens)?;
        if let Some(TokenTree::Group(fields)) = tokens.peek() {
            return Err(Failure::new("a choice has no fields", fields.span()));
        }
        let _value = until_comma(&mut tokens);
        variants.push(Variant {
            ident,
            doc: attributes.doc(),
        });
    }
    Ok(variants)
}

/// What stands before the next comma that is not within `<…>`; the comma is taken.
pub fn until_comma(tokens: &mut Tokens) -> TokenStream {
    let mut taken = TokenStream::new();
    let mut depth = 0_usize;
    for token in tokens {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                ',' if depth == 0 => break,
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        taken.extend([token]);
    }
    taken
}
