//! What the viewer does, and what the pointer does there.

use std::sync::Arc;

use graph::preview::Picture;

use iced::keyboard::key::Named;
use iced::keyboard::{Key, Modifiers};
use iced::mouse::{self, Button, ScrollDelta};
use iced::{Event, Point, Settings, Size, window};
use iced_test::simulator::Simulator;

use super::camera::Camera;
use super::compare::Compare;
use super::subject::Subject;
use super::surface::Happened;
use super::{Action, Message, Source, Viewer};
use crate::theme;

const WINDOW: Size = Size::new(900.0, 700.0);

/// A picture whose pixels tell their places.
fn picture(width: u32, height: u32) -> Picture {
    let pixels =
        (0..height).flat_map(|row| (0..width).flat_map(move |column| [column as u8, row as u8, 9]));
    Picture {
        width,
        height,
        pixels: pixels.collect::<Vec<u8>>().into(),
    }
}

fn batch(count: usize) -> Subject {
    let workflow = Some(Arc::from("(format: 1)"));
    let pictures = (0..count).map(|_| picture(40, 30)).collect();
    Subject::new("paint.image", pictures, workflow)
}

fn look(viewer: &Viewer) -> Simulator<'_, Message> {
    let fonts = theme::FONTS.iter().map(|font| (*font).into());
    let settings = Settings {
        fonts: fonts.collect(),
        ..Settings::default()
    };
    let mut window = Simulator::with_size(settings, WINDOW, viewer.view());
    let now = std::time::Instant::now();
    let _ = window.simulate([Event::Window(window::Event::RedrawRequested(now))]);
    window
}

