//! The validator: everything that can be found wrong with a plugin before anybody uses it.

mod inputs;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use graph::node::Effect;
use graph::policy::{Policy, Question};
use serde::Serialize;

use crate::describe::{Description, Finding, NodeDescription};
use crate::fault::Fault;
use crate::form;
use crate::instance::{Datum, Instance, Job, Object, Outputs, Watch};
use crate::manifest::{self, Manifest};
use crate::node::PluginPolicy;
use crate::plugins::{disagreement, locate};
use crate::worker::client::{Look, look};
use crate::worker::{Launch, Worker};
use inputs::Samples;

/// What checking a plugin came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The folder of the plugin.
    pub folder: PathBuf,
    /// What its library hashes to, where there is one.
    pub sha256: Option<String>,
    /// What the plugin says of itself, where its tables are right.
    pub description: Option<Description>,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// What is not wrong, and yet to be known.
    pub notes: Vec<String>,
}

/// Cancels a run that takes too long.
struct Limit {
    began: Instant,
    limit: Duration,
}

impl Watch for Limit {
    fn progress(&self, _: u64, _: u64, _: &str) {}

    fn preview(&self, _: &str, _: Datum) {}

    fn is_cancelled(&self) -> bool {
        self.began.elapsed() > self.limit
    }
}

/// Checks the plugin in `folder`: its manifest, its tables, and each node on made-up inputs, in processes that may die.
///
/// No run may take longer than `limit`.
pub fn check(folder: &Path, launch: &Launch, limit: Duration) -> Report {
    let mut report = Report {
        folder: folder.into(),
        sha256: None,
        description: None,
        findings: Vec::new(),
        notes: Vec::new(),
    };
    if let Err(findings) = inspect(&mut report, launch, limit) {
        report.findings.extend(findings);
    }
    report
}

fn inspect(report: &mut Report, launch: &Launch, limit: Duration) -> Result<(), Vec<Finding>> {
    let place = report.folder.join(manifest::FILE).display().to_string();
    let manifest = Manifest::read(&report.folder).map_err(|error| {
        let hint = "`smalto plugins new` writes a manifest to compare it with";
        vec![Finding::new(&place, error.to_string(), hint)]
    })?;
    let (library, hash) = locate(&report.folder, &manifest).map_err(|finding| vec![finding])?;
    let listed = manifest.library(&report.folder);
    if listed.is_ok_and(|library| library.sha256.is_none()) {
        report.notes.push(format!(
            "before you hand it on, add `sha256 = \"{hash}\"` to [libraries.{}] in {place}",
            manifest::target()
        ));
    }
    if !is_below(&library, &report.folder) {
        report.notes.push(format!(
            "before you hand it on, lay the library beside its manifest: it is `{}`",
            library.display()
        ));
    }
    report.sha256 = Some(hash);
    let name = library.display().to_string();
    let description = look(launch, &library).map_err(|looked| match looked {
        Look::Findings(findings) => findings,
        Look::Died(reason) => vec![Finding::new(
            &name,
            format!("it crashed when it was looked at: {reason}"),
            "is the file whole? the entry must only hand out constant tables",
        )],
        Look::Unseen(fault) => vec![Finding::new(
            &name,
            format!("nobody could look at it: {fault}"),
            "mend that first",
        )],
    })?;
    if let Some((problem, hint)) = disagreement(&manifest, &description) {
        report.findings.push(Finding::new(&name, problem, hint));
    }
    let instance: Arc<dyn Instance> =
        Arc::new(Worker::new(&description.id, launch.clone(), library));
    run_all(report, &description, &instance, limit);
    report.description = Some(description);
    Ok(())
}

/// Whether a library lies in the folder of its plugin, so that it goes where that goes.
fn is_below(library: &Path, folder: &Path) -> bool {
    folder
        .canonicalize()
        .is_ok_and(|folder| library.starts_with(folder))
}

/// Runs every node, those first whose inputs nobody else has to make.
fn run_all(
    report: &mut Report,
    description: &Description,
    instance: &Arc<dyn Instance>,
    limit: Duration,
) {
    let mut samples = Samples::new();
    let mut open: Vec<&NodeDescription> = description.nodes.iter().collect();
    loop {
        let before = open.len();
        let mut later = Vec::new();
        for node in open {
            match samples.job(node) {
                Ok(job) => {
                    let outputs = run_one(report, node, instance, &job, limit);
                    samples.keep(node, outputs);
                }
                Err(_) => later.push(node),
            }
        }
        open = later;
        if open.is_empty() || open.len() == before {
            break;
        }
    }
    for node in open {
        if let Err(lacks) = samples.job(node) {
            let kind = &node.descriptor.id;
            report
                .notes
                .push(format!("node `{kind}` was not run: {lacks}"));
        }
    }
}

