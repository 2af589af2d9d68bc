//! Between a network's fields and named arrays.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Int, Shape, Tensor, TensorData};

use super::int8::{Int8, SCALE};
use super::name::Name;
use super::{Array, Checkpoint, Stored, Weights, WeightsError};

/// How much memory the parameters of `module` hold; those that wait for their numbers hold none.
pub fn parameter_bytes<M: Module>(module: &M) -> u64 {
    let mut count = Count::default();
    module.visit(&mut count);
    count.bytes
}

/// Whether `module` keeps matrices in one byte a number, which cannot learn.
pub fn has_int8<M: Module>(module: &M) -> bool {
    let mut count = Count::default();
    module.visit(&mut count);
    count.has_int8
}

/// Names and shapes of all parameters of `module`.
pub fn shapes<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    let mut check = Check::default();
    module.visit(&mut check);
    check.shapes
}

#[derive(Default)]
struct Count {
    bytes: u64,
    has_int8: bool,
}

impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_initialized() {
            let tensor = param.val();
            self.bytes += (tensor.shape().num_elements() * tensor.dtype().size()) as u64;
        }
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.has_int8 = true;
        if param.is_initialized() {
            let tensor = param.val();
            self.bytes += (tensor.shape().num_elements() * tensor.dtype().size()) as u64;
        }
    }
}

pub(super) fn read<M: Module>(module: &M) -> Weights {
    let mut reader = Reader::default();
    module.visit(&mut reader);
    reader.weights
}

#[derive(Default)]
struct Reader {
    name: Name,
    weights: Weights,
}

impl ModuleVisitor for Reader {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.name.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.name.leave(name, container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.name.whole();
        let tensor = param.val().inner();
        let shape = tensor.dims().to_vec();
        let values: Vec<f32> = tensor.into_data().convert::<f32>().iter::<f32>().collect();
        let owner = name.strip_suffix(SCALE);
        match owner.and_then(|owner| self.weights.arrays.get_mut(owner)) {
            // The whole numbers were met just before.
            Some(array) => array.scale(&values),
            None => self.weights.insert(name, Array { shape, values }),
        }
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        let codes = tensor.into_data().convert::<i64>();
        let values = codes.iter::<i64>().map(|code| code as f32).collect();
        self.weights
            .insert(self.name.whole(), Array { shape, values });
    }
}

impl Array {
    /// Multiplies each row by its scale.
    fn scale(&mut self, scales: &[f32]) {
        let columns = self.values.len() / scales.len().max(1);
        let rows = self.values.chunks_exact_mut(columns.max(1));
        for (row, scale) in rows.zip(scales) {
            row.iter_mut().for_each(|value| *value *= scale);
        }
    }
}

/// Where the parameters of a network come from.
pub(super) trait Source {
    /// The numbers of the array that the network calls `name`, which differs from `shape` by sides of 1 alone.
    fn numbers(&mut self, name: &str, shape: Shape) -> Result<TensorData, WeightsError>;

    /// The same in one byte a number.
    fn int8(&mut self, name: &str) -> Result<Int8, WeightsError>;
}

pub(super) fn fill<M: Module>(weights: Weights, module: M) -> Result<M, WeightsError> {
    let shapes = weights.arrays.iter();
    let shapes = shapes.map(|(name, array)| (name.as_str(), array.shape.as_slice()));
    check(&module, &shapes.collect())?;
    apply(module, weights)
}

impl Source for Weights {
    fn numbers(&mut self, name: &str, shape: Shape) -> Result<TensorData, WeightsError> {
        match self.arrays.remove(name) {
            Some(array) => Ok(TensorData::new(array.values, shape)),
            None => Err(absent(name)),
        }
    }

    fn int8(&mut self, name: &str) -> Result<Int8, WeightsError> {
        let Some(Array { shape, values }) = self.arrays.remove(name) else {
            return Err(absent(name));
        };
        let rows = shape.first().copied().unwrap_or(0);
        let columns = values.len() / rows.max(1);
        let row = |at: usize| Ok(values[at * columns..(at + 1) * columns].to_vec());
        Int8::new(rows, columns, row).map_err(|problem| WeightsError::Misfit {
            problems: vec![format!("`{name}` {problem}")],
        })
    }
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

/// `module` with what `source` gives for each of its parameters.
///
/// Errors: the first of `source`.
pub(super) fn apply<M: Module>(module: M, source: impl Source) -> Result<M, WeightsError> {
    let mut filler = Filler {
        name: Name::default(),
        source,
        scales: None,
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
    name: Name,
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
    fn enter_module(&mut self, name: &str, container: &str) {
        self.name.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.name.leave(name, container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.name.whole();
        let owner = name.strip_suffix(SCALE);
        // The scales of a matrix are made of it where the file has none.
        if owner.is_some_and(|owner| self.shapes.contains_key(owner)) {
            return;
        }
        let _ = self.shapes.insert(name, param.lazy_shape().to_vec());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        let shape = param.lazy_shape().to_vec();
        let _ = self.shapes.insert(self.name.whole(), shape);
    }
}

struct Filler<S> {
    name: Name,
    source: S,
    /// The scales of the matrix that was met last, and what they are called.
    scales: Option<(String, Vec<f32>)>,
    failed: Option<WeightsError>,
}

impl<S: Source> ModuleMapper for Filler<S> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.name.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.name.leave(name, container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failed.is_some() {
            return param;
        }
        let (name, shape) = (self.name.whole(), param.lazy_shape());
        let scales = self.scales.take_if(|(called, _)| *called == name);
        let data = match scales {
            Some((_, scales)) => Ok(TensorData::new(scales, shape)),
            None => self.source.numbers(&name, shape),
        };
        match data {
            Ok(data) => {
                let device = param.lazy_device().without_autodiff();
                let dtype = data.dtype();
                Param::initialized(param.id, Tensor::from_data(data, (&device, dtype)))
            }
            Err(error) => {
                self.failed = Some(error);
                param
            }
        }
    }

    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        if self.failed.is_some() {
            return param;
        }
        let name = self.name.whole();
        match self.source.int8(&name) {
            Ok(Int8 { codes, scales }) => {
                self.scales = Some((format!("{name}{SCALE}"), scales));
                let device = param.lazy_device().without_autodiff();
                let data = TensorData::new(codes, param.lazy_shape());
                Param::initialized(param.id, Tensor::from_data(data, (&device, DType::I8)))
            }
            Err(error) => {
                self.failed = Some(error);
                param
            }
        }
    }
}
