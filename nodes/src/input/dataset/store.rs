//! Pictures decoded once and kept.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use graph::error::NodeError;
use graph::run::Run;
use graph::value::Footprint;
use rayon::prelude::*;

use super::found::few;
use super::split::Cell;
use crate::input::picture::Picture;
use crate::value::{Example, Pixels, Samples};

/// One picture of a dataset, not yet decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What it shows, in words.
    pub caption: String,
    /// The folder or set that it comes from.
    pub family: String,
    /// What it is held out with.
    pub cell: Cell,
    /// The file that holds it.
    pub file: PathBuf,
    /// Where in the file it begins; 0 unless the file is an archive.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    /// Which format its name tells.
    pub extension: String,
    /// Its name within an archive, for messages.
    pub member: String,
}

/// What pictures are laid on.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Rows, and pixels a row.
    pub side: usize,
    /// The colour behind.
    pub background: [u8; 3],
}

/// A decoded picture: its bytes, and which pixels it covers.
type Decoded = (Box<[u8]>, Box<[bool]>);

/// Pictures of files, laid on squares.
pub struct Store {
    entries: Vec<Entry>,
    /// Those that are kept; the others are decoded whenever they are asked for.
    decoded: Vec<Option<Decoded>>,
    canvas: Canvas,
}

/// How many bytes of decoded pictures are kept.
const KEPT: u64 = 6 << 30;

/// No picture of a training set is larger than this.
const LONGEST_FILE: u64 = 64 << 20;

impl Store {
    /// Decodes `entries` and keeps as many as there is room for.
    ///
    /// Errors: a picture cannot be read and `skip_unreadable` is not set, or none can.
    pub fn open(
        entries: Vec<Entry>,
        canvas: Canvas,
        skip_unreadable: bool,
        run: &Run,
    ) -> Result<Self, NodeError> {
        let (done, used) = (AtomicUsize::new(0), AtomicU64::new(0));
        let total = entries.len();
        let read = |entry: &Entry| -> Result<Result<Option<Decoded>, NodeError>, NodeError> {
            run.check()?;
            let decoded = decode(entry, canvas);
            let number = done.fetch_add(1, Ordering::Relaxed) + 1;
            if number.is_multiple_of(64) {
                run.progress(number as u64, total as u64);
            }
            Ok(decoded.map(|decoded| {
                let bytes = (decoded.0.len() + decoded.1.len()) as u64;
                (used.fetch_add(bytes, Ordering::Relaxed) + bytes <= KEPT).then_some(decoded)
            }))
        };
        let results = entries
            .par_iter()
            .map(read)
            .collect::<Result<Vec<_>, NodeError>>()?;

        let mut store = Self {
            entries: Vec::with_capacity(total),
            decoded: Vec::with_capacity(total),
            canvas,
        };
        let mut unreadable = Vec::new();
        for (entry, result) in entries.into_iter().zip(results) {
            match result {
                Ok(decoded) => {
                    store.entries.push(entry);
                    store.decoded.push(decoded);
                }
                Err(error) if skip_unreadable => unreadable.push(error),
                Err(error) => return Err(error),
            }
        }
        if let Some(first) = unreadable.first() {
            if store.entries.is_empty() {
                return Err(first.clone());
            }
            let named: Vec<String> = unreadable.iter().map(told).collect();
            run.note(format!(
                "{} of {total} pictures could not be read and are left out: {}",
                unreadable.len(),
                few(&named)
            ));
        }
        run.note(store.describe());
        Ok(store)
    }
}

impl Samples for Store {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        let Some(entry) = self.entries.get(index) else {
            return Err(NodeError::failed(
                format!("there is no picture {index}"),
                format!("the dataset has {}", self.entries.len()),
            ));
        };
        let (bytes, foreground) = match &self.decoded[index] {
            Some(decoded) => decoded.clone(),
            None => decode(entry, self.canvas)?,
        };
        Ok(Example {
            caption: entry.caption.clone(),
            pixels: Pixels::Raw {
                height: self.canvas.side,
                width: self.canvas.side,
                bytes: bytes.into_vec(),
                foreground: foreground.into_vec(),
            },
            family: entry.family.clone(),
            truth: None,
        })
    }

    fn describe(&self) -> String {
        let mut families: Vec<&str> = self
            .entries
            .iter()
            .map(|entry| entry.family.as_str())
            .collect();
        families.sort_unstable();
        families.dedup();
        format!(
            "{} pictures of {}, {side} × {side} pixels",
            self.entries.len(),
            families.join(", "),
            side = self.canvas.side
        )
    }

    fn footprint(&self) -> Footprint {
        let decoded = self.decoded.iter().flatten();
        Footprint::host(
            decoded
                .map(|(bytes, covered)| bytes.len() + covered.len())
                .sum(),
        )
    }
}

/// An error without how to mend it, for it was passed over.
fn told(error: &NodeError) -> String {
    match error {
        NodeError::File { problem, path, .. } => format!("{}, {problem}", path.display()),
        other => other.to_string(),
    }
}

fn decode(entry: &Entry, canvas: Canvas) -> Result<Decoded, NodeError> {
    let fails = |problem: &dyn std::fmt::Display| {
        let problem = if entry.member.is_empty() {
            problem.to_string()
        } else {
            format!("`{}` of the archive: {problem}", entry.member)
        };
        NodeError::file(
            &entry.file,
            problem,
            "replace it, or set `skip_unreadable` to leave such pictures out",
        )
    };
    if entry.length > LONGEST_FILE {
        return Err(fails(&format!(
            "the picture has {} bytes, more than the {LONGEST_FILE} that are read",
            entry.length
        )));
    }
    let bytes = read(entry).map_err(|error| fails(&error))?;
    let picture =
        Picture::decode(&bytes, &entry.extension, canvas.side).map_err(|error| fails(&error))?;
    let (bytes, covered) = picture.on_square(canvas.side, canvas.background);
    Ok((bytes.into_boxed_slice(), covered.into_boxed_slice()))
}

fn read(entry: &Entry) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(&entry.file)?;
    let _ = file.seek(SeekFrom::Start(entry.offset))?;
    let mut bytes = Vec::with_capacity(entry.length as usize);
    let count = file.take(entry.length).read_to_end(&mut bytes)?;
    if (count as u64) < entry.length {
        return Err(std::io::Error::other(format!(
            "the file ends {} bytes too early",
            entry.length - count as u64
        )));
    }
    Ok(bytes)
}
