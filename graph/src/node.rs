//! Nodes: what they are, and how the engine sees them.

use serde::{Deserialize, Serialize};

use crate::error::NodeError;
use crate::param::{ParamError, ParamSpec, ParamValues, Params};
use crate::port::{PortSpec, Ports, Values};
use crate::run::Run;

/// A step of computation: typed inputs to typed outputs, and nothing else unless [`Node::EFFECT`] says so.
///
/// The struct that implements it holds the parameters.
pub trait Node: Params + Send + Sync + 'static {
    /// The name in files, for ever; the part before the dot is the palette's group.
    const ID: &'static str;
    /// Counts up whenever the same parameters and inputs give another result, or parameters change their meaning.
    const VERSION: u32 = 1;
    /// What the node does besides computing.
    const EFFECT: Effect = Effect::Pure;
    /// What comes in.
    type Inputs: Ports;
    /// What goes out.
    type Outputs: Ports;

    /// What no single parameter's range can say.
    ///
    /// Errors: the parameter that disagrees with another.
    fn check(&self) -> Result<(), ParamError> {
        Ok(())
    }

    /// Rewrites parameters saved by an older `version` of this node to what they are called now.
    fn migrate(_version: u32, _params: &mut ParamValues) {}

    /// Does the work.
    ///
    /// Errors: what is wrong, where, and how to mend it.
    fn run(&self, inputs: Self::Inputs, run: &mut Run) -> Result<Self::Outputs, NodeError>;
}

/// What a node does besides computing its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Nothing: outputs depend on parameters and inputs alone.
    Pure,
    /// Reads the files that its path parameters name; their content is part of the cache key.
    ReadsFiles,
    /// Writes files: never taken from the cache.
    WritesFiles,
    /// Anything else: never taken from the cache.
    Impure,
}

/// Everything there is to know about a kind of node, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Descriptor {
    /// The name in files.
    pub id: String,
    /// The version of the node's behaviour.
    pub version: u32,
    /// The name in words.
    pub title: String,
    /// What the node does.
    pub doc: String,
    /// What it does besides computing.
    pub effect: Effect,
    /// What can be set.
    pub params: Vec<ParamSpec>,
    /// What comes in.
    pub inputs: Vec<PortSpec>,
    /// What goes out.
    pub outputs: Vec<PortSpec>,
}

impl Descriptor {
    /// The descriptor of `N`.
    pub fn of<N: Node>() -> Self {
        Self {
            id: N::ID.into(),
            version: N::VERSION,
            title: N::TITLE.into(),
            doc: N::DOC.into(),
            effect: N::EFFECT,
            params: N::specs(),
            inputs: N::Inputs::specs(),
            outputs: N::Outputs::specs(),
        }
    }

    /// The palette's group: what stands before the dot of the id.
    pub fn group(&self) -> &str {
        self.id.split('.').next().unwrap_or(&self.id)
    }

    /// The parameter called `name`.
    pub fn param(&self, name: &str) -> Option<&ParamSpec> {
        self.params.iter().find(|param| param.name == name)
    }

    /// The input called `name`.
    pub fn input(&self, name: &str) -> Option<&PortSpec> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// The output called `name`.
    pub fn output(&self, name: &str) -> Option<&PortSpec> {
        self.outputs.iter().find(|port| port.name == name)
    }
}

/// A node with its types erased: what the engine sees.
pub trait AnyNode: Send + Sync {
    /// Does the work of [`Node::run`].
    ///
    /// Errors: those of the node, or a value of a wrong kind at a port.
    fn call(&self, inputs: &Values, run: &mut Run) -> Result<Values, NodeError>;
}

impl<N: Node> AnyNode for N {
    fn call(&self, inputs: &Values, run: &mut Run) -> Result<Values, NodeError> {
        let inputs = N::Inputs::from_values(inputs)?;
        Ok(self.run(inputs, run)?.into_values())
    }
}
