//! Text.

use std::ptr;
use std::slice;

/// A text: UTF-8 with a length.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Str {
    /// The bytes; may be null where there are none.
    pub data: *const u8,
    /// How many bytes there are.
    pub length: usize,
}

// SAFETY: a text is only read, and whoever makes one says how long it lives.
unsafe impl Send for Str {}
// SAFETY: as above.
unsafe impl Sync for Str {}

impl Str {
    /// No text.
    pub const EMPTY: Self = Self {
        data: ptr::null(),
        length: 0,
    };

    /// The text `text`, valid as long as that is.
    pub const fn new(text: &str) -> Self {
        Self {
            data: text.as_ptr(),
            length: text.len(),
        }
    }

    /// The bytes of the text, which may be no UTF-8 where the other side is wrong; `None` where `data` is null
    /// although there should be bytes, or there are more than a text can have.
    ///
    /// # Safety
    ///
    /// Where `data` is not null, `length` bytes can be read there for the whole of `'a`.
    pub const unsafe fn bytes<'a>(self) -> Option<&'a [u8]> {
        if self.length == 0 {
            return Some(&[]);
        }
        if self.data.is_null() || self.length > isize::MAX as usize {
            return None;
        }
        // SAFETY: the caller says that the bytes are there, and the length was checked.
        Some(unsafe { slice::from_raw_parts(self.data, self.length) })
    }
}

impl Default for Str {
    fn default() -> Self {
        Self::EMPTY
    }
}
