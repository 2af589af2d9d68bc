//! Files of every sort, and what cannot be opened.

use graph::registry::Registry;
use graph::workflow::{Workflow, to_text};

use super::{Desk, FILE, about, add};
use crate::document::file::OpenError;
use crate::document::store::SaveError;

/// What is told of a file that cannot be opened, which stays as it is.
fn problems(text: &str) -> Vec<String> {
    let desk = Desk::new();
    let path = desk.put("a.ron", text);
    let error = desk.try_open("a.ron").expect_err(text);
    assert_eq!(desk.text("a.ron"), text);
    assert_eq!(desk.names(), ["a.ron"], "nothing is left beside it");
    let told = error.to_string();
    told.replace(&path.display().to_string(), "FILE")
        .lines()
        .filter(|line| !line.starts_with("  hint: "))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn kinds_that_nobody_knows_are_saved_as_they_were() {
    let desk = Desk::new();
    let path = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    assert_eq!(document.title(), "a");
    assert_eq!(document.path(), Some(path.as_path()));
    assert_eq!(Some(document.base()), path.parent());
    assert!(!document.is_dirty() && document.notice().is_none());
    document.save().expect("the folder can be written");
    assert_eq!(desk.text("a.ron"), FILE);
}

#[test]
fn what_is_saved_is_in_canonical_form() {
    let desk = Desk::new();
    let _ = desk.put(
        "a.ron",
        "(format: 1, nodes: {\"b\": (kind: \"t.b\"), /* first? */ \"a\": (kind: \"t.a\")})",
    );
    let mut document = desk.open("a.ron");
    assert!(!document.is_dirty(), "the form is nobody's change");
    add(&mut document, "c");
    document.give_up_comments();
    document.save().expect("the folder can be written");
    let text = desk.text("a.ron");
    let read = Workflow::read("a.ron", &text, &Registry::default()).expect("it is right");
    assert_eq!(to_text(&read.graph), text);
}

#[test]
fn everything_that_is_wrong_is_told_with_line_and_column() {
    assert_eq!(
        problems("(format: 1,\n nodes: {\"a\": (kind: 7), \"b b\": (kind: \"t.b\")},\n wirse: [])"),
        [
            "FILE:2:22: the kind of node `a` must be text in quotes, but is 7 [wrong-type]",
            "FILE:2:26: \"b b\" cannot be the name of a node: expected 1 to 64 letters, digits, `_` or `-` [bad-name]",
            "FILE:3:2: a workflow has no field `wirse` [unknown-field]",
        ]
    );
}

#[test]
fn keys_that_stand_twice_are_told() {
    let text = FILE.replace("\"b\": (kind", "\"a\": (kind");
    let told = problems(&text);
    assert!(
        told[0].starts_with("FILE:7:9: ") && told[0].ends_with("[duplicate-key]"),
        "{told:?}"
    );
}

#[test]
fn a_file_of_a_newer_format_is_left_to_a_newer_program() {
    let desk = Desk::new();
    let text = FILE.replace("format: 1", "format: 99");
    let _ = desk.put("a.ron", &text);
    let error = desk.try_open("a.ron").expect_err("nobody knows the format");
    assert!(error.is_newer() && !error.is_gone());
    assert!(
        error.to_string().contains("open it with a newer Smalto"),
        "{error}"
    );
    assert_eq!(desk.text("a.ron"), text);
}

#[test]
fn a_file_that_was_half_written_is_told_wherever_it_ends() {
    // What is cut off behind the last bracket is no loss.
    let whole = FILE.trim_end().len();
    for end in (0..whole).step_by(7) {
        let told = problems(&FILE[..end]);
        assert!(
            !told.is_empty() && told.iter().all(|line| line.starts_with("FILE:")),
            "{end}: {told:?}"
        );
    }
}

#[test]
fn a_path_that_leads_nowhere_is_told_as_such() {
    let desk = Desk::new();
    let error = desk.try_open("a.ron").expect_err("there is no such file");
    assert!(error.is_gone());
    assert!(
        error.to_string().starts_with("cannot open the workflow: "),
        "{error}"
    );
    let _ = desk.put("file", "");
    let error = desk
        .try_open("file/a.ron")
        .expect_err("a file is no folder");
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");
    let error = desk.try_open("").expect_err("a folder is no file");
    assert!(!error.is_gone(), "{error}");
}

/// A workflow of `count` nodes, each wired to the next.
fn chain(count: usize) -> String {
    let nodes: Vec<String> = (0..count)
        .map(|at| format!("\"n{at:05}\": (kind: \"acme.link\", params: {{\"at\": {at}}})"))
        .collect();
    let wires: Vec<String> = (1..count)
        .map(|at| format!("(\"n{:05}.out\", \"n{at:05}.in\")", at - 1))
        .collect();
    format!(
        "(format: 1, nodes: {{{}}}, wires: [{}])",
        nodes.join(", "),
        wires.join(", ")
    )
}

#[test]
fn ten_thousand_nodes_are_opened_changed_and_saved_and_one_more_is_refused() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", &chain(10_000));
    let mut document = desk.open("a.ron");
    about(&mut document, "Long.");
    document.save().expect("the folder can be written");
    let text = desk.text("a.ron");
    let saved = document.graph().clone();
    document.close();
    let mut document = desk.open("a.ron");
    assert_eq!(*document.graph(), saved);

    add(&mut document, "one_more");
    let error = document.save().expect_err("it could not be read again");
    assert!(
        matches!(
            error,
            SaveError::TooLarge {
                what: "nodes",
                found: 10_001,
                most: 10_000
            }
        ),
        "{error}"
    );
    assert_eq!(desk.text("a.ron"), text);
    assert!(document.is_dirty());
}
