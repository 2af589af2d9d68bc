//! What `run` may use.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::path::Path;
use std::ptr;
use std::sync::Mutex;

use graph::exchange::{Card, Element, ExchangeError};
use graph::param::Seed;
use graph::port::PortSpec;
use graph::random::Random;
use smalto_abi::{self as abi, Status, Str};

use super::infer::{Promises, shape_of};
use super::lent::{Lent, known};
use super::output::{self, Allocation, Room};
use super::{locked, said, told};
use crate::fault::{Fault, Told};
use crate::instance::{Job, Outputs, Watch};
use crate::memory::Heap;

/// No tensor and no scratch memory is larger, in bytes.
const LARGEST: usize = 1 << 38;

/// Everything that the callbacks of one run work on.
pub struct Context<'a> {
    pub outputs: &'a [PortSpec],
    pub promises: &'a Promises,
    pub watch: &'a dyn Watch,
    inputs: BTreeMap<&'a str, Vec<Lent>>,
    base: &'a Path,
    pub state: Mutex<State>,
}

/// What changes while a run goes on.
#[derive(Default)]
pub struct State {
    pub laid: Outputs,
    /// What the host made for outputs and nobody has handed over, by address.
    pub allocated: BTreeMap<usize, Box<Allocation>>,
    /// The first thing that the plugin did wrong by the header.
    pub mistake: Option<Fault>,
    told: Option<Told>,
    scratch: Vec<Heap>,
    paths: Vec<Box<str>>,
}

/// Runs a node that was made.
///
/// Errors: it failed or was cancelled, or what it laid at its outputs is not what it may.
pub fn run(
    function: unsafe extern "C" fn(*mut c_void, *const abi::Run) -> Status,
    node: *mut c_void,
    host: &'static abi::Host,
    (outputs, promises): (&[PortSpec], &Promises),
    job: &Job,
    watch: &dyn Watch,
) -> Result<Outputs, Fault> {
    let device = device(watch);
    let mut inputs = BTreeMap::new();
    for (port, values) in &job.inputs {
        let values: Result<Vec<Lent>, Fault> = values
            .iter()
            .map(|datum| Lent::datum(datum, device, true))
            .collect();
        let _ = inputs.insert(port.as_str(), values?);
    }
    let context = Context {
        outputs,
        promises,
        watch,
        inputs,
        base: &job.base,
        state: Mutex::default(),
    };
    let services = services(&context, host);
    // SAFETY: the function comes from tables that were checked, and everything it is given lives until it returns.
    let status = unsafe { function(node, &raw const services) };
    let mut state = std::mem::take(&mut *locked(&context.state));
    // A plugin that hands the host's refusal on need not say again what was wrong.
    let told = state.told.take();
    if status == Status::CANCELLED || (status != Status::OK && told.is_some()) {
        return Err(Fault::of(status, told, "run"));
    }
    if let Some(mistake) = state.mistake {
        return Err(mistake);
    }
    if status != Status::OK {
        return Err(Fault::of(status, None, "run"));
    }
    if let Some(port) = outputs
        .iter()
        .find(|port| !state.laid.contains_key(&port.name))
    {
        return Err(Fault::mistake(format!(
            "the node ended well and laid nothing at its output `{}`",
            port.name
        )));
    }
    Ok(state.laid)
}

/// Where the tensors of a run lie.
pub fn device(watch: &dyn Watch) -> abi::Device {
    let card = watch.card();
    card.map_or(abi::Device::CPU, |card| abi::Device::cuda(card.index()))
}

fn services(context: &Context<'_>, host: &'static abi::Host) -> abi::Run {
    abi::Run {
        struct_size: size_of::<abi::Run>() as u32,
        context: ptr::from_ref(context).cast_mut().cast(),
        host,
        device: device(context.watch),
        stream: context.watch.card().map_or(ptr::null_mut(), Card::stream),
        input: Some(input),
        alloc_tensor: Some(alloc_tensor),
        output: Some(output::output),
        progress: Some(progress),
        cancelled: Some(cancelled),
        preview: Some(output::preview),
        random: Some(random),
        scratch: Some(scratch),
        resolve: Some(resolve),
        set_error: Some(set_error),
    }
}

/// The context behind the pointer that a plugin hands back.
///
/// # Safety
///
/// `run` has not returned yet, and the pointer is the one that it was given.
pub unsafe fn context<'a>(pointer: *mut c_void) -> &'a Context<'a> {
    // SAFETY: the caller says that it is the context, which lives until `run` returns.
    unsafe { &*pointer.cast::<Context<'a>>() }
}

unsafe extern "C" fn input(pointer: *mut c_void, key: Str, index: usize) -> *const abi::Value {
    // SAFETY: the plugin hands back the context that it was given, while `run` runs; texts live through the call.
    let (context, key) = unsafe { (context(pointer), said(key)) };
    let lent = context
        .inputs
        .get(key.as_str())
        .and_then(|at| at.get(index));
    lent.map_or(ptr::null(), |lent| &raw const lent.value)
}

