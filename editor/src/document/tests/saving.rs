//! Saving: where to, over what, and what comes in the way.

use std::io;
use std::path::Path;

use super::{Desk, FILE, about, add, id, tick};
use crate::document::notice::Notice;
use crate::document::store::{SaveError, Target};

/// What the window does when somebody insists.
fn save_anyway(document: &mut super::Document) -> Result<(), SaveError> {
    let saved = document.saving(Target::OwnAnyway)?.perform();
    document.saved(saved)
}

fn full(_: &Path, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::StorageFull.into())
}

#[test]
fn what_was_never_saved_needs_a_name() {
    let desk = Desk::new();
    let mut document = desk.untitled();
    add(&mut document, "a");
    assert!(matches!(document.save(), Err(SaveError::NoFile)));
    document
        .save_as(&desk.path("a"))
        .expect("the folder can be written");
    assert_eq!(document.title(), "a");
    assert_eq!(document.path(), Some(desk.path("a.ron").as_path()));
    assert_eq!(document.base().join("a.ron"), desk.path("a.ron"));
    assert!(!document.is_dirty());
    document.close();
    assert_eq!(desk.names(), ["a.ron"]);
}

#[test]
fn a_name_that_gets_an_ending_overwrites_nobody() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.untitled();
    let error = document.save_as(&desk.path("a")).expect_err("there is one");
    assert!(matches!(error, SaveError::Exists { .. }), "{error}");
    assert_eq!(desk.text("a.ron"), FILE);
    // Whoever names the file itself has been asked.
    document
        .save_as(&desk.path("a.ron"))
        .expect("the folder can be written");
    assert_ne!(desk.text("a.ron"), FILE);
}

#[test]
fn saving_elsewhere_leaves_the_old_file_and_goes_on_with_the_new() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "Other.");
    tick(&mut document);
    document
        .save_as(&desk.path("b.ron"))
        .expect("the folder can be written");
    assert_eq!(desk.text("a.ron"), FILE);
    assert_eq!(document.title(), "b");
    assert!(document.is_at(&desk.path("b.ron")) && !document.is_at(&desk.path("a.ron")));
    let other = desk.open("a.ron");
    assert!(other.notice().is_none(), "the old file is free again");
    other.close();
    document.close();
    assert_eq!(desk.names(), ["a.ron", "b.ron"]);
    assert!(desk.journals().is_empty());
}

#[test]
fn a_disk_that_is_full_costs_nothing() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "Other.");
    document.store().set_write(full);
    let error = document.save().expect_err("the disk is full");
    assert!(matches!(error, SaveError::Unwritable { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("cannot write the file, which is as it was: "),
        "{error}"
    );
    assert!(document.is_dirty());
    assert_eq!(desk.text("a.ron"), FILE);
    let error = document
        .save_as(&desk.path("b.ron"))
        .expect_err("it still is");
    assert!(matches!(error, SaveError::Unwritable { .. }), "{error}");
    assert_eq!(document.title(), "a");

    document.store().set_write(graph::workflow::write_file);
    document.save().expect("somebody has made room");
    assert!(!document.is_dirty());
    document.close();
    assert_eq!(desk.names(), ["a.ron"]);
}

#[test]
fn a_folder_that_is_gone_is_told_and_the_file_saved_elsewhere() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("sub")).expect("the folder can be written");
    let _ = desk.put("sub/a.ron", FILE);
    let mut document = desk.open("sub/a.ron");
    about(&mut document, "Other.");
    std::fs::remove_dir_all(desk.path("sub")).expect("it is ours");
    let error = document.save().expect_err("there is no folder");
    assert!(matches!(error, SaveError::Unwritable { .. }), "{error}");
    tick(&mut document);
    assert_eq!(desk.journals().len(), 2, "the journal and its lock");
    document
        .save_as(&desk.path("a.ron"))
        .expect("the folder can be written");
    assert!(desk.text("a.ron").contains("Other."));
    assert!(desk.journals().is_empty());
}

#[test]
fn a_file_that_is_gone_is_written_anew() {
    let desk = Desk::new();
    let path = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    std::fs::remove_file(&path).expect("it is ours");
    document.look();
    assert_eq!(document.notice(), Some(&Notice::Gone));
    assert!(document.is_dirty(), "it is nowhere but here");
    document.save().expect("the folder can be written");
    assert_eq!(desk.text("a.ron"), FILE);
    assert!(!document.is_dirty() && document.notice().is_none());
}

#[test]
fn what_another_program_wrote_is_not_overwritten_unasked() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    document.look();
    assert_eq!(document.notice(), None);
    add(&mut document, "mine");
    let theirs = FILE.replace("Two words.", "Theirs.");
    let _ = desk.put("a.ron", &theirs);
    let error = document.save().expect_err("somebody else has written it");
    assert!(matches!(error, SaveError::ChangedOnDisk { .. }), "{error}");
    assert_eq!(desk.text("a.ron"), theirs);
    assert!(document.is_dirty());
    assert_eq!(document.notice(), Some(&Notice::ChangedOnDisk));

    // Elsewhere is no question.
    let mut elsewhere = desk.untitled();
    add(&mut elsewhere, "mine");
    elsewhere
        .save_as(&desk.path("b.ron"))
        .expect("the folder can be written");

    save_anyway(&mut document).expect("somebody insists");
    assert!(desk.text("a.ron").contains("\"mine\""));
    assert_eq!(document.notice(), None);
    document.save().expect("it is ours again");
}

