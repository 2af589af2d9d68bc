//! The parameters that can be set in the node itself.

use graph::param::{ParamKind, ParamSpec, ParamValue};
use iced::{Border, Color, Point, Rectangle, border};

use super::Painting;
use super::brush::{Anchor, Brush, Writing};
use super::letters::LINE;
use super::node::{Surface, words};
use crate::canvas::scene::{NodeBox, ParamRow};
use crate::space::{WorldPoint, WorldRect};
use crate::theme::{self, Icon, Look};

/// What is left free beside a value in its field.
const INSET: f32 = 7.0;
/// The widest range of whole numbers of which a share can be seen.
const SPAN: i64 = 1_000;
/// The size of the letters of values.
const SIZE: f32 = 12.0;

/// Draws one row: the name at the left, what it is set to at the right.
pub fn draw(
    brush: &mut Brush<'_>,
    painting: &Painting<'_>,
    node: &NodeBox,
    row: &ParamRow,
    surface: &Surface,
) {
    let Some(spec) = node.spec(row) else {
        return;
    };
    let is_at_fault = painting.is_at_fault(&row.socket.port);
    name(brush, row, surface, is_at_fault);
    match &spec.kind {
        ParamKind::Bool => check(brush, row, surface),
        ParamKind::Int { .. }
        | ParamKind::Float { .. }
        | ParamKind::Text { .. }
        | ParamKind::Choice { .. }
        | ParamKind::Path { .. }
        | ParamKind::Seed => {
            let is_hovered = painting.is_hovered_param(&row.socket.port);
            field(brush, row, spec, surface, (is_hovered, is_at_fault));
            value(brush, row, spec, surface);
        }
    }
    if let Some(dice) = row.dice {
        brush.icon(dice.center(), Icon::Dice, 14.0, surface.label);
    }
}

fn name(brush: &mut Brush<'_>, row: &ParamRow, surface: &Surface, is_at_fault: bool) {
    let left = row.bounds.min_x() + 6.0;
    let room = row.field.min_x() - left - 6.0;
    if room <= 0.0 {
        return;
    }
    let colour = if is_at_fault {
        brush.look.danger
    } else {
        surface.label
    };
    let name = words(&row.socket.port.port);
    let writing = Writing::line(&name, theme::TEXT, colour, room);
    let at = WorldPoint::new(left, row.bounds.center().y);
    let width = brush.write(at, Anchor::Left, writing);
    if row.socket.exposed.is_some() && width + 18.0 < room {
        let at = WorldPoint::new(left + width + 10.0, at.y);
        brush.icon(at, Icon::Expose, 11.0, brush.look.accent);
    }
}

/// The ground of a value; filled as far as a number is in its range.
fn field(
    brush: &mut Brush<'_>,
    row: &ParamRow,
    spec: &ParamSpec,
    surface: &Surface,
    (is_hovered, is_at_fault): (bool, bool),
) {
    let look = brush.look;
    let bounds = brush.place(row.field);
    let radius = 4.0 * brush.zoom();
    let edge = match (is_at_fault, is_hovered) {
        (true, _) => Some(look.danger),
        (false, true) => Some(look.faint),
        (false, false) => None,
    };
    let border = Border {
        color: edge.unwrap_or(surface.field),
        width: if edge.is_some() { 1.0 } else { 0.0 },
        radius: radius.into(),
    };
    brush.boxed(bounds, surface.field, border);
    if let Some(share) = share(&spec.kind, row.value.as_ref()) {
        let width = ((bounds.width - 2.0) * share).round();
        let filled = Rectangle {
            x: bounds.x + 1.0,
            y: bounds.y + 1.0,
            width,
            height: bounds.height - 2.0,
        };
        let inner = (radius - 1.0).max(0.0);
        let corners = if share < 0.98 {
            border::left(inner.min(width / 2.0))
        } else {
            border::radius(inner)
        };
        let colour = Look::tint(surface.field, look.accent, 0.30);
        brush.boxed(filled, colour, Border::default().rounded(corners));
    }
}

/// How far a number is from the smallest to the largest allowed, where that can be seen.
fn share(kind: &ParamKind, value: Option<&ParamValue>) -> Option<f32> {
    let share = match (kind, value?) {
        (ParamKind::Int { min, max }, ParamValue::Int(number)) => {
            let span = max.checked_sub(*min)?;
            if !(1..=SPAN).contains(&span) {
                return None;
            }
            number.saturating_sub(*min) as f64 / span as f64
        }
        (ParamKind::Float { min, max }, ParamValue::Float(number)) => {
            let span = max - min;
            if !span.is_finite() || span <= 0.0 || span > SPAN as f64 {
                return None;
            }
            (number - min) / span
        }
        (
            ParamKind::Bool
            | ParamKind::Int { .. }
            | ParamKind::Float { .. }
            | ParamKind::Text { .. }
            | ParamKind::Choice { .. }
            | ParamKind::Path { .. }
            | ParamKind::Seed,
            _,
        ) => return None,
    };
    Some(share.clamp(0.0, 1.0) as f32)
}

