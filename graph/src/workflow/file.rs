//! Files: read within limits, written whole or not at all.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{LARGEST, to_text};
use crate::document::Graph;
use crate::problem::{Problem, Problems};

/// Writes `graph` to `path` in its canonical form; a file that is there is replaced whole or stays as it is.
///
/// Errors: those of the file system.
pub fn save(graph: &Graph, path: &Path) -> io::Result<()> {
    write_file(path, to_text(graph).as_bytes())
}

/// Writes `bytes` to `path`; a file that is there is replaced whole or stays as it is.
///
/// Errors: those of the file system.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link shall go on being one, so it is what it leads to that is replaced.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = beside(&path)?;
    let written =
        write_new(&temporary, &path, bytes).and_then(|()| std::fs::rename(&temporary, &path));
    if written.is_err() {
        // The first error is the one to tell; what is left of the attempt is of no use.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Writes a file that is to take the place of another.
fn write_new(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(temporary)?;
    if let Ok(metadata) = std::fs::metadata(path) {
        file.set_permissions(metadata.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name in the folder of `path` that nothing else uses.
fn beside(path: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    if path.file_name().is_none() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path names no file",
        ));
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(path.with_file_name(format!(".smalto-{}-{count}.part", std::process::id())))
}

/// Reads the text at `path`, if it is one and not too large.
pub fn load(path: &Path) -> Result<String, Problems> {
    let name = path.display().to_string();
    let unreadable = |error: &io::Error| {
        let problem = Problem::new("unreadable", format!("cannot read the workflow: {error}"));
        problem
            .in_file(&name)
            .hint("give the path of a workflow file, such as workflows/text_to_image.ron")
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    check_size(&name, size)?;
    let mut bytes = Vec::new();
    // What is not a plain file tells no size beforehand.
    let _ = file
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    check_size(&name, bytes.len() as u64)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        let mut problem = Problem::new(
            "not-text",
            format!("the file is not text: byte {at} is not UTF-8"),
        )
        .in_file(&name)
        .hint("a workflow is a text file in UTF-8; is this another kind of file?");
        if let Some(place) = &mut problem.at {
            place.line = line;
            place.offset = at;
        }
        Problems::from(problem)
    })
}

/// Refuses texts that no workflow needs.
pub fn check_size(name: &str, size: u64) -> Result<(), Problems> {
    if size <= LARGEST {
        return Ok(());
    }
    let message = format!("the file is larger than {} MiB", LARGEST >> 20);
    Err(Problem::new("too-large", message)
        .in_file(name)
        .hint("no workflow needs that: give the path of a workflow file")
        .into())
}
