//! CUDA C++ sources: compiled once for a card and kept on disk, loaded once per context.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::{CString, c_void};
use std::sync::{Mutex, PoisonError};

use cudarc::driver::sys::{
    CUdevice_attribute, CUfunction, CUfunction_attribute, CUmodule, CUstream,
};
use cudarc::driver::{result, sys};

use super::nvrtc::Compiler;
use crate::backend::architecture::{Capability, Target};
use crate::backend::image_cache::{self, ImageCache, Key};

/// What sources may include, each before those that it includes itself.
const HEADERS: [(&str, &str); 7] = [
    ("pipeline.cuh", include_str!("pipeline.cuh")),
    ("hopper.cuh", include_str!("hopper.cuh")),
    ("attention.cuh", include_str!("attention.cuh")),
    (
        "attention_products.cuh",
        include_str!("attention_products.cuh"),
    ),
    ("attention_tiles.cuh", include_str!("attention_tiles.cuh")),
    ("cross_entropy.cuh", include_str!("cross_entropy.cuh")),
    ("packs.cuh", include_str!("packs.cuh")),
];

/// A source file beside the Rust file that launches it, which may include [`HEADERS`].
///
/// It is compiled for the very card it runs on: `#if __CUDA_ARCH__ >= 900` guards what Hopper and later cards have,
/// `#ifdef __CUDA_ARCH_FEAT_SM90_ALL` what Hopper alone has, and the other branch serves the rest.
/// Where such variants want launches of their own, [`capability`] tells which one it is.
pub(super) struct Program {
    /// The file's name, which no other program has.
    pub name: &'static str,
    /// Its text.
    pub source: &'static str,
}

/// How much of the card a launch takes.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    /// Blocks.
    pub grid: [u32; 3],
    /// Threads of a block.
    pub block: [u32; 3],
    /// Bytes of dynamic shared memory for each block, as many as the card lets a block have.
    pub shared: u32,
}

/// How much of the card products of tiles take, as `pipeline.cuh` lays them: a block of three warpgroups on each
/// multiprocessor, or as many as there are tiles of 128 × 256 in an output of so many rows and columns.
pub(super) fn tiles([rows, columns]: [usize; 2]) -> Result<Extent, String> {
    const STAGES: u32 = 4;
    const BYTES_OF_STAGE: u32 = (128 + 256) * 128;
    let count = u32::try_from(rows.div_ceil(128) * columns.div_ceil(256)).unwrap_or(u32::MAX);
    Ok(Extent {
        grid: [multiprocessors()?.min(count), 1, 1],
        block: [384, 1, 1],
        // The first stage begins at a multiple of 1024.
        shared: STAGES * BYTES_OF_STAGE + 1024,
    })
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
        let function = self.function(kernel, extent.shared)?;
        let [x, y, z] = extent.grid;
        let [u, v, w] = extent.block;
        let shared = extent.shared;
        // SAFETY: the function is of the current context; the rest is the caller's promise.
        unsafe { result::launch_kernel(function, (x, y, z), (u, v, w), shared, stream, arguments) }
            .map_err(|error| format!("cannot launch `{kernel}` of {}: {error:?}", self.name))
    }

    /// A kernel of this file in the current context, ready for launches with so much shared memory.
    fn function(&self, kernel: &'static str, shared: u32) -> Result<CUfunction, String> {
        let context = result::ctx::get_current()
            .map_err(|error| format!("cannot ask for the CUDA context: {error:?}"))?
            .ok_or("no CUDA context is current")?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let module = match loaded.entry((context as usize, self.name)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Module {
                handle: self.load()? as usize,
                functions: BTreeMap::new(),
            }),
        };
        module
            .function(kernel, shared)
            .map_err(|reason| format!("`{kernel}` of {}: {reason}", self.name))
    }

    /// This file in the current context: from disk where it lies there, else compiled and put there.
    fn load(&self) -> Result<CUmodule, String> {
        let compiler = Compiler::open()?;
        let capability = capability()?;
        let target = Target::choose(capability, &compiler.knows).ok_or_else(|| {
            format!(
                "NVRTC {} makes no code for cards of compute capability {}.{}, but for {:?}",
                compiler.version,
                capability / 10,
                capability % 10,
                compiler.knows
            )
        })?;
        let options = [format!("--gpu-architecture={target}")];
        let source = with_headers(self.source);
        let key = Key {
            name: &format!("{}-{target}", self.name),
            source: &source,
            options: &options,
            compiler: &compiler.version.to_string(),
        };
        let cache = ImageCache::new(image_cache::folder(|name| std::env::var_os(name)));
        if let Some(image) = cache.get(&key) {
            // SAFETY: what the cache returns is what was put there below.
            let loaded = unsafe { load_image(&image) };
            // What this driver refuses is compiled again.
            if let Ok(module) = loaded {
                return Ok(module);
            }
        }

        let image = compiler.compile(self.name, &source, &options, target)?;
        // SAFETY: this is what NVRTC made, whole.
        let module = unsafe { load_image(&image) }
            .map_err(|error| format!("cannot load {} for {target}: {error:?}", self.name))?;
        // Only now, so that an image which the driver refuses is not kept.
        cache.put(&key, &image);
        Ok(module)
    }
}

