//! Text as a denoiser reads it.

use std::sync::Arc;

use graph::preview::Preview;
use graph::value::{Footprint, WireValue};

/// Text as a denoiser reads it: one prompt for each picture, as ids of that denoiser's own vocabulary.
///
/// The ids hold the whole template around the text, image slots included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The text itself, one for each picture.
    pub texts: Arc<[String]>,
    /// The ids, one list for each picture.
    pub ids: Arc<[Vec<u32>]>,
}

impl Prompt {
    /// How many pictures are asked for.
    pub fn batch(&self) -> usize {
        self.ids.len()
    }
}

impl WireValue for Prompt {
    const KIND: &'static str = "prompt";

    fn preview(&self) -> Preview {
        Preview::Text(self.texts.join("\n"))
    }

    fn footprint(&self) -> Footprint {
        let texts: usize = self.texts.iter().map(String::len).sum();
        let ids: usize = self.ids.iter().map(|ids| ids.len() * 4).sum();
        Footprint::host(texts + ids)
    }
}
