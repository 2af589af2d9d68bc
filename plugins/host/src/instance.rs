//! A plugin that is ready to work, wherever it runs.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use graph::exchange::{Array, Card, CardArray};
use graph::param::ParamValues;
use graph::policy::Question;

use crate::fault::Fault;
use crate::memory::Block;
use crate::worker::Distant;

/// A value on its way into a plugin or out of it.
#[derive(Clone)]
pub enum Datum {
    /// Of the kind `text`.
    Text(String),
    /// Of the kind `number`.
    Number(f64),
    /// Of a kind that consists of numbers.
    Array(Array),
    /// Of such a kind as well, the numbers in the memory of the card that the run computes on.
    Card(CardArray),
    /// Something of the plugin's own.
    Object(Object),
}

/// In as few words as a message wants.
impl fmt::Debug for Datum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => out.write_str("text"),
            Self::Number(number) => write!(out, "the number {number}"),
            Self::Array(array) => write!(out, "{} {:?}", array.element(), array.shape()),
            Self::Card(array) => write!(out, "{} {:?}", array.element(), array.shape()),
            Self::Object(_) => out.write_str("an object"),
        }
    }
}

/// Something of a plugin's own; clones are the same thing.
#[derive(Clone, Debug)]
pub enum Object {
    /// It lives in this process.
    Here(Arc<Here>),
    /// It lives in the plugin's worker.
    There(Arc<Distant>),
}

/// An object in this process; the plugin's `release` is called when nobody needs it any more.
#[derive(Debug)]
pub struct Here {
    data: *mut c_void,
    release: Option<unsafe extern "C" fn(data: *mut c_void)>,
}

// SAFETY: the header lets `release` be called from any thread; everything else is called one thread at a time.
unsafe impl Send for Here {}
// SAFETY: as above.
unsafe impl Sync for Here {}

impl Here {
    /// Takes over an object that a plugin hands out.
    pub(crate) fn new(object: &smalto_abi::Object) -> Self {
        Self {
            data: object.data,
            release: object.release,
        }
    }

    /// What the plugin knows it by.
    pub(crate) fn data(&self) -> *mut c_void {
        self.data
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the plugin handed the object over, and this is the only call, as nobody has it any more.
            unsafe { release(self.data) };
        }
    }
}

/// One node to be run.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its kind.
    pub kind: String,
    /// All of its parameters.
    pub params: ParamValues,
    /// What is at its inputs.
    pub inputs: BTreeMap<String, Vec<Datum>>,
    /// Where relative paths start.
    pub base: PathBuf,
}

/// What came out of a node, by output.
pub type Outputs = BTreeMap<String, Datum>;

/// Takes what a plugin reports while a node runs.
pub trait Watch: Sync {
    /// `done` of `total` steps are done.
    fn progress(&self, done: u64, total: u64, note: &str);

    /// What the result looks like so far.
    fn preview(&self, kind: &str, value: Datum);

    /// A line for the log; the level is one of the header's.
    fn log(&self, _level: u32, _line: &str) {}

    /// Whether the run was cancelled.
    fn is_cancelled(&self) -> bool;

    /// Room for a tensor: zeros, or `None` where there is not enough memory.
    fn room(&self, bytes: usize) -> Option<Block> {
        Block::zeros(bytes)
    }

    /// The card that tensors of this run lie on, or `None` where they lie in the memory of the processor.
    fn card(&self) -> Option<&dyn Card> {
        None
    }
}

/// A plugin that is ready to work, in this process or in a worker.
pub trait Instance: Send + Sync {
    /// Runs a node.
    ///
    /// Errors: it failed, was cancelled, or took its process with it.
    fn run(&self, job: &Job, watch: &dyn Watch) -> Result<Outputs, Fault>;

    /// Asks a policy which positions are laid next.
    ///
    /// Errors: it failed, or took its process with it.
    fn choose(&self, policy: &Object, question: &Question<'_>) -> Result<Vec<u32>, Fault>;

    /// Rewrites the parameters of a node that an older version of its kind saved.
    ///
    /// Errors: it failed, or took its process with it.
    fn migrate(&self, kind: &str, from: u32, params: ParamValues) -> Result<ParamValues, Fault>;

    /// A few lines about an object; `None` where the plugin has nothing to say of it.
    fn describe(&self, kind: &str, object: &Object) -> Option<String>;
}
