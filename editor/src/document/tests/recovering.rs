//! What is left of an editor that was killed: dropped without being closed.

use super::{Desk, Document, FILE, about, add, id, tick};
use crate::document::notice::Notice;
use crate::document::recovery::{self, Content, Recoverable};
use crate::document::store::SaveError;

/// Leaves a file behind with one change kept, and one that was not kept any more.
fn killed(desk: &Desk) {
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    about(&mut document, "Kept.");
    tick(&mut document);
    about(&mut document, "Lost.");
    drop(document);
}

fn found(desk: &Desk) -> Vec<Recoverable> {
    recovery::find(&desk.folders, &desk.registry)
}

fn recovered(desk: &Desk, recoverable: Recoverable) -> Document {
    Document::recovered(recoverable, 7, &desk.registry, &desk.folders)
        .expect("the journal is whole")
}

#[test]
fn a_killed_editor_loses_only_what_was_not_kept_yet() {
    let desk = Desk::new();
    killed(&desk);
    let offers = found(&desk);
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].title, "a");
    assert!(offers[0].written.is_some());
    assert!(matches!(offers[0].content, Content::Whole(_)));
    let mut document = recovered(&desk, offers[0].clone());
    assert_eq!(document.graph().about(), "Kept.");
    assert!(document.is_dirty() && document.is_at(&desk.path("a.ron")));
    assert_eq!(document.notice(), None);
    assert!(found(&desk).is_empty(), "it is open again");

    assert!(document.undo(), "the file is one step back");
    assert_eq!(document.graph().about(), "Two words.");
    assert!(!document.is_dirty());
    assert!(document.redo());
    document.save().expect("the file has not changed");
    assert!(desk.text("a.ron").contains("Kept."));
    document.close();
    assert_eq!(desk.names(), ["a.ron"]);
    assert!(desk.journals().is_empty());
}

#[test]
fn opening_the_file_offers_what_was_left() {
    let desk = Desk::new();
    killed(&desk);
    let mut document = desk.open("a.ron");
    assert_eq!(
        document.graph().about(),
        "Two words.",
        "nothing is taken unasked"
    );
    assert!(document.offer().is_some() && !document.is_dirty());
    document.recover().expect("the journal is whole");
    assert_eq!(document.graph().about(), "Kept.");
    assert!(document.offer().is_none());

    // Killed once more, it is still all there.
    drop(document);
    let offers = found(&desk);
    assert_eq!(offers.len(), 1);
    assert_eq!(recovered(&desk, offers[0].clone()).graph().about(), "Kept.");
}

#[test]
fn what_is_not_wanted_is_given_up() {
    let desk = Desk::new();
    killed(&desk);
    let mut document = desk.open("a.ron");
    document.discard_offer();
    assert!(document.offer().is_none());
    assert_eq!(desk.names(), [".a.ron.lock", "a.ron"]);
    document.close();
    assert!(found(&desk).is_empty());
    assert!(desk.journals().is_empty());
}

#[test]
fn what_nobody_has_decided_about_is_not_overwritten() {
    let desk = Desk::new();
    killed(&desk);
    let mut document = desk.open("a.ron");
    add(&mut document, "new");
    tick(&mut document);
    document.save().expect("the folder can be written");
    document.close();
    assert!(desk.text(".a.ron.journal").contains("Kept."));
    let offers = found(&desk);
    assert_eq!(offers.len(), 1, "it is offered again");
    assert!(matches!(offers[0].content, Content::FileChanged(_)));
}

#[test]
fn a_workflow_that_was_never_saved_comes_back_too() {
    let desk = Desk::new();
    let mut one = desk.untitled();
    let mut other = desk.untitled();
    add(&mut one, "one");
    add(&mut other, "other");
    tick(&mut one);
    tick(&mut other);
    drop((one, other));
    let offers = found(&desk);
    assert_eq!(offers.len(), 2);
    let documents: Vec<Document> = offers
        .into_iter()
        .map(|offer| recovered(&desk, offer))
        .collect();
    assert!(documents[0].graph().node(&id("one")).is_some());
    assert!(documents[1].graph().node(&id("other")).is_some());
    for document in documents {
        assert_eq!((document.title(), document.path()), ("Untitled 1", None));
        assert!(document.is_dirty());
        document.close();
    }
    assert!(desk.journals().is_empty(), "{:?}", desk.journals());
}

