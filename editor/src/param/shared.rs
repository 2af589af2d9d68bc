//! Fields that stand for the same parameter of several nodes.

use std::collections::BTreeSet;

use graph::document::{Graph, NodeId, PortRef};
use graph::edit::Edit;
use graph::param::{ParamSpec, ParamValue};

use super::fields::{Context, Fields, descriptor, effective, shown, value};

/// Whether an edit names a parameter also where it is already what it shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only where it changes.
    Changed,
    /// Everywhere, unless it changes nowhere: the moments of a drag have to be alike to be one step.
    All,
}

/// The parameters that all of `nodes` have alike, and that no wire brings; as the first of them says.
pub fn common<'a>(nodes: &BTreeSet<NodeId>, context: Context<'a>) -> Vec<&'a ParamSpec> {
    let mut nodes = nodes.iter();
    let first = nodes
        .next()
        .and_then(|first| Some((first, descriptor(context, first)?)));
    let Some((first, of_first)) = first else {
        return Vec::new();
    };
    let is_free = |node: &NodeId, name: &str| context.graph.wires_to(&node.port(name)).is_empty();
    let is_alike = |node: &NodeId, spec: &ParamSpec| {
        let same = descriptor(context, node).and_then(|other| other.param(&spec.name));
        same.is_some_and(|same| same.kind == spec.kind) && is_free(node, &spec.name)
    };
    let specs = of_first.params.iter();
    let specs = specs.filter(|spec| is_free(first, &spec.name));
    specs
        .filter(|spec| nodes.clone().all(|node| is_alike(node, spec)))
        .collect()
}

impl Fields {
    /// As [`Fields::refresh`], for fields of the first of `nodes` that stand for those of all.
    pub fn refresh_all(&mut self, nodes: &BTreeSet<NodeId>, context: Context<'_>) {
        let others: Vec<NodeId> = nodes.iter().skip(1).cloned().collect();
        if self.others != others {
            // What was typed for one shall not be taken for all.
            self.drafts.clear();
        }
        self.others = others;
        self.prepare(nodes.first(), context);
    }

    /// Whether the nodes that the field for `target` stands for have it set to different values.
    pub fn is_mixed(&self, spec: &ParamSpec, target: &PortRef, graph: &Graph) -> bool {
        let first = effective(graph, spec, target);
        let mut others = self.targets(target).skip(1);
        others.any(|other| effective(graph, spec, &other) != first)
    }

    /// The value as the field for `target` shows it; nothing where there are several.
    pub(super) fn shown(&self, spec: &ParamSpec, target: &PortRef, graph: &Graph) -> String {
        if self.is_mixed(spec, target, graph) {
            String::new()
        } else {
            shown(spec, value(graph, target))
        }
    }

    /// The edit that sets what the field for `target` stands for, unless all of it is so already.
    pub(super) fn set_all(
        &self,
        spec: &ParamSpec,
        target: &PortRef,
        value: &ParamValue,
        (graph, reach): (&Graph, Reach),
    ) -> Option<Edit> {
        let value = spec.check(value).ok()?;
        let differs = |target: &PortRef| effective(graph, spec, target) != Some(&value);
        let mut targets: Vec<PortRef> = self.targets(target).collect();
        if !targets.iter().any(differs) {
            return None;
        }
        if reach == Reach::Changed {
            targets.retain(differs);
        }
        let edits = targets
            .iter()
            .map(|target| Edit::set(target, value.clone()));
        Some(together(edits.collect()))
    }

    /// The edit that leaves what the field for `target` stands for to its default.
    pub(super) fn reset_all(&self, target: &PortRef) -> Edit {
        let edits = self.targets(target).map(|target| Edit::SetParam {
            node: target.node,
            name: target.port,
            value: None,
        });
        together(edits.collect())
    }

    /// The edit that sets what the field for `target` stands for to a file that was found.
    pub fn found(&self, target: &PortRef, path: &str) -> Edit {
        let value = || ParamValue::Text(path.into());
        let edits = self.targets(target);
        together(edits.map(|target| Edit::set(&target, value())).collect())
    }

    /// The parameters that the field for `target` stands for.
    fn targets(&self, target: &PortRef) -> impl Iterator<Item = PortRef> {
        let others = self.others.iter().map(|node| node.port(&target.port));
        std::iter::once(target.clone()).chain(others)
    }
}

fn together(mut edits: Vec<Edit>) -> Edit {
    match edits.len() {
        1 => edits.remove(0),
        _ => Edit::Batch(edits),
    }
}
