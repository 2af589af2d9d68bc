//! What the host offers to the functions of a plugin: the callbacks of the header, and what stands behind each.

// Callbacks of C get raw pointers; each use says why it is sound.
#![allow(unsafe_code)]

pub mod create;
pub mod infer;
mod lent;
pub mod migrate;
mod output;
pub mod run;

use std::sync::{Mutex, MutexGuard, PoisonError};

use smalto_abi::Str;

use crate::fault::Told;

/// No text that a plugin says is longer, in bytes.
const LONGEST: usize = 1 << 26;

/// The text that a plugin gave to a call, or nothing where it is none.
///
/// # Safety
///
/// The bytes of the text can be read until the call returns.
pub unsafe fn said(text: Str) -> String {
    if text.length > LONGEST {
        return String::new();
    }
    // SAFETY: the caller says that the bytes are there.
    let bytes = unsafe { text.bytes() }.unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// What `set_error` was told.
///
/// # Safety
///
/// The bytes of the texts can be read until the call returns.
pub unsafe fn told(place: Str, problem: Str, hint: Str) -> Told {
    // SAFETY: the caller says that the bytes are there.
    unsafe {
        Told {
            place: said(place),
            problem: said(problem),
            hint: said(hint),
        }
    }
}

/// What a mutex guards, even if somebody panicked meanwhile: each change of it is whole by itself.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
