//! What a workflow says of the plugins that it needs, kept true while its nodes change.

use std::collections::BTreeSet;

use graph::document::Graph;
use graph::edit::Edit;
use graph::registry::Registry;

/// `edit`, and with it what the workflow says of plugins: it names those that its new nodes come from, from the version on
/// that is here, and no longer those that lose their last node.
///
/// What it says of other plugins stays as it was written.
pub fn with_needs(edit: Edit, graph: &Graph, registry: &Registry) -> Edit {
    let mut after = graph.clone();
    // What cannot be done is told by whoever does it.
    if !changes_nodes(&edit) || after.apply(edit.clone()).is_err() {
        return edit;
    }
    let (had, has) = (sources(graph, registry), sources(&after, registry));
    let named = after.plugins();
    let new = has.difference(&had).filter(|id| !named.contains_key(**id));
    let lost = had.difference(&has).filter(|id| named.contains_key(**id));
    let new = new.filter_map(|id| {
        let version = registry.plugins().get(*id)?.version;
        let versions = format!("^{}.{}", version.major, version.minor);
        Some(need(id, Some(versions)))
    });
    let needs: Vec<Edit> = new.chain(lost.map(|id| need(id, None))).collect();
    if needs.is_empty() {
        return edit;
    }
    Edit::Batch([edit].into_iter().chain(needs).collect())
}

fn need(plugin: &str, versions: Option<String>) -> Edit {
    Edit::SetPlugin {
        name: plugin.into(),
        versions,
    }
}

/// Whether `edit` adds nodes or takes some away.
fn changes_nodes(edit: &Edit) -> bool {
    match edit {
        Edit::AddNode(_) | Edit::RemoveNode(_) => true,
        Edit::Batch(edits) => edits.iter().any(changes_nodes),
        _ => false,
    }
}

/// The plugins that nodes of `graph` come from, or would where they could be used.
fn sources<'a>(graph: &Graph, registry: &'a Registry) -> BTreeSet<&'a str> {
    let kinds = graph.nodes().values().map(|node| node.kind.as_str());
    let found = kinds.filter_map(|kind| match registry.get(kind) {
        Some(_) => registry.source_of(kind),
        None => registry.plugin_of(kind),
    });
    found.map(|(id, _)| id).collect()
}
