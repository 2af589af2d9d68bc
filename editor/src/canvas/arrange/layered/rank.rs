//! Which layer each box is in.

use std::collections::BTreeSet;

use super::Edge;

/// The layer of each box; every wire that does not lead back ends in a later layer than it begins.
pub fn ranks(count: usize, edges: &[Edge]) -> Vec<usize> {
    let order = order(count, edges);
    let mut position = vec![0; count];
    for (at, node) in order.iter().enumerate() {
        position[*node] = at;
    }
    let mut next = vec![Vec::new(); count];
    let mut has_before = vec![false; count];
    for edge in edges {
        if position[edge.from] < position[edge.to] {
            next[edge.from].push(edge.to);
            has_before[edge.to] = true;
        }
    }
    let mut ranks = vec![0; count];
    for node in &order {
        for other in &next[*node] {
            ranks[*other] = ranks[*other].max(ranks[*node] + 1);
        }
    }
    // A source stands right before what first needs it rather than far off at the left.
    for node in order.iter().rev().filter(|node| !has_before[**node]) {
        let first = next[*node].iter().map(|other| ranks[*other]).min();
        ranks[*node] = first.map_or(ranks[*node], |first| first - 1);
    }
    let lowest = ranks.iter().copied().min().unwrap_or(0);
    for rank in &mut ranks {
        *rank -= lowest;
    }
    ranks
}

/// The boxes, each behind all that it depends on, as far as there are no cycles.
fn order(count: usize, edges: &[Edge]) -> Vec<usize> {
    let mut open = vec![0_usize; count];
    let mut next = vec![Vec::new(); count];
    for edge in edges.iter().filter(|edge| edge.from != edge.to) {
        open[edge.to] += 1;
        next[edge.from].push(edge.to);
    }
    let mut ready: BTreeSet<usize> = (0..count).filter(|node| open[*node] == 0).collect();
    let mut rest: BTreeSet<usize> = (0..count).collect();
    let mut order = Vec::with_capacity(count);
    // Where all that is left waits for each other, somebody has to begin.
    while let Some(node) = ready.pop_first().or_else(|| rest.first().copied()) {
        let _ = rest.remove(&node);
        order.push(node);
        for other in &next[node] {
            open[*other] = open[*other].saturating_sub(1);
            if open[*other] == 0 && rest.contains(other) {
                let _ = ready.insert(*other);
            }
        }
    }
    order
}
