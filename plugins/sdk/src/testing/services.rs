//! What this small host offers to nodes, as functions of the boundary.

use std::ffi::c_void;
use std::ptr;
use std::slice;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::{self, Device, Element, Host, ManagedTensor, Run, Status, Str, Value};
use crate::export::{lent, managed, raw_param, saved};
use crate::param::Seed;
use crate::random::Random;
use crate::value::{Lent, LentNumbers, Numbers, Sent, Stored};

use super::call::{Call, Rewriting, owned};

/// The host table.
pub fn host() -> Host {
    Host {
        struct_size: size_of::<Host>() as u32,
        abi_minor: abi::ABI_MINOR.into(),
        context: ptr::null_mut(),
        program: Str::new("smalto-sdk"),
        version: Str::new(env!("CARGO_PKG_VERSION")),
        log: Some(log),
        get_extension: Some(no_extension),
    }
}

/// The run table for one call.
pub fn run(context: *mut c_void, host: *const Host) -> Run {
    Run {
        struct_size: size_of::<Run>() as u32,
        context,
        host,
        device: Device::CPU,
        stream: ptr::null_mut(),
        input: Some(input),
        alloc_tensor: Some(alloc_tensor),
        output: Some(output),
        progress: Some(progress),
        cancelled: Some(cancelled),
        preview: Some(preview),
        random: Some(random),
        scratch: Some(scratch),
        resolve: Some(resolve),
        set_error: Some(set_error),
    }
}

