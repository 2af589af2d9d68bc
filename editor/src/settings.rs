//! What the editor remembers of how somebody works.

pub mod file;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use crate::latest::{Latest, Turn};
use file::{ConfigError, ConfigFile};

/// How many files are remembered as recent.
const MOST_RECENT: usize = 16;

/// How somebody works; what a file does not say has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// The workflows opened lately, the last one first.
    #[serde(serialize_with = "paths")]
    pub recent: Vec<PathBuf>,
    /// The window as it was last.
    pub window: Window,
    /// Which panels are open.
    pub panels: Panels,
    /// Whether dragged nodes jump from line to line of the grid.
    pub snap: bool,
    /// Whether the small map of the canvas is shown.
    pub minimap: bool,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// As the desktop has it.
    #[default]
    System,
    /// Dark letters on light ground.
    Light,
    /// Light letters on dark ground.
    Dark,
}

/// The size of the window, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    /// From left to right.
    pub width: f32,
    /// From top to bottom.
    pub height: f32,
    /// Whether it takes the whole screen.
    pub maximised: bool,
}

/// The panels around the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Panels {
    /// Whether the inspector is open.
    pub inspector: bool,
    /// How wide the inspector is, in logical pixels.
    pub inspector_width: f32,
    /// Whether the queue is open.
    pub queue: bool,
}

/// The settings, and the file that keeps them.
#[derive(Debug)]
pub struct Stored {
    /// The settings; change them, then [`Stored::save`].
    pub settings: Settings,
    file: Latest<ConfigFile>,
}

/// The work of writing the settings as they were when this was asked for.
#[derive(Debug)]
pub struct Saving {
    settings: Settings,
    turn: Turn<ConfigFile>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            recent: Vec::new(),
            window: Window::default(),
            panels: Panels::default(),
            snap: true,
            minimap: true,
        }
    }
}

impl Default for Window {
    fn default() -> Self {
        Self {
            width: 1280.0,
            height: 800.0,
            maximised: false,
        }
    }
}

impl Default for Panels {
    fn default() -> Self {
        Self {
            inspector: true,
            inspector_width: 300.0,
            queue: false,
        }
    }
}

impl Settings {
    /// Puts `path` in front of the recent files.
    pub fn remember(&mut self, path: &Path) {
        self.forget(path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(MOST_RECENT);
    }

    /// Takes `path` from the recent files.
    pub fn forget(&mut self, path: &Path) {
        self.recent.retain(|other| other != path);
    }

    /// The settings with every size one that a window can have.
    fn within_reason(mut self) -> Self {
        let size = |found: f32, least: f32, most: f32, otherwise: f32| {
            if found.is_finite() {
                found.clamp(least, most)
            } else {
                otherwise
            }
        };
        let (window, panels) = (Window::default(), Panels::default());
        self.window.width = size(self.window.width, 320.0, 16_384.0, window.width);
        self.window.height = size(self.window.height, 240.0, 16_384.0, window.height);
        let width = self.panels.inspector_width;
        self.panels.inspector_width = size(width, 160.0, 2_048.0, panels.inspector_width);
        self.recent.truncate(MOST_RECENT);
        self
    }
}

impl Stored {
    /// The settings that the file at `path` keeps, or the defaults; and why it could not be used.
    pub fn load(path: &Path) -> (Self, Option<ConfigError>) {
        let mut file = ConfigFile::new(path);
        let (settings, problem) = match file.read::<Settings>() {
            Ok(Some((settings, _))) => (settings.within_reason(), None),
            Ok(None) => (Settings::default(), None),
            Err(error) => (Settings::default(), Some(error)),
        };
        let file = Latest::new(file);
        (Self { settings, file }, problem)
    }

    /// Writes the settings; where the file could not be used, it is renamed first and its new name comes back.
    ///
    /// Errors: those of the file system; what was there is still there.
    pub fn save(&mut self) -> io::Result<Option<PathBuf>> {
        self.saving().perform()
    }

    /// The same as work for another thread.
    pub fn saving(&mut self) -> Saving {
        Saving {
            settings: self.settings.clone(),
            turn: self.file.turn(),
        }
    }
}

impl Saving {
    /// Writes the settings, as [`Stored::save`] does, unless newer ones were written meanwhile.
    ///
    /// Errors: those of [`Stored::save`].
    pub fn perform(self) -> io::Result<Option<PathBuf>> {
        let pretty = ron::ser::PrettyConfig::new().new_line("\n");
        let text = ron::ser::to_string_pretty(&self.settings, pretty).map_err(io::Error::other)?;
        let written = self.turn.take(|file| file.write(&(text + "\n")));
        written.unwrap_or(Ok(None))
    }
}

/// The paths that can be written as text; a name of other bytes is no reason to forget everything else.
fn paths<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().filter_map(|path| path.to_str()))
}
