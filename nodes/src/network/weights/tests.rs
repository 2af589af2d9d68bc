use std::path::PathBuf;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::{Array, Precision, Weights, WeightsError, hash, load, save};

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<2>>,
    bias: Option<Param<Tensor<1>>>,
}

#[derive(Module, Debug)]
struct Network {
    layers: Vec<Layer>,
    conv: Param<Tensor<4>>,
}

fn network(offset: f32) -> Network {
    let device = Device::flex();
    let matrix = [[0.5 + offset, -1.0], [0.25, 2.0]];
    Network {
        layers: vec![
            Layer {
                weight: Param::from_tensor(Tensor::from_data(matrix, &device)),
                bias: Some(Param::from_tensor(Tensor::from_data([0.1, 0.2], &device))),
            },
            Layer {
                weight: Param::from_tensor(Tensor::from_data([[3.0, 4.0]], &device)),
                bias: None,
            },
        ],
        conv: Param::from_tensor(Tensor::from_data([[[[1.0], [0.0]]]], &device)),
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("the system has a folder for temporary files")
}

#[test]
fn a_network_survives_the_way_through_a_file() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    let first = network(0.0);
    for (precision, tolerance) in [
        (Precision::F32, 0.0),
        (Precision::Bf16, 0.004),
        (Precision::Int8, 0.008),
    ] {
        save(&first, &path, precision).expect("the folder may be written");
        let again = load(network(7.0), &path).expect("the file was just written");
        let (before, after) = (Weights::of(&first), Weights::of(&again));
        assert_eq!(
            after.names().collect::<Vec<_>>(),
            [
                "conv",
                "layers.0.bias",
                "layers.0.weight",
                "layers.1.weight"
            ]
        );
        for name in before.names() {
            let (a, b) = (before.get(name), after.get(name));
            let (a, b) = (a.expect("listed"), b.expect("listed"));
            assert_eq!(a.shape, b.shape);
            for (x, y) in a.values.iter().zip(&b.values) {
                assert!((x - y).abs() <= tolerance, "{name}: {x} became {y}");
            }
        }
    }
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder exists")
        .collect();
    assert_eq!(left.len(), 1, "no temporary file is left");
}

#[test]
fn every_key_that_does_not_fit_is_named() {
    let mut weights = Weights::of(&network(0.0));
    weights.insert(
        "conv",
        Array {
            shape: vec![2],
            values: vec![0.0; 2],
        },
    );
    let weights = weights.rename(|name| match name {
        "layers.0.bias" => None,
        "layers.1.weight" => Some("layers.2.weight".into()),
        other => Some(other.into()),
    });
    let error = weights.fill(network(0.0)).expect_err("four keys are wrong");
    let WeightsError::Misfit { problems } = error else {
        panic!("another error: {error}");
    };
    assert_eq!(
        problems,
        [
            "`conv` should be [1, 1, 2, 1], but is [2]",
            "`layers.0.bias` [2] is missing",
            "`layers.1.weight` [1, 2] is missing",
            "the network has no `layers.2.weight`",
        ]
    );
}

#[test]
fn damaged_files_give_errors() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    save(&network(0.0), &path, Precision::Int8).expect("the folder may be written");
    let whole = std::fs::read(&path).expect("the file was just written");
    for length in [0, 4, 8, 40, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).expect("the folder may be written");
        let error = Weights::open(&path).expect_err("the file is cut");
        assert!(matches!(error, WeightsError::Damaged { .. }), "{error}");
    }
    let absent = folder.path().join("absent");
    let error = Weights::open(&absent).expect_err("there is no file");
    assert!(matches!(error, WeightsError::Io { .. }), "{error}");
}

#[test]
fn the_fingerprint_tells_contents_apart() {
    let folder = folder();
    let paths: Vec<PathBuf> = ["a", "b"].map(|name| folder.path().join(name)).into();
    let write = |a: &str, b: &str| {
        for (path, text) in paths.iter().zip([a, b]) {
            std::fs::write(path, text).expect("the folder may be written");
        }
        hash(&paths).expect("both files exist")
    };
    let first = write("ab", "c");
    assert_eq!(first, write("ab", "c"));
    assert_ne!(first, write("a", "bc"));
    assert_eq!(first.len(), 64);
}
