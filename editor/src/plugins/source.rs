//! What is said of a node's plugin: which one it comes from, or which one it lacks.

use graph::document::Graph;
use graph::plugin::{Version, Versions};
use graph::registry::Registry;

/// Which plugin a kind of node comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The plugin.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// Whether it runs in the editor itself.
    pub in_process: bool,
}

/// How it stands with a plugin that a workflow needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// It can be used.
    Met(Version),
    /// It is here in a version that will not do.
    OtherVersion(Version),
    /// It is here, and cannot be used for this reason.
    Kept(String),
    /// It is not here.
    Missing,
}

impl Source {
    /// The plugin that nodes of the kind `kind` come from; `None` where they are built in, or unknown.
    pub fn of(registry: &Registry, kind: &str) -> Option<Self> {
        let (id, offer) = registry.source_of(kind)?;
        Some(Self {
            id: id.into(),
            version: offer.version,
            in_process: offer.in_process,
        })
    }

    /// Where it runs.
    pub fn place(&self) -> &'static str {
        if self.in_process {
            "in the editor itself"
        } else {
            "in a process of its own"
        }
    }
}

/// How it stands with the plugin `id`, of which a workflow needs `versions`.
pub fn need(registry: &Registry, id: &str, versions: &str) -> Need {
    let Some(offer) = registry.plugins().get(id) else {
        return Need::Missing;
    };
    let allowed = versions.parse::<Versions>();
    match &offer.obstacle {
        _ if !allowed.is_ok_and(|allowed| allowed.allow(offer.version)) => {
            Need::OtherVersion(offer.version)
        }
        Some(obstacle) => Need::Kept(obstacle.problem.clone()),
        None => Need::Met(offer.version),
    }
}

/// What a node of the unknown kind `kind` lacks, in a sentence.
pub fn lack(graph: &Graph, registry: &Registry, kind: &str) -> String {
    if let Some((id, offer)) = registry.plugin_of(kind)
        && let Some(obstacle) = &offer.obstacle
    {
        return format!(
            "The kind `{kind}` comes from the plugin `{id}` {}, which cannot be used: {}.",
            offer.version, obstacle.problem
        );
    }
    let needed = graph.plugins().iter();
    let missing: Vec<String> = needed
        .filter(|(id, _)| !registry.plugins().contains_key(*id))
        .map(|(id, versions)| format!("`{id}` ({versions})"))
        .collect();
    match missing.as_slice() {
        [] => format!("The kind `{kind}` is not known here; it may come from a plugin."),
        [one] => format!(
            "The kind `{kind}` is not known here. The workflow needs the plugin {one}: install it."
        ),
        several => format!(
            "The kind `{kind}` is not known here. The workflow needs the plugins {}: install them.",
            several.join(", ")
        ),
    }
}
