//! CUDA C++ sources: compiled by NVRTC when first launched, loaded once per context.

use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::sync::{Mutex, PoisonError};

use cudarc::driver::sys::{CUdevice_attribute, CUfunction, CUstream};
use cudarc::driver::{result, sys};
use cudarc::nvrtc;

/// A source file beside the Rust file that launches it.
pub(super) struct Program {
    /// The file's name, for messages.
    pub name: &'static str,
    /// Its text.
    pub source: &'static str,
}

/// Grid and block of a launch, in blocks and threads.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub grid: [u32; 3],
    pub block: [u32; 3],
}

impl Program {
    /// Queues one kernel of this file on `stream`.
    ///
    /// # Safety
    /// The context of `stream` is current; `arguments` point at values of the types that `kernel` declares, and what
    /// the kernel does with them is in bounds.
    pub(super) unsafe fn launch(
        &self,
        stream: CUstream,
        kernel: &'static str,
        extent: Extent,
        arguments: &mut [*mut c_void],
    ) -> Result<(), String> {
        let function = self.function(kernel)?;
        let [x, y, z] = extent.grid;
        let [u, v, w] = extent.block;
        // SAFETY: the function is of the current context; the rest is the caller's promise.
        unsafe { result::launch_kernel(function, (x, y, z), (u, v, w), 0, stream, arguments) }
            .map_err(|error| format!("cannot launch `{kernel}` of {}: {error:?}", self.name))
    }

    fn function(&self, kernel: &'static str) -> Result<CUfunction, String> {
        let context = result::ctx::get_current()
            .map_err(|error| format!("cannot ask for the CUDA context: {error:?}"))?
            .ok_or("no CUDA context is current")?;
        let key = (context as usize, kernel);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(function) = loaded.get(&key) {
            return Ok(*function as CUfunction);
        }

        let function = self.load(kernel)?;
        let _ = loaded.insert(key, function as usize);
        Ok(function)
    }

    fn load(&self, kernel: &'static str) -> Result<CUfunction, String> {
        // SAFETY: looks for the library, and closes it again.
        if !unsafe { nvrtc::sys::is_culib_present() } {
            return Err(
                "cannot find libnvrtc: install NVRTC of the CUDA toolkit, or add its folder to \
                        LD_LIBRARY_PATH"
                    .into(),
            );
        }
        let options = nvrtc::CompileOptions {
            options: vec![format!("--gpu-architecture=compute_{}", capability()?)],
            name: Some(self.name.into()),
            ..Default::default()
        };
        let ptx = nvrtc::compile_ptx_with_opts(self.source, options)
            .map_err(|error| format!("cannot compile {}: {error:?}", self.name))?;
        let image = CString::new(ptx.to_src())
            .map_err(|_| format!("NVRTC made a broken image of {}", self.name))?;
        let entry =
            CString::new(kernel).map_err(|_| format!("`{kernel}` is no name of a kernel"))?;
        // SAFETY: a context is current, and the image is a null-terminated text. The module is never unloaded.
        unsafe {
            let module = result::module::load_data(image.as_ptr().cast())
                .map_err(|error| format!("cannot load {}: {error:?}", self.name))?;
            result::module::get_function(module, entry)
                .map_err(|error| format!("{} has no kernel `{kernel}`: {error:?}", self.name))
        }
    }
}

/// Functions by context and name; names are unique across the sources.
static LOADED: Mutex<BTreeMap<(usize, &'static str), usize>> = Mutex::new(BTreeMap::new());

/// The compute capability of the current device, as in `90`.
fn capability() -> Result<i32, String> {
    let told = |error| format!("cannot ask for the compute capability: {error:?}");
    let mut device = 0;
    // SAFETY: a context is current, and `device` outlives the call.
    unsafe { sys::cuCtxGetDevice(&raw mut device) }
        .result()
        .map_err(told)?;
    let ask = |attribute| {
        // SAFETY: the device was just given to us by the driver.
        unsafe { result::device::get_attribute(device, attribute) }.map_err(told)
    };
    let major = ask(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
    let minor = ask(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
    Ok(10 * major + minor)
}

/// A pointer to one kernel argument.
pub(super) fn argument<T>(value: &mut T) -> *mut c_void {
    std::ptr::from_mut(value).cast()
}
