//! The manifest: what a plugin says of itself before any of its code is loaded.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use graph::plugin::{Version, VersionError};
use serde::Deserialize;

/// The name of the file.
pub const FILE: &str = "plugin.toml";

/// No manifest is larger, so that a wrong file is not read whole.
const LARGEST: u64 = 1 << 20;

/// What stands in `plugin.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The name of the plugin for ever, in reverse domain order.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// The version of the header that it was written for: major and minor.
    pub abi: (u16, u16),
    /// The kinds of node that it brings.
    pub nodes: Vec<String>,
    /// The libraries, by what they run on: `linux-x86_64`.
    pub libraries: BTreeMap<String, Library>,
}

/// One library of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Where it lies, seen from the manifest.
    pub path: PathBuf,
    /// What it must hash to; a plugin that is still being written may leave this out.
    pub sha256: Option<String>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The file is no manifest.
    #[error("`{}` is no manifest of a plugin: {error}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        error: Box<toml::de::Error>,
    },
    /// A field holds what it must not.
    #[error("`{}`: `{field}` {problem}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// What is wrong, what was found and what was expected.
        problem: String,
    },
    /// The plugin was not built for this machine.
    #[error("`{}` lists no library for `{target}`; it was built for {known}", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// This machine.
        target: String,
        /// What there is.
        known: String,
    },
}

/// The file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: String,
    version: String,
    abi: String,
    nodes: Vec<String>,
    libraries: BTreeMap<String, Library>,
}

/// What this machine is called in manifests.
pub fn target() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

impl Manifest {
    /// Reads the manifest of the plugin in `folder`.
    ///
    /// Errors: there is none, or it is wrong.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(FILE);
        let unreadable = |error| ManifestError::Unreadable {
            path: path.clone(),
            error,
        };
        let size = std::fs::metadata(&path).map_err(unreadable)?.len();
        if size > LARGEST {
            return Err(unreadable(io::Error::other(format!(
                "it has {size} bytes, and a manifest has at most {LARGEST}"
            ))));
        }
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        Self::parse(&text, &path)
    }

    /// Reads the text of the manifest at `path`.
    ///
    /// Errors: it is wrong.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        let Text {
            id,
            version,
            abi,
            nodes,
            libraries,
        } = toml::from_str(text).map_err(|error| ManifestError::Malformed {
            path: path.into(),
            error: Box::new(error),
        })?;
        let wrong = |field, problem: String| ManifestError::Field {
            path: path.into(),
            field,
            problem,
        };
        if !is_id(&id) {
            return Err(wrong(
                "id",
                format!("is `{id}`; expected names in reverse domain order, like `org.acme.blur`"),
            ));
        }
        let version = version
            .parse()
            .map_err(|error: VersionError| wrong("version", format!("is wrong: {error}")))?;
        let Some(abi) = abi_version(&abi) else {
            return Err(wrong(
                "abi",
                format!(r#"is `{abi}`; expected the version of the header, like "1.0""#),
            ));
        };
        if let Some(kind) = nodes.iter().find(|kind| !is_kind(kind)) {
            return Err(wrong(
                "nodes",
                format!("lists `{kind}`; expected names like `acme.blur`"),
            ));
        }
        for library in libraries.values() {
            let hash = library.sha256.as_deref();
            if hash.is_some_and(|hash| !is_sha256(hash)) {
                return Err(wrong(
                    "libraries",
                    format!(
                        "has a `sha256` for `{}` that is none; expected 64 digits from 0 to f",
                        library.path.display()
                    ),
                ));
            }
        }
        Ok(Self {
            id,
            version,
            abi,
            nodes,
            libraries,
        })
    }

    /// The library for this machine.
    ///
    /// Errors: there is none.
    pub fn library(&self, folder: &Path) -> Result<&Library, ManifestError> {
        let target = target();
        self.libraries.get(&target).ok_or_else(|| {
            let known: Vec<&str> = self.libraries.keys().map(String::as_str).collect();
            ManifestError::Target {
                path: folder.join(FILE),
                target,
                known: if known.is_empty() {
                    "nothing".into()
                } else {
                    known.join(", ")
                },
            }
        })
    }
}

fn abi_version(text: &str) -> Option<(u16, u16)> {
    // A number may have a sign where it is parsed.
    if text.contains('+') {
        return None;
    }
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether `text` can be the id of a plugin.
pub fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_part = |part: &&str| {
        part.starts_with(|letter: char| letter.is_ascii_lowercase())
            && part.bytes().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-_".contains(&letter)
            })
    };
    text.len() <= 200 && parts.len() >= 2 && parts.iter().all(is_part)
}

/// Whether `text` can be the kind of a node.
pub fn is_kind(text: &str) -> bool {
    let mut parts = text.split('.');
    text.len() <= 200 && text.contains('.') && parts.all(is_name)
}

/// Whether `text` can be the name of a port or parameter.
pub fn is_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text
            .bytes()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Manifest;

    const BLUR: &str = r#"
id = "org.acme.blur"
version = "0.1.0"
abi = "1.0"
nodes = ["acme.blur"]

[libraries]
linux-x86_64 = { path = "libblur.so" }
"#;

    fn parse(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text, Path::new("a/plugin.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_manifest_says_what_there_is_before_anything_is_loaded() {
        let manifest = parse(BLUR).expect("it is a manifest");
        assert_eq!(manifest.id, "org.acme.blur");
        assert_eq!(manifest.version.to_string(), "0.1.0");
        assert_eq!(manifest.abi, (1, 0));
        assert_eq!(manifest.nodes, ["acme.blur"]);
        let library = &manifest.libraries["linux-x86_64"];
        assert_eq!(library.path, Path::new("libblur.so"));
        assert_eq!(library.sha256, None);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_was_expected() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = parse(&BLUR.replace(from, to)).expect_err(to);
            assert!(error.contains(expected), "{error}");
        };
        check(
            "org.acme.blur",
            "Blur",
            "`a/plugin.toml`: `id` is `Blur`; expected names",
        );
        check("0.1.0", "1", "`version` is wrong: `1` is no version");
        check(
            "\"1.0\"",
            "\"one\"",
            "`abi` is `one`; expected the version of the header",
        );
        check("\"1.0\"", "\"+1.0\"", "`abi` is `+1.0`; expected");
        check(
            "acme.blur\"]",
            "blur\"]",
            "`nodes` lists `blur`; expected names like",
        );
        check(
            "\"libblur.so\"",
            "\"l\", sha256 = \"0\"",
            "expected 64 digits",
        );
        check("version", "versoin", "unknown field `versoin`");
        check("abi = \"1.0\"", "", "missing field `abi`");
    }
}
