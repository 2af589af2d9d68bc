//! What a picture says of its making: the workflow, what was set, and the models' fingerprints.
//!
//! No time, host, path of the output or duration is among it, so that the same run writes the same bytes.

use std::collections::BTreeMap;

use graph::document::{Graph, NodeId};
use graph::engine::Outcome;
use graph::param::{ParamKind, ParamValue};
use graph::plan::Plan;
use graph::registry::Registry;
use graph::value::WireValue;
use graph::workflow;
use nodes::value::{Denoiser, Tokenizer};
use serde::{Deserialize, Serialize};

/// The keyword of the text chunk that holds the workflow.
pub const WORKFLOW: &str = "smalto-workflow";
/// The keyword of the text chunk that holds the [`Provenance`].
pub const RUN: &str = "smalto-run";

/// How a picture was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of the program.
    pub smalto: String,
    /// The kind of device that computed it.
    pub device: String,
    /// What the parameters were that the workflow offers.
    pub params: BTreeMap<String, ParamValue>,
    /// Every seed, by `node.parameter`.
    pub seeds: BTreeMap<String, ParamValue>,
    /// The fingerprints of the models, by the node that loaded them.
    pub models: BTreeMap<String, String>,
}

impl Provenance {
    /// How the pictures of a run were made.
    pub fn new(
        graph: &Graph,
        plan: &Plan,
        registry: &Registry,
        outcome: &Outcome,
        device: &str,
    ) -> Self {
        let mut params = BTreeMap::new();
        for (name, target) in &graph.interface().params {
            let values = plan.params(&target.node);
            if let Some(value) = values.and_then(|values| values.get(&target.port)) {
                let _ = params.insert(name.clone(), value.clone());
            }
        }
        Self {
            smalto: env!("CARGO_PKG_VERSION").into(),
            // Results differ between kinds of device, not between two cards of a kind.
            device: device.split(':').next().unwrap_or(device).into(),
            params,
            seeds: seeds(graph, plan, registry),
            models: hashes(outcome),
        }
    }

    /// The text chunks of a picture.
    pub fn chunks(&self, graph: &Graph) -> Vec<(String, String)> {
        let run = serde_json::to_string(self).unwrap_or_default();
        vec![
            (WORKFLOW.into(), workflow::to_text(graph)),
            (RUN.into(), run),
        ]
    }

    /// What is different from how a picture was made `before`, so that the same picture cannot be expected.
    pub fn differences(&self, before: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (node, hash) in &before.models {
            match self.models.get(node) {
                Some(now) if now == hash => {}
                Some(_) => lines.push(format!("node `{node}` has loaded another model")),
                None => lines.push(format!("node `{node}` has loaded no model")),
            }
        }
        if self.device != before.device {
            lines.push(format!(
                "it was made on {}, now on {}",
                before.device, self.device
            ));
        }
        if self.smalto != before.smalto {
            lines.push(format!(
                "it was made by version {}, this is {}",
                before.smalto, self.smalto
            ));
        }
        lines
    }
}

/// The nodes of `plan` whose outputs are models, so that their fingerprints can be asked for.
pub fn models(graph: &Graph, plan: &Plan, registry: &Registry) -> Vec<NodeId> {
    let is_model = |kind: &str| kind == Tokenizer::KIND || kind == Denoiser::KIND;
    plan.nodes()
        .filter(|id| {
            let entry = graph.node(id).and_then(|node| registry.get(&node.kind));
            entry.is_some_and(|entry| {
                let mut outputs = entry.descriptor.outputs.iter();
                outputs.any(|port| is_model(port.kind.name()))
            })
        })
        .cloned()
        .collect()
}

fn hashes(outcome: &Outcome) -> BTreeMap<String, String> {
    let mut hashes = BTreeMap::new();
    for (id, values) in &outcome.nodes {
        for value in values.iter().flat_map(|(_, values)| values) {
            let hash = match (value.get::<Tokenizer>(), value.get::<Denoiser>()) {
                (Some(tokenizer), _) => tokenizer.codec().hash(),
                (None, Some(denoiser)) => denoiser.scorer().hash(),
                (None, None) => continue,
            };
            let _ = hashes.insert(id.to_string(), hash);
        }
    }
    hashes
}

fn seeds(graph: &Graph, plan: &Plan, registry: &Registry) -> BTreeMap<String, ParamValue> {
    let mut seeds = BTreeMap::new();
    for id in plan.nodes() {
        let entry = graph.node(id).and_then(|node| registry.get(&node.kind));
        let (Some(entry), Some(params)) = (entry, plan.params(id)) else {
            continue;
        };
        for spec in &entry.descriptor.params {
            if let (ParamKind::Seed, Some(seed)) = (&spec.kind, params.get(&spec.name)) {
                let _ = seeds.insert(format!("{id}.{}", spec.name), seed.clone());
            }
        }
    }
    seeds
}
