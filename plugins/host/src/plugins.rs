//! The plugins on this machine: which there are, which can be used, and how their nodes enter a registry.

mod local;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use graph::exchange::Exchange;
use graph::node::{AnyNode, Descriptor};
use graph::param::{ParamValues, complete};
use graph::plugin::{Obstacle, Offer, Version};
use graph::registry::{Entry, Registry};
use serde::Serialize;

use local::Local;

use crate::describe::{Description, Finding};
use crate::instance::Instance;
use crate::manifest::{self, Manifest};
use crate::node::PluginNode;
use crate::search::Places;
use crate::seen::{Memory, Seen};
use crate::trust::{Trust, TrustError, sha256};
use crate::worker::client::{Look, look};
use crate::worker::{Launch, Worker};

/// A plugin that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plugin {
    /// Where its manifest lies.
    pub folder: PathBuf,
    /// The name for ever, or where the manifest cannot be read that of the folder.
    pub id: String,
    /// Its version, as the manifest says.
    pub version: Option<String>,
    /// The kinds of node that the manifest says it brings.
    pub kinds: Vec<String>,
    /// Its library for this machine.
    pub library: Option<PathBuf>,
    /// What the library hashes to.
    pub sha256: Option<String>,
    /// Whether the user lets it run in the program itself.
    pub in_process: bool,
    /// Whether it can be used.
    pub state: State,
}

/// Whether a plugin can be used.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It brings this.
    Ready(Box<Description>),
    /// The user has not said so.
    Untrusted,
    /// Its process died when it was looked at, so it is not touched again until it changes.
    Quarantined(String),
    /// Something is wrong with it.
    Broken(Finding),
}

/// All plugins on this machine, in the order they were looked for.
pub struct Plugins {
    /// The plugins.
    pub found: Vec<Plugin>,
    launch: Launch,
}

impl Plugins {
    /// The plugins that the environment of this process leads to; this very program is their worker.
    ///
    /// Errors: what the user trusts cannot be found out.
    pub fn standard() -> Result<Self, TrustError> {
        Self::find(&Places::standard(), &Launch::this_program())
    }

    /// Looks for plugins, and at the libraries that are trusted and were not seen before.
    ///
    /// Errors: what the user trusts cannot be found out.
    pub fn find(places: &Places, launch: &Launch) -> Result<Self, TrustError> {
        let trust = Trust::read(&places.trusted)?;
        let before = Memory::read(&places.seen);
        let mut memory = before.clone();
        let folders = places.folders();
        let mut found: Vec<Plugin> = folders
            .iter()
            .map(|folder| examine(folder, &trust, &mut memory, launch))
            .collect();
        if memory != before {
            // Where it cannot be kept, it is found out again the next time.
            let _ = memory.write(&places.seen);
        }
        conflicts(&mut found);
        Ok(Self {
            found,
            launch: launch.clone(),
        })
    }

    /// Lets the nodes of all plugins that can be used enter `registry`, and says of the others what keeps them.
    ///
    /// A plugin that claims a kind which is there already is left out, and its state says why.
    pub fn register(&mut self, registry: &mut Registry, exchange: &Exchange) {
        for plugin in &mut self.found {
            if let State::Ready(description) = &plugin.state {
                let mut kinds = description.nodes.iter().map(|node| &node.descriptor.id);
                if let Some(kind) = kinds.find(|kind| registry.get(kind).is_some()) {
                    plugin.state = State::Broken(Finding::new(
                        name_of(plugin),
                        format!("it claims the kind `{kind}`, which is built in"),
                        "whoever wrote it must give its node another name",
                    ));
                }
            }
            let _ = registry.offer(&plugin.id, plugin.offer());
            if let State::Ready(description) = &plugin.state {
                enter(registry, plugin, description, &self.launch, exchange);
            }
        }
    }
}

/// The file that a message about `plugin` names.
fn name_of(plugin: &Plugin) -> String {
    let manifest = plugin.folder.join(manifest::FILE);
    plugin
        .library
        .as_ref()
        .unwrap_or(&manifest)
        .display()
        .to_string()
}

impl Plugin {
    /// What the graph is told of it.
    fn offer(&self) -> Offer {
        let none = Version {
            major: 0,
            minor: 0,
            patch: 0,
        };
        let version = self.version.as_deref().and_then(|text| text.parse().ok());
        Offer {
            version: version.unwrap_or(none),
            kinds: self.kinds.clone(),
            obstacle: self.obstacle(),
            in_process: self.in_process,
        }
    }

