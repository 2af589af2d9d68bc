//! A plugin in this process, loaded when it is needed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use graph::param::ParamValues;
use graph::policy::Question;

use crate::fault::Fault;
use crate::instance::{Instance, Job, Object, Outputs, Watch};
use crate::library::Library;
use crate::trust;

/// A plugin in this process, loaded when it is needed.
pub struct Local {
    plugin: String,
    path: PathBuf,
    sha256: String,
    library: OnceLock<Result<Library, Fault>>,
}

impl Local {
    /// The plugin called `plugin`, with the library at `path`; nothing is loaded yet.
    pub fn new(plugin: &str, path: &Path, sha256: &str) -> Self {
        Self {
            plugin: plugin.into(),
            path: path.into(),
            sha256: sha256.into(),
            library: OnceLock::new(),
        }
    }

    fn library(&self) -> Result<&Library, Fault> {
        let opened = self.library.get_or_init(|| {
            trust::verify(&self.path, &self.sha256)?;
            let plugin = self.plugin.clone();
            let log = move |_: u32, line: &str| eprintln!("{plugin}: {line}");
            Library::open(&self.path, Box::new(log)).map_err(|findings| {
                let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
                Fault::failed(said.join("; "), "`smalto plugins check` says more")
            })
        });
        opened.as_ref().map_err(Clone::clone)
    }
}

impl Instance for Local {
    fn run(&self, job: &Job, watch: &dyn Watch) -> Result<Outputs, Fault> {
        self.library()?.run(job, watch)
    }

    fn choose(&self, policy: &Object, question: &Question<'_>) -> Result<Vec<u32>, Fault> {
        self.library()?.choose(policy, question)
    }

    fn migrate(&self, kind: &str, from: u32, params: ParamValues) -> Result<ParamValues, Fault> {
        self.library()?.migrate(kind, from, params)
    }

    fn describe(&self, kind: &str, object: &Object) -> Option<String> {
        self.library().ok()?.describe(kind, object)
    }
}
