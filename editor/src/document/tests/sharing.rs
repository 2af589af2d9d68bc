//! One file, several who have it open.

use super::{Desk, FILE, about, add, tick};
use crate::document::notice::Notice;
use crate::document::recovery;
use crate::document::store::SaveError;

#[test]
fn the_second_who_opens_a_file_is_told_and_may_look_and_save_elsewhere() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let first = desk.open("a.ron");
    assert_eq!(first.notice(), None);
    let mut second = desk.open("a.ron");
    assert_eq!(second.notice(), Some(&Notice::OpenedElsewhere));
    assert_eq!(second.graph(), first.graph());
    add(&mut second, "new");
    let error = second.save().expect_err("the first has it");
    assert!(
        matches!(error, SaveError::OpenedElsewhere { .. }),
        "{error}"
    );
    assert_eq!(desk.text("a.ron"), FILE);
    second
        .save_as(&desk.path("b.ron"))
        .expect("the folder can be written");
    assert_eq!(second.notice(), None);
    first.close();
    second.close();
    assert_eq!(desk.names(), ["a.ron", "b.ron"]);
}

#[test]
fn when_the_first_has_closed_the_file_the_second_may_save_it() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let first = desk.open("a.ron");
    let mut second = desk.open("a.ron");
    add(&mut second, "new");
    first.close();
    second.save().expect("nobody else has it any more");
    assert_eq!(second.notice(), None);
    assert!(desk.text("a.ron").contains("\"new\""));
}

#[test]
fn what_the_first_has_saved_meanwhile_is_not_overwritten_by_the_second() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut first = desk.open("a.ron");
    let mut second = desk.open("a.ron");
    add(&mut second, "new");
    about(&mut first, "First.");
    first.save().expect("it is the first's");
    first.close();
    let error = second.save().expect_err("it is not what was opened");
    assert!(matches!(error, SaveError::ChangedOnDisk { .. }), "{error}");
    assert!(desk.text("a.ron").contains("First."));
}

#[test]
fn both_keep_their_changes_without_losing_the_others() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut first = desk.open("a.ron");
    let mut second = desk.open("a.ron");
    about(&mut first, "First.");
    about(&mut second, "Second.");
    tick(&mut first);
    tick(&mut second);
    assert!(
        recovery::find(&desk.folders, &desk.registry).is_empty(),
        "both are open"
    );
    drop((first, second));
    let found = recovery::find(&desk.folders, &desk.registry);
    let mut abouts: Vec<&str> = found
        .iter()
        .filter_map(|found| found.content.graph())
        .map(graph::document::Graph::about)
        .collect();
    abouts.sort_unstable();
    assert_eq!(abouts, ["First.", "Second."]);
}

#[test]
fn a_file_that_is_open_elsewhere_is_not_saved_over() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let first = desk.open("a.ron");
    let mut other = desk.untitled();
    add(&mut other, "new");
    let error = other
        .save_as(&desk.path("a.ron"))
        .expect_err("the first has it");
    assert!(
        matches!(error, SaveError::OpenedElsewhere { .. }),
        "{error}"
    );
    assert_eq!(desk.text("a.ron"), FILE);
    assert_eq!(other.path(), None);
    first.close();
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_is_known_for_the_file_that_it_leads_to() {
    let desk = Desk::new();
    let path = desk.put("a.ron", FILE);
    let link = desk.path("link.ron");
    std::os::unix::fs::symlink(&path, &link).expect("the folder can be written");
    let mut document = desk.open("link.ron");
    assert_eq!(document.title(), "link");
    assert!(document.is_at(&path) && document.is_at(&link));
    assert!(!document.is_at(&desk.path("other.ron")));
    assert_eq!(desk.open("a.ron").notice(), Some(&Notice::OpenedElsewhere));

    about(&mut document, "By the link.");
    tick(&mut document);
    assert!(desk.names().contains(&".a.ron.journal".to_owned()));
    document.save().expect("the folder can be written");
    assert!(link.is_symlink());
    assert!(desk.text("a.ron").contains("By the link."));
    document.save_as(&path).expect("it is the same file");
    document.close();
    assert_eq!(desk.names(), ["a.ron", "link.ron"]);
}
