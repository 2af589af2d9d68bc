//! The tables of one node.

use std::collections::BTreeSet;

use graph::kind::Kind;
use graph::node::{Descriptor, Effect};
use graph::param::{ChoiceOption, ParamKind, ParamSpec, ParamValue, PathPurpose};
use graph::port::{Arity, PortSpec};
use smalto_abi::{self as abi, node_flag, value_type};

use super::tables::Reader;
use super::{Extensions, NodeDescription};
use crate::manifest::is_name;

/// The kinds of value that have a form at the boundary.
const KINDS: [&str; 6] = ["text", "number", "image", "mask", "tokens", "policy"];

const NAME_HINT: &str = "expected lower-case letters, digits and `_`, beginning with a letter";

/// Reads one node of the plugin `plugin`.
pub fn node(
    reader: &mut Reader,
    raw: &abi::Node,
    kind: &str,
    plugin: &str,
    extensions: Extensions,
) -> NodeDescription {
    let place = format!("node `{kind}`");
    if raw.version == 0 {
        reader.report(&place, "`version` is 0", "versions are counted from 1");
    }
    for (name, is_there) in [("create", raw.create.is_some()), ("run", raw.run.is_some())] {
        if !is_there {
            reader.report(
                &place,
                format!("`{name}` is null"),
                "every node has this function",
            );
        }
    }
    let inputs = ports(reader, raw.inputs, raw.input_count, &place, plugin, true);
    let outputs = ports(reader, raw.outputs, raw.output_count, &place, plugin, false);
    let params = params(reader, raw, &place);
    if outputs.iter().any(|port| port.kind.name() == "policy") && !extensions.policy {
        reader.report(
            &place,
            "it hands out a policy, but the plugin does not offer `smalto.policy/1`",
            "answer that id in get_extension",
        );
    }
    let has_seed = params.iter().any(|spec| spec.kind == ParamKind::Seed);
    if raw.flags & node_flag::SEEDED != 0 && !has_seed {
        reader.report(
            &place,
            "it is SMALTO_NODE_SEEDED and has no parameter of the type SMALTO_PARAM_SEED",
            "add one, so that the user can choose the seed",
        );
    }
    unique(reader, &inputs, &outputs, &params, &place);
    let descriptor = Descriptor {
        id: kind.into(),
        version: raw.version,
        title: reader.words(raw.title, &place, "title"),
        doc: reader.words(raw.doc, &place, "doc"),
        effect: effect(raw.flags, &params),
        params,
        inputs,
        outputs,
    };
    NodeDescription {
        descriptor,
        reentrant: raw.flags & node_flag::REENTRANT != 0,
        cuda: raw.flags & node_flag::CUDA != 0,
        deprecated: raw.flags & node_flag::DEPRECATED != 0,
        infers: raw.infer.is_some(),
    }
}

fn effect(flags: u32, params: &[ParamSpec]) -> Effect {
    let writes = params.iter().any(|spec| {
        let purpose = PathPurpose::Write;
        spec.kind == ParamKind::Path { purpose }
    });
    let has = |flag: u32| flags & flag != 0;
    if has(node_flag::SIDE_EFFECT) {
        return if writes {
            Effect::WritesFiles
        } else {
            Effect::Impure
        };
    }
    match (has(node_flag::PURE), has(node_flag::READS_FILES)) {
        (false, _) => Effect::Impure,
        (true, true) => Effect::ReadsFiles,
        (true, false) => Effect::Pure,
    }
}

/// A wire ends at an input or a parameter, and begins at an output: no name may mean two of these at either end.
fn unique(
    reader: &mut Reader,
    inputs: &[PortSpec],
    outputs: &[PortSpec],
    params: &[ParamSpec],
    place: &str,
) {
    let mut twice = BTreeSet::new();
    for ports in [inputs, outputs] {
        let ports = ports.iter().map(|port| &port.name);
        let mut seen = BTreeSet::new();
        for name in ports.chain(params.iter().map(|spec| &spec.name)) {
            if !seen.insert(name) {
                let _ = twice.insert(name);
            }
        }
    }
    for name in twice {
        reader.report(
            place,
            format!("two of its ports and parameters are called `{name}`"),
            "give one of them another name",
        );
    }
}

fn ports(
    reader: &mut Reader,
    pointers: *const *const abi::Port,
    count: u32,
    place: &str,
    plugin: &str,
    is_input: bool,
) -> Vec<PortSpec> {
    let what = if is_input { "input" } else { "output" };
    let raw = reader.array(pointers, count, &format!("{place}, {what}s"));
    let mut found = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let Some(raw) = raw else { continue };
        let name = reader.text(raw.key, &format!("{place}, {what} number {index}"), "key");
        let place = format!("{place}, {what} `{name}`");
        if !is_name(&name) {
            reader.report(&place, format!("`key` is `{name}`"), NAME_HINT);
        }
        let kind = reader.text(raw.kind, &place, "kind");
        let is_own = kind
            .strip_prefix(plugin)
            .is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'));
        if !KINDS.contains(&kind.as_str()) && !is_own {
            let hint = format!(
                "expected one of {}, or a kind of the plugin's own, which begins with `{plugin}.`",
                KINDS.join(", ")
            );
            reader.report(&place, format!("`kind` is `{kind}`"), hint);
        }
        if is_input && kind == "policy" {
            let problem = "it takes a policy, which plugins can only hand out";
            reader.report(&place, problem, "take what the policy is made of instead");
        }
        found.push(PortSpec {
            doc: reader.words(raw.doc, &place, "doc"),
            arity: arity(reader, raw.flags, is_input, &place),
            kind: Kind::new(kind),
            name,
        });
    }
    found
}

