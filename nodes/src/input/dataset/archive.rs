//! WebDataset archives: tar files in which files of one name belong together.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use graph::error::NodeError;

use super::found::Found;
use super::split::Cell;
use super::store::Entry;
use crate::input::picture;

/// Captions and descriptions longer than this are none.
const LONGEST_TEXT: u64 = 1 << 20;

/// What an archive must be.
pub const HINT: &str =
    "it must be a whole, uncompressed tar of pictures, each with a .txt or .json of the same name";

/// What is known of one name of the archive so far.
#[derive(Default)]
struct Sample {
    picture: Option<Entry>,
    text: Option<String>,
    description: Description,
}

/// What a `.json` beside a picture may say.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct Description {
    caption: String,
    concept: String,
    family: String,
    drawing: String,
}

/// All pictures of the tar at `path`, in the order of their names; none is decoded yet.
///
/// Errors: the archive cannot be read or is cut off, or a caption is no UTF-8.
pub fn entries(path: &Path) -> Result<Found, NodeError> {
    let fails = |problem: &dyn std::fmt::Display| NodeError::file(path, problem, HINT);
    let file = File::open(path).map_err(|error| fails(&error))?;
    let size = file.metadata().map_err(|error| fails(&error))?.len();
    let mut archive = tar::Archive::new(BufReader::new(file));
    let mut samples: BTreeMap<String, Sample> = BTreeMap::new();
    for member in archive.entries().map_err(|error| fails(&error))? {
        let mut member = member.map_err(|error| fails(&error))?;
        if !member.header().entry_type().is_file() {
            continue;
        }
        let name = member
            .path()
            .map_err(|error| fails(&error))?
            .to_string_lossy()
            .into_owned();
        let (offset, length) = (member.raw_file_position(), member.size());
        if offset + length > size {
            return Err(fails(&format!("the archive is cut off within `{name}`")));
        }
        let (key, extension) = key_and_extension(&name);
        let sample = samples.entry(key.to_string()).or_default();
        let mut text = || -> Result<String, NodeError> {
            let mut text = String::new();
            let _ = member
                .by_ref()
                .take(LONGEST_TEXT)
                .read_to_string(&mut text)
                .map_err(|error| fails(&format!("`{name}`: {error}")))?;
            Ok(text.trim().to_string())
        };
        match extension.as_str() {
            "txt" | "caption" => sample.text = Some(text()?),
            "json" => {
                sample.description = serde_json::from_str(&text()?)
                    .map_err(|error| fails(&format!("`{name}`: {error}")))?;
            }
            kind if picture::EXTENSIONS.contains(&kind) => {
                sample.picture = Some(Entry {
                    file: path.into(),
                    offset,
                    length,
                    extension,
                    member: name,
                    ..Entry::default()
                });
            }
            _ => {}
        }
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut found = Found::default();
    for (key, sample) in samples {
        let has_caption = sample.text.is_some() || !sample.description.caption.is_empty();
        match entry(&key, sample, &stem) {
            Some(entry) => found.entries.push(entry),
            None if has_caption => found.lone_captions.push(key),
            None => {}
        }
    }
    Ok(found)
}

/// The name that belongs together, and what the file is: WebDataset parts them at the first dot of the last part.
fn key_and_extension(name: &str) -> (&str, String) {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[start..].find('.') {
        Some(dot) => {
            let dot = start + dot;
            let last = name.rfind('.').unwrap_or(dot);
            (&name[..dot], name[last + 1..].to_lowercase())
        }
        None => (name, String::new()),
    }
}

fn entry(key: &str, sample: Sample, archive: &str) -> Option<Entry> {
    let first = |choices: [&str; 3]| -> String {
        let known = choices.into_iter().find(|choice| !choice.is_empty());
        known.unwrap_or_default().into()
    };
    let said = sample.description;
    let caption = first([
        sample.text.as_deref().unwrap_or_default(),
        &said.caption,
        "",
    ]);
    let family = first([&said.family, archive, ""]);
    Some(Entry {
        cell: Cell {
            concept: first([&said.concept, &caption, key]),
            drawing: first([&said.drawing, &family, ""]),
        },
        caption,
        family,
        ..sample.picture?
    })
}
