//! `evaluate.denoiser`

use burn::tensor::{Int, Tensor, TensorData};
use graph::prelude::*;
use graph::random::Stream;
use serde_json::json;

use crate::train::gce::read_codes;
use crate::value::{
    Curve, Dataset, Denoiser, Groups, MicroConditions, Prompt, Query, Tokenizer, Tokens,
};

/// The stream of the draws that choose what is masked.
const MASK: u32 = 0;

/// Measures how well a denoiser fills masked codes of pictures that it has not seen.
#[derive(Clone, Debug, Params)]
pub struct EvaluateDenoiser {
    /// How many pictures are looked at, from the first; fewer where there are fewer.
    #[param(default = 256, range = 1..=1_000_000)]
    pub pictures: usize,
    /// How many pictures are asked for at a time.
    #[param(default = 32, range = 1..=65536)]
    pub batch: usize,
    /// Which shares of a picture are masked, each in its turn.
    #[param(default = "0.1, 0.3, 0.5, 0.7, 0.9, 1.0")]
    pub ratios: String,
    /// How many groups of codes count as nearly right.
    #[param(default = 512, range = 1..=1_048_576)]
    pub groups_count: usize,
    /// The seed of what is masked.
    pub seed: Seed,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The denoiser.
    pub denoiser: Denoiser,
    /// The pictures, encoded already unless the tokenizer is wired.
    pub dataset: Dataset,
    /// What encodes pictures made of pixels.
    pub tokenizer: Option<Tokenizer>,
    /// Neighbourhoods of codes; without them neighbours are the codes with the nearest numbers.
    pub groups: Option<Groups>,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The figures, as JSON.
    pub report: String,
    /// The figures over the share that is masked.
    pub curve: Curve,
    /// The mean loss over all shares, in nats.
    pub loss: f64,
}

impl Node for EvaluateDenoiser {
    const ID: &'static str = "evaluate.denoiser";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        self.shares().map(drop)
    }

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let shares = self.shares()?;
        let scorer = inputs.denoiser.scorer();
        let (grid, codebook) = (scorer.grid(), scorer.codebook());
        let groups = inputs.groups.unwrap_or_else(|| Groups::identity(codebook));
        if groups.order().len() != codebook as usize {
            return Err(NodeError::input(
                "groups",
                format!("an order of {codebook} codes, as the denoiser has"),
                format!("one of {}", groups.order().len()),
            ));
        }
        let neighbourhoods = Neighbourhoods {
            places: groups.places(),
            size: (codebook as usize).div_ceil(self.groups_count) as u32,
        };
        let count = self.pictures.min(inputs.dataset.len());
        if count == 0 {
            return Err(NodeError::input("dataset", "pictures", "an empty dataset"));
        }

        let stream = run.random(self.seed).stream(MASK);
        let mut totals = vec![Figures::default(); shares.len()];
        for first in (0..count).step_by(self.batch) {
            let range = first..(first + self.batch).min(count);
            let tokenizer = inputs.tokenizer.as_ref();
            let examples = read_codes((grid, codebook), &inputs.dataset, tokenizer, run, range)?;
            let texts: Vec<String> = examples.iter().map(|(text, _)| text.clone()).collect();
            let plain = MicroConditions::default();
            let ids = texts.iter().map(|text| scorer.read(text, &plain));
            let ids = ids.collect::<Result<_, _>>()?;
            let prompt = Prompt::new(texts, ids);
            let clean: Vec<u32> = examples.into_iter().flat_map(|(_, codes)| codes).collect();
            for (share, total) in shares.iter().zip(&mut totals) {
                run.check()?;
                let rows = masked_rows(&stream, first, clean.len(), grid.length(), *share);
                let mut seen = clean.clone();
                for row in &rows {
                    seen[*row as usize] = Tokens::MASK;
                }
                let tokens = Tokens::new(seen, grid, codebook)
                    .map_err(|error| NodeError::failed(error, "mend the dataset"))?;
                let logits = scorer.score(&Query {
                    tokens: &tokens,
                    prompt: &prompt,
                    guidance: None,
                    rows: &rows,
                })?;
                let wanted: Vec<u32> = rows.iter().map(|row| clean[*row as usize]).collect();
                total.add(logits, &wanted, &neighbourhoods);
            }
            run.progress((first + self.batch).min(count) as u64, count as u64);
        }
        Ok(report(&shares, &totals, count))
    }
}

