//! The host's side of a worker: starts it, asks it, and starts it anew where it has died.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use graph::param::ParamValues;
use graph::policy::Question;

use super::launch::Launch;
use super::protocol::{Ask, PackedQuestion, Tell};
use super::session::{Session, Unwatched};
use crate::describe::{Description, Finding};
use crate::fault::Fault;
use crate::instance::{Instance, Job, Object, Outputs, Watch};
use crate::service::locked;
use crate::trust;

/// A plugin in a process of its own, which is started when it is needed and anew when it has died.
pub struct Worker {
    plugin: String,
    launch: Launch,
    library: PathBuf,
    /// What the library must hash to, where the user trusted it.
    sha256: Option<String>,
    session: Mutex<Option<Session>>,
}

/// How many workers were started to work, of all plugins: what one of them made is told by its number.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// Looks at a library in a process that may die of it.
///
/// Errors: everything that is wrong with its tables, or how the process died.
pub fn look(launch: &Launch, library: &Path) -> Result<Description, Look> {
    let started = Session::start(launch, 0);
    let mut session = started.map_err(Look::Unseen)?;
    let path = library
        .to_str()
        .ok_or_else(|| Look::Unseen(not_utf8(library)))?;
    let ask = Ask::Look {
        library: path.into(),
    };
    let answered = session.ask(&ask, &[], &Unwatched, Some(session.patience));
    match answered.map(|(tell, _)| tell) {
        Ok(Tell::Looked(looked)) => looked.map_err(Look::Findings),
        Ok(_) => Err(Look::Died("it answered something else".into())),
        Err(Fault::Crashed { problem, output }) if output.is_empty() => Err(Look::Died(problem)),
        Err(Fault::Crashed { problem, output }) => Err(Look::Died(format!("{problem}: {output}"))),
        Err(fault) => Err(Look::Unseen(fault)),
    }
}

/// Why looking at a library told nothing of its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its tables are wrong.
    Findings(Vec<Finding>),
    /// The process that looked at it died, for this reason.
    Died(String),
    /// Nobody could look at it, which is no fault of the library.
    Unseen(Fault),
}

fn not_utf8(path: &Path) -> Fault {
    Fault::failed(
        format!("the path `{}` is no UTF-8", path.display()),
        "give the file another name",
    )
}

impl Worker {
    /// The plugin called `plugin`, with the library at `library`; nothing is started yet.
    pub fn new(plugin: impl Into<String>, launch: Launch, library: impl Into<PathBuf>) -> Self {
        Self {
            plugin: plugin.into(),
            launch,
            library: library.into(),
            sha256: None,
            session: Mutex::new(None),
        }
    }

    /// The same, with a library that must still be the one that the user trusted.
    #[must_use]
    pub fn trusting(mut self, sha256: impl Into<String>) -> Self {
        self.sha256 = Some(sha256.into());
        self
    }

    /// Does something with a worker that runs; one that has died is put away.
    fn with<T>(&self, act: impl FnOnce(&mut Session) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut place = locked(&self.session);
        // One that died while nobody asked it took no work with it.
        if place
            .as_mut()
            .is_some_and(|session| session.process.has_ended())
        {
            *place = None;
        }
        if place.is_none() {
            *place = Some(self.start()?);
        }
        let Some(session) = place.as_mut() else {
            return Err(Fault::mistake("there is no worker"));
        };
        let done = act(session);
        if session.process.has_ended() {
            *place = None;
        }
        done.map_err(|fault| match fault {
            Fault::Crashed { problem, output } => Fault::Crashed {
                problem: format!("{problem} (plugin `{}`)", self.plugin),
                output,
            },
            other => other,
        })
    }

    fn start(&self) -> Result<Session, Fault> {
        if let Some(expected) = &self.sha256 {
            trust::verify(&self.library, expected)?;
        }
        let number = STARTED.fetch_add(1, Ordering::Relaxed) + 1;
        let mut session = Session::start(&self.launch, number)?;
        let library = self
            .library
            .to_str()
            .ok_or_else(|| not_utf8(&self.library))?;
        let ask = Ask::Open {
            library: library.into(),
        };
        match session
            .ask(&ask, &[], &Unwatched, Some(session.patience))?
            .0
        {
            Tell::Opened(Ok(description)) => {
                session.description = Some(description);
                Ok(session)
            }
            Tell::Opened(Err(findings)) => Err(Fault::failed(
                findings.first().map_or_else(
                    || format!("the plugin `{}` cannot be opened", self.plugin),
                    |finding| format!("{}: {}", finding.place, finding.problem),
                ),
                "`smalto plugins check` says all that is wrong with it",
            )),
            _ => Err(session.broken("it answered something else")),
        }
    }
}

impl Instance for Worker {
    fn run(&self, job: &Job, watch: &dyn Watch) -> Result<Outputs, Fault> {
        self.with(|session| session.run(job, watch))
    }

    fn choose(&self, policy: &Object, question: &Question<'_>) -> Result<Vec<u32>, Fault> {
        let Object::There(distant) = policy else {
            return Err(Fault::mistake("the policy lives in another process"));
        };
        let floats = |numbers: &[f32]| -> Vec<u8> {
            numbers
                .iter()
                .flat_map(|number| number.to_ne_bytes())
                .collect()
        };
        let mut blob = floats(question.confidences);
        blob.extend(floats(question.random));
        blob.extend(question.masked.iter().map(|masked| u8::from(*masked)));
        let packed = PackedQuestion {
            step: question.step,
            steps: question.steps,
            sample: question.sample,
            rows: question.rows,
            columns: question.columns,
            count: question.count,
            positions: question.masked.len(),
        };
        self.with(|session| {
            let ask = Ask::Choose {
                object: session.locate(distant)?,
                question: packed,
            };
            match session
                .ask(&ask, &blob, &Unwatched, Some(session.patience))?
                .0
            {
                Tell::Chosen(chosen) => chosen,
                _ => Err(session.broken("it answered something else")),
            }
        })
    }

    fn migrate(&self, kind: &str, from: u32, params: ParamValues) -> Result<ParamValues, Fault> {
        let ask = Ask::Migrate {
            kind: kind.into(),
            from,
            params,
        };
        self.with(|session| {
            match session
                .ask(&ask, &[], &Unwatched, Some(session.patience))?
                .0
            {
                Tell::Migrated(migrated) => migrated,
                _ => Err(session.broken("it answered something else")),
            }
        })
    }

    fn describe(&self, kind: &str, object: &Object) -> Option<String> {
        let Object::There(distant) = object else {
            return None;
        };
        let described = self.with(|session| {
            let ask = Ask::Describe {
                kind: kind.into(),
                object: session.locate(distant)?,
            };
            match session
                .ask(&ask, &[], &Unwatched, Some(session.patience))?
                .0
            {
                Tell::Described(described) => Ok(described),
                _ => Err(session.broken("it answered something else")),
            }
        });
        // How it looks is nothing to fail for.
        described.ok().flatten()
    }
}
