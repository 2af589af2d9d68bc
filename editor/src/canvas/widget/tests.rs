use std::time::Duration;

use iced::keyboard::{Location, Modifiers, key};
use iced::mouse::{Event as Mouse, ScrollDelta};

use super::*;
use crate::canvas::sample::Bench;
use crate::space::WorldPoint;

const HERE: ScreenPoint = ScreenPoint::new(40.0, 30.0);

/// What is heard of `events` at one point, over the canvas or beside it.
fn heard(bench: &Bench, state: &mut State, events: &[(Mouse, ScreenPoint, bool)]) -> Vec<Message> {
    bench.seen_by(|canvas, context| {
        let seen = Seen { canvas, context };
        let heard = events
            .iter()
            .filter_map(|(event, at, is_over)| seen.heard(state, *event, *at, *is_over));
        heard.collect()
    })
}

fn down() -> Mouse {
    Mouse::ButtonPressed(mouse::Button::Left)
}

fn up() -> Mouse {
    Mouse::ButtonReleased(mouse::Button::Left)
}

fn moved() -> Mouse {
    Mouse::CursorMoved {
        position: Point::ORIGIN,
    }
}

#[test]
fn a_second_click_in_the_same_place_is_a_double_click() {
    let bench = Bench::new("");
    let clicks = [(down(), HERE, true), (up(), HERE, true)].repeat(2);

    let messages = heard(&bench, &mut State::default(), &clicks);

    let button = Button::Left;
    let held = Held::default();
    assert_eq!(
        messages,
        [
            Message::Pressed {
                at: HERE,
                button,
                held
            },
            Message::Released { at: HERE, button },
            Message::DoubleClicked { at: HERE },
            Message::Released { at: HERE, button },
        ]
    );
}

#[test]
fn a_drag_is_followed_beyond_the_edge_and_what_begins_there_is_not() {
    let bench = Bench::new("");
    let mut state = State::default();
    let held = Held::default();

    assert_eq!(
        heard(
            &bench,
            &mut state,
            &[(down(), HERE, false), (moved(), HERE, false)]
        ),
        []
    );
    let _ = heard(&bench, &mut state, &[(down(), HERE, true)]);
    assert_eq!(
        heard(
            &bench,
            &mut state,
            &[(moved(), HERE, false), (up(), HERE, false)]
        ),
        [
            Message::Moved { at: HERE, held },
            Message::Released {
                at: HERE,
                button: Button::Left
            },
        ]
    );
}

#[test]
fn leaving_is_told_once() {
    let bench = Bench::new("");
    let beside = (moved(), HERE, false);

    let messages = heard(
        &bench,
        &mut State::default(),
        &[(moved(), HERE, true), beside, beside],
    );

    assert_eq!(
        messages,
        [
            Message::Moved {
                at: HERE,
                held: Held::default()
            },
            Message::Left
        ]
    );
}

#[test]
fn the_map_takes_what_is_pressed_on_it() {
    let mut bench = Bench::new("a: test.text 0 0\nb: test.text 4000 3000");
    bench.does(|canvas, context| {
        canvas.update(Message::Resized(ScreenSize::new(1000.0, 800.0)), context)
    });
    bench.canvas.camera.zoom_to(1.0, ScreenPoint::zero());
    let context = bench.canvas.scene.borrow();
    let scene = context.as_ref().map(|built| built.scene.clone());
    drop(context);
    let map = scene.and_then(|scene| Minimap::new(&scene, &bench.canvas.camera));
    let map = map.expect("not everything is seen");
    let at = map.bounds.center();

    let mut state = State::default();
    let messages = heard(&bench, &mut state, &[(down(), at, true), (up(), at, true)]);

    let at = map.to_world(at);
    assert_eq!(messages, [Message::MinimapDragged { at }]);
    let middle = bench.canvas.scene.borrow();
    let middle = middle.as_ref().and_then(|built| built.scene.bounds());
    let middle = middle.map_or(WorldPoint::zero(), |bounds| bounds.center());
    assert!(
        (at - middle).length() < 800.0,
        "{at:?} is far from {middle:?}"
    );
}

#[test]
fn time_is_told_while_something_is_held_at_the_edge() {
    let mut bench = Bench::new("a: test.text 100 100");
    let mut state = State::default();
    let start = Instant::now();
    let mut tell = |bench: &Bench, milliseconds| {
        let now = start + Duration::from_millis(milliseconds);
        bench.seen_by(|canvas, context| Seen { canvas, context }.time_passed(&mut state, now))
    };
    let told = |seconds| {
        let held = Held::default();
        Some(Message::TimePassed { seconds, held })
    };

    assert_eq!(tell(&bench, 0), None);
    let title = bench.title("a");
    bench.press(title, Button::Left, Held::default());
    bench.go(ScreenPoint::new(0.0, title.y), Held::default());
    assert_eq!(tell(&bench, 500), None, "it begins now");
    assert_eq!(tell(&bench, 516), told(0.016));
    assert_eq!(tell(&bench, 550), told(0.034));
    bench.go(ScreenPoint::new(500.0, title.y), Held::default());
    assert_eq!(tell(&bench, 566), None);
}

#[test]
fn wheels_and_touchpads_turn_by_notches() {
    assert_eq!(
        notches(ScrollDelta::Lines { x: 0.0, y: -2.0 }),
        ScreenVector::new(0.0, -2.0)
    );
    assert_eq!(
        notches(ScrollDelta::Pixels { x: 30.0, y: 60.0 }),
        ScreenVector::new(0.5, 1.0)
    );
}

#[test]
fn keys_are_held_until_they_are_let_go() {
    let mut held = Held::default();
    let space = Key::Named(Named::Space);

    hold(
        &mut held,
        &keyboard::Event::ModifiersChanged(Modifiers::SHIFT | Modifiers::ALT),
    );
    hold(
        &mut held,
        &keyboard::Event::KeyPressed {
            key: space.clone(),
            modified_key: space.clone(),
            physical_key: key::Physical::Code(key::Code::Space),
            location: Location::Standard,
            modifiers: Modifiers::default(),
            text: None,
            repeat: false,
        },
    );
    assert_eq!(
        held,
        Held {
            shift: true,
            control: false,
            alt: true,
            space: true
        }
    );

    hold(
        &mut held,
        &keyboard::Event::KeyReleased {
            key: space.clone(),
            modified_key: space,
            physical_key: key::Physical::Code(key::Code::Space),
            location: Location::Standard,
            modifiers: Modifiers::default(),
        },
    );
    hold(
        &mut held,
        &keyboard::Event::ModifiersChanged(Modifiers::default()),
    );
    assert_eq!(held, Held::default());
}
