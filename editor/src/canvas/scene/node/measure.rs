//! How large a node is, and where everything in it stands.

use std::collections::{BTreeMap, BTreeSet};

use graph::document::{NodeId, PlacedNode, PortRef};
use graph::kind::Kind;
use graph::node::Descriptor;
use graph::param::{ParamKind, ParamSpec};
use graph::port::{Arity, PortSpec};
use graph::registry::Registry;

use super::{
    LABEL_SHARE, MARK, NodeBox, PADDING, PICTURE, ParamRow, ROW, Side, Socket, TITLE, TextRow,
    height,
};
use crate::space::{WorldPoint, WorldRect, WorldSize};

/// The most parameters that a node shows.
const MOST_PARAMS: usize = 4;
/// The most rows of text that a node of an unknown kind shows.
const MOST_TEXTS: usize = 6;
/// The narrowest and the widest that a node can be; both are steps of the grid.
const WIDTHS: (f32, f32) = (180.0, 320.0);
/// About how wide a letter is; whoever draws cuts off what does not fit after all.
const LETTER: f32 = 7.0;
/// The kind of wire whose value can be seen at a glance.
const PICTURED: &str = "image";

/// What a node's looks depend on besides itself.
pub struct Facts<'a> {
    /// Which kinds there are.
    pub registry: &'a Registry,
    /// The ports at which wires end, and in which order.
    pub inputs: BTreeMap<&'a NodeId, Vec<&'a str>>,
    /// The ports at which wires begin.
    pub outputs: BTreeMap<&'a NodeId, BTreeSet<&'a str>>,
    /// What the interface shows, with the name outside.
    pub exposed: BTreeMap<&'a PortRef, &'a str>,
    /// The nodes that only show their title.
    pub collapsed: &'a BTreeSet<NodeId>,
    /// The nodes that have shown a picture of what they made.
    pub shown: &'a BTreeSet<NodeId>,
}

