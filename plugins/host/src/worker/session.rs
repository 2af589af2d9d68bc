//! A worker that runs, and how it is talked to.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use graph::node::Effect;

use super::launch::{Launch, Process};
use super::pack::{self, INLINE};
use super::protocol::{Ask, Bytes, Hello, Packed, PackedJob, Tell};
use super::shared::{Lease, Pool, Views};
use super::wire::{Message, Received, Receiver, Sender, ends};
use crate::describe::Description;
use crate::fault::Fault;
use crate::instance::{Datum, Job, Object, Outputs, Watch};
use crate::service::locked;

/// How long a worker may go on after its run was cancelled.
const GRACE: Duration = Duration::from_secs(5);

/// How long a worker may take to end in order.
const FAREWELL: Duration = Duration::from_millis(500);

/// A worker that runs.
pub struct Session {
    pub process: Process,
    sender: Arc<Sender>,
    receiver: Receiver,
    views: Arc<Views>,
    pool: Arc<Pool>,
    pub description: Option<Description>,
    pub patience: Duration,
    number: u64,
    calls: u64,
}

/// An object of the plugin that lives in its worker.
pub struct Distant {
    home: Mutex<Home>,
    /// How it was made, so that it can be made again in a worker that was started anew.
    recipe: Option<(Job, String)>,
}

/// Where an object lives.
struct Home {
    session: u64,
    object: u64,
    sender: Weak<Sender>,
}

impl std::fmt::Debug for Distant {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Distant({})", locked(&self.home).object)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.upgrade() {
            let object = self.object;
            // Where the worker is gone, so is the object.
            let _ = sender.send(&Ask::Release { object }, &[], None);
        }
    }
}

/// Listens to nothing and is never cancelled.
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _: u64, _: u64, _: &str) {}

    fn preview(&self, _: &str, _: Datum) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

impl Session {
    /// Starts a worker and greets it; `number` tells it from those before it.
    ///
    /// Errors: it cannot be started, or is of another version.
    pub fn start(launch: &Launch, number: u64) -> Result<Self, Fault> {
        let refused = |error: io::Error| {
            Fault::failed(
                format!(
                    "the worker `{}` cannot be started: {error}",
                    launch.program.display()
                ),
                "is the program still where it was?",
            )
        };
        let process = launch.start().map_err(refused)?;
        let stream = process.stream.try_clone().map_err(refused)?;
        let (sender, receiver) = ends(stream).map_err(refused)?;
        let sender = Arc::new(sender);
        let told = sender.clone();
        let pool = Pool::new(Box::new(move |id, length, file| {
            let ask = match file {
                Some(_) => Ask::Segment {
                    id,
                    length: length as u64,
                },
                None => Ask::Dropped { id },
            };
            told.send(&ask, &[], file)
        }));
        let mut session = Self {
            process,
            sender,
            receiver,
            views: Arc::default(),
            pool,
            description: None,
            patience: launch.patience,
            number,
            calls: 0,
        };
        match session
            .ask(
                &Ask::Hello(Hello::own()),
                &[],
                &Unwatched,
                Some(session.patience),
            )?
            .0
        {
            Tell::Hello(hello) => match hello.objection() {
                None => Ok(session),
                Some(objection) => Err(Fault::failed(
                    format!("the worker does not fit this program: {objection}"),
                    "build both anew, from the same source",
                )),
            },
            _ => Err(session.broken("it did not greet")),
        }
    }

    /// Ends a worker that can no longer be talked to, and says how it died.
    fn died(&mut self) -> Fault {
        let (problem, output) = self.process.end(FAREWELL);
        Fault::Crashed { problem, output }
    }

    /// Ends a worker that does what it must not.
    pub fn broken(&mut self, problem: &str) -> Fault {
        let (_, output) = self.process.end(Duration::ZERO);
        Fault::Crashed {
            problem: problem.into(),
            output,
        }
    }

