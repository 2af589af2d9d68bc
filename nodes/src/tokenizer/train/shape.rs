//! The shape of a network, read from a node's parameters.

use graph::param::ParamError;

use super::{QuantiserChoice, TrainTokenizer};
use crate::network::tokenizer::{QuantiserConfig, Stage, TokenizerConfig};

/// The shape of the network that `node` trains.
///
/// Errors: a list is none, or the lists disagree.
pub(super) fn config(node: &TrainTokenizer) -> Result<TokenizerConfig, ParamError> {
    let channels = list("channels", &node.channels)?;
    let stages = channels.len();
    let encoder = list_of("encoder_blocks", &node.encoder_blocks, stages)?;
    let decoder = list_of("decoder_blocks", &node.decoder_blocks, stages)?;
    let stages = channels
        .into_iter()
        .zip(encoder.into_iter().zip(decoder))
        .map(|(channels, (encoder_blocks, decoder_blocks))| Stage {
            channels,
            encoder_blocks,
            decoder_blocks,
        })
        .collect();
    let quantiser = match node.quantiser {
        QuantiserChoice::Scalar => QuantiserConfig::Scalar {
            levels: list("levels", &node.levels)?,
        },
        QuantiserChoice::Codebook => QuantiserConfig::Codebook {
            codes: node.codes,
            dimensions: node.dimensions,
            matching: node.matching,
            gradient: node.code_gradient,
            commitment: node.commitment,
        },
    };

    let config = TokenizerConfig::new(node.patch, stages, quantiser);
    config.check().map_err(|error| ParamError::Invalid {
        param: param_of(&error.key).into(),
        expected: format!("such that {} is {}", error.key, error.expected),
        found: error.found,
    })?;
    Ok(config)
}

/// The parameter that a key of the configuration comes from.
fn param_of(key: &str) -> &str {
    let params = [
        ("levels", "levels"),
        ("encoder_blocks", "encoder_blocks"),
        ("decoder_blocks", "decoder_blocks"),
        ("patch", "patch"),
        ("dimensions", "dimensions"),
        ("commitment", "commitment"),
        ("codes", "codes"),
    ];
    let found = params.iter().find(|(part, _)| key.contains(part));
    found.map_or("channels", |(_, param)| param)
}

fn list_of(param: &str, text: &str, length: usize) -> Result<Vec<usize>, ParamError> {
    let numbers = list(param, text)?;
    if numbers.len() == length {
        return Ok(numbers);
    }
    Err(ParamError::Invalid {
        param: param.into(),
        expected: format!("{length} whole numbers, one for each number of `channels`"),
        found: format!("{text:?}"),
    })
}

fn list(param: &str, text: &str) -> Result<Vec<usize>, ParamError> {
    let numbers: Result<Vec<usize>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    numbers.map_err(|_| ParamError::Invalid {
        param: param.into(),
        expected: "whole numbers with commas between, such as \"128, 192\"".into(),
        found: format!("{text:?}"),
    })
}
