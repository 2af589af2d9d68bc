use std::path::Path;

use super::{Chord, Keymap, Platform};
use crate::command::Command;
use iced::keyboard::key::{Code, Named, NativeCode, Physical};
use iced::keyboard::{Event, Key, Location, Modifiers};

fn chord(text: &str) -> Chord {
    text.parse().expect("the keys are spelled rightly")
}

fn character(text: &str) -> Key {
    Key::Character(text.into())
}

fn pressed(key: Key, modified_key: Key, modifiers: Modifiers) -> Event {
    Event::KeyPressed {
        key,
        modified_key,
        physical_key: Physical::Unidentified(NativeCode::Unidentified),
        location: Location::Standard,
        modifiers,
        text: None,
        repeat: false,
    }
}

/// The keymap of a file that holds `text`, and what is wrong with it.
fn load(folder: &Path, text: &str) -> (Keymap, Vec<String>) {
    let path = folder.join("keymap.ron");
    std::fs::write(&path, text).expect("the folder can be written");
    let (keymap, problems) = Keymap::load(&path);
    let problems = problems.iter().map(|problem| {
        let told = problem.to_string();
        told.replace(&path.display().to_string(), "FILE")
    });
    (keymap, problems.collect())
}

fn spelled(keymap: &Keymap, command: Command) -> Vec<String> {
    keymap
        .keys(command)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn keys_are_spelled_in_one_way_and_read_in_several() {
    let check = |text: &str, expected: &str| {
        assert_eq!(chord(text).to_string(), expected, "{text}");
        assert_eq!(chord(expected), chord(text), "{expected}");
    };
    check("Ctrl+Shift+S", "Ctrl+Shift+S");
    check("shift + control + s", "Ctrl+Shift+S");
    check("Cmd+Option+x", "Ctrl+Alt+X");
    check("Win+Space", "Super+Space");
    check("Ctrl++", "Ctrl+Plus");
    check("+", "Plus");
    check("Ctrl+-", "Ctrl+-");
    check(".", ".");
    check("escape", "Esc");
    check("Alt+left", "Alt+Left");
    check("Shift+F10", "Shift+F10");
    check("ß", "ß");
}

#[test]
fn what_names_no_keys_is_told() {
    let check = |text: &str, expected: &str| {
        let error = text.parse::<Chord>().expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    };
    check("", "\"\" names no key");
    check("Ctrl+", "\"Ctrl+\" names no key");
    check("Ctlr+S", "\"Ctlr\" cannot be held down");
    check("S+Ctrl", "\"S\" cannot be held down");
    check("Ctrl+F99", "\"F99\" is no key");
    check("Ctrl+\u{7}", "\"\\u{7}\" is no key");
}

#[test]
fn keys_are_labelled_as_on_the_computer() {
    let check = |text: &str, pc: &str, mac: &str| {
        assert_eq!(chord(text).label(Platform::Pc), pc);
        assert_eq!(chord(text).label(Platform::Mac), mac);
    };
    check("Ctrl+Shift+S", "Ctrl+Shift+S", "⌘⇧S");
    check("Super+Alt+Left", "Super+Alt+Left", "⌃⌥←");
    check("Ctrl+Plus", "Ctrl+Plus", "⌘+");
    check("F2", "F2", "F2");
}

#[test]
fn pressing_keys_gives_commands() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (keymap, problems) = Keymap::load(&folder.path().join("keymap.ron"));
    assert!(problems.is_empty(), "no file yet is no problem");
    let check = |key: Key, modified: Key, modifiers: Modifiers, expected: Option<Command>| {
        let event = pressed(key.clone(), modified, modifiers);
        let chords = Chord::pressed(&event, Platform::Pc);
        let found = chords.iter().find_map(|chord| keymap.command_of(chord));
        assert_eq!(found, expected, "{key:?} with {modifiers:?}");
    };
    let (none, ctrl, shift) = (Modifiers::empty(), Modifiers::CTRL, Modifiers::SHIFT);
    check(character("s"), character("s"), ctrl, Some(Command::Save));
    check(
        character("S"),
        character("S"),
        ctrl | shift,
        Some(Command::SaveAs),
    );
    check(character("s"), character("s"), none, None);
    check(character("a"), character("A"), shift, Some(Command::Search));
    check(
        Named::Tab.into(),
        Named::Tab.into(),
        none,
        Some(Command::Search),
    );
    check(
        Named::Tab.into(),
        Named::Tab.into(),
        ctrl,
        Some(Command::NextTab),
    );
    // A letter with shift is not the letter alone.
    check(character("m"), character("M"), shift, None);
    // A sign counts wherever the keyboard has it.
    check(character("/"), character("?"), shift, Some(Command::Keys));
    check(character("ß"), character("?"), shift, Some(Command::Keys));
    check(
        character("="),
        character("+"),
        ctrl | shift,
        Some(Command::ZoomIn),
    );
    check(character("="), character("="), ctrl, Some(Command::ZoomIn));
    check(Named::Shift.into(), Named::Shift.into(), shift, None);
    check(Key::Unidentified, Key::Unidentified, none, None);
}

