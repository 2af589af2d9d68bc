//! Where results go: pictures, texts, curves and tokens into files, numbers to standard output.

mod folder;
mod form;
mod table;

use std::io::Write;
use std::path::PathBuf;

use graph::document::{Graph, NodeId, PortRef};
use graph::plan::Plan;
use graph::registry::Registry;
use serde_json::{Map, Value as Json, json};

pub use folder::Folder;
use form::Form;

use crate::failure::Failure;

/// A result that is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it is called, and so is its file.
    name: String,
    /// Whether it is a result of the workflow, or the output of a node.
    place: Place,
    form: Form,
}

#[derive(Clone, Debug)]
enum Place {
    /// The result of the workflow that has the same name.
    Interface,
    /// An output of a node.
    Output(PortRef),
}

/// A result that has been dealt with.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// It is in this file.
    File(PathBuf),
    /// It is a number.
    Number(f64),
    /// It has no form outside of a run; this says what it is.
    Told(String),
}

/// The results that a workflow promises.
///
/// Errors: one of them has no form outside of a run.
pub fn of_interface(
    graph: &Graph,
    registry: &Registry,
    plan: &Plan,
) -> Result<Vec<Wanted>, Failure> {
    let mut wanted = Vec::new();
    for name in plan.outputs() {
        let Some(output) = graph.interface().outputs.get(name) else {
            continue;
        };
        let kind = kind_of(graph, registry, output);
        let form = kind.as_deref().map_or(Form::Told, Form::of);
        if form == Form::Told {
            let kind = kind.unwrap_or_default();
            return Err(Failure::invalid(
                format!("the result `{name}` of the workflow is a `{kind}`, which no file holds"),
                "wire it to a node that saves it, and take it out of the interface",
            ));
        }
        wanted.push(Wanted {
            name: name.into(),
            place: Place::Interface,
            form,
        });
    }
    Ok(wanted)
}

/// The outputs of one node, as `NODE-PORT`.
pub fn of_node(graph: &Graph, registry: &Registry, node: &NodeId) -> Vec<Wanted> {
    let entry = graph
        .node(node)
        .and_then(|placed| registry.get(&placed.kind));
    let Some(entry) = entry else {
        return Vec::new();
    };
    let outputs = entry.descriptor.outputs.iter();
    outputs
        .map(|port| Wanted {
            name: format!("{node}-{}", port.name),
            place: Place::Output(node.port(&port.name)),
            form: Form::of(port.kind.name()),
        })
        .collect()
}

fn kind_of(graph: &Graph, registry: &Registry, output: &PortRef) -> Option<String> {
    let entry = registry.get(&graph.node(&output.node)?.kind)?;
    let port = entry.descriptor.output(&output.port)?;
    Some(port.kind.name().into())
}

/// Names the files that were written, and prints the numbers.
pub fn print(written: &[(String, Written)]) {
    let mut out = std::io::stdout();
    for (name, result) in written {
        // A reader that has seen enough closes the pipe; the files are written all the same.
        let _ = match result {
            Written::File(path) => writeln!(out, "{}", path.display()),
            Written::Number(number) => writeln!(out, "{name} = {number}"),
            Written::Told(text) => writeln!(out, "{name}: {text}"),
        };
    }
}

/// The same as an object: the files of each result, or its number.
pub fn json(written: &[(String, Written)]) -> Json {
    let mut object = Map::new();
    for (name, result) in written {
        match result {
            Written::File(path) => {
                let files = object.entry(name).or_insert_with(|| json!([]));
                if let Json::Array(files) = files {
                    files.push(json!(path));
                }
            }
            Written::Number(number) => drop(object.insert(name.clone(), json!(number))),
            Written::Told(text) => drop(object.insert(name.clone(), json!(text))),
        }
    }
    Json::Object(object)
}
