//! The losses against numbers computed elsewhere; `tests/fixtures/golden/loss/README.md` tells how they were made.

use burn::tensor::{Device, Int, Tensor, TensorData};
use safetensors::SafeTensors;

use super::{Chunk, GroupLevel, Objective, cross_entropy_rows, grouped_cross_entropy};

/// Relative, of losses: the error of an f32 log-sum-exp.
const LOSS: f32 = 2e-6;

/// Absolute, of gradients.
const GRADIENT: f32 = 1e-5;

/// Codes of the fixture.
const CODES: usize = 96;

#[test]
fn the_losses_of_the_fixture_and_their_gradients_come_out() {
    let fixture = Fixture::load();
    let ids = fixture.ints::<2>("knn_ids");
    let cases = [
        ("ce", Objective::Plain),
        (
            "gce_single",
            Objective::Groups(vec![GroupLevel {
                size: 8,
                weight: 0.2,
            }]),
        ),
        (
            "gce_two",
            Objective::Groups(vec![
                GroupLevel {
                    size: 8,
                    weight: 0.2,
                },
                GroupLevel {
                    size: 32,
                    weight: 0.1,
                },
            ]),
        ),
        (
            "snce",
            Objective::SoftNeighbours {
                ids: ids.clone(),
                shares: super::neighbour_shares(fixture.floats("snce_sqdist"), 1.0),
            },
        ),
        (
            "knn_marginal",
            Objective::NeighbourMarginal { ids: ids.clone() },
        ),
        (
            "ce_plus_knn",
            Objective::PlainAndNeighbours { ids, weight: 0.2 },
        ),
        (
            "soft_full",
            Objective::SoftCodebook {
                embeddings: fixture.floats("code_embeddings"),
                latents: fixture.floats("latents"),
                temperature: 1.0,
            },
        ),
    ];
    for (case, objective) in cases {
        // One chunk, chunks that end short, and single rows.
        for rows in [64, 10, 1] {
            fixture.check(
                case,
                &objective,
                Chunk {
                    bytes: rows * CODES * size_of::<f32>(),
                    skip: 0.0,
                },
            );
        }
    }
}

#[test]
fn the_vector_of_the_method_comes_out() {
    let device = Device::flex().autodiff();
    // With hidden = [1] the logits are the head itself, and its gradient is theirs.
    let logits = [0.1, -0.4, 1.2, 0.7, -1.0, 0.3, 2.0, -0.2];
    let weight = Tensor::<1>::from_floats(logits, &device)
        .unsqueeze_dim::<2>(1)
        .require_grad();
    let loss = grouped_cross_entropy(
        Tensor::ones([1, 1], &device),
        weight.clone(),
        Tensor::from_ints([3], &device),
        &[1.0],
        &Objective::Groups(vec![GroupLevel {
            size: 2,
            weight: 0.2,
        }]),
        Chunk::default(),
    );
    near("loss", &numbers(loss.clone()), &[2.367_500_6], 2e-6);
    let gradient = weight.grad(&loss.backward()).expect("the head takes part");
    let expected = [
        0.077852, 0.047220, 0.109389, -0.933652, 0.025915, 0.095089, 0.520512, 0.057674,
    ];
    near(
        "gradient",
        &numbers(gradient.squeeze_dim(1)),
        &expected,
        1e-6,
    );
}

#[test]
fn a_row_of_weight_zero_takes_no_part_whatever_it_holds() {
    let device = Device::flex().autodiff();
    let run = |absent: f32| {
        let hidden = Tensor::<2>::from_floats([[0.5, -1.0], [absent, absent]], &device);
        let hidden = hidden.require_grad();
        let weight = Tensor::<2>::from_floats([[1.0, 2.0], [0.5, 0.0], [-1.0, 1.0]], &device);
        let weight = weight.require_grad();
        let sum = grouped_cross_entropy(
            hidden.clone(),
            weight.clone(),
            Tensor::from_ints([2, 1], &device),
            &[2.0, 0.0],
            &Objective::Groups(vec![GroupLevel {
                size: 2,
                weight: 0.2,
            }]),
            Chunk::default(),
        );
        let gradients = sum.backward();
        let of = |x: &Tensor<2>| numbers(x.grad(&gradients).expect("tracked").flatten(0, 1));
        (numbers(sum), of(&hidden), of(&weight))
    };
    let (sum, hidden, weight) = run(f32::NAN);
    assert_eq!(hidden[2..], [0.0, 0.0]);
    assert!(hidden[0] != 0.0);
    assert_eq!((sum, hidden, weight), run(3.0));
}

