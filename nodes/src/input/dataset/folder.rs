//! Folders of pictures.

use std::path::{Path, PathBuf};

use graph::error::NodeError;

use super::found::Found;
use super::split::Cell;
use super::store::Entry;
use crate::input::captions::{self, Captioned};
use crate::input::picture;

/// Folders in folders deeper than this are not meant to be read, or lead back to themselves.
const DEEPEST: usize = 16;

/// All pictures of the folder at `path` and of those below it, in the order of their names.
///
/// Errors: a folder or a list of captions cannot be read, or a list names a file that is not there, unless such lines are
/// to be skipped.
pub fn entries(path: &Path, skips_absent: bool) -> Result<Found, NodeError> {
    let mut found = Found::default();
    collect(path, 0, skips_absent, &mut found)?;
    Ok(found)
}

/// The `.safetensors` files of the folder at `path`, in the order of their names.
///
/// Errors: the folder cannot be read.
pub fn encoded_parts(path: &Path) -> Result<Vec<PathBuf>, NodeError> {
    let mut files = children(path)?;
    files.retain(|file| file.is_file() && picture::extension(file) == "safetensors");
    Ok(files)
}

/// What lies in a folder, in the order of names.
fn children(folder: &Path) -> Result<Vec<PathBuf>, NodeError> {
    let fails = |error: std::io::Error| NodeError::file(folder, error, "check the folder");
    let mut names = Vec::new();
    for child in std::fs::read_dir(folder).map_err(fails)? {
        names.push(child.map_err(fails)?.path());
    }
    names.sort();
    Ok(names)
}

fn collect(
    folder: &Path,
    depth: usize,
    skips_absent: bool,
    found: &mut Found,
) -> Result<(), NodeError> {
    if depth > DEEPEST {
        return Err(NodeError::file(
            folder,
            format!("the folders are more than {DEEPEST} deep"),
            "look for a link that leads back",
        ));
    }
    let names = children(folder)?;
    let family = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let listed = folder.join(captions::FILE).is_file();
    if listed {
        for row in captions::read(folder)? {
            let file = folder.join(&row.file);
            if skips_absent && !file.exists() {
                found.lone_captions.push(file.display().to_string());
            } else {
                found.entries.push(listed_entry(folder, &family, row)?);
            }
        }
    }
    let is_told = |caption: &Path| names.iter().any(|name| is_of(caption, name));
    for child in &names {
        if child.is_dir() {
            collect(child, depth + 1, skips_absent, found)?;
        } else if !listed && picture::is_picture(child) {
            found.entries.push(lone_entry(child, &family)?);
        } else if !listed && picture::extension(child) == "txt" && !is_told(child) {
            found.lone_captions.push(child.display().to_string());
        }
    }
    Ok(())
}

/// Whether `file` is the picture whose caption stands in `caption`.
fn is_of(caption: &Path, file: &Path) -> bool {
    picture::is_picture(file) && file.file_stem() == caption.file_stem()
}

fn listed_entry(folder: &Path, family: &str, row: Captioned) -> Result<Entry, NodeError> {
    let or = |text: String, other: &str| if text.is_empty() { other.into() } else { text };
    let file = folder.join(&row.file);
    let length = length(
        &file,
        "captions.csv names it; add it, take its line out, or set `skip_unreadable`",
    )?;
    Ok(Entry {
        cell: Cell {
            concept: or(row.concept, &row.caption),
            drawing: or(row.drawing, family),
        },
        caption: row.caption,
        family: family.into(),
        extension: picture::extension(&file),
        file,
        length,
        ..Entry::default()
    })
}

/// A picture that no list names: its caption stands beside it, or it has none.
fn lone_entry(file: &Path, family: &str) -> Result<Entry, NodeError> {
    let text = file.with_extension("txt");
    let caption = if text.is_file() {
        std::fs::read_to_string(&text)
            .map_err(|error| NodeError::file(&text, error, "captions are text in UTF-8"))?
            .trim()
            .to_string()
    } else {
        String::new()
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Entry {
        cell: Cell {
            concept: if caption.is_empty() {
                stem.into_owned()
            } else {
                caption.clone()
            },
            drawing: family.into(),
        },
        caption,
        family: family.into(),
        file: file.into(),
        length: length(file, "check the file")?,
        extension: picture::extension(file),
        ..Entry::default()
    })
}

fn length(file: &Path, hint: &str) -> Result<u64, NodeError> {
    let data = std::fs::metadata(file).map_err(|error| NodeError::file(file, error, hint))?;
    Ok(data.len())
}
