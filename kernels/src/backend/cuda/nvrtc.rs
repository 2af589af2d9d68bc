//! NVIDIA's compiler at run time: CUDA C++ in, machine code or PTX out.

use std::ffi::{CStr, CString};

use cudarc::nvrtc::{result, sys};

use crate::backend::architecture::{Capability, Target};
use crate::installation::Version;

/// The first major version whose library is asked for the capabilities that it knows.
const MAJOR_MIN: u32 = 12;

/// NVRTC as it was found on this machine.
pub(crate) struct Compiler {
    pub version: Version,
    /// The compute capabilities that it makes code for; none are known of versions that are too old for this program.
    pub knows: Vec<Capability>,
}

impl Compiler {
    /// Looks for the library and asks what it is.
    pub(crate) fn open() -> Result<Self, String> {
        // SAFETY: looks for the library, and closes it again.
        if !unsafe { sys::is_culib_present() } {
            return Err(
                "cannot find libnvrtc: install NVRTC of the CUDA toolkit, or add its folder to \
                        LD_LIBRARY_PATH"
                    .into(),
            );
        }
        let told = |error| format!("cannot ask NVRTC what it is: {error}");
        let (mut major, mut minor) = (0, 0);
        // SAFETY: the library is there, and both numbers outlive the call.
        unsafe { sys::nvrtcVersion(&raw mut major, &raw mut minor) }
            .result()
            .map_err(told)?;
        let version = Version {
            major: i32::unsigned_abs(major),
            minor: i32::unsigned_abs(minor),
        };
        if version.major < MAJOR_MIN {
            let knows = Vec::new();
            return Ok(Self { version, knows });
        }

        let mut count = 0;
        // SAFETY: the library has this function, and `count` outlives the call.
        unsafe { sys::nvrtcGetNumSupportedArchs(&raw mut count) }
            .result()
            .map_err(told)?;
        let mut knows = vec![0; usize::try_from(count).unwrap_or(0)];
        // SAFETY: there is room for as many numbers as NVRTC has just said.
        unsafe { sys::nvrtcGetSupportedArchs(knows.as_mut_ptr()) }
            .result()
            .map_err(told)?;
        let knows = knows.into_iter().map(i32::unsigned_abs).collect();
        Ok(Self { version, knows })
    }

    /// The image of `source`, which the messages call `name`, made with `options` for `target`.
    pub(crate) fn compile(
        &self,
        name: &str,
        source: &str,
        options: &[String],
        target: Target,
    ) -> Result<Vec<u8>, String> {
        let text = |text: &str| {
            CString::new(text).map_err(|_| format!("{name} holds a zero, which no source may"))
        };
        let program = Source::new(text(source)?, text(name)?)?;
        // SAFETY: the program was just made, and the options hold no zeros: they are words of our own.
        if let Err(error) = unsafe { result::compile_program(program.handle, options) } {
            let log = program.log();
            return Err(format!(
                "NVRTC {} cannot compile {name} for {target}: {error}\n{log}",
                self.version
            ));
        }
        let image = match target {
            Target::Machine(_) => program.machine_code(),
            Target::Portable(_) => program.ptx(),
        };
        image.map_err(|error| format!("NVRTC made no image of {name} for {target}: {error}"))
    }
}

/// A source in NVRTC's hands.
struct Source {
    handle: sys::nvrtcProgram,
    // NVRTC may point at both for as long as the program lives.
    _text: CString,
    _name: CString,
}

impl Source {
    fn new(text: CString, name: CString) -> Result<Self, String> {
        let handle = result::create_program(&text, Some(&name))
            .map_err(|error| format!("NVRTC does not take {name:?}: {error}"))?;
        Ok(Self {
            handle,
            _text: text,
            _name: name,
        })
    }

    /// What the compiler had to say.
    fn log(&self) -> String {
        // SAFETY: the program lives as long as `self`.
        let log = unsafe { result::get_program_log(self.handle) }.unwrap_or_default();
        let log: Vec<u8> = log.into_iter().map(|byte| byte as u8).collect();
        let log = CStr::from_bytes_until_nul(&log).unwrap_or_default();
        log.to_string_lossy().trim().to_owned()
    }

    fn machine_code(&self) -> Result<Vec<u8>, result::NvrtcError> {
        let mut size = 0;
        // SAFETY: the program lives as long as `self` and is compiled, and `size` outlives the call.
        unsafe { sys::nvrtcGetCUBINSize(self.handle, &raw mut size) }.result()?;
        let mut image = vec![0_u8; size];
        // SAFETY: as above, and there is room for as many bytes as NVRTC has just said.
        unsafe { sys::nvrtcGetCUBIN(self.handle, image.as_mut_ptr().cast()) }.result()?;
        Ok(image)
    }

    /// The text of the PTX with a zero behind it, as the driver takes it.
    fn ptx(&self) -> Result<Vec<u8>, result::NvrtcError> {
        // SAFETY: the program lives as long as `self` and is compiled.
        let text = unsafe { result::get_ptx(self.handle) }?;
        Ok(text.into_iter().map(|byte| byte as u8).collect())
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // SAFETY: made by `Source::new`, destroyed once; a failure leaves memory behind and nothing to do about it.
        let _ = unsafe { result::destroy_program(self.handle) };
    }
}
