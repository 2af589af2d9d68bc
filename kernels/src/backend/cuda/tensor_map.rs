//! Descriptions of matrices for Hopper's tensor memory accelerator.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use cudarc::driver::sys::{
    self, CUtensorMap, CUtensorMapDataType, CUtensorMapFloatOOBfill, CUtensorMapInterleave,
    CUtensorMapL2promotion, CUtensorMapSwizzle,
};

/// Numbers of a row of a tile: 128 bytes of bf16, which the swizzle of 128 bytes is made for.
pub(super) const DEPTH: u32 = 64;

/// Bytes that every address and every distance between rows is a multiple of.
const ALIGNMENT: u64 = 16;

/// A matrix of bf16 numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix {
    /// Where it begins.
    pub address: u64,
    pub rows: usize,
    pub width: usize,
    /// Numbers from row to row.
    pub pitch: usize,
}

impl Matrix {
    /// Whether the accelerator can read it at all.
    pub(super) fn fits(&self) -> bool {
        let pitch = (self.pitch * 2) as u64;
        self.address.is_multiple_of(ALIGNMENT)
            && pitch.is_multiple_of(ALIGNMENT)
            && pitch < 1 << 40
            && self.rows.max(self.width) <= u32::MAX as usize
    }

    /// Its description, for tiles of `rows` rows, 256 at most, and [`DEPTH`] columns; what lies beyond it reads as zero.
    ///
    /// Errors: the matrix does not [fit](Self::fits), or the driver is too old.
    pub(super) fn map(&self, rows: u32) -> Result<CUtensorMap, String> {
        let sizes = [self.width as u64, self.rows as u64];
        let strides = [(self.pitch * 2) as u64];
        let tile = [DEPTH, rows];
        let steps = [1_u32; 2];
        let mut map = MaybeUninit::<CUtensorMap>::uninit();
        // SAFETY: the four lists are as long as two dimensions ask, and `map` has room for a description.
        unsafe {
            sys::cuTensorMapEncodeTiled(
                map.as_mut_ptr(),
                CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
                2,
                self.address as *mut c_void,
                sizes.as_ptr(),
                strides.as_ptr(),
                tile.as_ptr(),
                steps.as_ptr(),
                CUtensorMapInterleave::CU_TENSOR_MAP_INTERLEAVE_NONE,
                CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_128B,
                CUtensorMapL2promotion::CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
                CUtensorMapFloatOOBfill::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
            )
        }
        .result()
        .map_err(|error| format!("cannot describe {self:?} to the card: {error:?}"))?;
        // SAFETY: the driver has written it, as it said.
        Ok(unsafe { map.assume_init() })
    }
}
