//! One node: its box, its title, its sockets.

use graph::document::State;
use graph::port::Arity;
use iced::advanced::graphics::geometry::Path;
use iced::{Border, Color, Point, Rectangle, border};

use super::brush::{Anchor, Brush, Diamond, Writing};
use super::{Painting, param, run, shown, wires};
use crate::canvas::camera::Detail;
use crate::canvas::scene::node::{MARK, TITLE};
use crate::canvas::scene::{Curve, NodeBox, Side, Socket};
use crate::space::{WorldPoint, WorldVector};
use crate::theme::{self, Icon, Look, SocketShape};

/// The radius of a socket.
const SOCKET: f32 = 5.5;
/// How far a label is from the edge that its socket lies on.
const LABEL: f32 = 14.0;
/// The least room in which the beginning of a name says something.
const ROOM: f32 = 64.0;
/// The size of titles where nothing else can be read.
const TITLE_ALONE: f32 = 28.0;

/// How a node looks, whatever it shows.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// The body.
    pub body: Color,
    /// The title bar.
    pub header: Color,
    /// What is read.
    pub text: Color,
    /// What is read second.
    pub label: Color,
    /// What values lie in.
    pub field: Color,
}

/// Draws a node with all that it shows at this distance.
pub fn draw(brush: &mut Brush<'_>, painting: &Painting<'_>, node: &NodeBox) {
    let surface = surface(brush, node);
    body(brush, painting, node, &surface);
    let detail = brush.camera().detail();
    if detail == Detail::Boxes {
        run::progress(brush, painting, node);
        return;
    }
    if node.state == Some(State::Bypassed) {
        handed_on(brush, node);
    }
    for socket in node.sockets() {
        draw_socket(brush, painting, socket, &surface);
    }
    if detail == Detail::Titles {
        title_alone(brush, node, &surface);
        run::progress(brush, painting, node);
        return;
    }
    title(brush, painting, node, &surface);
    if !node.is_collapsed {
        labels(brush, painting, node, &surface);
        for row in &node.params {
            param::draw(brush, painting, node, row, &surface);
        }
        for row in &node.texts {
            let at = WorldPoint::new(row.bounds.min_x() + 4.0, row.bounds.center().y);
            let width = row.bounds.width() - 8.0;
            let writing = Writing::line(&row.text, theme::TEXT, surface.label, width);
            let _ = brush.write(at, Anchor::Left, writing);
        }
        if let Some(room) = node.picture {
            shown::draw(brush, painting, node, room);
        }
    }
    run::progress(brush, painting, node);
    run::badge(brush, painting, node);
}

/// The colours of a node: paler where it takes less than full part, and more telling where nothing can be read.
fn surface(brush: &Brush<'_>, node: &NodeBox) -> Surface {
    let look = brush.look;
    let kind = node.outputs.first().or(node.inputs.first());
    let tint = kind
        .and_then(|socket| socket.kind.as_ref())
        .map_or(look.muted, |kind| look.kind(kind.name()));
    let (body, header) = match brush.camera().detail() {
        Detail::Boxes => (0.30, 0.50),
        Detail::Titles | Detail::Full => (0.0, 0.13),
    };
    let surface = Surface {
        body: Look::tint(look.raised, tint, body),
        header: Look::tint(look.header, tint, header),
        text: look.text,
        label: look.muted,
        field: look.field,
    };
    match node.state {
        None => surface,
        Some(State::Muted | State::Bypassed) => Surface {
            body: Look::tint(look.canvas, surface.body, 0.5),
            header: Look::tint(look.canvas, look.header, 0.5),
            text: look.faint,
            label: look.faint,
            field: Look::tint(look.canvas, look.field, 0.5),
        },
    }
}

fn body(brush: &mut Brush<'_>, painting: &Painting<'_>, node: &NodeBox, surface: &Surface) {
    let look = brush.look;
    let bounds = brush.place(node.bounds);
    let radius = (theme::RADIUS_LARGE * brush.zoom()).round();
    let is_selected = painting.selection.nodes.contains(&node.id);
    if brush.camera().detail() == Detail::Full {
        brush.shade(bounds, radius);
    }
    let edge = run::edge(look, painting, node).or_else(|| {
        node.descriptor
            .is_none()
            .then(|| Look::tint(look.raised, look.warning, 0.7))
    });
    if is_selected {
        let around = grown(bounds, 3.0);
        let halo = Look::tint(look.canvas, look.accent, 0.45);
        brush.outline(around, halo, 3.0, radius + 3.0);
    } else if painting.is_hovered(&node.id) {
        let around = grown(bounds, 1.0);
        brush.outline(around, look.faint, 1.0, radius + 1.0);
    }
    let border = Border {
        color: edge.unwrap_or(if is_selected {
            look.accent
        } else {
            look.border
        }),
        width: if edge.is_some() { 2.0 } else { 1.0 },
        radius: radius.into(),
    };
    brush.boxed(bounds, surface.body, border);
    let inset = border.width;
    let bar = brush.place(node.title_bar());
    let bar = Rectangle {
        x: bounds.x + inset,
        y: bounds.y + inset,
        width: bounds.width - 2.0 * inset,
        height: bar.height.min(bounds.height) - inset - if node.is_collapsed { inset } else { 0.0 },
    };
    let inner = (radius - inset).max(0.0);
    let corners = if node.is_collapsed {
        border::radius(inner)
    } else {
        border::top(inner)
    };
    brush.boxed(bar, surface.header, Border::default().rounded(corners));
}

