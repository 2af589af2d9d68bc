mod keeping;
mod opening;
mod pictures;
mod recovering;
mod saving;
mod sharing;

use std::path::{Path, PathBuf};

use graph::document::{NodeId, PlacedNode};
use graph::edit::Edit;
use graph::registry::Registry;
use tempfile::TempDir;

use super::Document;
use super::file::OpenError;
use crate::host::Folders;

/// A file in canonical form, of kinds that nobody here knows.
const FILE: &str = r#"(
    format: 1,
    about: "Two words.",
    plugins: {"acme": "^1"},
    nodes: {
        "a": (kind: "acme.text", version: 3, params: {"odd": Some((1, 'x')), "text": "x"}),
        "b": (kind: "acme.join", version: 1, params: {"weight": 0.5}, state: Muted),
    },
    wires: [
        ("a.text", "b.first"),
    ],
    interface: (params: {"word": "a.text"}, outputs: {}),
    layout: {"a": (0, 0), "b": (160, -20)},
)
"#;

/// A folder to work in, and the folders of the editor beside it.
struct Desk {
    root: TempDir,
    folders: Folders,
    registry: Registry,
}

impl Desk {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder can be made");
        std::fs::create_dir(root.path().join("work")).expect("the folder can be written");
        Self {
            folders: Folders {
                config: root.path().join("config"),
                state: root.path().join("state"),
            },
            root,
            registry: Registry::default(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("the folder can be written");
        path
    }

    fn try_open(&self, name: &str) -> Result<Document, OpenError> {
        Document::open(&self.path(name), &self.registry, &self.folders)
    }

    fn open(&self, name: &str) -> Document {
        self.try_open(name).expect("the file is right")
    }

    fn untitled(&self) -> Document {
        Document::untitled(1, &self.folders)
    }

    fn text(&self, name: &str) -> String {
        read(&self.path(name))
    }

    /// What lies in the folder to work in.
    fn names(&self) -> Vec<String> {
        names(&self.root.path().join("work"))
    }

    /// What lies in the folder of journals.
    fn journals(&self) -> Vec<String> {
        names(&self.folders.journals())
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the file is there")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("it is a name")
}

/// Adds a node called `name`.
fn add(document: &mut Document, name: &str) {
    let edit = Edit::add(id(name), PlacedNode::new("acme.new", 1));
    document.apply(edit).expect("the name is free");
}

fn about(document: &mut Document, text: &str) {
    let edit = Edit::SetAbout(text.into());
    document.apply(edit).expect("anything can be said");
}

/// Does what the window does twice a second.
fn tick(document: &mut Document) {
    if let Some(keeping) = document.keep() {
        document.kept(keeping.perform());
    }
}

#[test]
fn a_new_workflow_is_empty_and_clean() {
    let desk = Desk::new();
    let mut document = desk.untitled();
    assert_eq!(document.title(), "Untitled 1");
    assert_eq!(document.path(), None);
    assert_eq!(document.base(), Path::new("."));
    assert!(!document.is_dirty() && document.notice().is_none());
    assert!(!document.can_undo() && !document.undo() && !document.redo());
    assert_eq!(document.revision(), 0);
    tick(&mut document);
    document.close();
    assert!(desk.journals().is_empty(), "nothing was worth keeping");
}

#[test]
fn every_change_counts_and_what_is_refused_does_not() {
    let desk = Desk::new();
    let mut document = desk.untitled();
    add(&mut document, "a");
    let again = Edit::add(id("a"), PlacedNode::new("acme.new", 1));
    assert!(document.apply(again).is_err());
    assert_eq!(document.revision(), 1);
    assert!(document.undo());
    assert!(document.redo());
    assert_eq!(document.revision(), 3);
    assert!(document.can_undo() && !document.can_redo());
}

#[test]
fn the_moments_of_a_drag_are_one_step() {
    let desk = Desk::new();
    let mut document = desk.untitled();
    add(&mut document, "a");
    document.seal();
    for x in 0..5 {
        let to = Some(graph::document::Position::new(x, 0));
        let edit = Edit::Move { node: id("a"), to };
        document.merge(edit).expect("the node is there");
    }
    assert!(document.undo());
    assert!(document.graph().layout().nodes.is_empty());
    assert!(document.undo());
    assert!(!document.can_undo());
}

#[test]
fn a_workflow_is_clean_whenever_it_is_what_was_saved() {
    let desk = Desk::new();
    let _ = desk.put("a.ron", FILE);
    let mut document = desk.open("a.ron");
    assert!(!document.is_dirty());
    about(&mut document, "One.");
    about(&mut document, "Two.");
    assert!(document.is_dirty());
    document.save().expect("the folder can be written");
    assert!(!document.is_dirty());

    assert!(document.undo(), "undo goes on behind a save");
    assert!(document.is_dirty());
    assert!(document.redo());
    assert!(!document.is_dirty(), "back at what was saved");
    assert!(document.undo() && document.undo());
    assert!(document.is_dirty());
    assert_eq!(document.graph().about(), "Two words.");
    about(&mut document, "Two.");
    assert!(!document.is_dirty(), "typed again, it is the same");
}
