//! The work of one step: from its inputs to its outputs, on a thread of the engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::event::{Reason, RunId};
use super::fingerprint::Content;
use super::key::{InputKeys, Key, Parts};
use super::reporter::StepReporter;
use super::show::Shown;
use super::{Engine, RunOptions, locked};
use crate::error::NodeError;
use crate::node::Effect;
use crate::param::{
    FilePath, ParamError, ParamKind, ParamSpec, ParamValue, ParamValues, PathPurpose,
};
use crate::plan::{Plan, Step};
use crate::port::{Arity, Values};
use crate::preview::Preview;
use crate::run::{Cancel, Run};
use crate::value::Value;

/// What everything in a run shares.
pub struct Context<'a> {
    pub engine: &'a Engine,
    pub plan: &'a Plan,
    pub options: &'a RunOptions,
    pub cancel: &'a Cancel,
    pub run: RunId,
}

/// A step that can be run, with what it is run on.
pub struct Job {
    pub step: usize,
    pub inputs: Values,
    /// What the inputs are computed from.
    pub keys: InputKeys,
    /// The values wired to parameters.
    pub wired: Vec<Value>,
}

/// What a worker tells the run.
pub enum Message {
    Starting {
        step: usize,
        reason: Reason,
    },
    Progress {
        step: usize,
        done: u64,
        total: u64,
        rate: f64,
        eta: Option<Duration>,
    },
    Preview {
        step: usize,
        preview: Preview,
    },
    Note {
        step: usize,
        line: String,
    },
    Done {
        step: usize,
        took: Duration,
        result: Result<Done, NodeError>,
    },
}

/// A result.
pub struct Done {
    pub values: Values,
    /// How the values look, where somebody wants to see them.
    pub shown: Shown,
    pub key: Key,
    pub from_cache: bool,
    pub reason: Reason,
}

impl Context<'_> {
    /// Does `job`; what a node may do wrong, panicking included, comes back as an error.
    pub fn work(&self, job: Job, sender: &Sender<Message>) {
        let step = job.step;
        let turn = self.engine.turns.take(self.cancel);
        let began = Instant::now();
        let mut result = match &turn {
            Ok(_) => guarded(|| self.result(job, sender)),
            Err(error) => Err(error.clone()),
        };
        let took = began.elapsed();
        if let Ok(done) = &mut result {
            done.shown = self.shown(&done.values);
        }
        drop(turn);
        let _ = sender.send(Message::Done { step, took, result });
    }

    fn result(&self, job: Job, sender: &Sender<Message>) -> Result<Done, NodeError> {
        let step = &self.plan.steps()[job.step];
        let params = params(step, &job.wired)?;
        let parts = self.parts(step, params, job.keys)?;
        let mut large = parts
            .files
            .iter()
            .filter(|(_, content)| matches!(content, Content::LargeFolder(_)));
        if let Some((param, _)) = large.next() {
            let line = format!(
                "the folder of `{param}` is large: it counts as unchanged while the names, sizes and times of its files are"
            );
            let step = job.step;
            let _ = sender.send(Message::Note { step, line });
        }
        let key = parts.key();
        let may_use_cache = self.may_use_cache(step) && parts.salt.is_none();
        if may_use_cache && let Some(values) = self.engine.cache().get(&key) {
            self.remember(step, parts);
            return Ok(Done {
                values,
                shown: Shown::new(),
                key,
                from_cache: true,
                reason: Reason::Unchanged,
            });
        }
        let reason = self.reason(step, &parts);
        let _ = sender.send(Message::Starting {
            step: job.step,
            reason: reason.clone(),
        });
        let node = step.entry.build(&parts.params).map_err(first)?;
        self.remember(step, parts);
        let mut run = Run::new(
            &self.options.base,
            self.cancel.clone(),
            Arc::new(StepReporter::new(job.step, sender.clone())),
            self.engine.resources.clone(),
        );
        run.check()?;
        let values = node.call(&job.inputs, &mut run)?;
        check_outputs(step, &values)?;
        if may_use_cache {
            self.engine.cache().put(key, values.clone());
        }
        Ok(Done {
            values,
            shown: Shown::new(),
            key,
            from_cache: false,
            reason,
        })
    }

    /// Everything that the result of `step` is computed from.
    pub fn parts(
        &self,
        step: &Step,
        params: ParamValues,
        inputs: InputKeys,
    ) -> Result<Parts, NodeError> {
        let descriptor = &step.entry.descriptor;
        let mut files = std::collections::BTreeMap::new();
        if descriptor.effect != Effect::Pure {
            for spec in &descriptor.params {
                if let Some(path) = read_path(spec, &params) {
                    let path = self.options.base.join(path.0);
                    let content = self.engine.fingerprints.content(&path, self.cancel)?;
                    let _ = files.insert(spec.name.clone(), content);
                }
            }
        }
        let is_stream = files.values().any(|content| *content == Content::Stream);
        let salted = descriptor.effect == Effect::Impure || is_stream;
        Ok(Parts {
            code: (
                descriptor.id.clone(),
                descriptor.version,
                step.entry.origin.clone(),
            ),
            device_class: self.engine.device_class.clone(),
            params,
            inputs,
            files,
            salt: salted.then_some(self.run.0),
        })
    }

    pub fn may_use_cache(&self, step: &Step) -> bool {
        self.options.use_cache
            && match step.entry.descriptor.effect {
                Effect::Pure | Effect::ReadsFiles => true,
                Effect::WritesFiles | Effect::Impure => false,
            }
    }

    /// Why `step` has to be run.
    fn reason(&self, step: &Step, parts: &Parts) -> Reason {
        let effect = step.entry.descriptor.effect;
        if matches!(effect, Effect::WritesFiles | Effect::Impure) {
            return Reason::Always(effect);
        }
        if !self.options.use_cache {
            return Reason::CacheOff;
        }
        match locked(&self.engine.last).get(&step.id) {
            None => Reason::New,
            Some(before) => {
                let changes = parts.changes(before);
                if changes.is_empty() {
                    Reason::NotInCache
                } else {
                    Reason::Changed(changes)
                }
            }
        }
    }

    pub fn remember(&self, step: &Step, parts: Parts) {
        let _ = locked(&self.engine.last).insert(step.id.clone(), parts);
    }
}

