//! The folder that results are written to.

use std::path::{Path, PathBuf};

use graph::engine::Outcome;
use graph::value::Value;
use graph::workflow;

use super::form::{self, Form};
use super::{Place, Wanted, Written};
use crate::failure::Failure;

/// The folder that results are written to.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`, made where there is none.
    ///
    /// Errors: nothing can be written there; it is tried now, so that no long run ends in vain.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let unwritable = |error: std::io::Error| {
            Failure::invalid(
                format!("cannot write to the folder `{}`: {error}", path.display()),
                "choose a folder that you may write to with `--out DIR`",
            )
        };
        std::fs::create_dir_all(path).map_err(unwritable)?;
        let probe = tempfile::Builder::new()
            .prefix(".smalto-")
            .tempfile_in(path)
            .map_err(unwritable)?;
        drop(probe);
        Ok(Self { path: path.into() })
    }

    /// Writes one result of a run, if the run came to it.
    ///
    /// Errors: the disk is full, or the like; what is there already stays as it was.
    pub fn write(
        &self,
        wanted: &Wanted,
        outcome: &Outcome,
        chunks: &[(String, String)],
    ) -> Result<Vec<(String, Written)>, Failure> {
        let values = match &wanted.place {
            Place::Interface => outcome.outputs.get(&wanted.name).map(Vec::as_slice),
            Place::Output(port) => outcome
                .nodes
                .get(&port.node)
                .map(|values| values.at(&port.port)),
        };
        let Some(values) = values else {
            return Ok(Vec::new());
        };
        let written = match wanted.form {
            Form::Number => numbers(values),
            Form::Told => values.iter().map(told).collect(),
            Form::Pictures | Form::Text | Form::Curve | Form::Tokens => {
                self.write_files(&wanted.name, values, chunks)?
            }
        };
        Ok(written
            .into_iter()
            .map(|result| (wanted.name.clone(), result))
            .collect())
    }

    fn write_files(
        &self,
        name: &str,
        values: &[Value],
        chunks: &[(String, String)],
    ) -> Result<Vec<Written>, Failure> {
        let files = form::files(values, chunks).map_err(|error| Failure::Unwritten {
            problem: format!("the result `{name}` cannot be written: {error}"),
            hint: "look at it with `--until NODE`".into(),
        })?;
        let mut written = Vec::with_capacity(files.len());
        for file in files {
            let path = self.path.join(format!("{name}{}", file.suffix));
            workflow::write_file(&path, &file.bytes).map_err(|error| Failure::Unwritten {
                problem: format!("cannot write `{}`: {error}", path.display()),
                hint: "nothing is left of it; free some space, or choose another folder with `--out DIR`".into(),
            })?;
            let told = path.strip_prefix(".").map_or(path.as_path(), |path| path);
            written.push(Written::File(told.into()));
        }
        Ok(written)
    }
}

fn numbers(values: &[Value]) -> Vec<Written> {
    let numbers = values.iter().filter_map(Value::get::<f64>);
    numbers.copied().map(Written::Number).collect()
}

fn told(value: &Value) -> Written {
    use graph::preview::Preview;

    let text = match value.preview() {
        Preview::Text(text) => text,
        Preview::Images(_) | Preview::Curve(_) | Preview::TokenGrid(_) | Preview::Steps(_) => {
            value.kind().to_string()
        }
    };
    Written::Told(text)
}
