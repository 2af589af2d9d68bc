//! Wires: all that can be seen as one geometry, kept while the view moves.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use graph::document::Wire;
use iced::advanced::Renderer as _;
use iced::advanced::graphics::geometry::{
    Cache, Frame, LineCap, LineJoin, Path, Renderer as _, Stroke, path,
};
use iced::{Color, Point, Size, Transformation};

use super::Painting;
use super::brush::Brush;
use crate::canvas::Overlay;
use crate::canvas::camera::Detail;
use crate::canvas::scene::{Curve, Scene, WireCurve};
use crate::canvas::selection::Selection;
use crate::space::{WorldPoint, WorldRect};
use crate::theme::Look;

/// By which factor the zoom may differ from the one that wires were drawn for.
const STRETCH: f32 = 1.25;
/// How much of the view is drawn beyond each of its edges, so that panning needs nothing new.
const BEYOND: f32 = 0.35;
/// The least width of a wire: what is no wider than a pixel takes the processor far longer, pixel by pixel.
const HAIR: f32 = 1.1;
/// The radius of a point that a wire is led through.
const POINT: f32 = 4.0;

/// The wires as they were drawn last.
#[derive(Debug, Default)]
pub struct Wires {
    cache: Cache<iced::Renderer>,
    drawn: RefCell<Option<Drawn>>,
}

/// What the wires that are kept were drawn for.
#[derive(Clone, Debug)]
struct Drawn {
    scene: Arc<Scene>,
    looks: Looks,
    zoom: f32,
    covered: WorldRect,
}

/// How wires look wherever they lie.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Looks {
    dark: bool,
    detail: Detail,
    dim: bool,
    unplugged: Option<Wire>,
}

impl Wires {
    /// Draws all wires but the one whose end is in the hand; the others are pale meanwhile.
    pub fn draw(&self, brush: &mut Brush<'_>, painting: &Painting<'_>) {
        let scene = painting.scene;
        let wanted = match self.kept(brush, painting) {
            Some(kept) => kept,
            None => {
                self.cache.clear();
                Drawn::new(brush, painting)
            }
        };
        let place = Place {
            origin: wanted.covered.origin,
            zoom: wanted.zoom,
        };
        let size = Size::new(
            wanted.covered.width() * wanted.zoom,
            wanted.covered.height() * wanted.zoom,
        );
        let look = brush.look;
        let geometry = self.cache.draw(brush.renderer, size, |frame| {
            for (colour, wires) in sorted(scene, &wanted, look) {
                place.stroke(frame, &wires, (colour, width(wanted.zoom)), wanted.covered);
            }
            if wanted.looks.detail != Detail::Boxes {
                points(frame, place, scene, &wanted, look);
            }
        });
        let corner = brush.point(wanted.covered.origin);
        let stretch = brush.zoom() / wanted.zoom;
        let to_window =
            Transformation::translate(corner.x, corner.y) * Transformation::scale(stretch);
        brush.renderer.with_transformation(to_window, |renderer| {
            renderer.draw_geometry(geometry);
        });
        *self.drawn.borrow_mut() = Some(wanted);
    }

    /// What the wires that are kept were drawn for, where they will do.
    fn kept(&self, brush: &Brush<'_>, painting: &Painting<'_>) -> Option<Drawn> {
        let drawn = self.drawn.borrow();
        let drawn = drawn.as_ref()?;
        let stretch = (brush.zoom() / drawn.zoom).max(drawn.zoom / brush.zoom());
        let will_do = Arc::ptr_eq(&drawn.scene, painting.scene)
            && drawn.looks == Looks::new(brush, painting)
            && stretch <= STRETCH
            && drawn.covered.contains_rect(&brush.camera().visible());
        will_do.then(|| drawn.clone())
    }
}

impl Drawn {
    fn new(brush: &Brush<'_>, painting: &Painting<'_>) -> Self {
        let visible = brush.camera().visible();
        Self {
            scene: painting.scene.clone(),
            looks: Looks::new(brush, painting),
            zoom: brush.zoom(),
            covered: visible.inflate(visible.width() * BEYOND, visible.height() * BEYOND),
        }
    }
}

impl Looks {
    fn new(brush: &Brush<'_>, painting: &Painting<'_>) -> Self {
        let (dim, unplugged) = match &painting.overlay {
            Overlay::Wire(wire) => (true, wire.unplugged.cloned()),
            Overlay::Nothing
            | Overlay::Band(_)
            | Overlay::Stroke { .. }
            | Overlay::Insertion(_) => (false, None),
        };
        Self {
            dark: brush.look.dark,
            detail: brush.camera().detail(),
            dim,
            unplugged,
        }
    }
}

/// How points of the plane lie in a geometry.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The point of the plane in the upper left corner.
    pub origin: WorldPoint,
    /// How many pixels a unit of the plane takes.
    pub zoom: f32,
}

impl Place {
    /// Where a point of the plane is.
    pub fn at(self, point: WorldPoint) -> Point {
        let way = (point - self.origin) * self.zoom;
        Point::new(way.x, way.y)
    }

