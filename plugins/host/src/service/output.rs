//! Taking over what a plugin lays at its outputs.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::{ptr, slice};

use graph::exchange::{Array, CardArray, Element};
use smalto_abi::{self as abi, Status, Str, value_type};

use super::infer::shape_of;
use super::lent::{element, known};
use super::run::{Context, context, device};
use super::{locked, said};
use crate::fault::Fault;
use crate::instance::{Datum, Here, Object};
use crate::memory::Block;

/// No value has more sizes.
const MOST_SIZES: usize = 64;

/// Room for a tensor.
pub enum Room {
    /// In the memory of the processor.
    Host(Block),
    /// In the memory of a card.
    Card(CardArray),
}

/// A tensor that the host made for an output.
pub struct Allocation {
    managed: abi::ManagedTensor,
    shape: Vec<i64>,
    element: Element,
    room: Room,
}

// SAFETY: the pointers lead to what the allocation itself owns.
unsafe impl Send for Allocation {}

impl Allocation {
    /// A tensor of this shape in `room` on `device`, which is as large.
    pub fn new(kind: Element, shape: Vec<usize>, room: Room, device: abi::Device) -> Box<Self> {
        let data = match &room {
            Room::Host(block) => block.pointer().cast(),
            Room::Card(array) => ptr::without_provenance_mut(array.memory().address() as usize),
        };
        let mut allocation = Box::new(Self {
            managed: abi::ManagedTensor {
                dlpack_major: 1,
                dlpack_minor: 1,
                context: ptr::null_mut(),
                deleter: Some(keep),
                flags: 0,
                tensor: abi::Tensor {
                    data,
                    device,
                    rank: shape.len() as i32,
                    element: element(kind),
                    shape: ptr::null_mut(),
                    strides: ptr::null_mut(),
                    byte_offset: 0,
                },
            },
            shape: shape.iter().map(|side| *side as i64).collect(),
            element: kind,
            room,
        });
        allocation.managed.tensor.shape = allocation.shape.as_mut_ptr();
        allocation
    }

    /// What the plugin knows it by.
    pub fn managed(&mut self) -> *mut abi::ManagedTensor {
        &raw mut self.managed
    }

    /// The numbers, in the shape that was asked for, whatever the plugin wrote over the description of it.
    fn datum(self) -> Result<Datum, String> {
        let shape = self.shape.iter().map(|side| *side as usize).collect();
        match self.room {
            Room::Host(block) => Array::new(self.element, shape, block)
                .map(Datum::Array)
                .map_err(|error| error.to_string()),
            Room::Card(array) => Ok(Datum::Card(array)),
        }
    }
}

/// The deleter of what the host made: it goes with its run, so that a plugin that calls this frees nothing twice.
unsafe extern "C" fn keep(_: *mut abi::ManagedTensor) {}

pub unsafe extern "C" fn output(
    pointer: *mut c_void,
    key: Str,
    value: *const abi::Value,
) -> Status {
    // SAFETY: the plugin hands back the context that it was given, while `run` runs; texts live through the call.
    let (context, key) = unsafe { (context(pointer), said(key)) };
    // SAFETY: the header has the value live through the call.
    match unsafe { take(context, value, true) } {
        Ok(datum) => lay(context, key, datum),
        Err(problem) => refuse(context, format!("output `{key}`: {problem}")),
    }
}

fn lay(context: &Context<'_>, key: String, datum: Datum) -> Status {
    let Some(port) = context.outputs.iter().find(|port| port.name == key) else {
        return refuse(context, format!("the node has no output `{key}`"));
    };
    if let Some((element, shape)) = context.promises.get(&port.name) {
        let found = match &datum {
            Datum::Array(array) => (array.element(), array.shape()) == (*element, shape.as_slice()),
            Datum::Card(array) => (array.element(), array.shape()) == (*element, shape.as_slice()),
            Datum::Text(_) | Datum::Number(_) | Datum::Object(_) => false,
        };
        if !found {
            return refuse(
                context,
                format!(
                    "output `{key}`: `infer` promised {element} {shape:?}, but `run` laid {datum:?}"
                ),
            );
        }
    }
    let earlier = locked(&context.state).laid.insert(key.clone(), datum);
    match earlier {
        None => Status::OK,
        Some(_) => refuse(
            context,
            format!("something was laid twice at output `{key}`"),
        ),
    }
}

