use std::path::Path;

use graph::document::Graph;
use graph::param::FilePath;
use graph::prelude::*;
use graph::registry::Registry;
use graph::workflow::Workflow;

use super::carried;

/// Reads one file and writes another.
#[derive(Clone, Debug, Params)]
struct Convert {
    /// What is read.
    #[param(default = "")]
    source: FilePath,
    /// What is written.
    #[param(default = "", written)]
    out: FilePath,
}

#[derive(Ports)]
struct ConvertOut {
    /// What was read.
    text: String,
}

impl Node for Convert {
    const ID: &'static str = "test.convert";
    type Inputs = ();
    type Outputs = ConvertOut;

    fn run(&self, (): (), _: &mut Run) -> Result<ConvertOut, NodeError> {
        Ok(ConvertOut {
            text: self.source.0.clone(),
        })
    }
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let _ = registry.add::<Convert>();
    registry
}

fn graph(source: &str) -> Graph {
    let text = format!(
        "(format: 1, nodes: {{\"a\": (kind: \"test.convert\", params: {{\"source\": {source:?}, \"out\": \"out.txt\"}}), \
         \"b\": (kind: \"acme.load\", params: {{\"source\": {source:?}}})}})"
    );
    let read = Workflow::read("test.ron", &text, &registry());
    read.expect("the file is right").graph
}

/// What the path `source` becomes where a workflow moves from `flows` to `elsewhere`; both are folders of `root`.
fn moved(root: &Path, source: &str, elsewhere: &str) -> Option<String> {
    let mut graph = graph(source);
    let edit = carried(
        &graph,
        &registry(),
        &root.join("flows"),
        &root.join(elsewhere),
    )?;
    let _ = graph.apply(edit).expect("the parameters are there");
    let value = |node: &str, param: &str| {
        let id = graph::document::NodeId::new(node).expect("it is a name");
        let node = graph.node(&id).expect("the node is there");
        node.params[param].to_string()
    };
    assert_eq!(
        value("a", "out"),
        "\"out.txt\"",
        "what is written moves along"
    );
    assert_eq!(
        value("b", "source"),
        format!("{source:?}"),
        "nobody knows what it is"
    );
    Some(value("a", "source").trim_matches('"').to_owned())
}

#[test]
fn paths_go_on_leading_where_they_did() {
    let root = tempfile::tempdir().expect("a folder can be made");
    let root = root.path();
    for folder in ["flows/models", "flows/sub", "elsewhere/deep"] {
        std::fs::create_dir_all(root.join(folder)).expect("the folder can be written");
    }
    for file in ["flows/models/fox", "flows/same", "elsewhere/same", "data"] {
        std::fs::write(root.join(file), "").expect("the folder can be written");
    }
    let check = |source: &str, elsewhere: &str, expected: Option<&str>| {
        assert_eq!(
            moved(root, source, elsewhere).as_deref(),
            expected,
            "{source} to {elsewhere}"
        );
    };
    check("models/fox", "elsewhere", Some("../flows/models/fox"));
    check(
        "models/fox",
        "elsewhere/deep",
        Some("../../flows/models/fox"),
    );
    check("models/fox", "flows/sub", Some("../models/fox"));
    check("models/fox", "flows/models", Some("fox"));
    check("models", "elsewhere", Some("../flows/models"));
    check("../data", "elsewhere/deep", Some("../../data"));
    // It leads there already.
    check("../data", "elsewhere", None);
    check("models/fox", "flows", None);
    // Another file of the same name is not the same file.
    check("same", "elsewhere", Some("../flows/same"));
    // It leads nowhere, or does not care.
    check("no/such", "elsewhere", None);
    check("", "elsewhere", None);
    check("/", "elsewhere", None);
}
