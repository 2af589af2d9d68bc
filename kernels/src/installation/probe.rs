//! Asking this machine what of CUDA it has.
#![allow(unsafe_code)]

use std::path::{Path, PathBuf};

use cudarc::driver::sys::CUdevice_attribute;
use cudarc::{cublaslt, driver};

use super::Version;
use super::machine::{Driver, Machine, Nvrtc};
use crate::backend::Compiler;
use crate::backend::architecture::Capability;

/// This machine.
pub(super) fn machine() -> Machine {
    Machine {
        library_path: library_path(),
        driver: find_driver(),
        nvrtc: Compiler::open().ok().map(|compiler| Nvrtc {
            version: compiler.version,
            knows: compiler.knows,
        }),
        cublaslt: find_cublaslt(),
        cuda_path: std::env::var_os("CUDA_PATH").map(PathBuf::from),
        exists: Path::exists,
    }
}

/// Where libraries are looked for first, where that is set.
pub(super) fn library_path() -> Option<String> {
    std::env::var_os("LD_LIBRARY_PATH").map(|path| path.to_string_lossy().into_owned())
}

fn find_driver() -> Option<Driver> {
    // SAFETY: looks for the library, and closes it again.
    if !unsafe { driver::sys::is_culib_present() } {
        return None;
    }
    let mut version = 0;
    // SAFETY: the library is there, and `version` outlives the call.
    let asked = unsafe { driver::sys::cuDriverGetVersion(&raw mut version) }.result();
    let cards = asked
        .and_then(|()| capabilities())
        .map_err(|error| format!("{:?}", error.0));
    Some(Driver {
        version: counted(version.unsigned_abs(), 1000, 10),
        cards,
    })
}

/// The compute capability of each card.
fn capabilities() -> Result<Vec<Capability>, driver::result::DriverError> {
    use CUdevice_attribute::{
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR,
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR,
    };

    driver::result::init()?;
    let count = driver::result::device::get_count()?;
    (0..count)
        .map(|index| {
            let device = driver::result::device::get(index)?;
            // SAFETY: the device was just given to us by the driver.
            let ask =
                |attribute| unsafe { driver::result::device::get_attribute(device, attribute) };
            Ok((10 * ask(MAJOR)? + ask(MINOR)?).unsigned_abs())
        })
        .collect()
}

fn find_cublaslt() -> Option<Version> {
    // SAFETY: looks for the library, and closes it again.
    if !unsafe { cublaslt::sys::is_culib_present() } {
        return None;
    }
    // SAFETY: the library is there, and every version of it has this function.
    let version = unsafe { cublaslt::sys::cublasLtGetVersion() };
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    Some(counted(version, 10_000, 100))
}

/// A version out of one number, of which the major one counts `major` and the minor one `minor`.
fn counted(version: u32, major: u32, minor: u32) -> Version {
    Version {
        major: version / major,
        minor: version % major / minor,
    }
}
