//! Pictures with captions from files.

pub mod archive;
pub mod encoded;
pub mod folder;
pub mod found;
pub mod split;
mod store;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use graph::param::ParamError;
use graph::prelude::*;

use self::split::Cell;
use self::store::{Canvas, Entry, Store};
use super::picture;
use super::scenes::colour;
use crate::value::Dataset;

/// What there must be at the path.
const KINDS: &str = "a folder of pictures, a .tar or a .safetensors";

/// Reads captioned pictures: a folder, a WebDataset tar, or pictures that were encoded before, in one file or in a folder of
/// such files and nothing else.
///
/// A folder holds PNG, WebP, JPEG, GIF or SVG pictures, at any depth; captions stand in a `captions.csv` of their folder
/// (columns `file`, `caption`, and where known `concept`, `drawing`), else in a `.txt` beside each picture.
/// In a tar, `name.txt` or `name.json` beside `name.png` holds the caption.
/// Every picture is decoded once and kept; one that cannot be read stops the node unless that is allowed.
/// Captions without a picture are counted and left out.
#[derive(Clone, Debug, Params)]
pub struct ReadDataset {
    /// A folder of pictures, a `.tar`, a `.safetensors` that tokenizer.encode_dataset wrote, or a folder of those.
    #[param(default = "data/emoji")]
    pub path: FilePath,
    /// Rows of the pictures, and pixels a row: each is fitted into the middle of such a square.
    #[param(default = 128, range = 8..=2048, unit = "px")]
    pub size: u32,
    /// What lies behind transparent pictures: `white`, `black`, another colour of scenes, or `#rrggbb`.
    #[param(default = "white")]
    pub background: String,
    /// Which part of the pictures.
    pub split: Part,
    /// What share of the cells of concept and drawing family is held out.
    #[param(default = 0.1, range = 0.0..=1.0)]
    pub held_out_share: f32,
    /// Decides which cells are held out.
    #[param(default = "smalto")]
    pub salt: String,
    /// Whether pictures that cannot be read, or that a list names and that are not there, are counted and left out.
    pub skip_unreadable: bool,
}

/// Which part of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Part {
    /// Every picture.
    All,
    /// Those to learn from.
    Train,
    /// Those never learned from.
    HeldOut,
}

/// What comes out.
#[derive(Ports)]
pub struct Outputs {
    /// The pictures.
    pub dataset: Dataset,
}

impl Node for ReadDataset {
    const ID: &'static str = "input.dataset";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        // It would be the folder of the workflow, of which all pictures would be read.
        if self.path.0.is_empty() {
            return Err(ParamError::Invalid {
                param: "path".into(),
                expected: KINDS.into(),
                found: "\"\"".into(),
            });
        }
        if colour::named(&self.background).is_some() {
            return Ok(());
        }
        let names: Vec<&str> = colour::BACKGROUNDS.iter().map(|(name, _)| *name).collect();
        Err(ParamError::Invalid {
            param: "background".into(),
            expected: format!("one of black, {}, or #rrggbb", names.join(", ")),
            found: format!("{:?}", self.background),
        })
    }

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let path = run.resolve(&self.path);
        let hint = || format!("name {KINDS}");
        let kind =
            std::fs::metadata(&path).map_err(|error| NodeError::file(&path, error, hint()))?;
        let extension = picture::extension(&path);
        if kind.is_file() && extension == "safetensors" {
            return self.encoded(&[path]);
        }
        let entries = if kind.is_dir() {
            let endings = picture::EXTENSIONS.join(", .");
            let hint = format!("pictures end in .{endings}, encoded ones in .safetensors");
            let found = folder::entries(&path, self.skip_unreadable)?;
            let parts = folder::encoded_parts(&path)?;
            if found.entries.is_empty() && !parts.is_empty() {
                return self.encoded(&parts);
            }
            found.pictures(&path, "folder", &hint, run)?
        } else if extension == "tar" {
            let found = archive::entries(&path)?;
            found.pictures(&path, "archive", archive::HINT, run)?
        } else {
            return Err(NodeError::file(path, "this is no dataset", hint()));
        };
        let found = entries.len();
        let wanted: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| self.wants(&entry.cell))
            .collect();
        if wanted.is_empty() {
            return Err(NodeError::file(
                path,
                format!("none of its {found} pictures is in this part"),
                "check `path`, or change `split`, `held_out_share` or `salt`",
            ));
        }
        let canvas = Canvas {
            side: self.size as usize,
            background: colour::named(&self.background).unwrap_or([255; 3]),
        };
        let store = Store::open(wanted, canvas, self.skip_unreadable, run)?;
        Ok(Outputs {
            dataset: Dataset::new(store),
        })
    }
}

impl ReadDataset {
    fn wants(&self, cell: &Cell) -> bool {
        match self.split {
            Part::All => true,
            Part::Train => !cell.is_held_out(self.held_out_share, &self.salt),
            Part::HeldOut => cell.is_held_out(self.held_out_share, &self.salt),
        }
    }

    fn encoded(&self, parts: &[PathBuf]) -> Result<Outputs, NodeError> {
        if self.split != Part::All {
            return Err(NodeError::Param(ParamError::Invalid {
                param: "split".into(),
                expected: "\"all\", for encoded pictures are parted before they are encoded".into(),
                found: format!("{:?}", self.split.name()),
            }));
        }
        Ok(Outputs {
            dataset: Dataset::new(encoded::EncodedPictures::read_all(parts)?),
        })
    }
}
