//! Pictures with captions, one at a time.

use std::sync::Arc;

use graph::error::NodeError;
use graph::kind::Kind;
use graph::preview::Preview;
use graph::value::{Footprint, WireValue};

use super::Grid;

/// Pictures with captions, one at a time, in a fixed order.
#[derive(Clone)]
pub struct Dataset {
    samples: Arc<dyn Samples>,
}

/// A source of examples; any thread may ask for any example at any time.
pub trait Samples: Send + Sync {
    /// How many examples there are; a source that makes them up has a number of its own choosing.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The example at `index`: the same one every time.
    ///
    /// Errors: it cannot be read or decoded.
    fn get(&self, index: usize) -> Result<Example, NodeError>;

    /// One line that says what the source is.
    fn describe(&self) -> String;

    /// How much memory the source holds.
    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

/// One example.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What the picture shows, in words.
    pub caption: String,
    /// The picture.
    pub pixels: Pixels,
    /// Where the picture comes from: a drawing family, a folder; empty where unknown.
    pub family: String,
    /// What the picture is known to show; only composed scenes have it.
    pub truth: Option<Truth>,
}

/// A picture, or the codes that it was encoded to.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// `height × width × 3` bytes, row by row.
    Raw {
        /// Rows.
        height: usize,
        /// Pixels a row.
        width: usize,
        /// Red, green, blue.
        bytes: Vec<u8>,
        /// Which pixels show something rather than background, one for each; empty where unknown.
        foreground: Vec<bool>,
    },
    /// `rows × columns` codes, row by row.
    Codes {
        /// Rows and columns.
        grid: Grid,
        /// How many different codes there are.
        codebook: u32,
        /// The codes.
        codes: Vec<u32>,
    },
}

/// What a composed scene shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The template it was made from: `single`, `size`, `counting`, `pair`, `position`.
    pub category: String,
    /// The name of the background's colour.
    pub background: String,
    /// The objects, in the order of the caption.
    pub objects: Vec<TruthObject>,
    /// How the first object lies to the second: `left of`, `right of`, `above`, `below`; empty where the caption says nothing.
    pub relation: String,
}

/// One object of a composed scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruthObject {
    /// The concept.
    pub name: String,
    /// The middle of the object, in pixels from the left.
    pub x: i32,
    /// The middle of the object, in pixels from the top.
    pub y: i32,
    /// The longer side of the object, in pixels.
    pub size: u32,
}

impl Dataset {
    /// A dataset that asks `samples`.
    pub fn new(samples: impl Samples + 'static) -> Self {
        Self {
            samples: Arc::new(samples),
        }
    }

    /// The source itself.
    pub fn samples(&self) -> &dyn Samples {
        self.samples.as_ref()
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The example at `index`.
    ///
    /// Errors: it cannot be read or decoded.
    pub fn get(&self, index: usize) -> Result<Example, NodeError> {
        self.samples.get(index)
    }
}

impl WireValue for Dataset {
    const KIND: &'static str = "dataset";

    fn kind(&self) -> Kind {
        Kind::new(Self::KIND)
    }

    fn preview(&self) -> Preview {
        Preview::Text(self.samples.describe())
    }

    fn footprint(&self) -> Footprint {
        self.samples.footprint()
    }
}
