//! New plugins: writes the files of one to a folder that is not there yet.

use std::io;
use std::path::{Path, PathBuf};

pub use smalto_template::Language;
use smalto_template::{Name, NameError, files};

/// Why a project cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The name cannot be one.
    #[error("{0}")]
    Name(NameError),
    /// The folder is there already.
    #[error("`{}` is there already: give the plugin another name, or take the folder away", .0.display())]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write `{}`: {error}", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Writes a new plugin to the folder `name` below `parent`, and says where it lies.
///
/// Errors: the name cannot be one, or the folder is there already.
pub fn write(parent: &Path, name: &str, language: Language) -> Result<PathBuf, ProjectError> {
    let checked = Name::new(name).map_err(ProjectError::Name)?;
    let folder = parent.join(name);
    if folder.exists() {
        return Err(ProjectError::Exists(folder));
    }
    for file in files(&checked, language) {
        let path = folder.join(&file.path);
        put(&path, &file.text).map_err(|error| ProjectError::Unwritten { path, error })?;
    }
    Ok(folder)
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    std::fs::write(path, text)
}
