//! The worker's side: loads one library and does what the host asks for.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use graph::exchange::Array;
use graph::policy::Question;

use super::pack::{self, INLINE};
use super::protocol::{Ask, Bytes, Hello, Packed, PackedJob, PackedQuestion, Tell};
use super::shared::{Lease, Pool, Views};
use super::wire::{Message, Received, Receiver, Sender, ends, until_closed};
use crate::describe::Finding;
use crate::fault::Fault;
use crate::instance::{Datum, Here, Instance, Job, Object, Watch};
use crate::library::{Library, look};
use crate::memory::Block;
use crate::service::locked;

/// How long a plugin may go on after the host is gone.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// Previews and progress are told no more often: nobody could see them.
const APART: Duration = Duration::from_millis(20);

/// How often a node that runs looks whether the host has said something.
const GLANCE: Duration = Duration::from_millis(1);

/// Everything that the threads of a worker share.
struct Server {
    sender: Sender,
    /// What the host says, and what of it was read while a node ran and has to wait.
    inbox: Mutex<Inbox>,
    views: Views,
    /// The run of the highest number that was cancelled.
    cancelled: AtomicU64,
    /// Memory that the host reads, until it says that it has done so.
    lent: Mutex<BTreeMap<u64, Array>>,
    is_ending: AtomicBool,
}

/// The end of the socket that messages come to.
struct Inbox {
    receiver: Receiver,
    waiting: VecDeque<Message<Ask>>,
    looked: Option<Instant>,
}

/// Whether a program with these arguments was started to serve as worker, by [`Launch::this_program`](super::Launch::this_program).
pub fn is_asked_for(arguments: &[OsString]) -> bool {
    arguments
        .get(1)
        .is_some_and(|command| command == "plugin-worker")
}

/// Serves as worker; standard input is the socket to the host.
///
/// The program does nothing else in its life: call this first thing in `main`, and end with what it answers.
pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("this is the worker of plugins, which the program starts by itself: {error}");
            ExitCode::from(2)
        }
    }
}

fn serve() -> io::Result<()> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    let (sender, mut receiver) = ends(UnixStream::from(socket))?;
    greet(&sender, &mut receiver)?;
    let socket = receiver.socket()?;
    let server = Arc::new(Server {
        sender,
        inbox: Mutex::new(Inbox {
            receiver,
            waiting: VecDeque::new(),
            looked: None,
        }),
        views: Views::default(),
        cancelled: AtomicU64::new(0),
        lent: Mutex::default(),
        is_ending: AtomicBool::new(false),
    });
    let watcher = server.clone();
    let _ = std::thread::Builder::new()
        .name("plugin host".into())
        .spawn(move || {
            until_closed(&socket);
            watcher.is_ending.store(true, Ordering::Relaxed);
            // The work goes on only if it ends soon: nobody wants it any more.
            std::thread::sleep(LAST_CHANCE);
            std::process::exit(1);
        })?;
    let mut work = Work::new(server.clone());
    while let Some(message) = server.next() {
        work.answer(message)?;
    }
    work.end();
    Ok(())
}

fn greet(sender: &Sender, receiver: &mut Receiver) -> io::Result<()> {
    loop {
        match receiver.receive()? {
            Received::Nothing => {}
            Received::Message(Message {
                head: Ask::Hello(hello),
                ..
            }) => {
                sender.send(&Tell::Hello(Hello::own()), &[], None)?;
                return match hello.objection() {
                    None => Ok(()),
                    Some(objection) => Err(io::Error::other(objection)),
                };
            }
            Received::Message(_) | Received::End => {
                return Err(io::Error::other("nobody greets on standard input"));
            }
        }
    }
}

