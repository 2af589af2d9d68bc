//! What parameters start from.

use burn::module::{Param, ParamId};
use burn::tensor::{DType, Device, Tensor, TensorData};
use graph::random::{Random, Stream};
use rayon::prelude::*;

use crate::network::weights::WeightType;

/// What parameters start from: numbers that depend on the seed and on the order in which they are asked for, on every
/// device alike.
#[derive(Debug)]
pub struct Init {
    stream: Option<Stream>,
    drawn: u32,
    device: Device,
    weights: WeightType,
}

impl Init {
    /// The draws for one network on `device`; give every network of a node a `stream` of its own.
    pub fn new(random: Random, stream: u32, device: &Device) -> Self {
        Self {
            stream: Some(random.stream(stream)),
            drawn: 0,
            device: device.clone(),
            weights: WeightType::AsStored,
        }
    }

    /// Zeros instead of draws: for a network that is about to be filled from a file.
    pub fn blank(device: &Device) -> Self {
        Self::blank_of(device, WeightType::AsStored)
    }

    /// The same for a network that keeps its matrices as `weights` says.
    pub fn blank_of(device: &Device, weights: WeightType) -> Self {
        Self {
            stream: None,
            drawn: 0,
            device: device.clone(),
            weights,
        }
    }

    /// How matrices are kept.
    pub fn weights(&self) -> WeightType {
        self.weights
    }

    /// Where parameters lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Numbers from the normal distribution with mean 0 and the standard deviation `deviation`.
    pub fn normal<const D: usize>(&mut self, shape: [usize; D], deviation: f32) -> Tensor<D> {
        let Some(stream) = self.stream else {
            return self.constant(shape, 0.0);
        };
        let tensor = self.drawn;
        self.drawn += 1;
        let count = shape.iter().product::<usize>() as u32;
        let values: Vec<f32> = (0..count)
            .into_par_iter()
            .map(|at| deviation * stream.normal(tensor, 0, at))
            .collect();
        self.tensor(values, shape)
    }

    /// The same number everywhere.
    pub fn constant<const D: usize>(&self, shape: [usize; D], value: f32) -> Tensor<D> {
        self.tensor(vec![value; shape.iter().product()], shape)
    }

    /// A parameter that starts from [`Init::normal`]; of a network that is about to be filled it takes no memory yet.
    pub fn normal_parameter<const D: usize>(
        &mut self,
        shape: [usize; D],
        deviation: f32,
    ) -> Param<Tensor<D>> {
        match self.stream {
            None => self.later(shape),
            Some(_) => Param::from_tensor(self.normal(shape, deviation)),
        }
    }

    /// A parameter that starts from [`Init::constant`]; likewise.
    pub fn constant_parameter<const D: usize>(
        &self,
        shape: [usize; D],
        value: f32,
    ) -> Param<Tensor<D>> {
        match self.stream {
            None => self.later(shape),
            Some(_) => Param::from_tensor(self.constant(shape, value)),
        }
    }

    fn later<const D: usize>(&self, shape: [usize; D]) -> Param<Tensor<D>> {
        let zeros = move |device: &Device, learns: bool| {
            let tensor = Tensor::zeros(shape, (device, DType::F32));
            if learns {
                tensor.require_grad()
            } else {
                tensor
            }
        };
        let id = ParamId::new();
        Param::uninitialized(id, zeros, self.device.clone(), true, shape.into())
    }

    fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, DType::F32))
    }
}
