//! Draws the scene: the ground, the wires, each node above those below it, and what is in the hand.

pub(super) mod brush;
mod ground;
mod hand;
mod letters;
mod node;
mod param;
mod run;
mod shown;
mod stack;
mod wires;

use std::collections::BTreeMap;
use std::sync::Arc;

use graph::document::{NodeId, PortRef, Wire};
use iced::{Color, Rectangle, Vector};

use super::Overlay;
use super::camera::{Camera, Detail};
use super::hit::Target;
use super::minimap::Minimap;
use super::scene::{NodeBox, Scene, Side, Socket};
use super::selection::Selection;
use crate::preview::Thumbnails;
use crate::status::{Faults, NodeStatus, Statuses};
use crate::theme::Look;
use brush::Brush;
use letters::Letters;
use stack::Stack;
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
    stack: Stack,
}

impl Kept {
    /// Whether a picture at `zoom` will not be the last one, although nothing else happens.
    pub fn is_unfinished(&self, zoom: f32) -> bool {
        self.letters.lags(zoom)
    }
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
        let hovered = match self.hover {
            Target::Socket(port, _) | Target::Param(port) | Target::Dice(port) => &port.node,
            Target::Chevron(id) | Target::Picture(id) | Target::Title(id) | Target::Node(id) => id,
            Target::Point(..)
            | Target::Wire(_)
            | Target::Frame(_)
            | Target::FrameCorner(_)
            | Target::Note(_)
            | Target::NoteCorner(_)
            | Target::Nothing => return false,
        };
        hovered == node && matches!(self.overlay, Overlay::Nothing)
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
    kept.letters.turn(painting.camera.zoom());
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
    kept.stack
        .restack(painting.scene, &painting.selection.nodes);
    nodes(brush, &kept.stack, painting);
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

/// Draws the nodes that can be seen, layer by layer.
fn nodes(brush: &mut Brush<'_>, stack: &Stack, painting: &Painting<'_>) {
    let seen = painting.camera.visible().inflate(AROUND, AROUND + 18.0);
    let mut layers: BTreeMap<usize, Vec<&NodeBox>> = BTreeMap::new();
    for number in painting.scene.numbers_in(seen) {
        let node = &painting.scene.nodes()[number];
        layers.entry(stack.layer(number)).or_default().push(node);
    }
    for layer in layers.values() {
        brush.layer(|brush| {
            for node in layer {
                node::draw(brush, painting, node);
            }
        });
    }
    if painting.camera.detail() != Detail::Full {
        return;
    }
    let nodes = layers.values().flatten();
    let wrong: Vec<_> = nodes
        .filter_map(|node| run::complaint(painting, node))
        .collect();
    if !wrong.is_empty() {
        brush.layer(|brush| {
            for complaint in &wrong {
                complaint.draw(brush);
            }
        });
    }
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
