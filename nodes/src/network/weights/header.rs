//! The header of a safetensors file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::Dtype;
use serde::Deserialize;

use super::WeightsError;

/// The format allows no longer header.
const LONGEST: u64 = 100_000_000;

/// Where one array lies in its file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// From the start of the file.
    pub offset: u64,
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: Dtype,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// Where the arrays of the file at `path` lie; its numbers are not read.
///
/// Errors: the file cannot be read, is no safetensors file, or has lost its end.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Place>, WeightsError> {
    let mut file = File::open(path).map_err(|error| WeightsError::io(path, &error))?;
    let size = file
        .metadata()
        .map_err(|error| WeightsError::io(path, &error))?
        .len();
    let damaged = |problem: String| WeightsError::damaged(path, problem);
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| {
        damaged(format!(
            "it ends after {size} bytes, within its first number"
        ))
    })?;
    let length = u64::from_le_bytes(length);
    let room = size.saturating_sub(8);
    if length > LONGEST || length > room {
        return Err(damaged(format!(
            "its header is said to be {length} bytes long, but the file has {size}"
        )));
    }
    let mut text = vec![0; length as usize];
    file.read_exact(&mut text)
        .map_err(|error| WeightsError::io(path, &error))?;
    let mut entries: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&text)
        .map_err(|error| damaged(format!("its header is damaged: {error}")))?;
    let _ = entries.remove("__metadata__");

    entries
        .into_iter()
        .map(|(name, entry)| match place(entry, length, room - length) {
            Ok(place) => Ok((name, place)),
            Err(problem) => Err(damaged(format!("`{name}` {problem}"))),
        })
        .collect()
}

/// Where an array lies, if behind a header of `length` bytes there are `room` bytes.
fn place(entry: serde_json::Value, length: u64, room: u64) -> Result<Place, String> {
    let entry: Entry = serde_json::from_value(entry)
        .map_err(|error| format!("is described in a way that is not understood: {error}"))?;
    let [start, end] = entry.data_offsets;
    if start > end || end > room {
        return Err("ends beyond the end of the file".into());
    }
    let bits = entry
        .shape
        .iter()
        .try_fold(entry.dtype.bitsize() as u64, |all, side| {
            all.checked_mul(*side)
        });
    let bytes = end - start;
    if bits.map(|bits| bits.div_ceil(8)) != Some(bytes) {
        return Err(format!(
            "is said to be {:?} of type {:?}, but has {bytes} bytes",
            entry.shape, entry.dtype
        ));
    }
    Ok(Place {
        dtype: entry.dtype,
        shape: entry.shape.iter().map(|side| *side as usize).collect(),
        offset: 8 + length + start,
        bytes,
    })
}
