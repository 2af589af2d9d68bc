//! What the folder of a whole pipeline holds, as diffusers lays it: `model_index.json` and a folder for each part.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::Serialize;
use serde_json::Value as Json;

use crate::checkpoint::{Checkpoint, licences, read_json};
use crate::failure::Failure;

/// What lists the parts.
const INDEX: &str = "model_index.json";

/// What a part with weights says of itself; schedulers and tokenizers have files of other names.
const CONFIG: &str = "config.json";

/// What a pipeline holds.
#[derive(Debug, PartialEq, Serialize)]
pub struct Pipeline {
    /// What its authors' program calls it.
    pub pipeline: Option<String>,
    /// The files that say what may be done with the pipeline.
    pub licences: Vec<String>,
    /// How many numbers its parts hold together.
    pub parameters: u64,
    /// How many bytes they fill.
    pub bytes: u64,
    /// Its parts by the names of their folders.
    pub parts: BTreeMap<String, Part>,
}

/// One part of a pipeline.
#[derive(Debug, PartialEq, Serialize)]
pub struct Part {
    /// What the authors' program calls it.
    pub class: String,
    /// What its folder holds; absent where that is no weights.
    pub checkpoint: Option<Checkpoint>,
    /// What keeps it from being read.
    pub problem: Option<String>,
}

impl Pipeline {
    /// Whether `path` is the folder of a pipeline.
    pub fn is_at(path: &Path) -> bool {
        path.join(INDEX).is_file()
    }

    /// Reads the headers of every part of the pipeline at `path`.
    ///
    /// Errors: its index is damaged.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let index = read_json(&path.join(INDEX))?.unwrap_or_default();
        let entries = index.as_object().into_iter().flatten();
        let parts: BTreeMap<String, Part> = entries
            .filter_map(|(name, entry)| Some((name.clone(), Part::read(path, name, entry)?)))
            .collect();
        let whole = || parts.values().filter_map(|part| part.checkpoint.as_ref());
        Ok(Self {
            pipeline: index
                .get("_class_name")
                .and_then(Json::as_str)
                .map(Into::into),
            licences: licences(path),
            parameters: whole().map(|checkpoint| checkpoint.parameters).sum(),
            bytes: whole().map(|checkpoint| checkpoint.bytes).sum(),
            parts,
        })
    }

    /// What keeps it from being used, in one sentence, and how to mend that.
    pub fn fault(&self) -> Option<(String, &'static str)> {
        self.parts.iter().find_map(|(name, part)| {
            let (problem, hint) = part.fault()?;
            Some((format!("`{name}`: {problem}"), hint))
        })
    }

    /// What it is, in a few lines for each part.
    pub fn describe(&self) -> String {
        let class = self.pipeline.as_deref().unwrap_or("unknown");
        let mut text = format!("pipeline      {class}\n");
        if !self.licences.is_empty() {
            text.push_str(&format!("licence       {}\n", self.licences.join(", ")));
        }
        for (name, part) in &self.parts {
            text.push_str(&format!("\n{name}: {}\n", part.class));
            let told = match (&part.checkpoint, &part.problem) {
                (_, Some(problem)) => format!("problem       {problem}"),
                (Some(checkpoint), None) => checkpoint.describe(),
                (None, None) => "no weights".into(),
            };
            for line in told.lines() {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text
    }
}

impl Part {
    /// The part that `entry` of the index tells of; `None` where it tells of none.
    fn read(pipeline: &Path, name: &str, entry: &Json) -> Option<Self> {
        let [Json::String(_), Json::String(class)] = entry.as_array()?.as_slice() else {
            // Parts that a pipeline may have and this one has not are listed as nulls.
            return None;
        };
        let mut part = Self {
            class: class.clone(),
            checkpoint: None,
            problem: None,
        };
        let mut steps = Path::new(name).components();
        let plain = matches!(
            (steps.next(), steps.next()),
            (Some(Component::Normal(_)), None)
        );
        let folder = pipeline.join(name);
        if !plain || name.contains('\\') {
            part.problem = Some("its name leads out of the folder".into());
        } else if !folder.is_dir() {
            part.problem = Some("its folder is missing".into());
        } else if folder.join(CONFIG).is_file() {
            match Checkpoint::read(&folder) {
                Ok(checkpoint) => part.checkpoint = Some(checkpoint),
                Err(failure) => part.problem = Some(failure.problem()),
            }
        }
        Some(part)
    }

    fn fault(&self) -> Option<(String, &'static str)> {
        match &self.problem {
            Some(problem) => Some((
                problem.clone(),
                "fetch this part too, as safetensors, from where the others are from",
            )),
            None => self.checkpoint.as_ref()?.fault(),
        }
    }
}
