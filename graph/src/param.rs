//! Parameters: what a user sets on a node.

mod field;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use field::{Choice, FilePath, Hints, ParamField, Seed};

/// What a parameter is set to; every widget and every file holds one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
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

impl ParamValue {
    /// What the value is, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
        }
    }
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// One of a few names.
    Choice {
        /// The names, with what each means.
        options: Vec<ChoiceOption>,
    },
    /// A file or folder; relative paths start at the workflow file's folder.
    Path {
        /// What the node does with it.
        purpose: PathPurpose,
    },
    /// The seed of the node's random draws.
    Seed,
}

/// One name of a [`ParamKind::Choice`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// The name, as in files.
    pub name: String,
    /// What it means.
    pub doc: String,
}

/// What a node does with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathPurpose {
    /// Reads it: its content is part of the node's cache key.
    Read,
    /// Writes it.
    Write,
}

/// Everything there is to know about one parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParamSpec {
    /// The name, as in files.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// What it may hold.
    pub kind: ParamKind,
    /// What it holds unless set; `None` where it must be set.
    pub default: Option<ParamValue>,
    /// The unit of the number, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl ParamSpec {
    /// The spec of a field of type `T`.
    pub fn of<T: ParamField>(name: &str, doc: &str, hints: Hints) -> Self {
        Self {
            name: name.into(),
            doc: doc.into(),
            kind: T::kind(&hints),
            default: hints.default.or_else(T::natural_default),
            unit: hints.unit.map(Into::into),
        }
    }

    /// Whether `value` may be set here; returns it in the canonical form.
    ///
    /// A whole number is taken where a number is wanted.
    ///
    /// Errors: what was expected and what was found.
    pub fn check(&self, value: &ParamValue) -> Result<ParamValue, ParamError> {
        let fails = |expected: String| ParamError::Invalid {
            param: self.name.clone(),
            expected,
            found: value.to_string(),
        };
        match (&self.kind, value) {
            (ParamKind::Bool, ParamValue::Bool(_))
            | (ParamKind::Text { .. } | ParamKind::Path { .. }, ParamValue::Text(_)) => {
                Ok(value.clone())
            }
            (ParamKind::Int { min, max }, ParamValue::Int(number)) => {
                if (min..=max).contains(&number) {
                    Ok(value.clone())
                } else {
                    Err(fails(format!("a whole number from {min} to {max}")))
                }
            }
            (ParamKind::Float { min, max }, ParamValue::Float(_) | ParamValue::Int(_)) => {
                let number = match value {
                    ParamValue::Int(number) => *number as f64,
                    ParamValue::Float(number) => *number,
                    ParamValue::Bool(_) | ParamValue::Text(_) => f64::NAN,
                };
                if number.is_finite() && (*min..=*max).contains(&number) {
                    Ok(ParamValue::Float(number))
                } else {
                    Err(fails(float_range(*min, *max)))
                }
            }
            (ParamKind::Seed, ParamValue::Int(number)) if *number >= 0 => Ok(value.clone()),
            (ParamKind::Choice { options }, ParamValue::Text(name)) => {
                if options.iter().any(|option| option.name == *name) {
                    Ok(value.clone())
                } else {
                    Err(fails(self.kind.to_string()))
                }
            }
            _ => Err(fails(self.kind.to_string())),
        }
    }

    /// Reads `text`, as typed on a command line, as a value of this parameter.
    ///
    /// Errors: what was expected and what was found.
    pub fn parse(&self, text: &str) -> Result<ParamValue, ParamError> {
        let read = match &self.kind {
            ParamKind::Bool => text.parse().ok().map(ParamValue::Bool),
            ParamKind::Int { .. } | ParamKind::Seed => text.parse().ok().map(ParamValue::Int),
            ParamKind::Float { .. } => text.parse().ok().map(ParamValue::Float),
            ParamKind::Text { .. } | ParamKind::Choice { .. } | ParamKind::Path { .. } => {
                Some(ParamValue::Text(text.into()))
            }
        };
        let Some(value) = read else {
            return Err(ParamError::Invalid {
                param: self.name.clone(),
                expected: self.kind.to_string(),
                found: format!("{text:?}"),
            });
        };
        self.check(&value)
    }

    /// The name of the wire kind that may be wired into this parameter.
    pub fn wire_kind(&self) -> &'static str {
        match self.kind {
            ParamKind::Int { .. } | ParamKind::Float { .. } | ParamKind::Seed => "number",
            ParamKind::Bool
            | ParamKind::Text { .. }
            | ParamKind::Choice { .. }
            | ParamKind::Path { .. } => "text",
        }
    }
}

