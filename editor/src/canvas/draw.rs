//! Draws the scene: the ground, the wires, each node above those below it, and what is in the hand.

pub(super) mod brush;
mod ground;
mod hand;
mod letters;
mod node;
mod param;
mod run;
mod shown;
mod wires;

use std::sync::Arc;

use graph::document::{NodeId, PortRef, Wire};
use iced::{Color, Rectangle, Vector};

use super::Overlay;
use super::camera::{Camera, Detail};
use super::hit::Target;
use super::minimap::Minimap;
use super::scene::{NodeBox, Scene, Side, Socket};
use super::selection::{Item, Selection};
use crate::preview::Thumbnails;
use crate::space::WorldRect;
use crate::status::{Faults, NodeStatus, Statuses};
use crate::theme::Look;
use brush::Brush;
use letters::Letters;
use wires::Wires;

/// How far sockets and what is drawn around a node stick out of its box.
const AROUND: f32 = 14.0;

/// What is drawn, and all that its looks depend on.
pub struct Painting<'a> {
    /// Where everything is.
    pub scene: &'a Arc<Scene>,
    /// What of it is seen.
    pub camera: &'a Camera,
    /// What is selected.
    pub selection: &'a Selection,
    /// How the runs of nodes are going.
    pub statuses: &'a Statuses,
    /// What nodes have made.
    pub thumbnails: &'a Thumbnails,
    /// What is wrong with nodes before they are run.
    pub faults: &'a Faults,
    /// The colours.
    pub look: &'a Look,
    /// What the pointer is at.
    pub hover: &'a Target,
    /// What the gesture in progress shows of itself.
    pub overlay: Overlay<'a>,
    /// Whether the map of the whole is shown.
    pub minimap: bool,
}

/// What is kept from one picture to the next, so that little is computed twice.
#[derive(Debug, Default)]
pub struct Kept {
    letters: Letters,
    wires: Wires,
}

impl Painting<'_> {
    /// Whether the wire in the hand could end at `socket`; `None` where no wire is in the hand, or it comes from there.
    fn fits(&self, socket: &Socket) -> Option<bool> {
        match &self.overlay {
            Overlay::Wire(wire) if wire.loose.port() == &socket.port => None,
            Overlay::Wire(wire) => {
                Some(wire.loose.side() != socket.side && wire.fits.contains(&socket.port))
            }
            Overlay::Nothing
            | Overlay::Band(_)
            | Overlay::Stroke { .. }
            | Overlay::Insertion(_) => None,
        }
    }

    /// Whether the pointer is at `node`, and nothing is in the hand.
    fn is_hovered(&self, node: &NodeId) -> bool {
        matches!(self.overlay, Overlay::Nothing)
            && matches!(self.hover.item(), Some(Item::Node(id)) if id == *node)
    }

    /// Whether the pointer is at the value of a parameter.
    fn is_hovered_param(&self, param: &PortRef) -> bool {
        matches!(self.hover, Target::Param(port) if port == param)
    }

    /// Whether something is wrong at a port or parameter.
    fn is_at_fault(&self, port: &PortRef) -> bool {
        if let Some(NodeStatus::Failed { port: at, .. }) = self.statuses.get(&port.node)
            && at.as_ref() == Some(&port.port)
        {
            return true;
        }
        self.faults.at_port(&port.node, &port.port).next().is_some()
    }
}

/// Draws everything into `bounds` of the window.
pub fn draw(
    renderer: &mut iced::Renderer,
    kept: &mut Kept,
    painting: &Painting<'_>,
    bounds: Rectangle,
) {
    kept.letters.turn();
    let corner = Vector::new(bounds.x, bounds.y);
    let camera = *painting.camera;
    let brush = &mut Brush::new(renderer, &mut kept.letters, painting.look, camera, corner);
    let wires = &kept.wires;
    brush.layer(|brush| {
        ground::grid(brush);
        ground::frames_and_notes(brush, painting.scene, painting.selection);
        wires.draw(brush, painting);
        marked_wires(brush, painting);
    });
    nodes(brush, painting);
    in_hand(brush, painting);
    if painting.minimap
        && let Some(map) = Minimap::new(painting.scene, painting.camera)
    {
        brush.layer(|brush| {
            map.draw(brush, painting.scene, painting.selection, painting.statuses);
        });
    }
}

