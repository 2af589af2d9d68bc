//! Runs nodes without Smalto, for tests of plugins.
//!
//! A node can be called by hand: `Blur { radius: 2.0 }.run(inputs, &mut Run::alone())`.
//! [`Boundary`] calls it as a host does instead, through the symbol that the plugin exports.

#![allow(unsafe_code)]

mod call;
mod services;

use std::ffi::c_void;
use std::fmt;
use std::ptr;

use crate::abi::{self, Status, Str};
use crate::error::NodeError;
use crate::param::{ParamValue, ParamValues};
use crate::policy::Question;
use crate::port::{Inputs, Source};
use crate::value::{Lent, Sent, WireValue};

/// A plugin behind its boundary, with a host in front of it that knows just enough to run nodes.
pub struct Boundary {
    plugin: abi::Plugin,
}

/// Why a node did not do what a test asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the node answered.
    pub status: Status,
    /// The port or parameter that it named, or nothing.
    pub place: String,
    /// What it said was wrong.
    pub problem: String,
    /// How to mend it.
    pub hint: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "status {}: {} ({})",
            self.status.0, self.problem, self.hint
        )
    }
}

/// What a node handed over.
pub struct Results(Vec<(String, Sent)>);

impl Source for Results {
    fn at(&self, port: &str, index: usize) -> Result<Option<Lent<'_>>, NodeError> {
        let found = self.0.iter().filter(|(name, _)| name == port).nth(index);
        Ok(found.map(|(_, value)| value.lend()))
    }
}

impl Results {
    /// The value at the output `port`.
    ///
    /// Errors: there is none, or it is no `T`.
    pub fn one<T: WireValue>(&self, port: &str) -> Result<T, NodeError> {
        Inputs(self).one(port)
    }

    /// What the policy at the output `port` answers, asked through `smalto.policy/1` of `boundary`.
    ///
    /// Errors: there is no policy, or what it said was wrong.
    pub fn choose(
        &self,
        boundary: &Boundary,
        port: &str,
        question: &Question<'_>,
    ) -> Result<Vec<u32>, Refusal> {
        let found = self.0.iter().find(|(name, _)| name == port);
        let Some((_, Sent::Object(stored))) = found else {
            return Err(refused(&format!("there is no policy at `{port}`")));
        };
        let Some(policy) = boundary.extension::<abi::Policy>(abi::POLICY) else {
            return Err(refused("the plugin offers no policy"));
        };
        call::choose(&policy, ptr::from_ref(stored).cast_mut().cast(), question)
    }
}

/// What this host itself has to say.
fn refused(problem: &str) -> Refusal {
    Refusal {
        status: Status::UNSUPPORTED,
        place: String::new(),
        problem: problem.into(),
        hint: String::new(),
    }
}

impl Boundary {
    /// The plugin behind the symbol that `export_plugin!` makes.
    ///
    /// Errors: the plugin says that it cannot serve this host, or what it hands out cannot be read.
    pub fn of(
        entry: extern "C" fn(host_minor: u16) -> *const abi::Plugin,
    ) -> Result<Self, Refusal> {
        // SAFETY: the tables of this kit are as the header has them.
        match unsafe { abi::read(entry(abi::ABI_MINOR)) } {
            Ok(plugin) => Ok(Self { plugin }),
            Err(error) => Err(refused(&format!(
                "the plugin has no table that can be read: {error:?}"
            ))),
        }
    }

    /// The kinds of node that the plugin brings.
    pub fn kinds(&self) -> Vec<String> {
        let kinds = self.nodes().into_iter().map(|node| call::owned(node.kind));
        kinds.collect()
    }

    /// The table of the plugin.
    pub fn plugin(&self) -> &abi::Plugin {
        &self.plugin
    }

    /// The table of the node `kind`.
    pub fn node(&self, kind: &str) -> Option<abi::Node> {
        let mut nodes = self.nodes().into_iter();
        nodes.find(|node| call::owned(node.kind) == kind)
    }

    /// Makes a node of the kind `kind`, runs it once, and takes it away.
    ///
    /// Errors: what the node said was wrong.
    pub fn run(
        &self,
        kind: &str,
        params: &ParamValues,
        inputs: Vec<(&str, Sent)>,
    ) -> Result<Results, Refusal> {
        self.call(kind, params, inputs, false)
    }

    /// Runs a node of the kind `kind` that was cancelled before it began.
    ///
    /// Errors: what the node said was wrong; [`Status::CANCELLED`] where it heeds.
    pub fn run_cancelled(
        &self,
        kind: &str,
        params: &ParamValues,
        inputs: Vec<(&str, Sent)>,
    ) -> Result<Results, Refusal> {
        self.call(kind, params, inputs, true)
    }

    /// The parameters of a node of the kind `kind` that was saved by version `from`, as they are called now.
    ///
    /// Errors: the plugin cannot rewrite them.
    pub fn migrate(
        &self,
        kind: &str,
        from: u32,
        saved: ParamValues,
    ) -> Result<ParamValues, Refusal> {
        match self.extension::<abi::Migrate>(abi::MIGRATE) {
            Some(table) => call::migrate(&table, kind, from, saved),
            None => Err(refused("the plugin offers no migration")),
        }
    }

    fn call(
        &self,
        kind: &str,
        params: &ParamValues,
        inputs: Vec<(&str, Sent)>,
        cancelled: bool,
    ) -> Result<Results, Refusal> {
        let Some(node) = self.node(kind) else {
            return Err(refused(&format!("the plugin has no node {kind}")));
        };
        call::through(&node, params, &inputs, cancelled).map(Results)
    }

    fn nodes(&self) -> Vec<abi::Node> {
        (0..self.plugin.node_count as usize)
            // SAFETY: the tables of this kit hold as many nodes as they say.
            .filter_map(|at| unsafe { abi::read(*self.plugin.nodes.add(at)) }.ok())
            .collect()
    }

    fn extension<T: abi::Growing>(&self, id: &str) -> Option<T> {
        let get: unsafe extern "C" fn(Str) -> *const c_void = self.plugin.get_extension?;
        // SAFETY: the id is a text, and the answer the table of that id or null.
        unsafe { abi::read(get(Str::new(id)).cast::<T>()) }.ok()
    }
}

/// Parameters by name, as a test writes them.
pub fn params<const COUNT: usize>(values: [(&str, ParamValue); COUNT]) -> ParamValues {
    values.map(|(name, value)| (name.to_owned(), value)).into()
}