fn value(brush: &mut Brush<'_>, row: &ParamRow, spec: &ParamSpec, surface: &Surface) {
    let look = brush.look;
    let colour = if row.is_set {
        surface.text
    } else {
        surface.label
    };
    let Some(value) = &row.value else {
        let writing = Writing::line(
            "not set",
            SIZE,
            look.warning,
            row.field.width() - 2.0 * INSET,
        );
        let _ = brush.write(left(row.field), Anchor::Left, writing);
        return;
    };
    let text = text(value, spec);
    match &spec.kind {
        ParamKind::Bool | ParamKind::Int { .. } | ParamKind::Float { .. } | ParamKind::Seed => {
            let at = WorldPoint::new(row.field.max_x() - INSET, row.field.center().y);
            let writing = Writing::line(&text, SIZE, colour, row.field.width() - 2.0 * INSET);
            let _ = brush.write(at, Anchor::Right, writing);
        }
        ParamKind::Text { multiline: true } => lines(brush, row, &text, colour),
        ParamKind::Text { multiline: false } => {
            let writing = Writing::line(&text, SIZE, colour, row.field.width() - 2.0 * INSET);
            let _ = brush.write(left(row.field), Anchor::Left, writing);
        }
        ParamKind::Choice { .. } => with_icon(brush, row, &text, colour, Icon::ChevronsUpDown),
        ParamKind::Path { .. } => {
            let text = path(brush, row, &text, colour);
            with_icon(brush, row, &text, colour, Icon::Folder);
        }
    }
}

fn left(field: WorldRect) -> WorldPoint {
    WorldPoint::new(field.min_x() + INSET, field.center().y)
}

/// As much of the end of a path as there is room for: it tells more than its beginning.
fn path(brush: &mut Brush<'_>, row: &ParamRow, path: &str, colour: Color) -> String {
    let mut shortened = endings(path);
    let last = shortened.pop().unwrap_or_default();
    let fits = |path: &String| {
        let writing = Writing::line(path, SIZE, colour, beside_icon(row));
        brush.is_whole(&writing)
    };
    shortened.into_iter().find(fits).unwrap_or(last)
}

/// The room that a value has beside an icon.
fn beside_icon(row: &ParamRow) -> f32 {
    row.field.width() - 2.0 * INSET - 14.0
}

fn with_icon(brush: &mut Brush<'_>, row: &ParamRow, text: &str, colour: Color, icon: Icon) {
    let room = beside_icon(row);
    let _ = brush.write(
        left(row.field),
        Anchor::Left,
        Writing::line(text, SIZE, colour, room),
    );
    let at = WorldPoint::new(row.field.max_x() - 11.0, row.field.center().y);
    brush.icon(at, icon, 12.0, brush.look.muted);
}

/// Several lines of text, or what they are for where there are none.
fn lines(brush: &mut Brush<'_>, row: &ParamRow, text: &str, colour: Color) {
    let width = row.field.width() - 2.0 * INSET;
    let count = ((row.field.height() - 8.0) / (SIZE * LINE))
        .floor()
        .max(1.0) as u16;
    let name = words(&row.socket.port.port);
    let writing = if text.is_empty() {
        Writing::line(&name, SIZE, brush.look.faint, width)
    } else {
        Writing::block(text, SIZE, colour, width, count)
    };
    let corner = brush.point(row.field.origin);
    let zoom = brush.zoom();
    let corner = Point::new(corner.x + INSET * zoom, (corner.y + 4.0 * zoom).round());
    let _ = brush.write_below(corner, zoom, writing);
}

/// A box with a check mark.
fn check(brush: &mut Brush<'_>, row: &ParamRow, surface: &Surface) {
    let look = brush.look;
    let is_on = row.value == Some(ParamValue::Bool(true));
    let side = 15.0;
    let centre = WorldPoint::new(
        row.field.max_x() - INSET - side / 2.0 + 4.0,
        row.field.center().y,
    );
    let bounds = WorldRect::new(
        WorldPoint::new(centre.x - side / 2.0, centre.y - side / 2.0),
        euclid::Size2D::new(side, side),
    );
    let bounds = brush.place(bounds);
    let border = Border {
        color: if is_on { look.accent } else { look.faint },
        width: 1.0,
        radius: (4.0 * brush.zoom()).into(),
    };
    brush.boxed(
        bounds,
        if is_on { look.accent } else { surface.field },
        border,
    );
    if is_on {
        brush.icon(centre, Icon::Check, 12.0, look.on_accent);
    }
}

/// What a parameter is set to, as it is read.
pub fn text(value: &ParamValue, spec: &ParamSpec) -> String {
    let text = match (value, &spec.kind) {
        (ParamValue::Bool(on), _) => if *on { "yes" } else { "no" }.into(),
        (ParamValue::Int(number), _) => number.to_string(),
        (ParamValue::Float(number), _) => decimal(*number),
        (ParamValue::Text(name), ParamKind::Choice { .. }) => words(name),
        (ParamValue::Text(text), _) => text.clone(),
    };
    match &spec.unit {
        Some(unit) => format!("{text} {unit}"),
        None => text,
    }
}

/// A number with as many decimals as it needs, at most six.
fn decimal(number: f64) -> String {
    let whole = format!("{number:?}");
    if whole.len() <= 8 {
        return whole;
    }
    let cut = format!("{number:.6}");
    let cut = cut.trim_end_matches('0');
    if cut.ends_with('.') {
        format!("{cut}0")
    } else {
        cut.into()
    }
}

/// A path and its ends, the longest first; the last is its name alone.
fn endings(path: &str) -> Vec<String> {
    let slashes = path.match_indices('/').map(|(at, _)| at);
    let ends = slashes.filter(|at| (1..path.len() - 1).contains(at));
    let mut endings: Vec<String> = ends.map(|at| format!("…{}", &path[at..])).collect();
    if let Some(name) = path.rsplit('/').find(|part| !part.is_empty()) {
        endings.push(name.into());
    }
    endings.insert(0, path.into());
    endings
}

#[cfg(test)]
mod tests;
