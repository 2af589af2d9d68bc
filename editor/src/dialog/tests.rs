use std::path::Path;
use std::time::SystemTime;

use iced::keyboard::{self, Key, Modifiers, key};
use iced::widget::{column, text_input};
use iced::{Element, Event, Point};
use iced_test::Simulator;

use super::*;
use crate::command::Command;
use crate::document::Document;
use crate::document::recovery::{self, Recoverable};
use crate::document::work::Keeping;
use crate::host::Folders;
use crate::keymap::Keymap;

/// A press of a key.
pub fn press(named: impl Into<Key>, modifiers: Modifiers) -> keyboard::Event {
    let key = named.into();
    keyboard::Event::KeyPressed {
        modified_key: key.clone(),
        physical_key: key::Physical::Unidentified(key::NativeCode::Unidentified),
        location: keyboard::Location::Standard,
        text: match &key {
            Key::Character(letter) => Some(letter.clone()),
            Key::Named(_) | Key::Unidentified => None,
        },
        key,
        modifiers,
        repeat: false,
    }
}

/// What the presses of keys make of a view.
fn heard<Message: 'static>(
    view: Element<'_, Message>,
    keys: impl IntoIterator<Item = keyboard::Event>,
) -> Vec<Message> {
    let mut simulator = Simulator::new(view);
    let _ = simulator.simulate(keys.into_iter().map(Event::Keyboard));
    simulator.into_messages().collect()
}

fn tap(named: key::Named) -> keyboard::Event {
    press(Key::Named(named), Modifiers::empty())
}

fn letter(letter: &str) -> keyboard::Event {
    press(Key::Character(letter.into()), Modifiers::empty())
}

fn two_fields<'a>(ids: (&'static str, &'static str)) -> Element<'a, String> {
    let field = |id: &'static str| {
        text_input("", "")
            .id(iced::widget::Id::new(id))
            .on_input(move |text| format!("{id}: {text}"))
    };
    column![field(ids.0), field(ids.1)].into()
}

#[test]
fn tab_goes_round_the_fields_of_a_dialog_in_both_ways() {
    let dialog = || {
        let fields = two_fields(("first", "second"));
        scope::Scope::new(fields, |_| None).focus_first(iced::widget::Id::new("first"))
    };
    let check = |before: &[keyboard::Event], expected: &str| {
        let keys = before.iter().cloned().chain([letter("x")]);
        assert_eq!(heard(dialog().into(), keys), [expected]);
    };
    let tab = || tap(key::Named::Tab);
    let back = || press(Key::Named(key::Named::Tab), Modifiers::SHIFT);
    check(&[], "first: x");
    check(&[tab()], "second: x");
    check(&[tab(), tab()], "first: x");
    check(&[back()], "second: x");
    check(&[back(), back()], "first: x");
}

#[test]
fn nothing_is_typed_behind_a_dialog() {
    let base = || {
        let fields = two_fields(("behind", "below"));
        scope::Scope::new(fields, |_| None).focus_first(iced::widget::Id::new("behind"))
    };
    let open = modal(base(), None, String::from("dismissed"));
    assert_eq!(heard(open, [letter("x")]), ["behind: x"]);
    let dialog: Element<'_, String> = scope::Scope::new(two_fields(("one", "two")), |_| None)
        .focus_first(iced::widget::Id::new("one"))
        .into();
    let shut = modal(base(), dialog, String::from("dismissed"));
    assert_eq!(heard(shut, [letter("x")]), ["one: x"]);
}

#[test]
fn a_press_beside_a_dialog_dismisses_it_and_one_within_does_not() {
    let dialog = || -> Element<'_, &str> { text("dialog").size(40).into() };
    let check = |at: Point, expected: &[&str]| {
        let mut simulator = Simulator::new(modal(text("base"), dialog(), "dismissed"));
        simulator.point_at(at);
        let _ = simulator.simulate(iced_test::simulator::click());
        assert_eq!(simulator.into_messages().collect::<Vec<_>>(), expected);
    };
    check(Point::new(10.0, 10.0), &["dismissed"]);
    check(Point::new(512.0, 384.0), &[]);
}