impl Server {
    /// What the host asks for next; nothing where it asks for nothing any more.
    fn next(&self) -> Option<Message<Ask>> {
        let mut inbox = locked(&self.inbox);
        loop {
            if let Some(message) = inbox.waiting.pop_front() {
                return Some(message);
            }
            match inbox.receiver.receive::<Ask>() {
                Ok(Received::Message(message)) => self.sort(message, &mut inbox.waiting)?,
                Ok(Received::Nothing) => {}
                Ok(Received::End) | Err(_) => return None,
            }
        }
    }

    /// Reads what the host has said while a node runs, where nobody else does.
    fn look(&self) {
        let Ok(mut inbox) = self.inbox.try_lock() else {
            return;
        };
        if inbox.looked.is_some_and(|looked| looked.elapsed() < GLANCE) {
            return;
        }
        inbox.looked = Some(Instant::now());
        while let Ok(Received::Message(message)) = inbox.receiver.take::<Ask>() {
            if self.sort(message, &mut inbox.waiting).is_none() {
                self.is_ending.store(true, Ordering::Relaxed);
                return;
            }
        }
    }

    /// Does what can be done at once, and lets the rest wait; nothing where the host wants no more.
    fn sort(&self, message: Message<Ask>, waiting: &mut VecDeque<Message<Ask>>) -> Option<()> {
        match message.head {
            Ask::Cancel { call } => {
                let _ = self.cancelled.fetch_max(call, Ordering::Relaxed);
            }
            Ask::Segment { id, length } => self.views.add(id, length, message.file).ok()?,
            Ask::Dropped { id } => self.views.remove(id),
            Ask::Recycle { id } => drop(locked(&self.lent).remove(&id)),
            Ask::End => return None,
            Ask::Hello(_)
            | Ask::Look { .. }
            | Ask::Open { .. }
            | Ask::Run { .. }
            | Ask::Choose { .. }
            | Ask::Migrate { .. }
            | Ask::Describe { .. }
            | Ask::Release { .. } => waiting.push_back(message),
        }
        Some(())
    }
}

/// What the thread that calls the plugin works on.
struct Work {
    server: Arc<Server>,
    pool: Arc<Pool>,
    library: Option<Library>,
    objects: BTreeMap<u64, Arc<Here>>,
    next_object: u64,
}

impl Work {
    fn new(server: Arc<Server>) -> Self {
        let told = server.clone();
        let pool = Pool::new(Box::new(move |id, length, file| {
            let tell = match file {
                Some(_) => Tell::Segment {
                    id,
                    length: length as u64,
                },
                None => Tell::Dropped { id },
            };
            told.sender.send(&tell, &[], file)
        }));
        Self {
            server,
            pool,
            library: None,
            objects: BTreeMap::new(),
            next_object: 0,
        }
    }

    fn end(mut self) {
        self.objects.clear();
        if let Some(library) = self.library.take() {
            library.end();
        }
    }

    fn answer(&mut self, message: Message<Ask>) -> io::Result<()> {
        let Message { head, blob, .. } = message;
        let tell = match head {
            Ask::Look { library } => Tell::Looked(look(&PathBuf::from(library))),
            Ask::Open { library } => Tell::Opened(self.open(Path::new(&library))),
            Ask::Run { call, job } => {
                let mut blob_out = Vec::new();
                let done = self.run(call, job, &blob, &mut blob_out);
                return self.server.sender.send(&Tell::Done(done), &blob_out, None);
            }
            Ask::Choose { object, question } => Tell::Chosen(self.choose(object, question, &blob)),
            Ask::Migrate { kind, from, params } => Tell::Migrated(
                self.library()
                    .and_then(|library| library.migrate(&kind, from, params)),
            ),
            Ask::Describe { kind, object } => {
                Tell::Described(self.objects.get(&object).and_then(|here| {
                    let object = Object::Here(here.clone());
                    self.library.as_ref()?.describe(&kind, &object)
                }))
            }
            Ask::Release { object } => {
                let _ = self.objects.remove(&object);
                return Ok(());
            }
            Ask::Hello(_)
            | Ask::Cancel { .. }
            | Ask::Segment { .. }
            | Ask::Dropped { .. }
            | Ask::Recycle { .. }
            | Ask::End => return Ok(()),
        };
        self.server.sender.send(&tell, &[], None)
    }

