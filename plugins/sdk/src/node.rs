//! Nodes.

use crate::error::NodeError;
use crate::param::{ParamError, ParamValues, Params};
use crate::port::Ports;
use crate::run::Run;

/// A step of computation: typed inputs to typed outputs, and nothing else unless [`Node::EFFECT`] says so.
///
/// The struct that implements it holds the parameters.
pub trait Node: Params + Send + Sync + 'static {
    /// The name in files, for ever; the part before the first dot is the palette's group.
    const ID: &'static str;
    /// Counts up whenever the same parameters and inputs give another result, or parameters change their meaning.
    const VERSION: u32 = 1;
    /// What the node does besides computing.
    const EFFECT: Effect = Effect::Pure;
    /// Whether the node is kept for old workflows alone.
    const DEPRECATED: bool = false;
    /// Whether the node also runs where tensors lie on an NVIDIA card: see [`PlacedImage`](crate::value::PlacedImage).
    const CUDA: bool = false;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: outputs depend on parameters and inputs alone.
    Pure,
    /// Reads the files that its path parameters name; their content counts with the parameters.
    ReadsFiles,
    /// Writes files: runs every time.
    WritesFiles,
    /// Anything else: runs every time.
    Impure,
}