    /// Adds a curve to a path.
    pub fn curve(self, path: &mut path::Builder, curve: &Curve) {
        path.move_to(self.at(curve.from));
        path.bezier_curve_to(
            self.at(curve.from_control),
            self.at(curve.to_control),
            self.at(curve.to),
        );
    }

    /// Draws those parts of `wires` that may be seen in `covered`.
    fn stroke(
        self,
        frame: &mut Frame<iced::Renderer>,
        wires: &[&WireCurve],
        (colour, width): (Color, f32),
        covered: WorldRect,
    ) {
        for wire in wires {
            let path = Path::new(|path| {
                for curve in &wire.curves {
                    if covered.contains_rect(&curve.bounds()) {
                        self.curve(path, curve);
                    } else {
                        self.pieces(path, curve, covered);
                    }
                }
            });
            frame.stroke(&path, line(colour, width));
        }
    }

    /// Adds those pieces of a curve that may be seen: long wires lead far beyond what is covered.
    fn pieces(self, path: &mut path::Builder, curve: &Curve, covered: WorldRect) {
        let mut last = None;
        for (from, to) in curve.pieces() {
            let around = euclid::Box2D::new(from.min(to), from.max(to)).to_rect();
            let around = around.inflate(1.0, 1.0);
            if !around.intersects(&covered) {
                continue;
            }
            if last != Some(from) {
                path.move_to(self.at(from));
            }
            path.line_to(self.at(to));
            last = Some(to);
        }
    }
}

/// How wide wires are at `zoom`.
pub fn width(zoom: f32) -> f32 {
    (2.2 * zoom).clamp(HAIR, 4.0)
}

/// A smooth line.
pub fn line(colour: Color, width: f32) -> Stroke<'static> {
    Stroke::default()
        .with_color(colour)
        .with_width(width)
        .with_line_cap(LineCap::Round)
        .with_line_join(LineJoin::Round)
}

/// Draws one wire above the others: one that is selected, or that the pointer is over.
pub fn above(brush: &mut Brush<'_>, wires: &[(&WireCurve, Color)]) {
    let place = window(brush);
    let visible = brush.camera().visible();
    let width = width(brush.zoom()) + 1.2;
    brush.paths(|frame| {
        for (wire, colour) in wires {
            place.stroke(frame, &[*wire], (*colour, width), visible);
        }
    });
}

/// How points of the plane lie in the window.
pub fn window(brush: &Brush<'_>) -> Place {
    let bounds = brush.bounds();
    let origin = brush.camera().visible().origin;
    let zoom = brush.zoom();
    Place {
        origin: origin - crate::space::WorldVector::new(bounds.x, bounds.y) / zoom,
        zoom,
    }
}

/// The colour of a wire as it lies among others: from afar they are many, and step back.
fn colour(wire: &WireCurve, look: &Look, looks: &Looks) -> Color {
    let colour = wire
        .kind
        .as_deref()
        .map_or(look.muted, |kind| look.kind(kind));
    let shown = match (wire.is_dead || looks.dim, looks.detail) {
        (true, _) => 0.25,
        (false, Detail::Full) => 0.85,
        (false, Detail::Titles) => 0.65,
        (false, Detail::Boxes) => 0.45,
    };
    Look::tint(look.canvas, colour, shown)
}

/// The wires that can be seen, by colour, so that those of one colour lie together.
fn sorted<'a>(scene: &'a Scene, wanted: &Drawn, look: &Look) -> Vec<(Color, Vec<&'a WireCurve>)> {
    let mut sorted: BTreeMap<[u8; 4], (Color, Vec<&WireCurve>)> = BTreeMap::new();
    let shown = |wire: &&WireCurve| Some(&wire.wire) != wanted.looks.unplugged.as_ref();
    for wire in scene.wires_in(wanted.covered).filter(shown) {
        let colour = colour(wire, look, &wanted.looks);
        let (_, wires) = sorted
            .entry(colour.into_rgba8())
            .or_insert_with(|| (colour, Vec::new()));
        wires.push(wire);
    }
    sorted.into_values().collect()
}

/// Draws the points that wires are led through.
fn points(
    frame: &mut Frame<iced::Renderer>,
    place: Place,
    scene: &Scene,
    wanted: &Drawn,
    look: &Look,
) {
    for wire in scene.wires_in(wanted.covered) {
        for point in &wire.points {
            let dot = Path::circle(place.at(*point), POINT * wanted.zoom);
            frame.fill(&dot, colour(wire, look, &wanted.looks));
        }
    }
}

/// Rings the points of wires that are selected.
pub fn marked_points(brush: &mut Brush<'_>, scene: &Scene, selection: &Selection) {
    if selection.points.is_empty() {
        return;
    }
    let place = window(brush);
    let (radius, colour) = ((POINT + 2.0) * brush.zoom(), brush.look.accent);
    brush.paths(|frame| {
        for (wire, at) in &selection.points {
            let point = scene.wire(wire).and_then(|curve| curve.points.get(*at));
            if let Some(point) = point {
                frame.fill(&Path::circle(place.at(*point), radius), colour);
            }
        }
    });
}
