//! Parameters: what a user sets on a node.

mod field;

use std::collections::BTreeMap;
use std::fmt;

pub use field::{Choice, FilePath, Hints, ParamField, Seed};

/// What a parameter is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any number.
    Float(f64),
    /// Text, a path, or the name of a choice.
    Text(String),
}

impl fmt::Display for ParamValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(out, "{value}"),
            Self::Int(value) => write!(out, "{value}"),
            Self::Float(value) => write!(out, "{value:?}"),
            Self::Text(value) => write!(out, "{value:?}"),
        }
    }
}

/// The values of a node's parameters, by name; those that are absent have their default.
pub type ParamValues = BTreeMap<String, ParamValue>;

/// What a parameter may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamKind {
    /// Yes or no.
    Bool,
    /// A whole number from `min` to `max`, both allowed.
    Int {
        /// The smallest number allowed.
        min: i64,
        /// The largest number allowed.
        max: i64,
    },
    /// A finite number from `min` to `max`, both allowed.
    Float {
        /// The smallest number allowed.
        min: f64,
        /// The largest number allowed.
        max: f64,
    },
    /// Free text.
    Text {
        /// Whether the text may span several lines.
        multiline: bool,
    },
    /// One of a few names, each with what it means.
    Choice {
        /// The names, with what each means.
        options: &'static [(&'static str, &'static str)],
    },
    /// A file or folder; relative paths start at the workflow file's folder.
    Path {
        /// Whether the node writes it.
        written: bool,
    },
    /// The seed of the node's random draws.
    Seed,
}

impl fmt::Display for ParamKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => out.write_str("true or false"),
            Self::Int { min, max } => write!(out, "a whole number from {min} to {max}"),
            Self::Float { min, max } => write!(out, "a number from {min} to {max}"),
            Self::Text { .. } => out.write_str("text"),
            Self::Path { .. } => out.write_str("a path"),
            Self::Seed => out.write_str("a whole number of at least 0"),
            Self::Choice { options } => {
                let names: Vec<String> = options.iter().map(|(n, _)| format!("{n:?}")).collect();
                write!(out, "one of {}", names.join(", "))
            }
        }
    }
}

/// Everything there is to know about one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// The name, as in files.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// What it may hold.
    pub kind: ParamKind,
    /// What it holds unless set; `None` where it must be set.
    pub default: Option<ParamValue>,
    /// The unit of the number, or nothing.
    pub unit: &'static str,
}

impl ParamSpec {
    /// The spec of a field of type `T`.
    pub fn of<T: ParamField>(name: &'static str, doc: &'static str, hints: Hints) -> Self {
        Self {
            name,
            doc,
            kind: T::kind(&hints),
            default: hints.default.or_else(T::natural_default),
            unit: hints.unit,
        }
    }

    /// Whether `value` may be set here; a whole number may where any number may.
    fn allows(&self, value: &ParamValue) -> bool {
        match (&self.kind, value) {
            (ParamKind::Bool, ParamValue::Bool(_))
            | (ParamKind::Text { .. } | ParamKind::Path { .. }, ParamValue::Text(_)) => true,
            (ParamKind::Int { min, max }, ParamValue::Int(number)) => (min..=max).contains(&number),
            (ParamKind::Float { min, max }, ParamValue::Float(number)) => {
                number.is_finite() && (min..=max).contains(&number)
            }
            (ParamKind::Float { min, max }, ParamValue::Int(number)) => {
                (*min..=*max).contains(&(*number as f64))
            }
            (ParamKind::Seed, ParamValue::Int(number)) => *number >= 0,
            (ParamKind::Choice { options }, ParamValue::Text(name)) => {
                options.iter().any(|(option, _)| option == name)
            }
            _ => false,
        }
    }
}

/// Why a parameter cannot be what it is set to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ParamError {
    /// The value is of another type or out of range.
    Invalid {
        /// The parameter.
        param: String,
        /// What it may hold.
        expected: String,
        /// What it was set to.
        found: String,
    },
    /// The parameter has no default and was not set.
    Missing {
        /// The parameter.
        param: String,
        /// What it is for.
        doc: String,
    },
}

impl ParamError {
    /// The name of the parameter at fault.
    pub fn param(&self) -> &str {
        match self {
            Self::Invalid { param, .. } | Self::Missing { param, .. } => param,
        }
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid {
                param,
                expected,
                found,
            } => write!(
                out,
                "parameter `{param}` must be {expected}, but is {found}"
            ),
            Self::Missing { param, doc } => {
                write!(out, "parameter `{param}` must be set: {doc}")
            }
        }
    }
}

impl std::error::Error for ParamError {}

/// A struct whose fields are a node's parameters; derive it.
pub trait Params: Sized {
    /// The name of the struct in words.
    const TITLE: &'static str;
    /// What the node does.
    const DOC: &'static str;

    /// What may be set, in the order of the fields.
    fn specs() -> Vec<ParamSpec>;

    /// Makes the struct from values by name; absent ones take their default.
    ///
    /// Errors: the first value that does not fit.
    fn from_values(values: &ParamValues) -> Result<Self, ParamError>;

    /// The value of every field.
    fn to_values(&self) -> ParamValues;
}

/// Checks `values` against `specs` and fills in the defaults.
///
/// Errors: the first value that does not fit or is missing.
pub fn complete(specs: &[ParamSpec], values: &ParamValues) -> Result<ParamValues, ParamError> {
    let mut complete = ParamValues::new();
    for spec in specs {
        let value = match values.get(spec.name) {
            Some(value) if spec.allows(value) => value.clone(),
            Some(value) => {
                return Err(ParamError::Invalid {
                    param: spec.name.into(),
                    expected: spec.kind.to_string(),
                    found: value.to_string(),
                });
            }
            None => spec.default.clone().ok_or_else(|| ParamError::Missing {
                param: spec.name.into(),
                doc: spec.doc.into(),
            })?,
        };
        let _ = complete.insert(spec.name.into(), value);
    }
    Ok(complete)
}
