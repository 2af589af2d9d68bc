//! From values that are handed over to raw ones.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use crate::abi::{self, Device, Element, ManagedTensor, Object, Size, Str, Tensor, Value};
use crate::value::{Numbers, Place, Sent, Stored};

use super::guard::quietly;

/// What a tensor of ours consists of, behind its `context`.
struct Kept {
    shape: Vec<i64>,
    numbers: Numbers,
}

/// Calls `with` with the raw form of `sent`, and returns what it answers.
///
/// Whoever is called owns the tensor and the object from then on; all else lives until `with` returns.
pub fn raw<R>(sent: Sent, with: impl FnOnce(&Value) -> R) -> R {
    match sent {
        Sent::Text(text) => with(&Value::text(Str::new(&text))),
        Sent::Number(number) => with(&Value::float(number)),
        Sent::Object(stored) => {
            let object = Object {
                struct_size: size_of::<Object>() as u32,
                data: Box::into_raw(Box::new(stored)).cast(),
                release: Some(release),
            };
            with(&Value::object(&raw const object))
        }
        Sent::Placed {
            room: Some(room), ..
        } => with(&Value::handed_over(room.into_raw())),
        Sent::Placed {
            shape,
            place,
            room: None,
        } => {
            let mut sides = sides(&shape);
            let tensor = placed(&mut sides, place);
            with(&Value::lent(&raw const tensor))
        }
        Sent::Tensor {
            shape,
            numbers,
            sizes,
        } => {
            let raw_sizes = raw_sizes(&sizes);
            let value = Value {
                sizes: raw_sizes.as_ptr(),
                size_count: raw_sizes.len(),
                ..Value::handed_over(managed(&shape, numbers))
            };
            with(&value)
        }
    }
}

/// The raw form of a value that stays with whoever lends it.
pub struct Lending<'a> {
    value: Value,
    // What the value points at.
    _shape: Vec<i64>,
    _tensor: Option<Box<Tensor>>,
    _sizes: Vec<Size>,
    _object: Option<Box<Object>>,
    _lent: PhantomData<&'a Sent>,
}

impl<'a> Lending<'a> {
    /// Lends `sent`.
    pub fn of(sent: &'a Sent) -> Self {
        let mut lending = Self {
            value: Value::NONE,
            _shape: Vec::new(),
            _tensor: None,
            _sizes: Vec::new(),
            _object: None,
            _lent: PhantomData,
        };
        match sent {
            Sent::Text(text) => lending.value = Value::text(Str::new(text)),
            Sent::Number(number) => lending.value = Value::float(*number),
            Sent::Object(stored) => {
                let object = lending._object.insert(Box::new(Object {
                    struct_size: size_of::<Object>() as u32,
                    data: ptr::from_ref(stored).cast_mut().cast(),
                    release: None,
                }));
                lending.value = Value::object(ptr::from_ref(&**object));
            }
            Sent::Placed { shape, place, .. } => {
                lending._shape = sides(shape);
                let view = placed(&mut lending._shape, *place);
                let tensor = lending._tensor.insert(Box::new(view));
                lending.value = Value::lent(ptr::from_ref(&**tensor));
            }
            Sent::Tensor {
                shape,
                numbers,
                sizes,
            } => {
                lending._shape = sides(shape);
                let view = view(&mut lending._shape, numbers);
                let tensor = lending._tensor.insert(Box::new(view));
                lending._sizes = raw_sizes(sizes);
                lending.value = Value {
                    sizes: lending._sizes.as_ptr(),
                    size_count: lending._sizes.len(),
                    ..Value::lent(ptr::from_ref(&**tensor))
                };
            }
        }
        lending
    }

    /// The value, valid as long as it is lent.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

fn raw_sizes(sizes: &[(String, u64)]) -> Vec<Size> {
    let raw = sizes.iter().map(|(name, count)| Size {
        name: Str::new(name),
        count: *count,
    });
    raw.collect()
}

fn sides(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|side| *side as i64).collect()
}

/// The numbers at `place` as a tensor that points at them and at their shape.
fn placed(shape: &mut Vec<i64>, place: Place) -> Tensor {
    Tensor {
        data: ptr::with_exposed_provenance_mut(place.address),
        device: place.card.map_or(Device::CPU, Device::cuda),
        rank: shape.len() as i32,
        element: Element::F32,
        shape: shape.as_mut_ptr(),
        strides: ptr::null_mut(),
        byte_offset: 0,
    }
}

/// The numbers of `shape` as a tensor that points at both.
fn view(shape: &mut Vec<i64>, numbers: &Numbers) -> Tensor {
    let (element, data) = match numbers {
        Numbers::F32(numbers) => (Element::F32, numbers.as_ptr().cast::<c_void>()),
        Numbers::I32(numbers) => (Element::I32, numbers.as_ptr().cast()),
        Numbers::U8(numbers) => (Element::U8, numbers.as_ptr().cast()),
    };
    Tensor {
        data: data.cast_mut(),
        device: Device::CPU,
        rank: shape.len() as i32,
        element,
        shape: shape.as_mut_ptr(),
        strides: ptr::null_mut(),
        byte_offset: 0,
    }
}

/// A tensor of `numbers` that is handed over, and frees them in the end.
pub fn managed(shape: &[usize], numbers: Numbers) -> *mut ManagedTensor {
    let mut kept = Box::new(Kept {
        shape: sides(shape),
        numbers,
    });
    let tensor = view(&mut kept.shape, &kept.numbers);
    Box::into_raw(Box::new(ManagedTensor {
        dlpack_major: 1,
        dlpack_minor: 0,
        context: Box::into_raw(kept).cast(),
        deleter: Some(delete),
        flags: 0,
        tensor,
    }))
}

/// # Safety
///
/// `tensor` came from [`managed`], and this is the only call for it.
unsafe extern "C" fn delete(tensor: *mut ManagedTensor) {
    quietly(|| {
        // SAFETY: the caller says so, and both boxes were made there.
        unsafe {
            let tensor = Box::from_raw(tensor);
            drop(Box::from_raw(tensor.context.cast::<Kept>()));
        }
    });
}

/// # Safety
///
/// `data` came from [`raw`], and this is the only call for it.
unsafe extern "C" fn release(data: *mut c_void) {
    quietly(|| {
        // SAFETY: the caller says so, and the box was made there.
        unsafe { drop(Box::from_raw(data.cast::<Stored>())) };
    });
}

/// Calls `set_error` of any context.
///
/// # Safety
///
/// `set_error` and `context` stand in one structure of the host.
pub unsafe fn set_error(
    set_error: abi::SetError,
    context: *mut c_void,
    [place, problem, hint]: [&str; 3],
) {
    if let Some(set_error) = set_error {
        // SAFETY: the caller says that they belong together; the texts live until the call returns.
        unsafe { set_error(context, Str::new(place), Str::new(problem), Str::new(hint)) };
    }
}
