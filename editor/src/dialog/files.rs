//! Asks for a file to open or to save to, by typing with completion, by list, or by the desktop's own dialog.

mod listing;
mod view;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use iced::Task;

use crate::document::naming;
use listing::Listing;

pub use listing::Line;

/// Asks for a file.
#[derive(Clone, Debug)]
pub struct Files {
    purpose: Purpose,
    path: String,
    listing: Listing,
    rows: Vec<Line>,
    /// The line that Enter takes; none where it takes what was typed.
    chosen: Option<usize>,
    /// How often the path was completed: its caret then goes to the end.
    completions: usize,
    trouble: Option<String>,
    /// The file that is there already, and that Enter replaces.
    replacing: Option<PathBuf>,
}

/// What a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is to be read.
    Open,
    /// It is to be written.
    SaveAs,
    /// A picture is to be written to it.
    SavePicture,
}

impl Purpose {
    /// `path` with the ending of what is written, where something is.
    fn with_ending(self, path: &Path) -> PathBuf {
        match self {
            Self::Open => path.to_owned(),
            Self::SaveAs => naming::with_ending(path),
            Self::SavePicture if path.extension().is_some_and(|ending| ending == "png") => {
                path.to_owned()
            }
            Self::SavePicture => {
                let mut name = path.as_os_str().to_owned();
                name.push(".png");
                name.into()
            }
        }
    }
}

/// What can happen to the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The path is another.
    Typed(String),
    /// The line that is so many below is the one that Enter takes.
    Moved(isize),
    /// The path is to be completed from the list.
    Completed,
    /// This line is taken.
    Picked(usize),
    /// Enter was pressed.
    Submitted,
    /// The desktop's own dialog is wanted.
    Browsed,
    /// The desktop's own dialog has been answered, with nothing where it was dismissed.
    Found(Option<PathBuf>),
    /// No file is wanted.
    Dismissed,
}

/// What the parent shall do; [`Action::Open`], [`Action::Save`] and [`Action::Close`] close the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Leave everything as it is.
    Close,
    /// Open this file.
    Open(PathBuf),
    /// Save to this file; whether one that is there may be replaced has been asked.
    Save(PathBuf),
    /// Run [`Files::browse`] and hand its message back.
    Browse,
}

impl Files {
    /// Asks for a file to open, beginning in `folder`; `recent` are offered at once.
    pub fn open(folder: &Path, recent: &[PathBuf]) -> Self {
        Self::new(Purpose::Open, in_folder(folder), folder, recent)
    }

    /// Asks for a file to save to, and suggests `suggested`.
    pub fn save_as(suggested: &Path) -> Self {
        let folder = suggested.parent().unwrap_or(Path::new("/"));
        let path = suggested.display().to_string();
        Self::new(Purpose::SaveAs, path, folder, &[])
    }

    /// Asks for a file to save a picture to, and suggests `suggested`.
    pub fn save_picture(suggested: &Path) -> Self {
        let folder = suggested.parent().unwrap_or(Path::new("/"));
        let path = suggested.display().to_string();
        Self::new(Purpose::SavePicture, path, folder, &[])
    }

    fn new(purpose: Purpose, path: String, folder: &Path, recent: &[PathBuf]) -> Self {
        let listing = Listing::of(folder);
        let mut files = Self {
            purpose,
            path,
            listing,
            rows: Vec::new(),
            chosen: None,
            completions: 0,
            trouble: None,
            replacing: None,
        };
        files.list();
        // Before anything is typed, what was open lately is likelier than the whole folder.
        if purpose == Purpose::Open {
            let recent = recent.iter().map(|path| Line::recent(path));
            files.rows = recent.chain(files.rows).collect();
        }
        files
    }