fn grown(bounds: Rectangle, by: f32) -> Rectangle {
    Rectangle {
        x: bounds.x - by,
        y: bounds.y - by,
        width: bounds.width + 2.0 * by,
        height: bounds.height + 2.0 * by,
    }
}

fn title(brush: &mut Brush<'_>, painting: &Painting<'_>, node: &NodeBox, surface: &Surface) {
    let chevron = if node.is_collapsed {
        Icon::ChevronRight
    } else {
        Icon::ChevronDown
    };
    brush.icon(node.chevron().center(), chevron, 14.0, surface.label);
    let middle = node.bounds.min_y() + TITLE / 2.0;
    let mut right = node.bounds.max_x() - 10.0;
    if let Some((icon, colour)) = mark(brush.look, painting, node) {
        brush.icon(WorldPoint::new(right - 8.0, middle), icon, 14.0, colour);
        right -= 22.0;
    }
    let mut left = node.chevron().max_x() + 4.0;
    if node.is_from_plugin {
        let at = WorldPoint::new(left + MARK / 2.0 - 3.0, middle);
        brush.icon(at, Icon::Puzzle, 12.0, surface.label);
        left += MARK;
    }
    let writing = Writing::line(&node.title, theme::TEXT, surface.text, right - left);
    let end = left + brush.write(WorldPoint::new(left, middle), Anchor::Left, writing) + 8.0;
    // The name tells nodes of one kind apart; where there is no room for it, the inspector has it.
    let name = node.id.as_str();
    let writing = Writing::line(name, theme::TEXT_SMALL, brush.look.faint, right - end);
    let fits = right - end >= ROOM || brush.is_whole(&writing);
    if fits && right > end && name != node.title {
        let at = WorldPoint::new(right, middle + 0.5);
        let _ = brush.write(at, Anchor::Right, writing);
    }
}

/// What the title bar tells with a picture.
fn mark(look: &Look, painting: &Painting<'_>, node: &NodeBox) -> Option<(Icon, Color)> {
    match node.state {
        Some(State::Muted) => return Some((Icon::Muted, look.faint)),
        Some(State::Bypassed) => return Some((Icon::Bypass, look.faint)),
        None => {}
    }
    if node.descriptor.is_none() {
        return Some((Icon::Puzzle, look.warning));
    }
    run::mark(look, painting, node)
}

/// The title alone, as large as there is room: nothing else could be read.
fn title_alone(brush: &mut Brush<'_>, node: &NodeBox, surface: &Surface) {
    let width = node.bounds.width() - 24.0;
    let lines = if node.is_collapsed { 1 } else { 2 };
    let size = if node.is_collapsed { 20.0 } else { TITLE_ALONE };
    let writing = Writing::block(&node.title, size, surface.text, width, lines);
    let at = WorldPoint::new(node.bounds.min_x() + 12.0, node.bounds.center().y);
    let _ = brush.write(at, Anchor::Left, writing);
}

/// The names of ports beside their sockets.
fn labels(brush: &mut Brush<'_>, painting: &Painting<'_>, node: &NodeBox, surface: &Surface) {
    let rows = node.inputs.len().max(node.outputs.len());
    for row in 0..rows {
        let (input, output) = (node.inputs.get(row), node.outputs.get(row));
        let room = node.bounds.width() - 2.0 * LABEL;
        let room = if input.is_some() && output.is_some() {
            room / 2.0 - 4.0
        } else {
            room
        };
        for socket in [input, output].into_iter().flatten() {
            label(brush, painting, socket, surface, room);
        }
    }
}