    /// What keeps its nodes from being used, and how to mend that.
    pub fn obstacle(&self) -> Option<Obstacle> {
        let (problem, hint) = match &self.state {
            State::Ready(_) => return None,
            State::Untrusted => (
                "you have not said that you trust it".into(),
                format!(
                    "if you do, `smalto plugins trust {}` lets its code run on this machine",
                    self.id
                ),
            ),
            State::Quarantined(reason) => (
                format!("it crashed when it was looked at: {reason}"),
                format!(
                    "take another version of it, or try again with `smalto plugins scan {}`",
                    self.id
                ),
            ),
            State::Broken(finding) => (
                format!("{}: {}", finding.place, finding.problem),
                finding.hint.clone(),
            ),
        };
        Some(Obstacle { problem, hint })
    }

    /// The plugin, ready to work where the user lets it; nothing of it is started yet.
    ///
    /// `None` where it cannot be used.
    pub fn instance(&self, launch: &Launch) -> Option<Arc<dyn Instance>> {
        let (State::Ready(_), Some(library), Some(sha256)) =
            (&self.state, &self.library, &self.sha256)
        else {
            return None;
        };
        Some(if self.in_process {
            Arc::new(Local::new(&self.id, library, sha256))
        } else {
            Arc::new(Worker::new(&self.id, launch.clone(), library).trusting(sha256))
        })
    }
}

/// What is to be known of the plugin in `folder`.
fn examine(folder: &Path, trust: &Trust, memory: &mut Memory, launch: &Launch) -> Plugin {
    let mut plugin = Plugin {
        folder: folder.into(),
        id: folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        version: None,
        kinds: Vec::new(),
        library: None,
        sha256: None,
        in_process: false,
        state: State::Untrusted,
    };
    let manifest = match Manifest::read(folder) {
        Ok(manifest) => manifest,
        Err(error) => {
            let place = folder.join(manifest::FILE).display().to_string();
            let hint = "`smalto plugins new` writes a manifest to compare it with";
            plugin.state = State::Broken(Finding::new(place, error.to_string(), hint));
            return plugin;
        }
    };
    plugin.id.clone_from(&manifest.id);
    plugin.version = Some(manifest.version.to_string());
    plugin.kinds.clone_from(&manifest.nodes);
    let hash = match locate(folder, &manifest) {
        Ok((library, hash)) => {
            plugin.library = Some(library);
            plugin.sha256 = Some(hash.clone());
            hash
        }
        Err(finding) => {
            plugin.state = State::Broken(finding);
            return plugin;
        }
    };
    let (Some(trusted), Some(library)) = (trust.get(&hash), plugin.library.clone()) else {
        return plugin;
    };
    plugin.in_process = trusted.in_process;
    plugin.state = state(&library, &manifest, memory, launch);
    plugin
}

/// The library of a plugin for this machine, and what it hashes to.
///
/// Errors: there is none that the manifest speaks of.
pub fn locate(folder: &Path, manifest: &Manifest) -> Result<(PathBuf, String), Finding> {
    let place = folder.join(manifest::FILE).display().to_string();
    if manifest.abi.0 != smalto_abi::ABI_MAJOR {
        return Err(Finding::new(
            place,
            format!(
                "it is written for ABI {}.{}",
                manifest.abi.0, manifest.abi.1
            ),
            format!(
                "take a version of the plugin for ABI {}",
                smalto_abi::ABI_MAJOR
            ),
        ));
    }
    let listed = manifest.library(folder).map_err(|error| {
        let hint = "take the plugin from whoever built it for this machine, or build it";
        Finding::new(&place, error.to_string(), hint)
    })?;
    let library = folder.join(&listed.path);
    let absent = |error: std::io::Error| {
        Finding::new(
            library.display().to_string(),
            format!("the library cannot be read: {error}"),
            "build the plugin, or correct `path` in its manifest",
        )
    };
    let library = library.canonicalize().map_err(absent)?;
    let hash = sha256(&library).map_err(absent)?;
    match &listed.sha256 {
        Some(expected) if *expected != hash => Err(Finding::new(
            library.display().to_string(),
            format!("it hashes to {hash}, but its manifest says {expected}"),
            "the file is damaged or was exchanged: install the plugin again",
        )),
        Some(_) | None => Ok((library, hash)),
    }
}

/// Whether a library that is trusted can be used.
fn state(library: &Path, manifest: &Manifest, memory: &mut Memory, launch: &Launch) -> State {
    let seen = memory.get(library).cloned();
    let description = match seen {
        Some(Seen::Quarantined(reason)) => return State::Quarantined(reason),
        Some(Seen::Fine(description)) => description,
        None => match look(launch, library) {
            Ok(description) => {
                memory.put(library, Seen::Fine(description.clone()));
                description
            }
            Err(Look::Findings(findings)) => {
                let first = findings.into_iter().next();
                return State::Broken(first.unwrap_or_else(|| {
                    Finding::new(
                        library.display().to_string(),
                        "it was refused",
                        "report this",
                    )
                }));
            }
            Err(Look::Unseen(fault)) => {
                return State::Broken(Finding::new(
                    library.display().to_string(),
                    format!("nobody could look at it: {fault}"),
                    "mend that first",
                ));
            }
            Err(Look::Died(reason)) => {
                memory.put(library, Seen::Quarantined(reason.clone()));
                return State::Quarantined(reason);
            }
        },
    };
    match disagreement(manifest, &description) {
        None => State::Ready(Box::new(description)),
        Some((problem, hint)) => {
            State::Broken(Finding::new(library.display().to_string(), problem, hint))
        }
    }
}