fn refuse(context: &Context<'_>, problem: String) -> Status {
    let mistake = &mut locked(&context.state).mistake;
    let _ = mistake.get_or_insert_with(|| Fault::mistake(problem));
    Status::INVALID_INPUT
}

pub unsafe extern "C" fn preview(
    pointer: *mut c_void,
    kind: Str,
    value: *const abi::Value,
) -> Status {
    // SAFETY: as for `output`.
    let (context, kind, taken) = unsafe {
        (
            context(pointer),
            said(kind),
            take(context(pointer), value, false),
        )
    };
    match taken {
        Ok(datum) => {
            context.watch.preview(&kind, datum);
            Status::OK
        }
        Err(_) => Status::INVALID_INPUT,
    }
}

/// Takes a value over, with what it hands over; `owned` where tensors and objects are handed over, not lent.
///
/// # Safety
///
/// What the value points at can be read until the call returns.
unsafe fn take(
    context: &Context<'_>,
    value: *const abi::Value,
    owned: bool,
) -> Result<Datum, String> {
    // SAFETY: the caller says that the value can be read.
    let value = unsafe { abi::read(value) }
        .map_err(|error| format!("the smalto_value cannot be read: {error:?}"))?;
    // Whatever else is wrong, what was handed over is the host's from here on.
    // SAFETY: as above.
    let tensor = unsafe { take_tensor(context, &value, owned) };
    // SAFETY: as above.
    let object = unsafe { take_object(&value, owned) };
    match value.r#type {
        value_type::TEXT => {
            // SAFETY: as above.
            let bytes = unsafe { value.text.bytes() }.ok_or("the text is null")?;
            let text = std::str::from_utf8(bytes).map_err(|_| "the text is no UTF-8")?;
            Ok(Datum::Text(text.into()))
        }
        value_type::FLOAT if value.number.is_finite() => Ok(Datum::Number(value.number)),
        value_type::FLOAT => Err(format!("the number is {}", value.number)),
        value_type::TENSOR => {
            let tensor = tensor?;
            // SAFETY: as above.
            let sizes = unsafe { sizes(&value) }?;
            Ok(with_sizes(tensor, sizes))
        }
        value_type::OBJECT => object.map(|here| Datum::Object(Object::Here(here.into()))),
        other => Err(format!(
            "the value has the type {other}; expected a number, a text, a tensor or an object: 3 to 6"
        )),
    }
}

fn with_sizes(tensor: Datum, sizes: BTreeMap<String, u64>) -> Datum {
    let sizes = sizes.into_iter();
    match tensor {
        Datum::Array(array) => {
            Datum::Array(sizes.fold(array, |array, (name, count)| array.with(name, count)))
        }
        Datum::Card(array) => {
            Datum::Card(sizes.fold(array, |array, (name, count)| array.with(name, count)))
        }
        other @ (Datum::Text(_) | Datum::Number(_) | Datum::Object(_)) => other,
    }
}

/// The sizes that belong to a value.
///
/// # Safety
///
/// They can be read.
unsafe fn sizes(value: &abi::Value) -> Result<BTreeMap<String, u64>, String> {
    if value.size_count == 0 {
        return Ok(BTreeMap::new());
    }
    if value.size_count > MOST_SIZES || value.sizes.is_null() || !value.sizes.is_aligned() {
        return Err(format!(
            "the {} sizes of the value cannot be read",
            value.size_count
        ));
    }
    // SAFETY: the caller says that they are there, and the count is small.
    let sizes = unsafe { slice::from_raw_parts(value.sizes, value.size_count) };
    // SAFETY: as above.
    Ok(sizes
        .iter()
        .map(|size| (unsafe { said(size.name) }, size.count))
        .collect())
}

unsafe fn take_object(value: &abi::Value, owned: bool) -> Result<Here, String> {
    if !owned || value.object.is_null() {
        return Err("the object is null".into());
    }
    // SAFETY: the caller says that the object can be read.
    unsafe { abi::read(value.object) }
        .map(|object| Here::new(&object))
        .map_err(|error| format!("the smalto_object cannot be read: {error:?}"))
}

