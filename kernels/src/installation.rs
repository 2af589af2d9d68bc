//! What CUDA takes of a machine, and what of it is missing.

#[cfg(any(feature = "cuda", test))]
mod machine;
#[cfg(feature = "cuda")]
mod probe;

use std::fmt;

/// A part of CUDA that must be on the machine where the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// NVIDIA's driver, through which everything on a card goes.
    Driver,
    /// The compiler of kernels.
    Nvrtc,
    /// What burn's kernels include.
    Headers,
    /// Matrix products.
    CublasLt,
    /// Sums over several cards, which nothing else needs.
    Nccl,
}

/// A version as CUDA counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Changes when programs must be built anew.
    pub major: u32,
    /// Changes when something is added.
    pub minor: u32,
}

/// Why CUDA cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CudaError {
    /// A part is not there.
    #[error("cannot find {part}: looked for {wanted} in {places}; {}", .part.source())]
    Missing {
        /// What is missing.
        part: Part,
        /// The files looked for.
        wanted: String,
        /// Where they were looked for.
        places: String,
    },
    /// A part is older than what the program is built for.
    #[error("{part} is too old: found {found}, expected {expected} or newer; {}", .part.source())]
    TooOld {
        /// What is too old.
        part: Part,
        /// Its version.
        found: Version,
        /// The first version that would do.
        expected: Version,
    },
    /// The driver does not take what the compiler makes.
    #[error(
        "NVRTC {nvrtc} makes code that the driver does not take, which knows CUDA {driver}; install a newer driver, or \
         NVRTC {driver}"
    )]
    DriverBehind {
        /// The compiler's version.
        nvrtc: Version,
        /// The newest CUDA that the driver knows.
        driver: Version,
    },
    /// The compiler makes no code for the card.
    #[error(
        "NVRTC {nvrtc} makes no code for `cuda:{index}`, whose compute capability is {capability}; \
         for a newer card install a newer NVRTC, and an older card cannot be used"
    )]
    UnknownCard {
        /// The card asked for.
        index: usize,
        /// Its compute capability.
        capability: Version,
        /// The compiler's version.
        nvrtc: Version,
    },
    /// The driver is there and does not work.
    #[error(
        "the NVIDIA driver does not start: {0}; `nvidia-smi` says more, and a container needs to be given the cards"
    )]
    DriverRefuses(String),
    /// The driver shows no such card.
    #[error("there is no card `cuda:{index}`: the driver shows {found}; see `nvidia-smi`")]
    NoCard {
        /// The card asked for.
        index: usize,
        /// How many cards there are.
        found: usize,
    },
}

/// Checks that all of CUDA is there for the card `index`, before burn looks for it and panics.
#[cfg(feature = "cuda")]
pub fn check(index: usize) -> Result<(), CudaError> {
    probe::machine().check(index)
}

/// What to say where the library of `part`, called `wanted`, cannot be opened.
#[cfg(feature = "cuda")]
pub(crate) fn missing_library(part: Part, wanted: &str) -> CudaError {
    machine::missing_library(part, wanted, probe::library_path().as_deref())
}

impl Part {
    /// Which package brings it.
    fn source(self) -> &'static str {
        match self {
            Self::Driver => {
                "it comes with NVIDIA's driver, 580 or newer (`nvidia-driver-580` of Debian and Ubuntu)"
            }
            Self::Nvrtc => {
                "it comes with CUDA 13 (`cuda-nvrtc-13-0` of NVIDIA's repository, `nvidia-cuda-nvrtc` of PyPI)"
            }
            Self::Headers => {
                "they come with CUDA 13 (`cuda-cudart-dev-13-0`, `cuda-crt-13-0` and `cuda-cccl-13-0` of NVIDIA's \
                 repository, `nvidia-cuda-runtime`, `nvidia-cuda-crt` and `nvidia-cuda-cccl` of PyPI)"
            }
            Self::CublasLt => {
                "it comes with CUDA 13 (`libcublas-13-0` of NVIDIA's repository, `nvidia-cublas` of PyPI)"
            }
            Self::Nccl => {
                "it comes by itself (`libnccl2` of NVIDIA's repository, `nvidia-nccl-cu13` of PyPI, whose folder \
                 `nvidia/nccl/lib` LD_LIBRARY_PATH must then name)"
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Driver => "the NVIDIA driver",
            Self::Nvrtc => "NVRTC, the compiler of kernels",
            Self::Headers => "the headers of CUDA",
            Self::CublasLt => "cuBLASLt, which multiplies matrices",
            Self::Nccl => "NCCL, which sums up over several cards",
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}
