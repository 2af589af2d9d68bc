//! The syntax of a workflow file: RON, read into a tree that remembers where everything stood.
//!
//! The `ron` crate reads texts and numbers; brackets are read here,
//! because it tells of one mistake alone and forgets where the rest stood.

mod lexer;

use std::ops::Range;
use std::sync::Arc;

use crate::problem::{Problem, Source};
use lexer::{Lexer, Token};

pub use lexer::comments;

/// How deep brackets may be nested: far more than any workflow needs, far less than would overflow the stack.
pub const DEEPEST: usize = 32;

/// How many values a file may hold.
pub const MOST_VALUES: usize = 1_000_000;

/// A value, and where it stood.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The bytes of the file.
    pub span: Range<usize>,
    /// The value.
    pub form: Form,
}

/// The name of a field, and where it stood.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The name.
    pub name: String,
    /// The bytes of the file.
    pub span: Range<usize>,
}

/// The forms that a value may have.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// `"text"`
    Text(String),
    /// `7`
    Int(i64),
    /// `0.5`; always finite.
    Float(f64),
    /// `true`
    Bool(bool),
    /// `inf`, `NaN`, `1e999`
    NotFinite,
    /// `Muted`
    Name(String),
    /// `[a, b]`
    List(Vec<Tree>),
    /// `(a, b)`
    Tuple(Vec<Tree>),
    /// `(name: value)`
    Record(Vec<(Key, Tree)>),
    /// `{"key": value}`
    Map(Vec<(Tree, Tree)>),
    /// Anything else that RON allows and a workflow has no use for, as it stands.
    Other(String),
    /// A mistake that has been reported.
    Broken,
}

impl Tree {
    /// What the value is, for messages.
    pub fn describe(&self) -> String {
        match &self.form {
            Form::Text(text) => shortened(&format!("{text:?}")),
            Form::Int(number) => number.to_string(),
            Form::Float(number) => format!("{number:?}"),
            Form::Bool(value) => value.to_string(),
            Form::Name(name) => shortened(name),
            Form::NotFinite => "a number that is not finite".into(),
            Form::List(_) => "a list in `[]`".into(),
            Form::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(Self::describe).collect();
                shortened(&format!("({})", parts.join(", ")))
            }
            Form::Record(_) => "fields in `()`".into(),
            Form::Map(_) => "a map in `{}`".into(),
            Form::Other(text) => shortened(text),
            Form::Broken => "not to be read".into(),
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// Reads a whole file.
///
/// Mistakes are added to `problems`; what could not be read is [`Form::Broken`] in the tree.
pub fn parse(source: &Arc<Source>, problems: &mut Vec<Problem>) -> Tree {
    let mut parser = Parser {
        source,
        lexer: Lexer::new(source.text()),
        token: Token::End,
        span: 0..0,
        values: 0,
        gave_up: false,
        problems,
    };
    parser.advance();
    let tree = parser.value(0);
    if parser.token != Token::End {
        parser.complain("the end of the file");
    }
    tree
}

struct Parser<'a> {
    source: &'a Arc<Source>,
    lexer: Lexer<'a>,
    /// The next token, not yet taken.
    token: Token,
    span: Range<usize>,
    values: usize,
    gave_up: bool,
    problems: &'a mut Vec<Problem>,
}

impl Parser<'_> {
    fn advance(&mut self) {
        (self.token, self.span) = self.lexer.next();
    }

    fn text(&self) -> &str {
        &self.source.text()[self.span.clone()]
    }

    fn report(&mut self, problem: Problem) {
        if !self.gave_up {
            self.problems.push(problem);
        }
    }

    /// Says that the next token is not `expected`.
    fn complain(&mut self, expected: &str) {
        let (message, hint) = match self.token {
            Token::Unclosed(what) => (format!("{what} is never closed"), None),
            Token::End => (
                format!("expected {expected}, found the end of the file"),
                Some("a bracket or quote is not closed, or the file is cut off"),
            ),
            _ => (
                format!("expected {expected}, found `{}`", shortened(self.text())),
                None,
            ),
        };
        let mut problem = Problem::new("syntax", message).at(self.source, self.span.clone());
        if let Some(hint) = hint {
            problem = problem.hint(hint);
        }
        self.report(problem);
        // Every bracket still open would complain of the same.
        self.gave_up |= matches!(self.token, Token::End | Token::Unclosed(_));
    }

    /// Reports something after which reading on makes no sense.
    fn give_up(&mut self, problem: Problem) {
        let problem = problem.at(self.source, self.span.clone());
        self.report(problem);
        self.gave_up = true;
        self.lexer.stop();
        self.advance();
    }

    fn value(&mut self, depth: usize) -> Tree {
        let start = self.span.start;
        self.values += 1;
        if depth > DEEPEST {
            self.give_up(
                Problem::new(
                    "too-deep",
                    format!("brackets are nested deeper than {DEEPEST}"),
                )
                .hint("no workflow needs that: the file is damaged or not a workflow"),
            );
        } else if self.values > MOST_VALUES {
            self.give_up(
                Problem::new(
                    "too-large",
                    format!("the file holds more than {MOST_VALUES} values"),
                )
                .hint("no workflow needs that: the file is damaged or not a workflow"),
            );
        }
        let form = match self.token {
            Token::Text => self.scalar(text),
            Token::Number => self.scalar(number),
            Token::Word => self.word(depth),
            Token::Other => self.scalar(|text| Ok(Form::Other(text.into()))),
            Token::Open('[') => Form::List(self.group(']', |parser| parser.value(depth + 1))),
            Token::Open('{') => Form::Map(self.group('}', |parser| parser.pair(depth))),
            Token::Open(_) => self.parentheses(depth),
            Token::Close(_)
            | Token::Comma
            | Token::Colon
            | Token::Unknown
            | Token::Unclosed(_)
            | Token::End => {
                self.complain("a value");
                Form::Broken
            }
        };
        Tree {
            span: start..self.lexer.last_end().max(start),
            form,
        }
    }

