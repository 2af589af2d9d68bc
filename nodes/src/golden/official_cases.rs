//! The runs of the official sampler of NLD-Image, in terms of this one: `sampler_cases.json` and what belongs to it.

use graph::param::{ParamValues, Params, Seed};
use graph::random::Random;
use serde_json::Value;

use super::GoldenError;
use crate::sample::{Curve, EditSampler, Noise, Policy, TokenChoice};

/// What the file tells of a case that is no argument of the sampler, but came out or follows from the rest.
const FOUND: [&str; 4] = [
    "prompt_grid_tokens",
    "edits_per_step",
    "final_differs_from_last_after",
    "min_margin",
];

/// The sampler of every case, by the name of the case.
///
/// Errors: an argument is unknown, or is none that can be set here.
pub fn samplers(file: &Value) -> Result<Vec<(String, EditSampler)>, GoldenError> {
    let cases = file.as_object().ok_or_else(|| wrong("", "list of cases"))?;
    cases
        .iter()
        .map(|(name, arguments)| Ok((name.clone(), sampler(name, arguments)?)))
        .collect()
}

/// The chance of a case: recorded `gumbel [steps, positions]` for the choice of positions, where there is some.
pub fn noise(gumbel: Option<&[f32]>, positions: usize) -> Noise {
    let noise = Noise::seeded(Random::new(Seed(0)));
    match gumbel {
        Some(numbers) => noise.with_gumbel(numbers, positions),
        None => noise,
    }
}

/// The sampler of one case.
fn sampler(name: &str, arguments: &Value) -> Result<EditSampler, GoldenError> {
    let arguments = arguments
        .as_object()
        .ok_or_else(|| wrong(name, "list of arguments"))?;
    let mut sampler = defaults(name)?;
    for (argument, value) in arguments {
        if !FOUND.contains(&argument.as_str()) {
            set(&mut sampler, argument, value)
                .ok_or_else(|| wrong(&format!("{name}.{argument}"), "known argument"))?;
        }
    }
    Ok(sampler)
}

/// What holds where a case says nothing.
fn defaults(name: &str) -> Result<EditSampler, GoldenError> {
    let own = EditSampler::from_values(&ParamValues::new());
    let own = own.map_err(|_| wrong(name, "sampler with defaults"))?;
    Ok(EditSampler {
        steps: 20,
        shift: 3.0,
        guidance: 5.0,
        choice: TokenChoice::Multinomial,
        temperature: 1.0,
        policy: Policy::Mmada,
        choice_temperature: 1.0,
        edit_threshold: 0.0,
        ..own
    })
}

/// Sets what one argument says; nothing where it is unknown.
fn set(sampler: &mut EditSampler, argument: &str, value: &Value) -> Option<()> {
    let single = || Some(value.as_f64()? as f32);
    let whole = || u32::try_from(value.as_u64()?).ok();
    match argument {
        "n_steps" => sampler.steps = whole()?,
        "shift" => sampler.shift = single()?,
        "guidance_scale" => sampler.guidance = single()?,
        "cfg_interval" => {
            sampler.guidance_from = value.get(0)?.as_f64()?;
            sampler.guidance_to = value.get(1)?.as_f64()?;
        }
        "sample_policy" => {
            sampler.choice = match value.as_str()? {
                "argmax" => TokenChoice::Argmax,
                "multinomial" => TokenChoice::Multinomial,
                _ => return None,
            }
        }
        "temperature" => sampler.temperature = single()?,
        "top_k" => sampler.top_k = whole()?,
        "top_p" => sampler.top_p = single()?,
        "confidence_policy" => {
            sampler.policy = match value.as_str()? {
                "mmada" => Policy::Mmada,
                "mask_git" => Policy::MaskGit,
                "stratified" => Policy::Stratified,
                _ => return None,
            }
        }
        "alg_temp" => sampler.choice_temperature = single()?,
        "dynamic_temperature" => sampler.dynamic = value.as_bool()?,
        "schedule_temp" => {
            sampler.curve = match value.as_str()? {
                "linear" => Curve::Linear,
                "cosine2" => Curve::Cosine,
                "shift" => Curve::Shift,
                "exp" => Curve::Exponential,
                _ => return None,
            }
        }
        "shift_alg" => sampler.curve_shift = single()?,
        "min_temperature" => sampler.minimum = single()?,
        "order_cutoff" => sampler.order_cutoff = value.as_f64()?.min(1.0),
        // Below 0 is off, which is 0 here.
        "edit_threshold" => sampler.edit_threshold = single()?.max(0.0),
        _ => return None,
    }
    Some(())
}

fn wrong(name: &str, expected: &str) -> GoldenError {
    GoldenError::Input {
        name: format!("sampler_cases.json: {name}"),
        expected: expected.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::samplers;
    use crate::sample::{Curve, Policy};

    #[test]
    fn arguments_become_settings() {
        let file = json!({"a": {
            "n_steps": 8, "shift": 5, "alg_temp": 5.0, "confidence_policy": "stratified",
            "dynamic_temperature": true, "schedule_temp": "cosine2", "order_cutoff": 100,
            "edit_threshold": -1, "cfg_interval": [0.25, 0.75], "min_margin": {"argmax_gap": 0.1},
        }});
        let samplers = samplers(&file).expect("all are known");
        let (name, sampler) = &samplers[0];
        assert_eq!((name.as_str(), samplers.len()), ("a", 1));
        assert_eq!((sampler.steps, sampler.shift), (8, 5.0));
        assert_eq!((sampler.choice_temperature, sampler.dynamic), (5.0, true));
        assert_eq!(
            (sampler.policy, sampler.curve),
            (Policy::Stratified, Curve::Cosine)
        );
        assert_eq!((sampler.guidance, sampler.temperature), (5.0, 1.0));
        assert_eq!((sampler.guidance_from, sampler.guidance_to), (0.25, 0.75));
        assert_eq!((sampler.edit_threshold, sampler.order_cutoff), (0.0, 1.0));
    }

    #[test]
    fn an_argument_that_is_unknown_is_an_error() {
        for arguments in [json!({"n_step": 8}), json!({"confidence_policy": "halton"})] {
            let error = samplers(&json!({"a": arguments})).expect_err("it is unknown");
            let text = error.to_string();
            assert!(text.contains("known argument"), "{text}");
        }
    }
}