impl EvaluateDenoiser {
    /// The shares that are to be masked.
    fn shares(&self) -> Result<Vec<f64>, ParamError> {
        let shares: Option<Vec<f64>> = self
            .ratios
            .split(',')
            .map(|part| part.trim().parse().ok())
            .map(|share| share.filter(|share| *share > 0.0 && *share <= 1.0))
            .collect();
        shares.ok_or_else(|| ParamError::Invalid {
            param: "ratios".into(),
            expected: "shares above 0 and up to 1, as in 0.1, 0.5, 1.0".into(),
            found: format!("{:?}", self.ratios),
        })
    }
}

/// Which positions of a batch are masked: as many of each picture, at least one.
fn masked_rows(stream: &Stream, first: usize, all: usize, length: usize, share: f64) -> Vec<u32> {
    let count = ((share * length as f64).round() as usize).clamp(1, length);
    let mut rows = Vec::new();
    for sample in 0..all / length {
        let order = stream.permutation(length, (first + sample) as u32, 0);
        let mut own = order[..count].to_vec();
        own.sort_unstable();
        rows.extend(
            own.iter()
                .map(|position| (sample * length) as u32 + position),
        );
    }
    rows
}

/// Which codes count as nearly the same.
struct Neighbourhoods {
    places: Vec<u32>,
    size: u32,
}

impl Neighbourhoods {
    fn of(&self, code: u32) -> u32 {
        self.places[code as usize] / self.size
    }
}

/// Sums over masked positions.
#[derive(Clone, Debug, Default)]
struct Figures {
    loss: f64,
    right: usize,
    near: usize,
    rows: usize,
}

impl Figures {
    fn add(&mut self, logits: Tensor<2>, wanted: &[u32], neighbourhoods: &Neighbourhoods) {
        let targets: Vec<i32> = wanted.iter().map(|code| *code as i32).collect();
        let targets = Tensor::<2, Int>::from_data(
            TensorData::new(targets, [wanted.len(), 1]),
            &logits.device(),
        );
        let found = kernels::argmax(logits.clone());
        let share = kernels::softmax(logits, 1.0).gather(1, targets);
        let share = share.into_data().convert::<f32>();
        // A probability that f32 takes for 0 counts as the smallest that it knows.
        let losses = share
            .iter::<f32>()
            .map(|share| -f64::from(share.max(f32::MIN_POSITIVE)).ln());
        self.loss += losses.sum::<f64>();
        let found = found.into_data().convert::<i64>();
        for (code, wanted) in found.iter::<i64>().zip(wanted) {
            let code = code as u32;
            self.right += usize::from(code == *wanted);
            self.near += usize::from(neighbourhoods.of(code) == neighbourhoods.of(*wanted));
        }
        self.rows += wanted.len();
    }
}

