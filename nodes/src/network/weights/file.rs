//! Between named arrays and the bytes of a safetensors file.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView, View};
use safetensors::{SafeTensors, serialize};

use super::{Array, Precision, Weights, WeightsError};

/// What the scales of `name` are called in a file of one byte a number.
const SCALE: &str = ".scale";

pub(super) fn open(path: &Path) -> Result<Weights, WeightsError> {
    let bytes = std::fs::read(path).map_err(|error| WeightsError::io(path, &error))?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| WeightsError::damaged(path, error.to_string()))?;
    let mut weights = Weights::default();
    for (name, view) in file.tensors() {
        if scaled_by(&file, &name) {
            continue;
        }
        let values = match view.dtype() {
            Dtype::I8 => dequantised(&file, &name, &view),
            _ => numbers(&view),
        };
        let values =
            values.map_err(|problem| WeightsError::damaged(path, format!("`{name}` {problem}")))?;
        let shape = view.shape().to_vec();
        weights.insert(name, Array { shape, values });
    }
    Ok(weights)
}

/// Whether the array called `name` holds the scales of another one of the same file.
fn scaled_by(file: &SafeTensors<'_>, name: &str) -> bool {
    name.strip_suffix(SCALE)
        .and_then(|owner| file.tensor(owner).ok())
        .is_some_and(|owner| owner.dtype() == Dtype::I8)
}

fn numbers(view: &TensorView<'_>) -> Result<Vec<f32>, String> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(words::<4>(bytes).map(f32::from_le_bytes).collect()),
        Dtype::BF16 => Ok(words::<2>(bytes)
            .map(|word| bf16::from_le_bytes(word).to_f32())
            .collect()),
        Dtype::F16 => Ok(words::<2>(bytes)
            .map(|word| f16::from_le_bytes(word).to_f32())
            .collect()),
        other => Err(format!(
            "holds numbers of type {other:?}; F32, F16, BF16 and I8 can be read"
        )),
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks::<N>().0.iter().copied()
}

fn dequantised(
    file: &SafeTensors<'_>,
    name: &str,
    view: &TensorView<'_>,
) -> Result<Vec<f32>, String> {
    let scales = file
        .tensor(&format!("{name}{SCALE}"))
        .map_err(|_| format!("holds whole numbers, but there is no `{name}{SCALE}`"))?;
    let scales = numbers(&scales)?;
    let rows = view.shape().first().copied().unwrap_or(0);
    if scales.len() != rows || rows == 0 {
        return Err(format!("has {rows} rows, but {} scales", scales.len()));
    }
    let columns = view.data().len() / rows;
    let rows = view.data().chunks_exact(columns.max(1)).zip(&scales);
    Ok(rows
        .flat_map(|(row, scale)| row.iter().map(|byte| f32::from(*byte as i8) * *scale))
        .collect())
}

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

/// The rows of `array` as whole numbers from −127 to 127, and the number that 1 stands for in each row.
fn quantised(array: &Array) -> (Vec<u8>, Vec<f32>) {
    let rows = array.shape[0];
    let columns = array.values.len() / rows;
    let mut bytes = Vec::with_capacity(array.values.len());
    let mut scales = Vec::with_capacity(rows);
    for row in array.values.chunks_exact(columns) {
        let largest = row
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        scales.push(scale);
        bytes.extend(row.iter().map(|value| (value / scale).round() as i8 as u8));
    }
    (bytes, scales)
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