unsafe extern "C" fn alloc_tensor(
    pointer: *mut c_void,
    element: abi::Element,
    rank: i32,
    shape: *const i64,
    tensor: *mut *mut abi::ManagedTensor,
) -> Status {
    // SAFETY: as for `input`; the header has the shape hold `rank` numbers.
    let (context, shape) = unsafe { (context(pointer), shape_of(rank, shape)) };
    if tensor.is_null() {
        return Status::INVALID_INPUT;
    }
    let (Some(element), Some(shape)) = (known(element), shape) else {
        return Status::INVALID_INPUT;
    };
    let room = match room(context.watch, element, &shape) {
        Ok(room) => room,
        Err(status) => return status,
    };
    let mut allocation = Allocation::new(element, shape, room, device(context.watch));
    let managed = allocation.managed();
    let _ = locked(&context.state)
        .allocated
        .insert(managed as usize, allocation);
    // SAFETY: the plugin says where the pointer goes.
    unsafe { tensor.write_unaligned(managed) };
    Status::OK
}

/// Room for a tensor where the tensors of this run lie.
///
/// Errors: there is none.
fn room(watch: &dyn Watch, element: Element, shape: &[usize]) -> Result<Room, Status> {
    let mut sides = shape.iter().copied();
    let bytes = sides
        .try_fold(element.size(), usize::checked_mul)
        .filter(|bytes| *bytes <= LARGEST);
    let Some(card) = watch.card() else {
        let block = bytes.and_then(|bytes| watch.room(bytes));
        return block.map(Room::Host).ok_or(Status::OUT_OF_HOST_MEMORY);
    };
    let _ = bytes.ok_or(Status::OUT_OF_DEVICE_MEMORY)?;
    card.zeros(element, shape).map(Room::Card).map_err(|error| {
        if matches!(error, ExchangeError::Room { .. }) {
            return Status::OUT_OF_DEVICE_MEMORY;
        }
        watch.log(abi::LOG_ERROR, &error.to_string());
        Status::FAILED
    })
}

unsafe extern "C" fn progress(pointer: *mut c_void, done: u64, total: u64, note: Str) -> Status {
    // SAFETY: as for `input`.
    let (context, note) = unsafe { (context(pointer), said(note)) };
    context.watch.progress(done, total, &note);
    if context.watch.is_cancelled() {
        Status::CANCELLED
    } else {
        Status::OK
    }
}

unsafe extern "C" fn cancelled(pointer: *mut c_void) -> i32 {
    // SAFETY: as for `input`.
    let context = unsafe { context(pointer) };
    i32::from(context.watch.is_cancelled())
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
    if count == 0 {
        return Status::OK;
    }
    if numbers.is_null() || count > LARGEST / size_of::<f32>() {
        return Status::INVALID_INPUT;
    }
    let drawn = Random::new(Seed(seed))
        .stream(stream)
        .uniforms(sample, step, count);
    for (index, number) in drawn.into_iter().enumerate() {
        // SAFETY: the header has room for `count` numbers there.
        unsafe { numbers.add(index).write_unaligned(number) };
    }
    Status::OK
}

unsafe extern "C" fn scratch(pointer: *mut c_void, bytes: usize, alignment: usize) -> *mut c_void {
    // SAFETY: as for `input`.
    let context = unsafe { context(pointer) };
    let heap = (bytes <= LARGEST)
        .then(|| Heap::zeros(bytes, alignment))
        .flatten();
    let Some(heap) = heap else {
        return ptr::null_mut();
    };
    let memory = heap.pointer().cast();
    locked(&context.state).scratch.push(heap);
    memory
}

unsafe extern "C" fn resolve(pointer: *mut c_void, path: Str, absolute: *mut Str) -> Status {
    // SAFETY: as for `input`.
    let (context, path) = unsafe { (context(pointer), said(path)) };
    if absolute.is_null() {
        return Status::INVALID_INPUT;
    }
    let joined = context.base.join(path);
    let found = std::path::absolute(&joined).unwrap_or(joined);
    let Some(found) = found.to_str() else {
        return Status::INVALID_INPUT;
    };
    let found: Box<str> = found.into();
    let text = Str::new(&found);
    locked(&context.state).paths.push(found);
    // SAFETY: the plugin says where the text goes; the bytes stay where they are until `run` returns.
    unsafe { absolute.write_unaligned(text) };
    Status::OK
}

unsafe extern "C" fn set_error(pointer: *mut c_void, place: Str, problem: Str, hint: Str) {
    // SAFETY: as for `input`.
    let (context, told) = unsafe { (context(pointer), told(place, problem, hint)) };
    locked(&context.state).told = Some(told);
}