#[test]
fn a_question_is_answered_with_one_key() {
    let check = |keys: &[keyboard::Event], expected: confirm::Action<confirm::Unsaved>| {
        let mut question = confirm::Confirm::unsaved("portrait");
        let mut action = confirm::Action::None;
        for event in keys {
            for message in heard(question.view(), [event.clone()]) {
                action = question.update(message);
            }
        }
        assert_eq!(action, expected);
    };
    let save = confirm::Action::Answered(confirm::Unsaved::Save);
    let discard = confirm::Action::Answered(confirm::Unsaved::Discard);
    check(&[tap(key::Named::Enter)], save);
    check(&[letter("s")], save);
    check(&[letter("d")], discard);
    check(
        &[tap(key::Named::ArrowLeft), tap(key::Named::Enter)],
        discard,
    );
    check(&[tap(key::Named::Tab), tap(key::Named::Enter)], discard);
    check(&[tap(key::Named::Escape)], confirm::Action::Close);
    check(&[letter("x")], confirm::Action::None);
}

#[test]
fn a_name_is_typed_over_the_old_one() {
    let mut entry = entry::Entry::line("Rename", "sample");
    for event in [letter("a"), tap(key::Named::Enter)] {
        let messages = heard(entry.view(), [event]);
        let last = messages.into_iter().next_back();
        let action = entry.update(last.expect("the entry hears every key"));
        if let entry::Action::Done { text, colour } = action {
            assert_eq!((text.as_str(), colour), ("a", None));
            return;
        }
    }
    panic!("Enter ends it");
}

#[test]
fn enter_begins_another_line_of_a_note_and_with_ctrl_ends_it() {
    let mut note = entry::Entry::lines("Note", "one");
    for message in heard(note.view(), [tap(key::Named::Enter), letter("t")]) {
        assert_eq!(note.update(message), entry::Action::None);
    }
    let ends = press(Key::Named(key::Named::Enter), Modifiers::COMMAND);
    let mut action = entry::Action::None;
    for message in heard(note.view(), [ends]) {
        action = note.update(message);
    }
    let expected = entry::Action::Done {
        text: "one\nt".into(),
        colour: None,
    };
    assert_eq!(action, expected);
}

#[test]
fn a_frame_gets_the_colour_that_was_chosen_last() {
    use graph::document::FrameColour;
    let mut frame = entry::Entry::line("Frame", "Samplers").coloured(FrameColour::Grey);
    let _ = frame.update(entry::Message::Coloured(FrameColour::Green));
    let expected = entry::Action::Done {
        text: "Samplers".into(),
        colour: Some(FrameColour::Green),
    };
    assert_eq!(frame.update(entry::Message::Submitted), expected);
}

#[test]
fn the_colour_of_a_frame_is_chosen_with_keys_as_well() {
    use graph::document::FrameColour;
    let check = |keys: &[key::Named], expected: FrameColour| {
        let mut frame = entry::Entry::line("Frame", "Samplers").coloured(FrameColour::Grey);
        for named in keys {
            for message in heard(frame.view(), [tap(*named)]) {
                let _ = frame.update(message);
            }
        }
        let entry::Action::Done { colour, .. } = frame.update(entry::Message::Submitted) else {
            panic!("the frame is done");
        };
        assert_eq!(colour, Some(expected), "{keys:?}");
    };
    check(&[key::Named::ArrowDown], FrameColour::Red);
    check(&[key::Named::ArrowUp], FrameColour::Purple);
    check(
        &[key::Named::ArrowDown, key::Named::ArrowUp],
        FrameColour::Grey,
    );
}