fn report(shares: &[f64], totals: &[Figures], pictures: usize) -> Outputs {
    let mut curve = Curve {
        axis: "share masked".into(),
        lines: Vec::new(),
    };
    let mut lines = Vec::new();
    let mut sum = 0.0;
    for (share, total) in shares.iter().zip(totals) {
        let rows = total.rows.max(1) as f64;
        let loss = total.loss / rows;
        let (right, near) = (total.right as f64 / rows, total.near as f64 / rows);
        sum += loss;
        curve.push("loss (nats)", *share, loss);
        curve.push("right code", *share, right);
        curve.push("right group", *share, near);
        lines.push(json!({
            "masked": share,
            "loss_nats": loss,
            "accuracy": right,
            "group_accuracy": near,
            "positions": total.rows,
        }));
    }
    let loss = sum / shares.len() as f64;
    let report = json!({ "pictures": pictures, "loss_nats": loss, "ratios": lines });
    Outputs {
        report: format!("{report:#}"),
        curve,
        loss,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::tensor::{Device, Tensor};
    use graph::error::NodeError;
    use graph::prelude::{Footprint, Node, Params};
    use graph::run::{Resources, Run};

    use super::{EvaluateDenoiser, Inputs};
    use crate::compute::Compute;
    use crate::value::{
        Dataset, Denoiser, Example, Grid, Groups, MicroConditions, Pixels, Query, Samples, Scorer,
        Tokens,
    };

    const GRID: Grid = Grid {
        rows: 2,
        columns: 2,
    };

    /// Every picture is 0 1 2 3.
    struct Same;

    impl Samples for Same {
        fn len(&self) -> usize {
            5
        }

        fn get(&self, _: usize) -> Result<Example, NodeError> {
            Ok(Example {
                caption: "a".into(),
                pixels: Pixels::Codes {
                    grid: GRID,
                    codebook: 8,
                    codes: vec![0, 1, 2, 3],
                },
                family: String::new(),
                truth: None,
            })
        }

        fn describe(&self) -> String {
            "the same picture".into()
        }
    }

    /// Says code 0 everywhere, with odds of `e² : 1` against each other code.
    struct Zero;

    impl Scorer for Zero {
        fn codebook(&self) -> u32 {
            8
        }

        fn grid(&self) -> Grid {
            GRID
        }

        fn read(&self, _: &str, _: &MicroConditions) -> Result<Vec<u32>, NodeError> {
            Ok(vec![0])
        }

        fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError> {
            for row in query.rows {
                assert_eq!(query.tokens.codes()[*row as usize], Tokens::MASK);
            }
            let mut line = [0.0_f32; 8];
            line[0] = 2.0;
            let line: Tensor<1> = Tensor::from_floats(line, &Device::flex());
            Ok(line.reshape([1, 8]).expand([query.rows.len(), 8]))
        }

        fn describe(&self) -> String {
            "zero".into()
        }

        fn hash(&self) -> String {
            String::new()
        }

        fn footprint(&self) -> Footprint {
            Footprint::default()
        }
    }

    #[test]
    fn figures_are_as_worked_out_by_hand() {
        let mut params = EvaluateDenoiser::from_values(&[].into()).expect("all have defaults");
        params.ratios = "1.0".into();
        params.batch = 2;
        params.groups_count = 4;
        let inputs = || Inputs {
            denoiser: Denoiser::new(Zero),
            dataset: Dataset::new(Same),
            tokenizer: None,
            groups: None,
        };
        let mut run = Run::alone(Resources::default().with(Compute::cpu()));
        let found = params.run(inputs(), &mut run).expect("everything fits");
        let lse = (2_f64.exp() + 7.0).ln();
        assert!((found.loss - (lse - 0.5)).abs() < 1e-5, "{}", found.loss);
        let report: serde_json::Value = serde_json::from_str(&found.report).expect("it is JSON");
        assert_eq!(report["ratios"][0]["accuracy"], 0.25);
        assert_eq!(
            report["ratios"][0]["group_accuracy"], 0.5,
            "0 and 1 are a group"
        );
        assert_eq!(report["ratios"][0]["positions"], 20);
        assert_eq!(report["pictures"], 5);

        // In another order 0 stands beside 3.
        let order: Arc<[u32]> = [0, 3, 1, 2, 4, 5, 6, 7].into();
        let mut inputs = inputs();
        inputs.groups = Groups::new(order).ok();
        params.ratios = "0.5, 0.1".into();
        let found = params.run(inputs, &mut run).expect("everything fits");
        let report: serde_json::Value = serde_json::from_str(&found.report).expect("it is JSON");
        assert_eq!(report["ratios"][0]["positions"], 10);
        assert_eq!(report["ratios"][1]["positions"], 5, "at least one of each");
    }

    #[test]
    fn wrong_shares_are_refused() {
        for ratios in ["", "0", "1.5", "0.5,x", "NaN"] {
            let mut params = EvaluateDenoiser::from_values(&[].into()).expect("defaults");
            params.ratios = ratios.into();
            let message = params.check().expect_err("it is wrong").to_string();
            assert!(message.starts_with("parameter `ratios`"), "{message}");
        }
    }
}
