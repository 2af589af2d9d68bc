//! Checking a graph against the kinds of node that there are.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::Resolver;
use super::{Plan, PlanError, interface, similar};
use crate::document::{Graph, NodeId, PlacedNode, State, Wire};
use crate::kind::Kind;
use crate::node::Descriptor;
use crate::param::{ParamError, ParamKind, ParamSpec, ParamValue, ParamValues, complete};
use crate::plugin::Versions;
use crate::port::Arity;
use crate::registry::{Entry, Registry};

/// The plan of the nodes in `scope`, which holds all that they depend on.
pub fn plan(
    graph: &Graph,
    registry: &Registry,
    scope: &BTreeSet<NodeId>,
) -> Result<Plan, Vec<PlanError>> {
    let mut errors = Vec::new();
    let mut known: BTreeMap<&NodeId, (&PlacedNode, &Entry)> = BTreeMap::new();
    for (id, node) in graph.nodes().iter().filter(|(id, _)| scope.contains(*id)) {
        match registry.get(&node.kind) {
            Some(entry) => {
                let _ = known.insert(id, (node, entry));
                errors.extend(plugin_version(graph, registry, id, &node.kind));
                let newest = entry.descriptor.version;
                if node.version > newest && node.state != Some(State::Muted) {
                    errors.push(PlanError::NewerVersion {
                        node: id.clone(),
                        kind: node.kind.clone(),
                        found: node.version,
                        known: newest,
                    });
                }
            }
            // Muting is how one runs the rest of a graph without a missing plugin.
            None if node.state == Some(State::Muted) => {}
            None => errors.push(unknown_kind(graph, registry, id, &node.kind)),
        }
    }
    let descriptor = |id: &NodeId| known.get(id).map(|(_, entry)| &*entry.descriptor);
    wires(graph, scope, descriptor, &mut errors);
    interface::check(graph, descriptor, &mut errors);
    let resolver = Resolver::new(graph, scope, &known, &mut errors);
    let plan = resolver.plan(&mut errors);
    if errors.is_empty() {
        Ok(plan)
    } else {
        Err(errors)
    }
}

pub fn unknown_kind(graph: &Graph, registry: &Registry, node: &NodeId, kind: &str) -> PlanError {
    let kinds = registry.iter().map(|entry| entry.descriptor.id.as_str());
    let similar = similar(kind, kinds);
    let plugin = obstacle(registry, kind).or_else(|| match similar {
        Some(_) => None,
        None => absent(graph, registry),
    });
    PlanError::UnknownKind {
        node: node.clone(),
        kind: kind.into(),
        similar,
        plugin,
    }
}

/// Why a kind that a plugin brings cannot be used.
fn obstacle(registry: &Registry, kind: &str) -> Option<String> {
    let (plugin, offer) = registry.plugin_of(kind)?;
    let obstacle = offer.obstacle.as_ref()?;
    Some(format!(
        "the plugin `{plugin}` brings it, but {}: {}",
        obstacle.problem, obstacle.hint
    ))
}

/// Which plugins the workflow needs and nobody has.
fn absent(graph: &Graph, registry: &Registry) -> Option<String> {
    let needed = graph.plugins().iter();
    let absent: Vec<String> = needed
        .filter(|(plugin, _)| !registry.plugins().contains_key(*plugin))
        .map(|(plugin, versions)| format!("`{plugin}` ({versions})"))
        .collect();
    let (what, them) = match absent.len() {
        0 => return None,
        1 => ("the plugin", "it"),
        _ => ("the plugins", "them"),
    };
    Some(format!(
        "the workflow needs {what} {}: install {them}, `smalto plugins list` says where plugins are looked for",
        absent.join(", ")
    ))
}

/// What is wrong with the version of the plugin that brings `kind`.
fn plugin_version(
    graph: &Graph,
    registry: &Registry,
    node: &NodeId,
    kind: &str,
) -> Option<PlanError> {
    let (plugin, offer) = registry.plugin_of(kind)?;
    let wanted = graph.plugins().get(plugin)?;
    match wanted.parse::<Versions>() {
        Ok(versions) if versions.allow(offer.version) => None,
        // What is no requirement allows nothing.
        Ok(_) | Err(_) => Some(PlanError::PluginVersion {
            node: node.clone(),
            plugin: plugin.into(),
            wanted: wanted.clone(),
            found: offer.version.to_string(),
        }),
    }
}