    /// Asks the desktop for a file.
    pub fn browse(&self) -> Task<Message> {
        let dialog = rfd::AsyncFileDialog::new().set_directory(self.listing.folder());
        let found = |found: Option<rfd::FileHandle>| {
            Message::Found(found.map(|file| file.path().to_owned()))
        };
        match self.purpose {
            Purpose::Open => {
                let dialog = dialog
                    .set_title("Open a workflow")
                    .add_filter("Workflows, and pictures that carry one", &["ron", "png"]);
                Task::perform(async move { dialog.pick_file().await }, found)
            }
            Purpose::SaveAs => {
                let (_, name) = listing::split(&self.path);
                let dialog = dialog
                    .set_title("Save the workflow")
                    .set_file_name(name)
                    .add_filter("Workflows", &["ron"]);
                Task::perform(async move { dialog.save_file().await }, found)
            }
            Purpose::SavePicture => {
                let (_, name) = listing::split(&self.path);
                let dialog = dialog
                    .set_title("Save the picture")
                    .set_file_name(name)
                    .add_filter("Pictures", &["png"]);
                Task::perform(async move { dialog.save_file().await }, found)
            }
        }
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Typed(path) => {
                self.path = path;
                self.list();
                Action::None
            }
            Message::Moved(by) => {
                self.go(by);
                Action::None
            }
            Message::Completed => {
                if let Some(line) = self.rows.get(self.chosen.unwrap_or(0)).cloned() {
                    self.complete(&line);
                }
                Action::None
            }
            Message::Picked(row) => self.pick(row),
            Message::Submitted => match self.chosen {
                Some(row) => self.pick(row),
                None => self.submit(),
            },
            Message::Browsed => Action::Browse,
            // The desktop has asked whether a file may be replaced.
            Message::Found(Some(path)) => match self.purpose {
                Purpose::Open => Action::Open(path),
                Purpose::SaveAs | Purpose::SavePicture => {
                    Action::Save(self.purpose.with_ending(&path))
                }
            },
            Message::Found(None) => Action::None,
            Message::Dismissed => Action::Close,
        }
    }

    /// Lists what the path can become.
    fn list(&mut self) {
        self.trouble = None;
        self.replacing = None;
        let (folder, begin) = listing::split(&self.path);
        let folder = self.listing.whole(folder);
        if self.listing.folder() != folder {
            self.listing = self.listing.enter(&folder);
        }
        self.rows = self.listing.beginning_with(begin, self.purpose);
        let finds = self.purpose == Purpose::Open && !begin.is_empty() && !self.rows.is_empty();
        self.chosen = finds.then_some(0);
    }

    fn go(&mut self, by: isize) {
        let last = self.rows.len() as isize - 1;
        let from = self.chosen.map_or(-1, |row| row as isize);
        let to = (from + by).clamp(-1, last);
        self.chosen = usize::try_from(to).ok();
    }

    /// Lets the path be that of `line`.
    fn complete(&mut self, line: &Line) {
        self.path = if line.is_folder {
            in_folder(&line.path)
        } else {
            line.path.display().to_string()
        };
        self.completions += 1;
        self.list();
    }

    fn pick(&mut self, row: usize) -> Action {
        let Some(line) = self.rows.get(row).cloned() else {
            return Action::None;
        };
        match self.purpose {
            Purpose::Open if !line.is_folder => Action::Open(line.path),
            Purpose::Open | Purpose::SaveAs | Purpose::SavePicture => {
                self.complete(&line);
                self.chosen = None;
                Action::None
            }
        }
    }

    /// Takes the path as it was typed.
    fn submit(&mut self) -> Action {
        let path = self.listing.whole(self.path.trim());
        if path.is_dir() {
            if !self.path.ends_with('/') {
                self.path = in_folder(&path);
                self.completions += 1;
                self.list();
            }
            return Action::None;
        }
        match self.purpose {
            Purpose::Open if path.is_file() => Action::Open(path),
            Purpose::Open => self.refuse(format!("There is no file {}.", path.display())),
            Purpose::SaveAs | Purpose::SavePicture => self.save(self.purpose.with_ending(&path)),
        }
    }

    fn save(&mut self, path: PathBuf) -> Action {
        let folder = path.parent().unwrap_or(Path::new("/"));
        if !folder.is_dir() {
            return self.refuse(format!("There is no folder {}.", folder.display()));
        }
        if path.exists() && self.replacing.as_ref() != Some(&path) {
            self.replacing = Some(path);
            return Action::None;
        }
        Action::Save(path)
    }

    fn refuse(&mut self, why: String) -> Action {
        self.trouble = Some(why);
        Action::None
    }
}

/// The path of a folder as it is typed on.
fn in_folder(folder: &Path) -> String {
    let mut path = folder.display().to_string();
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}
