//! The device that the nodes of a run compute on.

use burn::tensor::{Device, FloatDType};
use graph::engine::guarded;
use graph::error::NodeError;
use graph::run::Run;
use kernels::installation::CudaError;

/// The device that the nodes of a run compute on; a program lends it to its runs as a resource.
#[derive(Clone, Debug)]
pub struct Compute {
    device: Device,
    name: String,
    card: Option<usize>,
    passed_over: Option<CudaError>,
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
    /// CUDA, or the card, cannot be used on this machine.
    #[error(transparent)]
    Cuda(#[from] CudaError),
}

impl Compute {
    /// The processor itself.
    pub fn cpu() -> Self {
        Self {
            device: Device::flex(),
            name: "cpu".into(),
            card: None,
            passed_over: None,
        }
    }

    /// The device called `name`: `auto`, `cpu`, `cuda` or `cuda:I`.
    ///
    /// `auto` is the first card, where this build and this machine have one, else the processor, which then tells
    /// [why](Self::passed_over).
    ///
    /// Errors: there is no such device.
    pub fn named(name: &str) -> Result<Self, DeviceError> {
        match name {
            "cpu" => Ok(Self::cpu()),
            "auto" => Ok(Self::or_cpu(Self::open(0))),
            "cuda" => Self::open(0),
            _ => match name.strip_prefix("cuda:").map(str::parse) {
                Some(Ok(index)) => Self::open(index),
                Some(Err(_)) | None => Err(DeviceError::Unknown(name.into())),
            },
        }
    }

    /// The card, or the processor where it cannot be had.
    fn or_cpu(card: Result<Self, DeviceError>) -> Self {
        match card {
            Ok(card) => card,
            Err(DeviceError::Cuda(reason)) => Self {
                passed_over: Some(reason),
                ..Self::cpu()
            },
            // Nobody expects a card of a build without CUDA.
            Err(DeviceError::NotBuilt | DeviceError::Unknown(_)) => Self::cpu(),
        }
    }

    #[cfg(feature = "cuda")]
    fn open(index: usize) -> Result<Self, DeviceError> {
        // First of all: burn panics where a part of CUDA is missing.
        kernels::installation::check(index)?;
        kernels::work_in_one_stream();
        Ok(Self {
            device: Device::cuda(index),
            name: format!("cuda:{index}"),
            card: Some(index),
            passed_over: None,
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

    /// So many devices of this one's kind that are to work together: this one and the cards behind it, or the processor as
    /// often as that.
    ///
    /// Errors: there are not so many cards, or one of them cannot be used.
    pub fn companions(&self, count: usize) -> Result<Vec<Self>, DeviceError> {
        let others = (1..count).map(|next| match self.card {
            Some(first) => Self::open(first + next),
            None => Ok(self.clone()),
        });
        std::iter::once(Ok(self.clone())).chain(others).collect()
    }

    /// Why `auto` took the processor, in a build that could use a card.
    pub fn passed_over(&self) -> Option<&CudaError> {
        self.passed_over.as_ref()
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

    /// How many nodes may run at once: as many as there are cores, but one where they share a card.
    pub fn nodes_at_once(&self) -> usize {
        if self.is_accelerator() {
            return 1;
        }
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// Waits until all is done that was asked of the device, read or not: a card's driver does not outlive a program that
    /// ends in the midst of its work.
    ///
    /// Errors: something failed that nobody has waited for.
    pub fn finish(&self) -> Result<(), NodeError> {
        guarded(|| {
            let synced = self.device.sync();
            synced.map_err(|error| {
                NodeError::failed(error, "what was written is whole: it was read before")
            })
        })
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

#[cfg(test)]
mod tests {
    use kernels::installation::CudaError;

    use super::{Compute, DeviceError};

    #[test]
    fn where_no_card_can_be_had_the_processor_says_why() {
        let reason = CudaError::NoCard { index: 0, found: 0 };
        let compute = Compute::or_cpu(Err(DeviceError::Cuda(reason.clone())));
        assert_eq!(compute.name(), "cpu");
        assert_eq!(compute.passed_over(), Some(&reason));
    }

    #[test]
    fn the_processor_works_together_with_itself() {
        let both = Compute::cpu().companions(2).expect("it is there");
        let names: Vec<&str> = both.iter().map(Compute::name).collect();
        assert_eq!(names, ["cpu", "cpu"]);
    }

    #[test]
    fn a_build_without_cuda_passes_no_card_over() {
        let compute = Compute::or_cpu(Err(DeviceError::NotBuilt));
        assert_eq!(compute.name(), "cpu");
        assert_eq!(compute.passed_over(), None);
        assert_eq!(Compute::cpu().passed_over(), None);
    }
}
