//! What a batch tells of a network beside its loss: the parts of the loss, and how often it is right.

use burn::tensor::{Int, Tensor, TensorData};
use kernels::{Chunk, Objective, cross_entropy_rows};

use super::batches::{Batch, Kind};
use super::scoring::Scoring;

/// Positions of a kind that are looked at, spread over the batch: enough for two digits, and few beside what a step
/// learns from.
const SAMPLE: usize = 1024;

/// How many bytes of logits are held at a time.
const CHUNK: Chunk = Chunk {
    bytes: 256 << 20,
    skip: 0.0,
};

/// Figures that the device is asked for, and need not have worked out yet.
#[derive(Debug)]
pub(super) struct Figures {
    losses: Vec<Losses>,
    answers: Vec<Answers>,
}

/// Losses of positions.
#[derive(Debug)]
struct Losses {
    name: String,
    rows: Tensor<1>,
    /// What of them belongs to another part.
    without: Option<Tensor<1>>,
}

/// What the network takes for the likeliest codes.
#[derive(Debug)]
struct Answers {
    kind: Kind,
    found: Tensor<1, Int>,
    wanted: Vec<u32>,
    /// The sizes of the groups in which a code is nearly right.
    sizes: Vec<usize>,
}

impl Figures {
    /// Asks for the figures of `batch`, of which the network made `tokens`, and `head` makes logits of these.
    ///
    /// Shapes: `tokens [batch · length, width]`, `head [codes, width]`, without gradients.
    pub(super) fn of(
        batch: &Batch,
        tokens: &Tensor<2>,
        head: &Tensor<2>,
        scoring: &Scoring,
    ) -> Self {
        let mut figures = Self {
            losses: Vec::new(),
            answers: Vec::new(),
        };
        for kind in [Kind::Masked, Kind::Flipped] {
            let rows = sample(batch.rows(kind).collect());
            if !rows.is_empty() {
                figures.add(kind, batch, &rows, tokens, head, scoring);
            }
        }
        figures
    }

    fn add(
        &mut self,
        kind: Kind,
        batch: &Batch,
        rows: &[usize],
        tokens: &Tensor<2>,
        head: &Tensor<2>,
        scoring: &Scoring,
    ) {
        let device = tokens.device();
        let wanted: Vec<u32> = rows.iter().map(|row| batch.targets[*row] as u32).collect();
        let integers = |values: Vec<i32>| -> Tensor<1, Int> {
            Tensor::from_data(TensorData::new(values, [rows.len()]), &device)
        };
        let targets = integers(wanted.iter().map(|code| *code as i32).collect());
        let places = integers(rows.iter().map(|row| *row as i32).collect());
        let tokens = tokens.clone().select(0, places);
        let losses = |objective: &Objective| {
            cross_entropy_rows(
                tokens.clone(),
                head.clone(),
                targets.clone(),
                objective,
                CHUNK,
            )
        };
        let plain = losses(&Objective::Plain);
        let name = kind.name();
        self.losses.push(Losses {
            name: format!("{name} (nats)"),
            rows: plain.clone(),
            without: None,
        });
        // The others count by their codes alone.
        let parts = match kind {
            Kind::Masked => scoring.parts(&targets),
            Kind::Flipped | Kind::Clean => Vec::new(),
        };
        for part in parts {
            self.losses.push(Losses {
                name: format!("{name}, {} (nats)", part.name),
                rows: losses(&part.objective),
                without: part.holds_code.then(|| plain.clone()),
            });
        }
        let levels = scoring.levels().iter();
        self.answers.push(Answers {
            kind,
            found: likeliest(&tokens, head),
            wanted,
            sizes: levels.map(|level| level.size).collect(),
        });
    }

    /// The figures, each with its name; this waits for the device.
    pub(super) fn values(self) -> Vec<(String, f64)> {
        let losses = self.losses.into_iter().map(Losses::mean);
        let answers = self.answers.into_iter().flat_map(Answers::shares);
        losses.chain(answers).collect()
    }
}