    fn open(&mut self, path: &Path) -> Result<crate::describe::Description, Vec<Finding>> {
        let server = self.server.clone();
        let log = move |level: u32, line: &str| {
            let line = line.to_owned();
            // Where the host is gone nobody reads the log.
            let _ = server.sender.send(&Tell::Log { level, line }, &[], None);
        };
        let library = Library::open(path, Box::new(log))?;
        let description = library.description().clone();
        self.library = Some(library);
        Ok(description)
    }

    fn library(&self) -> Result<&Library, Fault> {
        self.library
            .as_ref()
            .ok_or_else(|| Fault::mistake("the worker was asked before a library was opened"))
    }

    fn run(
        &mut self,
        call: u64,
        job: PackedJob,
        blob: &[u8],
        blob_out: &mut Vec<u8>,
    ) -> Result<BTreeMap<String, Packed>, Fault> {
        let mut inputs = BTreeMap::new();
        for (port, values) in job.inputs {
            let values: Result<Vec<Datum>, Fault> = values
                .into_iter()
                .map(|packed| self.unpack(packed, blob))
                .collect();
            let _ = inputs.insert(port, values?);
        }
        let job = Job {
            kind: job.kind,
            params: job.params,
            inputs,
            base: PathBuf::from(job.base),
        };
        let watch = Watcher {
            server: &self.server,
            pool: &self.pool,
            call,
            told: Mutex::new((None, None)),
        };
        let outputs = self.library()?.run(&job, &watch)?;
        let mut packed = BTreeMap::new();
        for (port, datum) in outputs {
            let value = match datum {
                Datum::Text(text) => Packed::Text(text),
                Datum::Number(number) => Packed::Number(number),
                Datum::Array(array) => pack_array(&self.server, &self.pool, array, blob_out)?,
                Datum::Card(_) => {
                    return Err(Fault::mistake("numbers on a card came out"));
                }
                Datum::Object(Object::Here(here)) => {
                    self.next_object += 1;
                    let _ = self.objects.insert(self.next_object, here);
                    Packed::Object(self.next_object)
                }
                Datum::Object(Object::There(_)) => {
                    return Err(Fault::mistake("an object of another process came out"));
                }
            };
            let _ = packed.insert(port, value);
        }
        Ok(packed)
    }

    fn unpack(&self, packed: Packed, blob: &[u8]) -> Result<Datum, Fault> {
        Ok(match packed {
            Packed::Text(text) => Datum::Text(text),
            Packed::Number(number) => Datum::Number(number),
            Packed::Array {
                element,
                shape,
                sizes,
                bytes,
            } => Datum::Array(pack::unpack(
                (element, shape, bytes),
                sizes,
                blob,
                &self.server.views,
                |_| None,
            )?),
            Packed::Object(number) => Datum::Object(Object::Here(self.object(number)?)),
        })
    }

    fn object(&self, number: u64) -> Result<Arc<Here>, Fault> {
        let found = self.objects.get(&number).cloned();
        found.ok_or_else(|| Fault::mistake("the worker was asked for an object that is gone"))
    }

    fn choose(
        &self,
        object: u64,
        question: PackedQuestion,
        blob: &[u8],
    ) -> Result<Vec<u32>, Fault> {
        let policy = Object::Here(self.object(object)?);
        let lists = Lists::read(blob, question.positions)
            .ok_or_else(|| Fault::mistake("a question to a policy is cut short"))?;
        let PackedQuestion {
            step,
            steps,
            sample,
            rows,
            columns,
            count,
            ..
        } = question;
        self.library()?.choose(
            &policy,
            &Question {
                step,
                steps,
                sample,
                rows,
                columns,
                count,
                confidences: &lists.confidences,
                masked: &lists.masked,
                random: &lists.random,
            },
        )
    }
}