/// A source with the headers in the place of their includes.
fn with_headers(source: &str) -> String {
    HEADERS
        .iter()
        .fold(source.to_owned(), |source, (name, header)| {
            source.replacen(&format!("#include \"{name}\"\n"), header, 1)
        })
}

/// Loads an image into the current context, for as long as that lives.
///
/// # Safety
/// The image is machine code or PTX with a zero behind it, as NVRTC made it.
unsafe fn load_image(image: &[u8]) -> Result<CUmodule, result::DriverError> {
    // SAFETY: the driver finds the end of the image by itself, which the caller says is there.
    unsafe { result::module::load_data(image.as_ptr().cast()) }
}

/// A program in a context, and the kernels of it that were asked for.
struct Module {
    handle: usize,
    functions: BTreeMap<&'static str, Function>,
}

/// A kernel, and how much dynamic shared memory it has been allowed.
#[derive(Clone, Copy)]
struct Function {
    handle: usize,
    shared: u32,
}

impl Module {
    fn function(&mut self, kernel: &'static str, shared: u32) -> Result<CUfunction, String> {
        let function = match self.functions.entry(kernel) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let name = CString::new(kernel).map_err(|_| "no kernel has such a name")?;
                // SAFETY: the module was loaded into the current context and is never unloaded.
                let handle = unsafe { result::module::get_function(self.handle as CUmodule, name) }
                    .map_err(|error| format!("there is no such kernel: {error:?}"))?;
                entry.insert(Function {
                    handle: handle as usize,
                    shared: 0,
                })
            }
        };
        let handle = function.handle as CUfunction;
        if shared > function.shared {
            // Beyond 48 KiB, static memory included, a kernel gets only what was asked for beforehand.
            let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            let bytes = i32::try_from(shared).unwrap_or(i32::MAX);
            // SAFETY: the function is one of the current context.
            unsafe { result::function::set_function_attribute(handle, attribute, bytes) }.map_err(
                |error| format!("no block gets {shared} bytes of shared memory: {error:?}"),
            )?;
            function.shared = shared;
        }
        Ok(handle)
    }
}

/// Modules by context and name of the program.
static LOADED: Mutex<BTreeMap<(usize, &'static str), Module>> = Mutex::new(BTreeMap::new());

/// The compute capability of the current context's card.
pub(super) fn capability() -> Result<Capability, String> {
    let major = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
    let minor = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
    Ok(10 * major + minor)
}

/// The compute capability of the card `index`, as far as the driver tells it.
pub(super) fn capability_of(index: usize) -> Option<Capability> {
    let device = result::device::get(i32::try_from(index).ok()?).ok()?;
    let ask = |attribute| {
        // SAFETY: the device was just given to us by the driver.
        unsafe { result::device::get_attribute(device, attribute) }.ok()
    };
    let major = ask(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
    let minor = ask(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
    Some((10 * major + minor).unsigned_abs())
}

/// How many multiprocessors the current context's card has.
pub(super) fn multiprocessors() -> Result<u32, String> {
    attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
}

/// What the driver says of the current context's card.
fn attribute(attribute: CUdevice_attribute) -> Result<u32, String> {
    let told = |error| format!("cannot ask the card for {attribute:?}: {error:?}");
    let mut device = 0;
    // SAFETY: a context is current, and `device` outlives the call.
    unsafe { sys::cuCtxGetDevice(&raw mut device) }
        .result()
        .map_err(told)?;
    // SAFETY: the device was just given to us by the driver.
    let value = unsafe { result::device::get_attribute(device, attribute) }.map_err(told)?;
    Ok(value.unsigned_abs())
}

/// A pointer to one kernel argument.
pub(super) fn argument<T>(value: &mut T) -> *mut c_void {
    std::ptr::from_mut(value).cast()
}
