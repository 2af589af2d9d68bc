//! Values in the form in which they pass between host and worker.

use std::sync::Arc;

use graph::exchange::{Array, Element};
use memmap2::Mmap;

use super::protocol::{Bytes, Packed};
use super::shared::Views;
use crate::fault::Fault;

/// What is no longer than this goes with the message itself.
pub const INLINE: usize = 1 << 14;

/// An array whose bytes are at `bytes`.
pub fn array(array: &Array, bytes: Bytes) -> Packed {
    Packed::Array {
        element: array.element(),
        shape: array.shape().to_vec(),
        sizes: array.sizes().clone(),
        bytes,
    }
}

/// Puts the bytes of an array into the blob of a message.
pub fn inline(bytes: &[u8], blob: &mut Vec<u8>) -> Bytes {
    let start = blob.len();
    blob.extend_from_slice(bytes);
    Bytes::Inline {
        start,
        length: bytes.len(),
    }
}

/// The beginning of memory of the other side; `on_drop` is called when nobody reads it any more.
pub struct View {
    map: Arc<Mmap>,
    length: usize,
    on_drop: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl AsRef<[u8]> for View {
    fn as_ref(&self) -> &[u8] {
        &self.map[..self.length]
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Some(done) = self.on_drop.take() {
            done();
        }
    }
}

/// The array that a message tells of; `done` makes what is called when memory of that number is not needed any more.
///
/// Errors: the message is wrong.
pub fn unpack(
    (element, shape, bytes): (Element, Vec<usize>, Bytes),
    sizes: impl IntoIterator<Item = (String, u64)>,
    blob: &[u8],
    views: &Views,
    done: impl FnOnce(u64) -> Option<Box<dyn FnOnce() + Send + Sync>>,
) -> Result<Array, Fault> {
    let wrong = |what: &str| {
        Fault::mistake(format!(
            "a message of the plugin's process is wrong: {what}"
        ))
    };
    let array = match bytes {
        Bytes::Inline { start, length } => {
            let end = start.checked_add(length);
            let part = end.and_then(|end| blob.get(start..end));
            let part = part.ok_or_else(|| wrong("it is cut short"))?;
            Array::new(element, shape, part.to_vec())
        }
        Bytes::Segment { id, length } => {
            let map = views
                .get(id)
                .ok_or_else(|| wrong("its memory is unknown"))?;
            if length > map.len() {
                return Err(wrong("its memory is too small"));
            }
            let view = View {
                map,
                length,
                on_drop: done(id),
            };
            Array::new(element, shape, view)
        }
    };
    let array = array.map_err(|error| wrong(&error.to_string()))?;
    let sizes = sizes.into_iter();
    Ok(sizes.fold(array, |array, (name, count)| array.with(name, count)))
}
