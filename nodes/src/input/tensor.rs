//! `input.tensor`: tokens from a safetensors file.

use graph::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::value::{Grid, Tokens};

use super::file;

/// Four gigabytes of codes are more pictures than anybody samples.
const MOST_BYTES: u64 = 4 << 30;

/// Reads tokens that were computed elsewhere, from a safetensors file.
///
/// The tensor holds whole numbers, `[rows, columns]` or `[batch, rows, columns]`; −1 is masked.
#[derive(Clone, Debug, Params)]
pub struct TensorInput {
    /// The safetensors file.
    pub path: FilePath,
    /// The name of the tensor in it.
    #[param(default = "tokens")]
    pub name: String,
    /// How many different codes there are; 0 takes what the file says under `codebook`.
    #[param(default = 0, range = 0..=16777216)]
    pub codebook: u32,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The tokens.
    pub tokens: Tokens,
}

impl Node for TensorInput {
    const ID: &'static str = "input.tensor";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let path = run.resolve(&self.path);
        let bytes = file::bytes(&path, MOST_BYTES)?;
        let tokens = self
            .read(&bytes)
            .map_err(|(problem, hint)| NodeError::file(&path, problem, hint))?;
        Ok(Outputs { tokens })
    }
}

impl TensorInput {
    /// The tokens in the bytes of a file, or what is wrong with them and how to mend it.
    fn read(&self, bytes: &[u8]) -> Result<Tokens, (String, String)> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let view = file.tensor(&self.name).map_err(|_| {
            let mut names: Vec<String> = file.names().iter().map(ToString::to_string).collect();
            names.sort_unstable();
            (
                format!("there is no tensor `{}`", self.name),
                format!("set `name` to one of {}", names.join(", ")),
            )
        })?;
        let grid = match *view.shape() {
            [rows, columns] | [_, rows, columns] => Grid { rows, columns },
            _ => {
                return Err((
                    format!("tensor `{}` has the shape {:?}", self.name, view.shape()),
                    "give it the shape [rows, columns] or [batch, rows, columns]".into(),
                ));
            }
        };
        let said = header.metadata().as_ref();
        let said = said.and_then(|said| said.get("codebook")?.parse().ok());
        let codebook = match (self.codebook, said) {
            (0, Some(codebook)) => codebook,
            (0, None) => {
                return Err((
                    "the file does not say how many codes there are".into(),
                    "set `codebook`".into(),
                ));
            }
            (codebook, _) => codebook,
        };
        Tokens::new(codes(&view, &self.name)?, grid, codebook).map_err(|error| {
            (
                format!("tensor `{}` holds no tokens: {error}", self.name),
                "see whether `codebook` is that of the tokenizer".into(),
            )
        })
    }
}

fn damaged(error: safetensors::SafeTensorError) -> (String, String) {
    (
        format!("this is no readable safetensors file: {error}"),
        "take another copy".into(),
    )
}

/// The codes of a tensor of whole numbers; what is negative is masked, what is too large stays so.
fn codes(view: &TensorView<'_>, name: &str) -> Result<Vec<u32>, (String, String)> {
    let bytes = view.data();
    let whole = |number: i64| match number {
        ..0 => Tokens::MASK,
        _ => u32::try_from(number).map_or(Tokens::MASK - 1, |code| code.min(Tokens::MASK - 1)),
    };
    let four = |bytes: &[u8]| [bytes[0], bytes[1], bytes[2], bytes[3]];
    let eight = |bytes: &[u8]| [0, 1, 2, 3, 4, 5, 6, 7].map(|at| bytes[at]);
    Ok(match view.dtype() {
        Dtype::U8 => bytes.iter().map(|byte| u32::from(*byte)).collect(),
        Dtype::U16 => bytes
            .chunks_exact(2)
            .map(|bytes| u32::from(u16::from_le_bytes([bytes[0], bytes[1]])))
            .collect(),
        Dtype::I32 => bytes
            .chunks_exact(4)
            .map(|bytes| whole(i64::from(i32::from_le_bytes(four(bytes)))))
            .collect(),
        Dtype::U32 => bytes
            .chunks_exact(4)
            .map(|bytes| whole(i64::from(u32::from_le_bytes(four(bytes)))))
            .collect(),
        Dtype::I64 => bytes
            .chunks_exact(8)
            .map(|bytes| whole(i64::from_le_bytes(eight(bytes))))
            .collect(),
        other => {
            return Err((
                format!("tensor `{name}` is of type {other:?}"),
                "save it as 32-bit whole numbers".into(),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn file(dtype: Dtype, shape: &[usize], bytes: &[u8], codebook: Option<&str>) -> Vec<u8> {
        let view = TensorView::new(dtype, shape.to_vec(), bytes).expect("the bytes fit");
        let about = codebook.map(|size| HashMap::from([("codebook".into(), size.into())]));
        safetensors::serialize([("tokens", view)], about).expect("it is allowed")
    }

    fn input(name: &str, codebook: u32) -> TensorInput {
        TensorInput {
            path: "a".into(),
            name: name.into(),
            codebook,
        }
    }

    #[test]
    fn whole_numbers_of_every_width_are_read() {
        let grid = Grid {
            rows: 1,
            columns: 2,
        };
        let expected = Tokens::new([3, Tokens::MASK], grid, 8);
        let narrow: Vec<u8> = [3_i32, -1].iter().flat_map(|n| n.to_le_bytes()).collect();
        let wide: Vec<u8> = [3_i64, -1].iter().flat_map(|n| n.to_le_bytes()).collect();
        let read = |bytes: &[u8]| input("tokens", 0).read(bytes).ok();
        assert_eq!(
            read(&file(Dtype::I32, &[1, 2], &narrow, Some("8"))),
            expected.clone().ok()
        );
        assert_eq!(
            read(&file(Dtype::I64, &[1, 1, 2], &wide, Some("8"))),
            expected.ok()
        );
        let bytes = file(Dtype::U8, &[2, 1, 2], &[1, 2, 3, 4], None);
        let tokens = input("tokens", 8).read(&bytes).expect("it is allowed");
        assert_eq!((tokens.batch(), tokens.codes()), (2, &[1, 2, 3, 4][..]));
    }

    #[test]
    fn what_is_wrong_is_told_with_how_to_mend_it() {
        let small = file(Dtype::U8, &[1, 2], &[1, 9], Some("8"));
        let check = |input: TensorInput, bytes: &[u8], problem: &str, hint: &str| {
            let (found, mend) = input.read(bytes).expect_err("it must be refused");
            assert!(found.contains(problem), "{found}");
            assert!(mend.contains(hint), "{mend}");
        };
        check(
            input("tokens", 0),
            &small,
            "code 9 at position 1 is not below the codebook's size 8",
            "codebook",
        );
        check(input("codes", 0), &small, "no tensor `codes`", "tokens");
        check(
            input("tokens", 0),
            &small[..12],
            "no readable safetensors file",
            "another copy",
        );
        let silent = file(Dtype::U8, &[1, 2], &[1, 2], None);
        check(
            input("tokens", 0),
            &silent,
            "does not say how many codes",
            "set `codebook`",
        );
        let flat = file(Dtype::U8, &[2], &[1, 2], None);
        check(
            input("tokens", 8),
            &flat,
            "the shape [2]",
            "[rows, columns]",
        );
        let real = file(Dtype::F32, &[1, 1], &[0; 4], None);
        check(input("tokens", 8), &real, "type F32", "whole numbers");
        let huge = file(Dtype::I64, &[1, 1], &i64::MAX.to_le_bytes(), None);
        check(input("tokens", 8), &huge, "is not below", "codebook");
    }
}
