//! A wire with one end in the hand.

use graph::document::{NodeId, PortRef, Wire};
use graph::kind::Kind;

use crate::canvas::camera::Camera;
use crate::canvas::hit::{self, WireHit};
use crate::canvas::scene::Side;
use crate::canvas::selection::Selection;
use crate::canvas::wiring::{self, Fits};
use crate::canvas::{Loose, View};
use crate::space::WorldPoint;

/// A wire with one end in the hand.
#[derive(Clone, Debug)]
pub struct InHand {
    /// The end that is not in the hand.
    pub loose: Loose,
    /// The wire that it was, where it is not a new one.
    pub unplugged: Option<Wire>,
    /// Where the end is that is not in the hand.
    pub anchor: WorldPoint,
    /// Where the hand is.
    pub at: WorldPoint,
    /// What would pass through it, where that is known.
    pub kind: Option<Kind>,
    /// Every port that it fits.
    pub fits: Fits,
    /// What it would be plugged into.
    pub over: Drop,
}

/// What a wire would be plugged into if it were let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drop {
    /// Nothing.
    Nowhere,
    /// A port that it fits.
    Fits(PortRef),
    /// A port that it does not fit, or a node without such a port, and why.
    Refused(Option<PortRef>, String),
}

impl InHand {
    /// The wire that is taken at a socket: the last one that ends there, or a new one.
    pub(super) fn at_socket(port: &PortRef, side: Side, at: WorldPoint, view: &View<'_>) -> Self {
        match side {
            Side::Output => Self::new(Loose::Output(port.clone()), None, at, view),
            Side::Input => match view.graph.wires_to(port).last() {
                Some(wire) => {
                    let loose = Loose::Output(wire.from.clone());
                    Self::new(loose, Some(wire.clone()), at, view)
                }
                None => Self::new(Loose::Input(port.clone()), None, at, view),
            },
        }
    }

    /// The wire that is taken somewhere on its way: its nearer end comes off.
    pub(super) fn off(hit: &WireHit, at: WorldPoint, view: &View<'_>) -> Self {
        let wire = hit.wire.clone();
        let loose = if hit.share < 0.5 {
            Loose::Input(wire.to.clone())
        } else {
            Loose::Output(wire.from.clone())
        };
        Self::new(loose, Some(wire), at, view)
    }

    fn new(loose: Loose, unplugged: Option<Wire>, at: WorldPoint, view: &View<'_>) -> Self {
        let anchor = view.scene.anchor(loose.port(), loose.side());
        Self {
            fits: Fits::new(view.graph, view.registry, &loose, unplugged.as_ref()),
            kind: wiring::kind(view.graph, view.registry, &loose),
            anchor: anchor.unwrap_or(at),
            at,
            loose,
            unplugged,
            over: Drop::Nowhere,
        }
    }

    /// The hand is at `point` now.
    pub(super) fn to(
        &mut self,
        point: WorldPoint,
        camera: &Camera,
        selection: &Selection,
        view: &View<'_>,
    ) {
        self.at = point;
        self.over = self.over(point, camera, selection, view);
    }

    fn over(
        &self,
        point: WorldPoint,
        camera: &Camera,
        selection: &Selection,
        view: &View<'_>,
    ) -> Drop {
        let socket = hit::socket(view.scene, camera, selection, point);
        if let Some(socket) = socket.filter(|socket| socket.port != *self.loose.port()) {
            if self.fits.contains(&socket.port) && socket.side != self.loose.side() {
                return Drop::Fits(socket.port.clone());
            }
            let there = (&socket.port, socket.side);
            let unplugged = self.unplugged.as_ref();
            return match wiring::refusal(view.graph, view.registry, &self.loose, there, unplugged) {
                Some(why) => Drop::Refused(Some(socket.port.clone()), why),
                None => Drop::Nowhere,
            };
        }
        let Some(node) = hit::node(view.scene, selection, point) else {
            return Drop::Nowhere;
        };
        if node.id == self.loose.port().node {
            return Drop::Nowhere;
        }
        // Dropped on a node, it takes the port that it fits best.
        match self.fits.of(&node.id).first() {
            Some(port) => Drop::Fits(node.id.port(port)),
            None => Drop::Refused(None, self.misfit(node, view)),
        }
    }

    /// Why the wire fits no port of `node`.
    fn misfit(&self, node: &crate::canvas::scene::NodeBox, view: &View<'_>) -> String {
        let (from, to) = match self.loose.side() {
            Side::Output => (self.loose.port().node.clone(), node.id.clone()),
            Side::Input => (node.id.clone(), self.loose.port().node.clone()),
        };
        let way = wiring::way(view.graph, &to, &from, self.unplugged.as_ref());
        if !way.is_empty() {
            let names: Vec<&str> = way.iter().chain(way.first()).map(NodeId::as_str).collect();
            return format!("that would close a cycle: {}", names.join(" -> "));
        }
        let side = match self.loose.side() {
            Side::Output => "input",
            Side::Input => "output",
        };
        match &self.kind {
            Some(kind) => format!("`{}` has no free {side} of the kind {kind}", node.id),
            None => format!("what passes at `{}` is not known", self.loose.port()),
        }
    }
}
