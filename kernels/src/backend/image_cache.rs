//! Compiled programs on disk, so that each is compiled once for a card and not once a process.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Begins every entry, and changes when entries are laid out in another way.
const MAGIC: &str = "smalto image 1 ";

/// Hexadecimal digits of a fingerprint.
const DIGITS: usize = 32;

/// All that an image depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    /// The program's name, which begins the entry's.
    pub name: &'a str,
    /// The program's text.
    pub source: &'a str,
    /// What the compiler is told, the architecture among it.
    pub options: &'a [String],
    /// Which compiler.
    pub compiler: &'a str,
}

/// A folder of images, or none where the user has no place for one.
#[derive(Clone, Debug)]
pub(super) struct ImageCache {
    folder: Option<PathBuf>,
}

impl ImageCache {
    /// The cache in `folder`, which is made when something is put there.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The image put there for `key`, where it is whole.
    pub(super) fn get(&self, key: &Key<'_>) -> Option<Vec<u8>> {
        let entry = fs::read(self.folder.as_ref()?.join(key.file())).ok()?;
        let (head, image) = entry.split_at_checked(MAGIC.len() + DIGITS)?;
        // A copy, so that what the driver reads begins where an allocation does.
        (head == head_of(image).as_bytes()).then(|| image.to_vec())
    }

    /// Keeps `image` for `key`; whatever prevents it costs the next process a compilation and nothing else.
    pub(super) fn put(&self, key: &Key<'_>, image: &[u8]) {
        if let Some(folder) = &self.folder {
            let _ = write(folder, &key.file(), image);
        }
    }
}

impl Key<'_> {
    /// The name of the entry's file.
    fn file(&self) -> String {
        let mut fingerprint = Fingerprint::default();
        for part in [self.source, self.compiler] {
            fingerprint.take(part.as_bytes());
        }
        for option in self.options {
            fingerprint.take(option.as_bytes());
        }
        format!("{}-{:032x}", self.name, fingerprint.0)
    }
}

/// Where images lie: `smalto/kernels` in the user's folder of caches, given the variables of the environment.
pub(super) fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| {
        let path = variable(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|caches| caches.join("smalto/kernels"))
}

/// What stands before `image` in its entry.
fn head_of(image: &[u8]) -> String {
    let mut fingerprint = Fingerprint::default();
    fingerprint.take(image);
    format!("{MAGIC}{:032x}", fingerprint.0)
}

/// Writes an entry beside its place and moves it there, so that no other process reads half of it.
fn write(folder: &Path, file: &str, image: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!("{file}.{}", std::process::id()));
    let entry = [head_of(image).as_bytes(), image].concat();
    let written =
        fs::write(&unfinished, entry).and_then(|()| fs::rename(&unfinished, folder.join(file)));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// FNV-1a of 128 bits: it finds accidents, not forgeries, and whoever can write here can run programs anyway.
///
/// Source: Fowler, Noll, Vo, "The FNV non-cryptographic hash algorithm".
struct Fingerprint(u128);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fingerprint {
    /// Takes in one part and where it ends.
    fn take(&mut self, part: &[u8]) {
        for byte in part.iter().chain(&(part.len() as u64).to_le_bytes()) {
            self.byte(*byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
    }
}

#[cfg(test)]
mod tests;
