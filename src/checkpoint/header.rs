//! The header of a safetensors file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::failure::Failure;

/// The format allows no longer header.
const LONGEST: u64 = 100_000_000;

/// The tensors of a file, by name.
#[derive(Debug)]
pub struct Header {
    /// The tensors, by name.
    pub tensors: BTreeMap<String, Tensor>,
}

/// One tensor, without its numbers.
#[derive(Debug)]
pub struct Tensor {
    /// The type of its numbers, as the format spells it: `F32`, `BF16`.
    pub dtype: String,
    /// How many numbers it holds.
    pub numbers: u64,
    /// How many bytes they fill.
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl Header {
    /// Reads the header of the file at `path`.
    ///
    /// Errors: the file cannot be read, is no safetensors file, or has lost its end.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        read(path).map_err(|problem| {
            Failure::invalid(
                format!("cannot read the weights in `{}`: {problem}", path.display()),
                "the file may be damaged or no safetensors file: take another copy",
            )
        })
    }
}

fn read(path: &Path) -> Result<Header, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)
        .map_err(|_| format!("it ends after {size} bytes, within its first number"))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST || length > size.saturating_sub(8) {
        return Err(format!(
            "its header is said to be {length} bytes long, but the file has {size}"
        ));
    }
    let mut text = vec![0; length as usize];
    file.read_exact(&mut text)
        .map_err(|error| error.to_string())?;
    let mut entries: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|error| format!("its header is damaged: {error}"))?;
    let _ = entries.remove("__metadata__");

    let mut tensors = BTreeMap::new();
    for (name, entry) in entries {
        let entry: Entry = serde_json::from_value(entry)
            .map_err(|error| format!("its entry `{name}` is damaged: {error}"))?;
        let [start, end] = entry.data_offsets;
        if start > end || end > size - 8 - length {
            return Err(format!("tensor `{name}` ends beyond the end of the file"));
        }
        let numbers = entry
            .shape
            .iter()
            .try_fold(1_u64, |all, side| all.checked_mul(*side));
        let tensor = Tensor {
            dtype: entry.dtype,
            numbers: numbers.ok_or_else(|| format!("tensor `{name}` is impossibly large"))?,
            bytes: end - start,
        };
        let _ = tensors.insert(name, tensor);
    }
    Ok(Header { tensors })
}
