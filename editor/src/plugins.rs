//! Plugins as the editor deals with them: where they are looked for, what was found, and what is done with them.
//!
//! All of it touches files and may start processes, so that it belongs on another thread than the window's.

mod needs;
mod source;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use graph::exchange::Exchange;
use graph::registry::Registry;
use smalto_host::consent::{self, ConsentError};
use smalto_host::plugins::{Plugin, Plugins};
use smalto_host::search::Places;
use smalto_host::trust::Trust;
use smalto_host::worker::Launch;

pub use needs::with_needs;
pub use source::{Need, Source, lack, need};

/// Where plugins lie, and what their nodes need to enter a registry.
#[derive(Clone)]
pub struct Shelf {
    /// Where they are looked for, and where it is kept which of them are trusted.
    pub places: Places,
    /// The program that serves as their worker.
    pub launch: Launch,
    /// How the program's values become plain numbers.
    pub exchange: Exchange,
}

/// What was found of plugins.
#[derive(Clone)]
pub struct Inventory {
    /// All plugins, in the order in which they were looked for.
    pub found: Vec<Plugin>,
    /// What the libraries of them hash to that are trusted.
    pub trusted: BTreeSet<String>,
    /// Why no plugin can be used, where that is so.
    pub trouble: Option<String>,
    /// All kinds of node that there are: those built in, and those of plugins that can be used.
    pub registry: Arc<Registry>,
}

/// What is to be done with plugins; they are looked for again afterwards.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Nothing else.
    Look,
    /// The library that a plugin was found with is trusted.
    Trust {
        /// The plugin as it was shown.
        plugin: Box<Plugin>,
        /// Whether it may run in the editor itself.
        in_process: bool,
    },
    /// No library of the plugin of this name is trusted any more.
    Untrust(String),
    /// The plugin in this folder is looked at as if nothing were known of it.
    Scan(PathBuf),
}

/// What came of a request.
#[derive(Clone)]
pub struct Answer {
    /// What was asked for.
    pub request: Request,
    /// What was found then.
    pub inventory: Inventory,
    /// Why it was not done, where it was not.
    pub error: Option<String>,
}

impl Shelf {
    /// A shelf that no plugin can lie on.
    pub fn empty() -> Self {
        Self {
            places: Places {
                search: Vec::new(),
                trusted: PathBuf::new(),
                seen: PathBuf::new(),
            },
            launch: Launch::this_program(),
            exchange: Exchange::default(),
        }
    }

    /// Looks for plugins, and lets their nodes join those in `built_in`.
    pub fn find(&self, built_in: &Arc<Registry>) -> Inventory {
        let nothing = Inventory {
            found: Vec::new(),
            trusted: BTreeSet::new(),
            trouble: None,
            registry: built_in.clone(),
        };
        if self.places.search.is_empty() {
            return nothing;
        }
        let found = Trust::read(&self.places.trusted)
            .and_then(|trust| Ok((trust, Plugins::find(&self.places, &self.launch)?)));
        let (trust, mut plugins) = match found {
            Ok(found) => found,
            Err(error) => {
                return Inventory {
                    trouble: Some(error.to_string()),
                    ..nothing
                };
            }
        };
        let mut registry = Registry::clone(built_in);
        plugins.register(&mut registry, &self.exchange);
        let hashes = plugins.found.iter().filter_map(|it| it.sha256.clone());
        Inventory {
            trusted: hashes.filter(|hash| trust.get(hash).is_some()).collect(),
            found: plugins.found,
            trouble: None,
            registry: Arc::new(registry),
        }
    }

    /// Does what is asked for, and looks for plugins again.
    pub fn perform(&self, request: Request, built_in: &Arc<Registry>) -> Answer {
        let done = self.act(&request);
        Answer {
            inventory: self.find(built_in),
            error: done.err().map(|error| error.to_string()),
            request,
        }
    }

    fn act(&self, request: &Request) -> Result<(), ConsentError> {
        match request {
            Request::Look => {}
            Request::Trust { plugin, in_process } => {
                let _ = consent::trust_as_found(&self.places, plugin, *in_process)?;
            }
            Request::Untrust(id) => {
                let _ = consent::untrust(&self.places, id)?;
            }
            Request::Scan(folder) => {
                let folder = folder.to_string_lossy();
                let _ = consent::scan(&self.places, &self.launch, Some(&folder))?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shelf")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Answer")
            .field("request", &self.request)
            .field("found", &self.inventory.found)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
