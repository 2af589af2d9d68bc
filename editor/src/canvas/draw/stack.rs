//! Which nodes lie above which.
//!
//! Within a layer all text lies above all boxes, so nodes that overlap must be in layers of their own; all others share one.

use std::collections::BTreeSet;
use std::sync::Arc;

use graph::document::NodeId;

use super::AROUND;
use crate::canvas::scene::Scene;

/// The layer of each node; kept while neither the nodes nor the selection change.
#[derive(Debug, Default)]
pub struct Stack {
    made_of: Option<(Arc<Scene>, BTreeSet<NodeId>)>,
    layers: Vec<usize>,
}

impl Stack {
    /// Makes sure that the stack is that of `scene`, where the nodes in `raised` lie above all others.
    pub fn restack(&mut self, scene: &Arc<Scene>, raised: &BTreeSet<NodeId>) {
        let is_known = self
            .made_of
            .as_ref()
            .is_some_and(|(known, above)| Arc::ptr_eq(known, scene) && above == raised);
        if !is_known {
            self.layers = layers(scene, raised);
            self.made_of = Some((scene.clone(), raised.clone()));
        }
    }

    /// The layer of a node, by its number in the scene: the lowest is 0.
    pub fn layer(&self, number: usize) -> usize {
        self.layers.get(number).copied().unwrap_or_default()
    }
}

/// The lowest layer for each node that is above all nodes below it.
fn layers(scene: &Scene, raised: &BTreeSet<NodeId>) -> Vec<usize> {
    let nodes = scene.nodes();
    let height = |number: usize| (raised.contains(&nodes[number].id), number);
    let mut heights: Vec<(bool, usize)> = (0..nodes.len()).map(height).collect();
    heights.sort_unstable();
    let mut layers: Vec<Option<usize>> = vec![None; nodes.len()];
    for (_, number) in heights {
        let reach = nodes[number].bounds.inflate(AROUND, AROUND);
        let near = scene.numbers_in(reach.inflate(AROUND, AROUND));
        let below = near.into_iter().filter_map(|other| {
            let other_reach = nodes[other].bounds.inflate(AROUND, AROUND);
            layers[other].filter(|_| other_reach.intersects(&reach))
        });
        layers[number] = Some(below.max().map_or(0, |layer| layer + 1));
    }
    layers.into_iter().map(Option::unwrap_or_default).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::canvas::sample::{graph, id, registry};

    fn stacked(text: &str, raised: &[&str]) -> Vec<usize> {
        let scene = Scene::new(&graph(text), &registry(), &BTreeSet::new());
        layers(&scene, &raised.iter().map(|name| id(name)).collect())
    }

    #[test]
    fn only_nodes_that_overlap_need_layers_of_their_own() {
        let apart = "a: test.text 0 0\nb: test.text 400 0\nc: test.text 800 0";
        let piled = "a: test.text 0 0\nb: test.text 20 20\nc: test.text 40 40\nd: test.text 800 0";

        assert_eq!(stacked(apart, &[]), [0, 0, 0]);
        assert_eq!(stacked(piled, &[]), [0, 1, 2, 0]);
    }

    #[test]
    fn what_is_selected_lies_above() {
        let piled = "a: test.text 0 0\nb: test.text 20 20";

        assert_eq!(stacked(piled, &["a"]), [1, 0]);
    }
}
