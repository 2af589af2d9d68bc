//! Files that people may edit by hand: a damaged one is told, and set aside before another takes its place.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

/// A file of the config folder.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    damaged: bool,
}

/// Why a file of the config folder cannot be used; it stays as it is.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the file, so everything has its default: {reason}: `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: Arc<io::Error>,
    },
    /// It does not hold what it should.
    #[error("line {line}, column {column}: {reason}; everything has its default until that is mended: `{}`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, counted from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
}

impl ConfigFile {
    /// The file at `path`, which need not be there.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            damaged: false,
        }
    }

    /// What stands in the file, with its text; nothing where there is none.
    ///
    /// Errors: it cannot be read, or not understood.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<Option<(T, String)>, ConfigError> {
        let found = self.understand();
        self.damaged = found.is_err();
        found
    }

    fn understand<T: DeserializeOwned>(&self) -> Result<Option<(T, String)>, ConfigError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(ConfigError::Unreadable {
                    path: self.path.clone(),
                    reason: Arc::new(error),
                });
            }
        };
        match ron::from_str(&text) {
            Ok(value) => Ok(Some((value, text))),
            Err(error) => Err(ConfigError::Damaged {
                path: self.path.clone(),
                line: error.span.start.line,
                column: error.span.start.col,
                reason: error.code.to_string(),
            }),
        }
    }

    /// Writes the file; one that could not be read is renamed first, and its new name comes back.
    ///
    /// Errors: those of the file system; what was there is still there.
    pub fn write(&mut self, text: &str) -> io::Result<Option<PathBuf>> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut aside = None;
        if self.damaged && self.path.exists() {
            let free = free_name(&self.path);
            std::fs::rename(&self.path, &free)?;
            aside = Some(free);
        }
        self.damaged = false;
        graph::workflow::write_file(&self.path, text.as_bytes())?;
        Ok(aside)
    }
}

/// A name beside `path` that nothing has yet.
fn free_name(path: &Path) -> PathBuf {
    let mut count = 1_u32;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(".damaged");
        if count > 1 {
            name.push(format!("-{count}"));
        }
        let free = PathBuf::from(name);
        if !free.exists() {
            return free;
        }
        count += 1;
    }
}
