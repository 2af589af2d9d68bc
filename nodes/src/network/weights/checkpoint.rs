//! Weights as they lie in one file or several, read array by array.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use half::{bf16, f16};
use safetensors::Dtype;
use serde::Deserialize;

use super::header::{self, Place};
use super::int8::SCALE;
use super::{Array, Weights, WeightsError};

/// What programs call the file, or the first part of the index's name.
const NAMES: [&str; 2] = ["model", "diffusion_pytorch_model"];

/// Weights that may lead to code when they are read, and so are not.
const PICKLES: [&str; 5] = ["ckpt", "pt", "pth", "bin", "pkl"];

/// The arrays of one safetensors file or several. Their numbers stay in the files until one asks for them, and then one
/// array at a time, so that a model never lies in memory twice.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    files: Vec<PathBuf>,
    arrays: BTreeMap<String, Stored>,
    promised: Option<BTreeSet<String>>,
}

/// An array of a checkpoint, not read yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Which of the files it lies in.
    file: usize,
    place: Place,
}

impl Stored {
    /// The type of its numbers.
    pub fn dtype(&self) -> Dtype {
        self.place.dtype
    }

    /// Its sides.
    pub fn shape(&self) -> &[usize] {
        &self.place.shape
    }

    /// How many bytes it fills.
    pub fn bytes(&self) -> u64 {
        self.place.bytes
    }
}

