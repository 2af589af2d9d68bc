//! What a checkpoint holds, read from its headers alone: no weight is loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use graph::error::NodeError;
use nodes::network::weights::Checkpoint as Weights;
use nodes::recognise::{Recognised, recognise};
use serde::Serialize;
use serde_json::Value as Json;

use crate::failure::Failure;

/// How the files of a licence are called.
const LICENCES: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];

/// What a checkpoint holds.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Checkpoint {
    /// What config.json calls the network; absent where there is no config.json.
    pub architecture: Option<String>,
    /// What it is to this program; absent where that does not know its like.
    pub recognised: Option<Recognised>,
    /// What config.json says, as it stands there.
    pub config: Option<Json>,
    /// The files with weights.
    pub files: Vec<String>,
    /// Files with weights that the index names and that are not there.
    pub missing_files: Vec<String>,
    /// The files that say what may be done with the model.
    pub licences: Vec<String>,
    /// How many tensors there are.
    pub tensors: usize,
    /// How many numbers the tensors hold together.
    pub parameters: u64,
    /// How many bytes they fill.
    pub bytes: u64,
    /// How many numbers there are of each type.
    pub types: BTreeMap<String, u64>,
    /// How many numbers there are in each part, by the beginnings of the names.
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
        if !path.exists() {
            return Err(Failure::invalid(
                format!("there is nothing at `{}`", path.display()),
                "name the folder of a model, or a safetensors file",
            ));
        }
        let (weights, absent) =
            Weights::open_what_is_there(path).map_err(|error| told(&error.into()))?;
        let mut checkpoint = Self {
            files: weights.files().iter().map(|file| file_name(file)).collect(),
            missing_files: absent.keys().map(|file| file_name(file)).collect(),
            licences: licences(path),
            config: read_json(&path.join("config.json"))?,
            ..Self::default()
        };
        checkpoint.count(&weights);
        checkpoint.architecture = checkpoint.config.as_ref().and_then(architecture);
        let known = checkpoint.config.as_ref();
        checkpoint.recognised = known.and_then(|config| recognise(config, &weights));
        Ok(checkpoint)
    }

    fn count(&mut self, weights: &Weights) {
        for (name, array) in weights.arrays() {
            let numbers: u64 = array.shape().iter().map(|side| *side as u64).product();
            *self.parts.entry(part(name)).or_default() += numbers;
            let dtype = format!("{:?}", array.dtype());
            *self.types.entry(dtype).or_default() += numbers;
            self.tensors += 1;
            self.parameters += numbers;
            self.bytes += array.bytes();
        }
        if let Some(promised) = weights.promised() {
            let names: BTreeSet<&String> = weights.arrays().keys().collect();
            let missing = promised.iter().filter(|name| !names.contains(name));
            self.missing = missing.cloned().collect();
            let unknown = names.into_iter().filter(|name| !promised.contains(*name));
            self.unknown = unknown.cloned().collect();
        }
    }

    /// What keeps it from being used, in one sentence, and how to mend that.
    pub fn fault(&self) -> Option<(String, &'static str)> {
        if !self.missing_files.is_empty() || !self.missing.is_empty() {
            return Some((
                format!(
                    "the model is not whole: {} keys are missing",
                    self.missing.len()
                ),
                "fetch the files that hold them, as named in the index beside the weights",
            ));
        }
        let problems = &self.recognised.as_ref()?.problems;
        let first = problems.first()?;
        let more = match problems.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Some((
            format!("the model does not load: {first}{more}"),
            "take weights and configuration from the same place",
        ))
    }

    /// What it is, in a few lines.
    pub fn describe(&self) -> String {
        let architecture = self.architecture.as_deref();
        let mut lines = vec![format!(
            "architecture  {}",
            architecture.unwrap_or("unknown: there is no config.json that names it")
        )];
        if let Some(recognised) = &self.recognised {
            lines.push(format!(
                "model         {}, loaded by {}",
                recognised.model, recognised.loaded_by
            ));
            lines.extend(
                recognised
                    .codebook
                    .map(|codes| format!("codebook      {}", grouped(codes as u64))),
            );
        }
        lines.extend([
            format!("files         {}", self.files.join(", ")),
            format!("tensors       {}", self.tensors),
            format!("parameters    {}", grouped(self.parameters)),
            format!("bytes         {}", grouped(self.bytes)),
        ]);
        for (title, counts) in [("type", &self.types), ("part", &self.parts)] {
            for (name, count) in counts {
                lines.push(format!("{title:12}  {name}: {}", grouped(*count)));
            }
        }
        lines.push(match self.licences.as_slice() {
            [] => "licence       no file tells it: see where the model is from".into(),
            files => format!("licence       {}", files.join(", ")),
        });
        let passed = self.recognised.iter().flat_map(|found| &found.passed_over);
        lines.extend(passed.map(|(part, count)| format!("passed over   {part}: {count} tensors")));
        let none = Vec::new();
        let problems = self
            .recognised
            .as_ref()
            .map_or(&none, |found| &found.problems);
        for (title, names) in [
            ("missing file", &self.missing_files),
            ("missing", &self.missing),
            ("unknown", &self.unknown),
            ("problem", problems),
        ] {
            lines.extend(names.iter().map(|name| format!("{title:12}  {name}")));
        }
        lines.join("\n")
    }
}

/// The beginning of a name that tells its part: two steps at most, and never the last one.
fn part(name: &str) -> String {
    let steps: Vec<&str> = name.split('.').collect();
    let count = steps.len().saturating_sub(1).clamp(1, 2);
    steps[..count].join(".")
}

fn told(error: &NodeError) -> Failure {
    Failure::invalid(
        error.to_string(),
        "a model is a folder with config.json and *.safetensors",
    )
}

/// `12345678` as `12 345 678`.
pub fn grouped(number: u64) -> String {
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

/// The files of a folder that say what may be done with what lies in it.
pub fn licences(path: &Path) -> Vec<String> {
    let folder = std::fs::read_dir(path).into_iter().flatten();
    let files = folder.filter_map(|entry| entry.ok().map(|entry: std::fs::DirEntry| entry.path()));
    let mut names: Vec<String> = files
        .filter(|file: &PathBuf| file.is_file())
        .map(|file| file_name(&file))
        .filter(|name| {
            let name = name.to_uppercase();
            LICENCES.iter().any(|start| name.starts_with(start))
        })
        .collect();
    names.sort();
    names
}

/// What the JSON file at `path` holds; `None` where there is none.
///
/// Errors: it cannot be read, or is no JSON.
pub fn read_json(path: &Path) -> Result<Option<Json>, Failure> {
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
    let class = config.pointer("/model/class_path");
    let mut known = first
        .into_iter()
        .chain(named.into_iter().flatten())
        .chain(class);
    known.find_map(Json::as_str).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::{grouped, part};

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(123_456), "123 456");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }

    #[test]
    fn a_part_is_told_by_the_beginning_of_a_name() {
        assert_eq!(part("a.weight"), "a");
        assert_eq!(
            part("encoder.layers.3.mlp.up_proj.weight"),
            "encoder.layers"
        );
        assert_eq!(part("bias"), "bias");
    }
}
