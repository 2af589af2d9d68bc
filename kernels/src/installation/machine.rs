//! A machine as CUDA sees it, and whether it will do.

use std::path::{Path, PathBuf};

use super::{CudaError, Part, Version};
use crate::backend::architecture::{Capability, Target};

/// What the program is built for: burn's kernels and the calls into cuBLASLt suppose no less.
const EXPECTED: Version = Version {
    major: 13,
    minor: 0,
};

/// Headers that burn's kernels include, or that those include.
const HEADERS: [&str; 4] = ["cuda_fp16.h", "cuda_bf16.h", "crt/mma.h", "nv/target"];

/// What of CUDA was found on a machine.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// `LD_LIBRARY_PATH`, where it is set.
    pub library_path: Option<String>,
    /// The driver, where its library is there.
    pub driver: Option<Driver>,
    /// The compiler, where it is there.
    pub nvrtc: Option<Nvrtc>,
    /// The version of cuBLASLt, where it is there.
    pub cublaslt: Option<Version>,
    /// `CUDA_PATH`, where it is set.
    pub cuda_path: Option<PathBuf>,
    /// Whether there is such a file or folder.
    pub exists: fn(&Path) -> bool,
}

/// The driver.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    /// The newest CUDA that it knows.
    pub version: Version,
    /// The compute capability of each card, or why it does not start.
    pub cards: Result<Vec<Capability>, String>,
}

/// The compiler.
#[derive(Clone, Debug)]
pub(crate) struct Nvrtc {
    pub version: Version,
    /// The compute capabilities that it makes code for.
    pub knows: Vec<Capability>,
}

impl Machine {
    /// Finds the first thing that keeps the card `index` from being used.
    pub(crate) fn check(&self, index: usize) -> Result<(), CudaError> {
        let path = self.library_path.as_deref();
        let library = |part, wanted: &str| missing_library(part, wanted, path);
        let driver = self.driver.as_ref();
        let driver =
            driver.ok_or_else(|| library(Part::Driver, "`libcuda.so` and `libcuda.so.1`"))?;
        // A driver that does not start may not tell its version either.
        let cards = driver.cards.clone().map_err(CudaError::DriverRefuses)?;
        expect(Part::Driver, driver.version)?;
        let found = cards.len();
        let capability = *cards.get(index).ok_or(CudaError::NoCard { index, found })?;

        let nvrtc = self.nvrtc.as_ref();
        let nvrtc =
            nvrtc.ok_or_else(|| library(Part::Nvrtc, "`libnvrtc.so` and `libnvrtc.so.13`"))?;
        expect(Part::Nvrtc, nvrtc.version)?;
        if nvrtc.version > driver.version {
            return Err(CudaError::DriverBehind {
                nvrtc: nvrtc.version,
                driver: driver.version,
            });
        }
        match Target::choose(capability, &nvrtc.knows) {
            Some(Target::Machine(_)) => {}
            // Own kernels could do with PTX, burn's are made for the card itself.
            Some(Target::Portable(_)) | None => {
                return Err(CudaError::UnknownCard {
                    index,
                    capability: Version::of_card(capability),
                    nvrtc: nvrtc.version,
                });
            }
        }
        self.check_headers()?;
        let cublaslt = self
            .cublaslt
            .ok_or_else(|| library(Part::CublasLt, "`libcublasLt.so` and `libcublasLt.so.13`"))?;
        expect(Part::CublasLt, cublaslt)
    }

    /// Looks for the headers where CubeCL will: in the folder that `CUDA_PATH` names, else in the first usual one.
    fn check_headers(&self) -> Result<(), CudaError> {
        let missing = |wanted: &str, places: String| CudaError::Missing {
            part: Part::Headers,
            wanted: wanted.into(),
            places,
        };
        let usual = [
            ("/usr/local/cuda", "/usr/local/cuda"),
            ("/opt/cuda", "/opt/cuda"),
            // A distribution's own package.
            ("/usr/bin/nvcc", "/usr"),
        ];
        let usual = usual
            .iter()
            .find(|(sign, _)| (self.exists)(Path::new(sign)));
        let root = self
            .cuda_path
            .clone()
            .or_else(|| usual.map(|(_, root)| PathBuf::from(root)));
        let Some(root) = root else {
            return Err(missing(
                "a folder of CUDA",
                "CUDA_PATH (not set), `/usr/local/cuda` and `/opt/cuda`, and for `/usr/bin/nvcc`"
                    .into(),
            ));
        };

        let include = root.join("include");
        let beside = include.join("cccl");
        for header in HEADERS {
            if !(self.exists)(&include.join(header)) && !(self.exists)(&beside.join(header)) {
                let places = format!("`{}` and `{}`", include.display(), beside.display());
                return Err(missing(&format!("`{header}`"), places));
            }
        }
        Ok(())
    }
}

/// The error of a library that lies neither where `path`, which is `LD_LIBRARY_PATH`, says nor where the system keeps its
/// own.
pub(crate) fn missing_library(part: Part, wanted: &str, path: Option<&str>) -> CudaError {
    let path = path.map_or("not set".into(), |path| format!("`{path}`"));
    CudaError::Missing {
        part,
        wanted: wanted.into(),
        places: format!("LD_LIBRARY_PATH ({path}) and the system's folders of libraries"),
    }
}

impl Version {
    /// A compute capability as people write it.
    fn of_card(capability: Capability) -> Self {
        Self {
            major: capability / 10,
            minor: capability % 10,
        }
    }
}

/// Fails for a part that is older than what the program is built for.
fn expect(part: Part, found: Version) -> Result<(), CudaError> {
    if found < EXPECTED {
        return Err(CudaError::TooOld {
            part,
            found,
            expected: EXPECTED,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
