//! Which card and which libraries do the work.

use cudarc::driver::result::device;
use cudarc::{cublaslt, driver, nvrtc};

/// The card `index` with its driver's CUDA version, and the versions of NVRTC and cuBLASLt; what is missing is left out.
pub(crate) fn versions(index: usize) -> String {
    let dotted = |version: i32| format!("{}.{}", version / 1000, version % 1000 / 10);
    let mut parts = Vec::new();
    // SAFETY: the driver and both libraries are asked for first, and the calls write to variables of ours alone.
    unsafe {
        if driver::sys::is_culib_present() && driver::result::init().is_ok() {
            let ordinal = i32::try_from(index).unwrap_or(i32::MAX);
            if let Ok(name) = device::get(ordinal).and_then(device::get_name) {
                parts.push(name);
            }
            let mut version = 0;
            if driver::sys::cuDriverGetVersion(&raw mut version)
                .result()
                .is_ok()
            {
                parts.push(format!("CUDA {}", dotted(version)));
            }
        }
        if nvrtc::sys::is_culib_present() {
            let (mut major, mut minor) = (0, 0);
            if nvrtc::sys::nvrtcVersion(&raw mut major, &raw mut minor)
                .result()
                .is_ok()
            {
                parts.push(format!("NVRTC {major}.{minor}"));
            }
        }
        if cublaslt::sys::is_culib_present() {
            let version = cublaslt::sys::cublasLtGetVersion();
            parts.push(format!(
                "cuBLASLt {}.{}.{}",
                version / 10_000,
                version / 100 % 100,
                version % 100
            ));
        }
    }
    parts.join(", ")
}
