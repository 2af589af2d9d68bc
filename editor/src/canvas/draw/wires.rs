//! Wires: all that can be seen as one geometry, kept while the view moves.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
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
/// The most wires that are drawn apart from the others, because they move.
const APART: usize = 200;
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
    /// The numbers of the wires that are not among them: they move, and are drawn anew each time.
    apart: BTreeSet<usize>,
    /// What was seen last.
    latest: Arc<Scene>,
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
        let wanted = match self.kept(brush, painting) {
            Some(kept) => kept,
            None => {
                self.cache.clear();
                Drawn::new(brush, painting, self.drawn.borrow().as_ref())
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
            let numbers = wanted.scene.wire_numbers_in(wanted.covered).into_iter();
            let stay = numbers.filter(|number| !wanted.apart.contains(number));
            let wires: Vec<&WireCurve> = stay.map(|at| &*wanted.scene.wires()[at]).collect();
            place.lay(frame, &wires, &wanted.looks, look, wanted.covered);
        });
        let corner = brush.point(wanted.covered.origin);
        let stretch = brush.zoom() / wanted.zoom;
        let to_window =
            Transformation::translate(corner.x, corner.y) * Transformation::scale(stretch);
        brush.renderer.with_transformation(to_window, |renderer| {
            renderer.draw_geometry(geometry);
        });
        if !wanted.apart.is_empty() {
            let moving = wanted.apart.iter();
            let wires: Vec<&WireCurve> = moving.map(|at| &*painting.scene.wires()[*at]).collect();
            let (place, visible) = (window(brush), brush.camera().visible());
            brush.paths(|frame| place.lay(frame, &wires, &wanted.looks, look, visible));
        }
        *self.drawn.borrow_mut() = Some(wanted);
    }

    /// What the wires that are kept were drawn for, where they will do.
    fn kept(&self, brush: &Brush<'_>, painting: &Painting<'_>) -> Option<Drawn> {
        let drawn = self.drawn.borrow();
        let drawn = drawn.as_ref()?;
        let stretch = (brush.zoom() / drawn.zoom).max(drawn.zoom / brush.zoom());
        let will_do = drawn.looks == Looks::new(brush, painting)
            && stretch <= STRETCH
            && drawn.covered.contains_rect(&brush.camera().visible())
            && moved(&drawn.scene, painting.scene)?.is_subset(&drawn.apart);
        will_do.then(|| Drawn {
            latest: painting.scene.clone(),
            ..drawn.clone()
        })
    }
}

impl Drawn {
    /// All wires as they are now; those that have moved since the `last` time will move again, and are drawn apart.
    fn new(brush: &Brush<'_>, painting: &Painting<'_>, last: Option<&Self>) -> Self {
        let visible = brush.camera().visible();
        let moved = last.and_then(|last| moved(&last.latest, painting.scene));
        Self {
            scene: painting.scene.clone(),
            apart: moved
                .filter(|moved| moved.len() <= APART)
                .unwrap_or_default(),
            latest: painting.scene.clone(),
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

    /// Draws wires as they lie among others, those of one colour together, and above them the points that they lead through.
    fn lay(
        self,
        frame: &mut Frame<iced::Renderer>,
        wires: &[&WireCurve],
        looks: &Looks,
        look: &Look,
        covered: WorldRect,
    ) {
        let mut sorted: BTreeMap<[u8; 4], (Color, Vec<&WireCurve>)> = BTreeMap::new();
        let shown = |wire: &&&WireCurve| Some(&wire.wire) != looks.unplugged.as_ref();
        for wire in wires.iter().filter(shown) {
            let colour = colour(wire, look, looks);
            let of_colour = sorted.entry(colour.into_rgba8());
            let (_, wires) = of_colour.or_insert_with(|| (colour, Vec::new()));
            wires.push(wire);
        }
        for (colour, wires) in sorted.values() {
            self.stroke(frame, wires, (*colour, width(self.zoom)), covered);
        }
        if looks.detail == Detail::Boxes {
            return;
        }
        for wire in wires {
            for point in &wire.points {
                let dot = Path::circle(self.at(*point), POINT * self.zoom);
                frame.fill(&dot, colour(wire, look, looks));
            }
        }
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

/// The numbers of the wires that lie otherwise than before; `None` where they are not the same wires.
fn moved(before: &Arc<Scene>, after: &Arc<Scene>) -> Option<BTreeSet<usize>> {
    if Arc::ptr_eq(before, after) {
        return Some(BTreeSet::new());
    }
    let (before, after) = (before.wires(), after.wires());
    let is_same = |(before, after): (&Arc<WireCurve>, &Arc<WireCurve>)| {
        Arc::ptr_eq(before, after) || before.wire == after.wire
    };
    if before.len() != after.len() || !std::iter::zip(before, after).all(is_same) {
        return None;
    }
    let both = std::iter::zip(before, after).enumerate();
    let moved = both.filter(|(_, (before, after))| !Arc::ptr_eq(before, after));
    Some(moved.map(|(number, _)| number).collect())
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
