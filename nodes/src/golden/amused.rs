//! The denoiser of aMUSEd, and its scheduler's runs from nothing but weights, conditions and noise.

use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};
use graph::error::NodeError;
use graph::run::{Resources, Run};
use graph::value::Footprint;

use super::amused_cases::{noise, samplers};
use super::vq::flat;
use super::{Computed, Folder, Found, GoldenError};
use crate::network::layers::Init;
use crate::network::uvit::{
    Condition, Input, MICRO_CONDITIONS, UvitConfig, UvitModel, UvitNetwork,
};
use crate::network::weights::{Checkpoint, Kept};
use crate::sample::{EditSampler, Start};
use crate::value::{
    Denoiser, Grid, MicroConditions, Prompt, Query, Scorer, Step, TokenHistory, Tokens,
};

/// The runs of the scheduler: each array is called `sched.<case>.<array>`.
const RUNS: &str = "scheduler_cases.json";

/// Computes the forward pass and every run.
pub(super) fn compute(folder: &Folder, device: &Device) -> Result<Computed, GoldenError> {
    let model = model(folder, device)?;
    let mut computed = Computed::from_inputs(&[
        "input_ids",
        "encoder_hidden_states",
        "pooled_text_emb",
        "micro_conds",
        "sampler_micro_conds",
    ]);
    forward(folder, &model, &mut computed)?;
    for (name, sampler) in samplers(&folder.json(RUNS)?)? {
        run(folder, &model, &name, &sampler, &mut computed)?;
    }
    Ok(computed)
}

fn model(folder: &Folder, device: &Device) -> Result<UvitModel, GoldenError> {
    let damaged = |problem: String| GoldenError::File {
        problem,
        path: folder.path().into(),
    };
    let config = UvitConfig::of(folder.config()).map_err(|error| damaged(error.to_string()))?;
    let checkpoint = Checkpoint::open(folder.path()).map_err(NodeError::from)?;
    config
        .check_held(checkpoint.numbers())
        .map_err(|error| damaged(error.to_string()))?;
    let blank = UvitNetwork::new(&config, &mut Init::blank(device));
    let filled = checkpoint.fill(blank, Kept::Widened, |name| Some(name.into()));
    let network = filled.map_err(NodeError::from)?.module;
    Ok(UvitModel::new(network, device, FloatDType::F32))
}

/// The numbers called `name` as a tensor whose sides are not known beforehand, but the last one.
fn tensor<const D: usize>(
    folder: &Folder,
    model: &UvitModel,
    name: &str,
    last: usize,
) -> Result<Tensor<D>, GoldenError> {
    let (values, shape) = folder.numbers::<D>(name)?;
    if shape[D - 1] != last {
        return Err(input(
            name,
            format!("array of numbers whose last side is {last}"),
        ));
    }
    let data = TensorData::new(values.to_vec(), shape);
    Ok(Tensor::from_data(data, (model.device(), DType::F32)))
}

fn input(name: &str, expected: impl Into<String>) -> GoldenError {
    GoldenError::Input {
        name: name.into(),
        expected: expected.into(),
    }
}

/// The conditions of two pictures, with the micro-conditions called `micro`.
fn condition(folder: &Folder, model: &UvitModel, micro: &str) -> Result<Condition, GoldenError> {
    let config = model.config();
    let (values, [rows, count]) = folder.numbers::<2>(micro)?;
    let words: Tensor<3> = tensor(
        folder,
        model,
        "encoder_hidden_states",
        config.encoder_hidden_size,
    )?;
    let pooled: Tensor<2> = tensor(folder, model, "pooled_text_emb", config.cond_embed_dim)?;
    if count != MICRO_CONDITIONS || words.dims()[0] != rows || pooled.dims()[0] != rows {
        return Err(input(
            micro,
            format!("row of {MICRO_CONDITIONS} numbers for each text"),
        ));
    }
    Ok(Condition {
        words,
        pooled,
        micro: values.as_chunks::<MICRO_CONDITIONS>().0.to_vec(),
    })
}

fn forward(folder: &Folder, model: &UvitModel, computed: &mut Computed) -> Result<(), GoldenError> {
    let (codes, [batch, rows, columns]) = folder.integers::<3>("input_ids")?;
    let condition = condition(folder, model, "micro_conds")?;
    let vocabulary = model.config().vocab_size as i64;
    let known = codes.iter().all(|code| (0..vocabulary).contains(code));
    if !known || condition.micro.len() != batch {
        let expected = format!("pictures of ids below {vocabulary}, one for each text");
        return Err(input("input_ids", expected));
    }
    let codes = TensorData::new(codes.to_vec(), [batch, rows, columns]);
    let codes = Tensor::from_data(codes, model.device());
    let network = model.network();
    let stages = network.stages(
        Input {
            codes,
            words: condition.words,
            pooled: condition.pooled,
            micro: &condition.micro,
        },
        FloatDType::F32,
    );
    let [b, h, w, c] = stages.up_block.dims();
    let states = stages.up_block.clone().reshape([b * h * w, c]);
    let logits = network.logits(network.features(states));
    let logits = logits.reshape([b, h, w, model.config().codebook_size]);
    for (name, found) in [
        ("embed", stages.embed),
        ("down_block", stages.down_block),
        ("up_block", stages.up_block),
        ("logits", logits),
    ] {
        // The official implementation has the channels in front.
        computed.add(name, Found::numbers(flat(found.permute([0, 3, 1, 2]))));
    }
    computed.add("cond_embed", Found::numbers(flat(stages.cond_embed)));
    let (to, from) = (stages.project_to_hidden, stages.project_from_hidden);
    computed.add("project_to_hidden", Found::numbers(flat(to)));
    computed.add("project_from_hidden", Found::numbers(flat(from)));
    Ok(())
}

