//! The device that the nodes of a run compute on.

use burn::tensor::{Device, FloatDType};
use graph::error::NodeError;
use graph::run::Run;

/// The device that the nodes of a run compute on; a program lends it to its runs as a resource.
#[derive(Clone, Debug)]
pub struct Compute {
    device: Device,
    name: String,
    card: Option<usize>,
}

/// Why a device cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The name is none that Smalto knows.
    #[error("there is no device called `{0}`; write auto, cpu, cuda or cuda:0")]
    Unknown(String),
    /// The program was built without CUDA.
    #[error(
        "this build of Smalto knows no CUDA; build it with `--features cuda`, or run with `--device cpu`"
    )]
    NotBuilt,
    /// The driver shows no such card.
    #[error(
        "there is no card `cuda:{index}`: the driver shows {found}; run with `--device cpu`, or see `nvidia-smi`"
    )]
    Absent {
        /// The card asked for.
        index: usize,
        /// How many cards there are.
        found: usize,
    },
}

impl Compute {
    /// The processor itself.
    pub fn cpu() -> Self {
        Self {
            device: Device::flex(),
            name: "cpu".into(),
            card: None,
        }
    }

    /// The device called `name`: `auto`, `cpu`, `cuda` or `cuda:I`.
    ///
    /// `auto` is the first card, where this build and this machine have one, else the processor.
    ///
    /// Errors: there is no such device.
    pub fn named(name: &str) -> Result<Self, DeviceError> {
        match name {
            "cpu" => Ok(Self::cpu()),
            "auto" => Ok(Self::open(0).unwrap_or_else(|_| Self::cpu())),
            "cuda" => Self::open(0),
            _ => match name.strip_prefix("cuda:").map(str::parse) {
                Some(Ok(index)) => Self::open(index),
                Some(Err(_)) | None => Err(DeviceError::Unknown(name.into())),
            },
        }
    }

    #[cfg(feature = "cuda")]
    fn open(index: usize) -> Result<Self, DeviceError> {
        use burn::tensor::DeviceType;

        // Asks for the driver library first, so it is safe on a machine without one.
        let found = Device::enumerate(DeviceType::Cuda).len();
        if index >= found {
            return Err(DeviceError::Absent { index, found });
        }
        Ok(Self {
            device: Device::cuda(index),
            name: format!("cuda:{index}"),
            card: Some(index),
        })
    }

    #[cfg(not(feature = "cuda"))]
    fn open(_: usize) -> Result<Self, DeviceError> {
        Err(DeviceError::NotBuilt)
    }

    /// The device of this run.
    ///
    /// Errors: the program lends none.
    pub fn of(run: &Run) -> Result<&Self, NodeError> {
        run.resource::<Self>()
    }

    /// Where tensors are made.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// `cpu` or `cuda:I`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which NVIDIA card this is, or `None` where it is none.
    pub fn card(&self) -> Option<usize> {
        self.card
    }

    /// Whether this is an accelerator.
    pub fn is_accelerator(&self) -> bool {
        self.card.is_some()
    }

    /// The type that networks compute in here while they train: bf16 on an accelerator, f32 on the processor.
    pub fn training_type(&self) -> FloatDType {
        if self.is_accelerator() {
            FloatDType::BF16
        } else {
            FloatDType::F32
        }
    }
}
