//! What was seen of libraries when they were looked at: what they describe, or why they are not touched again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::describe::Description;
use crate::store;

/// What looking at a library came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Seen {
    /// It can be used, and brings this.
    Fine(Description),
    /// It must not be loaded again until the file changes, for this reason.
    Quarantined(String),
}

/// What a file was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    modified_ns: u128,
}

/// What was seen of libraries, by their path; what is known of a file counts until its size or time changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    program: String,
    libraries: BTreeMap<PathBuf, (Stamp, Seen)>,
}

impl Memory {
    /// What the file at `path` remembers; nothing where it is absent, damaged or written by another version.
    pub fn read(path: &Path) -> Self {
        let fresh = Self {
            program: env!("CARGO_PKG_VERSION").into(),
            libraries: BTreeMap::new(),
        };
        let text = std::fs::read(path).unwrap_or_default();
        let read: Option<Self> = serde_json::from_slice(&text).ok();
        // It can all be found out again.
        read.filter(|read| read.program == fresh.program)
            .unwrap_or(fresh)
    }

    /// Writes the file whole or not at all.
    ///
    /// Errors: it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        store::write(path, &serde_json::to_vec(self)?)
    }

    /// What was seen of the library at `path`, if it has not changed since.
    pub fn get(&self, path: &Path) -> Option<&Seen> {
        let (stamp, seen) = self.libraries.get(path)?;
        (stamp_of(path).ok()? == *stamp).then_some(seen)
    }

    /// Remembers what was seen of the library at `path`.
    pub fn put(&mut self, path: &Path, seen: Seen) {
        if let Ok(stamp) = stamp_of(path) {
            let _ = self.libraries.insert(path.into(), (stamp, seen));
        }
    }

    /// Forgets the library at `path`, so that it is looked at anew.
    pub fn forget(&mut self, path: &Path) {
        let _ = self.libraries.remove(path);
    }
}

fn stamp_of(path: &Path) -> io::Result<Stamp> {
    let metadata = std::fs::metadata(path)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
    Ok(Stamp {
        size: metadata.len(),
        modified_ns: modified.map(|since| since.as_nanos()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Memory, Seen};

    #[test]
    fn a_quarantine_lasts_until_the_file_changes() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let library = folder.path().join("libx.so");
        let file = folder.path().join("deep/seen.json");
        std::fs::write(&library, "one").expect("a file can be written");
        let mut memory = Memory::read(&file);
        let seen = Seen::Quarantined("it crashed".into());
        memory.put(&library, seen.clone());
        memory.write(&file).expect("it can be written");
        let mut memory = Memory::read(&file);
        assert_eq!(memory.get(&library), Some(&seen));
        memory.forget(&library);
        assert_eq!(memory.get(&library), None);

        let memory = Memory::read(&file);
        std::fs::write(&library, "longer").expect("a file can be written");
        assert_eq!(memory.get(&library), None);
        std::fs::write(&file, "{").expect("a file can be written");
        assert_eq!(Memory::read(&file).get(&library), None);
    }
}
