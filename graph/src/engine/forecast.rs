//! What of a plan has to be run, and what can be had from the cache.

use super::event::Reason;
use super::key::{InputKeys, Key, Parts};
use super::work::{Context, params};
use crate::node::Effect;
use crate::plan::{Origin, Step};
use crate::port::Values;

/// What is to be done about each step.
pub enum Need {
    /// It must run, as far as can be told beforehand.
    Run,
    /// Its result is at hand.
    Cached { values: Values, key: Key },
    /// Nobody needs it; where results are shown, what is at hand all the same.
    Nothing { at_hand: Option<Values> },
}

/// Goes through the plan from its results back: what is at hand needs nothing else.
pub fn needs(context: &Context<'_>) -> Vec<Need> {
    let steps = context.plan.steps();
    let forecasts = forecasts(context);
    let mut wanted = wanted_anyway(context);
    let mut needs: Vec<Need> = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate().rev() {
        let at_hand = match &forecasts[at] {
            Some(parts) if (wanted[at] || context.options.show) && context.may_use_cache(step) => {
                let key = parts.key();
                let values = context.engine.cache().get(&key);
                values.map(|values| (values, key))
            }
            _ => None,
        };
        needs.push(match (wanted[at], at_hand) {
            (false, at_hand) => Need::Nothing {
                at_hand: at_hand.map(|(values, _)| values),
            },
            (true, Some((values, key))) => Need::Cached { values, key },
            (true, None) => {
                for origin in step.origins() {
                    wanted[origin.step] = true;
                }
                Need::Run
            }
        });
    }
    needs.reverse();
    for ((need, parts), step) in needs.iter().zip(forecasts).zip(steps) {
        if let (Need::Cached { .. }, Some(parts)) = (need, parts) {
            context.remember(step, parts);
        }
    }
    needs
}

impl Need {
    /// Why the step does not run, where it does not.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Run => None,
            Self::Cached { .. } => Some(Reason::Unchanged),
            Self::Nothing { .. } => Some(Reason::NotNeeded),
        }
    }
}

/// Which steps somebody outside wants: results, ends of the graph, and what does more than compute.
fn wanted_anyway(context: &Context<'_>) -> Vec<bool> {
    let steps = context.plan.steps();
    let mut has_consumer = vec![false; steps.len()];
    for origin in steps.iter().flat_map(Step::origins) {
        has_consumer[origin.step] = true;
    }
    let mut wanted: Vec<bool> = steps
        .iter()
        .zip(has_consumer)
        .map(|(step, has_consumer)| {
            let effect = step.entry.descriptor.effect;
            !has_consumer
                || matches!(effect, Effect::WritesFiles | Effect::Impure)
                || context.options.keep.contains(&step.id)
        })
        .collect();
    for Origin { step, .. } in context.plan.results().values() {
        wanted[*step] = true;
    }
    wanted
}

/// What each step will be computed from, where that can be told before anything has run.
fn forecasts(context: &Context<'_>) -> Vec<Option<Parts>> {
    let steps = context.plan.steps();
    let mut forecasts: Vec<Option<Parts>> = Vec::with_capacity(steps.len());
    let mut keys: Vec<Option<Key>> = Vec::with_capacity(steps.len());
    for step in steps {
        let parts = forecast(context, step, &keys);
        keys.push(parts.as_ref().map(Parts::key));
        forecasts.push(parts);
    }
    forecasts
}

fn forecast(context: &Context<'_>, step: &Step, keys: &[Option<Key>]) -> Option<Parts> {
    if !context.options.use_cache || step.entry.descriptor.effect == Effect::Impure {
        return None;
    }
    let mut wired = Vec::with_capacity(step.wired.len());
    for (_, origin) in &step.wired {
        let values = context.engine.cache().get(&keys[origin.step]?)?;
        let [value] = values.at(&origin.port) else {
            return None;
        };
        wired.push(value.clone());
    }
    let inputs = step.input_keys(|origin| keys[origin.step])?;
    context.parts(step, params(step, &wired).ok()?, inputs).ok()
}

impl Step {
    /// Everything that the step takes from other steps.
    pub(super) fn origins(&self) -> impl Iterator<Item = &Origin> {
        let inputs = self.inputs.iter().flat_map(|input| &input.origins);
        inputs.chain(self.wired.iter().map(|(_, origin)| origin))
    }

    /// The keys of what comes in at each port, given the key of each step; `None` where one is not known.
    pub(super) fn input_keys(&self, key: impl Fn(&Origin) -> Option<Key>) -> Option<InputKeys> {
        self.inputs
            .iter()
            .map(|input| {
                let origins: Option<Vec<(Key, String)>> = input
                    .origins
                    .iter()
                    .map(|origin| Some((key(origin)?, origin.port.clone())))
                    .collect();
                Some((input.port.clone(), origins?))
            })
            .collect()
    }
}
