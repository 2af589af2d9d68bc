//! `smalto nodes`: which kinds of node there are, and what each takes, gives and lets you set.

use std::io::Write;

use clap::Args;
use graph::node::Descriptor;
use graph::param::ParamSpec;
use graph::plan::similar;
use graph::port::{Arity, PortSpec};
use graph::registry::Registry;

use crate::failure::Failure;

/// Lists the kinds of node, or explains one.
#[derive(Debug, Args)]
pub struct Nodes {
    /// The kind to explain, such as `sample.edit`; all are listed where it is left out.
    kind: Option<String>,
    /// Write descriptors as JSON.
    #[arg(long)]
    json: bool,
}

impl Nodes {
    /// Writes to standard output.
    pub fn execute(self, registry: &Registry) -> Result<(), Failure> {
        let text = match &self.kind {
            None if self.json => {
                let all: Vec<&Descriptor> = descriptors(registry).collect();
                serde_json::to_string_pretty(&all).unwrap_or_default()
            }
            None => list(registry),
            Some(kind) => {
                let descriptor = find(registry, kind)?;
                if self.json {
                    serde_json::to_string_pretty(descriptor).unwrap_or_default()
                } else {
                    explain(descriptor)
                }
            }
        };
        // A reader that has seen enough closes the pipe: no failure.
        let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
        Ok(())
    }
}

fn descriptors(registry: &Registry) -> impl Iterator<Item = &Descriptor> {
    registry.iter().map(|entry| entry.descriptor.as_ref())
}

fn find<'a>(registry: &'a Registry, kind: &str) -> Result<&'a Descriptor, Failure> {
    if let Some(entry) = registry.get(kind) {
        return Ok(entry.descriptor.as_ref());
    }
    let known = descriptors(registry).map(|descriptor| descriptor.id.as_str());
    let hint = match similar(kind, known) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => "`smalto nodes` lists them".into(),
    };
    Err(Failure::invalid(
        format!("there is no kind of node called `{kind}`"),
        hint,
    ))
}

fn list(registry: &Registry) -> String {
    let widest = descriptors(registry).map(|found| found.id.len()).max();
    let widest = widest.unwrap_or(0);
    let mut text = String::new();
    let mut group = "";
    for descriptor in descriptors(registry) {
        if !group.is_empty() && group != descriptor.group() {
            text.push('\n');
        }
        group = descriptor.group();
        let first = descriptor.doc.lines().next().unwrap_or_default();
        text.push_str(&format!("{:widest$}  {first}\n", descriptor.id));
    }
    text
}

fn explain(descriptor: &Descriptor) -> String {
    let mut text = format!(
        "{} (version {})\n{}\n",
        descriptor.id, descriptor.version, descriptor.doc
    );
    let sections: [(&str, Vec<String>); 3] = [
        ("Inputs", descriptor.inputs.iter().map(port).collect()),
        ("Parameters", descriptor.params.iter().map(param).collect()),
        ("Outputs", descriptor.outputs.iter().map(port).collect()),
    ];
    for (title, lines) in sections {
        if !lines.is_empty() {
            text.push_str(&format!("\n{title}\n{}\n", lines.join("\n")));
        }
    }
    text
}

fn port(port: &PortSpec) -> String {
    let arity = match port.arity {
        Arity::One => "",
        Arity::Optional => ", optional",
        Arity::Many => ", any number of wires",
    };
    let doc = indent(&port.doc);
    format!("  {}: {}{arity}\n{doc}", port.name, port.kind)
}

fn param(spec: &ParamSpec) -> String {
    let unit = match &spec.unit {
        Some(unit) => format!(", in {unit}"),
        None => String::new(),
    };
    let default = match &spec.default {
        Some(default) => format!(", {default} unless set"),
        None => ", must be set".into(),
    };
    let doc = indent(&spec.doc);
    format!("  {}: {}{unit}{default}\n{doc}", spec.name, spec.kind)
}

fn indent(doc: &str) -> String {
    let lines: Vec<String> = doc.lines().map(|line| format!("      {line}")).collect();
    lines.join("\n")
}
