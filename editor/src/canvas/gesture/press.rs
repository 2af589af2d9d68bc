//! How gestures begin.

use std::collections::BTreeSet;

use graph::document::PortRef;
use graph::edit::Edit;
use graph::param::ParamKind;

use super::drag::Drag;
use super::scrub::{Scrub, other};
use super::wire::InHand;
use super::{Choosing, Gesture, Press};
use crate::canvas::hit::{self, Target};
use crate::canvas::scene::Side;
use crate::canvas::selection::{Item, Selection};
use crate::canvas::{Action, Button, Canvas, Held, Loose, View, reroute};
use crate::space::ScreenPoint;

impl Canvas {
    /// A button went down.
    pub(in crate::canvas) fn pressed(
        &mut self,
        at: ScreenPoint,
        button: Button,
        held: Held,
        view: &View<'_>,
    ) -> Action {
        if self.is_busy() {
            // A second button while the first is down calls the gesture off.
            return self.call_off();
        }
        let point = self.camera.to_world(at);
        let target = hit::target(view.scene, &self.camera, &self.selection, point);
        self.gesture = match button {
            Button::Middle => Gesture::Panning { last: at },
            Button::Left if held.space => Gesture::Panning { last: at },
            Button::Right if held.control => Gesture::Cutting {
                stroke: vec![point],
                doomed: BTreeSet::new(),
            },
            Button::Left | Button::Right => {
                let narrows = button == Button::Left && self.choose(&target, held);
                Gesture::Waiting(Press {
                    target,
                    at,
                    button,
                    held,
                    narrows,
                })
            }
        };
        Action::None
    }

    /// Selects what was pressed; returns whether letting go makes it the only thing selected.
    fn choose(&mut self, target: &Target, held: Held) -> bool {
        if matches!(target, Target::Socket(..)) {
            return false;
        }
        let Some(item) = target.item() else {
            return false;
        };
        match Choosing::by(held) {
            Choosing::Instead if self.selection.contains(&item) => return true,
            Choosing::Instead => self.selection = Selection::of(item),
            Choosing::Also => self.selection.insert(item),
            Choosing::Toggle => self.selection.toggle(item),
        }
        false
    }

    /// The pointer has moved far enough from where it was pressed.
    pub(super) fn begin(&mut self, press: Press, view: &View<'_>) -> Action {
        let point = self.camera.to_world(press.at);
        self.gesture = match &press.target {
            _ if press.button == Button::Right => Gesture::Panning { last: press.at },
            Target::Socket(port, side) => {
                Gesture::Wiring(Box::new(InHand::at_socket(port, *side, point, view)))
            }
            Target::Wire(hit) => Gesture::Wiring(Box::new(InHand::off(hit, point, view))),
            Target::FrameCorner(id) => Gesture::Resizing {
                item: Item::Frame(id.clone()),
                has_moved: false,
            },
            Target::NoteCorner(id) => Gesture::Resizing {
                item: Item::Note(id.clone()),
                has_moved: false,
            },
            Target::Param(target) if Choosing::by(press.held) == Choosing::Instead => {
                match Scrub::new(target, press.at, view) {
                    Some(scrub) => Gesture::Scrubbing(scrub),
                    None => self.drag(&press, view),
                }
            }
            Target::Nothing => Gesture::Boxing {
                from: point,
                to: point,
                before: self.selection.clone(),
                how: Choosing::by(press.held),
            },
            Target::Param(_)
            | Target::Dice(_)
            | Target::Chevron(_)
            | Target::Picture(_)
            | Target::Title(_)
            | Target::Node(_)
            | Target::Point(..)
            | Target::Frame(_)
            | Target::Note(_) => self.drag(&press, view),
        };
        match self.gesture {
            // What comes now is no part of an earlier drag of the same.
            Gesture::Dragging(_) | Gesture::Resizing { .. } | Gesture::Scrubbing(_) => Action::Seal,
            Gesture::Idle
            | Gesture::Waiting(_)
            | Gesture::Panning { .. }
            | Gesture::Boxing { .. }
            | Gesture::Wiring(_)
            | Gesture::Cutting { .. } => Action::None,
        }
    }

