//! Relative paths of a workflow that moves to another folder.

#[cfg(test)]
mod tests;

use std::path::{Component, Path};

use graph::document::Graph;
use graph::edit::Edit;
use graph::param::{ParamKind, ParamValue, PathPurpose};
use graph::registry::Registry;

/// The edit that lets paths which lead to something from the folder `old` lead there from the folder `new`.
///
/// What leads nowhere is left as it is, and so are paths that are written to. Nothing where no path has to change.
pub fn carried(graph: &Graph, registry: &Registry, old: &Path, new: &Path) -> Option<Edit> {
    let read = ParamKind::Path {
        purpose: PathPurpose::Read,
    };
    let mut edits = Vec::new();
    for (id, node) in graph.nodes() {
        let Some(entry) = registry.get(&node.kind) else {
            continue;
        };
        let specs = entry.descriptor.params.iter();
        for spec in specs.filter(|spec| spec.kind == read) {
            let Some(ParamValue::Text(path)) = node.params.get(&spec.name) else {
                continue;
            };
            if let Some(path) = seen_from(new, old, path) {
                edits.push(Edit::set(&id.port(&spec.name), ParamValue::Text(path)));
            }
        }
    }
    (!edits.is_empty()).then_some(Edit::Batch(edits))
}

/// `path`, which starts at `old`, as one that starts at `new`; nothing where it leads there as it is, or nowhere.
fn seen_from(new: &Path, old: &Path, path: &str) -> Option<String> {
    if path.is_empty() || Path::new(path).is_absolute() {
        return None;
    }
    let target = old.join(path).canonicalize().ok()?;
    if new.join(path).canonicalize().ok().as_ref() == Some(&target) {
        return None;
    }
    let new = new.canonicalize().ok()?;
    let shared = target
        .components()
        .zip(new.components())
        .take_while(|(one, other)| one == other)
        .filter(|(one, _)| matches!(one, Component::Normal(_)))
        .count();
    let named = |path: &Path| -> Option<Vec<String>> {
        let names = path.components().filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_str().map(ToOwned::to_owned)),
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => None,
        });
        names.collect()
    };
    if shared == 0 {
        // What has nothing in common is best named from the root.
        return target.to_str().map(|path| path.replace('\\', "/"));
    }
    let up = named(&new)?.len() - shared;
    let mut way = vec!["..".to_owned(); up];
    way.extend(named(&target)?.into_iter().skip(shared));
    Some(way.join("/"))
}
