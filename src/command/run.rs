//! `smalto run`: runs a workflow and writes its results.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use graph::document::{Graph, NodeId};
use graph::engine::{Engine, Outcome, RunOptions, Settings};
use graph::plan::{Plan, similar};
use graph::registry::Registry;
use graph::run::{Cancel, Resources};
use graph::value::Footprint;
use nodes::compute::Compute;
use serde_json::json;

use crate::failure::Failure;
use crate::interface::Flag;
use crate::overrides;
use crate::provenance::{self, Provenance};
use crate::results::{self, Folder, Written};
use crate::show::{self, Show};
use crate::signals::Signals;
use crate::source::Source;

/// What the cache of one run may hold.
const CACHE: Footprint = Footprint {
    host: 4 << 30,
    device: 8 << 30,
};

/// Runs a workflow and writes its results.
///
/// A workflow offers parameters of its own as further flags: `smalto run WORKFLOW --help` lists them.
/// Paths given on the command line start at the current folder, those in a workflow at the folder of its file.
#[derive(Debug, Args)]
pub struct Run {
    /// The workflow file, or a picture that carries one.
    pub workflow: PathBuf,
    /// Set a parameter of a node; may be given several times.
    #[arg(long, value_name = "NODE.PARAM=VALUE")]
    set: Vec<String>,
    /// Set every seed of the workflow to which nothing is wired.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Where to compute: auto, cpu, cuda or cuda:INDEX.
    #[arg(long, default_value = "auto")]
    device: String,
    /// The folder for the results; made where there is none.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Run this node and what it needs, nothing else; its outputs are the results.
    #[arg(long, value_name = "NODE")]
    until: Option<String>,
    /// Write events and results on standard output, one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Say of every node why it ran.
    #[arg(long)]
    explain: bool,
    /// Run every node, even where its result is known.
    #[arg(long)]
    no_cache: bool,
    /// Write pictures that do not carry the workflow, the parameters and the models' fingerprints.
    #[arg(long)]
    no_metadata: bool,
}

/// The device called `name`; says so where it is the processor for want of a card.
///
/// Errors: there is no such device.
pub fn device(name: &str) -> Result<Compute, Failure> {
    let compute = Compute::named(name).map_err(|error| {
        Failure::invalid(
            format!("`--device {name}`: {error}"),
            "`--device cpu` always works; `--device auto` takes the first card where there is one, else the processor",
        )
    })?;
    if let Some(reason) = compute.passed_over() {
        eprintln!("note: computing on the processor: {reason}");
    }
    Ok(compute)
}

impl Run {
    /// Runs the workflow of `source` with what the user has `given` for the parameters that it offers.
    pub fn execute(
        self,
        mut source: Source,
        given: &[(Flag, String)],
        registry: &Registry,
    ) -> Result<(), Failure> {
        let base = source.base(registry);
        self.apply(&mut source.workflow.graph, &base, given, registry)?;
        let until = self.until(&source.workflow.graph)?;
        let plan = match &until {
            Some(node) => source.workflow.plan_until(registry, node)?,
            None => source.workflow.plan(registry)?,
        };
        let graph = &source.workflow.graph;
        let wanted = match &until {
            Some(node) => results::of_node(graph, registry, node),
            None => results::of_interface(graph, registry, &plan)?,
        };
        let compute = device(&self.device)?;
        let folder = Folder::open(&self.out)?;

        let mut keep: BTreeSet<NodeId> = provenance::models(graph, &plan, registry)
            .into_iter()
            .collect();
        keep.extend(until);
        let options = RunOptions {
            base,
            use_cache: !self.no_cache,
            keep,
            show: false,
        };
        let cancel = Cancel::default();
        let signals = Signals::listen(cancel.clone())?;
        let mut show = Show::new(self.json, self.explain);
        let outcome = engine(&compute).run(&plan, &options, &cancel, |event| show.event(event));

        let finished = compute.finish();
        let chunks = self.chunks(&source, &plan, registry, &outcome, &compute);
        let mut written = Vec::new();
        for result in &wanted {
            written.extend(folder.write(result, &outcome, &chunks)?);
        }
        self.tell(&written);
        if outcome.cancelled {
            return Err(signals.reason());
        }
        if !outcome.failed.is_empty() {
            return Err(Failure::Nodes(outcome.failed));
        }
        finished.map_err(Failure::Device)
    }

    /// Seeds first, then what the workflow offers, then single parameters: the more exact wins.
    fn apply(
        &self,
        graph: &mut Graph,
        base: &Path,
        given: &[(Flag, String)],
        registry: &Registry,
    ) -> Result<(), Failure> {
        if let Some(seed) = self.seed
            && overrides::set_seeds(graph, registry, seed)? == 0
        {
            eprintln!("note: `--seed` changes nothing: no node here has a seed to set");
        }
        for (flag, text) in given {
            overrides::set_flag(graph, base, flag, text)?;
        }
        for assignment in &self.set {
            overrides::set_param(graph, registry, base, assignment)?;
        }
        Ok(())
    }

    fn until(&self, graph: &Graph) -> Result<Option<NodeId>, Failure> {
        let Some(name) = &self.until else {
            return Ok(None);
        };
        let known = graph.nodes().keys();
        if let Some(id) = known.clone().find(|id| id.as_str() == name) {
            return Ok(Some(id.clone()));
        }
        let hint = match similar(name, known.clone().map(NodeId::as_str)) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => {
                let known: Vec<&str> = known.map(NodeId::as_str).collect();
                format!("there are `{}`", known.join("`, `"))
            }
        };
        Err(Failure::invalid(
            format!("`--until {name}`: the workflow has no node `{name}`"),
            hint,
        ))
    }

    /// The text chunks of the pictures; says where a picture cannot come out as it was.
    fn chunks(
        &self,
        source: &Source,
        plan: &Plan,
        registry: &Registry,
        outcome: &Outcome,
        compute: &Compute,
    ) -> Vec<(String, String)> {
        let graph = &source.workflow.graph;
        let now = Provenance::new(graph, plan, registry, outcome, compute.name());
        if let Some(before) = &source.recorded {
            for difference in now.differences(before) {
                eprintln!("note: the picture will differ: {difference}");
            }
        }
        if self.no_metadata {
            return Vec::new();
        }
        now.chunks(graph)
    }

    fn tell(&self, written: &[(String, Written)]) {
        if self.json {
            show::json(&json!({"results": results::json(written)}));
        } else {
            results::print(written);
        }
    }
}

fn engine(compute: &Compute) -> Engine {
    Engine::new(Settings {
        workers: compute.nodes_at_once(),
        budget: CACHE,
        device_class: compute.name().into(),
        resources: Resources::default().with(compute.clone()),
    })
}
