//! The tables that describe a plugin, made once and kept until the process ends.

use std::ffi::c_void;
use std::ptr;

use crate::abi::{self, Str, Value, node_flag};
use crate::node::{Effect, Node};
use crate::param::{ParamKind, ParamSpec, ParamValue};
use crate::port::{Arity, PortSpec, Ports};

use super::About;
use super::extension::raw_param;
use super::shim;

/// The size of a structure, as the header wants it told.
const fn size<T>() -> u32 {
    size_of::<T>() as u32
}

fn kept<T>(value: T) -> *const T {
    Box::leak(Box::new(value))
}

fn all_kept<T>(values: impl IntoIterator<Item = T>) -> (u32, *const T) {
    let values: Vec<T> = values.into_iter().collect();
    if values.is_empty() {
        return (0, ptr::null());
    }
    let count = u32::try_from(values.len()).expect("nobody writes four billion fields");
    (count, Vec::leak(values).as_ptr())
}

/// The table of the plugin.
pub fn plugin(
    about: &About,
    nodes: Vec<&'static abi::Node>,
    get_extension: unsafe extern "C" fn(Str) -> *const c_void,
) -> &'static abi::Plugin {
    let (node_count, nodes) = all_kept(nodes.into_iter().map(ptr::from_ref));
    Box::leak(Box::new(abi::Plugin {
        struct_size: size::<abi::Plugin>(),
        abi_major: abi::ABI_MAJOR,
        abi_minor: abi::ABI_MINOR,
        id: Str::new(about.id),
        name: Str::new(about.name),
        version: Str::new(about.version),
        licence: Str::new(about.licence),
        node_count,
        nodes,
        init: None,
        deinit: None,
        get_extension: Some(get_extension),
    }))
}

/// The table of the node `N`.
pub fn node<N: Node>() -> &'static abi::Node {
    let outputs = N::Outputs::specs();
    if let Some(port) = outputs.iter().find(|port| port.arity != Arity::One) {
        panic!(
            "the output `{}` of {} must always be there: make it neither an `Option` nor a `Vec`",
            port.name,
            N::ID
        );
    }
    let specs = N::specs();
    let seeded = specs.iter().any(|spec| spec.kind == ParamKind::Seed);
    let (input_count, inputs) = all_kept(N::Inputs::specs().iter().map(port));
    let (output_count, outputs) = all_kept(outputs.iter().map(port));
    let (param_count, params) = all_kept(specs.iter().map(param));
    Box::leak(Box::new(abi::Node {
        struct_size: size::<abi::Node>(),
        version: N::VERSION,
        flags: flags::<N>(seeded),
        input_count,
        output_count,
        param_count,
        kind: Str::new(N::ID),
        title: Str::new(N::TITLE),
        doc: Str::new(N::DOC),
        inputs,
        outputs,
        params,
        create: Some(shim::create::<N>),
        infer: None,
        run: Some(shim::run::<N>),
        destroy: Some(shim::destroy::<N>),
    }))
}

/// A node of this kit is `Sync` and is run by reference, so that several may always run at once.
fn flags<N: Node>(seeded: bool) -> u32 {
    let effect = match N::EFFECT {
        Effect::Pure => node_flag::PURE,
        Effect::ReadsFiles => node_flag::PURE | node_flag::READS_FILES,
        Effect::WritesFiles => node_flag::SIDE_EFFECT,
        Effect::Impure => 0,
    };
    let seeded = if seeded { node_flag::SEEDED } else { 0 };
    let deprecated = if N::DEPRECATED {
        node_flag::DEPRECATED
    } else {
        0
    };
    let cuda = if N::CUDA { node_flag::CUDA } else { 0 };
    effect | seeded | deprecated | cuda | node_flag::REENTRANT
}

fn port(spec: &PortSpec) -> *const abi::Port {
    kept(abi::Port {
        struct_size: size::<abi::Port>(),
        flags: match spec.arity {
            Arity::One => 0,
            Arity::Optional => abi::PORT_OPTIONAL,
            Arity::Many => abi::PORT_VARIADIC,
        },
        key: Str::new(spec.name),
        kind: Str::new(spec.kind),
        doc: Str::new(spec.doc),
    })
}

fn param(spec: &ParamSpec) -> *const abi::Param {
    let mut table = abi::Param {
        struct_size: size::<abi::Param>(),
        r#type: abi::PARAM_BOOL,
        flags: 0,
        choice_count: 0,
        key: Str::new(spec.name),
        doc: Str::new(spec.doc),
        unit: Str::new(spec.unit),
        default_value: spec.default.clone().map_or(ptr::null(), default),
        int_min: 0,
        int_max: 0,
        float_min: 0.0,
        float_max: 0.0,
        choices: ptr::null(),
    };
    match &spec.kind {
        ParamKind::Bool => {}
        ParamKind::Int { min, max } => {
            table.r#type = abi::PARAM_INT;
            (table.int_min, table.int_max) = (*min, *max);
        }
        ParamKind::Float { min, max } => {
            table.r#type = abi::PARAM_FLOAT;
            (table.float_min, table.float_max) = (*min, *max);
        }
        ParamKind::Text { multiline } => {
            table.r#type = abi::PARAM_TEXT;
            if *multiline {
                table.flags = abi::PARAM_FLAG_MULTILINE;
            }
        }
        ParamKind::Choice { options } => {
            table.r#type = abi::PARAM_CHOICE;
            (table.choice_count, table.choices) = all_kept(options.iter().map(choice));
        }
        ParamKind::Path { written } => {
            table.r#type = abi::PARAM_PATH;
            if *written {
                table.flags = abi::PARAM_FLAG_WRITTEN;
            }
        }
        ParamKind::Seed => table.r#type = abi::PARAM_SEED,
    }
    kept(table)
}

fn default(value: ParamValue) -> *const Value {
    kept(match value {
        ParamValue::Text(text) => Value::text(Str::new(String::leak(text))),
        ParamValue::Bool(_) | ParamValue::Int(_) | ParamValue::Float(_) => raw_param(&value),
    })
}

fn choice((name, doc): &(&'static str, &'static str)) -> *const abi::Choice {
    kept(abi::Choice {
        struct_size: size::<abi::Choice>(),
        name: Str::new(name),
        doc: Str::new(doc),
    })
}
