//! Why a graph cannot be run.

use crate::document::{NodeId, PortRef, Wire};
use crate::kind::Kind;
use crate::param::ParamError;

/// Why a graph cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No program here knows the kind of node.
    #[error("node `{node}` is of the unknown kind `{kind}`")]
    UnknownKind {
        /// The node.
        node: NodeId,
        /// Its kind.
        kind: String,
        /// A kind of nearly the same name.
        similar: Option<String>,
        /// What is known of the plugin that brings the kind, and how to come by it.
        plugin: Option<String>,
    },
    /// The plugin of the node is here in a version that the workflow does not allow.
    #[error(
        "node `{node}` needs the plugin `{plugin}` in a version that `{wanted}` allows, but {found} is here"
    )]
    PluginVersion {
        /// The node.
        node: NodeId,
        /// The plugin.
        plugin: String,
        /// What the workflow says of versions.
        wanted: String,
        /// The version that is here.
        found: String,
    },
    /// The node was made by a newer program.
    #[error(
        "node `{node}` is version {found} of `{kind}`, but this program knows versions up to {known}"
    )]
    NewerVersion {
        /// The node.
        node: NodeId,
        /// Its kind.
        kind: String,
        /// Its version.
        found: u32,
        /// The newest version known.
        known: u32,
    },
    /// A parameter is not what it must be.
    #[error("node `{node}`: {error}")]
    Param {
        /// The node.
        node: NodeId,
        /// What is wrong.
        error: ParamError,
        /// A parameter of nearly the same name.
        similar: Option<String>,
    },
    /// A wire ends at nothing.
    #[error("node `{}` has no input or parameter `{}`", wire.to.node, wire.to.port)]
    UnknownInput {
        /// The wire.
        wire: Wire,
        /// An input of nearly the same name.
        similar: Option<String>,
        /// The inputs and parameters there are.
        known: String,
    },
    /// A wire begins at nothing.
    #[error("node `{}` has no output `{}`", wire.from.node, wire.from.port)]
    UnknownOutput {
        /// The wire.
        wire: Wire,
        /// An output of nearly the same name.
        similar: Option<String>,
        /// The outputs there are.
        known: String,
    },
    /// What comes out at one end is not what goes in at the other.
    #[error("cannot wire `{}` to `{}`: found {found}, expected {expected}", wire.from, wire.to)]
    KindMismatch {
        /// The wire.
        wire: Wire,
        /// What comes out.
        found: Kind,
        /// What goes in.
        expected: Kind,
    },
    /// Nothing is wired where something must be.
    #[error("nothing is wired to `{input}`, which needs {expected}")]
    MissingInput {
        /// The input.
        input: PortRef,
        /// What it takes.
        expected: Kind,
    },
    /// An input that takes one wire has several.
    #[error("`{}` takes one wire, but both `{}` and `{}` are wired to it", second.to, first.from, second.from)]
    TwoWires {
        /// The wire that was there first.
        first: Wire,
        /// The one too many.
        second: Wire,
    },
    /// A bypassed node has nothing to hand on.
    #[error("node `{}` is bypassed, but has no input of the kind {kind} to hand on as `{}`", output.node, output.port)]
    CannotBypass {
        /// The output that something needs.
        output: PortRef,
        /// What comes out there.
        kind: Kind,
    },
    /// The interface names a parameter that is none.
    #[error("the interface's parameter `{name}` stands for `{target}`, which is no parameter")]
    NotAParam {
        /// The name outside.
        name: String,
        /// What it stands for.
        target: PortRef,
        /// What the node has of that sort.
        known: String,
    },
    /// The interface names an output that is none.
    #[error("the interface's output `{name}` stands for `{target}`, which is no output")]
    NotAnOutput {
        /// The name outside.
        name: String,
        /// What it stands for.
        target: PortRef,
        /// What the node has of that sort.
        known: String,
    },
    /// The interface uses a name that it must not.
    #[error("the interface's {what} cannot be called `{name}`: {why}")]
    InterfaceName {
        /// Parameter or output.
        what: InterfacePart,
        /// The name outside.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// The node that the run shall end at is not there.
    #[error("there is no node `{node}` to run until")]
    NoSuchNode {
        /// The node.
        node: NodeId,
        /// A node of nearly the same name.
        similar: Option<String>,
    },
}

/// A half of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfacePart {
    /// What may be set.
    Parameter,
    /// What comes out.
    Output,
}

/// What part of a graph an error speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A node.
    Node(NodeId),
    /// The kind and version of a node.
    Kind(NodeId),
    /// A parameter or input of a node.
    Port(PortRef),
    /// A wire.
    Wire(Wire),
    /// A parameter of the interface.
    InterfaceParam(String),
    /// An output of the interface.
    InterfaceOutput(String),
}

impl std::fmt::Display for InterfacePart {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Parameter => "parameter",
            Self::Output => "output",
        })
    }
}