/// What two editors have left that were killed with changes in hand.
fn left_behind(folder: &Path) -> Vec<Recoverable> {
    let folders = Folders {
        config: folder.join("config"),
        state: folder.join("state"),
    };
    for number in [1, 2] {
        let mut document = Document::untitled(number, &folders);
        let edit = graph::edit::Edit::SetAbout("changed".into());
        document.apply(edit).expect("any text will do");
        let kept = document.keep().map(Keeping::perform);
        document.kept(kept.expect("there is something to keep"));
    }
    recovery::find(&folders, &graph::registry::Registry::default())
}

#[test]
fn what_was_left_behind_is_restored_with_enter_and_given_up_only_when_said_twice() {
    use super::recovery::{Action, Recovery};
    let folder = tempfile::tempdir().expect("a folder can be made");
    let found = left_behind(folder.path());
    let (first, second) = (found[0].clone(), found[1].clone());
    let mut dialog = Recovery::new(found, SystemTime::UNIX_EPOCH);
    let mut act = |named: key::Named| {
        let mut action = Action::None;
        for message in heard(dialog.view(), [tap(named)]) {
            action = dialog.update(message);
        }
        (action, dialog.is_empty())
    };
    assert_eq!(act(key::Named::Delete), (Action::None, false));
    assert_eq!(act(key::Named::Escape), (Action::None, false));
    assert_eq!(act(key::Named::Delete), (Action::None, false));
    let given_up = Action::Discard(Box::new(first));
    assert_eq!(act(key::Named::Delete), (given_up, false));
    let restored = Action::Restore(Box::new(second));
    assert_eq!(act(key::Named::Enter), (restored, true));
    assert_eq!(act(key::Named::Escape), (Action::Close, true));
}

#[test]
fn keys_go_through_a_menu_past_lines_that_do_not_apply() {
    let items = vec![
        menu::Item::new(Command::Mute, false),
        menu::Item::new(Command::Copy, true),
        menu::Item::Line,
        menu::Item::new(Command::Paste, false),
        menu::Item::new(Command::Delete, true),
    ];
    let keymap = Keymap::load(Path::new("/there/is/no/keymap")).0;
    let check = |keys: &[key::Named], expected: menu::Action| {
        let mut menu = menu::Menu::open(Point::new(40.0, 40.0), items.clone());
        let mut action = menu::Action::None;
        for named in keys {
            for message in heard(menu.view(&keymap), [tap(*named)]) {
                action = menu.update(message);
            }
        }
        assert_eq!(action, expected, "{keys:?}");
    };
    use key::Named::{ArrowDown, ArrowUp, End, Enter, Escape};
    check(&[ArrowDown, Enter], menu::Action::Run(Command::Copy));
    check(
        &[ArrowDown, ArrowDown, Enter],
        menu::Action::Run(Command::Delete),
    );
    check(
        &[ArrowDown, ArrowDown, ArrowDown, Enter],
        menu::Action::Run(Command::Copy),
    );
    check(&[ArrowUp, Enter], menu::Action::Run(Command::Delete));
    check(&[End, ArrowUp, Enter], menu::Action::Run(Command::Copy));
    check(&[Enter], menu::Action::None);
    check(&[Escape], menu::Action::Close);
}

#[test]
fn a_report_shows_the_line_at_fault_and_can_be_copied() {
    let text = "(\n    format: 1,\n    nodes: {\n        \"b\": (kind: 12),\n    },\n)\n";
    let registry = graph::registry::Registry::default();
    let problems =
        graph::workflow::Workflow::read("b.ron", text, &registry).expect_err("a kind is no number");
    let mut report = report::Report::new(Path::new("/home/ann/b.ron"), &problems, text);
    let mut simulator = Simulator::new(report.view());
    assert!(simulator.find("        \"b\": (kind: 12),").is_ok());
    drop(simulator);
    let copied = report.update(report::Message::Copied);
    let expected = "This workflow cannot be read: 1 problem\n/home/ann/b.ron\n\
                    4:21: the kind of node `b` must be text in quotes, but is 12\n";
    assert_eq!(copied, report::Action::Copy(expected.into()));
    let enter = heard(report.view(), [tap(key::Named::Enter)]);
    assert_eq!(enter, [report::Message::Another]);
}