fn float_range(min: f64, max: f64) -> String {
    match (min == f64::MIN, max == f64::MAX) {
        (true, true) => "a finite number".into(),
        (false, true) => format!("a number of at least {min}"),
        (true, false) => format!("a number of at most {max}"),
        (false, false) => format!("a number from {min} to {max}"),
    }
}

impl fmt::Display for ParamKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => out.write_str("true or false"),
            Self::Int { min, max } => write!(out, "a whole number from {min} to {max}"),
            Self::Float { min, max } => out.write_str(&float_range(*min, *max)),
            Self::Text { .. } => out.write_str("text in quotes"),
            Self::Path { .. } => out.write_str("a path in quotes"),
            Self::Seed => out.write_str("a whole number of at least 0"),
            Self::Choice { options } => {
                let names: Vec<String> = options
                    .iter()
                    .map(|option| format!("{:?}", option.name))
                    .collect();
                write!(out, "one of {}", names.join(", "))
            }
        }
    }
}

/// Why a parameter cannot be what it is set to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamError {
    /// The value is of another type or out of range.
    #[error("parameter `{param}` must be {expected}, but is {found}")]
    Invalid {
        /// The parameter.
        param: String,
        /// What it may hold.
        expected: String,
        /// What it was set to.
        found: String,
    },
    /// The parameter has no default and was not set.
    #[error("parameter `{param}` must be set: {doc}")]
    Missing {
        /// The parameter.
        param: String,
        /// What it is for.
        doc: String,
    },
    /// The node has no such parameter.
    #[error("there is no parameter `{param}`; there are {known}")]
    Unknown {
        /// The name that was set.
        param: String,
        /// The names there are.
        known: String,
    },
}

impl ParamError {
    /// The name of the parameter at fault.
    pub fn param(&self) -> &str {
        match self {
            Self::Invalid { param, .. }
            | Self::Missing { param, .. }
            | Self::Unknown { param, .. } => param,
        }
    }
}

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
    /// Errors: every value that does not fit, not just the first.
    fn from_values(values: &ParamValues) -> Result<Self, Vec<ParamError>>;

    /// The value of every field.
    fn to_values(&self) -> ParamValues;
}

/// Checks `values` against `specs` and fills in the defaults.
///
/// Errors: every value that does not fit, is missing or is unknown.
pub fn complete(specs: &[ParamSpec], values: &ParamValues) -> Result<ParamValues, Vec<ParamError>> {
    let mut complete = ParamValues::new();
    let mut errors = Vec::new();
    for spec in specs {
        let value = match values.get(&spec.name) {
            Some(value) => spec.check(value),
            None => spec.default.clone().ok_or_else(|| ParamError::Missing {
                param: spec.name.clone(),
                doc: spec.doc.clone(),
            }),
        };
        match value {
            Ok(value) => drop(complete.insert(spec.name.clone(), value)),
            Err(error) => errors.push(error),
        }
    }
    for name in values.keys() {
        if !specs.iter().any(|spec| spec.name == *name) {
            let known: Vec<String> = specs
                .iter()
                .map(|spec| format!("`{}`", spec.name))
                .collect();
            errors.push(ParamError::Unknown {
                param: name.clone(),
                known: if known.is_empty() {
                    "none".into()
                } else {
                    known.join(", ")
                },
            });
        }
    }
    if errors.is_empty() {
        Ok(complete)
    } else {
        Err(errors)
    }
}
