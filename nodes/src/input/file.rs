//! Reading whole files, none larger than it may be.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use graph::error::NodeError;

/// The bytes of the file at `path`, of which there may be no more than `most`.
///
/// Errors: it cannot be opened or read, or is too large.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, NodeError> {
    let unreadable = |error: std::io::Error| {
        NodeError::file(path, error, "see whether the path names a readable file")
    };
    let mut bytes = Vec::new();
    // One byte more tells a file that is too large from one that just fits, whatever its size is said to be.
    let read = File::open(path)
        .map_err(unreadable)?
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if read as u64 > most {
        return Err(NodeError::file(
            path,
            format!("the file is larger than {} MiB", most >> 20),
            "take a smaller one",
        ));
    }
    Ok(bytes)
}