/// The lists of a question to a policy.
struct Lists {
    confidences: Vec<f32>,
    masked: Vec<bool>,
    random: Vec<f32>,
}

impl Lists {
    fn read(blob: &[u8], positions: usize) -> Option<Self> {
        let numbers = |bytes: &[u8]| {
            let (words, _) = bytes.as_chunks::<4>();
            words.iter().map(|word| f32::from_ne_bytes(*word)).collect()
        };
        let middle = positions.checked_mul(4)?;
        let confidences = numbers(blob.get(..middle)?);
        let random = numbers(blob.get(middle..middle.checked_mul(2)?)?);
        let masked = blob.get(middle * 2..middle.checked_mul(2)?.checked_add(positions)?)?;
        Some(Self {
            confidences,
            masked: masked.iter().map(|masked| *masked != 0).collect(),
            random,
        })
    }
}

/// Puts an array where the host can read it.
fn pack_array(
    server: &Server,
    pool: &Arc<Pool>,
    array: Array,
    blob: &mut Vec<u8>,
) -> Result<Packed, Fault> {
    let length = array.bytes().len();
    if length <= INLINE {
        let bytes = pack::inline(array.bytes(), blob);
        return Ok(pack::array(&array, bytes));
    }
    // Large arrays are in memory that the host sees, as it was made by `room`.
    let id = pool.id_at(array.bytes().as_ptr());
    let id = id.ok_or_else(|| Fault::mistake("an output lies in memory of its own"))?;
    let packed = pack::array(&array, Bytes::Segment { id, length });
    let _ = locked(&server.lent).insert(id, array);
    Ok(packed)
}

/// Tells the host what a plugin reports.
struct Watcher<'a> {
    server: &'a Server,
    pool: &'a Arc<Pool>,
    call: u64,
    /// When progress and a preview were told last.
    told: Mutex<(Option<Instant>, Option<Instant>)>,
}

/// Whether `last` is long enough ago; where it is, it is now.
fn is_due(last: &mut Option<Instant>) -> bool {
    let is_due = last.is_none_or(|last| last.elapsed() >= APART);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}

impl Watch for Watcher<'_> {
    fn progress(&self, done: u64, total: u64, note: &str) {
        if is_due(&mut locked(&self.told).0) || done >= total {
            let note = note.to_owned();
            // Where the host is gone the run is cancelled anyway.
            let _ = self
                .server
                .sender
                .send(&Tell::Progress { done, total, note }, &[], None);
        }
    }

    fn preview(&self, kind: &str, value: Datum) {
        if !is_due(&mut locked(&self.told).1) {
            return;
        }
        let mut blob = Vec::new();
        let value = match value {
            Datum::Text(text) => Packed::Text(text),
            Datum::Number(number) => Packed::Number(number),
            Datum::Array(array) => {
                match pack_array(self.server, self.pool, array, &mut blob) {
                    Ok(packed) => packed,
                    // A preview may be dropped.
                    Err(_) => return,
                }
            }
            Datum::Card(_) | Datum::Object(_) => return,
        };
        let kind = kind.to_owned();
        let _ = self
            .server
            .sender
            .send(&Tell::Preview { kind, value }, &blob, None);
    }

    fn is_cancelled(&self) -> bool {
        self.server.look();
        self.server.cancelled.load(Ordering::Relaxed) >= self.call
            || self.server.is_ending.load(Ordering::Relaxed)
    }

    fn room(&self, bytes: usize) -> Option<Block> {
        if bytes <= INLINE {
            return Block::zeros(bytes);
        }
        let mut lease: Lease = self.pool.lease(bytes, true).ok()?;
        let pointer = lease.pointer()?;
        // SAFETY: the memory is as long, and belongs to the lease, which the block keeps.
        Some(unsafe { Block::new(pointer, bytes, lease) })
    }
}