/// The model under conditions that are given as vectors: those of the first text are left, those of the second followed.
struct Conditioned {
    model: UvitModel,
    grid: Grid,
    other: Condition,
    own: Condition,
}

impl Scorer for Conditioned {
    fn codebook(&self) -> u32 {
        self.model.config().codebook_size as u32
    }

    fn grid(&self) -> Grid {
        self.grid
    }

    fn read(&self, _: &str, _: &MicroConditions) -> Result<Vec<u32>, NodeError> {
        Ok(Vec::new())
    }

    fn score(&self, query: &Query<'_>) -> Result<Tensor<2>, NodeError> {
        let lead = query.guidance.and_then(|guidance| guidance.lead());
        let other = lead.map(|lead| (self.other.clone(), lead));
        self.model
            .logits(query.tokens, query.rows, self.own.clone(), other)
    }

    fn describe(&self) -> String {
        "aMUSEd denoiser under recorded conditions".into()
    }

    fn hash(&self) -> String {
        String::new()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

/// One run of the scheduler: what the denoiser says of every position at each step, what is predicted, what is laid.
fn run(
    folder: &Folder,
    model: &UvitModel,
    case: &str,
    sampler: &EditSampler,
    computed: &mut Computed,
) -> Result<(), GoldenError> {
    let name = |array: &str| format!("sched.{case}.{array}");
    computed
        .inputs
        .extend(["init", "exp_noise", "gumbel"].map(name));
    let mask = model.config().mask_id() as i64;
    let start = start(folder, model, &name("init"))?;
    let (exponential, [_, positions, codebook]) = folder.numbers::<3>(&name("exp_noise"))?;
    let (gumbel, _) = folder.numbers::<2>(&name("gumbel"))?;
    let noise = noise(exponential, gumbel, positions, codebook);

    let texts = condition(folder, model, "sampler_micro_conds")?;
    let [other, own] = branches(texts)?;
    let denoiser = Denoiser::new(Conditioned {
        model: model.clone(),
        grid: start.tokens.grid(),
        other: other.clone(),
        own: own.clone(),
    });
    let alone = Run::alone(Resources::default());
    let (_, history) = sampler.sample_with(&denoiser, &start, &noise, &alone)?;

    let rows: Vec<u32> = (0..start.tokens.codes().len() as u32).collect();
    let mut before = start.tokens;
    let mut logits = Vec::new();
    for step in history.steps.iter() {
        let lead = sampler.leading(None).lead();
        let guided = lead.map(|lead| (other.clone(), lead));
        logits.extend(flat(model.logits(&before, &rows, own.clone(), guided)?));
        before = step.after.clone();
    }
    computed.add(name("logits"), Found::numbers(logits));
    computed.add(name("pred"), grids(&history, mask, |step| &step.choice));
    computed.add(
        name("prev"),
        grids(&history, mask, |step| step.after.codes()),
    );
    Ok(())
}

/// The codes of every step, masked ones by their id.
fn grids(history: &TokenHistory, mask: i64, of: impl Fn(&Step) -> &[u32]) -> Found {
    let codes = history.steps.iter().flat_map(of);
    let codes = codes.map(|code| match *code {
        Tokens::MASK => mask,
        code => i64::from(code),
    });
    Found::Integers(codes.collect())
}

/// The conditions of the first and of the second of two texts.
fn branches(texts: Condition) -> Result<[Condition; 2], GoldenError> {
    if texts.micro.len() != 2 {
        return Err(input("sampler_micro_conds", "row for each of two texts"));
    }
    Ok([0, 1].map(|text| Condition {
        words: texts.words.clone().narrow(0, text, 1),
        pooled: texts.pooled.clone().narrow(0, text, 1),
        micro: vec![texts.micro[text]],
    }))
}

fn start(folder: &Folder, model: &UvitModel, name: &str) -> Result<Start, GoldenError> {
    let config = model.config();
    let (init, [rows, columns]) = folder.integers::<2>(name)?;
    let codes = init.iter().map(|code| match *code {
        code if code == config.mask_id() as i64 => Some(Tokens::MASK),
        code => u32::try_from(code).ok(),
    });
    let codes: Option<Vec<u32>> = codes.collect();
    let tokens = codes.and_then(|codes| {
        let grid = Grid { rows, columns };
        Tokens::new(codes, grid, config.codebook_size as u32).ok()
    });
    Ok(Start {
        prompt: Prompt::new(vec![String::new()], vec![Vec::new()]),
        negative: None,
        tokens: tokens.ok_or_else(|| input(name, "grid of codes"))?,
        policy: None,
    })
}
