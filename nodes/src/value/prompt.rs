//! Text as a denoiser reads it.

use std::sync::Arc;

use graph::preview::Preview;
use graph::value::{Footprint, WireValue};
use serde::{Deserialize, Serialize};

/// Text as a denoiser reads it: one prompt for each picture, as ids of that denoiser's own vocabulary.
///
/// The ids hold the whole template around the text, image slots included.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// The text itself, one for each picture.
    pub texts: Arc<[String]>,
    /// The ids, one list for each picture.
    pub ids: Arc<[Vec<u32>]>,
    /// What is said beside the texts, one for each picture.
    pub conditions: Arc<[MicroConditions]>,
}

/// What a prompt says beside its text: the photograph that the picture would come from if it were one of the training.
///
/// Some denoisers read these numbers, some as words of the text; others take no notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MicroConditions {
    /// How wide the whole photograph is, in pixels; 0 leaves it to the denoiser.
    pub original_width: u32,
    /// How high the whole photograph is, in pixels; 0 leaves it to the denoiser.
    pub original_height: u32,
    /// How many rows of pixels are cropped above the picture.
    pub crop_top: u32,
    /// How many columns of pixels are cropped to the left of the picture.
    pub crop_left: u32,
    /// How beautiful it is, from 1 to 10; 0 leaves it to the denoiser.
    pub aesthetic_score: f32,
}

impl MicroConditions {
    /// The same with the numbers of `common` where these are left open.
    #[must_use]
    pub fn or(self, common: Self) -> Self {
        let size = |own: u32, common: u32| if own == 0 { common } else { own };
        Self {
            original_width: size(self.original_width, common.original_width),
            original_height: size(self.original_height, common.original_height),
            crop_top: self.crop_top,
            crop_left: self.crop_left,
            aesthetic_score: if self.aesthetic_score > 0.0 {
                self.aesthetic_score
            } else {
                common.aesthetic_score
            },
        }
    }
}

impl Prompt {
    /// Prompts that say nothing beside their texts.
    pub fn new(texts: Vec<String>, ids: Vec<Vec<u32>>) -> Self {
        Self {
            conditions: vec![MicroConditions::default(); ids.len()].into(),
            texts: texts.into(),
            ids: ids.into(),
        }
    }

    /// Those of `pictures`, in their order.
    ///
    /// Panics: when there is no such picture.
    #[must_use]
    pub fn picked(&self, pictures: impl Iterator<Item = usize> + Clone) -> Self {
        let texts = pictures.clone().map(|at| self.texts[at].clone());
        let ids = pictures.clone().map(|at| self.ids[at].clone());
        Self {
            texts: texts.collect(),
            ids: ids.collect(),
            conditions: pictures.map(|at| self.conditions[at]).collect(),
        }
    }

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
        let conditions = size_of_val(&*self.conditions);
        Footprint::host(texts + ids + conditions)
    }
}
