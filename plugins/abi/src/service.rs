//! What the host offers.

use std::ffi::c_void;

use crate::{Device, Element, ManagedTensor, Status, Str, Value};

/// Says what is wrong: where, the problem, and how to mend it.
pub type SetError =
    Option<unsafe extern "C" fn(context: *mut c_void, place: Str, problem: Str, hint: Str)>;

/// The host, for as long as the process lives.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Host {
    /// The size of this structure, as the host knows it.
    pub struct_size: u32,
    /// The minor version that the host serves.
    pub abi_minor: u32,
    /// The first parameter of the functions below.
    pub context: *mut c_void,
    /// The program that the plugin runs in.
    pub program: Str,
    /// The version of that program.
    pub version: Str,
    /// Writes one line to the log.
    pub log: Option<unsafe extern "C" fn(context: *mut c_void, level: u32, line: Str)>,
    /// The table of an extension that the host offers.
    pub get_extension: Option<unsafe extern "C" fn(context: *mut c_void, id: Str) -> *const c_void>,
}

// SAFETY: the header says that every function of the host may be called from any thread.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

/// The level of a line that tells of something that does not work.
pub const LOG_ERROR: u32 = 1;
/// The level of a line that tells of something odd.
pub const LOG_WARNING: u32 = 2;
/// The level of a line that tells a figure.
pub const LOG_INFO: u32 = 3;
/// The level of a line for whoever writes the plugin.
pub const LOG_DEBUG: u32 = 4;

/// What [`Node::create`](crate::Node::create) may use.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Create {
    /// The size of this structure, as the host knows it.
    pub struct_size: u32,
    /// The first parameter of the functions below.
    pub context: *mut c_void,
    /// The host.
    pub host: *const Host,
    /// What [`Plugin::init`](crate::Plugin::init) left.
    pub plugin: *mut c_void,
    /// The value of a parameter.
    pub param: Option<unsafe extern "C" fn(context: *mut c_void, key: Str) -> *const Value>,
    /// Says what is wrong.
    pub set_error: SetError,
}

/// What [`Node::infer`](crate::Node::infer) may use.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Infer {
    /// The size of this structure, as the host knows it.
    pub struct_size: u32,
    /// The first parameter of the functions below.
    pub context: *mut c_void,
    /// The value at an input, without numbers.
    pub input:
        Option<unsafe extern "C" fn(context: *mut c_void, key: Str, index: usize) -> *const Value>,
    /// Promises the shape of the tensor at an output.
    pub promise: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            key: Str,
            element: Element,
            rank: i32,
            shape: *const i64,
        ) -> Status,
    >,
    /// Says what is wrong.
    pub set_error: SetError,
}

/// What [`Node::run`](crate::Node::run) may use.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Run {
    /// The size of this structure, as the host knows it.
    pub struct_size: u32,
    /// The first parameter of the functions below.
    pub context: *mut c_void,
    /// The host.
    pub host: *const Host,
    /// Where tensors of inputs and outputs lie.
    pub device: Device,
    /// The CUDA stream to put work on, where `device` is a card.
    pub stream: *mut c_void,
    /// The value at an input.
    pub input:
        Option<unsafe extern "C" fn(context: *mut c_void, key: Str, index: usize) -> *const Value>,
    /// Makes room for the tensor of an output.
    pub alloc_tensor: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            element: Element,
            rank: i32,
            shape: *const i64,
            tensor: *mut *mut ManagedTensor,
        ) -> Status,
    >,
    /// Lays a value at an output.
    pub output:
        Option<unsafe extern "C" fn(context: *mut c_void, key: Str, value: *const Value) -> Status>,
    /// Says how far the run is, and hears whether it was cancelled.
    pub progress: Option<
        unsafe extern "C" fn(context: *mut c_void, done: u64, total: u64, note: Str) -> Status,
    >,
    /// Whether the run was cancelled.
    pub cancelled: Option<unsafe extern "C" fn(context: *mut c_void) -> i32>,
    /// Shows what the result looks like so far.
    pub preview: Option<
        unsafe extern "C" fn(context: *mut c_void, kind: Str, value: *const Value) -> Status,
    >,
    /// Draws numbers between 0 and 1.
    pub random: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            seed: u64,
            stream: u32,
            sample: u32,
            step: u32,
            numbers: *mut f32,
            count: usize,
        ) -> Status,
    >,
    /// Memory that is gone when the run returns.
    pub scratch: Option<
        unsafe extern "C" fn(context: *mut c_void, bytes: usize, alignment: usize) -> *mut c_void,
    >,
    /// Where the file of a path parameter lies.
    pub resolve:
        Option<unsafe extern "C" fn(context: *mut c_void, path: Str, absolute: *mut Str) -> Status>,
    /// Says what is wrong.
    pub set_error: SetError,
}
