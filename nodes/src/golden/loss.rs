//! Cross-entropies over a codebook: losses and gradients.

use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation};
use kernels::{
    Chunk, GroupLevel, Objective, cross_entropy_rows, grouped_cross_entropy, neighbour_shares,
};
use serde_json::Value;

use super::vq::{flat, integers};
use super::{Computed, Folder, Found, GoldenError};

/// What the tolerances call losses and gradients; shares of codes are parts of gradients.
const LOSS: &str = "loss";
const GRADIENT: &str = "gradient";

/// What all cases share.
struct Problem {
    hidden: Tensor<2>,
    head: Tensor<2>,
    targets: Tensor<1, Int>,
    row_weights: Vec<f32>,
    embeddings: Tensor<2>,
    latents: Tensor<2>,
    ids: Tensor<2, Int>,
}

/// Computes every case that the configuration lists.
pub(super) fn compute(folder: &Folder, device: &Device) -> Result<Computed, GoldenError> {
    let device = &device.clone().autodiff();
    let problem = Problem::read(folder, device)?;
    let mut computed = Computed::from_inputs(&[
        "H",
        "W",
        "target",
        "row_weight",
        "code_embeddings",
        "latents",
        "knn_ids",
    ]);
    let logits = problem
        .hidden
        .clone()
        .matmul(problem.head.clone().transpose());
    computed.add(
        "argmax",
        Found::Integers(integers(logits.clone().argmax(1))),
    );
    let largest = logits.clone().max_dim(1);
    let lse = (logits - largest.clone()).exp().sum_dim(1).log() + largest;
    computed.add("lse", Found::numbers_like(flat(lse), LOSS));

    let cases = folder.config().get("cases").and_then(Value::as_object);
    let cases = cases.ok_or_else(|| GoldenError::Input {
        name: "cases".into(),
        expected: "table of losses in `config.json`".into(),
    })?;
    for (name, case) in cases {
        let objective = problem.objective(name, case, &mut computed);
        problem.add(name, &objective, &mut computed);
    }
    Ok(computed)
}

impl Problem {
    fn read(folder: &Folder, device: &Device) -> Result<Self, GoldenError> {
        let matrix = |name: &str| -> Result<Tensor<2>, GoldenError> {
            let (values, shape) = folder.numbers::<2>(name)?;
            let data = TensorData::new(values.to_vec(), shape);
            Ok(Tensor::from_data(data, (device, DType::F32)))
        };
        let (head, hidden) = (matrix("W")?, matrix("H")?);
        let codes = head.dims()[0] as i64;
        let checked = |name: &str, ids: &[i64]| match ids.iter().find(|id| !(0..codes).contains(id))
        {
            None => Ok(()),
            Some(_) => Err(GoldenError::Input {
                name: name.into(),
                expected: format!("array of codes below {codes}"),
            }),
        };
        let (targets, shape) = folder.integers::<1>("target")?;
        checked("target", targets)?;
        let targets = Tensor::from_data(TensorData::new(targets.to_vec(), shape), device);
        let (ids, shape) = folder.integers::<2>("knn_ids")?;
        checked("knn_ids", ids)?;
        let ids = Tensor::from_data(TensorData::new(ids.to_vec(), shape), device);
        let (row_weights, _) = folder.numbers::<1>("row_weight")?;
        let problem = Self {
            hidden,
            head,
            targets,
            row_weights: row_weights.to_vec(),
            embeddings: matrix("code_embeddings")?,
            latents: matrix("latents")?,
            ids,
        };
        problem.fits_together()?;
        Ok(problem)
    }

    fn fits_together(&self) -> Result<(), GoldenError> {
        let ([rows, width], [codes, head]) = (self.hidden.dims(), self.head.dims());
        let ([latents, own], [vectors, other]) = (self.latents.dims(), self.embeddings.dims());
        let alike = [
            ("W", head == width),
            ("target", self.targets.dims()[0] == rows),
            ("row_weight", self.row_weights.len() == rows),
            ("knn_ids", self.ids.dims()[0] == rows),
            ("latents", latents == rows),
            ("code_embeddings", vectors == codes && own == other),
        ];
        match alike.into_iter().find(|(_, fits)| !fits) {
            None => Ok(()),
            Some((name, _)) => Err(GoldenError::Input {
                name: name.into(),
                expected: format!("array for {rows} rows of {width} numbers and {codes} codes"),
            }),
        }
    }

