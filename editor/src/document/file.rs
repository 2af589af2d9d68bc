//! Files as they lie on the disk: read whole, known again by what stands in them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use graph::problem::Problems;
use graph::registry::Registry;
use graph::workflow::{LARGEST, Workflow};

use super::picture;

/// Why a file cannot be opened; it stays as it is.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no file, or it may not be read.
    #[error("cannot open the workflow: {reason}: `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: Arc<io::Error>,
    },
    /// It holds no valid workflow.
    #[error("{problems}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that keeps it from being opened, with lines and columns.
        problems: Problems,
    },
    /// It is a picture and nothing else.
    #[error(
        "the picture carries no workflow; only pictures that Smalto has written with it carry one: `{}`",
        path.display()
    )]
    NoWorkflow {
        /// The picture.
        path: PathBuf,
    },
    /// It is a picture that cannot be read.
    #[error("cannot read the picture: {reason}; the file may be damaged: take another copy: `{}`", path.display())]
    DamagedPicture {
        /// The picture.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl OpenError {
    /// Whether the file is of a format that only a newer program reads.
    pub fn is_newer(&self) -> bool {
        match self {
            Self::Invalid { problems, .. } => problems.has("newer-format"),
            Self::Unreadable { .. } | Self::NoWorkflow { .. } | Self::DamagedPicture { .. } => {
                false
            }
        }
    }

    /// Whether there is no such file.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Unreadable { reason, .. } => reason.kind() == io::ErrorKind::NotFound,
            Self::Invalid { .. } | Self::NoWorkflow { .. } | Self::DamagedPicture { .. } => false,
        }
    }
}

/// A workflow as it was found.
#[derive(Debug)]
pub enum Found {
    /// In a file of its own.
    File(Workflow),
    /// In a picture.
    Picture(Workflow),
}

/// Reads the workflow at `path`, from a file of its own or a picture.
///
/// Errors: all that is wrong.
pub fn open(path: &Path, registry: &Registry) -> Result<Found, OpenError> {
    if let Err(error) = File::open(path) {
        return Err(OpenError::Unreadable {
            path: path.to_owned(),
            reason: Arc::new(error),
        });
    }
    if picture::is_picture(path) {
        return picture::open(path, registry).map(Found::Picture);
    }
    Workflow::open(path, registry)
        .map(Found::File)
        .map_err(|problems| OpenError::Invalid {
            path: path.to_owned(),
            problems,
        })
}

/// Reads a workflow from `text`, which stands for the file at `path`.
///
/// Errors: all that is wrong.
pub fn read(path: &Path, text: &str, registry: &Registry) -> Result<Workflow, OpenError> {
    let name = path.display().to_string();
    Workflow::read(&name, text, registry).map_err(|problems| OpenError::Invalid {
        path: path.to_owned(),
        problems,
    })
}

/// What stands in a file, in eight bytes; the same for the same content, on every computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of `bytes` (FNV-1a).
    pub fn of(bytes: &[u8]) -> Self {
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash)
    }

    /// The fingerprint of the file at `path`; nothing where there is none.
    ///
    /// Errors: it is there and cannot be read.
    pub fn of_file(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        // A file that is larger is no workflow, whatever else stands in it.
        let _ = file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        Ok(Some(Self::of(&bytes)))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn a_fingerprint_is_always_the_same() {
        // The published test vectors of FNV-1a.
        assert_eq!(Fingerprint::of(b"").to_string(), "cbf29ce484222325");
        assert_eq!(Fingerprint::of(b"foobar").to_string(), "85944171f73967e8");
        assert_eq!("85944171f73967e8".parse(), Ok(Fingerprint::of(b"foobar")));
        assert!("no number".parse::<Fingerprint>().is_err());
    }
}
