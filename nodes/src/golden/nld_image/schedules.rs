//! What of the official sampler follows from sizes alone: budgets, orders, temperatures, frequencies.

use kernels::sampling::{TemperatureCurve, budget, local_temperature, stratified_order};
use serde::Deserialize;

use crate::golden::{Computed, Folder, Found, GoldenError, Values};
use crate::network::denoiser::RopeConfig;
use crate::network::denoiser::rotary::frequencies;

/// What they are told by.
const FILE: &str = "schedules.json";

/// The most positions or steps that are computed, so that a damaged file takes no absurd time.
const LARGEST: usize = 1 << 20;

/// The file; a name that is not known is an error, for nobody would compare what it holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedules {
    budgets: Vec<Budget>,
    stratified: Vec<Order>,
    temperatures: Vec<Temperatures>,
    yarn_release: Yarn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    #[serde(rename = "N")]
    positions: usize,
    #[serde(rename = "T")]
    steps: usize,
    shift: f32,
    budget: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    n: usize,
    seed: u32,
    order: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Temperatures {
    n_steps: usize,
    min_temperature: f32,
    shift_alg: f32,
    linear: Vec<f32>,
    cosine2: Vec<f32>,
    shift: Vec<f32>,
    exp: Vec<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Yarn {
    head_dim: usize,
    rope_theta: f64,
    factor: f64,
    original_max_position_embeddings: usize,
    attention_factor: f64,
    inv_freq: Vec<f32>,
}

/// Computes every entry of [`FILE`] anew.
pub(super) fn compute(
    folder: &Folder,
    rope: &RopeConfig,
    computed: &mut Computed,
) -> Result<(), GoldenError> {
    let file = Schedules::deserialize(folder.json(FILE)?).map_err(|error| GoldenError::File {
        problem: format!("the file is damaged: {error}"),
        path: folder.path().join(FILE),
    })?;
    let tables = [
        ("budgets", file.budgets.len()),
        ("stratified", file.stratified.len()),
        ("temperatures", file.temperatures.len()),
    ];
    if let Some((table, _)) = tables.iter().find(|(_, entries)| *entries == 0) {
        return Err(wrong(table, "list with an entry at least"));
    }
    for entry in file.budgets {
        entry.compare(computed)?;
    }
    for entry in file.stratified {
        entry.compare(computed)?;
    }
    for entry in file.temperatures {
        entry.compare(computed)?;
    }
    file.yarn_release.compare(rope, computed)
}

impl Budget {
    fn compare(self, computed: &mut Computed) -> Result<(), GoldenError> {
        let Self {
            positions, steps, ..
        } = self;
        if positions > LARGEST || self.budget.len() != steps.min(positions) {
            return Err(wrong("budgets", "number for each step"));
        }
        let name = format!("budgets.{positions}_in_{steps}_shift_{}", self.shift);
        let found = budget(positions, steps, self.shift);
        record(computed, name, self.budget, found);
        Ok(())
    }
}

impl Order {
    fn compare(self, computed: &mut Computed) -> Result<(), GoldenError> {
        let side = self.n;
        if side.checked_mul(side) != Some(self.order.len()) {
            return Err(wrong("stratified", "place for each position of the square"));
        }
        let name = format!("stratified.{side}_seed_{}", self.seed);
        let found = stratified_order(side, side, self.seed);
        record(computed, name, self.order, found);
        Ok(())
    }
}

impl Temperatures {
    fn compare(self, computed: &mut Computed) -> Result<(), GoldenError> {
        let (steps, minimum) = (self.n_steps, self.min_temperature);
        for (name, curve, recorded) in [
            ("linear", TemperatureCurve::Linear, self.linear),
            ("cosine2", TemperatureCurve::Cosine, self.cosine2),
            ("shift", TemperatureCurve::Shift(self.shift_alg), self.shift),
            ("exp", TemperatureCurve::Exponential, self.exp),
        ] {
            if recorded.len() != steps {
                return Err(wrong("temperatures", "number for each step"));
            }
            let found = (0..steps).map(|step| local_temperature(curve, step, steps, minimum));
            let name = format!(
                "schedules.temperatures.{name}_{steps}_to_{minimum}_shift_{}",
                self.shift_alg
            );
            computed.record(name.clone(), Values::Numbers(recorded));
            computed.add(name, Found::Exact(found.collect()));
        }
        Ok(())
    }
}

impl Yarn {
    /// What the file leaves out is as `rope` of the case has it.
    fn compare(self, rope: &RopeConfig, computed: &mut Computed) -> Result<(), GoldenError> {
        if self.inv_freq.len() != self.head_dim / 2 {
            return Err(wrong("yarn_release", "frequency for each pair of a head"));
        }
        // Vectors are turned here and never scaled, which is right for a factor of 1 alone.
        if self.attention_factor != 1.0 {
            return Err(wrong("yarn_release", "`attention_factor` of 1"));
        }
        let release = RopeConfig {
            theta: self.rope_theta,
            factor: self.factor,
            original_positions: self.original_max_position_embeddings,
            ..rope.clone()
        };
        let found = frequencies(&release, self.head_dim);
        let found = found.iter().map(|frequency| *frequency as f32).collect();
        let name = "schedules.yarn_release.inv_freq";
        computed.record(name, Values::Numbers(self.inv_freq));
        computed.add(name, Found::Exact(found));
        Ok(())
    }
}

fn record(computed: &mut Computed, name: String, recorded: Vec<i64>, found: Vec<usize>) {
    let name = format!("schedules.{name}");
    let found = found.into_iter().map(|number| number as i64).collect();
    computed.record(name.clone(), Values::Integers(recorded));
    computed.add(name, Found::Integers(found));
}

fn wrong(table: &str, expected: &str) -> GoldenError {
    GoldenError::Input {
        name: format!("{FILE}: {table}"),
        expected: expected.into(),
    }
}

#[cfg(test)]
mod tests;