/// The box of a node whose upper left corner is the origin.
pub fn measure(id: &NodeId, node: &PlacedNode, facts: &Facts<'_>) -> NodeBox {
    let descriptor = facts
        .registry
        .get(&node.kind)
        .map(|entry| entry.descriptor.clone());
    let mut measured = NodeBox {
        id: id.clone(),
        title: match &descriptor {
            Some(descriptor) => descriptor.title.clone(),
            None => node.kind.clone(),
        },
        kind: node.kind.clone(),
        descriptor,
        is_from_plugin: facts.registry.source_of(&node.kind).is_some(),
        state: node.state,
        is_collapsed: facts.collapsed.contains(id),
        bounds: WorldRect::zero(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        params: Vec::new(),
        more: 0,
        texts: Vec::new(),
        picture: None,
    };
    match measured.descriptor.clone() {
        Some(descriptor) => known(&mut measured, node, &descriptor, facts),
        None => unknown(&mut measured, node, facts),
    }
    lay_out(&mut measured);
    measured
}

/// Gathers what a node of a known kind shows.
fn known(measured: &mut NodeBox, node: &PlacedNode, descriptor: &Descriptor, facts: &Facts<'_>) {
    let id = &measured.id;
    let wired = facts.inputs.get(id).map_or(&[][..], Vec::as_slice);
    let began = facts.outputs.get(id);
    let socket = |spec: &PortSpec, side| {
        let port = id.port(&spec.name);
        let name = spec.name.as_str();
        Socket {
            side,
            at: WorldPoint::origin(),
            kind: Some(spec.kind.clone()),
            arity: spec.arity,
            is_param: false,
            is_wired: match side {
                Side::Input => wired.contains(&name),
                Side::Output => began.is_some_and(|began| began.contains(name)),
            },
            exposed: facts.exposed.get(&port).map(|name| (*name).into()),
            port,
        }
    };
    let param = |spec: &ParamSpec| {
        let port = id.port(&spec.name);
        Socket {
            side: Side::Input,
            at: WorldPoint::origin(),
            kind: Some(Kind::new(spec.wire_kind())),
            arity: Arity::Optional,
            is_param: true,
            is_wired: wired.contains(&spec.name.as_str()),
            exposed: facts.exposed.get(&port).map(|name| (*name).into()),
            port,
        }
    };
    let inputs = descriptor.inputs.iter();
    let mut left: Vec<Socket> = inputs.map(|spec| socket(spec, Side::Input)).collect();
    let outputs = descriptor.outputs.iter();
    measured.outputs = outputs.map(|spec| socket(spec, Side::Output)).collect();
    let shown = shown(&descriptor.params, wired);
    for (at, spec) in descriptor.params.iter().enumerate() {
        let socket = param(spec);
        if socket.is_wired {
            left.push(socket);
        } else if shown.contains(&at) {
            let set = node.params.get(&spec.name);
            measured.params.push(ParamRow {
                socket,
                spec: at,
                value: set.or(spec.default.as_ref()).cloned(),
                is_set: set.is_some(),
                bounds: WorldRect::zero(),
                field: WorldRect::zero(),
                dice: None,
            });
        } else {
            measured.more += 1;
        }
    }
    measured.inputs = left;
    let is_pictured = |output: &PortSpec| output.kind.name() == PICTURED;
    if facts.shown.contains(&measured.id) || descriptor.outputs.iter().any(is_pictured) {
        measured.picture = Some(WorldRect::zero());
    }
}

/// Which parameters are shown: first those that must be set, seeds and long texts, then by their order.
fn shown(params: &[ParamSpec], wired: &[&str]) -> BTreeSet<usize> {
    let mut free: Vec<usize> = (0..params.len())
        .filter(|at| !wired.contains(&params[*at].name.as_str()))
        .collect();
    free.sort_by_key(|at| match (&params[*at].kind, &params[*at].default) {
        (_, None) | (ParamKind::Seed | ParamKind::Text { multiline: true }, _) => 0,
        (
            ParamKind::Text { multiline: false }
            | ParamKind::Bool
            | ParamKind::Int { .. }
            | ParamKind::Float { .. }
            | ParamKind::Choice { .. }
            | ParamKind::Path { .. },
            Some(_),
        ) => 1,
    });
    free.into_iter().take(MOST_PARAMS).collect()
}

/// Gathers what can be shown of a node whose kind nobody knows: what its file says.
fn unknown(measured: &mut NodeBox, node: &PlacedNode, facts: &Facts<'_>) {
    let id = &measured.id;
    let socket = |name: &str, side| Socket {
        port: id.port(name),
        side,
        at: WorldPoint::origin(),
        kind: None,
        arity: Arity::Many,
        is_param: false,
        is_wired: true,
        exposed: None,
    };
    let inputs = facts.inputs.get(id).into_iter().flatten();
    measured.inputs = inputs.map(|name| socket(name, Side::Input)).collect();
    let outputs = facts.outputs.get(id).into_iter().flatten();
    measured.outputs = outputs.map(|name| socket(name, Side::Output)).collect();
    let params = node
        .params
        .iter()
        .map(|(name, value)| format!("{name}: {value}"));
    let verbatim = node
        .verbatim
        .iter()
        .map(|(name, text)| format!("{name}: {text}"));
    let texts: Vec<String> = params.chain(verbatim).collect();
    measured.more = texts.len().saturating_sub(MOST_TEXTS);
    measured.texts = texts
        .into_iter()
        .take(MOST_TEXTS)
        .map(|text| TextRow {
            text: text.lines().next().unwrap_or_default().into(),
            bounds: WorldRect::zero(),
        })
        .collect();
}

/// Gives everything in the node its place.
fn lay_out(node: &mut NodeBox) {
    let width = width(node);
    if node.is_collapsed {
        node.params.clear();
        node.texts.clear();
        node.picture = None;
        node.bounds.size = WorldSize::new(width, TITLE);
        for socket in node.inputs.iter_mut().chain(&mut node.outputs) {
            socket.at = anchor(socket.side, width, TITLE / 2.0);
        }
        return;
    }
    let mut down = TITLE + PADDING / 2.0;
    for sockets in [&mut node.inputs, &mut node.outputs] {
        for (row, socket) in sockets.iter_mut().enumerate() {
            let middle = down + ROW * (row as f32 + 0.5);
            socket.at = anchor(socket.side, width, middle);
        }
    }
    down += ROW * node.inputs.len().max(node.outputs.len()) as f32;
    let row = |down: f32, height: f32| {
        WorldRect::new(
            WorldPoint::new(PADDING, down),
            WorldSize::new(width - 2.0 * PADDING, height),
        )
    };
    for param in &mut node.params {
        let spec = node
            .descriptor
            .as_ref()
            .and_then(|descriptor| descriptor.params.get(param.spec));
        let Some(spec) = spec else {
            continue;
        };
        param.bounds = row(down, height(&spec.kind));
        param.socket.at = anchor(Side::Input, width, down + ROW / 2.0);
        place_field(param, &spec.kind);
        down = param.bounds.max_y();
    }
    for text in &mut node.texts {
        text.bounds = row(down, ROW);
        down = text.bounds.max_y();
    }
    if let Some(picture) = &mut node.picture {
        *picture = row(down + PADDING / 2.0, PICTURE);
        down = picture.max_y();
    }
    node.bounds.size = WorldSize::new(width, down + PADDING);
}

/// Gives the value of a parameter its place in the row.
fn place_field(param: &mut ParamRow, kind: &ParamKind) {
    let row = param.bounds;
    let label = match kind {
        // A long text takes the whole row; what it is shows in the text itself.
        ParamKind::Text { multiline: true } => 0.0,
        ParamKind::Text { multiline: false }
        | ParamKind::Bool
        | ParamKind::Int { .. }
        | ParamKind::Float { .. }
        | ParamKind::Choice { .. }
        | ParamKind::Path { .. }
        | ParamKind::Seed => (row.width() * LABEL_SHARE).round(),
    };
    let mut field = row.inner_rect(euclid::SideOffsets2D::new(2.0, 0.0, 2.0, label));
    if *kind == ParamKind::Seed {
        let side = field.height();
        field.size.width -= side + 4.0;
        param.dice = Some(WorldRect::new(
            WorldPoint::new(field.max_x() + 4.0, field.min_y()),
            WorldSize::new(side, side),
        ));
    }
    param.field = field;
}

fn anchor(side: Side, width: f32, down: f32) -> WorldPoint {
    match side {
        Side::Input => WorldPoint::new(0.0, down),
        Side::Output => WorldPoint::new(width, down),
    }
}

/// Wide enough for the longest row, in steps of the grid.
fn width(node: &NodeBox) -> f32 {
    let letters = |text: &str| text.chars().count() as f32 * LETTER;
    let label = |socket: Option<&Socket>| socket.map_or(0.0, |socket| letters(&socket.port.port));
    let rows = node.inputs.len().max(node.outputs.len());
    let ports =
        (0..rows).map(|row| label(node.inputs.get(row)) + label(node.outputs.get(row)) + 44.0);
    let params = node
        .params
        .iter()
        .map(|row| (letters(&row.socket.port.port) + 20.0) / LABEL_SHARE);
    let mark = if node.is_from_plugin { MARK } else { 0.0 };
    let title = letters(&node.title).max(letters(node.id.as_str())) + 64.0 + mark;
    let widest = ports.chain(params).fold(title, f32::max);
    let step = crate::canvas::GRID;
    ((widest / step).ceil() * step).clamp(WIDTHS.0, WIDTHS.1)
}
