//! Pictures carry how they were made, and can be made again from that.

use std::path::Path;

use tempfile::TempDir;

use crate::program::{names, smalto, smalto_in};
use crate::repository::root;

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// Sends a picture through the tokenizer into `out`, on the processor.
fn reconstruct(out: &Path, arguments: &[&str]) -> Vec<u8> {
    let out = out.to_string_lossy();
    let quick = [
        "run",
        "workflows/reconstruct.ron",
        "--device",
        "cpu",
        "--out",
        &out,
    ];
    let _ = smalto(&[&quick, arguments].concat()).expect(0);
    std::fs::read(Path::new(out.as_ref()).join("image.png")).expect("the picture was written")
}

/// Paints a picture in few steps into `out`, on the processor.
fn paint(out: &Path, seed: &str) -> Vec<u8> {
    let out = out.to_string_lossy();
    let workflow = "workflows/text_to_image.ron";
    let arguments = [
        "run", workflow, "--steps", "3", "--device", "cpu", "--seed", seed,
    ];
    let prompt = ["--prompt", "a blue fish", "--out", &out];
    let _ = smalto(&[&arguments[..], &prompt].concat()).expect(0);
    std::fs::read(Path::new(out.as_ref()).join("image.png")).expect("the picture was written")
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, other) = (folder(), folder());
    let first = paint(one.path(), "5");
    assert!(first == paint(other.path(), "5"), "the bytes differ");
    assert!(
        first != paint(other.path(), "6"),
        "the seed changes nothing"
    );
    assert_eq!(names(one.path()), ["image.png"], "nothing else is left");

    let picture = one.path().join("image.png");
    let picture = picture.to_string_lossy();
    let out = other.path().to_string_lossy();
    let _ = smalto(&["run", &picture, "--device", "cpu", "--out", &out]).expect(0);
    let again = std::fs::read(other.path().join("image.png")).expect("it was written");
    assert!(first == again, "made again, the bytes differ");
    let text = String::from_utf8_lossy(&first);
    for part in [
        "a blue fish",
        "\"sample.seed\":5",
        "\"model\":\"",
        "\"prompt\":\"a blue fish\"",
    ] {
        assert!(text.contains(part), "{part:?} is not in the picture");
    }
}

#[test]
fn a_picture_makes_itself_again() {
    let (one, other) = (folder(), folder());
    let duck = "workflows/data/emoji/fluent-3d/duck.webp";
    let first = reconstruct(one.path(), &["--picture", duck]);
    let picture = one.path().join("image.png");
    let picture = picture.to_string_lossy();
    let out = other.path().to_string_lossy();
    let _ = smalto(&["run", &picture, "--device", "cpu", "--out", &out]).expect(0);
    let again = std::fs::read(other.path().join("image.png")).expect("it was written");
    assert!(first == again, "the bytes differ");

    // What the workflow offers can be set anew.
    let help = smalto(&["run", &picture, "--help"]).expect(0);
    assert!(help.stdout.contains("--picture <PATH>"), "{help:#?}");
    assert!(help.stdout.contains("duck.webp"), "{help:#?}");
}

#[test]
fn a_picture_says_how_it_was_made_and_nothing_of_where() {
    let folder = folder();
    let bytes = reconstruct(folder.path(), &["--set", "decode.tile=32"]);
    let text = String::from_utf8_lossy(&bytes);
    let parts = [
        "smalto-workflow",
        "smalto-run",
        "\"tile\": 32",
        "\"models\":{\"tokenizer\":\"",
    ];
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in the picture");
    }
    let root = root().to_string_lossy();
    let out = folder.path().to_string_lossy();
    assert!(!text.contains(root.as_ref()) && !text.contains(out.as_ref()));
}

#[test]
fn a_picture_without_metadata_is_only_a_picture() {
    let folder = folder();
    let bytes = reconstruct(folder.path(), &["--no-metadata"]);
    assert!(!String::from_utf8_lossy(&bytes).contains("smalto"));
    let _ = smalto_in(folder.path(), &["run", "image.png"])
        .expect(2)
        .says(&["image.png", "carries no workflow", "--no-metadata"]);
}

#[test]
fn a_damaged_picture_is_refused() {
    let folder = folder();
    let bytes = reconstruct(folder.path(), &[]);
    let _ = crate::program::file(folder.path(), "half.png", &bytes[..bytes.len() / 2]);
    let _ = smalto_in(folder.path(), &["run", "half.png"])
        .expect(2)
        .says(&["half.png"]);
}
