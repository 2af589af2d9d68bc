//! The map of the whole in a corner: where everything is, and what of it is seen.

use iced::{Border, Rectangle};

use super::camera::Camera;
use super::draw::brush::Brush;
use super::scene::{NodeBox, Scene};
use super::selection::Selection;
use crate::space::{ScreenPoint, ScreenRect, ScreenSize, WorldPoint, WorldRect};
use crate::status::{NodeStatus, Statuses};
use crate::theme::{self, Look};

/// How large the map is.
const SIZE: (f32, f32) = (196.0, 128.0);
/// How far it is from the canvas' edges.
const MARGIN: f32 = 14.0;
/// What is left free around what it shows.
const INSET: f32 = 10.0;

/// How the plane lies on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minimap {
    /// Where the map is on the canvas.
    pub bounds: ScreenRect,
    /// What of the plane is in its middle.
    centre: WorldPoint,
    /// How many pixels a unit of the plane takes.
    scale: f32,
}

impl Minimap {
    /// The map of `scene` on a canvas seen through `camera`; `None` where there is no room for it, or all is seen anyway.
    pub fn new(scene: &Scene, camera: &Camera) -> Option<Self> {
        let size = camera.size();
        if size.width < 2.5 * SIZE.0 || size.height < 2.5 * SIZE.1 {
            return None;
        }
        let everything = scene.bounds()?;
        if camera.visible().contains_rect(&everything) {
            return None;
        }
        let shown = everything.union(&camera.visible());
        let room = (SIZE.0 - 2.0 * INSET, SIZE.1 - 2.0 * INSET);
        let scale = (room.0 / shown.width().max(1.0)).min(room.1 / shown.height().max(1.0));
        let corner = ScreenPoint::new(size.width - SIZE.0 - MARGIN, size.height - SIZE.1 - MARGIN);
        Some(Self {
            bounds: ScreenRect::new(corner, ScreenSize::new(SIZE.0, SIZE.1)),
            centre: shown.center(),
            scale,
        })
    }

    /// The point of the plane at a point of the canvas that is on the map.
    pub fn to_world(self, at: ScreenPoint) -> WorldPoint {
        self.centre + ((at - self.bounds.center()) / self.scale).cast_unit()
    }

    /// Where a piece of the plane is on the canvas, as the map shows it.
    pub fn to_screen(self, rect: WorldRect) -> ScreenRect {
        let way = (rect.origin - self.centre) * self.scale;
        let corner = self.bounds.center() + way.cast_unit();
        ScreenRect::new(corner, (rect.size * self.scale).cast_unit())
    }

    /// Draws the map.
    pub(super) fn draw(
        &self,
        brush: &mut Brush<'_>,
        scene: &Scene,
        selection: &Selection,
        statuses: &Statuses,
    ) {
        let look = brush.look;
        let border = Border {
            color: look.border,
            width: 1.0,
            radius: theme::RADIUS_LARGE.into(),
        };
        let ground = brush.window(self.bounds);
        brush.shade(ground, theme::RADIUS_LARGE);
        brush.boxed(ground, look.panel, border);
        for frame in scene.frames() {
            let colour = Look::tint(look.panel, look.frame(frame.frame.colour), 0.25);
            brush.fill(self.spot(brush, frame.bounds), colour, 2.0);
        }
        for note in scene.notes() {
            brush.fill(self.spot(brush, note.bounds), look.paper, 1.0);
        }
        for node in scene.nodes() {
            let colour = if selection.nodes.contains(&node.id) {
                look.accent
            } else {
                colour(look, node, statuses)
            };
            brush.fill(self.spot(brush, node.bounds), colour, 1.0);
        }
        let seen = self.to_screen(brush.camera().visible());
        let seen = seen.intersection(&self.bounds).unwrap_or(self.bounds);
        let seen = brush.window(seen);
        let border = Border {
            color: look.accent,
            width: 1.0,
            radius: 3.0.into(),
        };
        brush.boxed(seen, look.accent.scale_alpha(0.10), border);
    }

    fn spot(&self, brush: &Brush<'_>, bounds: WorldRect) -> Rectangle {
        let spot = brush.window(self.to_screen(bounds));
        Rectangle {
            width: spot.width.max(2.0),
            height: spot.height.max(2.0),
            ..spot
        }
    }
}

/// The colour of a node on the map: what it makes, or how its run went.
fn colour(look: &Look, node: &NodeBox, statuses: &Statuses) -> iced::Color {
    match statuses.get(&node.id) {
        Some(NodeStatus::Failed { .. }) => look.danger,
        Some(NodeStatus::Running { .. }) => look.accent,
        Some(
            NodeStatus::Waiting
            | NodeStatus::Finished { .. }
            | NodeStatus::Skipped { .. }
            | NodeStatus::Cancelled,
        )
        | None => {
            let kind = node.outputs.first().and_then(|socket| socket.kind.as_ref());
            let kind = kind.map_or(look.muted, |kind| look.kind(kind.name()));
            Look::tint(look.panel, kind, 0.55)
        }
    }
}