#[test]
fn no_rows_cost_nothing() {
    let device = Device::flex().autodiff();
    let weight = Tensor::<2>::ones([3, 2], &device).require_grad();
    let loss = grouped_cross_entropy(
        Tensor::zeros([0, 2], &device),
        weight.clone(),
        Tensor::<1, Int>::zeros([0], &device),
        &[],
        &Objective::Plain,
        Chunk::default(),
    );
    let gradient = weight.grad(&loss.backward()).expect("tracked");
    assert_eq!(numbers(loss), [0.0]);
    assert_eq!(numbers(gradient.flatten(0, 1)), [0.0; 6]);
}

/// The file of numbers, read whole.
struct Fixture {
    bytes: Vec<u8>,
    device: Device,
}

impl Fixture {
    fn load() -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/fixtures/golden/loss/case.safetensors"
        );
        let bytes = std::fs::read(path).expect("the fixture is part of the repository");
        Self {
            bytes,
            device: Device::flex().autodiff(),
        }
    }

    fn words<const D: usize>(&self, name: &str) -> (Vec<[u8; 4]>, [usize; D]) {
        let file = SafeTensors::deserialize(&self.bytes).expect("a safetensors file");
        let tensor = file.tensor(name).expect(name);
        let words = tensor
            .data()
            .chunks_exact(4)
            .map(|word| [word[0], word[1], word[2], word[3]]);
        (words.collect(), tensor.shape().try_into().expect(name))
    }

    fn floats<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (words, shape) = self.words::<D>(name);
        let values: Vec<f32> = words.into_iter().map(f32::from_le_bytes).collect();
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    fn ints<const D: usize>(&self, name: &str) -> Tensor<D, Int> {
        let (words, shape) = self.words::<D>(name);
        let values: Vec<i32> = words.into_iter().map(i32::from_le_bytes).collect();
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    fn check(&self, case: &str, objective: &Objective, chunk: Chunk) {
        let hidden = self.floats::<2>("H").require_grad();
        let weight = self.floats::<2>("W").require_grad();
        let targets = self.ints::<1>("target");
        let loss = grouped_cross_entropy(
            hidden.clone(),
            weight.clone(),
            targets.clone(),
            &numbers(self.floats("row_weight")),
            objective,
            chunk,
        );
        let gradients = loss.backward();
        let expected = |name: &str| numbers(self.floats::<1>(&format!("{case}.{name}")));
        let table = |name: &str| numbers(self.floats::<2>(&format!("{case}.{name}")).flatten(0, 1));
        let flat = |x: &Tensor<2>| numbers(x.grad(&gradients).expect("tracked").flatten(0, 1));

        relative(case, &numbers(loss.clone()), &expected("loss_sum"));
        let slopes = flat(&hidden);
        near(&format!("{case}.dH"), &slopes, &table("dH"), GRADIENT);
        near(
            &format!("{case}.dW"),
            &flat(&weight),
            &table("dW"),
            GRADIENT,
        );

        let alone = cross_entropy_rows(hidden, weight, targets, objective, chunk);
        relative(case, &numbers(alone), &expected("loss_row"));

        let width = self.floats::<2>("H").dims()[1];
        let absent = numbers(self.floats("row_weight"))
            .into_iter()
            .map(|weight| weight == 0.0);
        for (gradient, _) in slopes
            .chunks(width)
            .zip(absent)
            .filter(|(_, absent)| *absent)
        {
            assert!(
                gradient.iter().all(|number| *number == 0.0),
                "{case}: {gradient:?}"
            );
        }
    }
}

fn numbers(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

fn relative(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / expected.abs();
        assert!(
            error <= LOSS,
            "{what}: found {found}, expected {expected}, {error:e} off"
        );
    }
}

fn near(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(
            error <= tolerance,
            "{what}: found {found}, expected {expected}, {error:e} off"
        );
    }
}
