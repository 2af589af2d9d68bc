//! What the user says of plugins: which to trust, which no longer, which to look at once more.

use std::path::{Path, PathBuf};

use crate::describe::Finding;
use crate::manifest::{self, Manifest, ManifestError};
use crate::plugins::{Plugin, Plugins, locate};
use crate::search::Places;
use crate::seen::Memory;
use crate::trust::{Trust, TrustError, Trusted};
use crate::worker::Launch;

/// Why what the user said cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentError {
    /// There is no such plugin.
    #[error("there is no plugin `{which}`; it was looked for in {places}")]
    Unknown {
        /// What was asked for.
        which: String,
        /// Where it was looked for.
        places: String,
    },
    /// Several plugins have that name.
    #[error(
        "the plugin `{which}` is in {}: give one of these folders",
        list(folders)
    )]
    Ambiguous {
        /// What was asked for.
        which: String,
        /// Where it is.
        folders: Vec<PathBuf>,
    },
    /// Its manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Its library is wrong.
    #[error("{0}")]
    Library(Finding),
    /// Its library is another one than the user was shown.
    #[error(
        "the library `{}` was exchanged in the meantime and hashes to {sha256} now: look at it again",
        library.display()
    )]
    Exchanged {
        /// The library.
        library: PathBuf,
        /// What it hashes to now.
        sha256: String,
    },
    /// What is trusted cannot be kept.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// What was trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// What was written down.
    pub trusted: Trusted,
    /// The library.
    pub library: PathBuf,
    /// What it hashes to.
    pub sha256: String,
}

fn list(folders: &[PathBuf]) -> String {
    let named: Vec<String> = folders
        .iter()
        .map(|folder| format!("`{}`", folder.display()))
        .collect();
    named.join(" and ")
}

/// The folder of a plugin: the folder `which` itself, or that of the plugin of this id.
///
/// Errors: there is none, or there are several.
pub fn folder(places: &Places, which: &str) -> Result<PathBuf, ConsentError> {
    let path = Path::new(which);
    if path.join(manifest::FILE).is_file() {
        return Ok(std::path::absolute(path).unwrap_or_else(|_| path.into()));
    }
    let mut folders = places.folders();
    folders.retain(|folder| Manifest::read(folder).is_ok_and(|manifest| manifest.id == which));
    match folders.as_slice() {
        [] => Err(ConsentError::Unknown {
            which: which.into(),
            places: list(&places.search),
        }),
        [folder] => Ok(folder.clone()),
        _ => Err(ConsentError::Ambiguous {
            which: which.into(),
            folders,
        }),
    }
}

/// Trusts the library of a plugin as it is now; a later build is another library.
///
/// Errors: there is no such plugin, or it has no library for this machine.
pub fn trust(places: &Places, which: &str, in_process: bool) -> Result<Consent, ConsentError> {
    let folder = folder(places, which)?;
    let manifest = Manifest::read(&folder)?;
    let (library, sha256) = locate(&folder, &manifest).map_err(ConsentError::Library)?;
    keep(places, manifest, (library, sha256), in_process)
}

/// Trusts the very library that `plugin` was found with, which is what the user was shown.
///
/// Errors: it is another one by now, or there is none for this machine.
pub fn trust_as_found(
    places: &Places,
    plugin: &Plugin,
    in_process: bool,
) -> Result<Consent, ConsentError> {
    let manifest = Manifest::read(&plugin.folder)?;
    let (library, sha256) = locate(&plugin.folder, &manifest).map_err(ConsentError::Library)?;
    if plugin.sha256.as_ref() != Some(&sha256) {
        return Err(ConsentError::Exchanged { library, sha256 });
    }
    keep(places, manifest, (library, sha256), in_process)
}

/// Writes down that a library is trusted.
fn keep(
    places: &Places,
    manifest: Manifest,
    (library, sha256): (PathBuf, String),
    in_process: bool,
) -> Result<Consent, ConsentError> {
    let mut trust = Trust::read(&places.trusted)?;
    let trusted = Trusted {
        id: manifest.id,
        version: manifest.version.to_string(),
        in_process,
    };
    trust.add(sha256.clone(), trusted.clone());
    trust.write(&places.trusted)?;
    Ok(Consent {
        trusted,
        library,
        sha256,
    })
}

/// Trusts no library of a plugin any more; says how many there were.
///
/// Errors: the list cannot be changed.
pub fn untrust(places: &Places, which: &str) -> Result<usize, ConsentError> {
    let mut trust = Trust::read(&places.trusted)?;
    let mut removed = trust.remove(which);
    if removed == 0
        && let Ok(manifest) = folder(places, which).and_then(|folder| Ok(Manifest::read(&folder)?))
    {
        removed = trust.remove(&manifest.id);
    }
    if removed > 0 {
        trust.write(&places.trusted)?;
    }
    Ok(removed)
}

/// Looks once more at a plugin, or at all of them, as if nothing were known; also at those that crashed.
///
/// Errors: there is no such plugin, or what is trusted cannot be found out.
pub fn scan(
    places: &Places,
    launch: &Launch,
    which: Option<&str>,
) -> Result<Plugins, ConsentError> {
    let folders = match which {
        Some(which) => vec![folder(places, which)?],
        None => places.folders(),
    };
    let mut memory = Memory::read(&places.seen);
    for folder in &folders {
        let library = Manifest::read(folder)
            .ok()
            .and_then(|manifest| locate(folder, &manifest).ok());
        if let Some((library, _)) = library {
            memory.forget(&library);
        }
    }
    // Where it cannot be kept, nothing was known anyway.
    let _ = memory.write(&places.seen);
    let mut plugins = Plugins::find(places, launch)?;
    plugins
        .found
        .retain(|plugin| which.is_none() || folders.contains(&plugin.folder));
    Ok(plugins)
}
