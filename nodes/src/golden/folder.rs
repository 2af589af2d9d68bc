//! The files of a golden folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::GoldenError;

/// The files of a golden folder, read but not yet understood.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    config: Value,
    readme: String,
    case: BTreeMap<String, Recorded>,
}

/// One array of the case.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its sides.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Values,
}

/// The values of a recorded array, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers.
    Numbers(Vec<f32>),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Bytes: the values of pixels.
    Bytes(Vec<u8>),
}

impl Folder {
    /// Reads `config.json`, `README.md` and `case.safetensors`.
    ///
    /// Errors: one of them is missing or damaged.
    pub fn open(path: &Path) -> Result<Self, GoldenError> {
        let file = path.join("config.json");
        let config =
            serde_json::from_slice(&read(&file)?).map_err(|error| damaged(&file, error))?;
        let readme = read(&path.join("README.md"))?;
        let file = path.join("case.safetensors");
        let case = arrays(&read(&file)?).map_err(|problem| damaged(&file, problem))?;
        Ok(Self {
            path: path.into(),
            config,
            readme: String::from_utf8_lossy(&readme).into_owned(),
            case,
        })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its `config.json`.
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// Its `README.md`.
    pub fn readme(&self) -> &str {
        &self.readme
    }

    /// The arrays of its case, by name.
    pub fn case(&self) -> &BTreeMap<String, Recorded> {
        &self.case
    }

    /// Another JSON file of the folder.
    ///
    /// Errors: it is missing or damaged.
    pub fn json(&self, name: &str) -> Result<Value, GoldenError> {
        let file = self.path.join(name);
        serde_json::from_slice(&read(&file)?).map_err(|error| damaged(&file, error))
    }

    /// The numbers called `name`, and their sides.
    ///
    /// Errors: there are none, or not in `D` dimensions.
    pub fn numbers<const D: usize>(&self, name: &str) -> Result<(&[f32], [usize; D]), GoldenError> {
        if let Some(Recorded { shape, values }) = self.case.get(name)
            && let (Values::Numbers(values), Ok(shape)) = (values, shape.as_slice().try_into())
        {
            return Ok((values, shape));
        }
        Err(GoldenError::Input {
            name: name.into(),
            expected: format!("array of numbers in {D} dimensions"),
        })
    }

    /// The whole numbers called `name`, and their sides.
    ///
    /// Errors: there are none, or not in `D` dimensions.
    pub fn integers<const D: usize>(
        &self,
        name: &str,
    ) -> Result<(&[i64], [usize; D]), GoldenError> {
        if let Some(Recorded { shape, values }) = self.case.get(name)
            && let (Values::Integers(values), Ok(shape)) = (values, shape.as_slice().try_into())
        {
            return Ok((values, shape));
        }
        Err(GoldenError::Input {
            name: name.into(),
            expected: format!("array of whole numbers in {D} dimensions"),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, GoldenError> {
    std::fs::read(path).map_err(|error| GoldenError::File {
        problem: format!("a golden folder needs this file, but it cannot be read: {error}"),
        path: path.into(),
    })
}

fn damaged(path: &Path, problem: impl std::fmt::Display) -> GoldenError {
    GoldenError::File {
        problem: format!("the file is damaged: {problem}"),
        path: path.into(),
    }
}

fn arrays(bytes: &[u8]) -> Result<BTreeMap<String, Recorded>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let array = |view: &safetensors::tensor::TensorView<'_>| {
        let words = view.data().as_chunks::<4>().0.iter();
        let doubles = view.data().as_chunks::<8>().0.iter();
        let values = match view.dtype() {
            Dtype::F32 => Values::Numbers(words.map(|word| f32::from_le_bytes(*word)).collect()),
            Dtype::F64 => {
                let numbers = doubles.map(|word| f64::from_le_bytes(*word) as f32);
                Values::Numbers(numbers.collect())
            }
            Dtype::I32 => {
                let integers = words.map(|word| i32::from_le_bytes(*word).into());
                Values::Integers(integers.collect())
            }
            Dtype::I64 => Values::Integers(doubles.map(|word| i64::from_le_bytes(*word)).collect()),
            Dtype::U8 => Values::Bytes(view.data().to_vec()),
            _ => return None,
        };
        Some(Recorded {
            shape: view.shape().to_vec(),
            values,
        })
    };
    file.tensors()
        .into_iter()
        .map(|(name, view)| match array(&view) {
            Some(array) => Ok((name, array)),
            None => Err(format!(
                "`{name}` holds numbers of type {:?}; F32, F64, I32, I64 and U8 are compared",
                view.dtype()
            )),
        })
        .collect()
}