    /// Begins to drag what is selected; what was pressed is part of it, even where the press has just deselected it.
    fn drag(&mut self, press: &Press, view: &View<'_>) -> Gesture {
        let Some(item) = press.target.item() else {
            return Gesture::Idle;
        };
        self.selection.insert(item.clone());
        let point = self.camera.to_world(press.at);
        Gesture::Dragging(Box::new(Drag::new(&item, &self.selection, point, view)))
    }

    /// A button went down twice.
    pub(in crate::canvas) fn double_clicked(&mut self, at: ScreenPoint, view: &View<'_>) -> Action {
        let point = self.camera.to_world(at);
        match hit::target(view.scene, &self.camera, &self.selection, point) {
            Target::Nothing => Action::Search {
                at: point,
                screen: at,
                from: None,
            },
            Target::Wire(hit) => {
                let snapped = self.snapped(point);
                let points = reroute::with(view.graph, &hit.wire, hit.curve, snapped);
                self.selection = Selection::of(Item::Point(hit.wire.clone(), hit.curve));
                Action::Apply(Edit::SetReroutes {
                    wire: hit.wire,
                    points,
                })
            }
            Target::Point(wire, at) => {
                let points = reroute::without(view.graph, &wire, at);
                Action::Apply(Edit::SetReroutes { wire, points })
            }
            Target::Title(id) => Action::Rename(id),
            Target::Frame(id) | Target::FrameCorner(id) => Action::EditFrame(id),
            Target::Note(id) | Target::NoteCorner(id) => Action::EditNote(id),
            Target::Picture(id) => view.opened(&id),
            // Where one click does something, two clicks do it twice.
            target @ (Target::Chevron(_) | Target::Dice(_) | Target::Param(_)) => {
                self.clicked(&target, view)
            }
            Target::Socket(port, side) => Action::Search {
                at: point,
                screen: at,
                from: Some(match side {
                    Side::Input => Loose::Input(port),
                    Side::Output => Loose::Output(port),
                }),
            },
            Target::Node(_) => Action::None,
        }
    }

    /// What a click does, besides selecting.
    pub(super) fn clicked(&mut self, target: &Target, view: &View<'_>) -> Action {
        match target {
            Target::Chevron(id) => {
                let is_collapsed = view.graph.layout().collapsed.contains(id);
                Action::Apply(Edit::SetCollapsed {
                    node: id.clone(),
                    collapsed: !is_collapsed,
                })
            }
            Target::Picture(id) => view.opened(id),
            Target::Dice(port) => Action::Apply(Edit::set(port, self.dice.roll())),
            Target::Param(port) => {
                self.select_only(&port.node);
                self.param_clicked(port, view)
            }
            Target::Socket(..)
            | Target::Title(_)
            | Target::Node(_)
            | Target::Point(..)
            | Target::Wire(_)
            | Target::Frame(_)
            | Target::FrameCorner(_)
            | Target::Note(_)
            | Target::NoteCorner(_)
            | Target::Nothing => Action::None,
        }
    }

    fn param_clicked(&self, port: &PortRef, view: &View<'_>) -> Action {
        let node = view.scene.node(&port.node);
        let Some((node, row)) = node.and_then(|node| Some((node, node.param(&port.port)?))) else {
            return Action::None;
        };
        let Some(spec) = node.spec(row) else {
            return Action::None;
        };
        let bounds = self.camera.rect_to_screen(row.field);
        match spec.kind {
            ParamKind::Bool => Action::Apply(Edit::set(port, other(row.value.as_ref()))),
            ParamKind::Choice { .. } => Action::Choose {
                target: port.clone(),
                bounds,
            },
            ParamKind::Int { .. }
            | ParamKind::Float { .. }
            | ParamKind::Text { .. }
            | ParamKind::Path { .. }
            | ParamKind::Seed => Action::Edit {
                target: port.clone(),
                bounds,
            },
        }
    }
}
