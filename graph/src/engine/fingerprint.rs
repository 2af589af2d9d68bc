//! What is in the files that a node reads.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::locked;
use crate::error::NodeError;
use crate::run::Cancel;

/// Folders up to this many bytes are told apart by what is in their files.
const SMALL_FOLDER_BYTES: u64 = 256 << 20;

/// Folders up to this many files are told apart by what is in them.
const SMALL_FOLDER_FILES: usize = 20_000;

/// How deep folders are looked into, so that links in circles come to an end.
const DEEPEST: usize = 32;

/// How old a file must be to be believed unchanged by its time: clocks of file systems are coarse.
const SETTLED: Duration = Duration::from_secs(2);

/// What is at a path, short enough to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing that could be read.
    Nothing,
    /// Something that is neither file nor folder: never the same twice.
    Stream,
    /// A file with this hash.
    File([u8; 32]),
    /// A folder whose files have these names and contents.
    Folder([u8; 32]),
    /// A folder whose files have these names, sizes and times; it is too large to be read each time.
    LargeFolder([u8; 32]),
}

/// Hashes of files, remembered for as long as their size and time stay the same.
#[derive(Default)]
pub struct Fingerprints(Mutex<BTreeMap<PathBuf, Remembered>>);

#[derive(Clone, Copy)]
struct Remembered {
    size: u64,
    modified: SystemTime,
    hash: [u8; 32],
}

impl Content {
    pub fn digest(&self) -> [u8; 33] {
        let (sort, hash) = match self {
            Self::Nothing => (0, [0; 32]),
            Self::Stream => (1, [0; 32]),
            Self::File(hash) => (2, *hash),
            Self::Folder(hash) => (3, *hash),
            Self::LargeFolder(hash) => (4, *hash),
        };
        let mut digest = [0; 33];
        digest[0] = sort;
        digest[1..].copy_from_slice(&hash);
        digest
    }
}

impl Fingerprints {
    /// What is at `path`.
    ///
    /// What cannot be read counts as nothing: the node will say so better.
    ///
    /// Errors: the run was cancelled.
    pub fn content(&self, path: &Path, cancel: &Cancel) -> Result<Content, NodeError> {
        let Ok(metadata) = fs::metadata(path) else {
            return Ok(Content::Nothing);
        };
        if metadata.is_dir() {
            return self.folder(path, cancel);
        }
        if !metadata.is_file() {
            return Ok(Content::Stream);
        }
        match self.file(path, &metadata, cancel) {
            Ok(hash) => Ok(Content::File(hash)),
            Err(error) => readable(error, cancel),
        }
    }

    fn file(&self, path: &Path, metadata: &Metadata, cancel: &Cancel) -> io::Result<[u8; 32]> {
        let size = metadata.len();
        let modified = metadata.modified().ok();
        let known = locked(&self.0).get(path).copied();
        if let Some(known) = known
            && known.size == size
            && Some(known.modified) == modified
        {
            return Ok(known.hash);
        }
        let hash = hash(path, cancel)?;
        if let Some(modified) = modified
            && modified.elapsed().is_ok_and(|elapsed| elapsed >= SETTLED)
        {
            let known = Remembered {
                size,
                modified,
                hash,
            };
            let _ = locked(&self.0).insert(path.to_owned(), known);
        }
        Ok(hash)
    }

    fn folder(&self, path: &Path, cancel: &Cancel) -> Result<Content, NodeError> {
        let mut files = Vec::new();
        if let Err(error) = list(path, DEEPEST, cancel, &mut files) {
            return readable(error, cancel);
        }
        files.sort_by(|(left, _), (right, _)| left.cmp(right));
        let bytes: u64 = files.iter().map(|(_, metadata)| metadata.len()).sum();
        let small = bytes <= SMALL_FOLDER_BYTES && files.len() <= SMALL_FOLDER_FILES;
        let mut hasher = blake3::Hasher::new();
        for (file, metadata) in &files {
            let name = file.strip_prefix(path).unwrap_or(file);
            for part in name {
                let part = part.as_encoded_bytes();
                let _ = hasher.update(&(part.len() as u64).to_le_bytes());
                let _ = hasher.update(part);
            }
            let _ = hasher.update(&u64::MAX.to_le_bytes());
            if small {
                match self.file(file, metadata, cancel) {
                    Ok(hash) => drop(hasher.update(&hash)),
                    Err(error) => return readable(error, cancel),
                }
            } else {
                let time = metadata
                    .modified()
                    .ok()
                    .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
                    .map_or(0, |time| time.as_nanos());
                let _ = hasher.update(&metadata.len().to_le_bytes());
                let _ = hasher.update(&time.to_le_bytes());
            }
        }
        let hash = *hasher.finalize().as_bytes();
        Ok(if small {
            Content::Folder(hash)
        } else {
            Content::LargeFolder(hash)
        })
    }
}

fn readable(_: io::Error, cancel: &Cancel) -> Result<Content, NodeError> {
    if cancel.is_cancelled() {
        Err(NodeError::Cancelled)
    } else {
        Ok(Content::Nothing)
    }
}

/// Adds all files in and below `folder`.
fn list(
    folder: &Path,
    depth: usize,
    cancel: &Cancel,
    files: &mut Vec<(PathBuf, Metadata)>,
) -> io::Result<()> {
    if depth == 0 {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        stop_if(cancel)?;
        let path = entry?.path();
        // A link that leads nowhere is nothing that a node could read.
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            list(&path, depth - 1, cancel, files)?;
        } else if metadata.is_file() {
            files.push((path, metadata));
        }
    }
    Ok(())
}

fn hash(path: &Path, cancel: &Cancel) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        stop_if(cancel)?;
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(*hasher.finalize().as_bytes());
        }
        let _ = hasher.update(&buffer[..count]);
    }
}

fn stop_if(cancel: &Cancel) -> io::Result<()> {
    if cancel.is_cancelled() {
        Err(io::ErrorKind::Interrupted.into())
    } else {
        Ok(())
    }
}