    fn scalar(&mut self, read: impl Fn(&str) -> Result<Form, ron::Error>) -> Form {
        let form = read(self.text()).unwrap_or_else(|error| {
            let message = format!("cannot read `{}`: {error}", shortened(self.text()));
            let problem = Problem::new("syntax", message).at(self.source, self.span.clone());
            self.report(problem);
            Form::Broken
        });
        self.advance();
        form
    }

    fn word(&mut self, depth: usize) -> Form {
        let word = self.text().to_owned();
        self.advance();
        match word.as_str() {
            "true" => Form::Bool(true),
            "false" => Form::Bool(false),
            "inf" | "NaN" => Form::NotFinite,
            _ if self.token == Token::Open('(') => {
                let _ = self.value(depth + 1);
                Form::Other(format!("{word}(…)"))
            }
            _ => Form::Name(word),
        }
    }

    fn pair(&mut self, depth: usize) -> (Tree, Tree) {
        let key = self.value(depth + 1);
        if key.form != Form::Broken && self.token != Token::Colon {
            self.complain("`:`");
            return (key, self.broken());
        }
        if self.token == Token::Colon {
            self.advance();
        }
        (key, self.value(depth + 1))
    }

    /// `(…)`: fields where it begins like one, otherwise a tuple.
    fn parentheses(&mut self, depth: usize) -> Form {
        if !self.lexer.field_follows() {
            return Form::Tuple(self.group(')', |parser| parser.value(depth + 1)));
        }
        Form::Record(self.group(')', |parser| {
            let key = Key {
                name: parser.text().to_owned(),
                span: parser.span.clone(),
            };
            if parser.token != Token::Word {
                parser.complain("the name of a field");
                return (key, parser.broken());
            }
            parser.advance();
            if parser.token != Token::Colon {
                parser.complain("`:`");
                return (key, parser.broken());
            }
            parser.advance();
            let value = parser.value(depth + 1);
            (key, value)
        }))
    }

    fn broken(&self) -> Tree {
        Tree {
            span: self.span.clone(),
            form: Form::Broken,
        }
    }

    /// Reads `item, item, …` up to `close`; after a mistake it goes on behind the next comma.
    fn group<T>(&mut self, close: char, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        self.advance();
        let mut items = Vec::new();
        loop {
            match self.token {
                Token::Close(found) if found == close => {
                    self.advance();
                    return items;
                }
                Token::End => {
                    self.complain(&format!("`{close}`"));
                    return items;
                }
                _ => {}
            }
            let mistakes = self.problems.len();
            items.push(item(self));
            match self.token {
                Token::Comma => self.advance(),
                Token::Close(found) if found == close => {}
                _ => {
                    let fine = self.problems.len() == mistakes;
                    if fine {
                        self.complain(&format!("`,` or `{close}`"));
                    }
                    // A comma alone is missing: nothing is lost.
                    if fine && self.token.begins_value() {
                        continue;
                    }
                    if !self.skip_to(close) {
                        return items;
                    }
                }
            }
        }
    }

    /// Skips to behind the next comma or to before `close`, over whole groups; `false` at the end of the file.
    fn skip_to(&mut self, close: char) -> bool {
        let mut open = 0_usize;
        loop {
            match self.token {
                Token::End => return false,
                Token::Comma if open == 0 => {
                    self.advance();
                    return true;
                }
                Token::Close(found) if open == 0 => {
                    // The bracket of an outer group means that this one was never closed.
                    return found == close;
                }
                Token::Open(_) => open += 1,
                Token::Close(_) => open -= 1,
                _ => {}
            }
            self.advance();
        }
    }
}

fn text(token: &str) -> Result<Form, ron::Error> {
    let plain = token
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|inner| !inner.contains('\\'));
    match plain {
        Some(plain) => Ok(Form::Text(plain.into())),
        None => Ok(Form::Text(
            ron::from_str(token).map_err(|error| error.code)?,
        )),
    }
}

fn number(token: &str) -> Result<Form, ron::Error> {
    if let Ok(number) = ron::from_str::<i64>(token) {
        return Ok(Form::Int(number));
    }
    let Ok(number) = ron::from_str::<f64>(token) else {
        // Such as `7u8`, which RON allows.
        let other: Result<ron::Value, _> = ron::from_str(token);
        return other
            .map(|_| Form::Other(token.into()))
            .map_err(|error| error.code);
    };
    let digits_only = !token.contains(['.', 'e', 'E', 'i', 'N']);
    Ok(match (number.is_finite(), digits_only) {
        (false, _) => Form::NotFinite,
        // A whole number beyond 64 bits would lose its last digits.
        (true, true) => Form::Other(token.into()),
        (true, false) => Form::Float(number),
    })
}
