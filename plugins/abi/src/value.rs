//! Tensors and values.

use std::ffi::c_void;
use std::ptr;

use crate::Str;

/// Where the bytes of a tensor lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Device {
    /// The sort of device, numbered as in DLPack.
    pub r#type: i32,
    /// Which of several.
    pub index: i32,
}

impl Device {
    /// The memory of the processor.
    pub const CPU: Self = Self {
        r#type: 1,
        index: 0,
    };

    /// The memory of the NVIDIA card of that number.
    pub const fn cuda(index: i32) -> Self {
        Self { r#type: 2, index }
    }
}

/// What one number of a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Element {
    /// The sort of number, as in DLPack: whole, whole and at least 0, floating.
    pub code: u8,
    /// Bits of one number.
    pub bits: u8,
    /// Always 1.
    pub lanes: u16,
}

impl Element {
    /// Whole numbers of 32 bits.
    pub const I32: Self = Self::new(0, 32);
    /// Bytes.
    pub const U8: Self = Self::new(1, 8);
    /// Floating-point numbers of 32 bits.
    pub const F32: Self = Self::new(2, 32);

    const fn new(code: u8, bits: u8) -> Self {
        Self {
            code,
            bits,
            lanes: 1,
        }
    }
}

/// A tensor that belongs to somebody else: DLPack's `DLTensor`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Tensor {
    /// The first byte of the allocation.
    pub data: *mut c_void,
    /// Where `data` lies.
    pub device: Device,
    /// How many dimensions there are.
    pub rank: i32,
    /// What one number is.
    pub element: Element,
    /// `rank` sizes.
    pub shape: *mut i64,
    /// How many numbers lie between neighbours of each dimension; null where the tensor is contiguous.
    pub strides: *mut i64,
    /// How many bytes behind `data` the first number lies.
    pub byte_offset: u64,
}

/// A tensor that changes hands: DLPack's `DLManagedTensorVersioned`.
#[derive(Debug)]
#[repr(C)]
pub struct ManagedTensor {
    /// The major version of DLPack.
    pub dlpack_major: u32,
    /// The minor version of DLPack.
    pub dlpack_minor: u32,
    /// Whatever `deleter` needs.
    pub context: *mut c_void,
    /// Frees the tensor, its numbers and this structure.
    pub deleter: Option<unsafe extern "C" fn(tensor: *mut ManagedTensor)>,
    /// [`TENSOR_READ_ONLY`] and [`TENSOR_COPIED`].
    pub flags: u64,
    /// The tensor itself.
    pub tensor: Tensor,
}

/// The numbers must not be written.
pub const TENSOR_READ_ONLY: u64 = 1;
/// Nobody else sees the numbers.
pub const TENSOR_COPIED: u64 = 2;

/// A size that belongs to a value, like the `codebook` of tokens.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Size {
    /// What is counted.
    pub name: Str,
    /// How many there are.
    pub count: u64,
}

/// Something of the plugin's own that travels on a wire, like a policy.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Object {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// What the plugin knows it by.
    pub data: *mut c_void,
    /// Frees `data`.
    pub release: Option<unsafe extern "C" fn(data: *mut c_void)>,
}

/// What a [`Value`] holds.
pub mod value_type {
    /// Nothing.
    pub const NONE: u32 = 0;
    /// [`Value::integer`](super::Value::integer), 0 or 1.
    pub const BOOL: u32 = 1;
    /// [`Value::integer`](super::Value::integer).
    pub const INT: u32 = 2;
    /// [`Value::number`](super::Value::number).
    pub const FLOAT: u32 = 3;
    /// [`Value::text`](super::Value::text).
    pub const TEXT: u32 = 4;
    /// [`Value::tensor`](super::Value::tensor) or [`Value::managed`](super::Value::managed).
    pub const TENSOR: u32 = 5;
    /// [`Value::object`](super::Value::object).
    pub const OBJECT: u32 = 6;
}

/// A value of a parameter or on a wire.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Value {
    /// The size of this structure, as its maker knows it.
    pub struct_size: u32,
    /// One of [`value_type`], which says which of the fields below counts.
    pub r#type: u32,
    /// A whole number, or a truth.
    pub integer: i64,
    /// Any number.
    pub number: f64,
    /// A text.
    pub text: Str,
    /// A tensor that is lent and must not be written.
    pub tensor: *const Tensor,
    /// A tensor that is handed over.
    pub managed: *mut ManagedTensor,
    /// An object.
    pub object: *const Object,
    /// Sizes that the kind of the value asks for.
    pub sizes: *const Size,
    /// How many sizes there are.
    pub size_count: usize,
}

// SAFETY: a value is only read; whoever makes one says how long it and what it points at live.
unsafe impl Send for Value {}
// SAFETY: as above.
unsafe impl Sync for Value {}

impl Value {
    /// Nothing.
    pub const NONE: Self = Self {
        struct_size: size_of::<Self>() as u32,
        r#type: value_type::NONE,
        integer: 0,
        number: 0.0,
        text: Str::EMPTY,
        tensor: ptr::null(),
        managed: ptr::null_mut(),
        object: ptr::null(),
        sizes: ptr::null(),
        size_count: 0,
    };

    /// Yes or no.
    pub const fn bool(value: bool) -> Self {
        Self {
            r#type: value_type::BOOL,
            integer: value as i64,
            ..Self::NONE
        }
    }

    /// A whole number.
    pub const fn int(value: i64) -> Self {
        Self {
            r#type: value_type::INT,
            integer: value,
            ..Self::NONE
        }
    }

    /// Any number.
    pub const fn float(value: f64) -> Self {
        Self {
            r#type: value_type::FLOAT,
            number: value,
            ..Self::NONE
        }
    }

    /// A text, valid as long as `text` is.
    pub const fn text(text: Str) -> Self {
        Self {
            r#type: value_type::TEXT,
            text,
            ..Self::NONE
        }
    }

    /// A tensor that is lent, valid as long as it is.
    pub const fn lent(tensor: *const Tensor) -> Self {
        Self {
            r#type: value_type::TENSOR,
            tensor,
            ..Self::NONE
        }
    }

    /// A tensor that is handed over.
    pub const fn handed_over(managed: *mut ManagedTensor) -> Self {
        Self {
            r#type: value_type::TENSOR,
            managed,
            ..Self::NONE
        }
    }

    /// An object; the structure that it points at must be valid as long as the value is.
    pub const fn object(object: *const Object) -> Self {
        Self {
            r#type: value_type::OBJECT,
            object,
            ..Self::NONE
        }
    }
}
