//! What is seen of the token view, and what the pointer does there.

use iced::mouse::{self, Button};
use iced::{Event, Point, Settings, Size, window};
use iced_test::simulator::{Simulator, click};

use super::state::Stage;
use crate::theme;
use crate::tokens::cells::Cell;
use crate::tokens::{Message, Pane, board, timeline};

const WINDOW: Size = Size::new(1280.0, 800.0);

/// The upper left corner of the grid, below the bar and the title.
const CORNER: Point = Point::new(16.0, 82.0);

fn look(stage: &Stage) -> Simulator<'_, Message> {
    let fonts = theme::FONTS.iter().map(|font| (*font).into());
    let settings = Settings {
        fonts: fonts.collect(),
        ..Settings::default()
    };
    Simulator::with_size(settings, WINDOW, stage.view.view())
}

/// What happens when the pointer goes through `points` with a button pressed.
fn drag(stage: &Stage, button: Button, points: &[Point]) -> Vec<Message> {
    let mut window = look(stage);
    let mut points = points.iter().copied();
    if let Some(first) = points.next() {
        window.point_at(first);
        let pressed = Event::Mouse(mouse::Event::ButtonPressed(button));
        let _ = window.simulate([pressed]);
    }
    for point in points {
        window.point_at(point);
        let moved = mouse::Event::CursorMoved { position: point };
        let _ = window.simulate([Event::Mouse(moved)]);
    }
    let released = Event::Mouse(mouse::Event::ButtonReleased(button));
    let _ = window.simulate([released]);
    window.into_messages().collect()
}

fn send(stage: &mut Stage, messages: Vec<Message>) {
    for message in messages {
        let _ = stage.send(message);
    }
}

#[test]
fn the_step_at_hand_is_told_in_numbers() {
    let mut stage = Stage::new(6);
    let mut window = look(&stage);
    for words in [
        "Step 6",
        "of 6",
        "0",
        "masked",
        "Resume from this step",
        "mean confidence",
    ] {
        let _ = window.find(words).expect(words);
    }
    drop(window);
    let _ = stage.send(Message::FirstChosen);
    let mut window = look(&stage);
    let _ = window.find("Start, of 6 steps").expect("it is the start");
    let nothing = "Nothing is laid yet: there is nothing to decode.";
    let _ = window
        .find(nothing)
        .expect("it says why there is no picture");
}

#[test]
fn a_cell_is_told_when_the_pointer_is_over_it() {
    let mut stage = Stage::new(6);
    let happened = board::Happened::Pointed(Some(Cell::new(0, 0)));
    let _ = stage.send(Message::Board(Pane::Left, happened));
    let mut window = look(&stage);
    for words in ["Row 1, column 1", "99", "0.200", "at step 1", "at step 6"] {
        let _ = window.find(words).expect(words);
    }
}

#[test]
fn cells_are_painted_by_dragging_over_them() {
    let mut stage = Stage::new(6);
    let points = [(10.0, 10.0), (400.0, 20.0), (9_999.0, 20.0)];
    let points = points.map(|(x, y)| CORNER + iced::Vector::new(x, y));
    let messages = drag(&stage, Button::Left, &points);
    send(&mut stage, messages);
    assert_eq!(stage.view.painted().1.to_string(), "1:1-3");
    let messages = drag(&stage, Button::Right, &points[..1]);
    send(&mut stage, messages);
    assert_eq!(stage.view.painted().1.to_string(), "1:2-3");
}

#[test]
fn buttons_do_what_they_say() {
    let mut stage = Stage::new(6);
    let mut window = look(&stage);
    let _ = window
        .click("Paint unsure codes")
        .expect("there is such a button");
    let messages: Vec<Message> = window.into_messages().collect();
    send(&mut stage, messages);
    assert_eq!(stage.view.painted().1.to_string(), "1:1-3");
    let mut window = look(&stage);
    let _ = window
        .click("Resume from this step")
        .expect("there is such a button");
    let mut messages = window.into_messages();
    assert!(messages.any(|message| matches!(message, Message::Resumed)));
}

#[test]
fn steps_are_scrubbed_on_the_timeline() {
    let stage = Stage::new(6);
    let row = WINDOW.height - 40.0;
    let points = [
        Point::new(30.0, row),
        Point::new(640.0, row),
        Point::new(9_999.0, row),
    ];
    let scrubbed: Vec<usize> = drag(&stage, Button::Left, &points)
        .into_iter()
        .filter_map(|message| match message {
            Message::Timeline(timeline::Happened::Scrubbed(step)) => Some(step),
            _ => None,
        })
        .collect();
    assert_eq!(
        scrubbed,
        [0, 3],
        "the last step is the one that is looked at already"
    );
}

#[test]
fn the_time_is_told_as_long_as_something_waits_for_it() {
    let stage = Stage::new(6);
    let mut window = look(&stage);
    let now = std::time::Instant::now();
    let redraw = |now| Event::Window(window::Event::RedrawRequested(now));
    let later = now + std::time::Duration::from_secs(1);
    let _ = window.simulate([redraw(now), redraw(now), redraw(later)]);
    let ticks = window
        .into_messages()
        .filter(|message| matches!(message, Message::Timeline(timeline::Happened::Ticked(_))));
    assert_eq!(ticks.count(), 2, "the same time is not told twice");
}

#[test]
fn a_sampler_that_has_not_run_says_so() {
    let mut stage = Stage::new(6);
    let message = Message::SourceChosen(super::port("idle.history"));
    let _ = stage.send(message);
    let mut window = look(&stage);
    let _ = window
        .find("`idle` has told no steps yet")
        .expect("it says so");
    let _ = window.simulate(click());
}

#[test]
fn two_samplers_are_seen_with_what_differs() {
    let mut stage = Stage::new(6);
    stage.beside(4);
    let _ = stage.send(Message::OtherChosen(Some(super::port("other.history"))));
    let _ = stage.send(Message::DifferencesToggled);
    let mut window = look(&stage);
    for words in [
        "paint, step 6",
        "other, step 4",
        "hold other codes",
        "are laid on the left alone",
    ] {
        let _ = window.find(words).expect(words);
    }
}
