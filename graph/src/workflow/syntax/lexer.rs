//! Cutting a file into words, texts, numbers and brackets.

use std::ops::Range;

/// One piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `(`, `[` or `{`.
    Open(char),
    /// `)`, `]` or `}`.
    Close(char),
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// A text in quotes.
    Text,
    /// A number.
    Number,
    /// A name without quotes.
    Word,
    /// A letter or bytes in quotes.
    Other,
    /// A letter that begins nothing.
    Unknown,
    /// A text or comment that is never closed.
    Unclosed(&'static str),
    /// Behind the last piece.
    End,
}

impl Token {
    /// Whether a value may begin so.
    pub fn begins_value(self) -> bool {
        matches!(
            self,
            Self::Open(_) | Self::Text | Self::Number | Self::Word | Self::Other
        )
    }
}

/// Where reading stands.
pub struct Lexer<'a> {
    text: &'a str,
    /// Where the next token begins, or whitespace before it.
    at: usize,
    /// Where the token before the last one taken ended.
    previous_end: usize,
    /// Where the last token taken ended.
    end: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        // A byte order mark says nothing in UTF-8.
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            text,
            at,
            previous_end: at,
            end: at,
        }
    }

    /// Takes the next token.
    pub fn next(&mut self) -> (Token, Range<usize>) {
        self.previous_end = self.end;
        if let Some(unclosed) = self.skip_blank() {
            self.end = self.text.len();
            let start = std::mem::replace(&mut self.at, self.end);
            return (unclosed, start..self.end);
        }
        let start = self.at;
        let (token, length) = classify(&self.text[start..]);
        self.at = start + length;
        self.end = self.at;
        (token, start..self.end)
    }

    /// Where the token before the one just taken ended.
    pub fn last_end(&self) -> usize {
        self.previous_end
    }

    /// Makes the end of the file come next.
    pub fn stop(&mut self) {
        self.at = self.text.len();
    }

    /// Whether a name comes next that does not stand for a value: the name of a field.
    pub fn field_follows(&self) -> bool {
        let mut ahead = Lexer { ..*self };
        ahead.next().0 == Token::Word
            && !matches!(
                ahead.next().0,
                Token::Comma | Token::Close(_) | Token::Open('(') | Token::End
            )
    }

    /// Skips whitespace, comments and `#![…]`; a comment that is never closed comes back.
    fn skip_blank(&mut self) -> Option<Token> {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest
                .find(|letter: char| !is_blank(letter))
                .unwrap_or(rest.len());
            self.at += blank;
            let rest = &rest[blank..];
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                match comment(rest) {
                    Some(length) => self.at += length,
                    None => return Some(Token::Unclosed("a comment")),
                }
            } else if rest.starts_with("#![") {
                match rest.find(']') {
                    Some(end) => self.at += end + 1,
                    None => return Some(Token::Unclosed("an attribute")),
                }
            } else {
                return None;
            }
        }
    }
}

/// The comments of `text`, in order, as they stand.
pub fn comments(text: &str) -> Vec<&str> {
    let mut lexer = Lexer::new(text);
    let mut found = Vec::new();
    loop {
        let (token, span) = lexer.next();
        found.extend(comments_of_blank(&text[lexer.last_end()..span.start]));
        if token == Token::End {
            return found;
        }
    }
}

/// The comments of what stands between two tokens.
fn comments_of_blank(blank: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = blank;
    while let Some(start) = rest.find('/') {
        let here = &rest[start..];
        let length = if here.starts_with("/*") {
            comment(here).unwrap_or(here.len())
        } else {
            here.find('\n').unwrap_or(here.len())
        };
        found.push(here[..length].trim_end());
        rest = &here[length..];
    }
    found
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200e}' | '\u{200f}')
}

/// The length of a comment in `/* */`, which may hold others.
fn comment(text: &str) -> Option<usize> {
    let mut open = 0;
    let mut at = 0;
    loop {
        let next = text[at..].find(['*', '/'])? + at;
        at = next;
        if text[at..].starts_with("/*") {
            open += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            open -= 1;
            at += 2;
            if open == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
}

/// What `text` begins with, and how long it is.
fn classify(text: &str) -> (Token, usize) {
    let Some(first) = text.chars().next() else {
        return (Token::End, 0);
    };
    match first {
        '(' | '[' | '{' => (Token::Open(first), 1),
        ')' | ']' | '}' => (Token::Close(first), 1),
        ',' => (Token::Comma, 1),
        ':' => (Token::Colon, 1),
        '"' => quoted(text, 0, Token::Text),
        'r' if text[1..].starts_with(['"', '#']) => raw(text, 1, Token::Text),
        'b' if text[1..].starts_with('"') => quoted(text, 1, Token::Other),
        'b' if text.starts_with("br\"") || text.starts_with("br#") => raw(text, 2, Token::Other),
        '\'' => letter(text, 0),
        'b' if text[1..].starts_with('\'') => letter(text, 1),
        '0'..='9' | '+' | '-' | '.' => (Token::Number, number(text)),
        _ if first.is_alphabetic() || first == '_' => (Token::Word, word(text)),
        _ => (Token::Unknown, first.len_utf8()),
    }
}

/// A text in quotes whose opening quote stands at `quote`.
fn quoted(text: &str, quote: usize, token: Token) -> (Token, usize) {
    let mut at = quote + 1;
    while let Some(next) = text[at..].find(['"', '\\']) {
        at += next;
        if text[at..].starts_with('"') {
            return (token, at + 1);
        }
        // What a backslash stands before is never the closing quote.
        let Some(escaped) = text[at + 1..].chars().next() else {
            break;
        };
        at += 1 + escaped.len_utf8();
    }
    (Token::Unclosed("a text"), text.len())
}

/// A raw text whose hashes begin at `start`.
fn raw(text: &str, start: usize, token: Token) -> (Token, usize) {
    let hashes = text[start..].len() - text[start..].trim_start_matches('#').len();
    let inner = start + hashes + 1;
    if !text[start + hashes..].starts_with('"') {
        // A raw name: r#name.
        return (
            Token::Word,
            inner.saturating_sub(1) + word(&text[inner - 1..]),
        );
    }
    let close = format!("\"{}", "#".repeat(hashes));
    match text[inner..].find(&close) {
        Some(length) => (token, inner + length + close.len()),
        None => (Token::Unclosed("a text"), text.len()),
    }
}

/// A letter in single quotes, the first of which stands at `quote`.
fn letter(text: &str, quote: usize) -> (Token, usize) {
    let inner = &text[quote + 1..];
    let skip = usize::from(inner.starts_with('\\'));
    let close = inner[skip..]
        .char_indices()
        .skip(1)
        .take(12)
        .find(|(_, letter)| *letter == '\'');
    match close {
        Some((at, _)) => (Token::Other, quote + 1 + skip + at + 1),
        None => (Token::Unknown, quote + 1),
    }
}

fn word(text: &str) -> usize {
    text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .unwrap_or(text.len())
}

fn number(text: &str) -> usize {
    let mut previous = 'e';
    let hexadecimal = text.trim_start_matches(['+', '-']).starts_with("0x");
    text.find(|letter: char| {
        let sign = matches!(letter, '+' | '-');
        let ends = if sign {
            hexadecimal && previous != 'e' || !matches!(previous, 'e' | 'E')
        } else {
            !(letter.is_alphanumeric() || matches!(letter, '.' | '_'))
        };
        previous = letter;
        ends
    })
    .unwrap_or(text.len())
}