#[test]
fn letters_of_other_alphabets_count_as_those_on_the_same_keys() {
    let mut event = pressed(character("ы"), character("ы"), Modifiers::CTRL);
    if let Event::KeyPressed { physical_key, .. } = &mut event {
        *physical_key = Physical::Code(Code::KeyS);
    }
    let chords = Chord::pressed(&event, Platform::Pc);
    assert_eq!(chords, [chord("Ctrl+Ы"), chord("Ctrl+S")]);
}

#[test]
fn a_mac_gives_commands_with_its_own_key() {
    let press = |modifiers| pressed(character("s"), character("s"), modifiers);
    let chords = Chord::pressed(&press(Modifiers::LOGO), Platform::Mac);
    assert!(chords.contains(&chord("Ctrl+S")), "{chords:?}");
    let chords = Chord::pressed(&press(Modifiers::CTRL), Platform::Mac);
    assert!(chords.contains(&chord("Super+S")), "{chords:?}");
}

#[test]
fn letting_go_of_a_key_gives_no_command() {
    let event = Event::ModifiersChanged(Modifiers::CTRL);
    assert_eq!(Chord::pressed(&event, Platform::Pc), []);
}

#[test]
fn every_default_key_is_the_key_of_its_command_alone() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (keymap, _) = Keymap::load(&folder.path().join("keymap.ron"));
    for command in Command::all() {
        let keys = command.default_keys();
        assert_eq!(
            spelled(&keymap, command),
            keys,
            "{command:?}: each in its one spelling"
        );
        for key in keys {
            assert_eq!(keymap.command_of(&chord(key)), Some(command), "{key}");
        }
    }
}

#[test]
fn a_file_sets_keys_and_the_defaults_make_room() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (keymap, problems) = load(
        folder.path(),
        "{\"node.mute\": [\"Ctrl+S\", \"X\"], \"node.bypass\": []}",
    );
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(spelled(&keymap, Command::Mute), ["Ctrl+S", "X"]);
    assert_eq!(keymap.command_of(&chord("Ctrl+S")), Some(Command::Mute));
    assert_eq!(keymap.command_of(&chord("M")), None);
    assert_eq!(keymap.keys(Command::Save), []);
    assert_eq!(keymap.label(Command::Save), "");
    assert_eq!(keymap.keys(Command::Bypass), [], "none are wanted");
}

#[test]
fn all_that_is_wrong_in_a_file_is_told_and_the_rest_holds() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (keymap, problems) = load(
        folder.path(),
        "{\n  \"file.save\": [\"Ctlr+S\", \"F3\"],\n  \"file.sav\": [\"X\"],\n  \
         \"edit.undo\": [\"F3\"],\n  \"edit.redo\": [\"nope\"],\n}",
    );
    assert_eq!(
        problems,
        [
            "line 2, column 17: \"Ctlr\" cannot be held down with another key: expected \"Ctrl\", \"Shift\", \"Alt\" or \"Super\"",
            "line 3, column 3: there is no command \"file.sav\"; F1 lists those there are",
            "line 5, column 17: \"nope\" is no key: expected one letter or sign, or a name such as \"Enter\", \"Left\" or \"F2\"",
            "`F3` is given to both `file.save` and `edit.undo`: it is the first that it does",
        ]
    );
    assert_eq!(spelled(&keymap, Command::Save), ["F3"]);
    assert_eq!(keymap.keys(Command::Undo), []);
    assert_eq!(spelled(&keymap, Command::Redo), ["Ctrl+Shift+Z", "Ctrl+Y"]);
}

