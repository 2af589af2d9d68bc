//! Text as CLIP's ids.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tokenizers::Tokenizer;

/// The token in front of every text.
const START: &str = "<|startoftext|>";

/// The token behind every text; it also fills texts up unless the folder names another one.
const END: &str = "<|endoftext|>";

/// How CLIP takes text apart: contractions, words, single digits, runs of other signs.
const PIECES: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// Reads text as CLIP's ids, start, end and filling included.
#[derive(Clone, Debug)]
pub struct ClipReader {
    tokenizer: Tokenizer,
    file: Vec<u8>,
    start: u32,
    end: u32,
    pad: u32,
    length: usize,
}

/// A text as ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The ids, as many as the network has positions.
    pub ids: Vec<u32>,
    /// The end of the text that found no place, or nothing.
    pub cut: String,
}

/// Why a tokenizer's folder cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClipTextError {
    /// There is neither `tokenizer.json` nor `vocab.json` with `merges.txt`.
    #[error("cannot read `{file}`, {problem}")]
    Missing {
        /// The file.
        file: &'static str,
        /// What the system says.
        problem: String,
    },
    /// A file does not hold what it should.
    #[error("`{file}` cannot be read: {problem}")]
    Damaged {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The vocabulary lacks a token that every text needs.
    #[error("the vocabulary does not know {0:?}")]
    NoToken(String),
    /// An id is beyond the network's table.
    #[error("the tokenizer has ids up to {largest}, but the network has only {vocabulary}")]
    Vocabulary {
        /// The largest id.
        largest: u32,
        /// How many the network has.
        vocabulary: usize,
    },
}

impl ClipReader {
    /// The reader of a `tokenizer` folder, for a network of `vocabulary` ids and `length` positions.
    ///
    /// Errors: files are missing or damaged, or the vocabulary is not CLIP's.
    pub fn open(folder: &Path, vocabulary: usize, length: usize) -> Result<Self, ClipTextError> {
        const WHOLE: &str = "tokenizer.json";
        let (name, file) = match read(folder, WHOLE) {
            Ok(file) => (WHOLE, file),
            Err(_) => ("vocab.json", assembled(folder)?),
        };
        let mut tokenizer =
            Tokenizer::from_bytes(&file).map_err(|error| damaged(name, error.to_string()))?;
        let _ = tokenizer.with_padding(None);
        let _ = tokenizer
            .with_truncation(None)
            .map_err(|error| damaged(name, error.to_string()))?;
        let id = |token: &str| {
            let id = tokenizer.token_to_id(token);
            id.ok_or_else(|| ClipTextError::NoToken(token.into()))
        };
        let pad = padding(folder).unwrap_or_else(|| END.into());
        let (start, end, pad) = (id(START)?, id(END)?, id(&pad)?);
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= vocabulary {
            return Err(ClipTextError::Vocabulary {
                largest,
                vocabulary,
            });
        }
        Ok(Self {
            tokenizer,
            file,
            start,
            end,
            pad,
            length,
        })
    }

    /// The tokenizer as one `tokenizer.json`, whatever files it came from.
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// `text` as ids, cut where it is too long.
    ///
    /// Errors: the text holds what the tokenizer cannot read.
    pub fn read(&self, text: &str) -> Result<Reading, ClipTextError> {
        let encoding = self
            .tokenizer
            .encode(text, false)
            .map_err(|error| damaged("tokenizer.json", error.to_string()))?;
        let room = self.length - 2;
        let words = encoding.get_ids();
        let cut = match encoding.get_offsets().get(room) {
            Some((first, _)) => text.get(*first..).unwrap_or_default().into(),
            None => String::new(),
        };
        let mut ids = vec![self.start];
        ids.extend(&words[..words.len().min(room)]);
        ids.push(self.end);
        ids.resize(self.length, self.pad);
        Ok(Reading { ids, cut })
    }
}

fn damaged(file: &'static str, problem: String) -> ClipTextError {
    ClipTextError::Damaged { file, problem }
}

fn read(folder: &Path, file: &'static str) -> Result<Vec<u8>, ClipTextError> {
    std::fs::read(folder.join(file)).map_err(|error| ClipTextError::Missing {
        file,
        problem: error.to_string(),
    })
}

/// What `vocab.json` and `merges.txt` say, as one `tokenizer.json`.
fn assembled(folder: &Path) -> Result<Vec<u8>, ClipTextError> {
    let vocabulary: BTreeMap<String, u32> = serde_json::from_slice(&read(folder, "vocab.json")?)
        .map_err(|error| damaged("vocab.json", error.to_string()))?;
    let merges = String::from_utf8(read(folder, "merges.txt")?)
        .map_err(|error| damaged("merges.txt", error.to_string()))?;
    let merges: Vec<&str> = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.trim().is_empty())
        .collect();
    let mut added = Vec::new();
    for token in [START, END] {
        let id = vocabulary.get(token);
        let id = id.ok_or_else(|| ClipTextError::NoToken(token.into()))?;
        added.push(json!({
            "id": id, "content": token, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": true, "special": true,
        }));
    }
    let file = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
            {"type": "Lowercase"},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PIECES}, "behavior": "Removed", "invert": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        ]},
        "post_processor": null,
        "decoder": null,
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": END,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": "</w>",
            "fuse_unk": false,
            "byte_fallback": false,
            "vocab": vocabulary,
            "merges": merges,
        },
    });
    Ok(file.to_string().into_bytes())
}

/// The token that fills texts up, where the folder names one.
fn padding(folder: &Path) -> Option<String> {
    let files = ["tokenizer_config.json", "special_tokens_map.json"];
    files.iter().find_map(|file| {
        let text = read(folder, file).ok()?;
        let config: Value = serde_json::from_slice(&text).ok()?;
        let token = config.get("pad_token")?;
        let token = token.as_str().or_else(|| token.get("content")?.as_str())?;
        Some(token.to_owned())
    })
}
