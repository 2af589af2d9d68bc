//! Where a workflow comes from: a file of its own, or a picture that carries one.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use graph::registry::Registry;
use graph::workflow::{self, Workflow};
use nodes::output::png;

use crate::failure::Failure;
use crate::provenance::{self, Provenance};

const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// A picture that carries a workflow is read whole; none is larger than this.
const LARGEST_PICTURE: u64 = 1 << 30;

/// A workflow and where it was found.
#[derive(Debug)]
pub struct Source {
    /// The workflow.
    pub workflow: Workflow,
    /// The folder that it lies in.
    folder: PathBuf,
    /// Whether a picture carries it.
    in_picture: bool,
    /// What the picture that carries it says of its making.
    pub recorded: Option<Provenance>,
}

impl Source {
    /// Opens the workflow file, or the picture, at `path`.
    ///
    /// Errors: it cannot be read, or holds no valid workflow.
    pub fn open(path: &Path, registry: &Registry) -> Result<Self, Failure> {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            Some(_) | None => PathBuf::from("."),
        };
        if !is_picture(path) {
            // What cannot be read may be wrong in other respects as well, and all of it is told.
            let workflow = Workflow::open(path, registry)
                .map_err(|_| Failure::from(Workflow::check(path, registry)))?;
            return Ok(Self {
                workflow,
                folder,
                in_picture: false,
                recorded: None,
            });
        }
        let texts = read_texts(path)?;
        let Some((_, text)) = texts.iter().find(|(name, _)| name == provenance::WORKFLOW) else {
            return Err(Failure::invalid(
                format!("`{}` is a picture that carries no workflow", path.display()),
                "only pictures written by `smalto run` without `--no-metadata` carry one",
            ));
        };
        let name = format!("{}#{}", path.display(), provenance::WORKFLOW);
        let recorded = texts
            .iter()
            .find(|(name, _)| name == provenance::RUN)
            .and_then(|(_, text)| serde_json::from_str(text).ok());
        Ok(Self {
            workflow: Workflow::read(&name, text, registry)?,
            folder,
            in_picture: true,
            recorded,
        })
    }

    /// The folder where relative paths start: that of the workflow file.
    ///
    /// That of a picture's workflow is found by [`workflow::base_of_picture`].
    pub fn base(&self, registry: &Registry) -> PathBuf {
        if self.in_picture {
            workflow::base_of_picture(&self.folder, &self.workflow.graph, registry)
        } else {
            self.folder.clone()
        }
    }
}

/// A path as typed, which starts at the current folder, as one that starts at `base`.
pub fn seen_from(base: &Path, typed: &str) -> String {
    if typed.is_empty() || Path::new(typed).is_absolute() {
        return typed.into();
    }
    let mut way = String::new();
    for part in base.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => way.push_str("../"),
            // There is no telling how to come back from there.
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                let here = std::env::current_dir().unwrap_or_default();
                return here.join(typed).to_string_lossy().replace('\\', "/");
            }
        }
    }
    way + typed.strip_prefix("./").unwrap_or(typed)
}

fn is_picture(path: &Path) -> bool {
    let mut start = [0; PNG.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && start == PNG
}

fn read_texts(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::invalid(
            format!("cannot read the picture `{}`: {error}", path.display()),
            "the file may be damaged: take another copy",
        )
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    let _ = file
        .take(LARGEST_PICTURE)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    png::read_texts(&bytes).map_err(|error| unreadable(&error))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::seen_from;

    #[test]
    fn a_typed_path_starts_where_it_was_typed() {
        let check = |base: &str, typed: &str, expected: &str| {
            assert_eq!(
                seen_from(Path::new(base), typed),
                expected,
                "{typed} from {base}"
            );
        };
        check(".", "a.png", "a.png");
        check("workflows", "a.png", "../a.png");
        check("./my/flows", "./b/a.png", "../../b/a.png");
        check("workflows", "/pictures/a.png", "/pictures/a.png");
        check("workflows", "", "");
        let here = std::env::current_dir().expect("there is a current folder");
        let here = here.join("a.png").to_string_lossy().into_owned();
        check("/elsewhere", "a.png", &here);
        check("../workflows", "a.png", &here);
    }
}