impl PlanError {
    /// What is wrong, as one word that never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKind { .. } => "unknown-kind",
            Self::PluginVersion { .. } => "plugin-version",
            Self::NewerVersion { .. } => "newer-version",
            Self::Param { error, .. } => match error {
                ParamError::Invalid { .. } => "invalid-param",
                ParamError::Missing { .. } => "missing-param",
                ParamError::Unknown { .. } => "unknown-param",
            },
            Self::UnknownInput { .. } => "unknown-input",
            Self::UnknownOutput { .. } => "unknown-output",
            Self::KindMismatch { .. } => "kind-mismatch",
            Self::MissingInput { .. } => "missing-input",
            Self::TwoWires { .. } => "two-wires",
            Self::CannotBypass { .. } => "cannot-bypass",
            Self::NotAParam { .. } => "not-a-param",
            Self::NotAnOutput { .. } => "not-an-output",
            Self::InterfaceName { .. } => "interface-name",
            Self::NoSuchNode { .. } => "no-such-node",
        }
    }

    /// The node at fault.
    pub fn node(&self) -> Option<&NodeId> {
        Some(match self {
            Self::UnknownKind { node, .. }
            | Self::PluginVersion { node, .. }
            | Self::NewerVersion { node, .. }
            | Self::Param { node, .. }
            | Self::NoSuchNode { node, .. } => node,
            Self::UnknownInput { wire, .. } | Self::KindMismatch { wire, .. } => &wire.to.node,
            Self::UnknownOutput { wire, .. } => &wire.from.node,
            Self::MissingInput { input, .. } => &input.node,
            Self::TwoWires { second, .. } => &second.to.node,
            Self::CannotBypass { output, .. } => &output.node,
            Self::NotAParam { target, .. } | Self::NotAnOutput { target, .. } => &target.node,
            Self::InterfaceName { .. } => return None,
        })
    }

    /// The port or parameter at fault.
    pub fn port(&self) -> Option<&str> {
        Some(match self {
            Self::Param { error, .. } => error.param(),
            Self::UnknownInput { wire, .. } | Self::KindMismatch { wire, .. } => &wire.to.port,
            Self::UnknownOutput { wire, .. } => &wire.from.port,
            Self::MissingInput { input, .. } => &input.port,
            Self::TwoWires { second, .. } => &second.to.port,
            Self::CannotBypass { output, .. } => &output.port,
            Self::NotAParam { target, .. } | Self::NotAnOutput { target, .. } => &target.port,
            Self::InterfaceName { name, .. } => name,
            Self::UnknownKind { .. }
            | Self::PluginVersion { .. }
            | Self::NewerVersion { .. }
            | Self::NoSuchNode { .. } => return None,
        })
    }

    /// What part of the graph the error speaks of.
    pub fn subject(&self) -> Subject {
        match self {
            Self::UnknownKind { node, .. }
            | Self::PluginVersion { node, .. }
            | Self::NewerVersion { node, .. } => Subject::Kind(node.clone()),
            Self::Param { node, error, .. } => Subject::Port(node.port(error.param())),
            Self::UnknownInput { wire, .. }
            | Self::UnknownOutput { wire, .. }
            | Self::KindMismatch { wire, .. }
            | Self::TwoWires { second: wire, .. } => Subject::Wire(wire.clone()),
            Self::MissingInput { input, .. } => Subject::Port(input.clone()),
            Self::CannotBypass { output, .. } => Subject::Node(output.node.clone()),
            Self::NotAParam { name, .. }
            | Self::InterfaceName {
                what: InterfacePart::Parameter,
                name,
                ..
            } => Subject::InterfaceParam(name.clone()),
            Self::NotAnOutput { name, .. }
            | Self::InterfaceName {
                what: InterfacePart::Output,
                name,
                ..
            } => Subject::InterfaceOutput(name.clone()),
            Self::NoSuchNode { node, .. } => Subject::Node(node.clone()),
        }
    }

    /// How to mend it.
    pub fn hint(&self) -> Option<String> {
        let did_you_mean = |similar: &Option<String>, otherwise: String| match similar {
            Some(name) => format!("did you mean `{name}`?"),
            None => otherwise,
        };
        Some(match self {
            Self::UnknownKind {
                plugin: Some(plugin),
                ..
            } => plugin.clone(),
            Self::PluginVersion { plugin, .. } => format!(
                "install another version of `{plugin}`, or change what `plugins` says of it"
            ),
            Self::UnknownKind { similar, .. } => did_you_mean(
                similar,
                "`smalto nodes` lists the kinds there are; it may come from a plugin that is not here"
                    .into(),
            ),
            Self::NewerVersion { .. } => "open it with a newer Smalto".into(),
            Self::Param { error, similar, .. } => match error {
                ParamError::Invalid { .. } => return None,
                ParamError::Missing { param, .. } => {
                    format!("set `{param}` in the node's params, or wire it")
                }
                ParamError::Unknown { known, .. } => {
                    did_you_mean(similar, format!("there are {known}"))
                }
            },
            Self::UnknownInput { similar, known, .. } => {
                did_you_mean(similar, format!("its inputs and parameters are {known}"))
            }
            Self::UnknownOutput { similar, known, .. } => {
                did_you_mean(similar, format!("its outputs are {known}"))
            }
            Self::KindMismatch { expected, .. } => {
                format!("wire an output of the kind {expected} to it")
            }
            Self::MissingInput { input, .. } => {
                format!(r#"add ("NODE.OUTPUT", "{input}") to the wires"#)
            }
            Self::TwoWires { .. } => "take one of the two wires away".into(),
            Self::CannotBypass { .. } => "mute the node, or take what needs it away".into(),
            Self::NotAParam { target, known, .. } => {
                format!("the parameters of `{}` are {known}", target.node)
            }
            Self::NotAnOutput { target, known, .. } => {
                format!("the outputs of `{}` are {known}", target.node)
            }
            Self::InterfaceName { .. } => "give it another name".into(),
            Self::NoSuchNode { similar, .. } => {
                did_you_mean(similar, "give the name of a node of this workflow".into())
            }
        })
    }
}
