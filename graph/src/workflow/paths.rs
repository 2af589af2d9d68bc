//! Where relative paths of a workflow start.

use std::path::{Path, PathBuf};

use crate::document::Graph;
use crate::param::{ParamKind, ParamValue, PathPurpose};
use crate::registry::Registry;

/// The folder where relative paths of a workflow start that a picture in `folder` carries.
///
/// A picture may lie anywhere, so it is the first of these in which all files are that the workflow reads:
/// the picture's own folder, the current one, and `workflows` in it.
pub fn base_of_picture(folder: &Path, graph: &Graph, registry: &Registry) -> PathBuf {
    let read = paths_read(graph, registry);
    let candidates = [folder, Path::new("."), Path::new("workflows")];
    candidates
        .iter()
        .find(|folder| read.iter().all(|path| folder.join(path).exists()))
        .map_or_else(|| folder.to_path_buf(), |folder| folder.to_path_buf())
}

/// The files and folders that the nodes of a workflow read, as it names them.
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
