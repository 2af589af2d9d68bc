//! A training run on disk.

use std::path::Path;

use burn::module::Module;

use crate::network::weights::{Array, Precision, Weights, WeightsError};

use super::Trainer;
use super::flat::{Layout, Part, Section};

/// The name of the counters: no parameter's, since those start with the name of a [`Part`].
const COUNTERS: &str = "counters";

/// A checkpoint, read and checked.
#[derive(Debug)]
pub struct Checkpoint {
    /// For each vector its parts, in the order of [`Part::ALL`].
    pub states: [Vec<Weights>; 2],
    /// How many updates were made.
    pub step: u32,
    /// What the caller saved with it.
    pub position: u64,
}

/// Writes the state of `trainer`.
pub fn save<M: Module>(
    trainer: &Trainer<M>,
    path: &Path,
    position: u64,
) -> Result<(), WeightsError> {
    let mut all = Weights::default();
    for part in Part::ALL {
        let mut parts = Weights::default();
        for (flat, section) in trainer.flats.iter().zip(Section::ALL) {
            trainer
                .layout
                .download(&flat.part(part), section, &mut parts);
        }
        all.extend(parts.rename(|name| Some(format!("{}.{name}", part.name()))));
    }
    let counters = [u64::from(trainer.step), position];
    all.insert(COUNTERS, counters_as_array(counters));
    all.write(path, Precision::F32)
}

/// Reads the checkpoint at `path`.
pub fn open(layout: &Layout, path: &Path) -> Result<Checkpoint, WeightsError> {
    let all = Weights::open(path)?;
    let mut problems = Vec::new();
    for part in Part::ALL {
        for slot in layout.slots() {
            let name = format!("{}.{}", part.name(), slot.name);
            match all.get(&name) {
                None => problems.push(format!("`{name}` {:?} is missing", slot.shape)),
                Some(array) if array.shape != slot.shape => problems.push(format!(
                    "`{name}` should be {:?}, but is {:?}",
                    slot.shape, array.shape
                )),
                Some(_) => {}
            }
        }
    }
    let counters = all.get(COUNTERS).and_then(counters_of_array);
    if counters.is_none() {
        problems.push(format!("`{COUNTERS}` is missing or damaged"));
    }
    let (Some([step, position]), true) = (counters, problems.is_empty()) else {
        return Err(WeightsError::Misfit { problems });
    };

    let parts: Vec<Weights> = Part::ALL
        .iter()
        .map(|part| {
            let prefix = format!("{}.", part.name());
            all.clone()
                .rename(|name| name.strip_prefix(&prefix).map(Into::into))
        })
        .collect();
    Ok(Checkpoint {
        states: [parts.clone(), parts],
        step: step as u32,
        position,
    })
}

/// Counters as numbers of 16 bits, each of which f32 holds exactly.
fn counters_as_array(counters: [u64; 2]) -> Array {
    let limbs = counters
        .iter()
        .flat_map(|counter| (0..4).map(move |limb| (counter >> (16 * limb)) & 0xffff));
    Array {
        shape: vec![8],
        values: limbs.map(|limb| limb as f32).collect(),
    }
}

fn counters_of_array(array: &Array) -> Option<[u64; 2]> {
    let whole = |value: &f32| (0.0..65536.0).contains(value) && value.fract() == 0.0;
    if array.values.len() != 8 || !array.values.iter().all(whole) {
        return None;
    }
    let counter = |limbs: &[f32]| {
        limbs
            .iter()
            .rev()
            .fold(0_u64, |sum, limb| (sum << 16) | *limb as u64)
    };
    Some([counter(&array.values[..4]), counter(&array.values[4..])])
}
