//! The network asked as samplers ask: some positions, with guidance.

use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};
use graph::error::NodeError;

use super::network::Input;
use super::{MICRO_CONDITIONS, UvitConfig, UvitNetwork};
use crate::value::{Grid, Lead, Tokens};

/// A network on a device, asked for guided logits of some positions.
#[derive(Clone, Debug)]
pub struct UvitModel {
    network: UvitNetwork,
    device: Device,
    dtype: FloatDType,
}

/// What pictures shall show: the encoded text and the micro-conditions of each.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The texts word by word, `[batch, words, width]`.
    pub words: Tensor<3>,
    /// The texts as wholes, `[batch, width]`.
    pub pooled: Tensor<2>,
    /// Width, height, crop at the top and at the left, score.
    pub micro: Vec<[f32; MICRO_CONDITIONS]>,
}

impl UvitModel {
    /// A network whose parameters lie on `device`, and which computes in `dtype`.
    pub fn new(network: UvitNetwork, device: &Device, dtype: FloatDType) -> Self {
        Self {
            network,
            device: device.clone(),
            dtype,
        }
    }

    /// The parameters.
    pub fn network(&self) -> &UvitNetwork {
        &self.network
    }

    /// The sizes.
    pub fn config(&self) -> &UvitConfig {
        self.network.config()
    }

    /// Where the parameters lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The grid that the network was trained on.
    pub fn grid(&self) -> Grid {
        let side = self.config().sample_size;
        Grid {
            rows: side,
            columns: side,
        }
    }

    /// Logits of the positions `rows`, each `sample · length + position`, in f32; guided where there is another condition.
    ///
    /// Shapes: → `[rows, codebook]`.
    /// Errors: the tokens are those of another codebook, or the grid cannot be halved where the network does that.
    pub fn logits(
        &self,
        tokens: &Tokens,
        rows: &[u32],
        own: Condition,
        other: Option<(Condition, Lead)>,
    ) -> Result<Tensor<2>, NodeError> {
        self.check(tokens, rows)?;
        if rows.is_empty() {
            let shape = [0, self.config().codebook_size];
            return Ok(Tensor::zeros(shape, (&self.device, DType::F32)));
        }
        let (condition, lead) = match other {
            None => (own, None),
            Some((other, lead)) => (own.and(other), Some(lead)),
        };
        let branches = 1 + usize::from(lead.is_some());
        let input = Input {
            codes: self.codes(tokens, branches),
            words: condition.words,
            pooled: condition.pooled,
            micro: &condition.micro,
        };
        let states = self.network.stages(input, self.dtype).up_block;
        let [b, h, w, c] = states.dims();
        let picked = self.picked(rows, branches, tokens.codes().len());
        let states = states.reshape([b * h * w, c]).select(0, picked);
        let features = self.network.features(states);

        Ok(match lead {
            None => self.network.logits(features),
            Some(lead) => lead.logits(self.network.logits(lead.features(features))),
        })
    }

    /// All codes once for each branch, masked ones by their id.
    fn codes(&self, tokens: &Tokens, branches: usize) -> Tensor<3, Int> {
        let mask = self.config().mask_id() as i32;
        let codes: Vec<i32> = tokens
            .codes()
            .iter()
            .map(|code| match *code {
                Tokens::MASK => mask,
                code => code as i32,
            })
            .collect();
        let Grid { rows, columns } = tokens.grid();
        let shape = [branches * tokens.batch(), rows, columns];
        Tensor::from_data(TensorData::new(codes.repeat(branches), shape), &self.device)
    }

    /// The positions `rows` of each branch.
    fn picked(&self, rows: &[u32], branches: usize, positions: usize) -> Tensor<1, Int> {
        let picked: Vec<i32> = (0..branches)
            .flat_map(|branch| {
                rows.iter()
                    .map(move |row| (branch * positions) as i32 + *row as i32)
            })
            .collect();
        let shape = [picked.len()];
        Tensor::from_data(TensorData::new(picked, shape), &self.device)
    }

    fn check(&self, tokens: &Tokens, rows: &[u32]) -> Result<(), NodeError> {
        let (codebook, grid) = (self.config().codebook_size, tokens.grid());
        if tokens.codebook() as usize != codebook {
            return Err(NodeError::input(
                "tokens",
                format!("a codebook of {codebook} codes"),
                format!("one of {}", tokens.codebook()),
            ));
        }
        let even = grid.rows.is_multiple_of(2) && grid.columns.is_multiple_of(2);
        if self.config().downsample && !even {
            return Err(NodeError::input(
                "tokens",
                "even numbers of rows and columns",
                format!("{grid} tokens"),
            ));
        }
        let positions = tokens.codes().len();
        if let Some(row) = rows.iter().find(|row| **row as usize >= positions) {
            return Err(NodeError::failed(
                format!("position {row} was asked for, but there are {positions}"),
                "this is a mistake of the node that asked, please report it",
            ));
        }
        Ok(())
    }
}

impl Condition {
    /// The conditions of these pictures, then those of `other` ones.
    fn and(self, other: Self) -> Self {
        let mut micro = self.micro;
        micro.extend(other.micro);
        Self {
            words: Tensor::cat(vec![self.words, other.words], 0),
            pooled: Tensor::cat(vec![self.pooled, other.pooled], 0),
            micro,
        }
    }
}
