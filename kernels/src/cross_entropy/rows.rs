//! The work on the rows, a chunk of them at a time.

use burn::backend::Dispatch;
use burn::tensor::{Bool, DType, Device, FloatDType, Int, Tensor, TensorData};

use super::{Chunk, Objective};
use crate::backend::TensorKernels;

/// The rows and the head, off the autodiff graph and in the type products are made in.
pub(super) struct Rows {
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<2, Int>,
    row_weights: Tensor<2>,
    /// Rows that take no part.
    absent: Tensor<2, Bool>,
    per_chunk: usize,
}

/// Losses and the gradients of their weighted sum.
pub(super) struct Found {
    pub sum: Tensor<1>,
    pub rows: Tensor<1>,
    pub hidden: Tensor<2>,
    pub weight: Tensor<2>,
}

/// Logits of a chunk and what the loss takes from them.
struct Scored {
    logits: Tensor<2>,
    /// Log-sum-exp of each row, `[rows, 1]`.
    lse: Tensor<2>,
    losses: Tensor<2>,
    /// What the gradient subtracts from the scaled softmax.
    pulls: Vec<Pull>,
}

/// `shares` of the codes `ids`, `[rows, k]` each.
struct Codes {
    ids: Tensor<2, Int>,
    shares: Tensor<2>,
}

/// A part of the target that pulls logits up.
enum Pull {
    /// Shares at a few codes of each row.
    Codes(Box<Codes>),
    /// `weight · e^{z − lse}` in the group of the target.
    Group {
        size: usize,
        weight: f32,
        lse: Tensor<2>,
    },
    /// A share for every code, `[rows, codes]`.
    All(Tensor<2>),
}

impl Rows {
    pub(super) fn new(
        hidden: &Tensor<2>,
        weight: &Tensor<2>,
        targets: Tensor<1, Int>,
        row_weights: Tensor<1>,
        objective: &Objective,
        chunk: Chunk,
    ) -> Self {
        let ([rows, width], [codes, head]) = (hidden.dims(), weight.dims());
        assert_eq!(
            width, head,
            "cross-entropy: hidden vectors of {width} for a head of {head}"
        );
        assert_eq!(
            targets.dims(),
            [rows],
            "cross-entropy: one target for each of {rows} rows"
        );
        assert_eq!(
            row_weights.dims(),
            [rows],
            "cross-entropy: one weight for each of {rows} rows"
        );
        check(objective, rows, codes);

        let row_weights = row_weights
            .without_autodiff()
            .cast(DType::F32)
            .unsqueeze_dim::<2>(1);
        let absent = row_weights.clone().lower_equal_elem(0.0);
        let hidden = hidden.clone().without_autodiff();
        let weight = weight.clone().without_autodiff().cast(hidden.dtype());
        Self {
            hidden,
            weight,
            targets: targets.without_autodiff().unsqueeze_dim(1),
            row_weights,
            absent,
            per_chunk: chunk.rows(codes),
        }
    }

    /// The loss of each row, `[rows]`.
    pub(super) fn losses(&self, objective: &Objective) -> Tensor<1> {
        if self.hidden.dims()[0] == 0 {
            return Tensor::zeros([0], (&self.hidden.device(), DType::F32));
        }
        let losses = self
            .chunks()
            .map(|(first, end)| self.score(objective, first, end).losses)
            .collect();
        Tensor::cat(losses, 0).squeeze_dim(1)
    }

    /// Losses and gradients, each chunk's logits used and forgotten.
    pub(super) fn with_gradients(&self, objective: &Objective) -> Found {
        let ([rows, _], device) = (self.hidden.dims(), self.hidden.device());
        if rows == 0 {
            let zeros = |count| Tensor::zeros([count], (&device, DType::F32));
            let weight = Tensor::zeros(self.weight.dims(), (&device, DType::F32));
            return Found {
                sum: zeros(1),
                rows: zeros(0),
                hidden: self.hidden.clone(),
                weight,
            };
        }

        let (mut losses, mut hidden) = (Vec::new(), Vec::new());
        let mut weight: Option<Tensor<2>> = None;
        for (first, end) in self.chunks() {
            let scored = self.score(objective, first, end);
            losses.push(scored.losses.clone());

            let slope = self.slope(scored, objective.scale(), first, end);
            let own = self.hidden.dtype();
            hidden.push(product(slope.clone(), self.weight.clone(), own));
            // A zero of the gradient times something infinite in an absent row would be NaN.
            let absent = self.absent.clone().slice_dim(0, first..end);
            let rows = self
                .hidden
                .clone()
                .slice_dim(0, first..end)
                .mask_fill(absent, 0.0);
            let share = product(slope.transpose(), rows, DType::F32);
            weight = Some(match weight {
                Some(sum) => sum + share,
                None => share,
            });
        }
        let rows = Tensor::cat(losses, 0);
        let counted = (rows.clone() * self.row_weights.clone()).mask_fill(self.absent.clone(), 0.0);
        Found {
            sum: column_sum(counted),
            rows: rows.squeeze_dim(1),
            hidden: Tensor::cat(hidden, 0),
            weight: weight.expect("there are rows, so there is a chunk"),
        }
    }

