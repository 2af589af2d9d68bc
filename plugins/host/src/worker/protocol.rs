//! What host and worker say to each other.

use std::collections::BTreeMap;

use graph::exchange::Element;
use graph::param::ParamValues;
use serde::{Deserialize, Serialize};

use crate::describe::{Description, Finding};
use crate::fault::Fault;

/// How host and worker greet each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the plugin header that it serves.
    pub abi: (u16, u16),
    /// The version of the program; both must be of the same, as the messages belong to it.
    pub program: String,
}

impl Hello {
    /// How this program greets.
    pub fn own() -> Self {
        Self {
            abi: (smalto_abi::ABI_MAJOR, smalto_abi::ABI_MINOR),
            program: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// Why the other side cannot be talked to, where it cannot.
    pub fn objection(&self) -> Option<String> {
        let own = Self::own();
        if (self.abi, &self.program) == (own.abi, &own.program) {
            return None;
        }
        let ((major, minor), (own_major, own_minor)) = (self.abi, own.abi);
        Some(format!(
            "it is version {} with ABI {major}.{minor}, but this program is version {} with ABI {own_major}.{own_minor}",
            self.program, own.program
        ))
    }
}

/// What the host says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Ask {
    /// The greeting.
    Hello(Hello),
    /// What does this library say of itself?
    Look { library: String },
    /// Load this library and get it ready.
    Open { library: String },
    /// Run this node.
    Run { call: u64, job: PackedJob },
    /// The run of that number was cancelled.
    Cancel { call: u64 },
    /// Which positions does this policy lay next? The lists are in the blob.
    Choose {
        object: u64,
        question: PackedQuestion,
    },
    /// Rewrite these parameters.
    Migrate {
        kind: String,
        from: u32,
        params: ParamValues,
    },
    /// How does this object look?
    Describe { kind: String, object: u64 },
    /// Nobody needs this object any more.
    Release { object: u64 },
    /// The file that comes along is memory that the host writes.
    Segment { id: u64, length: u64 },
    /// The host has given that memory back.
    Dropped { id: u64 },
    /// The host has done with memory of the worker's.
    Recycle { id: u64 },
    /// End in order.
    End,
}

/// What the worker says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Tell {
    /// The greeting.
    Hello(Hello),
    /// What the library says of itself.
    Looked(Result<Description, Vec<Finding>>),
    /// The library is ready.
    Opened(Result<Description, Vec<Finding>>),
    /// How far the run is.
    Progress { done: u64, total: u64, note: String },
    /// What the result looks like so far.
    Preview { kind: String, value: Packed },
    /// A line for the log.
    Log { level: u32, line: String },
    /// What came out of the node.
    Done(Result<BTreeMap<String, Packed>, Fault>),
    /// The positions.
    Chosen(Result<Vec<u32>, Fault>),
    /// The parameters.
    Migrated(Result<ParamValues, Fault>),
    /// How the object looks.
    Described(Option<String>),
    /// The file that comes along is memory that the worker writes.
    Segment { id: u64, length: u64 },
    /// The worker has given that memory back.
    Dropped { id: u64 },
}

/// A node to be run.
#[derive(Debug, Serialize, Deserialize)]
pub struct PackedJob {
    pub kind: String,
    pub params: ParamValues,
    pub inputs: BTreeMap<String, Vec<Packed>>,
    pub base: String,
}

/// A question to a policy, without its lists.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PackedQuestion {
    pub step: u32,
    pub steps: u32,
    pub sample: u32,
    pub rows: u32,
    pub columns: u32,
    pub count: u32,
    /// How many positions each list is about.
    pub positions: usize,
}

/// A value.
#[derive(Debug, Serialize, Deserialize)]
pub enum Packed {
    Text(String),
    Number(f64),
    Array {
        element: Element,
        shape: Vec<usize>,
        sizes: BTreeMap<String, u64>,
        bytes: Bytes,
    },
    /// An object of the plugin, by its number in the worker.
    Object(u64),
}

/// Where the bytes of an array are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Bytes {
    /// In the blob of the message.
    Inline { start: usize, length: usize },
    /// At the beginning of memory that both see.
    Segment { id: u64, length: usize },
}
