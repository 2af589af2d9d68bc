//! Descriptions of matrices and other arrays for Hopper's tensor memory accelerator.

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
        let columns = Axis {
            size: self.width,
            stride: 1,
            side: DEPTH,
        };
        let rows = Axis {
            size: self.rows,
            stride: self.pitch,
            side: rows,
        };
        bf16_map(self.address, &[columns, rows])
    }
}

/// One dimension of an array and of the boxes that are copied from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// How many places it has.
    pub size: usize,
    /// Numbers from one place to the next, a multiple of eight; 1 along the innermost dimension.
    pub stride: usize,
    /// Places of a box, 256 at most.
    pub side: u32,
}

/// The description of the bf16 array at `address`, the innermost dimension first, in boxes of which [`DEPTH`] innermost
/// numbers lie side by side; what of a box lies beyond the array reads as zero.
///
/// Errors: the address is no multiple of 16 bytes, an axis is not as it must be, or the driver is too old.
pub(super) fn bf16_map(address: u64, axes: &[Axis]) -> Result<CUtensorMap, String> {
    let sizes: Vec<u64> = axes.iter().map(|axis| axis.size as u64).collect();
    let outer = axes.iter().skip(1);
    let strides: Vec<u64> = outer.map(|axis| 2 * axis.stride as u64).collect();
    let sides: Vec<u32> = axes.iter().map(|axis| axis.side).collect();
    let steps = vec![1_u32; axes.len()];
    let mut map = MaybeUninit::<CUtensorMap>::uninit();
    // SAFETY: the four lists are as long as so many dimensions ask, and `map` has room for a description.
    unsafe {
        sys::cuTensorMapEncodeTiled(
            map.as_mut_ptr(),
            CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
            axes.len() as u32,
            address as *mut c_void,
            sizes.as_ptr(),
            strides.as_ptr(),
            sides.as_ptr(),
            steps.as_ptr(),
            CUtensorMapInterleave::CU_TENSOR_MAP_INTERLEAVE_NONE,
            CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_128B,
            CUtensorMapL2promotion::CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
            CUtensorMapFloatOOBfill::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
        )
    }
    .result()
    .map_err(|error| format!("cannot describe {axes:?} at {address:#x} to the card: {error:?}"))?;
    // SAFETY: the driver has written it, as it said.
    Ok(unsafe { map.assume_init() })
}