    /// First row and end of each chunk.
    fn chunks(&self) -> impl Iterator<Item = (usize, usize)> {
        let [rows, _] = self.hidden.dims();
        let per_chunk = self.per_chunk;
        (0..rows.max(1))
            .step_by(per_chunk)
            .map(move |first| (first, (first + per_chunk).min(rows)))
    }

    /// Logits and losses of a chunk.
    fn score(&self, objective: &Objective, first: usize, end: usize) -> Scored {
        let hidden = self.hidden.clone().slice_dim(0, first..end);
        let targets = self.targets.clone().slice_dim(0, first..end);
        let objective = objective.slice(first, end);
        let logits = product(hidden, self.weight.clone().transpose(), DType::F32);
        let lse = log_sum_exp(logits.clone());
        let (gain, pulls) = pulls(&objective, &logits, targets);
        let losses = lse.clone() * objective.scale() - gain;
        Scored {
            logits,
            lse,
            losses,
            pulls,
        }
    }

    /// The gradient of the weighted losses in the logits, in the type of the operands.
    fn slope(&self, scored: Scored, scale: f32, first: usize, end: usize) -> Tensor<2> {
        let Scored {
            logits, lse, pulls, ..
        } = scored;
        let targets = self.targets.clone().slice_dim(0, first..end);
        let [_, codes] = logits.dims();
        let code = counting(codes, 1, &logits.device());

        let mut slope = (logits.clone() - lse).exp() * scale;
        for pull in pulls {
            slope = match pull {
                Pull::Codes(codes) => subtract_at(slope, &code, &codes),
                Pull::Group { size, weight, lse } => {
                    let group = counting(codes, size, &logits.device());
                    let own = group.equal(targets.clone() / size as i64);
                    // Within the group z ≤ lse; elsewhere the clamp keeps e^z finite until the mask drops it.
                    let share = (logits.clone() - lse).clamp_max(0.0).exp() * weight;
                    slope - own.cast(FloatDType::F32) * share
                }
                Pull::All(shares) => slope - shares,
            };
        }
        let weights = self.row_weights.clone().slice_dim(0, first..end);
        let absent = self.absent.clone().slice_dim(0, first..end);
        (slope * weights)
            .mask_fill(absent, 0.0)
            .cast(self.hidden.dtype())
    }
}

/// What the loss subtracts from the scaled log-sum-exp, `[rows, 1]`, and how that pulls on the logits.
fn pulls(
    objective: &Objective,
    logits: &Tensor<2>,
    targets: Tensor<2, Int>,
) -> (Tensor<2>, Vec<Pull>) {
    let plain = |targets: Tensor<2, Int>| {
        let own = logits.clone().gather(1, targets.clone());
        (own, pull_of(targets, logits))
    };
    let marginal = |near: Tensor<2>, ids: &Tensor<2, Int>, weight: f32| {
        let lse = log_sum_exp(near.clone());
        let shares = (near - lse.clone()).exp() * weight;
        (
            lse * weight,
            Pull::Codes(Box::new(Codes {
                ids: ids.clone(),
                shares,
            })),
        )
    };
    match objective {
        Objective::Plain => {
            let (gain, pull) = plain(targets);
            (gain, vec![pull])
        }
        Objective::Groups(levels) => {
            let (mut gain, pull) = plain(targets.clone());
            let mut pulls = vec![pull];
            for level in levels {
                let lse = group_log_sum_exp(logits, &targets, level.size);
                gain = gain + lse.clone() * level.weight;
                pulls.push(Pull::Group {
                    size: level.size,
                    weight: level.weight,
                    lse,
                });
            }
            (gain, pulls)
        }
        Objective::SoftNeighbours { ids, shares } => {
            let shares = shares.clone().cast(DType::F32);
            let gain = (logits.clone().gather(1, ids.clone()) * shares.clone()).sum_dim(1);
            (
                gain,
                vec![Pull::Codes(Box::new(Codes {
                    ids: ids.clone(),
                    shares,
                }))],
            )
        }
        Objective::NeighbourMarginal { ids } => {
            let near = logits.clone().gather(1, ids.clone());
            let (gain, pull) = marginal(near, ids, 1.0);
            (gain, vec![pull])
        }
        Objective::PlainAndNeighbours { ids, weight } => {
            // Picked together: a second gather of another width beside the first comes out wrong where both are fused.
            let [_, count] = ids.dims();
            let picked = Tensor::cat(vec![targets.clone(), ids.clone()], 1);
            let picked = logits.clone().gather(1, picked);
            let (own, near) = (picked.clone().narrow(1, 0, 1), picked.narrow(1, 1, count));
            let (near, second) = marginal(near, ids, *weight);
            (own + near, vec![pull_of(targets, logits), second])
        }
        Objective::SoftCodebook {
            embeddings,
            latents,
            temperature,
        } => {
            let closeness = closeness(latents.clone(), embeddings.clone()) / *temperature;
            let shares = (closeness.clone() - log_sum_exp(closeness)).exp();
            (
                (logits.clone() * shares.clone()).sum_dim(1),
                vec![Pull::All(shares)],
            )
        }
    }
}

