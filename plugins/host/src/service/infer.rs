//! What `infer` may use.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;

use graph::exchange::Element;
use smalto_abi::{self as abi, Status, Str};

use super::lent::{Lent, known};
use super::{locked, said, told};
use crate::fault::{Fault, Told};
use crate::instance::Datum;

/// No tensor has more dimensions.
pub const MOST_DIMENSIONS: i32 = 16;

/// The tensors that `infer` promised, by output.
pub type Promises = BTreeMap<String, (Element, Vec<usize>)>;

struct Context<'a> {
    outputs: &'a [graph::port::PortSpec],
    inputs: BTreeMap<&'a str, Vec<Lent>>,
    promises: Mutex<Promises>,
    told: Mutex<Option<Told>>,
}

/// Asks a node what shapes will come out; nothing is promised where it cannot tell.
///
/// Errors: the inputs do not fit.
pub fn infer(
    function: unsafe extern "C" fn(*mut c_void, *const abi::Infer) -> Status,
    node: *mut c_void,
    outputs: &[graph::port::PortSpec],
    inputs: &BTreeMap<String, Vec<Datum>>,
    device: abi::Device,
) -> Result<Promises, Fault> {
    let mut lent = BTreeMap::new();
    for (port, values) in inputs {
        let values: Result<Vec<Lent>, Fault> = values
            .iter()
            .map(|datum| Lent::datum(datum, device, false))
            .collect();
        let _ = lent.insert(port.as_str(), values?);
    }
    let context = Context {
        outputs,
        inputs: lent,
        promises: Mutex::default(),
        told: Mutex::new(None),
    };
    let services = abi::Infer {
        struct_size: size_of::<abi::Infer>() as u32,
        context: ptr::from_ref(&context).cast_mut().cast(),
        input: Some(input),
        promise: Some(promise),
        set_error: Some(set_error),
    };
    // SAFETY: the function comes from tables that were checked, and everything it is given lives until it returns.
    let status = unsafe { function(node, &raw const services) };
    let told = locked(&context.told).take();
    match status {
        Status::OK => Ok(std::mem::take(&mut *locked(&context.promises))),
        Status::UNSUPPORTED => Ok(Promises::new()),
        status => Err(Fault::of(status, told, "infer")),
    }
}

/// The shape that a plugin gives, where it is one.
///
/// # Safety
///
/// Where `rank` is above 0 and `shape` is not null, as many numbers can be read there.
pub unsafe fn shape_of(rank: i32, shape: *const i64) -> Option<Vec<usize>> {
    if !(0..=MOST_DIMENSIONS).contains(&rank) || (rank > 0 && shape.is_null()) {
        return None;
    }
    (0..rank as usize)
        // SAFETY: the caller says that `rank` numbers are there.
        .map(|index| usize::try_from(unsafe { shape.add(index).read_unaligned() }).ok())
        .collect()
}

unsafe extern "C" fn input(context: *mut c_void, key: Str, index: usize) -> *const abi::Value {
    // SAFETY: the plugin hands back the context that it was given, while `infer` runs; texts live through the call.
    let (context, key) = unsafe { (&*context.cast::<Context<'_>>(), said(key)) };
    let lent = context
        .inputs
        .get(key.as_str())
        .and_then(|at| at.get(index));
    lent.map_or(ptr::null(), |lent| &raw const lent.value)
}

unsafe extern "C" fn promise(
    context: *mut c_void,
    key: Str,
    element: abi::Element,
    rank: i32,
    shape: *const i64,
) -> Status {
    // SAFETY: as for `input`; the header has the shape hold `rank` numbers.
    let (context, key, shape) = unsafe {
        (
            &*context.cast::<Context<'_>>(),
            said(key),
            shape_of(rank, shape),
        )
    };
    if !context.outputs.iter().any(|port| port.name == key) {
        return Status::INVALID_INPUT;
    }
    let (Some(element), Some(shape)) = (known(element), shape) else {
        return Status::INVALID_INPUT;
    };
    let _ = locked(&context.promises).insert(key, (element, shape));
    Status::OK
}

unsafe extern "C" fn set_error(context: *mut c_void, place: Str, problem: Str, hint: Str) {
    // SAFETY: as for `input`.
    let (context, told) = unsafe { (&*context.cast::<Context<'_>>(), told(place, problem, hint)) };
    *locked(&context.told) = Some(told);
}
