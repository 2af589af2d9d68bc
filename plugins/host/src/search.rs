//! Where plugins are looked for, and where what is known of them is kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::manifest;

/// The variable that names more folders to look in.
pub const VARIABLE: &str = "SMALTO_PLUGIN_PATH";

/// Where plugins and what is known of them lie; nothing needs to be there yet.
///
/// The folder of a workflow is never among them: a workflow that somebody sends can bring no code along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folders to look in, in order: each a plugin, or a folder of plugins.
    pub search: Vec<PathBuf>,
    /// The file of what the user trusts.
    pub trusted: PathBuf,
    /// The file of what was seen of libraries.
    pub seen: PathBuf,
}

impl Places {
    /// The places that the environment of this process names.
    pub fn standard() -> Self {
        Self::named_by(|variable| std::env::var_os(variable))
    }

    /// The places that an environment names.
    pub fn named_by(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // Elsewhere than at absolute paths the current folder would decide what is loaded.
        let absolute = |name: &str| {
            let path = variable(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        // Never a folder that everybody may write, or anybody could lay code there and trust it in the user's place.
        let home = absolute("HOME").unwrap_or_else(|| "/".into());
        let folder = |name: &str, otherwise: &str| {
            let base = absolute(name).unwrap_or_else(|| home.join(otherwise));
            base.join("smalto")
        };
        let listed = variable(VARIABLE).unwrap_or_default();
        let mut search: Vec<PathBuf> = std::env::split_paths(&listed)
            .filter(|path| path.is_absolute())
            .collect();
        search.push(folder("XDG_DATA_HOME", ".local/share").join("plugins"));
        Self {
            search,
            trusted: folder("XDG_CONFIG_HOME", ".config").join("trusted-plugins.toml"),
            seen: folder("XDG_CACHE_HOME", ".cache").join("plugins.json"),
        }
    }

    /// The folders that hold a plugin, each once, in the order they are looked for.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        for place in &self.search {
            if holds_plugin(place) {
                found.push(place.clone());
                continue;
            }
            let Ok(entries) = std::fs::read_dir(place) else {
                continue;
            };
            let mut below: Vec<PathBuf> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|folder| holds_plugin(folder))
                .collect();
            below.sort();
            found.append(&mut below);
        }
        let mut known = std::collections::BTreeSet::new();
        found.retain(|folder| {
            let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            known.insert(real)
        });
        found
    }
}

fn holds_plugin(folder: &Path) -> bool {
    folder.join(manifest::FILE).is_file()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::Places;

    fn places(variables: &[(&str, &str)]) -> Places {
        Places::named_by(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_environment_names_the_places() {
        let found = places(&[
            ("HOME", "/home/ann"),
            ("SMALTO_PLUGIN_PATH", "/opt/blur:relative:/opt/more"),
            ("XDG_CACHE_HOME", "/tmp/cache"),
            ("XDG_CONFIG_HOME", "relative"),
        ]);
        let expected = Places {
            search: [
                "/opt/blur",
                "/opt/more",
                "/home/ann/.local/share/smalto/plugins",
            ]
            .map(PathBuf::from)
            .into(),
            trusted: "/home/ann/.config/smalto/trusted-plugins.toml".into(),
            seen: "/tmp/cache/smalto/plugins.json".into(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn without_a_home_nothing_is_believed_that_others_may_write() {
        let found = places(&[]);
        assert_eq!(
            found.search,
            [PathBuf::from("/.local/share/smalto/plugins")]
        );
        assert_eq!(
            found.trusted,
            PathBuf::from("/.config/smalto/trusted-plugins.toml")
        );
    }

    #[test]
    fn a_place_is_a_plugin_or_a_folder_of_plugins() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let at = |name: &str| folder.path().join(name);
        for name in ["many/b", "many/a", "many/none", "one"] {
            std::fs::create_dir_all(at(name)).expect("a folder can be made");
            if !name.ends_with("none") {
                std::fs::write(at(name).join("plugin.toml"), "").expect("a file can be written");
            }
        }
        let mut places = places(&[]);
        places.search = vec![at("one"), at("many"), at("many/a"), at("absent")];
        assert_eq!(places.folders(), [at("one"), at("many/a"), at("many/b")]);
    }
}