/// The tensor of a value, and the end of what was handed over with it.
///
/// # Safety
///
/// The tensor and its numbers can be read.
unsafe fn take_tensor(
    context: &Context<'_>,
    value: &abi::Value,
    owned: bool,
) -> Result<Datum, String> {
    if value.managed.is_null() || !owned {
        if value.tensor.is_null() {
            return Err("the tensor is null".into());
        }
        // SAFETY: the caller says that it can be read.
        return unsafe { copy(context, &*value.tensor) };
    }
    let own = locked(&context.state)
        .allocated
        .remove(&(value.managed as usize));
    if let Some(allocation) = own {
        return allocation.datum();
    }
    // SAFETY: the plugin hands the tensor over, and the first field of every version of DLPack's structure is this one.
    let (major, deleter) = unsafe { ((*value.managed).dlpack_major, (*value.managed).deleter) };
    let taken = if major == 1 {
        // SAFETY: the version is known, and the caller says that the numbers can be read.
        unsafe { copy(context, &(*value.managed).tensor) }
    } else {
        Err(format!(
            "the tensor is of DLPack {major}, and 1 was expected"
        ))
    };
    if let Some(deleter) = deleter {
        // SAFETY: the tensor was handed over, and nothing uses it any more.
        unsafe { deleter(value.managed) };
    }
    taken
}

/// A copy of the numbers of a plugin's own tensor.
///
/// # Safety
///
/// The shape and the numbers can be read.
unsafe fn copy(context: &Context<'_>, tensor: &abi::Tensor) -> Result<Datum, String> {
    check_device(tensor.device, device(context.watch))?;
    let Some(element) = known(tensor.element) else {
        return Err(format!(
            "the numbers are {:?}; expected f32, i32 or u8",
            tensor.element
        ));
    };
    // SAFETY: the caller says that the shape can be read.
    let shape = unsafe { shape_of(tensor.rank, tensor.shape) }
        .ok_or_else(|| format!("its {} dimensions are no shape", tensor.rank))?;
    let bytes = shape
        .iter()
        .copied()
        .try_fold(element.size(), usize::checked_mul);
    let bytes = bytes.ok_or_else(|| format!("the shape {shape:?} holds too many numbers"))?;
    // SAFETY: as for the shape.
    if !tensor.strides.is_null() && !unsafe { is_contiguous(tensor, &shape) } {
        return Err("the numbers are not contiguous".into());
    }
    if bytes > 0 && tensor.data.is_null() {
        return Err("its data is null".into());
    }
    if let Some(card) = context.watch.card() {
        let from = (tensor.data.addr() as u64).saturating_add(tensor.byte_offset);
        let copied = card.copy(element, &shape, from);
        return copied.map(Datum::Card).map_err(|error| error.to_string());
    }
    let room = context
        .watch
        .room(bytes)
        .ok_or("there is no memory for its copy")?;
    if bytes > 0 {
        // SAFETY: the caller says that the numbers are there; the room is as large and nobody else's.
        unsafe {
            let from = tensor.data.cast::<u8>().add(tensor.byte_offset as usize);
            ptr::copy_nonoverlapping(from, room.pointer(), bytes);
        }
    }
    Array::new(element, shape, room)
        .map(Datum::Array)
        .map_err(|error| error.to_string())
}

/// Errors: a tensor lies elsewhere than the tensors of the run.
fn check_device(found: abi::Device, expected: abi::Device) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let place = if expected == abi::Device::CPU {
        "the processor"
    } else {
        "the card that the run computes on"
    };
    Err(format!(
        "the tensor lies on the device {}, number {} (DLPack), and {}, number {} was expected: {place}",
        found.r#type, found.index, expected.r#type, expected.index
    ))
}

/// Whether the strides of a tensor say that its numbers lie side by side.
///
/// # Safety
///
/// There are as many strides as sides.
unsafe fn is_contiguous(tensor: &abi::Tensor, shape: &[usize]) -> bool {
    let mut expected = 1;
    for (index, side) in shape.iter().enumerate().rev() {
        // SAFETY: the caller says that they are there.
        let stride = unsafe { tensor.strides.add(index).read_unaligned() };
        if *side != 1 && stride != expected {
            return false;
        }
        expected = expected.saturating_mul(*side as i64);
    }
    true
}
