//! Between a network's fields and named arrays.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Shape, Tensor, TensorData};

use super::{Array, Checkpoint, Stored, Weights, WeightsError};

/// How much memory the parameters of `module` hold.
pub fn parameter_bytes<M: Module>(module: &M) -> u64 {
    let mut count = Count(0);
    module.visit(&mut count);
    count.0
}

/// Names and shapes of all parameters of `module`.
pub fn shapes<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    let mut check = Check::default();
    module.visit(&mut check);
    check.shapes
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
    let shapes = weights.arrays.iter();
    let shapes = shapes.map(|(name, array)| (name.as_str(), array.shape.as_slice()));
    check(&module, &shapes.collect())?;
    let mut arrays = weights.arrays;
    apply(module, |name, shape| match arrays.remove(name) {
        Some(array) => Ok(TensorData::new(array.values, shape)),
        None => Err(absent(name)),
    })
}

/// Checks that the arrays of `checkpoint` are those of `module`; `names` says for each of the module's names what it is
/// called there.
///
/// Errors: keys that are missing, unknown or of another shape.
pub(super) fn check_against<M: Module>(
    checkpoint: &Checkpoint,
    names: &BTreeMap<String, &str>,
    module: &M,
) -> Result<(), WeightsError> {
    let shapes = names.iter().map(|(own, name)| {
        let shape = checkpoint
            .arrays()
            .get(*name)
            .map_or(&[][..], Stored::shape);
        (own.as_str(), shape)
    });
    check(module, &shapes.collect())
}

pub(super) fn absent(name: &str) -> WeightsError {
    WeightsError::Misfit {
        problems: vec![format!("`{name}` is missing")],
    }
}

fn check<M: Module>(module: &M, shapes: &BTreeMap<&str, &[usize]>) -> Result<(), WeightsError> {
    let mut check = Check::default();
    module.visit(&mut check);
    let problems = check.problems(shapes);
    if problems.is_empty() {
        return Ok(());
    }
    Err(WeightsError::Misfit { problems })
}

/// `module` with what `read` gives for each of its names and shapes.
///
/// Errors: the first that `read` gives.
pub(super) fn apply<M: Module>(
    module: M,
    read: impl FnMut(&str, Shape) -> Result<TensorData, WeightsError>,
) -> Result<M, WeightsError> {
    let mut filler = Filler {
        path: Vec::new(),
        read,
        failed: None,
    };
    let module = module.map(&mut filler);
    match filler.failed {
        None => Ok(module),
        Some(error) => Err(error),
    }
}

#[derive(Default)]
struct Check {
    path: Vec<String>,
    shapes: BTreeMap<String, Vec<usize>>,
}

impl Check {
    fn problems(&self, found: &BTreeMap<&str, &[usize]>) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, shape) in &self.shapes {
            match found.get(name.as_str()) {
                None => problems.push(format!("`{name}` {shape:?} is missing")),
                Some(found) if significant(found) != significant(shape) => {
                    problems.push(format!("`{name}` should be {shape:?}, but is {found:?}"));
                }
                Some(_) => {}
            }
        }
        let unknown = found
            .keys()
            .filter(|name| !self.shapes.contains_key(**name))
            .map(|name| format!("the network has no `{name}`"));
        problems.extend(unknown);
        problems
    }
}

/// A shape without the sides of 1 at its end: a 1 × 1 convolution is a matrix.
fn significant(shape: &[usize]) -> &[usize] {
    let end = shape.iter().rposition(|side| *side != 1);
    &shape[..end.map_or(0, |end| end + 1)]
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

struct Filler<R> {
    path: Vec<String>,
    read: R,
    failed: Option<WeightsError>,
}

impl<R: FnMut(&str, Shape) -> Result<TensorData, WeightsError>> ModuleMapper for Filler<R> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        let _ = self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failed.is_some() {
            return param;
        }
        let data = match (self.read)(&self.path.join("."), param.lazy_shape()) {
            Ok(data) => data,
            Err(error) => {
                self.failed = Some(error);
                return param;
            }
        };
        let device = param.lazy_device().without_autodiff();
        let dtype = data.dtype();
        let tensor = Tensor::from_data(data, (&device, dtype));
        Param::initialized(param.id, tensor)
    }
}
