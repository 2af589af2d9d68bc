//! Pictures that carry a workflow.

use std::path::{Path, PathBuf};

use graph::param::FilePath;
use graph::prelude::*;

use super::{Desk, FILE, add};
use crate::document::file::OpenError;
use crate::document::store::SaveError;

/// Reads a file.
#[derive(Clone, Debug, Params)]
struct Load {
    /// The file.
    path: FilePath,
}

#[derive(Ports)]
struct LoadOut {
    /// What stands in it.
    text: String,
}

impl Node for Load {
    const ID: &'static str = "test.load";
    type Inputs = ();
    type Outputs = LoadOut;

    fn run(&self, (): (), _: &mut Run) -> Result<LoadOut, NodeError> {
        let text = self.path.0.clone();
        Ok(LoadOut { text })
    }
}

/// A picture of one pixel with `texts` by keyword.
fn picture(texts: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Rgb);
    for (keyword, text) in texts {
        encoder
            .add_itxt_chunk((*keyword).into(), (*text).into())
            .expect("the keyword is one");
    }
    let mut writer = encoder.write_header().expect("memory takes everything");
    writer
        .write_image_data(&[1, 2, 3])
        .expect("memory takes everything");
    writer.finish().expect("memory takes everything");
    bytes
}

fn put(desk: &Desk, name: &str, bytes: &[u8]) -> PathBuf {
    let path = desk.path(name);
    std::fs::write(&path, bytes).expect("the folder can be written");
    path
}

#[test]
fn a_picture_is_opened_as_a_workflow_that_has_no_file() {
    let desk = Desk::new();
    let bytes = picture(&[("smalto-run", "{}"), ("smalto-workflow", FILE)]);
    let path = put(&desk, "fox.png", &bytes);
    let mut document = desk.open("fox.png");
    assert_eq!(document.title(), "fox");
    assert_eq!(document.path(), None);
    assert!(!document.is_dirty() && document.notice().is_none());
    add(&mut document, "new");
    assert!(matches!(document.save(), Err(SaveError::NoFile)));
    assert_eq!(std::fs::read(&path).expect("it is there"), bytes);
    document
        .save_as(&desk.path("fox"))
        .expect("the folder can be written");
    assert_eq!(document.path(), Some(desk.path("fox.ron").as_path()));
    let _ = document.undo();
    document.save().expect("the folder can be written");
    assert_eq!(desk.text("fox.ron"), FILE);
    document.close();
    assert_eq!(desk.names(), ["fox.png", "fox.ron"]);
}

#[test]
fn it_is_the_content_that_tells_a_picture_not_the_name() {
    let desk = Desk::new();
    let _ = put(&desk, "a.ron", &picture(&[("smalto-workflow", FILE)]));
    assert_eq!(desk.open("a.ron").path(), None);
    let _ = desk.put("b.png", FILE);
    assert_eq!(
        desk.open("b.png").path(),
        Some(desk.path("b.png").as_path())
    );
}

#[test]
fn pictures_without_a_workflow_and_damaged_ones_are_told() {
    let desk = Desk::new();
    let _ = put(&desk, "a.png", &picture(&[("smalto-run", "{}")]));
    let error = desk.try_open("a.png").expect_err("there is none");
    assert!(matches!(error, OpenError::NoWorkflow { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("the picture carries no workflow"),
        "{error}"
    );

    let whole = picture(&[("smalto-workflow", FILE)]);
    for end in [8, 40, whole.len() - 30] {
        let _ = put(&desk, "a.png", &whole[..end]);
        let error = desk.try_open("a.png").expect_err("it is cut off");
        assert!(
            matches!(error, OpenError::DamagedPicture { .. }),
            "{end}: {error}"
        );
    }

    let _ = put(
        &desk,
        "a.png",
        &picture(&[("smalto-workflow", "(format: 1,\n nodes: 7)")]),
    );
    let error = desk.try_open("a.png").expect_err("it is no workflow");
    assert!(
        error.to_string().contains("a.png#smalto-workflow:2:9: "),
        "{error}"
    );
    assert_eq!(desk.names(), ["a.png"]);
}

#[test]
fn relative_paths_of_a_picture_start_where_they_lead_somewhere() {
    let mut desk = Desk::new();
    let _ = desk.registry.add::<Load>();
    let check = |file: &str, expected: &Path| {
        let text = format!(
            "(format: 1, nodes: {{\"a\": (kind: \"test.load\", params: {{\"path\": {file:?}}})}})"
        );
        let _ = put(&desk, "a.png", &picture(&[("smalto-workflow", &text)]));
        assert_eq!(desk.open("a.png").base(), expected, "{file}");
    };
    let here = desk.path("");
    let folder = here.parent().map(|parent| parent.join("work"));
    let folder = folder.expect("the folder lies in another");
    // Tests run in the folder of the crate.
    check("Cargo.toml", Path::new("."));
    check("no/such/file", &folder);
    let _ = desk.put("Cargo.toml", "");
    check("Cargo.toml", &folder);
}

#[test]
fn saved_elsewhere_a_workflow_still_finds_its_files() {
    let mut desk = Desk::new();
    let _ = desk.registry.add::<Load>();
    let text =
        "(format: 1, nodes: {\"a\": (kind: \"test.load\", params: {\"path\": \"words.txt\"})})";
    let _ = put(&desk, "a.png", &picture(&[("smalto-workflow", text)]));
    let _ = desk.put("words.txt", "");
    std::fs::create_dir(desk.path("sub")).expect("the folder can be written");
    let mut document = desk.open("a.png");
    let target = desk.path("sub/a.ron");
    assert!(document.carry_paths(&target, &desk.registry));
    document
        .save_as(&target)
        .expect("the folder can be written");
    assert!(desk.text("sub/a.ron").contains("\"../words.txt\""));
    assert!(
        !document.carry_paths(&target, &desk.registry),
        "they lead there already"
    );
    assert!(document.undo(), "it is a step like any other");
}