impl Losses {
    fn mean(self) -> (String, f64) {
        let sum = |rows: Tensor<1>| -> f64 {
            let data = rows.into_data().convert::<f32>();
            data.iter::<f32>().map(f64::from).sum()
        };
        let count = self.rows.dims()[0] as f64;
        let without = self.without.map_or(0.0, sum);
        (self.name, (sum(self.rows) - without) / count)
    }
}

impl Answers {
    fn shares(self) -> Vec<(String, f64)> {
        let found = self.found.into_data().convert::<i64>();
        let found: Vec<u32> = found.iter::<i64>().map(|code| code as u32).collect();
        let share = |size: u32| {
            let both = found.iter().zip(&self.wanted);
            let right = both.filter(|(found, wanted)| *found / size == *wanted / size);
            right.count() as f64 / found.len() as f64
        };
        let name = self.kind.name();
        let groups = self.sizes.iter().map(|size| {
            let name = format!("accuracy, {name}, groups of {size}");
            (name, share(*size as u32))
        });
        let own = (format!("accuracy, {name}"), share(1));
        std::iter::once(own).chain(groups).collect()
    }
}

/// Up to [`SAMPLE`] of the rows, evenly spread.
fn sample(rows: Vec<usize>) -> Vec<usize> {
    let count = rows.len().min(SAMPLE);
    (0..count).map(|at| rows[at * rows.len() / count]).collect()
}

/// The likeliest code of each position, a part of the positions at a time.
fn likeliest(tokens: &Tensor<2>, head: &Tensor<2>) -> Tensor<1, Int> {
    let (rows, codes) = (tokens.dims()[0], head.dims()[0]);
    let part = (CHUNK.bytes / (size_of::<f32>() * codes)).max(1);
    let parts = (0..rows).step_by(part).map(|first| {
        let some = tokens.clone().slice_dim(0, first..(first + part).min(rows));
        kernels::argmax(kernels::logits(some, head.clone()))
    });
    Tensor::cat(parts.collect(), 0)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};
    use kernels::GroupLevel;

    use super::{Batch, Figures, Kind, Scoring, sample};

    #[test]
    fn parts_of_the_loss_and_accuracies_are_those_of_the_positions_of_each_kind() {
        let device = Device::flex();
        // Logits are the vectors themselves; log-sum-exp of 2, 0, 0, 0 is 2.3407529.
        let tokens = Tensor::<2>::from_floats(
            [
                [2.0, 0.0, 0.0, 0.0],
                [0.0, 2.0, 0.0, 0.0],
                [0.0, 0.0, 2.0, 0.0],
                [0.0, 0.0, 0.0, 2.0],
            ],
            &device,
        );
        let batch = Batch {
            before: Vec::new(),
            codes: vec![9, 9, 0, 3],
            targets: vec![0, 0, 2, 3],
            kinds: vec![Kind::Masked, Kind::Masked, Kind::Flipped, Kind::Clean],
            weights: Vec::new(),
            drawn: Vec::new(),
        };
        let level = GroupLevel {
            size: 2,
            weight: 0.2,
        };
        let head = Tensor::<2>::eye(4, &device);
        let figures = Figures::of(&batch, &tokens, &head, &Scoring::Grouped(vec![level]));
        // Within the group of codes 0 and 1 log-sum-exp is 2.1269280 both times.
        let wanted = [
            ("masked (nats)", 1.340_752_9),
            ("masked, groups of 2 (nats)", 0.213_824_9),
            ("flipped (nats)", 0.340_752_9),
            ("accuracy, masked", 0.5),
            ("accuracy, masked, groups of 2", 1.0),
            ("accuracy, flipped", 1.0),
            ("accuracy, flipped, groups of 2", 1.0),
        ];
        let found = figures.values();
        assert_eq!(found.len(), wanted.len(), "{found:?}");
        for ((name, value), (wanted_name, wanted)) in found.iter().zip(wanted) {
            assert_eq!(name, wanted_name);
            assert!((value - wanted).abs() < 1e-5, "{name}: {value}");
        }
    }

    #[test]
    fn samples_are_spread() {
        assert_eq!(sample(vec![3, 5]), [3, 5]);
        let rows = sample((0..4096).collect());
        assert_eq!(rows.len(), 1024);
        assert_eq!(rows[..3], [0, 4, 8]);
        assert_eq!(sample(Vec::new()), [0; 0]);
    }
}
