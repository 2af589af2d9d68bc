//! What a result depends on, in a number: whether a node has been changed since it ran, or anything before it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use graph::document::{Graph, NodeId, PlacedNode};
use graph::param::ParamValue;
use graph::registry::Registry;

/// All that the result of a node depends on in its graph; the same for the same, whatever nodes are called.
///
/// What stands in files that nodes read does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content(u64);

/// What the result of every node depends on.
pub type Contents = BTreeMap<NodeId, Content>;

/// What the result of every node of `graph` depends on.
pub fn contents(graph: &Graph, registry: &Registry) -> Contents {
    let mut contents = Contents::new();
    for id in graph.in_order() {
        let Some(node) = graph.node(id) else {
            continue;
        };
        let mut hasher = DefaultHasher::new();
        (&node.kind, node.version).hash(&mut hasher);
        // Another build of a plugin may compute something else.
        let entry = registry.get(&node.kind);
        entry.map(|entry| &entry.origin).hash(&mut hasher);
        format!("{:?}", node.state).hash(&mut hasher);
        let wires = graph.wires_into(id);
        for wire in wires {
            let before = contents.get(&wire.from.node).map(|content| content.0);
            (&wire.to.port, &wire.from.port, before).hash(&mut hasher);
        }
        // What a wire brings takes the place of what is set.
        let is_wired = |name: &str| wires.iter().any(|wire| wire.to.port == name);
        for (name, value) in values(node, registry) {
            if !is_wired(name) {
                (name, value).hash(&mut hasher);
            }
        }
        let _ = contents.insert(id.clone(), Content(hasher.finish()));
    }
    contents
}

/// What the parameters of `node` are, set or not, as text.
fn values<'a>(node: &'a PlacedNode, registry: &'a Registry) -> BTreeMap<&'a str, String> {
    let specs = registry.get(&node.kind);
    let specs = specs.map(|entry| entry.descriptor.params.iter());
    let defaults = specs.into_iter().flatten();
    let defaults = defaults.filter_map(|spec| Some((spec.name.as_str(), spec.default.as_ref()?)));
    let set = node.params.iter();
    let set = set.map(|(name, value)| (name.as_str(), value));
    let values = defaults.chain(set);
    let mut values: BTreeMap<&str, String> =
        values.map(|(name, value)| (name, exact(value))).collect();
    let verbatim = node.verbatim.iter();
    values.extend(verbatim.map(|(name, text)| (name.as_str(), text.clone())));
    values
}

/// A value as text that is another for every other value.
fn exact(value: &ParamValue) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use graph::edit::Edit;
    use graph::param::ParamValue;

    use super::{Contents, contents};
    use crate::runner::sample::{graph, id, registry};

    const GRAPH: &str = "
        start: number
        slow: slow
        other: number
        start.number -> slow.number
    ";

    /// The nodes of which `edits` change what their results depend on.
    fn changed(edits: Vec<Edit>) -> Vec<String> {
        let registry = registry();
        let mut graph = graph(GRAPH);
        let before = contents(&graph, &registry);
        for edit in edits {
            let _ = graph.apply(edit).expect("it can be done");
        }
        let after = contents(&graph, &registry);
        let differs = |before: &Contents, node| before.get(node) != after.get(node);
        let nodes = after.keys().filter(|node| differs(&before, node));
        nodes.map(ToString::to_string).collect()
    }

    fn set(value: f64) -> Edit {
        Edit::set(&id("start").port("value"), ParamValue::Float(value))
    }

    #[test]
    fn what_is_changed_counts_for_all_that_depends_on_it() {
        assert_eq!(changed(vec![set(7.0)]), ["slow", "start"]);
        let unwired = graph(GRAPH).wires()[0].clone();
        assert_eq!(changed(vec![Edit::Disconnect(unwired)]), ["slow"]);
        let muted = Edit::SetState {
            node: id("start"),
            state: Some(graph::document::State::Muted),
        };
        assert_eq!(changed(vec![muted]), ["slow", "start"]);
    }

    #[test]
    fn what_makes_no_difference_does_not_count() {
        assert!(changed(vec![set(7.0), set(1.0)]).is_empty());
        let moved = Edit::Move {
            node: id("start"),
            to: Some(graph::document::Position::new(400, 0)),
        };
        assert!(changed(vec![moved]).is_empty());
        let renamed = Edit::RenameNode {
            from: id("start"),
            to: id("begin"),
        };
        assert_eq!(changed(vec![renamed]), ["begin"], "slow is as it was");
    }
}