/// The pull of the targets themselves.
fn pull_of(targets: Tensor<2, Int>, logits: &Tensor<2>) -> Pull {
    let shares = Tensor::ones(targets.dims(), (&logits.device(), DType::F32));
    Pull::Codes(Box::new(Codes {
        ids: targets,
        shares,
    }))
}

/// `slope` less the shares of some codes, by comparing with the codes: a scatter would neither fuse nor add in a fixed order.
fn subtract_at(mut slope: Tensor<2>, code: &Tensor<2, Int>, at: &Codes) -> Tensor<2> {
    let [_, neighbours] = at.ids.dims();
    for neighbour in 0..neighbours {
        let id = at.ids.clone().slice_dim(1, neighbour..=neighbour);
        let share = at.shares.clone().slice_dim(1, neighbour..=neighbour);
        slope = slope - code.clone().equal(id).cast(FloatDType::F32) * share;
    }
    slope
}

/// Log-sum-exp over the group of each target, `[rows, 1]`: the group's logits are picked first, so that a group of tiny
/// probability does not vanish beside the others.
fn group_log_sum_exp(logits: &Tensor<2>, targets: &Tensor<2, Int>, size: usize) -> Tensor<2> {
    let [_, codes] = logits.dims();
    let member = counting(size.min(codes), 1, &logits.device());
    let ids = (targets.clone() / size as i64) * size as i64 + member;
    let beyond = ids.clone().greater_equal_elem(codes as i64);
    let near = logits.clone().gather(1, ids.clamp_max(codes as i64 - 1));
    log_sum_exp(near.mask_fill(beyond, f32::NEG_INFINITY))
}

/// `2·a·b − ‖b‖²` for all pairs: `−‖a − b‖²` but for `‖a‖²`, which is the same along a row, so that a softmax takes no
/// notice of it. `[rows, e] × [codes, e] → [rows, codes]`, in f32.
fn closeness(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let (a, b) = (a.cast(DType::F32), b.cast(DType::F32).transpose());
    let squares = column_sum(b.clone() * b.clone()).unsqueeze_dim(0);
    product(a, b, DType::F32) * 2.0 - squares
}

/// `0, 1, 2, …` with each number `repeat` times, `[1, count]`.
fn counting(count: usize, repeat: usize, device: &Device) -> Tensor<2, Int> {
    let numbers: Vec<i32> = (0..count).map(|number| (number / repeat) as i32).collect();
    Tensor::from_data(TensorData::new(numbers, [1, count]), device)
}

/// Refuses an objective that does not fit `rows` rows of `codes` logits.
fn check(objective: &Objective, rows: usize, codes: usize) {
    match objective {
        Objective::Plain => {}
        Objective::Groups(levels) => {
            for level in levels {
                assert!(
                    level.size > 0,
                    "cross-entropy: a group needs at least one code"
                );
            }
        }
        Objective::SoftNeighbours { ids, shares } => {
            assert_eq!(
                ids.dims(),
                shares.dims(),
                "cross-entropy: one share for each neighbour"
            );
            assert_eq!(
                ids.dims()[0],
                rows,
                "cross-entropy: neighbours for each of {rows} rows"
            );
        }
        Objective::NeighbourMarginal { ids } | Objective::PlainAndNeighbours { ids, .. } => {
            assert_eq!(
                ids.dims()[0],
                rows,
                "cross-entropy: neighbours for each of {rows} rows"
            );
        }
        Objective::SoftCodebook {
            embeddings,
            latents,
            ..
        } => {
            assert_eq!(
                latents.dims()[0],
                rows,
                "cross-entropy: a latent for each of {rows} rows"
            );
            assert_eq!(
                embeddings.dims()[0],
                codes,
                "cross-entropy: an embedding for each of {codes} codes"
            );
        }
    }
}

/// `a·b` in `dtype`.
fn product(a: Tensor<2>, b: Tensor<2>, dtype: DType) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::product(
        a.into_dispatch(),
        b.into_dispatch(),
        dtype.into(),
    ))
}

/// Log-sum-exp of each row, `[rows, 1]`.
fn log_sum_exp(x: Tensor<2>) -> Tensor<2> {
    crate::rows::log_sum_exp(x).unsqueeze_dim(1)
}

/// The sum over the rows, `[columns]`.
fn column_sum(x: Tensor<2>) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as TensorKernels>::column_sum(x.into_dispatch()))
}
