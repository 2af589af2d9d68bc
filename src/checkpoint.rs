//! What a checkpoint holds, read from its headers alone: no weight is loaded.

mod header;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value as Json;

use crate::failure::Failure;
use header::Header;

/// What a checkpoint holds.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Checkpoint {
    /// What config.json calls the network; absent where there is no config.json.
    pub architecture: Option<String>,
    /// What config.json says, as it stands there.
    pub config: Option<Json>,
    /// The files with weights.
    pub files: Vec<String>,
    /// How many tensors there are.
    pub tensors: usize,
    /// How many numbers the tensors hold together.
    pub parameters: u64,
    /// How many bytes they fill.
    pub bytes: u64,
    /// How many numbers there are of each type.
    pub types: BTreeMap<String, u64>,
    /// How many numbers there are in each part: what stands before the first dot of the names.
    pub parts: BTreeMap<String, u64>,
    /// Names that the index promises and no file holds.
    pub missing: Vec<String>,
    /// Names that files hold and the index does not know.
    pub unknown: Vec<String>,
}

impl Checkpoint {
    /// Reads the headers of the checkpoint at `path`, a folder or a safetensors file.
    ///
    /// Errors: there are no weights, or a file is damaged.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let files = weight_files(path)?;
        let mut checkpoint = Self::default();
        let mut names = BTreeSet::new();
        for file in &files {
            let header = Header::read(file)?;
            checkpoint.count(&header);
            names.extend(header.tensors.into_keys());
            checkpoint.files.push(file_name(file));
        }
        if let Some(promised) = index(path)? {
            checkpoint.missing = promised.difference(&names).cloned().collect();
            checkpoint.unknown = names.difference(&promised).cloned().collect();
        }
        checkpoint.config = read_json(&path.join("config.json"))?;
        checkpoint.architecture = checkpoint.config.as_ref().and_then(architecture);
        Ok(checkpoint)
    }

    fn count(&mut self, header: &Header) {
        for (name, tensor) in &header.tensors {
            let part = name.split('.').next().unwrap_or(name);
            *self.parts.entry(part.into()).or_default() += tensor.numbers;
            *self.types.entry(tensor.dtype.clone()).or_default() += tensor.numbers;
            self.tensors += 1;
            self.parameters += tensor.numbers;
            self.bytes += tensor.bytes;
        }
    }

    /// What it is, in a few lines.
    pub fn describe(&self) -> String {
        let architecture = self.architecture.as_deref();
        let mut lines = vec![
            format!(
                "architecture  {}",
                architecture.unwrap_or("unknown: there is no config.json that names it")
            ),
            format!("files         {}", self.files.join(", ")),
            format!("tensors       {}", self.tensors),
            format!("parameters    {}", grouped(self.parameters)),
            format!("bytes         {}", grouped(self.bytes)),
        ];
        for (title, counts) in [("type", &self.types), ("part", &self.parts)] {
            for (name, count) in counts {
                lines.push(format!("{title:12}  {name}: {}", grouped(*count)));
            }
        }
        for (title, names) in [("missing", &self.missing), ("unknown", &self.unknown)] {
            lines.extend(names.iter().map(|name| format!("{title:12}  {name}")));
        }
        lines.join("\n")
    }
}

/// `12345678` as `12 345 678`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The files with weights, in order of their names.
fn weight_files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path.is_file() {
        return Ok(vec![path.into()]);
    }
    let files = std::fs::read_dir(path).map_err(|error| {
        Failure::invalid(
            format!("cannot read `{}`: {error}", path.display()),
            "name the folder of a model, or a safetensors file",
        )
    })?;
    let mut found: Vec<PathBuf> = files
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| {
            file.extension()
                .is_some_and(|ending| ending == "safetensors")
        })
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(Failure::invalid(
            format!("there are no weights in `{}`", path.display()),
            "a model is a folder with config.json and *.safetensors; pickled weights are not read",
        ));
    }
    Ok(found)
}

/// The names that the index of a model in several files promises.
fn index(path: &Path) -> Result<Option<BTreeSet<String>>, Failure> {
    let index = read_json(&path.join("model.safetensors.index.json"))?;
    let map = index.as_ref().and_then(|index| index.get("weight_map"));
    let names = map.and_then(Json::as_object);
    Ok(names.map(|names| names.keys().cloned().collect()))
}

fn read_json(path: &Path) -> Result<Option<Json>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    let damaged = |error: &dyn std::fmt::Display| {
        Failure::invalid(
            format!("`{}` is no valid JSON: {error}", path.display()),
            "the file may be damaged: take another copy",
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| damaged(&error))?;
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| damaged(&error))
}

/// What a config.json calls its network, by the names in use for that.
fn architecture(config: &Json) -> Option<String> {
    let first = config.get("architectures").and_then(|list| list.get(0));
    let named = ["architecture", "format", "model_type", "_class_name"].map(|key| config.get(key));
    let mut known = first.into_iter().chain(named.into_iter().flatten());
    known.find_map(Json::as_str).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(123_456), "123 456");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }
}
