//! Pictures that were encoded before: safetensors files.
//!
//! Tensor `codes`, `[pictures, rows × columns]`, unsigned 16 bits (32 where the codebook is larger than 65,536);
//! tensor `text`, `[bytes]`: a line of JSON for each picture, with its caption, family and truth.
//! Metadata: `format` (`smalto-encoded`), `version`, `rows`, `columns`, `codebook`, `tokenizer`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use graph::error::NodeError;
use graph::value::Footprint;
use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::value::{Example, Grid, Pixels, Samples, Truth, TruthObject};

const FORMAT: &str = "smalto-encoded";
const VERSION: &str = "1";

/// What all pictures of a file have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedHeader {
    /// Rows and columns of tokens.
    pub grid: Grid,
    /// How many different codes there are.
    pub codebook: u32,
    /// The fingerprint of the tokenizer that encoded them.
    pub tokenizer: String,
}

impl fmt::Display for EncodedHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokenizer: String = self.tokenizer.chars().take(8).collect();
        write!(
            formatter,
            "pictures of {} tokens and {} codes by tokenizer {tokenizer}",
            self.grid, self.codebook
        )
    }
}

/// Encoded pictures, read whole.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodedPictures {
    /// What all have in common.
    pub header: EncodedHeader,
    codes: Vec<u32>,
    lines: Vec<Line>,
}

/// What a file says of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    caption: String,
    family: String,
    truth: Option<TruthLine>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct TruthLine {
    category: String,
    background: String,
    objects: Vec<ObjectLine>,
    relation: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ObjectLine {
    name: String,
    x: i32,
    y: i32,
    size: u32,
}

impl From<&Truth> for TruthLine {
    fn from(truth: &Truth) -> Self {
        Self {
            category: truth.category.clone(),
            background: truth.background.clone(),
            objects: truth
                .objects
                .iter()
                .map(|object| ObjectLine {
                    name: object.name.clone(),
                    x: object.x,
                    y: object.y,
                    size: object.size,
                })
                .collect(),
            relation: truth.relation.clone(),
        }
    }
}

impl From<&TruthLine> for Truth {
    fn from(line: &TruthLine) -> Self {
        Self {
            category: line.category.clone(),
            background: line.background.clone(),
            objects: line
                .objects
                .iter()
                .map(|object| TruthObject {
                    name: object.name.clone(),
                    x: object.x,
                    y: object.y,
                    size: object.size,
                })
                .collect(),
            relation: line.relation.clone(),
        }
    }
}

/// Writes encoded `examples` to `path`, whole or not at all.
///
/// Errors: an example is no codes or does not fit `header`, or the file cannot be written.
pub fn write_encoded(
    path: &Path,
    header: &EncodedHeader,
    examples: &[Example],
) -> Result<(), NodeError> {
    let mut codes: Vec<u32> = Vec::with_capacity(examples.len() * header.grid.length());
    let mut text = String::new();
    for (index, example) in examples.iter().enumerate() {
        codes.extend(fitting(example, header).ok_or_else(|| {
            NodeError::failed(
                format!(
                    "picture {index} is not {} codes below {}",
                    header.grid, header.codebook
                ),
                "encode all pictures with one tokenizer at one size",
            )
        })?);
        let line = Line {
            caption: example.caption.clone(),
            family: example.family.clone(),
            truth: example.truth.as_ref().map(TruthLine::from),
        };
        text += &serde_json::to_string(&line)
            .map_err(|error| NodeError::failed(error, "the caption cannot be written as JSON"))?;
        text.push('\n');
    }
    let fails = |error: &dyn std::fmt::Display| {
        NodeError::file(path, error, "check that the folder exists and has room")
    };
    let (kind, bytes): (Dtype, Vec<u8>) = if header.codebook > 1 << 16 {
        (
            Dtype::U32,
            codes.iter().flat_map(|code| code.to_le_bytes()).collect(),
        )
    } else {
        let short = codes.iter().map(|code| *code as u16);
        (Dtype::U16, short.flat_map(u16::to_le_bytes).collect())
    };
    let shape = vec![examples.len(), header.grid.length()];
    let tensors = BTreeMap::from([
        (
            "codes",
            TensorView::new(kind, shape, &bytes).map_err(|error| fails(&error))?,
        ),
        (
            "text",
            TensorView::new(Dtype::U8, vec![text.len()], text.as_bytes())
                .map_err(|error| fails(&error))?,
        ),
    ]);
    let content =
        safetensors::serialize(tensors, Some(metadata(header))).map_err(|error| fails(&error))?;
    graph::workflow::write_file(path, &content).map_err(|error| fails(&error))
}

fn fitting<'a>(example: &'a Example, header: &EncodedHeader) -> Option<&'a [u32]> {
    match &example.pixels {
        Pixels::Codes {
            grid,
            codebook,
            codes,
        } if *grid == header.grid
            && *codebook == header.codebook
            && codes.len() == grid.length()
            && codes.iter().all(|code| code < codebook) =>
        {
            Some(codes)
        }
        Pixels::Codes { .. } | Pixels::Raw { .. } => None,
    }
}