/// What stands in `model.safetensors.index.json`.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Checkpoint {
    /// The weights at `path`: a safetensors file, or a folder with one file or an index of several.
    ///
    /// Errors: there are none, a file of the index is missing, or a file is damaged.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let (checkpoint, absent) = Self::open_what_is_there(path)?;
        match absent.into_iter().next() {
            None => Ok(checkpoint),
            Some((path, holds)) => Err(WeightsError::Shard { holds, path }),
        }
    }

    /// The same, but files of the index that are missing are told of: which, and how many arrays each holds.
    ///
    /// Errors: there are no weights, or a file is damaged.
    pub fn open_what_is_there(
        path: &Path,
    ) -> Result<(Self, BTreeMap<PathBuf, usize>), WeightsError> {
        let single = |path: PathBuf| Ok((Self::of_files(vec![path], None)?, BTreeMap::new()));
        if !path.is_dir() {
            refuse_pickle(path)?;
            return single(path.into());
        }
        for name in NAMES {
            let index = path.join(format!("{name}.safetensors.index.json"));
            if index.is_file() {
                return Self::of_index(path, &index);
            }
            let file = path.join(format!("{name}.safetensors"));
            if file.is_file() {
                return single(file);
            }
        }
        let (weights, pickle) = files(path)?;
        match (weights.as_slice(), pickle) {
            ([file], _) => single(file.clone()),
            ([], Some(path)) => Err(WeightsError::Pickle { path }),
            ([], None) => Err(WeightsError::None {
                folder: path.into(),
            }),
            (several, _) => Err(WeightsError::damaged(
                path,
                format!(
                    "there are {} weight files, but no `model.safetensors.index.json` says what belongs to what",
                    several.len()
                ),
            )),
        }
    }

    fn of_index(
        folder: &Path,
        path: &Path,
    ) -> Result<(Self, BTreeMap<PathBuf, usize>), WeightsError> {
        let text = std::fs::read(path).map_err(|error| WeightsError::io(path, &error))?;
        let index: Index = serde_json::from_slice(&text).map_err(|error| {
            WeightsError::damaged(path, format!("no index of weights: {error}"))
        })?;
        let mut shards: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for name in index.weight_map.values() {
            let mut parts = Path::new(name).components();
            let plain = matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            );
            if !plain || name.contains('\\') {
                return Err(WeightsError::damaged(
                    path,
                    format!("it names a file outside its own folder, {name:?}"),
                ));
            }
            *shards.entry(folder.join(name)).or_default() += 1;
        }
        let (there, absent): (BTreeMap<_, _>, BTreeMap<_, _>) =
            shards.into_iter().partition(|(shard, _)| shard.is_file());
        let promised = index.weight_map.into_keys().collect();
        let checkpoint = Self::of_files(there.into_keys().collect(), Some(promised))?;
        Ok((checkpoint, absent))
    }

    fn of_files(
        files: Vec<PathBuf>,
        promised: Option<BTreeSet<String>>,
    ) -> Result<Self, WeightsError> {
        let mut arrays = BTreeMap::new();
        for (file, path) in files.iter().enumerate() {
            for (name, place) in header::read(path)? {
                if arrays.contains_key(&name) {
                    return Err(WeightsError::damaged(
                        path,
                        format!("`{name}` is in another file as well"),
                    ));
                }
                let _ = arrays.insert(name, Stored { file, place });
            }
        }
        Ok(Self {
            files,
            arrays,
            promised,
        })
    }

    /// The files.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The arrays by name; those that only hold scales of others are among them.
    pub fn arrays(&self) -> &BTreeMap<String, Stored> {
        &self.arrays
    }

    /// How many numbers the arrays hold together.
    pub fn numbers(&self) -> u128 {
        let counts = self.arrays.values().map(|stored| {
            let sides = stored.shape().iter();
            sides.map(|side| *side as u128).product::<u128>()
        });
        counts.sum()
    }

    /// The names that the index promises, or `None` where there is no index.
    pub fn promised(&self) -> Option<&BTreeSet<String>> {
        self.promised.as_ref()
    }

    /// Whether the array called `name` holds the scales of another one.
    pub(super) fn is_scale(&self, name: &str) -> bool {
        let owner = name.strip_suffix(SCALE);
        let owner = owner.and_then(|owner| self.arrays.get(owner));
        owner.is_some_and(|owner| owner.dtype() == Dtype::I8)
    }

    /// The bytes of the array called `name`.
    pub(super) fn bytes(&self, name: &str) -> Result<(&Stored, Vec<u8>), WeightsError> {
        let Some(stored) = self.arrays.get(name) else {
            let problems = vec![format!("`{name}` is missing")];
            return Err(WeightsError::Misfit { problems });
        };
        let path = &self.files[stored.file];
        let failed = |error: std::io::Error| WeightsError::io(path, &error);
        let mut file = File::open(path).map_err(failed)?;
        let _ = file
            .seek(SeekFrom::Start(stored.place.offset))
            .map_err(failed)?;
        let mut bytes = vec![0; stored.place.bytes as usize];
        file.read_exact(&mut bytes).map_err(failed)?;
        Ok((stored, bytes))
    }

    /// The array called `name`, widened to f32.
    ///
    /// Errors: it cannot be read, holds numbers of another type, or a number that is not finite.
    pub fn read(&self, name: &str) -> Result<Array, WeightsError> {
        let (stored, bytes) = self.bytes(name)?;
        Ok(Array {
            shape: stored.shape().to_vec(),
            values: self.values(name, stored, &bytes)?,
        })
    }

    pub(super) fn values(
        &self,
        name: &str,
        stored: &Stored,
        bytes: &[u8],
    ) -> Result<Vec<f32>, WeightsError> {
        let values = match stored.dtype() {
            Dtype::I8 => self.dequantised(name, stored, bytes)?,
            dtype => widened(dtype, bytes).map_err(|problem| self.broken(name, stored, problem))?,
        };
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                let problem = format!("holds {} at {at}", values[at]);
                Err(self.broken(name, stored, problem))
            }
            None => Ok(values),
        }
    }

    fn dequantised(
        &self,
        name: &str,
        stored: &Stored,
        bytes: &[u8],
    ) -> Result<Vec<f32>, WeightsError> {
        let scales = self.scales(name, stored)?;
        let columns = bytes.len() / scales.len();
        let rows = bytes.chunks_exact(columns.max(1)).zip(&scales);
        Ok(rows
            .flat_map(|(row, scale)| row.iter().map(|byte| f32::from(*byte as i8) * *scale))
            .collect())
    }

    /// The scales of an array of one byte a number, one for each row; there is at least one.
    pub(super) fn scales(&self, name: &str, stored: &Stored) -> Result<Vec<f32>, WeightsError> {
        let damaged = |problem: String| self.broken(name, stored, problem);
        let scales = format!("{name}{SCALE}");
        if !self.arrays.contains_key(&scales) {
            return Err(damaged(format!(
                "holds whole numbers, but there is no `{scales}`"
            )));
        }
        let scales = self.read(&scales)?.values;
        let rows = stored.shape().first().copied().unwrap_or(0);
        if scales.len() != rows || rows == 0 {
            return Err(damaged(format!(
                "has {rows} rows, but {} scales",
                scales.len()
            )));
        }
        Ok(scales)
    }

    /// All arrays, widened to f32.
    ///
    /// Errors: as for [`Checkpoint::read`].
    pub fn all(&self) -> Result<Weights, WeightsError> {
        let mut weights = Weights::default();
        for name in self.arrays.keys().filter(|name| !self.is_scale(name)) {
            weights.insert(name.clone(), self.read(name)?);
        }
        Ok(weights)
    }

    pub(super) fn broken(
        &self,
        name: &str,
        stored: &Stored,
        problem: impl std::fmt::Display,
    ) -> WeightsError {
        WeightsError::damaged(&self.files[stored.file], format!("`{name}` {problem}"))
    }
}

/// The weight files of a folder in order of their names, and one of its pickled files.
fn files(folder: &Path) -> Result<(Vec<PathBuf>, Option<PathBuf>), WeightsError> {
    let entries = std::fs::read_dir(folder).map_err(|error| WeightsError::io(folder, &error))?;
    let mut weights = Vec::new();
    let mut pickle = None;
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("safetensors") => weights.push(path),
            Some(ending) if PICKLES.contains(&ending) => pickle = Some(path),
            Some(_) | None => {}
        }
    }
    weights.sort();
    Ok((weights, pickle))
}

fn refuse_pickle(path: &Path) -> Result<(), WeightsError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending.filter(|ending| PICKLES.contains(ending)) {
        Some(_) => Err(WeightsError::Pickle { path: path.into() }),
        None => Ok(()),
    }
}

pub(super) fn widened(dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>, String> {
    match dtype {
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
