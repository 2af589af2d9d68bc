//! Making a change, and what undoes it.

use std::collections::BTreeMap;

use super::{Connection, Edit, EditError, Placement};
use crate::document::{Graph, NodeId, PlacedNode, PortRef, Position, Wire};
use crate::param::ParamValue;

impl Graph {
    /// Makes `edit` whole or not at all, and returns the edit that undoes it.
    ///
    /// Kinds of nodes are not judged here, so that a graph may hold nodes that no program knows;
    /// [`Graph::check_wire`] and [`Plan::new`](crate::plan::Plan::new) judge them.
    ///
    /// Errors: why it cannot be; the graph is then as before.
    pub fn apply(&mut self, edit: Edit) -> Result<Edit, EditError> {
        match edit {
            Edit::AddNode(placement) => self.add_node(*placement),
            Edit::RemoveNode(id) => self.remove_node(id),
            Edit::RenameNode { from, to } => self.rename_node(from, to),
            Edit::Connect(connection) => self.connect(connection),
            Edit::Disconnect(wire) => self.disconnect(&wire).map(Edit::Connect),
            Edit::SetParam { node, name, value } => self.set_param(node, name, value),
            Edit::SetVerbatim { node, name, value } => self.set_verbatim(node, name, value),
            Edit::SetState { node, state } => {
                let placed = self.placed(&node)?;
                let state = std::mem::replace(&mut placed.state, state);
                Ok(Edit::SetState { node, state })
            }
            Edit::Move { node, to } => {
                let _ = self.placed(&node)?;
                let to = put(&mut self.layout.nodes, node.clone(), to);
                Ok(Edit::Move { node, to })
            }
            Edit::SetCollapsed { node, collapsed } => {
                let _ = self.placed(&node)?;
                let collapsed = self.collapse(&node, collapsed);
                Ok(Edit::SetCollapsed { node, collapsed })
            }
            Edit::SetInterfaceParam { name, target } => {
                self.check_target(target.as_ref())?;
                let target = put(&mut self.interface.params, name.clone(), target);
                Ok(Edit::SetInterfaceParam { name, target })
            }
            Edit::SetInterfaceOutput { name, target } => {
                self.check_target(target.as_ref())?;
                let target = put(&mut self.interface.outputs, name.clone(), target);
                Ok(Edit::SetInterfaceOutput { name, target })
            }
            Edit::SetAbout(about) => Ok(Edit::SetAbout(std::mem::replace(&mut self.about, about))),
            Edit::SetPlugin { name, versions } => {
                let versions = put(&mut self.plugins, name.clone(), versions);
                Ok(Edit::SetPlugin { name, versions })
            }
            Edit::SetFrame { id, frame } => {
                let frame = put(&mut self.layout.frames, id.clone(), frame);
                Ok(Edit::SetFrame { id, frame })
            }
            Edit::SetNote { id, note } => {
                let note = put(&mut self.layout.notes, id.clone(), note);
                Ok(Edit::SetNote { id, note })
            }
            Edit::SetReroutes { wire, points } => self.set_reroutes(wire, points),
            Edit::Batch(edits) => self.batch(edits),
        }
    }

    fn batch(&mut self, edits: Vec<Edit>) -> Result<Edit, EditError> {
        let mut undo = Vec::with_capacity(edits.len());
        for edit in edits {
            match self.apply(edit) {
                Ok(inverse) => undo.push(inverse),
                Err(error) => {
                    for inverse in undo.into_iter().rev() {
                        let _ = self
                            .apply(inverse)
                            .expect("what has just been done can be undone");
                    }
                    return Err(error);
                }
            }
        }
        undo.reverse();
        Ok(Edit::Batch(undo))
    }

    fn add_node(&mut self, placement: Placement) -> Result<Edit, EditError> {
        let id = placement.id;
        if self.nodes.contains_key(&id) {
            return Err(EditError::NodeExists(id));
        }
        for (param, value) in &placement.node.params {
            check_finite(&id, param, value)?;
            if placement.node.verbatim.contains_key(param) {
                return Err(EditError::SetTwice {
                    node: id,
                    param: param.clone(),
                });
            }
        }
        let taken = placement
            .params
            .keys()
            .find(|name| self.interface.params.contains_key(*name))
            .or_else(|| {
                placement
                    .outputs
                    .keys()
                    .find(|name| self.interface.outputs.contains_key(*name))
            });
        if let Some(name) = taken {
            return Err(EditError::InterfaceExists(name.clone()));
        }
        check_belongs(&id, &placement.wires, &placement.params, &placement.outputs)?;
        let _ = self.nodes.insert(id.clone(), placement.node);
        self.index.add_node(&id);
        for connection in placement.wires {
            if let Err(error) = self.connect(connection) {
                let _ = self.remove_node(id).expect("it has just been added");
                return Err(error);
            }
        }
        let _ = put(&mut self.layout.nodes, id.clone(), placement.position);
        let _ = self.collapse(&id, placement.collapsed);
        self.interface.params.extend(placement.params);
        self.interface.outputs.extend(placement.outputs);
        Ok(Edit::RemoveNode(id))
    }

