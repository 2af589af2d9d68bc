//! The boundary between Smalto and its plugins, as Rust sees it.
//!
//! `include/smalto_plugin.h` is the authority and the manual: what a field means, who owns what and until when
//! is said there, and here only what each item is.
//! A test compares every size, offset and number with what a C compiler makes of the header.

// A boundary to C consists of raw pointers; each use says why it is sound.
#![allow(unsafe_code)]

mod description;
mod extension;
mod growing;
mod service;
mod text;
mod value;

pub use description::{
    Choice, Node, PARAM_BOOL, PARAM_CHOICE, PARAM_FLAG_MULTILINE, PARAM_FLAG_WRITTEN, PARAM_FLOAT,
    PARAM_INT, PARAM_PATH, PARAM_SEED, PARAM_TEXT, PORT_OPTIONAL, PORT_VARIADIC, Param, Plugin,
    Port, node_flag,
};
pub use extension::{MIGRATE, Migrate, Migration, POLICY, PREVIEW, Policy, PolicyRequest, Preview};
pub use growing::{Growing, SizeError, read};
pub use service::{
    Create, Host, Infer, LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_WARNING, Run, SetError,
};
pub use text::Str;
pub use value::{
    Device, Element, ManagedTensor, Object, Size, TENSOR_COPIED, TENSOR_READ_ONLY, Tensor, Value,
    value_type,
};

/// The major version of the header.
pub const ABI_MAJOR: u16 = 1;
/// The minor version of the header.
pub const ABI_MINOR: u16 = 1;
/// The largest `struct_size` that a host believes.
pub const STRUCT_SIZE_MAX: u32 = 65_536;
/// The most nodes of a plugin, and ports, parameters or choices of a node.
pub const COUNT_MAX: u32 = 65_536;
/// The name of the only symbol that a plugin exports.
pub const ENTRY_SYMBOL: &str = "smalto_plugin_entry_v1";
/// The type of the only symbol that a plugin exports.
pub type Entry = unsafe extern "C" fn(host_minor: u16) -> *const Plugin;

/// How a call ended; a C function may answer with any number, so this is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Status(pub i32);

impl Status {
    /// It did what it should.
    pub const OK: Self = Self(0);
    /// It failed for a reason that `set_error` tells.
    pub const FAILED: Self = Self(1);
    /// An input or a parameter does not fit.
    pub const INVALID_INPUT: Self = Self(2);
    /// The run was cancelled.
    pub const CANCELLED: Self = Self(3);
    /// The memory of the processor does not suffice.
    pub const OUT_OF_HOST_MEMORY: Self = Self(4);
    /// The memory of the card does not suffice.
    pub const OUT_OF_DEVICE_MEMORY: Self = Self(5);
    /// The plugin panicked and caught it.
    pub const PANIC: Self = Self(6);
    /// The other side does not know how to do that.
    pub const UNSUPPORTED: Self = Self(7);
}
