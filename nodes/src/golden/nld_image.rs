//! NLD-Image: the denoiser's pass, whole runs of its sampler, and its schedules.

mod runs;
mod schedules;

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};

use super::vq::flat;
use super::{Computed, Folder, Found, GoldenError};
use crate::network::denoiser::rotary::{frequencies, query_scale};
use crate::network::denoiser::{
    DenoiserConfig, DenoiserNetwork, Rotary, Sequence, TrainedDenoiser, cell_order, published,
};
use crate::network::weights::{Checkpoint, WeightType};

/// What is compared with the guided logits.
const GUIDED: &str = "guided";

/// The guidance of the recorded guided logits.
const GUIDANCE: f32 = 5.0;

/// The recorded inputs.
const INPUTS: [&str; 4] = ["input_ids", "is_prompt", "slot_positions", "grid_ids"];

/// A case, understood.
pub(super) struct Case {
    /// The sizes, with the grid of the case.
    pub config: DenoiserConfig,
    /// The network.
    pub network: DenoiserNetwork,
    /// All ids of the prompt, slots included.
    pub ids: Vec<i64>,
    /// Where the first slot stands, and how many there are.
    front: usize,
    slots: usize,
    /// The codes of the grid, row by row.
    codes: Vec<i64>,
    device: Device,
}

/// Computes the denoiser's pass, the schedules and the runs of the sampler.
pub(super) fn compute(folder: &Folder, device: &Device) -> Result<Computed, GoldenError> {
    let case = Case::read(folder, device)?;
    let mut computed = Computed::from_inputs(&INPUTS);
    case.add_positions(&mut computed);
    let conditional = case.add_branch("cond", false, &mut computed)?;
    let other = case.add_branch("uncond", true, &mut computed)?;
    let pairs = conditional.iter().zip(&other);
    let guided = pairs.map(|(own, other)| (1.0 + GUIDANCE) * own - GUIDANCE * other);
    computed.add(
        "logits_guided_g5",
        Found::numbers_like(guided.collect(), GUIDED),
    );
    schedules::compute(folder, &case.config.rope, &mut computed)?;
    runs::compute(folder, case, &mut computed)?;
    Ok(computed)
}

impl Case {
    fn read(folder: &Folder, device: &Device) -> Result<Self, GoldenError> {
        let input = |name: &str, expected: &str| GoldenError::Input {
            name: name.into(),
            expected: expected.into(),
        };
        let checkpoint =
            Checkpoint::open(folder.path()).map_err(|error| GoldenError::Node(error.into()))?;
        let mut config = published::read(folder.config(), &checkpoint)
            .map_err(|error| input("config.json", &error.to_string()))?;
        let filled = TrainedDenoiser::fill_published(
            &checkpoint,
            &config,
            device,
            FloatDType::F32,
            WeightType::AsStored,
        );
        let network = filled
            .map_err(|error| GoldenError::Node(error.into()))?
            .module;

        let (ids, _) = folder.integers::<1>("input_ids")?;
        let (places, _) = folder.integers::<1>("slot_positions")?;
        let (codes, [length]) = folder.integers::<1>("grid_ids")?;
        // The case does not tell the sides; all grids of the published model are squares.
        let side = length.isqrt();
        if side * side != length || !side.is_multiple_of(2) || places.len() * 4 != length {
            return Err(input(
                "grid_ids",
                "square grid with a slot for each four tokens",
            ));
        }
        let front = places.first().copied().unwrap_or(0);
        let in_a_row = places.iter().zip(front..).all(|(place, at)| *place == at);
        let end = usize::try_from(front).map(|front| front + places.len());
        if !in_a_row || end.is_ok_and(|end| end > ids.len()) {
            return Err(input("slot_positions", "row of places within the prompt"));
        }
        let below = |values: &[i64], bound: usize| {
            values.iter().all(|value| (0..bound as i64).contains(value))
        };
        if !below(ids, config.vocabulary) {
            return Err(input("input_ids", "list of ids of the vocabulary"));
        }
        if !below(codes, config.code_rows()) {
            return Err(input("grid_ids", "list of codes"));
        }
        (config.rows, config.columns) = (side, side);
        Ok(Self {
            network,
            ids: ids.to_vec(),
            front: front as usize,
            slots: places.len(),
            codes: codes.to_vec(),
            device: device.clone(),
            config,
        })
    }

