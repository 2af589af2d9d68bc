//! What a new plugin begins with: its files, and all that they need to be built where no registry can be reached.

mod kit;

use std::fmt;

/// The languages that a plugin can begin in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the kit that makes a node look like a built-in one.
    Rust,
    /// C, with the header alone.
    C,
}

/// What a plugin is called: lower-case letters, digits, `-` and `_`, a letter first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Why a plugin cannot be called that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError(String);

/// One file of a new plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it lies within the plugin's folder, with `/`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

impl Name {
    /// The name `name`.
    ///
    /// Errors: it is empty, longer than 64 letters, begins with something else than a letter, or holds anything else
    /// than lower-case letters, digits, `-` and `_`.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let allowed = |letter: char| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter)
        };
        let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
        if begins && name.len() <= 64 && name.chars().all(allowed) {
            Ok(Self(name.into()))
        } else {
            Err(NameError(name.into()))
        }
    }

    /// The name as it stands in kinds and libraries, which have no `-`.
    fn group(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "a plugin cannot be called {:?}: expected 1 to 64 lower-case letters, digits, `-` or `_`, a letter first",
            self.0
        )
    }
}

impl std::error::Error for NameError {}

/// The files of a new plugin in `language`, in the order in which they are best read.
pub fn files(name: &Name, language: Language) -> Vec<File> {
    match language {
        Language::Rust => rust(name),
        Language::C => c(name),
    }
}

fn rust(name: &Name) -> Vec<File> {
    let library = library(&name.group());
    let mut files = vec![
        filled(
            "README.md",
            include_str!("../rust/README.md.in"),
            name,
            &library,
        ),
        filled(
            "src/lib.rs",
            include_str!("../rust/lib.rs.in"),
            name,
            &library,
        ),
        filled(
            "plugin.toml",
            include_str!("../rust/plugin.toml.in"),
            name,
            &library,
        ),
        filled(
            "Cargo.toml",
            include_str!("../rust/Cargo.toml.in"),
            name,
            &library,
        ),
        File {
            path: ".gitignore".into(),
            text: "/target\n".into(),
        },
    ];
    files.extend(kit::FILES.iter().map(|(path, text)| File {
        path: format!("smalto/{path}"),
        text: (*text).into(),
    }));
    files
}

fn c(name: &Name) -> Vec<File> {
    let library = library(&name.group());
    let source = source(name);
    vec![
        filled(
            "README.md",
            include_str!("../c/README.md.in"),
            name,
            &library,
        ),
        filled(&source, include_str!("../c/plugin.c.in"), name, &library),
        filled(
            "plugin.toml",
            include_str!("../c/plugin.toml.in"),
            name,
            &library,
        ),
        File {
            path: "smalto_plugin.h".into(),
            text: kit::HEADER.into(),
        },
    ]
}

fn source(name: &Name) -> String {
    format!("{}.c", name.group())
}

/// What the plugin's library is called on this machine.
fn library(group: &str) -> String {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    format!("{prefix}{group}{suffix}")
}

/// The file at `path`, the names put into its text.
fn filled(path: &str, text: &str, name: &Name, library: &str) -> File {
    let target = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let words = [
        ("{name}", name.0.as_str()),
        ("{group}", &name.group()),
        ("{library}", library),
        ("{source}", &source(name)),
        ("{target}", &target),
        ("{abi}", "1.1"),
        ("{version}", env!("CARGO_PKG_VERSION")),
        ("{rust_version}", env!("CARGO_PKG_RUST_VERSION")),
    ];
    let text = words.iter().fold(text.to_owned(), |text, (word, value)| {
        text.replace(word, value)
    });
    File {
        path: path.into(),
        text,
    }
}