/// Runs a node twice, and says what is wrong with what comes out; what came out the first time is handed back.
fn run_one(
    report: &mut Report,
    node: &NodeDescription,
    instance: &Arc<dyn Instance>,
    job: &Job,
    limit: Duration,
) -> Outputs {
    let place = format!("node `{}`", node.descriptor.id);
    let run = || {
        let watch = Limit {
            began: Instant::now(),
            limit,
        };
        instance.run(job, &watch)
    };
    let first = match run() {
        Ok(outputs) => outputs,
        Err(Fault::Failed { problem, hint }) if !is_mistake(&hint) => {
            // A node may have its reasons to refuse inputs that were made up.
            let note = format!("{place} refused made-up inputs: {problem}; {hint}");
            report.notes.push(note);
            return Outputs::new();
        }
        Err(Fault::Cancelled) => {
            let seconds = limit.as_secs_f32();
            let problem = format!("it did not come back within {seconds} s on small inputs");
            let hint = "ask `cancelled` in every loop, and let `--limit` be longer where it must";
            report.findings.push(Finding::new(place, problem, hint));
            return Outputs::new();
        }
        Err(fault) => {
            report
                .findings
                .push(Finding::new(place, told(&fault), "run it under a debugger"));
            return Outputs::new();
        }
    };
    for port in &node.descriptor.outputs {
        let kind = port.kind.name();
        let fault = first.get(&port.name).and_then(|datum| wrong(kind, datum));
        if let Some(problem) = fault {
            let place = format!("{place}, output `{}`", port.name);
            let hint = "see the table of kinds at the beginning of the header";
            report.findings.push(Finding::new(place, problem, hint));
        }
        if let ("policy", Some(Datum::Object(object))) = (kind, first.get(&port.name)) {
            ask(report, &place, instance, object);
        }
    }
    if node.descriptor.effect == Effect::Pure
        && let Ok(second) = run()
        && !same(&first, &second)
    {
        report.findings.push(Finding::new(
            place,
            "it gave another result the second time",
            "take chance from `random` alone and keep nothing between runs, or do not set SMALTO_NODE_PURE",
        ));
    }
    first
}

/// Whether a hint says that the plugin did what the header forbids.
fn is_mistake(hint: &str) -> bool {
    matches!(Fault::mistake(""), Fault::Failed { hint: own, .. } if own == hint)
}

/// A fault with the last words of a process that died.
fn told(fault: &Fault) -> String {
    match fault {
        Fault::Crashed { problem, output } if !output.is_empty() => {
            format!("it crashed: {problem}; it wrote: {output}")
        }
        Fault::Crashed { problem, .. } => format!("it crashed: {problem}"),
        Fault::Failed { problem, .. } => problem.clone(),
        Fault::Cancelled | Fault::Panicked(_) | Fault::OutOfMemory(_) => fault.to_string(),
    }
}

/// What is wrong with a value as one of the kind `kind`.
fn wrong(kind: &str, datum: &Datum) -> Option<String> {
    match (kind, datum) {
        ("text", Datum::Text(_)) | ("number", Datum::Number(_)) => None,
        ("image" | "mask" | "tokens", Datum::Array(array)) => form::fault(kind, array),
        ("policy", Datum::Object(_)) => None,
        (_, Datum::Object(_)) if kind.contains('.') => None,
        (_, found) => Some(format!("expected {kind}, found {found:?}")),
    }
}

fn same(first: &Outputs, second: &Outputs) -> bool {
    first.len() == second.len()
        && first
            .iter()
            .all(|(port, left)| match (left, second.get(port)) {
                (Datum::Text(left), Some(Datum::Text(right))) => left == right,
                (Datum::Number(left), Some(Datum::Number(right))) => {
                    left.to_bits() == right.to_bits()
                }
                (Datum::Array(left), Some(Datum::Array(right))) => {
                    left.shape() == right.shape() && left.bytes() == right.bytes()
                }
                // Nobody but the plugin can compare objects.
                (Datum::Object(_), Some(Datum::Object(_))) => true,
                _ => false,
            })
}

/// Asks a policy twice, and says what is wrong with what it answers.
fn ask(report: &mut Report, place: &str, instance: &Arc<dyn Instance>, object: &Object) {
    let masked = [true, false, true, true, true, false];
    let question = Question {
        step: 0,
        steps: 4,
        sample: 0,
        rows: 2,
        columns: 3,
        count: 3,
        confidences: &[0.9, 0.8, 0.1, 0.4, 0.6, 0.3],
        masked: &masked,
        random: &[0.3, 0.6, 0.2, 0.9, 0.5, 0.1],
    };
    let policy = Policy::new(PluginPolicy {
        name: "of the plugin".into(),
        instance: instance.clone(),
        object: object.clone(),
    });
    let problem = match (policy.choose(&question), policy.choose(&question)) {
        (Ok(first), Ok(second)) if first == second => return,
        (Ok(_), Ok(_)) => "the policy answered the same question otherwise the second time".into(),
        (Err(error), _) | (_, Err(error)) => error.problem(),
    };
    let hint =
        "`choose` writes `count` different masked positions, and takes chance from `random` alone";
    report.findings.push(Finding::new(place, problem, hint));
}
