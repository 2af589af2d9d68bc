//! A training run on disk.

use std::path::Path;

use burn::module::Module;

use crate::network::weights::{Array, Precision, Weights, WeightsError};

use super::Trainer;
use super::flat::{Layout, Part, Section};

/// The name of the counters: no parameter's, since those start with the name of a [`Part`].
const COUNTERS: &str = "counters";

/// The name of the fingerprint of what the network belongs to.
const IDENTITY: &str = "identity";

/// A checkpoint, read and checked.
#[derive(Debug)]
pub struct Checkpoint {
    /// All parts, in the order of [`Part::ALL`].
    pub parts: Vec<Weights>,
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
            if section.parts().contains(&part) && !trainer.layout.is_empty(section) {
                let vector = flat.part(part);
                trainer.layout.download(&vector, section, &mut parts);
            }
        }
        all.extend(parts.rename(|name| Some(format!("{}.{name}", part.name()))));
    }
    let counters = [u64::from(trainer.step), position];
    all.insert(COUNTERS, counters_as_array(&counters));
    if let Some(identity) = trainer.identity {
        all.insert(IDENTITY, counters_as_array(&[identity]));
    }
    all.write(path, Precision::F32)
}

/// Reads the checkpoint at `path`, which must be of `identity` where both tell one.
pub fn open(
    layout: &Layout,
    identity: Option<u64>,
    path: &Path,
) -> Result<Checkpoint, WeightsError> {
    let all = Weights::open(path)?;
    let mut problems = Vec::new();
    for part in Part::ALL {
        for slot in layout.slots() {
            if !slot.section.parts().contains(&part) {
                continue;
            }
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
    let own = all.get(IDENTITY).and_then(counters_of_array::<1>);
    if let (Some(identity), Some([own]), true) = (identity, own, problems.is_empty())
        && identity != own
    {
        problems.push(
            "its sizes are right, but it was made with another configuration, vocabulary or order of groups"
                .into(),
        );
    }
    let counters = all.get(COUNTERS).and_then(counters_of_array::<2>);
    if counters.is_none() {
        problems.push(format!("`{COUNTERS}` is missing or damaged"));
    }
    let (Some([step, position]), true) = (counters, problems.is_empty()) else {
        return Err(WeightsError::Misfit { problems });
    };

    let parts = Part::ALL
        .iter()
        .map(|part| {
            let prefix = format!("{}.", part.name());
            all.clone()
                .rename(|name| name.strip_prefix(&prefix).map(Into::into))
        })
        .collect();
    Ok(Checkpoint {
        parts,
        step: step as u32,
        position,
    })
}

/// Counters as numbers of 16 bits, each of which f32 holds exactly.
fn counters_as_array(counters: &[u64]) -> Array {
    let limbs = counters
        .iter()
        .flat_map(|counter| (0..4).map(move |limb| (counter >> (16 * limb)) & 0xffff));
    Array {
        shape: vec![4 * counters.len()],
        values: limbs.map(|limb| limb as f32).collect(),
    }
}

fn counters_of_array<const N: usize>(array: &Array) -> Option<[u64; N]> {
    let whole = |value: &f32| (0.0..65536.0).contains(value) && value.fract() == 0.0;
    if array.values.len() != 4 * N || !array.values.iter().all(whole) {
        return None;
    }
    let counter = |at: usize| {
        let limbs = array.values[4 * at..4 * at + 4].iter().rev();
        limbs.fold(0_u64, |sum, limb| (sum << 16) | *limb as u64)
    };
    Some(std::array::from_fn(counter))
}