/// # Safety
///
/// `context` is that of a structure of this host, and the call is not over.
unsafe fn call<'a>(context: *mut c_void) -> MutexGuard<'a, Call<'a>> {
    // SAFETY: the caller says so, and every such structure is made with a `Mutex<Call>`.
    let call = unsafe { &*context.cast::<Mutex<Call<'a>>>() };
    call.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn log(_: *mut c_void, _: u32, line: Str) {
    println!("{}", owned(line));
}

unsafe extern "C" fn no_extension(_: *mut c_void, _: Str) -> *const c_void {
    ptr::null()
}

pub unsafe extern "C" fn param(context: *mut c_void, key: Str) -> *const Value {
    // SAFETY: the plugin hands back the context of a call that is not over.
    let call = unsafe { call(context) };
    let found = call.params.get(owned(key).as_str());
    found.map_or(ptr::null(), ptr::from_ref)
}

pub unsafe extern "C" fn set_error(context: *mut c_void, place: Str, problem: Str, hint: Str) {
    // SAFETY: as for `param`.
    unsafe { call(context) }.said = [place, problem, hint].map(owned);
}

pub unsafe extern "C" fn set_policy_error(context: *mut c_void, problem: Str, hint: Str) {
    // SAFETY: the context of a question is where its answer to what is wrong shall lie.
    let said = unsafe { &mut *context.cast::<[String; 3]>() };
    *said = [String::new(), owned(problem), owned(hint)];
}

unsafe extern "C" fn input(context: *mut c_void, key: Str, index: usize) -> *const Value {
    let key = owned(key);
    // SAFETY: as for `param`.
    let call = unsafe { call(context) };
    let mut at_port = call.inputs.iter().filter(|(port, _)| *port == key);
    let found = at_port.nth(index);
    found.map_or(ptr::null(), |(_, lending)| ptr::from_ref(lending.value()))
}

unsafe extern "C" fn alloc_tensor(
    _: *mut c_void,
    element: Element,
    rank: i32,
    shape: *const i64,
    tensor: *mut *mut ManagedTensor,
) -> Status {
    let Ok(rank) = usize::try_from(rank) else {
        return Status::INVALID_INPUT;
    };
    if element != Element::F32 || rank == 0 {
        // Nodes that are made with this kit ask for nothing else.
        return Status::UNSUPPORTED;
    }
    // SAFETY: the header says that there are `rank` sizes.
    let sides = unsafe { slice::from_raw_parts(shape, rank) };
    let sides: Vec<usize> = sides.iter().map(|side| *side as usize).collect();
    let zeros = vec![0.0; sides.iter().product()];
    // SAFETY: the header says that the pointer can be written.
    unsafe { tensor.write(managed(&sides, Numbers::F32(zeros))) };
    Status::OK
}

unsafe extern "C" fn output(context: *mut c_void, key: Str, value: *const Value) -> Status {
    // SAFETY: the value is as the header has it until this returns.
    let (status, kept) = match unsafe { lent(value) } {
        Ok(lent) => (Status::OK, Some(copied(&lent))),
        Err(_) => (Status::INVALID_INPUT, None),
    };
    // SAFETY: what is handed over is this host's from here on.
    unsafe { freed(value) };
    if let Some(kept) = kept {
        // SAFETY: as for `param`.
        unsafe { call(context) }.outputs.push((owned(key), kept));
    }
    status
}

fn copied(lent: &Lent<'_>) -> Sent {
    match lent {
        Lent::Text(text) => Sent::Text((*text).into()),
        Lent::Number(number) => Sent::Number(*number),
        Lent::Object(stored) => Sent::Object(Stored::clone(stored)),
        Lent::Placed { shape, place } => Sent::Placed {
            shape: shape.clone(),
            place: *place,
            room: None,
        },
        Lent::Tensor {
            shape,
            numbers,
            sizes,
        } => Sent::Tensor {
            shape: shape.clone(),
            numbers: match numbers {
                LentNumbers::F32(numbers) => Numbers::F32(numbers.to_vec()),
                LentNumbers::I32(numbers) => Numbers::I32(numbers.to_vec()),
                LentNumbers::U8(numbers) => Numbers::U8(numbers.to_vec()),
            },
            sizes: sizes.clone(),
        },
    }
}

/// # Safety
///
/// The value was handed over, and nobody uses its tensor or its object any more.
unsafe fn freed(value: *const Value) {
    // SAFETY: the caller says so.
    let Ok(value) = (unsafe { abi::read(value) }) else {
        return;
    };
    // SAFETY: as above.
    if let Some(deleter) = unsafe { value.managed.as_ref() }.and_then(|managed| managed.deleter) {
        // SAFETY: as above, and this is the only call.
        unsafe { deleter(value.managed) };
    }
    // SAFETY: as above.
    if let Ok(object) = unsafe { abi::read(value.object) }
        && let Some(release) = object.release
    {
        // SAFETY: as above, and this is the only call.
        unsafe { release(object.data) };
    }
}

unsafe extern "C" fn progress(context: *mut c_void, _: u64, _: u64, _: Str) -> Status {
    // SAFETY: as for `param`.
    if unsafe { call(context) }.cancelled {
        Status::CANCELLED
    } else {
        Status::OK
    }
}

unsafe extern "C" fn cancelled(context: *mut c_void) -> i32 {
    // SAFETY: as for `param`.
    unsafe { call(context) }.cancelled.into()
}

unsafe extern "C" fn preview(_: *mut c_void, _: Str, _: *const Value) -> Status {
    Status::OK
}

unsafe extern "C" fn random(
    _: *mut c_void,
    seed: u64,
    stream: u32,
    sample: u32,
    step: u32,
    numbers: *mut f32,
    count: usize,
) -> Status {
    let drawn = Random::new(Seed(seed))
        .stream(stream)
        .uniforms(sample, step, count);
    if !numbers.is_null() {
        // SAFETY: the header says that there is room for `count` numbers.
        unsafe { slice::from_raw_parts_mut(numbers, count) }.copy_from_slice(&drawn);
    }
    Status::OK
}

unsafe extern "C" fn scratch(_: *mut c_void, _: usize, _: usize) -> *mut c_void {
    // Nodes that are made with this kit have memory of their own.
    ptr::null_mut()
}

unsafe extern "C" fn resolve(_: *mut c_void, path: Str, absolute: *mut Str) -> Status {
    // A test runs in the folder that its paths start at, so that they stay as they are.
    // SAFETY: the header says that the pointer can be written.
    unsafe { absolute.write(path) };
    Status::OK
}

/// # Safety
///
/// `context` is that of a migration of this host.
unsafe fn rewriting<'a>(context: *mut c_void) -> &'a mut Rewriting {
    // SAFETY: the caller says so.
    unsafe { &mut *context.cast() }
}

pub unsafe extern "C" fn saved_name(context: *mut c_void, index: usize) -> Str {
    // SAFETY: the plugin hands back the context of a migration that is not over.
    let rewriting = unsafe { rewriting(context) };
    let found = rewriting.params.keys().nth(index).cloned();
    rewriting.name = found.unwrap_or_default();
    Str::new(&rewriting.name)
}

pub unsafe extern "C" fn saved_value(context: *mut c_void, key: Str) -> *const Value {
    // SAFETY: as above.
    let rewriting = unsafe { rewriting(context) };
    match rewriting.params.get(&owned(key)) {
        Some(value) => {
            rewriting.value = raw_param(value);
            &raw const rewriting.value
        }
        None => ptr::null(),
    }
}

pub unsafe extern "C" fn set_saved(context: *mut c_void, key: Str, value: *const Value) -> Status {
    // SAFETY: as above.
    let rewriting = unsafe { rewriting(context) };
    // SAFETY: the value is null or as the header has it until this returns.
    match unsafe { saved(value) } {
        Some(value) => drop(rewriting.params.insert(owned(key), value)),
        None => drop(rewriting.params.remove(&owned(key))),
    }
    Status::OK
}
