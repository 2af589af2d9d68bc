//! Between a network's fields and named arrays.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData};

use super::{Array, Weights, WeightsError};

/// How much memory the parameters of `module` hold.
pub fn parameter_bytes<M: Module>(module: &M) -> u64 {
    let mut count = Count(0);
    module.visit(&mut count);
    count.0
}

struct Count(u64);

impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        self.0 += (tensor.shape().num_elements() * tensor.dtype().size()) as u64;
    }
}

pub(super) fn read<M: Module>(module: &M) -> Weights {
    let mut reader = Reader::default();
    module.visit(&mut reader);
    reader.weights
}

#[derive(Default)]
struct Reader {
    path: Vec<String>,
    weights: Weights,
}

impl ModuleVisitor for Reader {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        let _ = self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val().inner();
        let shape = tensor.dims().to_vec();
        let values = tensor.into_data().convert::<f32>().iter::<f32>().collect();
        self.weights
            .insert(self.path.join("."), Array { shape, values });
    }
}

pub(super) fn fill<M: Module>(weights: Weights, module: M) -> Result<M, WeightsError> {
    let mut check = Check::default();
    module.visit(&mut check);
    let problems = check.problems(&weights);
    if !problems.is_empty() {
        return Err(WeightsError::Misfit { problems });
    }

    Ok(module.map(&mut Filler {
        path: Vec::new(),
        arrays: weights.arrays,
    }))
}

#[derive(Default)]
struct Check {
    path: Vec<String>,
    shapes: BTreeMap<String, Vec<usize>>,
}

impl Check {
    fn problems(&self, weights: &Weights) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, shape) in &self.shapes {
            match weights.get(name) {
                None => problems.push(format!("`{name}` {shape:?} is missing")),
                Some(array) if array.shape != *shape => problems.push(format!(
                    "`{name}` should be {shape:?}, but is {:?}",
                    array.shape
                )),
                Some(_) => {}
            }
        }
        let unknown = weights
            .names()
            .filter(|name| !self.shapes.contains_key(*name))
            .map(|name| format!("the network has no `{name}`"));
        problems.extend(unknown);
        problems
    }
}

impl ModuleVisitor for Check {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        let _ = self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let shape = param.lazy_shape().to_vec();
        let _ = self.shapes.insert(self.path.join("."), shape);
    }
}

struct Filler {
    path: Vec<String>,
    arrays: BTreeMap<String, Array>,
}

impl ModuleMapper for Filler {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        let _ = self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(array) = self.arrays.remove(&self.path.join(".")) else {
            return param;
        };
        let device = param.lazy_device().without_autodiff();
        let data = TensorData::new(array.values, array.shape);
        let tensor = Tensor::from_data(data, (&device, DType::F32));
        Param::initialized(param.id, tensor)
    }
}
