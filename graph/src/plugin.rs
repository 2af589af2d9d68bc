//! Plugins, as far as a graph knows them: what they are called, and which versions of one will do.

use std::fmt;
use std::str::FromStr;

/// A plugin that lies on this machine, whether its nodes can be used or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its version.
    pub version: Version,
    /// The kinds of node that it brings.
    pub kinds: Vec<String>,
    /// Why its nodes cannot be used, and how to mend that; `None` where they can.
    pub obstacle: Option<Obstacle>,
    /// Whether it runs in the program itself, and not in a process of its own.
    pub in_process: bool,
}

/// Why the nodes of a plugin cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What is wrong.
    pub problem: String,
    /// How to mend it.
    pub hint: String,
}

/// The version of a plugin: `MAJOR.MINOR.PATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Rises where something no longer works as it did.
    pub major: u64,
    /// Rises where something is new.
    pub minor: u64,
    /// Rises where something was mended.
    pub patch: u64,
}

/// Which versions of a plugin will do: `^1.2`, `1.2.3`, `>=1`, `=1.2.3` or `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Every one.
    Any,
    /// This one and later ones that still work as it does: `^1.2`, or without a sign.
    Compatible(Version),
    /// This one and all later ones.
    AtLeast(Version),
    /// This one alone.
    Exactly(Version),
}

/// A text that is no version, or says nothing of versions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version: expected three numbers with dots between them, like `1.2.0`")]
pub struct VersionError(String);

impl Versions {
    /// Whether `version` will do.
    pub fn allow(self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(only) => version == only,
            Self::AtLeast(least) => version >= least,
            Self::Compatible(least) if least.major > 0 => {
                version >= least && version.major == least.major
            }
            // Before the first release every minor version may change everything.
            Self::Compatible(least) => {
                version >= least && (version.major, version.minor) == (0, least.minor)
            }
        }
    }
}

/// Reads up to three numbers; what is left out is zero.
fn numbers(text: &str, least: usize) -> Option<Version> {
    let parts: Vec<&str> = text.split('.').collect();
    if !(least..=3).contains(&parts.len()) {
        return None;
    }
    let number = |index: usize| match parts.get(index) {
        None => Some(0),
        Some(part) if part.bytes().all(|digit| digit.is_ascii_digit()) => part.parse().ok(),
        Some(_) => None,
    };
    Some(Version {
        major: number(0)?,
        minor: number(1)?,
        patch: number(2)?,
    })
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        numbers(text, 3).ok_or_else(|| VersionError(text.into()))
    }
}

impl FromStr for Versions {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = || VersionError(text.into());
        let trimmed = text.trim();
        if trimmed == "*" {
            return Ok(Self::Any);
        }
        let (make, rest): (fn(Version) -> Self, &str) =
            if let Some(rest) = trimmed.strip_prefix(">=") {
                (Self::AtLeast, rest)
            } else if let Some(rest) = trimmed.strip_prefix('=') {
                (Self::Exactly, rest)
            } else {
                (
                    Self::Compatible,
                    trimmed.strip_prefix('^').unwrap_or(trimmed),
                )
            };
        numbers(rest.trim(), 1).map(make).ok_or_else(wrong)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::{Version, Versions};

    #[test]
    fn a_requirement_allows_what_works_alike() {
        let check = |versions: &str, version: &str| {
            let versions: Versions = versions.parse().expect("it is a requirement");
            versions.allow(version.parse().expect("it is a version"))
        };
        for allowed in ["1.2.0", "1.2.9", "1.10.0"] {
            assert!(check("^1.2", allowed) && check("1.2", allowed), "{allowed}");
        }
        for refused in ["1.1.9", "2.0.0", "0.2.0"] {
            assert!(!check("^1.2", refused), "{refused}");
        }
        assert!(check("0.3", "0.3.7") && !check("0.3", "0.4.0"));
        assert!(check(">=1", "7.0.0") && !check(">= 1", "0.9.9"));
        assert!(check("=1.2.3", "1.2.3") && !check("=1.2.3", "1.2.4"));
        assert!(check("*", "0.0.0"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "", "1", "1.2", "1.2.3.4", "1.x.0", "-1.0.0", "1.2.+3", "1..2",
        ] {
            let error = text.parse::<Version>().expect_err(text).to_string();
            assert!(error.starts_with(&format!("`{text}` is no version")));
        }
        for text in ["", "^", ">1", "1.2.3.4", "latest"] {
            assert!(text.parse::<Versions>().is_err(), "{text}");
        }
        let version: Version = "1.20.3".parse().expect("it is a version");
        assert_eq!(version.to_string(), "1.20.3");
    }
}