fn arity(reader: &mut Reader, flags: u32, is_input: bool, place: &str) -> Arity {
    let optional = flags & abi::PORT_OPTIONAL != 0;
    let variadic = flags & abi::PORT_VARIADIC != 0;
    if !is_input && (optional || variadic) {
        reader.report(place, "an output has no flags", "set `flags` to 0");
        return Arity::One;
    }
    match (optional, variadic) {
        (true, true) => {
            let problem = "it is SMALTO_PORT_OPTIONAL and SMALTO_PORT_VARIADIC";
            reader.report(
                place,
                problem,
                "any number of wires includes none: leave OPTIONAL out",
            );
            Arity::Many
        }
        (true, false) => Arity::Optional,
        (false, true) => Arity::Many,
        (false, false) => Arity::One,
    }
}

fn params(reader: &mut Reader, node: &abi::Node, place: &str) -> Vec<ParamSpec> {
    let raw = reader.array(
        node.params,
        node.param_count,
        &format!("{place}, parameters"),
    );
    let mut found = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let Some(raw) = raw else { continue };
        let name = reader.text(
            raw.key,
            &format!("{place}, parameter number {index}"),
            "key",
        );
        let place = format!("{place}, parameter `{name}`");
        if !is_name(&name) {
            reader.report(&place, format!("`key` is `{name}`"), NAME_HINT);
        }
        let doc = reader.words(raw.doc, &place, "doc");
        let unit = Some(reader.text(raw.unit, &place, "unit")).filter(|unit| !unit.is_empty());
        let Some(kind) = param_kind(reader, &raw, &place) else {
            continue;
        };
        let mut spec = ParamSpec {
            name,
            doc,
            kind,
            default: None,
            unit,
        };
        spec.default = default(reader, &raw, &spec, &place);
        found.push(spec);
    }
    found
}

fn param_kind(reader: &mut Reader, raw: &abi::Param, place: &str) -> Option<ParamKind> {
    Some(match raw.r#type {
        abi::PARAM_BOOL => ParamKind::Bool,
        abi::PARAM_INT => {
            let (min, max) = (raw.int_min, raw.int_max);
            if min > max {
                let problem = format!("its range is from {min} to {max}, which holds nothing");
                reader.report(place, problem, "set int_min to at most int_max");
            }
            ParamKind::Int { min, max }
        }
        abi::PARAM_FLOAT => {
            let (min, max) = (raw.float_min, raw.float_max);
            if !(min.is_finite() && max.is_finite() && min <= max) {
                let problem = format!("its range is from {min} to {max}");
                reader.report(
                    place,
                    problem,
                    "set float_min and float_max to finite numbers in order; -DBL_MAX and DBL_MAX allow all",
                );
                return None;
            }
            ParamKind::Float { min, max }
        }
        abi::PARAM_TEXT => ParamKind::Text {
            multiline: raw.flags & abi::PARAM_FLAG_MULTILINE != 0,
        },
        abi::PARAM_CHOICE => choices(reader, raw, place),
        abi::PARAM_PATH => ParamKind::Path {
            purpose: if raw.flags & abi::PARAM_FLAG_WRITTEN == 0 {
                PathPurpose::Read
            } else {
                PathPurpose::Write
            },
        },
        abi::PARAM_SEED => ParamKind::Seed,
        other => {
            let problem = format!("`type` is {other}");
            reader.report(
                place,
                problem,
                "expected one of SMALTO_PARAM_..., which are 1 to 7",
            );
            return None;
        }
    })
}

fn choices(reader: &mut Reader, raw: &abi::Param, place: &str) -> ParamKind {
    let found = reader.array(raw.choices, raw.choice_count, &format!("{place}, choices"));
    let mut options: Vec<ChoiceOption> = Vec::new();
    let mut seen = BTreeSet::new();
    for choice in found.into_iter().flatten() {
        let name = reader.words(choice.name, place, "name of a choice");
        let doc = reader.words(choice.doc, place, "doc of a choice");
        if !seen.insert(name.clone()) {
            let problem = format!("two of its choices are called `{name}`");
            reader.report(place, problem, "give one of them another name");
        }
        options.push(ChoiceOption { name, doc });
    }
    if options.is_empty() {
        reader.report(
            place,
            "it is a choice of nothing",
            "list the names in `choices`",
        );
    }
    ParamKind::Choice { options }
}

/// The default, where there is one that the description allows.
fn default(
    reader: &mut Reader,
    raw: &abi::Param,
    spec: &ParamSpec,
    place: &str,
) -> Option<ParamValue> {
    if raw.default_value.is_null() {
        return None;
    }
    let value = reader.structure(raw.default_value, &format!("{place}, default"))?;
    let value = match value.r#type {
        value_type::BOOL => ParamValue::Bool(value.integer != 0),
        value_type::INT => ParamValue::Int(value.integer),
        value_type::FLOAT => ParamValue::Float(value.number),
        value_type::TEXT => ParamValue::Text(reader.text(value.text, place, "default")),
        other => {
            let problem = format!("its default has the type {other}");
            reader.report(
                place,
                problem,
                "expected a truth, a number or a text: 1 to 4",
            );
            return None;
        }
    };
    match spec.check(&value) {
        Ok(value) => Some(value),
        Err(error) => {
            let problem = format!("its default is not allowed: {error}");
            reader.report(place, problem, "change the default or the range");
            None
        }
    }
}
