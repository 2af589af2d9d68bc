use std::collections::BTreeSet;

use super::{Command, Group};

#[test]
fn every_command_has_a_name_a_title_a_sentence_and_a_key() {
    for command in Command::all() {
        assert_eq!(Command::from_id(command.id()), Some(command));
        assert!(!command.title().is_empty(), "{command:?}");
        assert!(command.doc().ends_with('.'), "{command:?}");
        assert!(!command.default_keys().is_empty(), "{command:?}");
    }
    assert_eq!(Command::from_id("file.no_such"), None);
    assert_eq!(Command::Save.id(), "file.save");
    assert_eq!(Command::Save.title(), "Save");
    assert_eq!(Command::Save.doc(), "Writes the workflow to its file.");
    assert_eq!(Command::Save.group(), Group::File);
    assert_eq!(Command::Save.default_keys(), ["Ctrl+S"]);
}

#[test]
fn no_two_commands_share_a_name_or_a_title() {
    let ids: BTreeSet<&str> = Command::all().map(Command::id).collect();
    let titles: BTreeSet<&str> = Command::all().map(Command::title).collect();
    assert_eq!(ids.len(), Command::all().count());
    assert_eq!(titles.len(), Command::all().count());
}

#[test]
fn commands_are_listed_group_by_group() {
    let mut groups: Vec<Group> = Command::all().map(Command::group).collect();
    groups.dedup();
    assert_eq!(groups, Group::ALL);
}
