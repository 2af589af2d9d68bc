//! What a node shows of the run: how far it is, how it went, and what went wrong.

use std::time::Duration;

use iced::{Border, Color, Point, Rectangle};

use super::Painting;
use super::brush::{Anchor, Brush, Writing};
use super::hand::within;
use super::letters::LINE;
use crate::canvas::scene::NodeBox;
use crate::space::{WorldPoint, WorldRect, WorldSize};
use crate::status::{NodeStatus, Weight};
use crate::theme::{self, Icon, Look};

/// How high the bar at the bottom is that tells how far a node is.
const BAR: f32 = 4.0;
/// The most lines of an error that are shown at the node; the inspector has all of it.
const LINES: u16 = 5;
/// The least width of an error.
const NARROWEST: f32 = 240.0;

/// The colour of the edge of a node, where its run gives it one.
pub fn edge(look: &Look, painting: &Painting<'_>, node: &NodeBox) -> Option<Color> {
    match painting.statuses.get(&node.id) {
        Some(NodeStatus::Running { .. }) => Some(look.accent),
        Some(NodeStatus::Failed { .. }) => Some(look.danger),
        Some(
            NodeStatus::Waiting
            | NodeStatus::Finished { .. }
            | NodeStatus::Skipped { .. }
            | NodeStatus::Cancelled,
        )
        | None => None,
    }
}

/// The picture in the title bar.
pub fn mark(look: &Look, painting: &Painting<'_>, node: &NodeBox) -> Option<(Icon, Color)> {
    let mark = match painting.statuses.get(&node.id) {
        Some(NodeStatus::Waiting) => (Icon::Clock, look.faint),
        Some(NodeStatus::Running { .. }) => (Icon::Running, look.accent),
        Some(NodeStatus::Failed { .. }) => (Icon::Failure, look.danger),
        Some(NodeStatus::Skipped { .. }) => (Icon::Skipped, look.warning),
        Some(NodeStatus::Cancelled) => (Icon::Cancelled, look.warning),
        Some(NodeStatus::Finished { .. }) | None => {
            let weight = painting.faults.weight(&node.id)?;
            return Some((Icon::Warning, weighed(look, weight)));
        }
    };
    Some(mark)
}

/// The colour of a fault: what stands in the way of a run is red.
pub fn weighed(look: &Look, weight: Weight) -> Color {
    match weight {
        Weight::InTheWay => look.danger,
        Weight::Loose => look.warning,
    }
}

/// The bar at the bottom of a node that runs.
pub fn progress(brush: &mut Brush<'_>, painting: &Painting<'_>, node: &NodeBox) {
    let Some(NodeStatus::Running { done, total, .. }) = painting.statuses.get(&node.id) else {
        return;
    };
    let look = brush.look;
    let bounds = brush.place(node.bounds);
    let height = (BAR * brush.zoom()).clamp(3.0, 6.0).round();
    let inset = 2.0 + (theme::RADIUS_LARGE * brush.zoom() / 2.0).round();
    let rail = Rectangle {
        x: bounds.x + inset,
        y: bounds.y + bounds.height - height - 2.0,
        width: bounds.width - 2.0 * inset,
        height,
    };
    brush.fill(rail, look.field, height / 2.0);
    let share = if *total == 0 {
        0.0
    } else {
        (*done as f32 / *total as f32).clamp(0.0, 1.0)
    };
    let filled = Rectangle {
        width: (rail.width * share).round(),
        ..rail
    };
    brush.fill(filled, look.accent, (height / 2.0).min(filled.width / 2.0));
}

/// What is written above the node: how far it is, or how long it took.
pub fn badge(brush: &mut Brush<'_>, painting: &Painting<'_>, node: &NodeBox) {
    let Some(status) = painting.statuses.get(&node.id) else {
        return;
    };
    let look = brush.look;
    let (icon, text, colour) = match status {
        NodeStatus::Waiting | NodeStatus::Failed { .. } => return,
        NodeStatus::Running {
            done,
            total,
            rate,
            eta,
        } => (None, running(*done, *total, *rate, *eta), look.accent),
        NodeStatus::Finished {
            took, from_cache, ..
        } => {
            if painting.statuses.is_stale(&node.id) {
                (Some(Icon::History), "outdated".to_owned(), look.warning)
            } else if *from_cache {
                (Some(Icon::Cached), "cached".to_owned(), look.muted)
            } else {
                (Some(Icon::Check), duration(*took), look.success)
            }
        }
        NodeStatus::Skipped { because } => {
            (None, format!("skipped: {because} failed"), look.warning)
        }
        NodeStatus::Cancelled => (None, "cancelled".to_owned(), look.warning),
    };
    if text.is_empty() {
        return;
    }
    let height = 18.0;
    let inset = 7.0;
    let beside = if icon.is_some() { 15.0 } else { 0.0 };
    let writing = Writing::line(&text, theme::TEXT_SMALL, colour, node.bounds.width());
    let width = brush.measure(&writing).width + beside + 2.0 * inset;
    let corner = WorldPoint::new(
        node.bounds.max_x() - width,
        node.bounds.min_y() - height - 5.0,
    );
    let bounds = euclid::Rect::new(corner, WorldSize::new(width, height));
    let place = brush.place(bounds);
    let border = Border {
        color: look.border,
        width: 1.0,
        radius: (place.height / 2.0).into(),
    };
    brush.boxed(place, look.panel, border);
    let middle = bounds.center().y;
    if let Some(icon) = icon {
        let at = WorldPoint::new(corner.x + inset + 5.0, middle);
        brush.icon(at, icon, 11.0, colour);
    }
    let at = WorldPoint::new(corner.x + inset + beside, middle);
    let _ = brush.write(at, Anchor::Left, writing);
}

