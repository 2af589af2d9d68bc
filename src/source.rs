//! Where a workflow comes from: a file of its own, or a picture that carries one.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use graph::document::Graph;
use graph::param::{ParamKind, ParamValue, PathPurpose};
use graph::registry::Registry;
use graph::workflow::Workflow;

use crate::failure::Failure;
use crate::png;
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
            recorded,
        })
    }

    /// The folder where relative paths start: that of the workflow file.
    ///
    /// A picture may lie anywhere, so it is the first of these in which all files are that the workflow reads:
    /// the picture's own folder, the current one, and `workflows` in it.
    pub fn base(&self, graph: &Graph, registry: &Registry) -> PathBuf {
        if self.recorded.is_none() {
            return self.folder.clone();
        }
        let read = paths_read(graph, registry);
        let candidates = [&self.folder, Path::new("."), Path::new("workflows")];
        candidates
            .iter()
            .find(|folder| read.iter().all(|path| folder.join(path).exists()))
            .map_or_else(|| self.folder.clone(), |folder| folder.to_path_buf())
    }
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

/// The files and folders that the nodes of a workflow read.
fn paths_read(graph: &Graph, registry: &Registry) -> Vec<String> {
    let mut paths = Vec::new();
    for node in graph.nodes().values() {
        let Some(entry) = registry.get(&node.kind) else {
            continue;
        };
        let read = ParamKind::Path {
            purpose: PathPurpose::Read,
        };
        for spec in entry
            .descriptor
            .params
            .iter()
            .filter(|spec| spec.kind == read)
        {
            if let Some(ParamValue::Text(path)) = node.params.get(&spec.name) {
                paths.push(path.clone());
            }
        }
    }
    paths
}