/// Draws the wires that are selected, pointed at, or about to be changed.
fn marked_wires(brush: &mut Brush<'_>, painting: &Painting<'_>) {
    let look = brush.look;
    let mut marked: Vec<(&Wire, Color)> = Vec::new();
    if let (Target::Wire(hit), Overlay::Nothing) = (painting.hover, &painting.overlay) {
        marked.push((&hit.wire, look.text));
    }
    let selected = painting.selection.wires.iter();
    marked.extend(selected.map(|wire| (wire, look.accent)));
    match &painting.overlay {
        Overlay::Stroke { doomed, .. } => {
            marked.extend(doomed.iter().map(|wire| (wire, look.danger)));
        }
        Overlay::Insertion(wire) => marked.push((wire, look.accent)),
        Overlay::Nothing | Overlay::Band(_) | Overlay::Wire(_) => {}
    }
    let curve = |(wire, colour)| Some((painting.scene.wire(wire)?, colour));
    let marked: Vec<_> = marked.into_iter().filter_map(curve).collect();
    if !marked.is_empty() {
        wires::above(brush, &marked);
    }
    wires::marked_points(brush, painting.scene, painting.selection);
}

/// Draws the nodes that can be seen, those that are selected above the others.
///
/// Within a layer all text lies above all boxes, so nodes that overlap are drawn in layers of their own.
fn nodes(brush: &mut Brush<'_>, painting: &Painting<'_>) {
    let seen = painting.camera.visible().inflate(AROUND, AROUND + 18.0);
    let seen: Vec<&NodeBox> = painting.scene.nodes_in(seen).collect();
    let is_selected = |node: &&NodeBox| painting.selection.contains(&Item::Node(node.id.clone()));
    let (selected, others): (Vec<&NodeBox>, Vec<&NodeBox>) =
        seen.into_iter().partition(is_selected);
    let order: Vec<&NodeBox> = others.into_iter().chain(selected).collect();
    for together in apart(&order) {
        brush.layer(|brush| {
            for node in together {
                node::draw(brush, painting, node);
            }
        });
    }
    if painting.camera.detail() == Detail::Full {
        brush.layer(|brush| {
            for node in &order {
                run::complaint(brush, painting, node);
            }
        });
    }
}

/// Cuts `nodes` into runs, within each of which no node covers another.
fn apart<'a, 'n>(nodes: &'a [&'n NodeBox]) -> Vec<&'a [&'n NodeBox]> {
    let reach = |node: &NodeBox| node.bounds.inflate(AROUND, AROUND);
    let mut runs = Vec::new();
    let mut start = 0;
    for at in 1..nodes.len() {
        let bounds: WorldRect = reach(nodes[at]);
        let covers = nodes[start..at]
            .iter()
            .any(|below| reach(below).intersects(&bounds));
        if covers {
            runs.push(&nodes[start..at]);
            start = at;
        }
    }
    if start < nodes.len() {
        runs.push(&nodes[start..]);
    }
    runs
}

/// Draws what the gesture in progress shows above everything.
fn in_hand(brush: &mut Brush<'_>, painting: &Painting<'_>) {
    let look = brush.look;
    match &painting.overlay {
        Overlay::Nothing | Overlay::Insertion(_) => {}
        Overlay::Wire(wire) => {
            let colour = match (wire.refusal, wire.kind) {
                (Some(_), _) => look.danger,
                (None, Some(kind)) => look.kind(kind),
                (None, None) => look.muted,
            };
            brush.layer(|brush| hand::wire(brush, &wire.curve, colour));
            if let Some(refusal) = wire.refusal {
                let end = match wire.loose.side() {
                    Side::Output => wire.curve.to,
                    Side::Input => wire.curve.from,
                };
                let at = painting.camera.to_screen(end);
                brush.layer(|brush| hand::saying(brush, at, refusal));
            }
        }
        Overlay::Band(band) => brush.layer(|brush| hand::selecting(brush, *band)),
        Overlay::Stroke { points, .. } => brush.layer(|brush| hand::cutting(brush, points)),
    }
}
