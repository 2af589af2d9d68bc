//! What leads from one workflow to another: so that reloading and recovering can be undone like anything else.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{Graph, NodeId, PlacedNode, PortRef, Wire};
use graph::edit::{Connection, Edit, Placement};

/// The edit that makes `from` equal to `to`; it touches only what differs.
pub fn between(from: &Graph, to: &Graph) -> Edit {
    let mut difference = Difference {
        from,
        to,
        replaced: replaced(from, to),
        edits: Vec::new(),
    };
    difference.nodes();
    difference.wires();
    difference.interface();
    difference.drawn();
    Edit::Batch(difference.edits)
}

struct Difference<'a> {
    from: &'a Graph,
    to: &'a Graph,
    /// Nodes that are taken away, some of which come back as others.
    replaced: BTreeSet<&'a NodeId>,
    edits: Vec<Edit>,
}

fn replaced<'a>(from: &'a Graph, to: &Graph) -> BTreeSet<&'a NodeId> {
    let stays = |id: &NodeId, node: &PlacedNode| {
        to.node(id)
            .is_some_and(|other| other.kind == node.kind && other.version == node.version)
    };
    from.nodes()
        .iter()
        .filter(|(id, node)| !stays(id, node))
        .map(|(id, _)| id)
        .collect()
}

impl Difference<'_> {
    fn nodes(&mut self) {
        let (from, to) = (self.from, self.to);
        let gone = self
            .replaced
            .iter()
            .map(|id| Edit::RemoveNode((*id).clone()));
        self.edits.extend(gone);
        // Each behind what it depends on, which is the order that a graph takes nodes in most quickly.
        for id in to.in_order() {
            let Some(node) = to.node(id) else {
                continue;
            };
            match from.node(id).filter(|_| !self.replaced.contains(id)) {
                Some(before) => self.node(id, before, node),
                None => self.edits.push(Edit::AddNode(Box::new(Placement {
                    id: id.clone(),
                    node: node.clone(),
                    position: to.layout().nodes.get(id).copied(),
                    collapsed: to.layout().collapsed.contains(id),
                    wires: Vec::new(),
                    params: BTreeMap::new(),
                    outputs: BTreeMap::new(),
                }))),
            }
        }
    }

    /// What differs of a node that stays.
    fn node(&mut self, id: &NodeId, before: &PlacedNode, after: &PlacedNode) {
        // What no value can hold goes first: a parameter cannot be set in both ways.
        for name in changed(&before.verbatim, &after.verbatim) {
            self.edits.push(Edit::SetVerbatim {
                node: id.clone(),
                value: after.verbatim.get(&name).cloned(),
                name,
            });
        }
        for name in changed(&before.params, &after.params) {
            let value = after.params.get(&name).cloned();
            // Setting nothing would take away what has just been set the other way.
            if value.is_some() || !after.verbatim.contains_key(&name) {
                self.edits.push(Edit::SetParam {
                    node: id.clone(),
                    name,
                    value,
                });
            }
        }
        if before.state != after.state {
            self.edits.push(Edit::SetState {
                node: id.clone(),
                state: after.state,
            });
        }
        let collapsed = self.to.layout().collapsed.contains(id);
        if self.from.layout().collapsed.contains(id) != collapsed {
            self.edits.push(Edit::SetCollapsed {
                node: id.clone(),
                collapsed,
            });
        }
        let place = |graph: &Graph| graph.layout().nodes.get(id).copied();
        if place(self.from) != place(self.to) {
            self.edits.push(Edit::Move {
                node: id.clone(),
                to: place(self.to),
            });
        }
    }

    /// Ports whose wires differ get all of theirs anew, since their order counts.
    fn wires(&mut self) {
        let stays = |wire: &&Wire| {
            !self.replaced.contains(&wire.from.node) && !self.replaced.contains(&wire.to.node)
        };
        let before = by_end(self.from.wires().iter().filter(stays));
        let after = by_end(self.to.wires().iter());
        let differs = |end: &PortRef| before.get(end) != after.get(end);
        let points = |graph: &Graph, wire: &Wire| {
            let points = graph.layout().reroutes.get(wire);
            points.cloned().unwrap_or_default()
        };
        let (mut gone, mut laid) = (Vec::new(), Vec::new());
        for (end, wires) in &before {
            if differs(end) {
                gone.extend(wires.iter().map(|wire| Edit::Disconnect((*wire).clone())));
            }
        }
        for (end, wires) in &after {
            for wire in wires {
                let now = points(self.to, wire);
                if differs(end) {
                    laid.push(Edit::Connect(Connection {
                        wire: (*wire).clone(),
                        at: None,
                        points: now,
                    }));
                } else if points(self.from, wire) != now {
                    laid.push(Edit::SetReroutes {
                        wire: (*wire).clone(),
                        points: now,
                    });
                }
            }
        }
        // All that goes before all that comes: meanwhile there must be no cycle.
        self.edits.extend(gone);
        self.edits.extend(laid);
    }

    fn interface(&mut self) {
        let stays = |targets: &BTreeMap<String, PortRef>| -> BTreeMap<String, PortRef> {
            let targets = targets.iter();
            targets
                .filter(|(_, target)| !self.replaced.contains(&target.node))
                .map(|(name, target)| (name.clone(), target.clone()))
                .collect()
        };
        let (from, to) = (self.from.interface(), self.to.interface());
        let (params, outputs) = (stays(&from.params), stays(&from.outputs));
        for name in changed(&params, &to.params) {
            let target = to.params.get(&name).cloned();
            self.edits.push(Edit::SetInterfaceParam { name, target });
        }
        for name in changed(&outputs, &to.outputs) {
            let target = to.outputs.get(&name).cloned();
            self.edits.push(Edit::SetInterfaceOutput { name, target });
        }
    }

    /// What is drawn and said beside nodes and wires.
    fn drawn(&mut self) {
        let (from, to) = (self.from, self.to);
        if from.about() != to.about() {
            self.edits.push(Edit::SetAbout(to.about().to_owned()));
        }
        for name in changed(from.plugins(), to.plugins()) {
            let versions = to.plugins().get(&name).cloned();
            self.edits.push(Edit::SetPlugin { name, versions });
        }
        for id in changed(&from.layout().frames, &to.layout().frames) {
            let frame = to.layout().frames.get(&id).cloned();
            self.edits.push(Edit::SetFrame { id, frame });
        }
        for id in changed(&from.layout().notes, &to.layout().notes) {
            let note = to.layout().notes.get(&id).cloned();
            self.edits.push(Edit::SetNote { id, note });
        }
    }
}

/// The keys whose values differ.
fn changed<K: Clone + Ord, V: PartialEq>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
) -> Vec<K> {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .cloned()
        .collect()
}

fn by_end<'a>(wires: impl Iterator<Item = &'a Wire>) -> BTreeMap<&'a PortRef, Vec<&'a Wire>> {
    let mut ends: BTreeMap<&PortRef, Vec<&Wire>> = BTreeMap::new();
    for wire in wires {
        ends.entry(&wire.to).or_default().push(wire);
    }
    ends
}
