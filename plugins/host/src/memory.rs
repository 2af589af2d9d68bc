//! Memory of the processor that a plugin may write, aligned as tensors want it.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::any::Any;
use std::ptr::NonNull;

/// What tensors are aligned to, in bytes.
const ALIGNMENT: usize = 64;

/// Bytes that one side fills and the other then reads; freed with their owner.
pub struct Block {
    pointer: NonNull<u8>,
    length: usize,
    _owner: Box<dyn Any + Send + Sync>,
}

// SAFETY: the bytes belong to the block alone, and its owner may be sent.
unsafe impl Send for Block {}
// SAFETY: behind a shared reference the bytes are only read.
unsafe impl Sync for Block {}

impl Block {
    /// The first `length` bytes of what `owner` owns.
    ///
    /// # Safety
    ///
    /// `length` bytes can be read and written at `pointer` as long as `owner` lives, and nobody else writes them.
    pub unsafe fn new(pointer: NonNull<u8>, length: usize, owner: impl Any + Send + Sync) -> Self {
        Self {
            pointer,
            length,
            _owner: Box::new(owner),
        }
    }

    /// `length` zeros of the program's own memory, or `None` where there are not so many.
    pub fn zeros(length: usize) -> Option<Self> {
        let heap = Heap::zeros(length, ALIGNMENT)?;
        let pointer = heap.pointer;
        // SAFETY: the memory is as long, and belongs to the block from here on.
        Some(unsafe { Self::new(pointer, length, heap) })
    }

    /// Where the bytes are.
    pub fn pointer(&self) -> *mut u8 {
        self.pointer.as_ptr()
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: that many bytes are there as long as the block is; whoever fills them has done so before it is shared.
        unsafe { std::slice::from_raw_parts(self.pointer.as_ptr(), self.length) }
    }
}

/// Memory of the program's own.
pub struct Heap {
    pointer: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory belongs to this alone.
unsafe impl Send for Heap {}
// SAFETY: nothing is written through a shared reference.
unsafe impl Sync for Heap {}

impl Heap {
    /// `length` zeros, or `None` where there are not so many or the alignment is none.
    pub fn zeros(length: usize, alignment: usize) -> Option<Self> {
        let layout = Layout::from_size_align(length.max(1), alignment).ok()?;
        // SAFETY: the layout has at least one byte.
        let pointer = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        Some(Self { pointer, layout })
    }

    /// Where the bytes are.
    pub fn pointer(&self) -> *mut u8 {
        self.pointer.as_ptr()
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this very layout.
        unsafe { dealloc(self.pointer.as_ptr(), self.layout) };
    }
}
