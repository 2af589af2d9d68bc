//! A value that is lent to a plugin, in the form of the header.

use std::ffi::c_void;
use std::ptr;

use graph::exchange::{Element, Numbers};
use graph::param::ParamValue;
use smalto_abi as abi;

use crate::fault::Fault;
use crate::instance::{Datum, Object};

/// A value and everything that its pointers lead to; it must stay where it is while it is lent.
pub struct Lent {
    pub value: abi::Value,
    _parts: Box<Parts>,
}

#[derive(Default)]
struct Parts {
    text: String,
    tensor: Option<abi::Tensor>,
    shape: Vec<i64>,
    names: Vec<String>,
    sizes: Vec<abi::Size>,
    object: Option<abi::Object>,
    /// Keeps the numbers of the tensor.
    _datum: Option<Datum>,
}

// SAFETY: what the pointers lead to is only read, and belongs to the value itself.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Lent {
    /// Lends the value of a parameter.
    pub fn param(value: &ParamValue) -> Self {
        match value {
            ParamValue::Bool(truth) => Self::plain(abi::Value::bool(*truth)),
            ParamValue::Int(number) => Self::plain(abi::Value::int(*number)),
            ParamValue::Float(number) => Self::plain(abi::Value::float(*number)),
            ParamValue::Text(text) => Self::text(text.clone()),
        }
    }

    /// Lends a value on a wire to a run on `device`; tensors have no `data` unless `with_data`.
    ///
    /// Errors: the value lives in another process, or on a card that the run is not on.
    pub fn datum(datum: &Datum, device: abi::Device, with_data: bool) -> Result<Self, Fault> {
        match datum {
            Datum::Text(text) => Ok(Self::text(text.clone())),
            Datum::Number(number) => Ok(Self::plain(abi::Value::float(*number))),
            Datum::Array(array) => {
                let bytes = Some(array.bytes()).filter(|bytes| with_data && !bytes.is_empty());
                let data = bytes.map_or(ptr::null(), <[u8]>::as_ptr);
                Ok(Self::tensor(
                    array,
                    data.cast_mut().cast(),
                    abi::Device::CPU,
                    datum,
                ))
            }
            Datum::Card(_) if device == abi::Device::CPU => Err(Fault::failed(
                "numbers on a card were given to a run on the processor",
                "this is a mistake of the program, please report it",
            )),
            Datum::Card(array) => {
                let address = Some(array.memory().address()).filter(|_| with_data);
                // An address of the card is none of this program: nothing here may read what is there.
                let data = ptr::without_provenance_mut(address.unwrap_or_default() as usize);
                Ok(Self::tensor(array, data, device, datum))
            }
            Datum::Object(Object::Here(here)) => {
                let mut parts = Box::<Parts>::default();
                let object = parts.object.insert(abi::Object {
                    struct_size: size_of::<abi::Object>() as u32,
                    data: here.data(),
                    // The host counts who needs it; the plugin must not release what it is lent.
                    release: None,
                });
                let value = abi::Value::object(object);
                Ok(Self {
                    value,
                    _parts: parts,
                })
            }
            Datum::Object(Object::There(_)) => Err(Fault::failed(
                "a value of the plugin lives in another process",
                "run the whole workflow again",
            )),
        }
    }

    fn plain(value: abi::Value) -> Self {
        Self {
            value,
            _parts: Box::default(),
        }
    }

    fn text(text: String) -> Self {
        let parts = Box::new(Parts {
            text,
            ..Parts::default()
        });
        let value = abi::Value::text(abi::Str::new(&parts.text));
        Self {
            value,
            _parts: parts,
        }
    }

    fn tensor<M>(
        array: &Numbers<M>,
        data: *mut c_void,
        device: abi::Device,
        datum: &Datum,
    ) -> Self {
        let mut parts = Box::new(Parts {
            shape: array.shape().iter().map(|side| *side as i64).collect(),
            names: array.sizes().keys().cloned().collect(),
            _datum: Some(datum.clone()),
            ..Parts::default()
        });
        let counts = array.sizes().values();
        let sizes = parts.names.iter().zip(counts);
        parts.sizes = sizes
            .map(|(name, count)| abi::Size {
                name: abi::Str::new(name),
                count: *count,
            })
            .collect();
        let shape = parts.shape.as_mut_ptr();
        let tensor = parts.tensor.insert(abi::Tensor {
            data,
            device,
            rank: array.shape().len() as i32,
            element: element(array.element()),
            shape,
            strides: ptr::null_mut(),
            byte_offset: 0,
        });
        let mut value = abi::Value::lent(tensor);
        value.sizes = parts.sizes.as_ptr();
        value.size_count = parts.sizes.len();
        Self {
            value,
            _parts: parts,
        }
    }
}

/// An element as the header numbers it.
pub fn element(element: Element) -> abi::Element {
    match element {
        Element::F32 => abi::Element::F32,
        Element::I32 => abi::Element::I32,
        Element::U8 => abi::Element::U8,
    }
}

/// An element that the header numbers so, where the host knows it.
pub fn known(element: abi::Element) -> Option<Element> {
    match element {
        abi::Element::F32 => Some(Element::F32),
        abi::Element::I32 => Some(Element::I32),
        abi::Element::U8 => Some(Element::U8),
        _ => None,
    }
}
