//! Checkpoints in several files, and files that are wrong.

use std::path::Path;

use half::bf16;
use safetensors::serialize_to_file;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

use super::{Checkpoint, WeightsError};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("the system has a folder for temporary files")
}

/// A file with one vector of bf16 numbers.
fn shard(path: &Path, name: &str, values: &[f32]) {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| bf16::from_f32(*value).to_le_bytes())
        .collect();
    let view = TensorView::new(Dtype::BF16, vec![values.len()], &bytes).expect("the sizes agree");
    serialize_to_file([(name, view)], None, path).expect("the folder may be written");
}

fn index(folder: &Path, map: &serde_json::Value) {
    let text = json!({"metadata": {"total_size": 1}, "weight_map": map}).to_string();
    std::fs::write(folder.join("model.safetensors.index.json"), text).expect("there is room");
}

#[test]
fn arrays_of_several_files_come_together() {
    let folder = folder();
    shard(
        &folder.path().join("model-1.safetensors"),
        "a",
        &[1.0, -2.0],
    );
    shard(&folder.path().join("model-2.safetensors"), "b", &[0.5]);
    index(
        folder.path(),
        &json!({"a": "model-1.safetensors", "b": "model-2.safetensors"}),
    );
    let checkpoint = Checkpoint::open(folder.path()).expect("both files are there");
    assert_eq!(checkpoint.files().len(), 2);
    let read = |name: &str| checkpoint.read(name).expect("it is there").values;
    assert_eq!((read("a"), read("b")), (vec![1.0, -2.0], vec![0.5]));
}

#[test]
fn a_missing_file_is_named_with_what_it_holds() {
    let folder = folder();
    shard(&folder.path().join("model-1.safetensors"), "a", &[1.0]);
    let second = "model-2.safetensors";
    index(
        folder.path(),
        &json!({"a": "model-1.safetensors", "b": second, "c": second}),
    );
    let error = Checkpoint::open(folder.path()).expect_err("a file is missing");
    let path = folder.path().join(second);
    assert_eq!(error, WeightsError::Shard { holds: 2, path });
}

#[test]
fn an_index_cannot_name_files_elsewhere() {
    let folder = folder();
    for name in [
        "../a.safetensors",
        "/etc/passwd",
        "b/a.safetensors",
        "..",
        "c\\a",
    ] {
        index(folder.path(), &json!({"a": name}));
        let error = Checkpoint::open(folder.path()).expect_err("the file lies elsewhere");
        assert!(
            error.to_string().contains("outside its own folder"),
            "{error}"
        );
    }
}

#[test]
fn a_file_without_its_end_is_refused_before_it_is_read() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    shard(&path, "a", &[1.0, 2.0, 3.0]);
    let bytes = std::fs::read(&path).expect("it was just written");
    std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("there is room");
    let error = Checkpoint::open(folder.path()).expect_err("the end is missing");
    assert!(error.to_string().contains("`a` ends beyond"), "{error}");
}

#[test]
fn a_header_of_four_gigabytes_is_refused_before_it_is_read() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, (4_u64 << 30).to_le_bytes()).expect("there is room");
    let error = Checkpoint::open(&path).expect_err("there is no such header");
    assert!(
        error.to_string().contains("4294967296 bytes long"),
        "{error}"
    );
}

#[test]
fn sides_that_overflow_are_refused() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    let header = format!(
        r#"{{"a":{{"dtype":"F32","shape":[{0},{0}],"data_offsets":[0,8]}}}}"#,
        1_u64 << 40
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([0; 8]);
    std::fs::write(&path, bytes).expect("there is room");
    let error = Checkpoint::open(&path).expect_err("nothing has such sides");
    assert!(error.to_string().contains("but has 8 bytes"), "{error}");
}

#[test]
fn a_number_that_is_none_is_found_where_it_stands() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    for value in [f32::NAN, f32::INFINITY] {
        shard(&path, "a", &[1.0, value]);
        let checkpoint = Checkpoint::open(&path).expect("the file is whole");
        let error = checkpoint.read("a").expect_err("it holds no number");
        let text = error.to_string();
        assert!(
            text.contains("`a` holds") && text.contains("at 1"),
            "{text}"
        );
    }
}

#[test]
fn pickled_weights_are_refused_with_the_way_to_convert_them() {
    let folder = folder();
    for name in ["model.ckpt", "model.pt", "model.pth", "pytorch_model.bin"] {
        let path = folder.path().join(name);
        std::fs::write(&path, "PK").expect("there is room");
        for place in [path.as_path(), folder.path()] {
            let error = Checkpoint::open(place).expect_err("it is pickled");
            assert_eq!(error, WeightsError::Pickle { path: path.clone() });
            let error = graph::error::NodeError::from(error);
            assert!(error.to_string().contains("save_file"), "{error}");
        }
        std::fs::remove_file(&path).expect("it was just written");
    }
}
