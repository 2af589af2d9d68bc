//! Files that are written whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` beside `path` and moves them there; makes the folder where there is none.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let _ = file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
