//! Named arrays as the bytes of a safetensors file.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use half::bf16;
use safetensors::serialize;
use safetensors::tensor::{Dtype, View};

use super::int8::{SCALE, quantise};
use super::{Array, Precision, Weights, WeightsError};

pub(super) fn write(
    weights: &Weights,
    path: &Path,
    precision: Precision,
) -> Result<(), WeightsError> {
    let mut entries = Vec::new();
    for (name, array) in &weights.arrays {
        match precision {
            Precision::Int8 if array.shape.len() > 1 && !array.values.is_empty() => {
                let (bytes, scales) = quantised(array);
                entries.push((name.clone(), Entry::new(Dtype::I8, &array.shape, bytes)));
                let rows = [scales.len()];
                let bytes = scales.iter().flat_map(|scale| scale.to_le_bytes());
                entries.push((
                    format!("{name}{SCALE}"),
                    Entry::new(Dtype::F32, &rows, bytes.collect()),
                ));
            }
            Precision::Bf16 => {
                let bytes = array.values.iter();
                let bytes = bytes.flat_map(|value| bf16::from_f32(*value).to_le_bytes());
                entries.push((
                    name.clone(),
                    Entry::new(Dtype::BF16, &array.shape, bytes.collect()),
                ));
            }
            Precision::F32 | Precision::Int8 => {
                let bytes = array.values.iter().flat_map(|value| value.to_le_bytes());
                entries.push((
                    name.clone(),
                    Entry::new(Dtype::F32, &array.shape, bytes.collect()),
                ));
            }
        }
    }
    let bytes =
        serialize(entries, None).map_err(|error| WeightsError::damaged(path, error.to_string()))?;
    write_whole(path, &bytes)
}

/// The rows of `array` as whole numbers, and what 1 stands for in each row.
fn quantised(array: &Array) -> (Vec<u8>, Vec<f32>) {
    let rows = array.shape[0];
    let columns = array.values.len() / rows;
    let mut codes = vec![0; array.values.len()];
    let both = array.values.chunks_exact(columns);
    let both = both.zip(codes.chunks_exact_mut(columns));
    let scales = both.map(|(row, codes)| quantise(row, codes)).collect();
    (codes.into_iter().map(|code| code as u8).collect(), scales)
}

pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WeightsError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let failed = |error: &std::io::Error| WeightsError::io(path, error);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(bytes).map_err(|error| failed(&error))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    let file = file.persist(path).map_err(|error| failed(&error.error))?;
    readable(&file).map_err(|error| failed(&error))
}

/// Gives a new file the rights that a new file commonly has: temporary files are their owner's alone.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Entry {
    fn new(dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> Self {
        Self {
            dtype,
            shape: shape.to_vec(),
            bytes,
        }
    }
}

impl View for Entry {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