/// Checks that every wire fits, and that no input has more than it takes.
fn wires<'a>(
    graph: &Graph,
    scope: &BTreeSet<NodeId>,
    descriptor: impl Fn(&NodeId) -> Option<&'a Descriptor>,
    errors: &mut Vec<PlanError>,
) {
    let mut first_at_port: Option<&Wire> = None;
    for here in graph
        .wires()
        .iter()
        .filter(|wire| scope.contains(&wire.to.node))
    {
        let first = first_at_port.filter(|first| first.to == here.to);
        first_at_port = first.or(Some(here));
        let Some(to) = descriptor(&here.to.node) else {
            continue;
        };
        let takes_many = to
            .input(&here.to.port)
            .is_some_and(|port| port.arity == Arity::Many);
        if let Some(first) = first
            && !takes_many
        {
            errors.push(PlanError::TwoWires {
                first: first.clone(),
                second: here.clone(),
            });
        }
        let Some(from) = descriptor(&here.from.node) else {
            continue;
        };
        if let Err(error) = wire(from, to, here) {
            errors.push(*error);
        }
    }
}

/// Checks that what comes out at one end of `wire` may go in at the other, and returns what that is.
pub fn wire(from: &Descriptor, to: &Descriptor, wire: &Wire) -> Result<Kind, Box<PlanError>> {
    let Some(output) = from.output(&wire.from.port) else {
        let ports = || from.outputs.iter().map(|port| &port.name);
        return Err(Box::new(PlanError::UnknownOutput {
            wire: wire.clone(),
            similar: similar(&wire.from.port, ports().map(String::as_str)),
            known: names(ports()),
        }));
    };
    let Some(expected) = input_kind(to, &wire.to.port) else {
        let inputs = to.inputs.iter().map(|port| &port.name);
        let ports = || {
            inputs
                .clone()
                .chain(to.params.iter().map(|spec| &spec.name))
        };
        return Err(Box::new(PlanError::UnknownInput {
            wire: wire.clone(),
            similar: similar(&wire.to.port, ports().map(String::as_str)),
            known: names(ports()),
        }));
    };
    output.kind.unify(&expected).ok_or_else(|| {
        Box::new(PlanError::KindMismatch {
            wire: wire.clone(),
            found: output.kind.clone(),
            expected,
        })
    })
}

/// What the input or parameter called `name` takes.
fn input_kind(descriptor: &Descriptor, name: &str) -> Option<Kind> {
    match descriptor.input(name) {
        Some(port) => Some(port.kind.clone()),
        None => Some(Kind::new(descriptor.param(name)?.wire_kind())),
    }
}

/// Every parameter of `node` that is not `wired`, defaults filled in.
pub fn params(
    id: &NodeId,
    node: &PlacedNode,
    entry: &Entry,
    wired: &BTreeSet<&str>,
    errors: &mut Vec<PlanError>,
) -> ParamValues {
    let mut node = node.clone();
    entry.bring_up_to_date(&mut node);
    let descriptor = &entry.descriptor;
    let specs: Vec<ParamSpec> = descriptor
        .params
        .iter()
        .filter(|spec| !wired.contains(spec.name.as_str()))
        .cloned()
        .collect();
    let mut values = node.params;
    values.retain(|name, _| !wired.contains(name.as_str()));

    let mut wrong = Vec::new();
    for (name, text) in &node.verbatim {
        wrong.push(match descriptor.param(name) {
            Some(spec) => ParamError::Invalid {
                param: name.clone(),
                expected: spec.kind.to_string(),
                found: text.clone(),
            },
            None => ParamError::Unknown {
                param: name.clone(),
                known: String::new(),
            },
        });
    }
    let complete = complete(&specs, &values).unwrap_or_else(|errors| {
        wrong.extend(errors);
        ParamValues::new()
    });
    for spec in &specs {
        if let (ParamKind::Path { .. }, Some(ParamValue::Text(path))) =
            (&spec.kind, values.get(&spec.name))
            && path.contains('\\')
        {
            wrong.push(ParamError::Invalid {
                param: spec.name.clone(),
                expected: "a path with `/` between folders, which every system understands".into(),
                found: format!("{path:?}"),
            });
        }
    }
    // What a node says of its parameters together can be asked only once all of them are there.
    if wrong.is_empty()
        && wired.is_empty()
        && let Err(errors) = entry.build(&complete)
    {
        wrong = errors;
    }
    errors.extend(
        wrong
            .into_iter()
            .map(|error| param_error(id, descriptor, error)),
    );
    complete
}

fn param_error(id: &NodeId, descriptor: &Descriptor, mut error: ParamError) -> PlanError {
    let params = || descriptor.params.iter().map(|spec| &spec.name);
    let mut near = None;
    if let ParamError::Unknown { param, known } = &mut error {
        *known = names(params());
        near = similar(param, params().map(String::as_str));
    }
    PlanError::Param {
        node: id.clone(),
        error,
        similar: near,
    }
}

/// Names as they stand in a sentence.
pub fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}