    fn remove_node(&mut self, id: NodeId) -> Result<Edit, EditError> {
        let Some(node) = self.nodes.remove(&id) else {
            return Err(EditError::NoSuchNode(id));
        };
        let doomed: Vec<Wire> = self
            .wires
            .iter()
            .filter(|wire| wire.from.node == id || wire.to.node == id)
            .cloned()
            .collect();
        // Each remembers its place among those still there, so they have to come back the other way round.
        let mut wires = Vec::with_capacity(doomed.len());
        for wire in doomed.iter().rev() {
            wires.push(self.disconnect(wire)?);
        }
        wires.reverse();
        self.index.remove_node(&id);
        Ok(Edit::AddNode(Box::new(Placement {
            position: self.layout.nodes.remove(&id),
            collapsed: self.layout.collapsed.remove(&id),
            params: take_targets(&mut self.interface.params, &id),
            outputs: take_targets(&mut self.interface.outputs, &id),
            id,
            node,
            wires,
        })))
    }

    fn rename_node(&mut self, from: NodeId, to: NodeId) -> Result<Edit, EditError> {
        if !self.nodes.contains_key(&from) {
            return Err(EditError::NoSuchNode(from));
        }
        if self.nodes.contains_key(&to) && from != to {
            return Err(EditError::NodeExists(to));
        }
        if let Some(node) = self.nodes.remove(&from) {
            let _ = self.nodes.insert(to.clone(), node);
        }
        let rename = |port: &mut PortRef| {
            if port.node == from {
                port.node = to.clone();
            }
        };
        for wire in &mut self.wires {
            rename(&mut wire.from);
            rename(&mut wire.to);
        }
        // A stable sort: wires that end at the same port keep their order, which counts.
        self.wires.sort_by(|left, right| left.to.cmp(&right.to));
        self.interface.params.values_mut().for_each(rename);
        self.interface.outputs.values_mut().for_each(rename);
        if let Some(position) = self.layout.nodes.remove(&from) {
            let _ = self.layout.nodes.insert(to.clone(), position);
        }
        if self.layout.collapsed.remove(&from) {
            let _ = self.layout.collapsed.insert(to.clone());
        }
        self.layout.reroutes = std::mem::take(&mut self.layout.reroutes)
            .into_iter()
            .map(|(mut wire, points)| {
                rename(&mut wire.from);
                rename(&mut wire.to);
                (wire, points)
            })
            .collect();
        self.index.rename_node(&from, &to);
        Ok(Edit::RenameNode { from: to, to: from })
    }

    fn connect(&mut self, connection: Connection) -> Result<Edit, EditError> {
        let Connection { wire, at, points } = connection;
        self.check_target(Some(&wire.from))?;
        self.check_target(Some(&wire.to))?;
        let there = self.wires_to(&wire.to);
        if self.index.joins(&wire.from.node, &wire.to.node) && there.contains(&wire) {
            return Err(EditError::WireExists(wire));
        }
        let at = at.map_or(there.len(), |at| at.min(there.len()));
        if !self.index.add_wire(&wire) {
            let way = self.index.way(&wire.to.node, &wire.from.node);
            return Err(EditError::Cycle { wire, way });
        }
        let start = self.wires.partition_point(|other| other.to < wire.to);
        self.wires.insert(start + at, wire.clone());
        if !points.is_empty() {
            let _ = self.layout.reroutes.insert(wire.clone(), points);
        }
        Ok(Edit::Disconnect(wire))
    }