    /// Asks, and waits for the answer; what is reported meanwhile goes to `watch`.
    pub fn ask(
        &mut self,
        ask: &Ask,
        blob: &[u8],
        watch: &dyn Watch,
        limit: Option<Duration>,
    ) -> Result<(Tell, Vec<u8>), Fault> {
        if self.sender.send(ask, blob, None).is_err() {
            return Err(self.died());
        }
        let began = Instant::now();
        let mut cancelled: Option<Instant> = None;
        loop {
            match self.receiver.receive::<Tell>() {
                Ok(Received::Message(message)) => {
                    if let Some(answer) = self.hear(message, watch)? {
                        return Ok(answer);
                    }
                }
                Ok(Received::Nothing) if self.process.has_ended() => return Err(self.died()),
                Ok(Received::Nothing) => {}
                Ok(Received::End) => return Err(self.died()),
                Err(error) => return Err(self.broken(&format!("it cannot be understood: {error}"))),
            }
            match cancelled {
                None if watch.is_cancelled() => {
                    cancelled = Some(Instant::now());
                    let call = self.calls;
                    let _ = self.sender.send(&Ask::Cancel { call }, &[], None);
                }
                Some(since) if since.elapsed() > GRACE => {
                    let _ = self.process.end(Duration::ZERO);
                    return Err(Fault::Cancelled);
                }
                None | Some(_) => {}
            }
            if limit.is_some_and(|limit| began.elapsed() > limit) {
                let seconds = began.elapsed().as_secs();
                return Err(self.broken(&format!("it did not answer within {seconds} s")));
            }
        }
    }

    /// Takes one message; an answer is handed back.
    fn hear(
        &mut self,
        message: Message<Tell>,
        watch: &dyn Watch,
    ) -> Result<Option<(Tell, Vec<u8>)>, Fault> {
        let Message { head, blob, file } = message;
        match head {
            Tell::Progress { done, total, note } => watch.progress(done, total, &note),
            Tell::Preview { kind, value } => {
                if let Ok(datum) = self.unpack(value, &blob, None) {
                    watch.preview(&kind, datum);
                }
            }
            Tell::Log { level, line } => watch.log(level, &line),
            Tell::Segment { id, length } => {
                if let Err(error) = self.views.add(id, length, file) {
                    return Err(self.broken(&format!("it hands out {error}")));
                }
            }
            Tell::Dropped { id } => self.views.remove(id),
            Tell::Hello(_)
            | Tell::Looked(_)
            | Tell::Opened(_)
            | Tell::Done(_)
            | Tell::Chosen(_)
            | Tell::Migrated(_)
            | Tell::Described(_) => return Ok(Some((head, blob))),
        }
        Ok(None)
    }

    fn unpack(
        &self,
        packed: Packed,
        blob: &[u8],
        recipe: Option<(Job, String)>,
    ) -> Result<Datum, Fault> {
        Ok(match packed {
            Packed::Text(text) => Datum::Text(text),
            Packed::Number(number) => Datum::Number(number),
            Packed::Array {
                element,
                shape,
                sizes,
                bytes,
            } => {
                let sender = Arc::downgrade(&self.sender);
                let done = |id| {
                    let recycle = move || {
                        if let Some(sender) = sender.upgrade() {
                            let _ = sender.send(&Ask::Recycle { id }, &[], None);
                        }
                    };
                    Some(Box::new(recycle) as Box<dyn FnOnce() + Send + Sync>)
                };
                let form = (element, shape, bytes);
                Datum::Array(pack::unpack(form, sizes, blob, &self.views, done)?)
            }
            Packed::Object(object) => Datum::Object(Object::There(Arc::new(Distant {
                home: Mutex::new(Home {
                    session: self.number,
                    object,
                    sender: Arc::downgrade(&self.sender),
                }),
                recipe,
            }))),
        })
    }

