//! Files: their limits, and that they are written whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::{FILE, LARGEST, Workflow, read, registry, save};
use crate::workflow::write_file;

fn open(path: &Path) -> String {
    match Workflow::open(path, &registry()) {
        Ok(_) => "fine".into(),
        Err(problems) => problems
            .to_string()
            .replace(&path.display().to_string(), "FILE"),
    }
}

#[test]
fn a_saved_graph_can_be_opened() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("a.ron");
    let graph = read(FILE).graph;
    for _ in 0..2 {
        save(&graph, &path).expect("the folder can be written");
        let text = std::fs::read_to_string(&path).expect("it was written");
        assert_eq!(text, FILE);
    }
    assert_eq!(open(&path), "fine");
    let names = std::fs::read_dir(folder.path()).expect("the folder is there");
    assert_eq!(names.count(), 1, "nothing else is left");
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("a.ron");
    std::fs::create_dir(&path).expect("the folder can be written");
    assert!(write_file(&path, b"x").is_err(), "a folder is in the way");
    assert!(write_file(&folder.path().join("no/a.ron"), b"x").is_err());
    assert!(write_file(Path::new("/"), b"x").is_err());
    let names = std::fs::read_dir(folder.path()).expect("the folder is there");
    assert_eq!(names.count(), 1, "the half-written file is gone");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder can be made");
    let (path, link) = (folder.path().join("a.ron"), folder.path().join("link"));
    write_file(&path, b"1").expect("the folder can be written");
    let private = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&path, private).expect("it is ours");
    std::os::unix::fs::symlink(&path, &link).expect("the folder can be written");
    write_file(&link, b"2").expect("the folder can be written");
    assert!(link.is_symlink());
    assert_eq!(std::fs::read(&path).expect("it was written"), b"2");
    let mode = std::fs::metadata(&path)
        .expect("it was written")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn files_that_are_no_workflows_are_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("a.ron");
    assert!(open(&path).starts_with("FILE:1:1: cannot read the workflow: "));
    assert!(open(folder.path()).contains("[unreadable]"));

    // 100 MB, none of which needs to be on the disk.
    let file = File::create(&path).expect("the folder can be written");
    file.set_len(100_000_000).expect("the size can be set");
    assert_eq!(
        open(&path),
        "FILE:1:1: the file is larger than 16 MiB [too-large]\n  \
         hint: no workflow needs that: give the path of a workflow file"
    );
    let text = " ".repeat(LARGEST as usize + 1);
    let problems = Workflow::check_text("a.ron", &text, &registry());
    assert!(
        problems.has("too-large") && problems.len() == 1,
        "{problems}"
    );

    let mut file = File::create(&path).expect("the folder can be written");
    file.write_all(b"(format: 1,\n \xff")
        .expect("the file can be written");
    assert!(open(&path).starts_with("FILE:2:1: the file is not text: byte 13 is not UTF-8"));
}
