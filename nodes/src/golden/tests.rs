//! That a golden folder can fail; that those of the repository hold is tested through the command line.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::{GoldenError, Verdict, run};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/golden")
        .join(name)
}

/// A copy of a golden folder, whose case is changed by `change`.
fn changed(name: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for file in ["config.json", "README.md", "model.safetensors"] {
        let _ = std::fs::copy(golden(name).join(file), folder.path().join(file))
            .expect("the file is there");
    }
    let case = std::fs::read(golden(name).join("case.safetensors")).expect("the file is there");
    std::fs::write(folder.path().join("case.safetensors"), change(case)).expect("there is room");
    folder
}

/// Where the numbers of the array called `name` begin in a file.
fn offset(file: &[u8], name: &str) -> usize {
    let length = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
    let header: serde_json::Value =
        serde_json::from_slice(&file[8..8 + length]).expect("the file is whole");
    let offset = header[name]["data_offsets"][0].as_u64();
    8 + length + offset.expect("the file has the array") as usize
}

#[test]
fn a_changed_number_fails() {
    for name in ["decoded", "indices"] {
        let folder = changed("ibq_vq", |mut case| {
            let at = offset(&case, name);
            case[at + 2] ^= 0x40;
            case
        });
        let report = run(folder.path(), &Device::flex()).expect("the folder is whole");
        let wrong: Vec<&str> = report
            .rows
            .iter()
            .filter(|row| !row.ok)
            .map(|row| row.name.as_str())
            .collect();
        assert_eq!(wrong, [name]);
    }
}

#[test]
fn an_input_that_cannot_be_is_an_error() {
    let folder = changed("ibq_vq", |mut case| {
        let at = offset(&case, "rand_indices");
        case[at + 2] ^= 0x40;
        case
    });
    let error = run(folder.path(), &Device::flex()).expect_err("there is no such code");
    assert!(error.to_string().contains("rand_indices"), "{error}");
}

#[test]
fn an_array_that_nobody_computes_fails() {
    let folder = changed("ibq_vq", |case| {
        let text = String::from_utf8_lossy(&case[..4096]).into_owned();
        let at = text.find("\"latents\"").expect("the case has latents");
        let mut case = case;
        case[at + 1..at + 8].copy_from_slice(b"strange");
        case
    });
    let report = run(folder.path(), &Device::flex()).expect("the folder is whole");
    let strange = report.rows.iter().find(|row| row.name == "strange");
    assert_eq!(strange.map(|row| &row.verdict), Some(&Verdict::Unknown));
    assert!(!report.holds());
}

#[test]
fn a_configuration_of_no_family_is_an_error_that_lists_them() {
    let folder = changed("ibq_vq", |case| case);
    std::fs::write(folder.path().join("config.json"), "{}").expect("there is room");
    let error = run(folder.path(), &Device::flex()).expect_err("there is no family");
    assert!(matches!(error, GoldenError::Family));
    assert!(error.to_string().contains("llamagen_vq"));
}