    /// Runs a node.
    ///
    /// Errors: it failed, was cancelled, or took the worker with it.
    pub fn run(&mut self, job: &Job, watch: &dyn Watch) -> Result<Outputs, Fault> {
        let mut blob = Vec::new();
        // Given back when the answer has come: until then the plugin reads what is in them.
        let mut leases = Vec::new();
        let mut inputs = BTreeMap::new();
        for (port, values) in &job.inputs {
            let mut packed = Vec::with_capacity(values.len());
            for datum in values {
                packed.push(self.pack(datum, &mut blob, &mut leases)?);
            }
            let _ = inputs.insert(port.clone(), packed);
        }
        self.calls += 1;
        let base = std::path::absolute(&job.base).unwrap_or_else(|_| job.base.clone());
        let ask = Ask::Run {
            call: self.calls,
            job: PackedJob {
                kind: job.kind.clone(),
                params: job.params.clone(),
                inputs,
                base: base.to_string_lossy().into_owned(),
            },
        };
        let (tell, blob) = self.ask(&ask, &blob, watch, None)?;
        drop(leases);
        let Tell::Done(done) = tell else {
            return Err(self.broken("it answered something else"));
        };
        let is_pure = self.description.as_ref().is_some_and(|description| {
            let node = description.node(&job.kind);
            node.is_some_and(|node| node.descriptor.effect == Effect::Pure)
        });
        let outputs = done?.into_iter();
        outputs
            .map(|(port, packed)| {
                let recipe = is_pure.then(|| (job.clone(), port.clone()));
                Ok((port, self.unpack(packed, &blob, recipe)?))
            })
            .collect()
    }

    fn pack(
        &mut self,
        datum: &Datum,
        blob: &mut Vec<u8>,
        leases: &mut Vec<Lease>,
    ) -> Result<Packed, Fault> {
        match datum {
            Datum::Text(text) => Ok(Packed::Text(text.clone())),
            Datum::Number(number) if number.is_finite() => Ok(Packed::Number(*number)),
            Datum::Number(number) => Err(Fault::failed(
                format!("a plugin cannot be given the number {number}"),
                "wire a finite number",
            )),
            Datum::Array(array) => {
                let length = array.bytes().len();
                if length <= INLINE {
                    let bytes = pack::inline(array.bytes(), blob);
                    return Ok(pack::array(array, bytes));
                }
                let lease = self.pool.lease(length, false);
                let mut lease = lease.map_err(|error| {
                    Fault::OutOfMemory(format!("no memory to share with a plugin: {error}"))
                })?;
                lease.fill(array.bytes());
                let id = lease.id();
                leases.push(lease);
                Ok(pack::array(array, Bytes::Segment { id, length }))
            }
            Datum::Card(_) => Err(Fault::failed(
                "numbers on a card cannot be given to a plugin in another process",
                "this is a mistake of the program, please report it",
            )),
            Datum::Object(Object::There(distant)) => Ok(Packed::Object(self.locate(distant)?)),
            Datum::Object(Object::Here(_)) => Err(Fault::failed(
                "a value of the plugin lives in this process, and the plugin does not",
                "run the whole workflow again",
            )),
        }
    }

    /// The number of an object in this worker; one of an earlier worker is made again.
    pub fn locate(&mut self, distant: &Distant) -> Result<u64, Fault> {
        let mut home = locked(&distant.home);
        if home.session == self.number {
            return Ok(home.object);
        }
        let Some((job, port)) = &distant.recipe else {
            return Err(Fault::failed(
                "a value of the plugin was lost with its process",
                "run the node that makes it again",
            ));
        };
        let again = self.run(job, &Unwatched)?.remove(port);
        let Some(Datum::Object(Object::There(again))) = again else {
            return Err(Fault::mistake(
                "a node made something else when it ran again",
            ));
        };
        std::mem::swap(&mut *home, &mut *locked(&again.home));
        Ok(home.object)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.sender.send(&Ask::End, &[], None);
        let _ = self.process.end(FAREWELL);
    }
}
