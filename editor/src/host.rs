//! What the editor is given by the program around it: kinds of nodes, an engine, and folders.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use graph::engine::Engine;
use graph::registry::Registry;

use crate::plugins::Shelf;

/// Opens the device and makes an engine, or says why there is none; it may take long.
pub type OpenEngine = dyn Fn() -> Result<Engine, String> + Send + Sync;

/// All that the editor knows of the world; cheap to clone.
#[derive(Clone)]
pub struct Host {
    /// The kinds of nodes that are built in.
    pub registry: Arc<Registry>,
    /// Where plugins lie, whose nodes join those.
    pub plugins: Shelf,
    /// Makes the engine; called when the first run starts, since a device may take long to open.
    pub engine: Arc<OpenEngine>,
    /// What runs compute on, in words.
    pub device: String,
    /// Where the editor keeps its own files.
    pub folders: Folders,
    /// A folder of workflows to begin with; it need not be there.
    pub examples: PathBuf,
}

/// Where the editor keeps its own files; nothing needs to be there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// What people set: the keymap and the settings.
    pub config: PathBuf,
    /// What the editor remembers by itself: journals of files that have no folder, and the queue.
    pub state: PathBuf,
}

impl Folders {
    /// The folders that the XDG base directories name, asked of the environment of this process.
    pub fn standard() -> Self {
        Self::named_by(|variable| std::env::var_os(variable))
    }

    /// The folders that an environment names.
    pub fn named_by(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let absolute = |name: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let home = absolute("HOME").unwrap_or_else(std::env::temp_dir);
        // A path in these that is not absolute is to be ignored, says the specification.
        let config = absolute("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let state = absolute("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state"));
        Self {
            config: config.join("smalto"),
            state: state.join("smalto"),
        }
    }

    /// The file that keys are set in.
    pub fn keymap(&self) -> PathBuf {
        self.config.join("keymap.ron")
    }

    /// The file of the settings.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.ron")
    }

    /// The file of the queue.
    pub fn queue(&self) -> PathBuf {
        self.state.join("queue.ron")
    }

    /// The folder of journals that lie beside no file.
    pub fn journals(&self) -> PathBuf {
        self.state.join("journals")
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Host")
            .field("device", &self.device)
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use super::Folders;

    fn folders(variables: &[(&str, &str)]) -> (PathBuf, PathBuf) {
        let folders = Folders::named_by(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        });
        (folders.config, folders.state)
    }

    #[test]
    fn the_environment_names_the_folders() {
        let check = |variables: &[(&str, &str)], config: &str, state: &str| {
            let expected = (PathBuf::from(config), PathBuf::from(state));
            assert_eq!(folders(variables), expected, "{variables:?}");
        };
        check(
            &[("HOME", "/home/ann")],
            "/home/ann/.config/smalto",
            "/home/ann/.local/state/smalto",
        );
        check(
            &[("HOME", "/home/ann"), ("XDG_CONFIG_HOME", "/etc/ann")],
            "/etc/ann/smalto",
            "/home/ann/.local/state/smalto",
        );
        check(
            &[("HOME", "/home/ann"), ("XDG_STATE_HOME", "relative")],
            "/home/ann/.config/smalto",
            "/home/ann/.local/state/smalto",
        );
        check(
            &[("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")],
            "/c/smalto",
            "/s/smalto",
        );
    }

    #[test]
    fn without_a_home_there_is_still_somewhere_to_keep_things() {
        let (config, state) = folders(&[]);
        assert!(config.is_absolute() && config.ends_with(Path::new(".config/smalto")));
        assert!(state.is_absolute() && state.ends_with(Path::new(".local/state/smalto")));
    }
}