impl Complaint<'_> {
    /// Writes it below its node, or where there is room.
    pub fn draw(&self, brush: &mut Brush<'_>) {
        let look = brush.look;
        let (inset, zoom) = (10.0, brush.zoom());
        let width = self.bounds.width().max(NARROWEST);
        let room = width - 2.0 * inset - 20.0;
        let message = Writing::block(self.message, SIZE, look.text, room, LINES);
        let hint = Writing::block(self.hint, SIZE, look.muted, room, LINES);
        let height = brush.measure(&message).height;
        let more = if self.hint.is_empty() {
            0.0
        } else {
            brush.measure(&hint).height + 4.0
        };
        let corner = WorldPoint::new(self.bounds.min_x(), self.bounds.max_y() + 8.0);
        let size = WorldSize::new(width, height + more + 2.0 * inset);
        let place = brush.place(WorldRect::new(corner, size));
        let place = within(place, brush.bounds());
        let border = Border {
            color: self.colour,
            width: 1.0,
            radius: (theme::RADIUS * zoom).into(),
        };
        brush.shade(place, theme::RADIUS * zoom);
        brush.boxed(place, Look::tint(look.panel, self.colour, 0.10), border);
        let at = |x: f32, y: f32| Point::new(place.x + x * zoom, (place.y + y * zoom).round());
        let first = at(inset + 6.0, inset + SIZE * LINE / 2.0);
        brush.icon_at(first, zoom, Icon::Failure, 13.0, self.colour);
        let left = inset + 20.0;
        let _ = brush.write_below(at(left, inset), zoom, message);
        if more > 0.0 {
            let _ = brush.write_below(at(left, inset + height + 4.0), zoom, hint);
        }
    }
}

/// The size of letters of what is wrong.
const SIZE: f32 = 12.0;

/// What is wrong with a node, and how to mend it.
pub struct Complaint<'a> {
    bounds: WorldRect,
    message: &'a str,
    hint: &'a str,
    colour: Color,
}

/// What is wrong with a node: told always where its run failed, else where it is looked at.
pub fn complaint<'a>(painting: &Painting<'a>, node: &NodeBox) -> Option<Complaint<'a>> {
    let look = painting.look;
    if let Some(NodeStatus::Failed { message, hint, .. }) = painting.statuses.get(&node.id) {
        return Some(Complaint {
            bounds: node.bounds,
            message,
            hint: hint.as_deref().unwrap_or_default(),
            colour: look.danger,
        });
    }
    let is_looked_at =
        painting.is_hovered(&node.id) || painting.selection.only_node() == Some(&node.id);
    if !is_looked_at {
        return None;
    }
    let fault = painting.faults.at(&node.id).first()?;
    Some(Complaint {
        bounds: node.bounds,
        message: &fault.message,
        hint: fault.hint.as_deref().unwrap_or_default(),
        colour: weighed(look, fault.weight),
    })
}

/// How far something is, how fast it goes, and how long it will take.
fn running(done: u64, total: u64, rate: f64, eta: Option<Duration>) -> String {
    let mut parts = Vec::new();
    if total > 0 {
        parts.push(format!("{done}/{total}"));
    }
    if rate > 0.0 {
        parts.push(if rate >= 10.0 {
            format!("{rate:.0}/s")
        } else if rate >= 0.1 {
            format!("{rate:.1}/s")
        } else {
            format!("{:.0} s each", 1.0 / rate)
        });
    }
    if let Some(eta) = eta {
        parts.push(format!("{} left", duration(eta)));
    }
    parts.join(" · ")
}

/// A duration in the unit that fits it.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.0995 {
        format!("{:.0} ms", seconds * 1_000.0)
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else if seconds < 5_970.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        let cases = [
            (0.0123, "12 ms"),
            (0.82, "0.8 s"),
            (42.4, "42 s"),
            (600.0, "10 min"),
            (9_000.0, "2.5 h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), expected);
        }
    }

    #[test]
    fn a_run_tells_how_far_how_fast_and_how_long() {
        let eta = Some(Duration::from_secs(3));

        assert_eq!(running(7, 16, 3.21, eta), "7/16 · 3.2/s · 3.0 s left");
        assert_eq!(running(1, 0, 0.0, None), "");
        assert_eq!(running(1, 9, 0.02, None), "1/9 · 50 s each");
    }
}