/// What happens in a window does.
fn play(viewer: &mut Viewer, events: impl Fn(&mut Simulator<'_, Message>)) -> Vec<Message> {
    let mut window = look(viewer);
    events(&mut window);
    let messages: Vec<Message> = window.into_messages().collect();
    for message in messages.clone() {
        let _ = viewer.update(message);
    }
    messages
}

fn move_to(window: &mut Simulator<'_, Message>, position: Point) {
    window.point_at(position);
    let _ = window.simulate([Event::Mouse(mouse::Event::CursorMoved { position })]);
}

fn press(viewer: &mut Viewer, key: Key) -> Action {
    let message = viewer.key(&key, Modifiers::empty());
    message.map_or(Action::None, |message| viewer.update(message))
}

#[test]
fn keys_go_through_the_batch() {
    let mut viewer = Viewer::new(batch(3));
    for (key, expected) in [
        (Named::ArrowRight, 1),
        (Named::ArrowRight, 2),
        (Named::ArrowRight, 2),
        (Named::Home, 0),
        (Named::ArrowLeft, 0),
        (Named::End, 2),
    ] {
        let _ = press(&mut viewer, Key::Named(key));
        assert_eq!(viewer.at(), expected, "after {key:?}");
    }
    assert_eq!(press(&mut viewer, Key::Named(Named::Escape)), Action::Close);
}

#[test]
fn pictures_of_the_batch_are_chosen_from_the_strip() {
    let mut viewer = Viewer::new(batch(3));
    let _ = play(&mut viewer, |window| {
        let _ = window.click("3").expect("pictures are numbered");
    });
    assert_eq!(viewer.at(), 2);
}

#[test]
fn the_wheel_zooms_and_the_hand_moves() {
    let mut viewer = Viewer::new(batch(1));
    let _ = viewer.update(Message::ActualChosen);
    let middle = Point::new(WINDOW.width / 2.0, WINDOW.height / 2.0);
    let _ = play(&mut viewer, |window| {
        move_to(window, middle);
        let delta = ScrollDelta::Lines { x: 0.0, y: 1.0 };
        let _ = window.simulate([Event::Mouse(mouse::Event::WheelScrolled { delta })]);
    });
    let Camera::Part { zoom, centre } = viewer.camera else {
        panic!("it is no longer the whole: {:?}", viewer.camera);
    };
    assert!((zoom - 1.2).abs() < 1e-6, "{zoom}");

    let _ = play(&mut viewer, |window| {
        window.point_at(middle);
        let _ = window.simulate([Event::Mouse(mouse::Event::ButtonPressed(Button::Left))]);
        move_to(window, middle + iced::Vector::new(12.0, 0.0));
    });
    let Camera::Part { centre: moved, .. } = viewer.camera else {
        panic!("it is no longer the whole: {:?}", viewer.camera);
    };
    let share = 12.0 / (40.0 * 1.2);
    assert!(
        (centre.x - moved.x - share).abs() < 1e-3,
        "{centre:?} to {moved:?}"
    );
    assert!((centre.y - moved.y).abs() < 1e-3, "{centre:?} to {moved:?}");
}

#[test]
fn zooming_by_keys_goes_on_from_what_fits() {
    let mut viewer = Viewer::new(batch(1));
    let _ = play(&mut viewer, |_| ());
    let fits = viewer.camera.zoom(Size::new(40.0, 30.0), viewer.frame);
    assert!(fits > 10.0, "the window is larger than the picture: {fits}");
    let _ = press(&mut viewer, Key::Character("+".into()));
    let closer = viewer.camera.zoom(Size::new(40.0, 30.0), viewer.frame);
    assert!((closer / fits - 1.25).abs() < 1e-4, "{fits} to {closer}");
    let _ = press(&mut viewer, Key::Character("f".into()));
    assert_eq!(viewer.camera, Camera::Fit);
    let _ = press(&mut viewer, Key::Character("1".into()));
    assert_eq!(viewer.camera.zoom(Size::new(40.0, 30.0), viewer.frame), 1.0);
}

#[test]
fn the_pixel_under_the_pointer_is_told_with_its_colour() {
    let mut viewer = Viewer::new(batch(1));
    let _ = viewer.update(Message::Surface(Happened::Pointed(Some((17, 4)))));
    let mut window = look(&viewer);
    let _ = window.find("x 17  y 4").expect("the place is told");
    let _ = window.find("#110409").expect("the colour is told");
    let _ = window
        .find("17 4 9")
        .expect("the colour is told in numbers");
}

#[test]
fn two_pictures_are_compared_by_wipe_or_side_by_side() {
    let mut viewer = Viewer::new(batch(1));
    let other = Subject::new("other.image", vec![picture(80, 60)], None);
    viewer.offer(vec![other]);
    assert!(viewer.right().is_none());
    let _ = press(&mut viewer, Key::Character("c".into()));
    assert_eq!(viewer.other, Some(Source::Other("other.image".into())));
    assert_eq!(viewer.compare, Compare::Wipe);

    let _ = play(&mut viewer, |window| {
        let line = Point::new(WINDOW.width / 2.0, WINDOW.height / 2.0);
        window.point_at(line);
        let _ = window.simulate([Event::Mouse(mouse::Event::ButtonPressed(Button::Left))]);
        move_to(
            window,
            Point::new(8.0 + (WINDOW.width - 16.0) / 4.0, line.y),
        );
    });
    assert!((viewer.wipe - 0.25).abs() < 1e-3, "{}", viewer.wipe);

    let _ = press(&mut viewer, Key::Character("c".into()));
    assert_eq!(viewer.compare, Compare::SideBySide);
    let _ = viewer.update(Message::Surface(Happened::Pointed(Some((10, 10)))));
    let mut window = look(&viewer);
    let _ = window
        .find("21 21 9")
        .expect("the colour of the other is told as well");
    drop(window);
    let _ = press(&mut viewer, Key::Character("c".into()));
    assert!(viewer.right().is_none());

    let _ = press(&mut viewer, Key::Character("c".into()));
    viewer.offer(Vec::new());
    assert_eq!(viewer.other, None, "what is gone cannot be compared with");
}

#[test]
fn the_run_before_can_be_compared_with() {
    let mut viewer = Viewer::new(batch(3));
    let _ = viewer.update(Message::Chosen(2));
    viewer.refresh(batch(3));
    assert_eq!(
        viewer.sources(),
        [],
        "the same pictures again are no other run"
    );
    let later = Subject::new("paint.image", vec![picture(10, 10)], None);
    viewer.refresh(later);
    assert_eq!(viewer.at(), 0);
    let _ = viewer.update(Message::SourceChosen(Some(Source::Previous)));
    let size = viewer.right().map(super::subject::Slide::size);
    assert_eq!(size, Some(Size::new(40.0, 30.0)));
}

#[test]
fn a_saved_picture_carries_its_workflow_unless_that_is_switched_off() {
    let mut viewer = Viewer::new(batch(2));
    let _ = viewer.update(Message::Chosen(1));
    let saved = |viewer: &mut Viewer| match viewer.update(Message::SaveAsked) {
        Action::Save(save) => *save,
        other => panic!("it should be saved, not {other:?}"),
    };
    let save = saved(&mut viewer);
    assert_eq!(save.name, "paint_image_2.png");
    assert_eq!(save.picture, picture(40, 30));
    assert_eq!(save.workflow.as_deref(), Some("(format: 1)"));

    let _ = play(&mut viewer, |window| {
        let _ = window
            .click(super::view::SWITCH)
            .expect("there is a switch");
    });
    assert_eq!(saved(&mut viewer).workflow, None);
}

#[test]
fn torn_pictures_are_left_out_and_nothing_is_shown_where_there_is_none() {
    let torn = Picture {
        height: 99,
        ..picture(4, 4)
    };
    let mut viewer = Viewer::new(Subject::new("a", vec![torn], None));
    assert_eq!(viewer.update(Message::SaveAsked), Action::None);
    let mut window = look(&viewer);
    let words = "There is no picture yet: run the workflow.";
    let _ = window.find(words).expect("it says so");
}