#[test]
fn what_another_program_wrote_can_be_taken_and_undone() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    add(&mut document, "mine");
    let mine = document.graph().clone();
    let _ = desk.put("a.ron", &FILE.replace("Two words.", "Theirs."));
    document.look();
    assert_eq!(document.notice(), Some(&Notice::ChangedOnDisk));
    document.reload(&desk.registry).expect("the file is right");
    assert_eq!(document.graph().about(), "Theirs.");
    assert!(document.graph().node(&id("mine")).is_none());
    assert!(!document.is_dirty() && document.notice().is_none());

    assert!(document.undo());
    assert_eq!(*document.graph(), mine);
    assert!(document.is_dirty());
    document
        .save()
        .expect("theirs was seen, so mine may be saved");
    assert!(desk.text("a.ron").contains("\"mine\""));
}

#[test]
fn a_file_that_cannot_be_read_any_more_is_not_reloaded() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    add(&mut document, "mine");
    let before = document.graph().clone();
    let _ = desk.put("a.ron", "(format: 1,");
    assert!(document.reload(&desk.registry).is_err());
    assert_eq!(*document.graph(), before);
    let error = document.save().expect_err("it is not what was opened");
    assert!(matches!(error, SaveError::ChangedOnDisk { .. }), "{error}");
}

#[test]
fn what_is_done_while_a_file_is_written_is_not_taken_for_saved() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    add(&mut document, "one");
    let saving = document.saving(Target::Own).expect("it has a file");
    add(&mut document, "two");
    document
        .saved(saving.perform())
        .expect("the folder can be written");
    assert!(document.is_dirty());
    assert!(desk.text("a.ron").contains("\"one\"") && !desk.text("a.ron").contains("\"two\""));
    tick(&mut document);
    assert!(desk.names().contains(&".a.ron.journal".to_owned()));
    assert!(document.undo());
    assert!(!document.is_dirty());
}

#[test]
fn two_saves_at_once_do_not_take_each_other_for_strangers() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    add(&mut document, "one");
    let first = document.saving(Target::Own).expect("it has a file");
    add(&mut document, "two");
    let second = document.saving(Target::Own).expect("it has a file");
    let (first, second) = (first.perform(), second.perform());
    document.saved(first).expect("the folder can be written");
    document.saved(second).expect("the folder can be written");
    assert!(!document.is_dirty());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_protected_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::new();
    let path = desk.put("a.ron", FILE);
    let protected = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(&path, protected).expect("it is ours");
    let mut document = desk.open("a.ron");
    about(&mut document, "Other.");
    let error = document.save().expect_err("the file is protected");
    assert!(matches!(error, SaveError::ReadOnly { .. }), "{error}");
    assert_eq!(desk.text("a.ron"), FILE);
    document
        .save_as(&desk.path("b.ron"))
        .expect("the folder can be written");
}

#[test]
fn comments_are_not_lost_before_somebody_agrees() {
    let commented = FILE.replace(
        "    wires: [",
        "    // How they hang together.\n    wires: [",
    );
    let desk = Desk::new();
    let _ = desk.put("a.ron", &commented);
    let mut document = desk.open("a.ron");
    assert!(document.notice().is_none(), "looking loses nothing");
    about(&mut document, "Other.");
    for _ in 0..2 {
        let error = document.save().expect_err("a comment would be lost");
        assert!(matches!(error, SaveError::LosesComments { .. }), "{error}");
    }
    let error = document.save_as(&desk.path("a.ron"));
    assert!(error.is_err(), "it is the same file");
    assert_eq!(desk.text("a.ron"), commented);
    let expected = Notice::LosesComments {
        count: 1,
        first: "// How they hang together.".into(),
    };
    assert_eq!(document.notice(), Some(&expected));

    document.give_up_comments();
    assert!(document.notice().is_none());
    document.save().expect("the folder can be written");
    assert!(!desk.text("a.ron").contains("//"));
    about(&mut document, "Another.");
    document.save().expect("there is no comment any more");
}

#[test]
fn comments_stay_in_the_file_that_is_left() {
    let commented = format!(
        "/* All of this\nby hand. */\n// Long: {}\n{FILE}",
        "x".repeat(90)
    );
    let desk = Desk::new();
    let _ = desk.put("a.ron", &commented);
    let mut document = desk.open("a.ron");
    assert!(document.save().is_err());
    let expected = Notice::LosesComments {
        count: 2,
        first: "/* All of this…".into(),
    };
    assert_eq!(document.notice(), Some(&expected));
    document
        .save_as(&desk.path("b.ron"))
        .expect("the folder can be written");
    assert!(document.notice().is_none());
    document.save().expect("the new file has no comments");
    assert_eq!(desk.text("a.ron"), commented);
}
