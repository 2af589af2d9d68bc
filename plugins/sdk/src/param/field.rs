//! The Rust types that a parameter's field may have.

use super::{ParamKind, ParamValue};

/// What `#[param(…)]` says of a field.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The value unless set.
    pub default: Option<ParamValue>,
    /// The smallest number allowed.
    pub min: Option<f64>,
    /// The largest number allowed.
    pub max: Option<f64>,
    /// The unit of the number, or nothing.
    pub unit: &'static str,
    /// Whether a text may span several lines.
    pub multiline: bool,
    /// Whether a path is written rather than read.
    pub written: bool,
}

/// A Rust type that a parameter's field may have.
pub trait ParamField: Sized {
    /// What the field may hold, narrowed by `hints`.
    fn kind(hints: &Hints) -> ParamKind;

    /// The default where `#[param]` names none; `None` means that the parameter must be set.
    fn natural_default() -> Option<ParamValue> {
        None
    }

    /// Reads a value that was checked against the field's spec; `None` where it was not.
    fn from_value(value: &ParamValue) -> Option<Self>;

    /// The field as a value.
    fn to_value(&self) -> ParamValue;
}

/// An enum whose variants are the names of a choice; derive it.
pub trait Choice: Copy + 'static {
    /// The names in files, each with what it means.
    const OPTIONS: &'static [(&'static str, &'static str)];

    /// The name of this variant.
    fn name(self) -> &'static str;

    /// The variant called `name`.
    fn from_name(name: &str) -> Option<Self>;
}

/// The seed of a node's random draws: the same seed gives the same result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seed(pub u64);

/// A path as written in a workflow: with `/`, and relative to the workflow's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePath(pub String);

impl From<&str> for FilePath {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

macro_rules! whole_number {
    ($($type:ty),*) => {$(
        impl ParamField for $type {
            fn kind(hints: &Hints) -> ParamKind {
                let widest = i64::try_from(<$type>::MAX).unwrap_or(i64::MAX);
                let narrowest = i64::try_from(<$type>::MIN).unwrap_or(i64::MIN);
                ParamKind::Int {
                    min: hints.min.map_or(narrowest, |min| min as i64).max(narrowest),
                    max: hints.max.map_or(widest, |max| max as i64).min(widest),
                }
            }

            fn from_value(value: &ParamValue) -> Option<Self> {
                match value {
                    ParamValue::Int(number) => <$type>::try_from(*number).ok(),
                    ParamValue::Bool(_) | ParamValue::Float(_) | ParamValue::Text(_) => None,
                }
            }

            fn to_value(&self) -> ParamValue {
                ParamValue::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )*};
}

whole_number!(u32, u64, usize, i64);

macro_rules! real_number {
    ($($type:ty),*) => {$(
        impl ParamField for $type {
            fn kind(hints: &Hints) -> ParamKind {
                ParamKind::Float {
                    min: hints.min.unwrap_or(f64::MIN),
                    max: hints.max.unwrap_or(f64::MAX),
                }
            }

            fn from_value(value: &ParamValue) -> Option<Self> {
                match value {
                    ParamValue::Float(number) => Some(*number as $type),
                    ParamValue::Int(number) => Some(*number as $type),
                    ParamValue::Bool(_) | ParamValue::Text(_) => None,
                }
            }

            fn to_value(&self) -> ParamValue {
                // Through the decimal form, so that 0.1_f32 is saved as 0.1.
                ParamValue::Float(self.to_string().parse().unwrap_or_default())
            }
        }
    )*};
}

real_number!(f32, f64);

impl ParamField for bool {
    fn kind(_: &Hints) -> ParamKind {
        ParamKind::Bool
    }

    fn natural_default() -> Option<ParamValue> {
        Some(ParamValue::Bool(false))
    }

    fn from_value(value: &ParamValue) -> Option<Self> {
        match value {
            ParamValue::Bool(value) => Some(*value),
            ParamValue::Int(_) | ParamValue::Float(_) | ParamValue::Text(_) => None,
        }
    }

    fn to_value(&self) -> ParamValue {
        ParamValue::Bool(*self)
    }
}

impl ParamField for String {
    fn kind(hints: &Hints) -> ParamKind {
        ParamKind::Text {
            multiline: hints.multiline,
        }
    }

    fn natural_default() -> Option<ParamValue> {
        Some(ParamValue::Text(String::new()))
    }

    fn from_value(value: &ParamValue) -> Option<Self> {
        text(value).map(Into::into)
    }

    fn to_value(&self) -> ParamValue {
        ParamValue::Text(self.clone())
    }
}

impl ParamField for FilePath {
    fn kind(hints: &Hints) -> ParamKind {
        ParamKind::Path {
            written: hints.written,
        }
    }

    fn from_value(value: &ParamValue) -> Option<Self> {
        text(value).map(Into::into)
    }

    fn to_value(&self) -> ParamValue {
        ParamValue::Text(self.0.clone())
    }
}

impl ParamField for Seed {
    fn kind(_: &Hints) -> ParamKind {
        ParamKind::Seed
    }

    fn natural_default() -> Option<ParamValue> {
        Some(ParamValue::Int(0))
    }

    fn from_value(value: &ParamValue) -> Option<Self> {
        u64::from_value(value).map(Self)
    }

    fn to_value(&self) -> ParamValue {
        self.0.to_value()
    }
}

/// The text of a text value.
fn text(value: &ParamValue) -> Option<&str> {
    match value {
        ParamValue::Text(text) => Some(text),
        ParamValue::Bool(_) | ParamValue::Int(_) | ParamValue::Float(_) => None,
    }
}
