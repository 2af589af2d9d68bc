//! Structures that grow from one minor version to the next.

use std::mem::{MaybeUninit, offset_of};
use std::ptr;

use crate::{
    Choice, Create, Host, Infer, Migrate, Migration, Node, Object, Param, Plugin, Policy,
    PolicyRequest, Port, Preview, Run, STRUCT_SIZE_MAX, Value,
};

/// A structure that begins with its `struct_size` and may be larger in later minor versions.
///
/// # Safety
///
/// The type is `repr(C)`, its first field is `struct_size: u32`, and zeros are a value of it.
pub unsafe trait Growing: Copy {
    /// What it is called in the header.
    const NAME: &'static str;
    /// How large it was in version 1.0.
    const LEAST: u32;
}

macro_rules! growing {
    ($($type:ident $name:literal $last:ident: $field:ty;)*) => {$(
        // SAFETY: the type is declared as C would, begins with `struct_size`, and consists of numbers,
        // pointers and optional functions, all of which may be zero.
        unsafe impl Growing for $type {
            const NAME: &'static str = $name;
            const LEAST: u32 = (offset_of!($type, $last) + size_of::<$field>()) as u32;
        }
    )*};
}

/// A pointer to a function or to data: they have one size.
type Pointer = *const u8;

// The last field that version 1.0 has, for ever.
growing! {
    Choice "smalto_choice" doc: crate::Str;
    Create "smalto_create" set_error: Pointer;
    Host "smalto_host" get_extension: Pointer;
    Infer "smalto_infer" set_error: Pointer;
    Migrate "smalto_migrate" migrate: Pointer;
    Migration "smalto_migration" set: Pointer;
    Node "smalto_node" destroy: Pointer;
    Object "smalto_object" release: Pointer;
    Param "smalto_param" choices: Pointer;
    Plugin "smalto_plugin" get_extension: Pointer;
    Policy "smalto_policy" choose: Pointer;
    PolicyRequest "smalto_policy_request" set_error: Pointer;
    Port "smalto_port" doc: crate::Str;
    Preview "smalto_preview" describe: Pointer;
    Run "smalto_run" set_error: Pointer;
    Value "smalto_value" size_count: usize;
}

/// Why a structure of the other side cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeError {
    /// The pointer is null.
    Null,
    /// `struct_size` is below that of version 1.0, or beyond [`STRUCT_SIZE_MAX`].
    Size(u32),
}

/// Copies a structure as far as its maker knew it; what lies behind that is zero.
///
/// Errors: the pointer is null, or the size cannot be.
///
/// # Safety
///
/// Where `pointer` is not null it is aligned, and as many bytes can be read there as its `struct_size` says,
/// should that be a size that is allowed.
pub unsafe fn read<T: Growing>(pointer: *const T) -> Result<T, SizeError> {
    if pointer.is_null() {
        return Err(SizeError::Null);
    }
    // SAFETY: every growing structure begins with its size.
    let size = unsafe { pointer.cast::<u32>().read() };
    if !(T::LEAST..=STRUCT_SIZE_MAX).contains(&size) {
        return Err(SizeError::Size(size));
    }
    let mut copy = MaybeUninit::<T>::zeroed();
    let known = size_of::<T>().min(size as usize);
    // SAFETY: that many bytes are there on both sides, the copy being as large as a `T`;
    // a `T` may be zero where nothing was copied.
    unsafe {
        ptr::copy_nonoverlapping(pointer.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), known);
        Ok(copy.assume_init())
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::{Growing, SizeError, read};
    use crate::{Policy, STRUCT_SIZE_MAX, Value};

    #[test]
    fn a_structure_is_read_as_far_as_its_maker_knew_it() {
        #[repr(C)]
        struct Later {
            now: Value,
            then: [u64; 4],
        }
        let later = Later {
            now: Value {
                struct_size: size_of::<Later>() as u32,
                ..Value::int(7)
            },
            then: [9; 4],
        };
        // SAFETY: the structure is as large as it says.
        let read = unsafe { read(ptr::from_ref(&later).cast::<Value>()) };
        assert_eq!(read.map(|value| value.integer), Ok(7));
        assert_eq!(later.then, [9; 4]);
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        for size in [0, Policy::LEAST - 1, STRUCT_SIZE_MAX + 1, u32::MAX] {
            let policy = Policy {
                struct_size: size,
                choose: None,
            };
            // SAFETY: the pointer is aligned, and no more than the size is read where that cannot be.
            let found = unsafe { read(&raw const policy) };
            assert_eq!(found.err(), Some(SizeError::Size(size)));
        }
        // SAFETY: null is allowed.
        let found = unsafe { read(ptr::null::<Policy>()) };
        assert_eq!(found.err(), Some(SizeError::Null));
    }
}
