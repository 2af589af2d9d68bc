//! What the command line sets in place of what the workflow file says.

use graph::document::{Graph, NodeId, PortRef};
use std::path::Path;

use graph::edit::Edit;
use graph::param::{ParamKind, ParamSpec, ParamValue};
use graph::plan::similar;
use graph::registry::Registry;

use crate::failure::Failure;
use crate::interface::Flag;
use crate::source::seen_from;

/// Sets every seed parameter to which nothing is wired; returns how many there are.
///
/// Errors: the number is too large for a file.
pub fn set_seeds(graph: &mut Graph, registry: &Registry, seed: u64) -> Result<usize, Failure> {
    let Ok(seed) = i64::try_from(seed) else {
        return Err(Failure::invalid(
            format!("the seed {seed} is too large"),
            format!("choose one of at most {}", i64::MAX),
        ));
    };
    let mut targets = Vec::new();
    for (id, node) in graph.nodes() {
        let Some(entry) = registry.get(&node.kind) else {
            continue;
        };
        for spec in &entry.descriptor.params {
            let target = PortRef {
                node: id.clone(),
                port: spec.name.clone(),
            };
            if spec.kind == ParamKind::Seed && graph.wires_to(&target).is_empty() {
                targets.push(target);
            }
        }
    }
    for target in &targets {
        set(graph, target, ParamValue::Int(seed))?;
    }
    Ok(targets.len())
}

/// Sets a parameter that the workflow offers; a path starts at the current folder, and is set as seen from `base`.
///
/// Errors: the text is no value of the parameter.
pub fn set_flag(graph: &mut Graph, base: &Path, flag: &Flag, text: &str) -> Result<(), Failure> {
    let value = parse(&flag.spec, base, text, &format!("--{}", flag.long()))?;
    set(graph, &flag.target, value)
}

/// Sets what `--set NODE.PARAM=VALUE` says, paths as in [`set_flag`].
///
/// Errors: there is no such node or parameter, something is wired to it, or the text is no value of it.
pub fn set_param(
    graph: &mut Graph,
    registry: &Registry,
    base: &Path,
    assignment: &str,
) -> Result<(), Failure> {
    let malformed = || {
        Failure::invalid(
            format!("`--set {assignment}` is not of the form NODE.PARAM=VALUE"),
            "write for example `--set sample.steps=32`",
        )
    };
    let (target, text) = assignment.split_once('=').ok_or_else(malformed)?;
    let target: PortRef = target.parse().map_err(|_| malformed())?;
    let spec = find(graph, registry, &target)?;
    if let Some(wire) = graph.wires_to(&target).first() {
        return Err(Failure::invalid(
            format!("`--set {assignment}`: `{target}` is wired, so it cannot be set"),
            format!("it takes its value from `{}`: set that", wire.from),
        ));
    }
    let value = parse(&spec, base, text, &format!("--set {target}"))?;
    set(graph, &target, value)
}

fn find(graph: &Graph, registry: &Registry, target: &PortRef) -> Result<ParamSpec, Failure> {
    let Some(node) = graph.node(&target.node) else {
        let known = graph.nodes().keys().map(NodeId::as_str);
        return Err(Failure::invalid(
            format!(
                "`--set {target}`: the workflow has no node `{}`",
                target.node
            ),
            suggest(target.node.as_str(), known),
        ));
    };
    let Some(entry) = registry.get(&node.kind) else {
        return Err(Failure::invalid(
            format!(
                "`--set {target}`: node `{}` is of the unknown kind `{}`",
                target.node, node.kind
            ),
            "`smalto nodes` lists the kinds that there are",
        ));
    };
    entry
        .descriptor
        .param(&target.port)
        .cloned()
        .ok_or_else(|| {
            let known = entry
                .descriptor
                .params
                .iter()
                .map(|spec| spec.name.as_str());
            Failure::invalid(
                format!(
                    "`--set {target}`: node `{}` has no parameter `{}`",
                    target.node, target.port
                ),
                suggest(&target.port, known),
            )
        })
}

/// What to write instead of `name`: the most similar of the known names, else all of them.
fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match similar(name, known.iter().copied()) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None if known.is_empty() => "there are none".into(),
        None => format!("there are `{}`", known.join("`, `")),
    }
}

fn parse(spec: &ParamSpec, base: &Path, text: &str, flag: &str) -> Result<ParamValue, Failure> {
    let read = if let ParamKind::Path { .. } = spec.kind {
        spec.parse(&seen_from(base, text))
    } else {
        spec.parse(text)
    };
    read.map_err(|error| Failure::invalid(format!("`{flag}`: {error}"), spec.doc.clone()))
}

fn set(graph: &mut Graph, target: &PortRef, value: ParamValue) -> Result<(), Failure> {
    let edit = Edit::SetParam {
        node: target.node.clone(),
        name: target.port.clone(),
        value: Some(value),
    };
    match graph.apply(edit) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::invalid(
            format!("cannot set `{target}`: {error}"),
            "`smalto check` says what the workflow holds",
        )),
    }
}
