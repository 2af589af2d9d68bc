//! Nodes whose kind has become known while their workflow was open.

use graph::document::Graph;
use graph::registry::Registry;
use graph::workflow::{Workflow, to_text};

/// `graph` as it would be read from its file now; `None` where that is no other, or cannot be.
///
/// Nodes that an older version of their kind has saved are then of the present one.
pub fn renewed(graph: &Graph, registry: &Registry) -> Option<Graph> {
    let read = Workflow::read("workflow", &to_text(graph), registry).ok()?;
    (read.graph != *graph).then_some(read.graph)
}

#[cfg(test)]
mod tests {
    use graph::document::Graph;
    use graph::node::{Descriptor, Effect};
    use graph::param::{ParamKind, ParamSpec, ParamValue};
    use graph::registry::{Entry, Registry};
    use graph::workflow::Workflow;

    use super::renewed;
    use crate::runner::sample::id;

    /// Version 2 of a kind whose parameter was called otherwise in version 1.
    fn registry() -> Registry {
        let descriptor = Descriptor {
            id: "acme.blur".into(),
            version: 2,
            title: "Blur".into(),
            doc: "Blurs.".into(),
            effect: Effect::Pure,
            params: vec![ParamSpec {
                name: "radius".into(),
                doc: "How far.".into(),
                kind: ParamKind::Int { min: 0, max: 9 },
                default: Some(ParamValue::Int(1)),
                unit: None,
            }],
            inputs: vec![],
            outputs: vec![],
        };
        let mut registry = Registry::default();
        let entry = Entry::new(
            descriptor,
            "org.acme.blur@2.0.0+00",
            |_| Err(vec![]),
            |_, params| {
                if let Some(size) = params.remove("size") {
                    let _ = params.insert("radius".into(), size);
                }
            },
        );
        let _ = registry.insert(entry);
        registry
    }

    fn opened(params: &str) -> Graph {
        let text = format!(
            "(format: 1, nodes: {{\"a\": (kind: \"acme.blur\", version: 1, params: {params})}})"
        );
        let read = Workflow::read("test", &text, &Registry::default());
        read.expect("what nobody knows is kept").graph
    }

    #[test]
    fn a_node_that_nobody_knew_is_brought_up_to_date_when_its_kind_becomes_known() {
        let graph = opened("{\"size\": 3}");
        assert_eq!(renewed(&graph, &Registry::default()), None);
        let renewed = renewed(&graph, &registry()).expect("it is of another version");
        let node = renewed.node(&id("a")).expect("it is still there");
        assert_eq!(node.version, 2);
        assert_eq!(node.params.get("radius"), Some(&ParamValue::Int(3)));
        assert_eq!(super::renewed(&renewed, &registry()), None);
    }

    #[test]
    fn what_cannot_be_read_stays_as_it_is() {
        let graph = opened("{\"size\": Elsewhere(3)}");
        assert_eq!(renewed(&graph, &registry()), None);
    }
}