#[test]
fn a_damaged_file_is_told_with_its_place_and_set_aside_unharmed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let text = "{\n  \"file.save\": [\"F3\",\n}";
    let (mut keymap, problems) = load(folder.path(), text);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("line 3, column "), "{problems:?}");
    assert!(problems[0].ends_with("`FILE`"), "{problems:?}");
    assert_eq!(spelled(&keymap, Command::Save), ["Ctrl+S"]);
    let path = folder.path().join("keymap.ron");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);

    let rebound = keymap
        .rebind(Command::Save, vec![chord("F4")])
        .expect("the folder can be written");
    let aside = rebound.set_aside.expect("the damaged file was in the way");
    assert_eq!(std::fs::read_to_string(aside).expect("it is kept"), text);
    let (again, problems) = Keymap::load(&path);
    assert!(problems.is_empty());
    assert_eq!(spelled(&again, Command::Save), ["F4"]);
}

#[test]
fn a_command_that_stands_twice_is_not_half_taken() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (_, problems) = load(
        folder.path(),
        "{\"file.save\": [\"F3\"],\n \"file.save\": [\"F4\"]}",
    );
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].contains("\"file.save\" stands twice"),
        "{problems:?}"
    );
    assert!(problems[0].starts_with("line 2, "), "{problems:?}");
}

#[test]
fn other_keys_are_written_back_with_what_is_not_understood() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut keymap, _) = load(
        folder.path(),
        "{\"file.save\": [\"Hyper+S\", \"F3\"], \"brain.wave\": [\"X\"]}",
    );
    let rebound = keymap
        .rebind(
            Command::Undo,
            vec![chord("F3"), chord("Ctrl+C"), chord("F3")],
        )
        .expect("the folder can be written");
    assert_eq!(rebound.taken_from, [Command::Save, Command::Copy]);
    assert_eq!(rebound.set_aside, None);
    assert!(keymap.is_set(Command::Undo) && !keymap.is_set(Command::Copy));
    let path = folder.path().join("keymap.ron");
    let text = std::fs::read_to_string(&path).expect("it was written");
    assert_eq!(
        text,
        "// Keys that are not the default ones; F1 in the editor lists all commands and their names.\n\
         {\n    \"brain.wave\": [\"X\"],\n    \"edit.undo\": [\"F3\", \"Ctrl+C\"],\n    \
         \"file.save\": [\"Hyper+S\"],\n}\n"
    );
    let (again, _) = Keymap::load(&path);
    assert_eq!(again.command_of(&chord("Ctrl+C")), Some(Command::Undo));
}

#[test]
fn a_command_can_have_its_default_keys_back() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut keymap, _) = load(folder.path(), "{}");
    let _ = keymap
        .rebind(Command::Undo, vec![chord("Ctrl+S")])
        .expect("the folder can be written");
    assert_eq!(keymap.keys(Command::Save), []);
    let rebound = keymap.reset(Command::Save).expect("it can be written");
    assert_eq!(rebound.taken_from, [Command::Undo]);
    assert_eq!(spelled(&keymap, Command::Save), ["Ctrl+S"]);
    let _ = keymap.reset(Command::Undo).expect("it can be written");
    let text = std::fs::read_to_string(folder.path().join("keymap.ron")).expect("it was written");
    assert!(text.ends_with("{\n}\n"), "{text}");
}

#[test]
fn keys_hold_even_where_they_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("file"), "").expect("the folder can be written");
    let (mut keymap, problems) = Keymap::load(&folder.path().join("file/keymap.ron"));
    assert_eq!(problems.len(), 1, "a file is no folder");
    assert!(keymap.rebind(Command::Undo, vec![chord("F3")]).is_err());
    assert_eq!(spelled(&keymap, Command::Undo), ["F3"]);
}
