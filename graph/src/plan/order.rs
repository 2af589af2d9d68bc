//! In which order nodes run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// `needs`, each node behind all that it needs; where there is a choice, by name. Nodes in cycles are left out.
///
/// Kahn's algorithm with a heap, so that the order depends on the graph alone and not on how it came about.
pub fn in_order<N: Ord + Clone>(needs: &BTreeMap<N, BTreeSet<N>>) -> Vec<N> {
    let mut missing: BTreeMap<&N, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&N, Vec<&N>> = BTreeMap::new();
    let mut ready = BinaryHeap::new();
    for (node, needs) in needs {
        let _ = missing.insert(node, needs.len());
        if needs.is_empty() {
            ready.push(Reverse(node));
        }
        for need in needs {
            needed_by.entry(need).or_default().push(node);
        }
    }
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node.clone());
        for next in needed_by.remove(node).unwrap_or_default() {
            if let Some(count) = missing.get_mut(next) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Reverse(next));
                }
            }
        }
    }
    order
}
