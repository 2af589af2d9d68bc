//! From raw values to lent ones.

use std::slice;

use crate::abi::{self, Device, Element, value_type};
use crate::value::{Lent, LentNumbers, Place, Stored};

use super::room::card_of;

/// The text that `raw` is.
///
/// # Safety
///
/// `raw` is as the header has it for the whole of `'a`.
pub unsafe fn text<'a>(raw: abi::Str) -> Result<&'a str, String> {
    // SAFETY: the caller says so.
    let bytes = unsafe { raw.bytes() }.ok_or("a text without bytes")?;
    std::str::from_utf8(bytes).map_err(|_| "a text that is not UTF-8".into())
}

/// The value that `raw` is.
///
/// Errors: it is not as the header has it.
///
/// # Safety
///
/// `raw` points at a value as the header has it for the whole of `'a`, and an object is one of this plugin's own.
pub unsafe fn lent<'a>(raw: *const abi::Value) -> Result<Lent<'a>, String> {
    // SAFETY: the caller says that the value is as the header has it.
    let value = unsafe { abi::read(raw) }.map_err(|error| format!("a broken value: {error:?}"))?;
    match value.r#type {
        // SAFETY: as above.
        value_type::TEXT => Ok(Lent::Text(unsafe { text(value.text) }?)),
        value_type::FLOAT => Ok(Lent::Number(value.number)),
        // SAFETY: as above.
        value_type::TENSOR => unsafe { tensor(&value) },
        value_type::OBJECT => {
            // SAFETY: as above.
            let object = unsafe { abi::read(value.object) };
            let object = object.map_err(|error| format!("a broken object: {error:?}"))?;
            // SAFETY: the caller says that the object is one of this plugin's own, so `data` is a `Stored`.
            let stored = unsafe { object.data.cast::<Stored>().as_ref() };
            Ok(Lent::Object(stored.ok_or("an object of nothing")?))
        }
        other => Err(format!("a value of the unknown type {other}")),
    }
}

/// # Safety
///
/// As for [`lent`].
unsafe fn tensor<'a>(value: &abi::Value) -> Result<Lent<'a>, String> {
    let raw = if value.tensor.is_null() {
        // SAFETY: a managed tensor that is not null can be looked at.
        unsafe { value.managed.as_ref() }.map(|managed| &managed.tensor)
    } else {
        // SAFETY: as the header has it, a tensor that is not null can be read.
        unsafe { value.tensor.as_ref() }
    };
    let raw = raw.ok_or("no tensor")?;
    let card = card_of(raw.device);
    if (raw.device != Device::CPU && card.is_none()) || !raw.strides.is_null() {
        return Err("a tensor that is not contiguous, or lies elsewhere".into());
    }
    let rank = usize::try_from(raw.rank).map_err(|_| "a tensor of no rank")?;
    let sides: &[i64] = if rank == 0 {
        &[]
    } else if raw.shape.is_null() {
        return Err("a tensor without a shape".into());
    } else {
        // SAFETY: the header says that there are `rank` sizes.
        unsafe { slice::from_raw_parts(raw.shape, rank) }
    };
    let shape: Result<Vec<usize>, _> = sides.iter().map(|side| usize::try_from(*side)).collect();
    let shape = shape.map_err(|_| format!("a tensor of the shape {sides:?}"))?;
    let count = shape
        .iter()
        .try_fold(1_usize, |all, side| all.checked_mul(*side))
        .ok_or("a tensor that no memory holds")?;
    let first = raw.data.cast::<u8>().wrapping_add(raw.byte_offset as usize);
    if card.is_some() {
        return match raw.element {
            Element::F32 => Ok(Lent::Placed {
                shape,
                place: Place {
                    address: first.expose_provenance(),
                    card,
                },
            }),
            other => Err(format!("a tensor of {other:?} on a card")),
        };
    }
    // SAFETY: the header says that the numbers are there, contiguous, and those of the element.
    let numbers = unsafe {
        match raw.element {
            Element::F32 => LentNumbers::F32(numbers(first.cast(), count)?),
            Element::I32 => LentNumbers::I32(numbers(first.cast(), count)?),
            Element::U8 => LentNumbers::U8(numbers(first, count)?),
            other => return Err(format!("a tensor of {other:?}")),
        }
    };
    Ok(Lent::Tensor {
        shape,
        numbers,
        // SAFETY: as for the value itself.
        sizes: unsafe { sizes(value) }?,
    })
}

/// # Safety
///
/// Where `first` is not null, `count` numbers can be read there for the whole of `'a`.
unsafe fn numbers<'a, T>(first: *const T, count: usize) -> Result<&'a [T], String> {
    if count == 0 {
        return Ok(&[]);
    }
    if first.is_null() || !first.is_aligned() || count.checked_mul(size_of::<T>()).is_none() {
        return Err("a tensor without numbers".into());
    }
    // SAFETY: the caller says that they are there, and the pointer is aligned.
    Ok(unsafe { slice::from_raw_parts(first, count) })
}

/// # Safety
///
/// As for [`lent`].
unsafe fn sizes(value: &abi::Value) -> Result<Vec<(String, u64)>, String> {
    if value.size_count == 0 || value.sizes.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the header says that there are as many sizes.
    let sizes = unsafe { slice::from_raw_parts(value.sizes, value.size_count) };
    sizes
        .iter()
        // SAFETY: and that their names are texts.
        .map(|size| Ok((unsafe { text(size.name) }?.to_owned(), size.count)))
        .collect()
}
