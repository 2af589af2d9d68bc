//! The names under which a graph is run from outside.

use super::check::names;
use super::{InterfacePart, PlanError};
use crate::document::{Graph, NodeId};
use crate::node::Descriptor;
use crate::param::ParamKind;

/// The command line's own flags, which no parameter of an interface may be called.
///
/// `seed` is another: it may be the name of a seed parameter, which `--seed` sets anyway.
pub const RESERVED: &[&str] = &[
    "set",
    "device",
    "out",
    "until",
    "json",
    "explain",
    "no-cache",
    "no-metadata",
    "help",
    "version",
];

/// Checks the interface; `descriptor` knows the nodes that are to be looked at.
pub fn check<'a>(
    graph: &Graph,
    descriptor: impl Fn(&NodeId) -> Option<&'a Descriptor>,
    errors: &mut Vec<PlanError>,
) {
    let mut taken: Vec<&str> = Vec::new();
    for (name, target) in &graph.interface().params {
        let Some(descriptor) = descriptor(&target.node) else {
            continue;
        };
        let Some(spec) = descriptor.param(&target.port) else {
            errors.push(PlanError::NotAParam {
                name: name.clone(),
                target: target.clone(),
                known: names(descriptor.params.iter().map(|spec| &spec.name)),
            });
            continue;
        };
        let why = param_name_fault(name, &spec.kind, taken.iter().copied());
        match why {
            Some(why) => errors.push(PlanError::InterfaceName {
                what: InterfacePart::Parameter,
                name: name.clone(),
                why,
            }),
            None => taken.push(name),
        }
    }
    for (name, target) in &graph.interface().outputs {
        let Some(descriptor) = descriptor(&target.node) else {
            continue;
        };
        if descriptor.output(&target.port).is_none() {
            errors.push(PlanError::NotAnOutput {
                name: name.clone(),
                target: target.clone(),
                known: names(descriptor.outputs.iter().map(|port| &port.name)),
            });
        } else if let Some(why) = output_name_fault(name) {
            errors.push(PlanError::InterfaceName {
                what: InterfacePart::Output,
                name: name.clone(),
                why,
            });
        }
    }
}

/// Why an interface with parameters called `others` cannot call one of `kind` `name`; `None` where it can.
pub fn param_name_fault<'a>(
    name: &str,
    kind: &ParamKind,
    others: impl IntoIterator<Item = &'a str>,
) -> Option<&'static str> {
    let flag = name.replace('_', "-");
    if !is_plain(name) {
        Some(PLAIN)
    } else if RESERVED.contains(&flag.as_str()) {
        Some("the command line has a flag of that name")
    } else if flag == "seed" && *kind != ParamKind::Seed {
        Some("`--seed` sets the seeds, and this is no seed")
    } else if others
        .into_iter()
        .any(|other| other.replace('_', "-") == flag)
    {
        Some("another parameter differs from it in `-` and `_` alone")
    } else {
        None
    }
}

/// Why an interface cannot call an output `name`; `None` where it can.
pub fn output_name_fault(name: &str) -> Option<&'static str> {
    (!is_plain(name)).then_some(PLAIN)
}

const PLAIN: &str = "expected small letters, digits, `_` and `-`, beginning with a letter";

/// Whether `name` will do as a flag and as the name of a file, on every system.
fn is_plain(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.chars().all(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-')
        })
}
