//! The runs of the official scheduler of aMUSEd, in terms of this sampler: `scheduler_cases.json` and what belongs to it.

use graph::param::{ParamValues, Params, Seed};
use graph::random::Random;
use serde_json::Value;

use super::GoldenError;
use crate::sample::{Curve, EditSampler, Noise, Policy, ResultTokens, Schedule, TokenChoice};

/// The sampler of every case, by the name of the case.
///
/// Guidance is `u + g·(c − u)` there and `(1 + g)·c − g·u` here, one less. The temperature falls evenly from the first
/// number to the second, or from a single one to 0.01.
///
/// Errors: an argument is missing, or is none that can be set here.
pub fn samplers(file: &Value) -> Result<Vec<(String, EditSampler)>, GoldenError> {
    let cases = file.as_object().ok_or_else(|| wrong("", "list of cases"))?;
    cases
        .iter()
        .map(|(name, arguments)| {
            let sampler = sampler(arguments).ok_or_else(|| wrong(name, "known arguments"))?;
            Ok((name.clone(), sampler))
        })
        .collect()
}

/// The chance of a case: `exponential [steps, positions, codebook]` for tokens, `gumbel [steps, positions]` for positions.
pub fn noise(exponential: &[f32], gumbel: &[f32], positions: usize, codebook: usize) -> Noise {
    Noise::seeded(Random::new(Seed(0)))
        .with_exponential(exponential, positions, codebook)
        .with_gumbel(gumbel, positions)
}

/// The sampler of one case; nothing where an argument is missing or unknown.
fn sampler(arguments: &Value) -> Option<EditSampler> {
    let number = |name: &str| arguments.get(name)?.as_f64();
    let temperature = arguments.get("temperature")?;
    let (first, last) = match temperature.as_f64() {
        Some(first) => (first, 0.01),
        None => (temperature.get(0)?.as_f64()?, temperature.get(1)?.as_f64()?),
    };
    let schedule = match arguments.get("masking_schedule")?.as_str()? {
        "cosine" => Schedule::Cosine,
        "linear" => Schedule::Linear,
        _ => return None,
    };
    let own = EditSampler::from_values(&ParamValues::new()).ok()?;
    Some(EditSampler {
        steps: u32::try_from(arguments.get("steps")?.as_u64()?).ok()?,
        guidance: (number("guidance_scale")? - 1.0) as f32,
        schedule,
        starting_mask_ratio: number("starting_mask_ratio")? as f32,
        choice: TokenChoice::Multinomial,
        temperature: 1.0,
        policy: Policy::Mmada,
        choice_temperature: first as f32,
        dynamic: first > 0.0,
        curve: Curve::Linear,
        minimum: if first > 0.0 {
            (last / first) as f32
        } else {
            0.0
        },
        edit_threshold: 0.0,
        result: ResultTokens::Official,
        ..own
    })
}

fn wrong(name: &str, expected: &str) -> GoldenError {
    GoldenError::Input {
        name: format!("scheduler_cases.json: {name}"),
        expected: expected.into(),
    }
}

#[cfg(test)]
mod tests;
