//! `smalto golden`, on the folders of the repository.

use tempfile::tempdir;

use crate::program::{smalto, smalto_in};
use crate::repository::root;

/// The folders, and the family of each.
const FOLDERS: [(&str, &str); 8] = [
    ("amused", "amused"),
    ("amused_updown", "amused"),
    ("diffusers_vq", "diffusers_vq"),
    ("emu3_5_vq", "emu3_5_vq"),
    ("ibq_vq", "ibq_vq"),
    ("llamagen_vq", "llamagen_vq"),
    ("loss", "loss"),
    ("nld_image", "nld_image"),
];

#[test]
fn official_numbers_come_out_of_every_folder() {
    for (name, family) in FOLDERS {
        let folder = format!("tests/fixtures/golden/{name}");
        let ended = smalto(&["golden", &folder, "--json"]).expect(0);
        let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
        assert_eq!(found["family"], family);
        let rows = found["rows"].as_array().expect("there are rows");
        assert!(rows.len() > 5 && rows.iter().all(|row| row["ok"] == true));
    }
}

#[test]
fn a_number_that_differs_is_an_unequal_comparison() {
    let copy = tempdir().expect("there is room");
    let golden = root().join("tests/fixtures/golden/loss");
    for name in ["config.json", "README.md", "case.safetensors"] {
        let _ = std::fs::copy(golden.join(name), copy.path().join(name)).expect("there is room");
    }
    let path = copy.path().join("case.safetensors");
    let mut bytes = std::fs::read(&path).expect("it was just written");
    // A little off in the first number behind the header.
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    bytes[8 + header + 2] ^= 0x10;
    std::fs::write(&path, bytes).expect("there is room");
    let ended = smalto_in(copy.path(), &["golden", "."]).expect(1);
    assert!(ended.stdout.contains("WRONG"), "{ended:#?}");

    let sound = golden.display().to_string();
    let ended = smalto_in(copy.path(), &["golden", ".", &sound]).expect(1);
    let compared = ended.stdout.matches("loss, ").count();
    assert_eq!(compared, 2, "one that is wrong hides no other: {ended:#?}");
    assert!(!ended.stderr.contains(&sound), "{ended:#?}");
}

#[test]
fn a_folder_that_is_not_golden_is_told_what_is_missing() {
    let folder = tempdir().expect("there is room");
    let _ = smalto_in(folder.path(), &["golden", "."])
        .expect(2)
        .says(&["config.json", "case.safetensors"]);
}