/// Where the manifest and the library say different things.
pub fn disagreement(manifest: &Manifest, description: &Description) -> Option<(String, String)> {
    let version = manifest.version.to_string();
    let [said, is] =
        [manifest.abi, description.abi].map(|(major, minor)| format!("{major}.{minor}"));
    for (what, said, is) in [
        ("id", &manifest.id, &description.id),
        ("version", &version, &description.version),
        ("abi", &said, &is),
    ] {
        if said != is {
            return Some((
                format!("its {what} is `{is}`, but its manifest says `{said}`"),
                format!("set `{what}` in {} to `{is}`", manifest::FILE),
            ));
        }
    }
    let mut said = manifest.nodes.clone();
    let nodes = description.nodes.iter();
    let mut brought: Vec<String> = nodes.map(|node| node.descriptor.id.clone()).collect();
    said.sort();
    brought.sort();
    (said != brought).then(|| {
        (
            format!("it brings the nodes {brought:?}, but its manifest says {said:?}"),
            format!("set `nodes` in {} to {brought:?}", manifest::FILE),
        )
    })
}

/// Plugins of one name, or with one kind of node, are all left out: nobody could say which one a file means.
fn conflicts(found: &mut [Plugin]) {
    let mut claims: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (index, plugin) in found.iter().enumerate() {
        if matches!(plugin.state, State::Broken(_)) {
            continue;
        }
        claims
            .entry(("id", plugin.id.clone()))
            .or_default()
            .push(index);
        for kind in &plugin.kinds {
            claims
                .entry(("kind", kind.clone()))
                .or_default()
                .push(index);
        }
    }
    let claims: Vec<_> = claims
        .into_iter()
        .filter(|(_, claimed)| claimed.len() > 1)
        .collect();
    for ((what, name), claimed) in claims {
        let files: Vec<String> = claimed
            .iter()
            .map(|index| name_of(&found[*index]))
            .collect();
        for index in claimed {
            let problem = format!(
                "the {what} `{name}` is claimed by {}",
                files.join(" and by ")
            );
            let hint = "take all but one of them away";
            found[index].state = State::Broken(Finding::new(name_of(&found[index]), problem, hint));
        }
    }
}

fn enter(
    registry: &mut Registry,
    plugin: &Plugin,
    description: &Description,
    launch: &Launch,
    exchange: &Exchange,
) {
    let Some(instance) = plugin.instance(launch) else {
        return;
    };
    // What a plugin made in one process is of no use to it in another.
    let place = if plugin.in_process { ".in-process" } else { "" };
    let origin = format!(
        "{}@{}+{}{place}",
        description.id,
        description.version,
        plugin.sha256.as_deref().unwrap_or_default()
    );
    let on_host = exchange.clone().without_card();
    for node in &description.nodes {
        let descriptor = &node.descriptor;
        let migrates = description.extensions.migrate;
        // An address on a card means nothing in another process.
        let exchange = if plugin.in_process && node.cuda {
            exchange
        } else {
            &on_host
        };
        let _ = registry.insert(entry(descriptor, &origin, &instance, exchange, migrates));
    }
}

/// The entry of one node of a plugin.
pub fn entry(
    descriptor: &Descriptor,
    origin: &str,
    instance: &Arc<dyn Instance>,
    exchange: &Exchange,
    migrates: bool,
) -> Entry {
    let shared = Arc::new(descriptor.clone());
    let (kind, migrator) = (descriptor.id.clone(), instance.clone());
    let (instance, exchange) = (instance.clone(), exchange.clone());
    let build = move |params: &ParamValues| {
        Ok(Box::new(PluginNode {
            params: complete(&shared.params, params)?,
            instance: instance.clone(),
            descriptor: shared.clone(),
            exchange: exchange.clone(),
        }) as Box<dyn AnyNode>)
    };
    let migrate = move |from: u32, params: &mut ParamValues| {
        if !migrates {
            return;
        }
        // Where the plugin cannot, the parameters are checked as they are, and the user is told which do not fit.
        if let Ok(rewritten) = migrator.migrate(&kind, from, params.clone()) {
            *params = rewritten;
        }
    };
    Entry::new(descriptor.clone(), origin, build, migrate)
}
