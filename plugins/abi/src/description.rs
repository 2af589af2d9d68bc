//! What a plugin describes.

use std::ffi::c_void;

use crate::{Create, Host, Infer, Run, Status, Str, Value};

/// A port: where a wire begins or ends.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Port {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// [`PORT_OPTIONAL`] and [`PORT_VARIADIC`].
    pub flags: u32,
    /// The name, as in files.
    pub key: Str,
    /// The kind of what passes.
    pub kind: Str,
    /// What passes.
    pub doc: Str,
}

/// An input that may be left unwired.
pub const PORT_OPTIONAL: u32 = 1;
/// An input that takes any number of wires.
pub const PORT_VARIADIC: u32 = 2;

/// One name of a choice.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Choice {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// The name, as in files.
    pub name: Str,
    /// What it means.
    pub doc: Str,
}

/// A parameter: what the user sets on a node.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Param {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// One of `PARAM_BOOL` to `PARAM_SEED`.
    pub r#type: u32,
    /// [`PARAM_FLAG_MULTILINE`] and [`PARAM_FLAG_WRITTEN`].
    pub flags: u32,
    /// How many choices there are.
    pub choice_count: u32,
    /// The name, as in files.
    pub key: Str,
    /// What it is for.
    pub doc: Str,
    /// The unit of the number.
    pub unit: Str,
    /// What it holds unless set; null where it must be set.
    pub default_value: *const Value,
    /// The smallest whole number allowed.
    pub int_min: i64,
    /// The largest whole number allowed.
    pub int_max: i64,
    /// The smallest number allowed.
    pub float_min: f64,
    /// The largest number allowed.
    pub float_max: f64,
    /// The choices.
    pub choices: *const *const Choice,
}

/// Yes or no.
pub const PARAM_BOOL: u32 = 1;
/// A whole number.
pub const PARAM_INT: u32 = 2;
/// A finite number.
pub const PARAM_FLOAT: u32 = 3;
/// A text.
pub const PARAM_TEXT: u32 = 4;
/// One of a few names.
pub const PARAM_CHOICE: u32 = 5;
/// A file or folder.
pub const PARAM_PATH: u32 = 6;
/// The seed of all draws.
pub const PARAM_SEED: u32 = 7;

/// A text that may span several lines.
pub const PARAM_FLAG_MULTILINE: u32 = 1;
/// A path that is written rather than read.
pub const PARAM_FLAG_WRITTEN: u32 = 2;

/// A kind of node.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Node {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// The version of the node's behaviour.
    pub version: u32,
    /// Any of [`node_flag`].
    pub flags: u32,
    /// How many inputs there are.
    pub input_count: u32,
    /// How many outputs there are.
    pub output_count: u32,
    /// How many parameters there are.
    pub param_count: u32,
    /// The name in files.
    pub kind: Str,
    /// The name in words.
    pub title: Str,
    /// What the node does.
    pub doc: Str,
    /// What comes in.
    pub inputs: *const *const Port,
    /// What goes out.
    pub outputs: *const *const Port,
    /// What can be set.
    pub params: *const *const Param,
    /// Makes a node.
    pub create:
        Option<unsafe extern "C" fn(create: *const Create, node: *mut *mut c_void) -> Status>,
    /// Says what the shapes of the outputs will be.
    pub infer: Option<unsafe extern "C" fn(node: *mut c_void, infer: *const Infer) -> Status>,
    /// Does the work.
    pub run: Option<unsafe extern "C" fn(node: *mut c_void, run: *const Run) -> Status>,
    /// Frees what `create` left.
    pub destroy: Option<unsafe extern "C" fn(node: *mut c_void)>,
}

/// What a node does besides computing, and how it may be run.
pub mod node_flag {
    /// The outputs depend on the parameters and inputs alone.
    pub const PURE: u32 = 1;
    /// It draws numbers, and has a seed.
    pub const SEEDED: u32 = 2;
    /// It reads the files of its path parameters.
    pub const READS_FILES: u32 = 4;
    /// It changes something outside.
    pub const SIDE_EFFECT: u32 = 8;
    /// Several nodes of the kind may run at the same time.
    pub const REENTRANT: u32 = 16;
    /// It is kept for old workflows alone.
    pub const DEPRECATED: u32 = 32;
    /// It takes and gives tensors on a card as well.
    pub const CUDA: u32 = 64;
}

/// A plugin.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Plugin {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// The major version of the header that it was compiled with.
    pub abi_major: u16,
    /// The minor version of the header that it was compiled with.
    pub abi_minor: u16,
    /// The name for ever, in reverse domain order.
    pub id: Str,
    /// The name in words.
    pub name: Str,
    /// Its own version.
    pub version: Str,
    /// The licence, as an SPDX expression.
    pub licence: Str,
    /// How many kinds of node it brings.
    pub node_count: u32,
    /// The kinds of node.
    pub nodes: *const *const Node,
    /// Gets ready.
    pub init: Option<unsafe extern "C" fn(host: *const Host, plugin: *mut *mut c_void) -> Status>,
    /// Frees what `init` left.
    pub deinit: Option<unsafe extern "C" fn(plugin: *mut c_void)>,
    /// The table of an extension that the plugin offers.
    pub get_extension: Option<unsafe extern "C" fn(id: Str) -> *const c_void>,
}

macro_rules! constant {
    ($($type:ty),*) => {$(
        // SAFETY: the header says that descriptions are constant and live until the process ends.
        unsafe impl Send for $type {}
        // SAFETY: as above.
        unsafe impl Sync for $type {}
    )*};
}

constant!(Port, Choice, Param, Node, Plugin);
