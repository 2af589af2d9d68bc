//! Tables of functions that go by a name with a revision.

use std::ffi::{c_char, c_void};

use crate::{Status, Str, Value};

/// The id of [`Policy`].
pub const POLICY: &str = "smalto.policy/1";
/// The id of [`Migrate`].
pub const MIGRATE: &str = "smalto.migrate/1";
/// The id of [`Preview`].
pub const PREVIEW: &str = "smalto.preview/1";

/// One question to a policy: which positions of a picture are laid at this step.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PolicyRequest {
    /// The size of this structure, as the host knows it.
    pub struct_size: u32,
    /// The first parameter of the functions below.
    pub context: *mut c_void,
    /// Which step it is, counted from 0.
    pub step: u32,
    /// How many steps there are.
    pub steps: u32,
    /// The number of the picture.
    pub sample: u32,
    /// Rows of tokens.
    pub rows: u32,
    /// Tokens a row.
    pub columns: u32,
    /// How many positions to lay.
    pub count: u32,
    /// How sure the denoiser is at each position.
    pub confidences: *const f32,
    /// 1 where nothing is laid yet, 0 elsewhere.
    pub masked: *const u8,
    /// A random number for each position.
    pub random: *const f32,
    /// Says what is wrong: the problem, and how to mend it.
    pub set_error: Option<unsafe extern "C" fn(context: *mut c_void, problem: Str, hint: Str)>,
}

/// `smalto.policy/1`: says in which order a sampler lays its tokens.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Policy {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// Writes the positions to lay.
    pub choose: Option<
        unsafe extern "C" fn(
            policy: *mut c_void,
            request: *const PolicyRequest,
            positions: *mut u32,
        ) -> Status,
    >,
}

/// The parameters of a node that was saved by an older version of its kind.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Migration {
    /// The size of this structure, as the host knows it.
    pub struct_size: u32,
    /// The version that saved them.
    pub from_version: u32,
    /// The first parameter of the functions below.
    pub context: *mut c_void,
    /// The kind of node.
    pub kind: Str,
    /// The name of a parameter that was saved.
    pub name: Option<unsafe extern "C" fn(context: *mut c_void, index: usize) -> Str>,
    /// The value of a parameter.
    pub get: Option<unsafe extern "C" fn(context: *mut c_void, key: Str) -> *const Value>,
    /// Sets a parameter; null takes it away.
    pub set:
        Option<unsafe extern "C" fn(context: *mut c_void, key: Str, value: *const Value) -> Status>,
}

/// `smalto.migrate/1`: rewrites what older versions of the plugin's nodes saved.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Migrate {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// Rewrites the parameters of one node.
    pub migrate: Option<unsafe extern "C" fn(migration: *const Migration) -> Status>,
}

/// `smalto.preview/1`: says how values of the plugin's own kinds look.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Preview {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// Writes a few lines about an object.
    pub describe: Option<
        unsafe extern "C" fn(
            kind: Str,
            object: *mut c_void,
            text: *mut c_char,
            capacity: usize,
            length: *mut usize,
        ) -> Status,
    >,
}
