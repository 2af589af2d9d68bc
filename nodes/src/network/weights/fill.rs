//! Networks filled from a checkpoint, array by array.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{DType, Shape, TensorData};
use rayon::prelude::*;
use safetensors::Dtype;

use super::checkpoint::{Checkpoint, Stored, widened};
use super::int8::Int8;
use super::module::{self, Source};
use super::{Kept, WeightsError};

/// A network that was filled from a checkpoint.
#[derive(Debug)]
pub struct Filled<M> {
    /// The network.
    pub module: M,
    /// The arrays that the network has no use for, in order of their names.
    pub passed_over: Vec<String>,
    /// A fingerprint of the arrays that went into it.
    pub hash: String,
}

/// What a network is filled from, and what was read so far.
struct Reading<'a> {
    checkpoint: &'a Checkpoint,
    /// What the checkpoint calls the arrays that the network has.
    names: BTreeMap<String, &'a str>,
    kept: Kept,
    /// A fingerprint of each array.
    hashes: BTreeMap<String, blake3::Hash>,
}

impl Checkpoint {
    /// `module` with these arrays.
    ///
    /// `by` says what the module calls an array; those for which it gives none are passed over.
    /// Sides of 1 at the end of an array's shape do not count: a 1 × 1 convolution is a matrix.
    ///
    /// Errors: every key that is missing, unknown or of another shape, before the first array is read; then those of
    /// [`Checkpoint::read`].
    pub fn fill<M: Module>(
        &self,
        module: M,
        kept: Kept,
        by: impl Fn(&str) -> Option<String>,
    ) -> Result<Filled<M>, WeightsError> {
        let (names, passed_over) = self.names(by);
        module::check_against(self, &names, &module)?;
        let mut reading = Reading {
            checkpoint: self,
            names,
            kept,
            hashes: BTreeMap::new(),
        };
        let module = module::apply(module, &mut reading)?;
        let mut hasher = blake3::Hasher::new();
        for (name, hash) in &reading.hashes {
            let _ = hasher.update(name.as_bytes()).update(hash.as_bytes());
        }
        Ok(Filled {
            module,
            passed_over,
            hash: hasher.finalize().to_hex().to_string(),
        })
    }

    /// What keys are missing, unknown or of another shape, if `module` is filled like that; nothing is read.
    pub fn problems<M: Module>(
        &self,
        module: &M,
        by: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let (names, _) = self.names(by);
        match module::check_against(self, &names, module) {
            Err(WeightsError::Misfit { problems }) => problems,
            Ok(()) | Err(_) => Vec::new(),
        }
    }

    /// The arrays by the names that `by` gives them, and the names of those for which it gives none.
    fn names(&self, by: impl Fn(&str) -> Option<String>) -> (BTreeMap<String, &str>, Vec<String>) {
        let mut names = BTreeMap::new();
        let mut passed_over = Vec::new();
        for name in self.arrays().keys().filter(|name| !self.is_scale(name)) {
            match by(name) {
                Some(own) => {
                    let _ = names.insert(own, name.as_str());
                }
                None => passed_over.push(name.clone()),
            }
        }
        (names, passed_over)
    }
}

impl<'a> Reading<'a> {
    /// The array that the network calls `own`: its name in the checkpoint, what it is, and its bytes.
    fn read(&mut self, own: &str) -> Result<(&'a str, &'a Stored, Vec<u8>), WeightsError> {
        let Some(name) = self.names.get(own) else {
            return Err(module::absent(own));
        };
        let (stored, bytes) = self.checkpoint.bytes(name)?;
        let _ = self.hashes.insert(own.to_owned(), blake3::hash(&bytes));
        Ok((name, stored, bytes))
    }
}

impl Source for &mut Reading<'_> {
    fn numbers(&mut self, own: &str, shape: Shape) -> Result<TensorData, WeightsError> {
        let (name, stored, bytes) = self.read(own)?;
        let dtype = match (self.kept, stored.dtype()) {
            (Kept::AsStored, Dtype::BF16) => DType::BF16,
            (Kept::AsStored, Dtype::F16) => DType::F16,
            _ => {
                let values = self.checkpoint.values(name, stored, &bytes)?;
                return Ok(TensorData::new(values, shape));
            }
        };
        // The exponent of a number that is not finite is all ones.
        let exponent: u16 = if dtype == DType::BF16 { 0x7f80 } else { 0x7c00 };
        let words = bytes.as_chunks::<2>().0;
        let broken = words
            .par_iter()
            .position_any(|word| u16::from_le_bytes(*word) & exponent == exponent);
        match broken {
            Some(at) => {
                let problem = format!("holds no finite number at {at}");
                Err(self.checkpoint.broken(name, stored, problem))
            }
            None => Ok(TensorData::from_bytes_vec(bytes, shape, dtype)),
        }
    }

    fn int8(&mut self, own: &str) -> Result<Int8, WeightsError> {
        let (name, stored, bytes) = self.read(own)?;
        if stored.dtype() == Dtype::I8 {
            return Ok(Int8 {
                scales: self.checkpoint.scales(name, stored)?,
                codes: bytes.into_iter().map(|byte| byte as i8).collect(),
            });
        }
        let rows = stored.shape().first().copied().unwrap_or(0);
        let numbers: usize = stored.shape().iter().product();
        let row_bytes = bytes.len() / rows.max(1);
        let row = |at: usize| widened(stored.dtype(), &bytes[at * row_bytes..(at + 1) * row_bytes]);
        let int8 = Int8::new(rows, numbers / rows.max(1), row);
        int8.map_err(|problem| self.checkpoint.broken(name, stored, problem))
    }
}
