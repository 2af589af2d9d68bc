//! Writing whole files: none is ever left half-written.

use std::path::{Path, PathBuf};

use graph::error::NodeError;
use graph::param::{FilePath, ParamError};

/// Puts `bytes` into the file at `path`, whose folder is made where it is missing.
///
/// Errors: it cannot be written; what stood there before still does.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), NodeError> {
    let unwritable = |error| {
        NodeError::file(
            path,
            error,
            "name a file that can be written, with room for it",
        )
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    graph::workflow::write_file(path, bytes).map_err(unwritable)
}

/// The names of `count` files: `path` itself, or `NAME-0001.EXTENSION` and so on where there are several.
pub fn numbered(path: &Path, count: usize) -> Vec<PathBuf> {
    if count == 1 {
        return vec![path.to_owned()];
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    (1..=count)
        .map(|number| path.with_file_name(format!("{stem}-{number:04}.{extension}")))
        .collect()
}

/// A path must end in one of `extensions`.
///
/// Errors: it does not.
pub fn check_extension(path: &FilePath, extensions: &[&str]) -> Result<(), ParamError> {
    let extension = extension(path);
    if extensions.contains(&extension.as_str()) {
        return Ok(());
    }
    let dotted: Vec<String> = extensions.iter().map(|known| format!(".{known}")).collect();
    Err(ParamError::Invalid {
        param: "path".into(),
        expected: format!("the path of a file that ends in {}", dotted.join(" or ")),
        found: format!("{:?}", path.0),
    })
}

/// What stands behind the last dot of a path, in small letters.
pub fn extension(path: &FilePath) -> String {
    Path::new(&path.0)
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}
