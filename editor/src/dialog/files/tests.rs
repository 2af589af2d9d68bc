use std::path::{Path, PathBuf};

use super::*;

/// A folder with workflows, a picture, another folder, and what is no workflow.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for name in [
        "portrait.ron",
        "night.ron",
        "picture.PNG",
        "notes.txt",
        ".hidden.ron",
    ] {
        std::fs::write(folder.path().join(name), "").expect("a file can be written");
    }
    std::fs::create_dir(folder.path().join("older")).expect("a folder can be made");
    std::fs::write(folder.path().join("older/first.ron"), "").expect("a file can be written");
    folder
}

fn names(files: &Files) -> Vec<&str> {
    files.rows.iter().map(|line| line.name.as_str()).collect()
}

fn typed(files: &mut Files, path: &Path) {
    let _ = files.update(Message::Typed(path.display().to_string()));
}

#[test]
fn folders_come_first_then_what_can_hold_a_workflow() {
    let folder = folder();
    let files = Files::open(folder.path(), &[]);
    assert_eq!(
        names(&files),
        ["older", "night.ron", "picture.PNG", "portrait.ron"]
    );
    let files = Files::save_as(&folder.path().join("r"));
    assert_eq!(names(&files), ["older", "night.ron", "portrait.ron"]);
}

#[test]
fn recent_files_are_offered_until_something_is_typed() {
    let folder = folder();
    let recent = [PathBuf::from("/home/ann/lately.ron")];
    let mut files = Files::open(folder.path(), &recent);
    assert_eq!(names(&files)[..2], ["lately.ron", "older"]);
    assert_eq!(
        files.update(Message::Picked(0)),
        Action::Open("/home/ann/lately.ron".into())
    );
    typed(&mut files, &folder.path().join("p"));
    assert_eq!(names(&files), ["picture.PNG", "portrait.ron"]);
}

#[test]
fn the_beginning_of_a_name_is_enough_to_open_it() {
    let folder = folder();
    let mut files = Files::open(folder.path(), &[]);
    typed(&mut files, &folder.path().join("PORT"));
    assert_eq!(
        files.update(Message::Submitted),
        Action::Open(folder.path().join("portrait.ron"))
    );
}

#[test]
fn a_folder_is_looked_into_by_completing_it() {
    let folder = folder();
    let mut files = Files::open(folder.path(), &[]);
    typed(&mut files, &folder.path().join("ol"));
    assert_eq!(files.update(Message::Completed), Action::None);
    assert_eq!(files.path, format!("{}/older/", folder.path().display()));
    assert_eq!(names(&files), ["first.ron"]);
    assert_eq!(files.update(Message::Moved(1)), Action::None);
    assert_eq!(
        files.update(Message::Submitted),
        Action::Open(folder.path().join("older/first.ron"))
    );
}

#[test]
fn a_file_that_is_not_there_is_not_opened() {
    let folder = folder();
    let mut files = Files::open(folder.path(), &[]);
    let path = folder.path().join("missing.ron");
    typed(&mut files, &path);
    assert_eq!(files.update(Message::Submitted), Action::None);
    let expected = format!("There is no file {}.", path.display());
    assert_eq!(files.trouble, Some(expected));
    typed(&mut files, &folder.path().join("m"));
    assert_eq!(files.trouble, None);
}

#[test]
fn a_path_that_does_not_say_where_starts_in_the_folder() {
    let folder = folder();
    let mut files = Files::open(folder.path(), &[]);
    typed(&mut files, Path::new("older/fi"));
    assert_eq!(
        files.update(Message::Submitted),
        Action::Open(folder.path().join("older/first.ron"))
    );
}

#[test]
fn a_file_is_replaced_only_when_it_is_said_once_more() {
    let folder = folder();
    let there = folder.path().join("portrait.ron");
    let mut files = Files::save_as(&folder.path().join("portrait"));
    assert_eq!(files.update(Message::Submitted), Action::None);
    assert_eq!(files.replacing, Some(there.clone()));
    assert_eq!(files.update(Message::Submitted), Action::Save(there));

    let mut files = Files::save_as(&folder.path().join("portrait"));
    let _ = files.update(Message::Submitted);
    typed(&mut files, &folder.path().join("portrait2"));
    assert_eq!(
        files.update(Message::Submitted),
        Action::Save(folder.path().join("portrait2.ron"))
    );
}

#[test]
fn nothing_is_saved_where_there_is_no_folder() {
    let folder = folder();
    let path = folder.path().join("newer/portrait.ron");
    let mut files = Files::save_as(&path);
    assert_eq!(files.update(Message::Submitted), Action::None);
    let expected = format!(
        "There is no folder {}.",
        folder.path().join("newer").display()
    );
    assert_eq!(files.trouble, Some(expected));
}

#[test]
fn the_desktops_answer_is_taken_at_its_word() {
    let folder = folder();
    let mut files = Files::save_as(&folder.path().join("portrait.ron"));
    assert_eq!(files.update(Message::Browsed), Action::Browse);
    let found = |path: Option<&str>| Message::Found(path.map(PathBuf::from));
    assert_eq!(files.update(found(None)), Action::None);
    assert_eq!(
        files.update(found(Some("/home/ann/a"))),
        Action::Save("/home/ann/a.ron".into())
    );
}