fn metadata(header: &EncodedHeader) -> HashMap<String, String> {
    [
        ("format", FORMAT.to_string()),
        ("version", VERSION.to_string()),
        ("rows", header.grid.rows.to_string()),
        ("columns", header.grid.columns.to_string()),
        ("codebook", header.codebook.to_string()),
        ("tokenizer", header.tokenizer.clone()),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .into()
}

impl EncodedPictures {
    /// Reads the files at `paths`, the pictures of one behind those of the other.
    ///
    /// Errors: there is no file, one cannot be read, is cut off, or holds something else, or was encoded otherwise than the
    /// first.
    pub fn read_all(paths: &[PathBuf]) -> Result<Self, NodeError> {
        let parts = paths.par_iter().map(|path| Self::read(path));
        let parts: Vec<Self> = parts.collect::<Result<_, NodeError>>()?;
        let mut all: Option<Self> = None;
        for (part, path) in parts.into_iter().zip(paths) {
            let Some(all) = &mut all else {
                all = Some(part);
                continue;
            };
            if part.header != all.header {
                return Err(NodeError::file(
                    path,
                    format!(
                        "it holds {}, and {} holds {}",
                        part.header,
                        paths[0].display(),
                        all.header
                    ),
                    "keep files of one tokenizer and one size in a folder",
                ));
            }
            all.codes.extend(part.codes);
            all.lines.extend(part.lines);
        }
        all.ok_or_else(|| {
            NodeError::failed(
                "there is no file of encoded pictures",
                "name one, or a folder of them",
            )
        })
    }

    /// Reads the file at `path`.
    ///
    /// Errors: it cannot be read, is cut off, or holds something else.
    pub fn read(path: &Path) -> Result<Self, NodeError> {
        let fails = |problem: &dyn std::fmt::Display| {
            NodeError::file(
                path,
                problem,
                "it must be a file that tokenizer.encode_dataset wrote; write it anew",
            )
        };
        let content = std::fs::read(path).map_err(|error| fails(&error))?;
        let header = read_header(&content).map_err(|problem| fails(&problem))?;
        let tensors = SafeTensors::deserialize(&content).map_err(|error| fails(&error))?;
        let codes = read_codes(&tensors, &header).map_err(|problem| fails(&problem))?;
        let text = tensors.tensor("text").map_err(|error| fails(&error))?;
        let text = std::str::from_utf8(text.data()).map_err(|error| fails(&error))?;
        let lines = text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<Vec<Line>, _>>()
            .map_err(|error| fails(&format!("tensor `text`: {error}")))?;
        let pictures = codes.len() / header.grid.length();
        if lines.len() != pictures || pictures == 0 {
            return Err(fails(&format!(
                "there are {pictures} pictures and {} lines of text",
                lines.len()
            )));
        }
        Ok(Self {
            header,
            codes,
            lines,
        })
    }
}

fn read_header(content: &[u8]) -> Result<EncodedHeader, String> {
    let (_, metadata) = SafeTensors::read_metadata(content).map_err(|error| error.to_string())?;
    let entries = metadata.metadata().clone().unwrap_or_default();
    let value = |name: &str| {
        entries
            .get(name)
            .cloned()
            .ok_or_else(|| format!("its metadata lacks `{name}`"))
    };
    if value("format")? != FORMAT || value("version")? != VERSION {
        return Err(format!(
            "its metadata does not say `{FORMAT}`, version {VERSION}"
        ));
    }
    let number = |name: &str| -> Result<usize, String> {
        let text = value(name)?;
        match text.parse() {
            Ok(number @ 1..=4_294_967_295) => Ok(number),
            Ok(_) | Err(_) => Err(format!("`{name}` of its metadata is `{text}`")),
        }
    };
    let grid = Grid {
        rows: number("rows")?,
        columns: number("columns")?,
    };
    if grid.rows.checked_mul(grid.columns).is_none() {
        return Err(format!("its metadata tells of {grid} tokens"));
    }
    Ok(EncodedHeader {
        grid,
        codebook: number("codebook")? as u32,
        tokenizer: value("tokenizer")?,
    })
}

fn read_codes(tensors: &SafeTensors<'_>, header: &EncodedHeader) -> Result<Vec<u32>, String> {
    let tensor = tensors.tensor("codes").map_err(|error| error.to_string())?;
    let length = header.grid.length();
    if tensor.shape().len() != 2 || tensor.shape()[1] != length {
        return Err(format!(
            "tensor `codes` has the shape {:?}, expected [pictures, {length}]",
            tensor.shape()
        ));
    }
    let bytes = tensor.data();
    let codes: Vec<u32> = match tensor.dtype() {
        Dtype::U16 => bytes
            .chunks_exact(2)
            .map(|code| u32::from(u16::from_le_bytes([code[0], code[1]])))
            .collect(),
        Dtype::U32 => bytes
            .chunks_exact(4)
            .map(|code| u32::from_le_bytes([code[0], code[1], code[2], code[3]]))
            .collect(),
        other => return Err(format!("tensor `codes` is {other:?}, expected U16 or U32")),
    };
    match codes.iter().find(|code| **code >= header.codebook) {
        Some(code) => Err(format!(
            "code {code} is not below the codebook's size {}",
            header.codebook
        )),
        None => Ok(codes),
    }
}

impl Samples for EncodedPictures {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        let Some(line) = self.lines.get(index) else {
            return Err(NodeError::failed(
                format!("there is no picture {index}"),
                format!("the dataset has {}", self.lines.len()),
            ));
        };
        let length = self.header.grid.length();
        Ok(Example {
            caption: line.caption.clone(),
            pixels: Pixels::Codes {
                grid: self.header.grid,
                codebook: self.header.codebook,
                codes: self.codes[index * length..(index + 1) * length].to_vec(),
            },
            family: line.family.clone(),
            truth: line.truth.as_ref().map(Truth::from),
        })
    }

    fn describe(&self) -> String {
        format!(
            "{} encoded pictures of {} tokens, codebook {}",
            self.lines.len(),
            self.header.grid,
            self.header.codebook
        )
    }

    fn footprint(&self) -> Footprint {
        let text: usize = self.lines.iter().map(|line| line.caption.len()).sum();
        Footprint::host(self.codes.len() * 4 + text)
    }
}