/// The path of a parameter that names what the node reads.
fn read_path(spec: &ParamSpec, params: &ParamValues) -> Option<FilePath> {
    let ParamKind::Path {
        purpose: PathPurpose::Read,
    } = spec.kind
    else {
        return None;
    };
    match params.get(&spec.name) {
        // An empty path means none.
        Some(ParamValue::Text(path)) if !path.is_empty() => Some(FilePath(path.clone())),
        _ => None,
    }
}

/// All parameters of `step`, given the values that are wired to some of them.
///
/// Errors: a value that a parameter cannot take.
pub fn params(step: &Step, wired: &[Value]) -> Result<ParamValues, NodeError> {
    let mut params = step.params.clone();
    for ((spec, _), value) in step.wired.iter().zip(wired) {
        let _ = params.insert(spec.name.clone(), param(spec, value)?);
    }
    Ok(params)
}

/// `value` as the value of a parameter.
fn param(spec: &ParamSpec, value: &Value) -> Result<ParamValue, ParamError> {
    if let Some(text) = value.get::<String>() {
        return spec.parse(text);
    }
    let Some(number) = value.get::<f64>() else {
        return Err(ParamError::Invalid {
            param: spec.name.clone(),
            expected: spec.kind.to_string(),
            found: value.kind().to_string(),
        });
    };
    // Beyond 2⁵³ not every whole number has a floating-point number of its own.
    let is_whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    spec.check(&match spec.kind {
        ParamKind::Int { .. } | ParamKind::Seed if is_whole => ParamValue::Int(*number as i64),
        ParamKind::Int { .. }
        | ParamKind::Seed
        | ParamKind::Bool
        | ParamKind::Float { .. }
        | ParamKind::Text { .. }
        | ParamKind::Choice { .. }
        | ParamKind::Path { .. } => ParamValue::Float(*number),
    })
}

fn first(errors: Vec<ParamError>) -> NodeError {
    match errors.into_iter().next() {
        Some(error) => error.into(),
        None => NodeError::failed(
            "the node refused its parameters without saying why",
            "this is a mistake of the node, please report it",
        ),
    }
}

/// Checks that a node gave what its descriptor promises.
fn check_outputs(step: &Step, values: &Values) -> Result<(), NodeError> {
    const MEND: &str = "this is a mistake of the node, please report it";
    for port in &step.entry.descriptor.outputs {
        let given = values.at(&port.name);
        let fits = match port.arity {
            Arity::One => given.len() == 1,
            Arity::Optional => given.len() <= 1,
            Arity::Many => true,
        };
        if !fits {
            let problem = format!("output `{}` holds {} values", port.name, given.len());
            return Err(NodeError::failed(problem, MEND));
        }
        if let Some(value) = given
            .iter()
            .find(|value| value.kind().unify(&port.kind).is_none())
        {
            let problem = format!(
                "output `{}` promises {}, but gave {}",
                port.name,
                port.kind,
                value.kind()
            );
            return Err(NodeError::failed(problem, MEND));
        }
    }
    Ok(())
}

/// Does what nodes do, outside a run as well: a panic comes back as an error.
///
/// Errors: those of `work`, [`NodeError::OutOfMemory`] where it panicked for want of memory, else [`NodeError::Panicked`].
pub fn guarded<T>(work: impl FnOnce() -> Result<T, NodeError>) -> Result<T, NodeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(caught(panic_message(&*panic))))
}

/// What a node's panic means.
///
/// Libraries of tensors panic as well where a device has no memory left, and say so in these words, on one line of what
/// may be many.
fn caught(message: String) -> NodeError {
    let words = [
        "out of device memory",
        "OutOfMemory",
        "can't allocate buffer",
    ];
    let line_with = |words: &&str| message.lines().find(|line| line.contains(*words));
    match words.iter().find_map(line_with) {
        Some(line) => NodeError::OutOfMemory(line.trim().into()),
        None => NodeError::Panicked(message),
    }
}

pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".into())
}

#[cfg(test)]
mod tests {
    use super::caught;
    use crate::error::NodeError;

    #[test]
    fn a_panic_for_want_of_memory_is_told_as_that() {
        let told = |message: &str| caught(message.into());
        assert!(matches!(
            told("OutOfMemory: 3 bytes"),
            NodeError::OutOfMemory(_)
        ));
        let behind_others =
            "Error while reading data\nCaused by:\n  out of device memory allocating 7 bytes\n";
        let NodeError::OutOfMemory(reason) = told(behind_others) else {
            panic!("{behind_others} is want of memory");
        };
        assert_eq!(reason, "out of device memory allocating 7 bytes");
        assert!(matches!(
            told("index out of bounds"),
            NodeError::Panicked(_)
        ));
    }
}
