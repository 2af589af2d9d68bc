//! The form that a result takes outside of a run.

use graph::value::{Value, WireValue};
use nodes::output::{drawing, png, token_file};
use nodes::value::{Curve, Image, Tokens};

use super::table;

/// The form that a result takes outside of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// PNG files, one a picture.
    Pictures,
    /// A text file, or JSON where it is such.
    Text,
    /// A line on standard output.
    Number,
    /// An SVG drawing and a CSV table.
    Curve,
    /// A safetensors file.
    Tokens,
    /// None: it is only told what it is.
    Told,
}

/// The content of a file to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// What follows the name of the result: `.png`, `-0001.png`, `.csv`.
    pub suffix: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

impl Form {
    /// The form of values of the kind called `kind`.
    pub fn of(kind: &str) -> Self {
        match kind {
            Image::KIND => Self::Pictures,
            String::KIND => Self::Text,
            f64::KIND => Self::Number,
            Curve::KIND => Self::Curve,
            Tokens::KIND => Self::Tokens,
            _ => Self::Told,
        }
    }
}

/// The files that hold `values`, the values of one result.
///
/// Errors: what is wrong with a value.
pub fn files(values: &[Value], chunks: &[(String, String)]) -> Result<Vec<Content>, String> {
    let pictures: Vec<&Image> = values.iter().filter_map(Value::get).collect();
    if !pictures.is_empty() {
        return pngs(&pictures, chunks);
    }
    let mut files = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let number = if values.len() > 1 {
            numbered(at)
        } else {
            String::new()
        };
        for content in contents(value)? {
            files.push(Content {
                suffix: format!("{number}{}", content.suffix),
                bytes: content.bytes,
            });
        }
    }
    Ok(files)
}

fn numbered(at: usize) -> String {
    format!("-{:04}", at + 1)
}

/// All pictures of all batches, numbered through where there are several.
fn pngs(batches: &[&Image], chunks: &[(String, String)]) -> Result<Vec<Content>, String> {
    let total: usize = batches.iter().map(|image| image.batch()).sum();
    let mut files = Vec::with_capacity(total);
    for image in batches {
        for sample in 0..image.batch() {
            let bytes = png::encode(image, sample, chunks)?;
            let number = if total > 1 {
                numbered(files.len())
            } else {
                String::new()
            };
            files.push(Content {
                suffix: format!("{number}.png"),
                bytes,
            });
        }
    }
    Ok(files)
}

fn contents(value: &Value) -> Result<Vec<Content>, String> {
    let content = |suffix: &str, bytes: Vec<u8>| Content {
        suffix: suffix.into(),
        bytes,
    };
    if let Some(text) = value.get::<String>() {
        let suffix = if is_json(text) { ".json" } else { ".txt" };
        return Ok(vec![content(suffix, text.clone().into_bytes())]);
    }
    if let Some(curve) = value.get::<Curve>() {
        return Ok(vec![
            content(".svg", drawing::svg(curve).into_bytes()),
            content(".csv", table::csv(curve).into_bytes()),
        ]);
    }
    if let Some(tokens) = value.get::<Tokens>() {
        return Ok(vec![content(".safetensors", token_file::bytes(tokens)?)]);
    }
    Ok(Vec::new())
}

/// Whether a text is a JSON object or list; a lone number or word is text.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
