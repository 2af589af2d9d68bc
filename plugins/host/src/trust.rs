//! Trust: which libraries the user lets run, known by what is in them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::store;

/// What the user said of a library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trusted {
    /// The plugin that it belonged to.
    pub id: String,
    /// The version of that.
    pub version: String,
    /// Whether it may run in the program itself, which it can then bring down.
    #[serde(default)]
    pub in_process: bool,
}

/// The libraries that the user trusts, by the SHA-256 of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    #[serde(default)]
    libraries: BTreeMap<String, Trusted>,
}

/// Why what the user trusts is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The file cannot be read or written.
    #[error("cannot use the list of trusted plugins `{}`: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The file is damaged.
    #[error(
        "the list of trusted plugins `{}` is damaged: {problem}; mend it, or delete it and trust your plugins again",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
}

const HEAD: &str = "\
# The plugin libraries that may be loaded, by the SHA-256 of their bytes.
# Written by `smalto plugins trust` and `smalto plugins untrust`.

";

impl Trust {
    /// What the file at `path` says; nothing is trusted where there is none.
    ///
    /// Errors: the file is there and cannot be read.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                return Err(TrustError::File {
                    path: path.into(),
                    error,
                });
            }
        };
        toml::from_str(&text).map_err(|error| TrustError::Damaged {
            path: path.into(),
            problem: error.to_string(),
        })
    }

    /// Writes the file whole or not at all.
    ///
    /// Errors: it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrustError> {
        let body = toml::to_string(self).map_err(|error| TrustError::Damaged {
            path: path.into(),
            problem: error.to_string(),
        })?;
        store::write(path, format!("{HEAD}{body}").as_bytes()).map_err(|error| TrustError::File {
            path: path.into(),
            error,
        })
    }

    /// What the user said of the library that hashes to `sha256`.
    pub fn get(&self, sha256: &str) -> Option<&Trusted> {
        self.libraries.get(sha256)
    }

    /// Trusts a library, in place of every earlier build of the same version of its plugin.
    pub fn add(&mut self, sha256: impl Into<String>, trusted: Trusted) {
        self.libraries
            .retain(|_, other| (&other.id, &other.version) != (&trusted.id, &trusted.version));
        let _ = self.libraries.insert(sha256.into(), trusted);
    }

    /// Trusts no library of the plugin `id` any more; says how many there were.
    pub fn remove(&mut self, id: &str) -> usize {
        let before = self.libraries.len();
        self.libraries.retain(|_, trusted| trusted.id != id);
        before - self.libraries.len()
    }
}

/// Makes sure that a library is still the one that the user trusted, right before it is loaded.
///
/// Errors: it is another one, or cannot be read.
pub fn verify(path: &Path, expected: &str) -> Result<(), Fault> {
    let changed = |what: String| {
        let problem = format!("the library `{}` {what}", path.display());
        Fault::failed(
            problem,
            "start the program anew, and trust the library if you still do",
        )
    };
    match sha256(path) {
        Ok(found) if found == expected => Ok(()),
        Ok(_) => Err(changed("is not the one any more that you trusted".into())),
        Err(error) => Err(changed(format!("cannot be read: {error}"))),
    }
}

/// No library is larger, so that a file without end is not read for ever.
const LARGEST: u64 = 1 << 31;

/// The SHA-256 of the file of a library, in digits from 0 to f.
///
/// Errors: it cannot be read, or is nothing that could be a library.
pub fn sha256(path: &Path) -> io::Result<String> {
    // Asked before it is opened: to open a pipe is to wait for whoever writes to it.
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if about.len() > LARGEST {
        return Err(io::Error::other(format!(
            "it has {} bytes, and a library has at most {LARGEST}",
            about.len()
        )));
    }
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let bytes = hash.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{Trust, TrustError, Trusted, sha256};

    fn blur(version: &str) -> Trusted {
        Trusted {
            id: "org.acme.blur".into(),
            version: version.into(),
            in_process: false,
        }
    }

    #[test]
    fn what_is_trusted_is_known_by_its_bytes_and_outlives_the_program() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("new/trusted.toml");
        let mut trust = Trust::read(&path).expect("nothing is there yet");
        assert_eq!(trust, Trust::default());
        trust.add("aa", blur("1.0.0"));
        trust.add("bb", blur("1.1.0"));
        trust.add("cc", blur("1.1.0"));
        trust.write(&path).expect("it can be written");

        let mut read = Trust::read(&path).expect("it was written");
        assert_eq!(read, trust);
        assert_eq!(read.get("aa"), Some(&blur("1.0.0")));
        assert_eq!(read.get("bb"), None, "a later build takes its place");
        assert_eq!((read.remove("org.acme.blur"), read.remove("other")), (2, 0));
        assert_eq!(read, Trust::default());
    }

    #[test]
    fn a_damaged_list_trusts_nothing_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("trusted.toml");
        std::fs::write(&path, "libraries = 3").expect("a file can be written");
        let error = Trust::read(&path).expect_err("it is no list");
        assert!(matches!(error, TrustError::Damaged { .. }));
        assert!(
            error.to_string().contains("trust your plugins again"),
            "{error}"
        );
    }

    #[test]
    fn a_file_is_hashed_as_everybody_does() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").expect("a file can be written");
        assert_eq!(
            sha256(&path).expect("it can be read"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn what_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let check = |path: &std::path::Path, expected: &str| {
            let error = sha256(path).expect_err("it is no library").to_string();
            assert_eq!(error, expected);
        };
        check(std::path::Path::new("/dev/zero"), "it is no file");
        check(folder.path(), "it is no file");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("there is `mkfifo`").success());
        check(&pipe, "it is no file");
        let sparse = folder.path().join("sparse");
        let file = std::fs::File::create(&sparse).expect("a file can be made");
        file.set_len(super::LARGEST + 1)
            .expect("nothing is written");
        check(
            &sparse,
            "it has 2147483649 bytes, and a library has at most 2147483648",
        );
    }
}
