use std::path::Path;

use iced::keyboard::{Key, Modifiers, key::Named};

use super::super::tests::press;
use super::*;

fn keymap() -> Keymap {
    Keymap::load(Path::new("/there/is/no/keymap")).0
}

fn chord(keys: &str) -> Chord {
    keys.parse().expect("these are keys")
}

fn pressed(key: Key, modifiers: Modifiers) -> Message {
    Message::Pressed(press(key, modifiers))
}

#[test]
fn keys_that_are_free_are_taken_at_once() {
    let (mut keys, keymap) = (Keys::open(), keymap());
    assert_eq!(
        keys.update(Message::Picked(Command::Redo), &keymap),
        Action::None
    );
    let action = keys.update(
        pressed(Key::Character("j".into()), Modifiers::CTRL),
        &keymap,
    );
    assert_eq!(action, Action::Rebind(Command::Redo, vec![chord("Ctrl+J")]));
}

#[test]
fn keys_of_another_command_are_taken_when_it_is_said_once_more() {
    let (mut keys, keymap) = (Keys::open(), keymap());
    let _ = keys.update(Message::Picked(Command::Redo), &keymap);
    let save = || pressed(Key::Character("s".into()), Modifiers::CTRL);
    let enter = || pressed(Key::Named(Named::Enter), Modifiers::empty());
    assert_eq!(keys.update(save(), &keymap), Action::None);
    assert_eq!(
        keys.update(enter(), &keymap),
        Action::Rebind(Command::Redo, vec![chord("Ctrl+S")])
    );
    let _ = keys.update(Message::Picked(Command::Redo), &keymap);
    let _ = keys.update(save(), &keymap);
    assert_eq!(keys.update(Message::Dismissed, &keymap), Action::None);
    assert_eq!(keys.update(enter(), &keymap), Action::None);
}

#[test]
fn more_keys_come_beside_those_there_are() {
    let (mut keys, keymap) = (Keys::open(), keymap());
    let _ = keys.update(Message::Added(Command::Save), &keymap);
    let action = keys.update(pressed(Key::Named(Named::F8), Modifiers::empty()), &keymap);
    assert_eq!(
        action,
        Action::Rebind(Command::Save, vec![chord("Ctrl+S"), chord("F8")])
    );
}

#[test]
fn a_modifier_alone_is_waited_past() {
    let (mut keys, keymap) = (Keys::open(), keymap());
    let _ = keys.update(Message::Picked(Command::Save), &keymap);
    let action = keys.update(
        pressed(Key::Named(Named::Control), Modifiers::CTRL),
        &keymap,
    );
    assert_eq!(action, Action::None);
    assert!(keys.listening.is_some());
}

#[test]
fn commands_are_found_by_name_and_by_keys() {
    let keymap = keymap();
    let check = |query: &str, expected: &[Command]| {
        assert_eq!(found(query, &keymap), expected, "{query}");
    };
    check("undo", &[Command::Undo]);
    check("ctrl+shift+z", &[Command::Redo]);
    check("save as", &[Command::SaveAs]);
    check("no command is called that", &[]);
}

#[test]
fn escape_ends_waiting_first_and_the_list_then() {
    let (mut keys, keymap) = (Keys::open(), keymap());
    let _ = keys.update(Message::Submitted, &keymap);
    assert_eq!(keys.update(Message::Dismissed, &keymap), Action::None);
    assert_eq!(keys.update(Message::Dismissed, &keymap), Action::Close);
}
