//! What is in a folder, as far as a workflow can be in it.

use std::path::{Path, PathBuf};

use super::Purpose;

/// The most lines that are shown.
const MOST: usize = 200;

/// A folder with what is in it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Where a path starts that does not say where.
    start: PathBuf,
    folder: PathBuf,
    lines: Vec<Line>,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether it is offered because it was open lately.
    pub is_recent: bool,
}

impl Line {
    /// A file that was open lately.
    pub fn recent(path: &Path) -> Self {
        Self {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into(),
            path: path.to_owned(),
            is_folder: false,
            is_recent: true,
        }
    }
}

impl Listing {
    /// What is in `folder`, which is also where a path starts that does not say where.
    pub fn of(folder: &Path) -> Self {
        Self {
            start: folder.to_owned(),
            folder: folder.to_owned(),
            lines: read(folder),
        }
    }

    /// What is in another folder.
    pub fn enter(&self, folder: &Path) -> Self {
        Self {
            start: self.start.clone(),
            folder: folder.to_owned(),
            lines: read(folder),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The whole path that was typed as `path`.
    pub fn whole(&self, path: &str) -> PathBuf {
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        match (path.strip_prefix('~'), home) {
            (Some(""), Some(home)) => home,
            (Some(rest), Some(home)) if rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/'))
            }
            _ => self.start.join(path),
        }
    }

    /// What is called something that begins with `begin`, then what has it elsewhere; folders first.
    pub fn beginning_with(&self, begin: &str, purpose: Purpose) -> Vec<Line> {
        let begin = begin.to_lowercase();
        let fits = |line: &&Line| {
            let hidden = line.name.starts_with('.') && !begin.starts_with('.');
            !hidden && (line.is_folder || has_workflow(&line.path, purpose))
        };
        let starts = |line: &Line| line.name.to_lowercase().starts_with(&begin);
        let has = |line: &Line| !starts(line) && line.name.to_lowercase().contains(&begin);
        let first = self.lines.iter().filter(fits).filter(|line| starts(line));
        let second = self.lines.iter().filter(fits).filter(|line| has(line));
        first.chain(second).take(MOST).cloned().collect()
    }
}

/// The folder that a path names, with its last sign, and the beginning of a name in it.
pub fn split(path: &str) -> (&str, &str) {
    match path.rfind('/') {
        Some(at) => path.split_at(at + 1),
        None if path == "~" => (path, ""),
        None => ("", path),
    }
}

/// Whether a file can hold a workflow, by its name.
fn has_workflow(path: &Path, purpose: Purpose) -> bool {
    let endings: &[&str] = match purpose {
        Purpose::Open => &["ron", "png"],
        Purpose::SaveAs => &["ron"],
        Purpose::SavePicture => &["png"],
    };
    path.extension().is_some_and(|found| {
        endings
            .iter()
            .any(|ending| found.eq_ignore_ascii_case(ending))
    })
}

/// Folders, then files, each by name; nothing where the folder cannot be read.
fn read(folder: &Path) -> Vec<Line> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut lines: Vec<Line> = entries
        .map(|entry| Line {
            name: entry.file_name().to_string_lossy().into(),
            is_folder: entry.path().is_dir(),
            path: entry.path(),
            is_recent: false,
        })
        .collect();
    lines.sort_by_key(|line| (!line.is_folder, line.name.to_lowercase()));
    lines
}
