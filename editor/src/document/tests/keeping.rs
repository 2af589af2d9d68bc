//! The journal: written while there is something to lose, and gone when there is not.

use std::io;
use std::path::Path;

use super::{Desk, FILE, about, add, names, read, tick};
use crate::document::notice::Notice;
use crate::document::store::Target;

#[test]
fn changes_are_kept_beside_the_file_until_they_are_saved() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    assert!(document.keep().is_none(), "nothing has changed");
    about(&mut document, "Other.");
    tick(&mut document);
    assert!(document.keep().is_none(), "all is kept");
    assert_eq!(desk.names(), [".a.ron.journal", ".a.ron.lock", "a.ron"]);
    assert_eq!(desk.text("a.ron"), FILE, "the file itself is not touched");
    assert!(desk.text(".a.ron.journal").contains("Other."));

    document.save().expect("the folder can be written");
    assert_eq!(desk.names(), [".a.ron.lock", "a.ron"]);
    assert!(desk.journals().is_empty());
    document.close();
    assert_eq!(desk.names(), ["a.ron"]);
}

#[test]
fn taken_back_changes_need_no_journal() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "Other.");
    tick(&mut document);
    assert!(document.undo());
    tick(&mut document);
    assert_eq!(desk.names(), [".a.ron.lock", "a.ron"]);
    assert!(document.redo());
    tick(&mut document);
    assert_eq!(desk.names().len(), 3, "they are made again, and kept again");
}

#[test]
fn closing_gives_up_what_was_not_saved() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "Other.");
    tick(&mut document);
    document.close();
    assert_eq!(desk.names(), ["a.ron"]);
    assert!(desk.journals().is_empty());
    let mut untitled = desk.untitled();
    add(&mut untitled, "a");
    tick(&mut untitled);
    assert_eq!(desk.journals(), ["untitled-1.journal", "untitled-1.lock"]);
    untitled.close();
    assert!(desk.journals().is_empty());
}

#[test]
fn a_journal_that_comes_too_late_is_not_written() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "Other.");
    let late = document.keep().expect("something has changed");
    document.save().expect("the folder can be written");
    document.kept(late.perform());
    assert_eq!(desk.names(), [".a.ron.lock", "a.ron"]);

    about(&mut document, "Third.");
    let late = document.keep().expect("something has changed");
    document.close();
    let _ = late.perform();
    assert_eq!(desk.names(), ["a.ron"]);
}

#[test]
fn a_save_that_comes_behind_a_newer_journal_loses_nothing() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "One.");
    let saving = document.saving(Target::Own).expect("it has a file");
    about(&mut document, "Two.");
    tick(&mut document);
    document
        .saved(saving.perform())
        .expect("the folder can be written");
    tick(&mut document);
    assert!(desk.text(".a.ron.journal").contains("Two."));
}

/// A folder where nothing can be written; what is elsewhere can.
fn closed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.parent().is_some_and(|folder| folder.ends_with("work")) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    graph::workflow::write_file(path, bytes)
}

fn full(_: &Path, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::StorageFull.into())
}

#[test]
fn where_the_folder_cannot_be_written_changes_are_kept_elsewhere() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    // Where a folder is in its way no lock can be made, whoever asks.
    std::fs::create_dir(desk.path(".a.ron.lock")).expect("the folder can be written");
    let mut document = desk.open("a.ron");
    document.store().set_write(closed);
    assert_eq!(document.notice(), Some(&Notice::FolderClosed));
    let second = desk.open("a.ron");
    assert_eq!(second.notice(), Some(&Notice::OpenedElsewhere));
    second.close();

    about(&mut document, "Other.");
    tick(&mut document);
    assert_eq!(desk.names(), [".a.ron.lock", "a.ron"]);
    let journals = desk.journals();
    let endings: Vec<&str> = journals
        .iter()
        .filter_map(|name| name.rsplit('.').next())
        .collect();
    assert_eq!(endings, ["journal", "lock", "lock"], "{journals:?}");
    assert!(document.save().is_err());

    drop(document);
    let mut again = desk.open("a.ron");
    assert!(again.offer().is_some(), "it is found there as well");
    again.recover().expect("the journal is whole");
    assert_eq!(again.graph().about(), "Other.");
    let elsewhere = desk.root.path().join("b.ron");
    again.save_as(&elsewhere).expect("there it can be written");
    assert!(read(&elsewhere).contains("Other."));
    again.close();
    assert!(desk.journals().is_empty(), "{:?}", desk.journals());
    assert!(!names(desk.root.path()).contains(&".b.ron.lock".to_owned()));
}

#[test]
fn where_nothing_can_be_kept_it_is_told_and_tried_again() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "Other.");
    document.store().set_write(full);
    tick(&mut document);
    let notice = document.notice().expect("it cannot be kept").to_string();
    assert!(notice.starts_with("Changes cannot be kept"), "{notice}");
    tick(&mut document);
    assert!(document.notice().is_some());

    document.store().set_write(graph::workflow::write_file);
    tick(&mut document);
    assert_eq!(document.notice(), None);
    assert!(desk.text(".a.ron.journal").contains("Other."));
    document.close();
    assert!(desk.journals().is_empty());
}
