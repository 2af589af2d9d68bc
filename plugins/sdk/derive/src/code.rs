//! Code that a derive writes: text, with the author's own pieces put in.

use std::collections::BTreeMap;

use proc_macro::{Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Why a derive cannot do its work, and where the compiler shall say so.
pub struct Failure {
    message: String,
    span: Span,
}

impl Failure {
    pub fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            span,
        }
    }

    /// `::core::compile_error! { "…" }`, where the mistake is.
    pub fn into_compile_error(self) -> TokenStream {
        let punct = |letter, spacing| TokenTree::from(Punct::new(letter, spacing));
        let mut message = Literal::string(&self.message);
        message.set_span(self.span);
        let message = TokenStream::from(TokenTree::from(message));
        let tokens = [
            punct(':', Spacing::Joint),
            punct(':', Spacing::Alone),
            Ident::new("core", self.span).into(),
            punct(':', Spacing::Joint),
            punct(':', Spacing::Alone),
            Ident::new("compile_error", self.span).into(),
            punct('!', Spacing::Alone),
            Group::new(proc_macro::Delimiter::Brace, message).into(),
        ];
        tokens
            .into_iter()
            .map(|mut token| {
                token.set_span(self.span);
                token
            })
            .collect()
    }
}

/// Code in the making: the author's types and expressions keep their places, so that the compiler's messages do.
#[derive(Default)]
pub struct Code {
    pieces: BTreeMap<String, TokenStream>,
}

impl Code {
    /// A word that stands for `tokens` in the text that is given to [`Code::finish`].
    pub fn piece(&mut self, tokens: &TokenStream) -> String {
        let word = format!("smalto_piece_{}", self.pieces.len());
        let _ = self.pieces.insert(word.clone(), tokens.clone());
        word
    }

    /// The code that `text` is, the pieces put in.
    pub fn finish(self, text: &str) -> Result<TokenStream, Failure> {
        let parsed: TokenStream = text.parse().map_err(|error| {
            Failure::new(
                format!("the derive wrote what is no Rust ({error}): {text}"),
                Span::call_site(),
            )
        })?;
        Ok(self.filled(parsed))
    }

    fn filled(&self, tokens: TokenStream) -> TokenStream {
        let mut filled = TokenStream::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => match self.pieces.get(&ident.to_string()) {
                    Some(piece) => filled.extend(piece.clone()),
                    None => filled.extend([TokenTree::from(ident)]),
                },
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.filled(group.stream()));
                    inner.set_span(group.span());
                    filled.extend([TokenTree::from(inner)]);
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => filled.extend([token]),
            }
        }
        filled
    }
}

/// `text` as a literal.
pub fn quoted(text: &str) -> String {
    Literal::string(text).to_string()
}