#[test]
fn a_file_that_has_changed_since_is_not_overwritten_unasked() {
    let desk = Desk::new();
    killed(&desk);
    let theirs = FILE.replace("Two words.", "Theirs.");
    let _ = desk.put("a.ron", &theirs);
    let mut document = desk.open("a.ron");
    assert_eq!(document.graph().about(), "Theirs.");
    let offer = document.offer().expect("something was left");
    assert!(matches!(offer.content, Content::FileChanged(_)));
    document.recover().expect("the journal is whole");
    assert_eq!(document.graph().about(), "Kept.");
    assert_eq!(document.notice(), Some(&Notice::ChangedOnDisk));
    let error = document.save().expect_err("somebody else has written it");
    assert!(matches!(error, SaveError::ChangedOnDisk { .. }), "{error}");
    assert_eq!(desk.text("a.ron"), theirs);
    document
        .save_as(&desk.path("b.ron"))
        .expect("the folder can be written");
    assert!(desk.text("b.ron").contains("Kept."));
}

#[test]
fn a_file_that_is_gone_since_is_written_anew() {
    let desk = Desk::new();
    killed(&desk);
    std::fs::remove_file(desk.path("a.ron")).expect("it is ours");
    let offers = found(&desk);
    assert!(matches!(offers[0].content, Content::FileChanged(_)));
    let mut document = recovered(&desk, offers[0].clone());
    assert_eq!(document.graph().about(), "Kept.");
    assert_eq!(document.notice(), Some(&Notice::Gone));
    assert!(document.is_dirty());
    document.save().expect("the folder can be written");
    assert!(desk.text("a.ron").contains("Kept."));
    document.close();
    assert_eq!(desk.names(), ["a.ron"]);
}

#[test]
fn a_file_that_is_unreadable_since_is_not_overwritten_unasked() {
    let desk = Desk::new();
    killed(&desk);
    let _ = desk.put("a.ron", "(format: 1,");
    let mut document = recovered(&desk, found(&desk).remove(0));
    assert_eq!(document.graph().about(), "Kept.");
    let error = document.save().expect_err("it is not what was opened");
    assert!(matches!(error, SaveError::ChangedOnDisk { .. }), "{error}");
    assert_eq!(desk.text("a.ron"), "(format: 1,");
}

#[test]
fn a_damaged_journal_is_told_and_kept() {
    let desk = Desk::new();
    killed(&desk);
    let whole = desk.text(".a.ron.journal");
    for cut in [0, 3, 200, whole.len() - 9] {
        let _ = desk.put(".a.ron.journal", &whole[..cut]);
        let mut document = desk.open("a.ron");
        let offer = document.offer().expect("something was left").clone();
        let Content::Damaged { text, problems } = &offer.content else {
            panic!("{cut}: it is cut off");
        };
        assert_eq!(*text, whole[..cut]);
        assert!(!problems.is_empty());
        assert!(document.recover().is_err());
        assert!(document.offer().is_some(), "it is still on offer");
        about(&mut document, "New.");
        tick(&mut document);
        assert_eq!(desk.text(".a.ron.journal"), whole[..cut]);
        document.close();
        let again = found(&desk);
        assert_eq!(again.len(), 1, "{cut}");
        assert_eq!(
            again[0].file,
            Some(desk.path("a.ron").canonicalize().expect("it is there"))
        );
    }
}

#[test]
fn journals_with_bytes_that_are_no_text_are_damaged_too() {
    let desk = Desk::new();
    killed(&desk);
    std::fs::write(desk.path(".a.ron.journal"), b"\xff\xfe(").expect("it is ours");
    let offers = found(&desk);
    assert!(matches!(offers[0].content, Content::Damaged { .. }));
}

#[test]
fn a_journal_of_what_was_saved_in_the_end_is_of_no_use() {
    let desk = Desk::new();
    killed(&desk);
    let journal = desk.text(".a.ron.journal");
    let start = journal.find("(\n").expect("the workflow begins so");
    let _ = desk.put("a.ron", &journal[start..]);
    assert!(found(&desk).is_empty());
    assert_eq!(desk.open("a.ron").offer(), None);
    assert!(!desk.path(".a.ron.journal").exists());
}

#[test]
fn saving_over_another_file_spares_what_was_left_of_it() {
    let desk = Desk::new();
    killed(&desk);
    let mut other = desk.untitled();
    add(&mut other, "other");
    other
        .save_as(&desk.path("a.ron"))
        .expect("nobody has it open");
    add(&mut other, "more");
    tick(&mut other);
    assert!(desk.text(".a.ron.journal").contains("Kept."));
    other.close();
    assert_eq!(found(&desk).len(), 1);
}

#[test]
fn the_folder_of_journals_may_hold_other_things() {
    let desk = Desk::new();
    assert!(found(&desk).is_empty(), "no folder yet");
    std::fs::create_dir_all(desk.folders.journals()).expect("the folder can be made");
    for name in ["x.pointer", "y.txt", "z.lock"] {
        std::fs::write(desk.folders.journals().join(name), "%zz").expect("it can be written");
    }
    assert!(found(&desk).is_empty());
}
