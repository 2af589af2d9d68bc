//! Tokens as a safetensors file.

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::value::Tokens;

/// The codes as one tensor `tokens [batch, rows, columns]` of 32-bit whole numbers, −1 where nothing is laid.
///
/// Errors: the format does not allow it.
pub fn bytes(tokens: &Tokens) -> Result<Vec<u8>, String> {
    let codes = tokens.codes().iter();
    let data: Vec<u8> = codes
        // The mask is the largest of 32 bits, which as a signed number is −1.
        .flat_map(|code| code.cast_signed().to_le_bytes())
        .collect();
    let grid = tokens.grid();
    let shape = vec![tokens.batch(), grid.rows, grid.columns];
    let view = TensorView::new(Dtype::I32, shape, &data).map_err(|error| error.to_string())?;
    let about = HashMap::from([("codebook".to_owned(), tokens.codebook().to_string())]);
    safetensors::serialize([("tokens", view)], Some(about)).map_err(|error| error.to_string())
}