    /// What depends on the positions alone.
    fn add_positions(&self, computed: &mut Computed) {
        let frequencies = frequencies(&self.config.rope, self.config.head_width);
        let found = frequencies.iter().map(|frequency| *frequency as f32);
        computed.add("rope_inv_freq", Found::numbers(found.collect()));
        let (mut cosines, mut sines, mut scales) = (Vec::new(), Vec::new(), Vec::new());
        for position in 0..self.ids.len() {
            let both = || frequencies.iter().chain(&frequencies);
            let angle = |frequency: &f64| f64::from(*frequency as f32 * position as f32);
            cosines.extend(both().map(|frequency| angle(frequency).cos() as f32));
            sines.extend(both().map(|frequency| angle(frequency).sin() as f32));
            scales.push(query_scale(&self.config.rope, position) as f32);
        }
        computed.add("rope_cos", Found::numbers(cosines));
        computed.add("rope_sin", Found::numbers(sines));
        computed.add("llama4_scale", Found::numbers(scales));
    }

    fn tensor(&self, ids: Vec<i64>) -> Tensor<2, Int> {
        let shape = [1, ids.len()];
        Tensor::from_data(TensorData::new(ids, shape), &self.device)
    }

    fn sequence(&self, ids: &[i64]) -> Sequence {
        let order = cell_order(self.config.rows, self.config.columns);
        let codes = order.iter().map(|position| self.codes[*position]);
        let back = self.front + self.slots;
        Sequence {
            before: self.tensor(ids[..self.front].to_vec()),
            codes: self.tensor(codes.collect()),
            after: (back < ids.len()).then(|| self.tensor(ids[back..].to_vec())),
        }
    }

    /// The ids with the prompt dropped.
    fn dropped(&self) -> Result<Vec<i64>, GoldenError> {
        let prompt = &self.config.prompt;
        let ends = self.ids.iter().enumerate();
        let mut ends = ends.filter(|(_, id)| **id == i64::from(prompt.end_id));
        let Some((end, _)) = ends.nth(prompt.drop_through - 1) else {
            return Err(GoldenError::Input {
                name: "input_ids".into(),
                expected: "prompt with two ends of turns".into(),
            });
        };
        let mut ids = self.ids.clone();
        ids[..=end].fill(i64::from(prompt.text_mask_id));
        Ok(ids)
    }

    /// The pass of one branch, stage by stage; returns the logits.
    fn add_branch(
        &self,
        branch: &str,
        dropped: bool,
        computed: &mut Computed,
    ) -> Result<Vec<f32>, GoldenError> {
        let ids = if dropped {
            self.dropped()?
        } else {
            self.ids.clone()
        };
        let (config, network) = (&self.config, &self.network);
        let dtype = FloatDType::F32;
        let rotary = Rotary::new(config, ids.len(), &self.device);
        let mut add = |name: String, values: Vec<f32>| computed.add(name, Found::numbers(values));

        let embedded = network.embedded(self.sequence(&ids), dtype);
        let slots = embedded.clone().narrow(1, self.front, self.slots);
        let text = network.text(self.tensor(ids.clone()), dtype);
        add(format!("prompt_embeds_{branch}"), flat(text));
        if !dropped {
            add("slot_embeds".into(), flat(slots));
            let mut x = embedded;
            for (at, layer) in network.layers().iter().enumerate() {
                if at == 0 {
                    let attended = layer.attended(x.clone(), &rotary);
                    add("layer0_attn_cond".into(), flat(attended));
                }
                x = layer.forward(x, &rotary);
                add(format!("layer{at}_out_cond"), flat(x.clone()));
            }
        }
        let states = network.states(self.sequence(&ids), &rotary, dtype);
        add(format!("hidden_{branch}"), flat(states));
        let features = network.features(self.sequence(&ids), &rotary, dtype);
        let tokens = network.enlarge(features.reshape([self.slots, config.width]));
        let logits = kernels::linear(tokens.clone(), network.head(FloatDType::F32), None);
        add(format!("upsampled_{branch}"), self.by_rows(&flat(tokens)));
        let logits = self.by_rows(&flat(logits));
        add(format!("logits_{branch}"), logits.clone());
        Ok(logits)
    }

    /// Vectors of tokens in the order of cells, row by row instead.
    fn by_rows(&self, values: &[f32]) -> Vec<f32> {
        let order = cell_order(self.config.rows, self.config.columns);
        let width = values.len() / order.len();
        let mut sorted = vec![0.0; values.len()];
        for (from, to) in order.iter().enumerate() {
            sorted[to * width..(to + 1) * width]
                .copy_from_slice(&values[from * width..(from + 1) * width]);
        }
        sorted
    }
}