    fn disconnect(&mut self, wire: &Wire) -> Result<Connection, EditError> {
        let start = self.wires.partition_point(|other| other.to < wire.to);
        let at = self
            .wires_to(&wire.to)
            .iter()
            .position(|other| other == wire);
        let Some(at) = at else {
            return Err(EditError::NoSuchWire(wire.clone()));
        };
        let wire = self.wires.remove(start + at);
        self.index.remove_wire(&wire);
        let points = self.layout.reroutes.remove(&wire).unwrap_or_default();
        Ok(Connection {
            wire,
            at: Some(at),
            points,
        })
    }

    fn set_param(
        &mut self,
        node: NodeId,
        name: String,
        value: Option<ParamValue>,
    ) -> Result<Edit, EditError> {
        if let Some(value) = &value {
            check_finite(&node, &name, value)?;
        }
        let placed = self.placed(&node)?;
        let verbatim = placed.verbatim.remove(&name);
        let value = put(&mut placed.params, name.clone(), value);
        let undo = Edit::SetParam {
            node: node.clone(),
            name: name.clone(),
            value,
        };
        Ok(match verbatim {
            None => undo,
            value => Edit::Batch(vec![undo, Edit::SetVerbatim { node, name, value }]),
        })
    }

    fn set_verbatim(
        &mut self,
        node: NodeId,
        name: String,
        value: Option<String>,
    ) -> Result<Edit, EditError> {
        let placed = self.placed(&node)?;
        let param = placed.params.remove(&name);
        let value = put(&mut placed.verbatim, name.clone(), value);
        let undo = Edit::SetVerbatim {
            node: node.clone(),
            name: name.clone(),
            value,
        };
        Ok(match param {
            None => undo,
            value => Edit::Batch(vec![undo, Edit::SetParam { node, name, value }]),
        })
    }

    fn set_reroutes(&mut self, wire: Wire, points: Vec<Position>) -> Result<Edit, EditError> {
        if !self.wires_to(&wire.to).contains(&wire) {
            return Err(EditError::NoSuchWire(wire));
        }
        let points = Some(points).filter(|points| !points.is_empty());
        let points = put(&mut self.layout.reroutes, wire.clone(), points).unwrap_or_default();
        Ok(Edit::SetReroutes { wire, points })
    }

    /// Says whether `node` is collapsed, and returns whether it was.
    fn collapse(&mut self, node: &NodeId, collapsed: bool) -> bool {
        if collapsed {
            !self.layout.collapsed.insert(node.clone())
        } else {
            self.layout.collapsed.remove(node)
        }
    }

    fn placed(&mut self, id: &NodeId) -> Result<&mut PlacedNode, EditError> {
        self.nodes
            .get_mut(id)
            .ok_or_else(|| EditError::NoSuchNode(id.clone()))
    }

    fn check_target(&self, target: Option<&PortRef>) -> Result<(), EditError> {
        match target {
            Some(target) if !self.nodes.contains_key(&target.node) => {
                Err(EditError::NoSuchNode(target.node.clone()))
            }
            _ => Ok(()),
        }
    }
}

/// Sets or removes an entry and returns what was there.
fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}

/// Takes out the entries that point to `id`.
fn take_targets(map: &mut BTreeMap<String, PortRef>, id: &NodeId) -> BTreeMap<String, PortRef> {
    let (taken, kept) = std::mem::take(map)
        .into_iter()
        .partition(|(_, target)| target.node == *id);
    *map = kept;
    taken
}

fn check_finite(node: &NodeId, param: &str, value: &ParamValue) -> Result<(), EditError> {
    match value {
        ParamValue::Float(number) if !number.is_finite() => Err(EditError::NotFinite {
            node: node.clone(),
            param: param.into(),
            found: value.to_string(),
        }),
        ParamValue::Float(_) | ParamValue::Bool(_) | ParamValue::Int(_) | ParamValue::Text(_) => {
            Ok(())
        }
    }
}

/// What is added with a node must be its own, so that taking the node away undoes it all.
fn check_belongs(
    id: &NodeId,
    wires: &[Connection],
    params: &BTreeMap<String, PortRef>,
    outputs: &BTreeMap<String, PortRef>,
) -> Result<(), EditError> {
    let wire = wires
        .iter()
        .map(|connection| &connection.wire)
        .find(|wire| wire.from.node != *id && wire.to.node != *id)
        .map(ToString::to_string);
    let target = params
        .values()
        .chain(outputs.values())
        .find(|target| target.node != *id)
        .map(ToString::to_string);
    match wire.or(target) {
        None => Ok(()),
        Some(what) => Err(EditError::Foreign {
            node: id.clone(),
            what,
        }),
    }
}