fn label(
    brush: &mut Brush<'_>,
    painting: &Painting<'_>,
    socket: &Socket,
    surface: &Surface,
    room: f32,
) {
    let look = brush.look;
    let colour = if painting.is_at_fault(&socket.port) {
        look.danger
    } else if painting.fits(socket) == Some(false) || (socket.is_param && socket.is_wired) {
        look.faint
    } else {
        surface.label
    };
    let name = words(&socket.port.port);
    let writing = Writing::line(&name, theme::TEXT, colour, room);
    let (anchor, away) = match socket.side {
        Side::Input => (Anchor::Left, LABEL),
        Side::Output => (Anchor::Right, -LABEL),
    };
    let width = brush.write(socket.at + WorldVector::new(away, 0.0), anchor, writing);
    if socket.exposed.is_some() && width + 18.0 < room {
        let beside = away.signum() * (LABEL + width + 10.0);
        let at = socket.at + WorldVector::new(beside, 0.0);
        brush.icon(at, Icon::Expose, 11.0, look.accent);
    }
}

/// A name of a file in words.
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Draws a socket: filled where it is wired, a ring where it is not.
pub fn draw_socket(
    brush: &mut Brush<'_>,
    painting: &Painting<'_>,
    socket: &Socket,
    surface: &Surface,
) {
    let look = brush.look;
    let fits = painting.fits(socket);
    if socket.is_param && !socket.is_wired && fits != Some(true) {
        // Parameters can be wired, too, but their sockets show only when that is meant.
        return;
    }
    let kind = socket.kind.as_ref().map(graph::kind::Kind::name);
    let colour = kind.map_or(look.muted, |kind| look.kind(kind));
    let colour = match fits {
        Some(false) => Look::tint(surface.body, colour, 0.25),
        Some(true) | None => colour,
    };
    let centre = brush.point(socket.at);
    let radius = (SOCKET * brush.zoom()).max(2.0);
    if fits == Some(true) {
        let halo = colour.scale_alpha(0.30);
        brush.fill(square(centre, radius * 2.1), halo, radius * 2.1);
    }
    if painting.is_at_fault(&socket.port) {
        brush.outline(square(centre, radius + 4.0), look.danger, 2.0, radius + 4.0);
    }
    let inside = if socket.is_wired || fits == Some(true) {
        colour
    } else {
        surface.body
    };
    shape(brush, kind, socket.arity, centre, radius, colour, inside);
}

fn shape(
    brush: &mut Brush<'_>,
    kind: Option<&str>,
    arity: Arity,
    centre: Point,
    radius: f32,
    colour: Color,
    inside: Color,
) {
    let ring = (1.6 * brush.zoom()).clamp(1.0, 3.0);
    let many = match arity {
        Arity::One | Arity::Optional => 0.0,
        Arity::Many => 0.8 * radius,
    };
    let shape = kind.map_or(SocketShape::Round, |kind| brush.look.shape(kind));
    let rounding = match shape {
        SocketShape::Round => radius,
        SocketShape::Square => 0.3 * radius,
        SocketShape::Diamond => {
            let radius = 1.25 * radius;
            brush.diamond(Diamond {
                centre,
                radius,
                ring,
                colour,
                inside,
            });
            return;
        }
    };
    let taller = |radius: f32| {
        let bounds = square(centre, radius);
        Rectangle {
            y: bounds.y - many,
            height: bounds.height + 2.0 * many,
            ..bounds
        }
    };
    // Boxes within boxes are drawn more quickly than edges of boxes.
    if brush.camera().detail() == Detail::Full {
        let gap = brush.look.canvas;
        brush.fill(taller(radius + ring), gap, rounding + ring);
    }
    brush.fill(taller(radius), colour, rounding);
    if inside != colour {
        brush.fill(taller(radius - ring), inside, (rounding - ring).max(0.0));
    }
}

fn square(centre: Point, radius: f32) -> Rectangle {
    Rectangle {
        x: centre.x - radius,
        y: centre.y - radius,
        width: 2.0 * radius,
        height: 2.0 * radius,
    }
}

/// Draws which input each output hands on, in a node that is bypassed.
fn handed_on(brush: &mut Brush<'_>, node: &NodeBox) {
    let place = wires::window(brush);
    let width = wires::width(brush.zoom());
    let look = brush.look;
    let lines: Vec<(Curve, Color)> = node
        .outputs
        .iter()
        .filter_map(|output| {
            let kind = output.kind.as_ref()?;
            let is_same = |input: &&Socket| {
                let found = input.kind.as_ref();
                found.is_some_and(|found| found.name() == kind.name())
            };
            let input = node.inputs.iter().find(is_same)?;
            let colour = Look::tint(look.canvas, look.kind(kind.name()), 0.5);
            // Between the names of the ports, so that it strikes none of them through.
            let inset = WorldVector::new(0.4 * node.bounds.width(), 0.0);
            Some((Curve::between(input.at + inset, output.at - inset), colour))
        })
        .collect();
    brush.paths(|frame| {
        for (curve, colour) in &lines {
            let path = Path::new(|path| place.curve(path, curve));
            frame.stroke(&path, wires::line(*colour, width));
        }
    });
}