    /// What a case asks for, by what the configuration says of it.
    fn objective(&self, name: &str, case: &Value, computed: &mut Computed) -> Objective {
        let number = |field: &str| case.get(field).and_then(Value::as_f64);
        if let Some(levels) = case.get("group_size_to_lambda").and_then(Value::as_object) {
            let levels = levels.iter().filter_map(|(size, weight)| {
                Some(GroupLevel {
                    size: size.parse().ok().filter(|size| *size > 0)?,
                    weight: weight.as_f64()? as f32,
                })
            });
            return Objective::Groups(levels.collect());
        }
        match (number("tau"), number("k"), number("lambda")) {
            (Some(temperature), Some(_), _) => {
                let distances = self.neighbour_distances();
                let shares = neighbour_shares(distances.clone(), temperature as f32);
                computed.add(
                    format!("{name}_sqdist"),
                    Found::numbers_like(flat(distances), LOSS),
                );
                let found = Found::numbers_like(flat(shares.clone()), GRADIENT);
                computed.add(format!("{name}_weights"), found);
                Objective::SoftNeighbours {
                    ids: self.ids.clone(),
                    shares,
                }
            }
            (Some(temperature), None, _) => {
                let shares = activation::softmax(self.distances() / -temperature, 1);
                computed.add(
                    format!("{name}_weights"),
                    Found::numbers_like(flat(shares), GRADIENT),
                );
                Objective::SoftCodebook {
                    embeddings: self.embeddings.clone(),
                    latents: self.latents.clone(),
                    temperature: temperature as f32,
                }
            }
            (None, Some(_), Some(weight)) => Objective::PlainAndNeighbours {
                ids: self.ids.clone(),
                weight: weight as f32,
            },
            (None, Some(_), None) => Objective::NeighbourMarginal {
                ids: self.ids.clone(),
            },
            (None, None, _) => Objective::Plain,
        }
    }

    /// The squared distance of each latent to each code's vector, `[rows, codes]`.
    fn distances(&self) -> Tensor<2> {
        let ([rows, width], [codes, _]) = (self.latents.dims(), self.embeddings.dims());
        let latents: Tensor<3> = self.latents.clone().reshape([rows, 1, width]);
        let vectors: Tensor<3> = self.embeddings.clone().reshape([1, codes, width]);
        (latents - vectors)
            .square()
            .sum_dim(2)
            .reshape([rows, codes])
    }

    /// The same for the neighbours of each row alone.
    fn neighbour_distances(&self) -> Tensor<2> {
        self.distances().gather(1, self.ids.clone())
    }

    /// The losses of a case and their gradients.
    fn add(&self, name: &str, objective: &Objective, computed: &mut Computed) {
        let hidden = self.hidden.clone().detach().require_grad();
        let head = self.head.clone().detach().require_grad();
        let chunk = Chunk::default();
        let rows = cross_entropy_rows(
            hidden.clone().detach(),
            head.clone().detach(),
            self.targets.clone(),
            objective,
            chunk,
        );
        let loss = grouped_cross_entropy(
            hidden.clone(),
            head.clone(),
            self.targets.clone(),
            &self.row_weights,
            objective,
            chunk,
        );
        let gradients = loss.backward();
        let of = |x: &Tensor<2>| x.grad(&gradients).map(flat).unwrap_or_default();
        let all: f32 = self.row_weights.iter().sum();
        let count = self.row_weights.len() as f32;
        let sum = flat(loss);
        let over = |divisor: f32| sum.iter().map(|sum| sum / divisor).collect();
        let losses = [
            ("loss_row", flat(rows)),
            ("loss_mean_w", over(all)),
            ("loss_mean_n", over(count)),
            ("loss_sum", sum.clone()),
        ];
        for (what, values) in losses {
            computed.add(format!("{name}.{what}"), Found::numbers_like(values, LOSS));
        }
        for (what, values) in [("dH", of(&hidden)), ("dW", of(&head))] {
            computed.add(
                format!("{name}.{what}"),
                Found::numbers_like(values, GRADIENT),
            );
        }
    }
}
