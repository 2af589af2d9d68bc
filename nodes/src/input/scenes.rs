//! Scenes composed of single things, with captions and exact truth.

pub mod colour;
pub mod grammar;
pub mod holdout;
pub mod layout;
pub mod render;
pub mod sprites;

#[cfg(test)]
pub mod tests;

use graph::prelude::*;
use graph::random::Stream;

use self::holdout::Holdout;
use self::layout::{Composer, LENGTHS};
use self::sprites::Sprites;
use crate::value::{Dataset, Example, Pixels, Samples};

/// Composes captioned scenes on the fly: single things, small and large ones, two to four of a kind, pairs, and pairs side by side or one above the other, each on a coloured background.
///
/// What a scene shows is known exactly. Scenes depend on the seed and their number alone.
/// One tenth of all pairs of things, chosen by a salted hash of their names, is never shown in training.
#[derive(Clone, Debug, Params)]
pub struct ComposedScenes {
    /// The folder of the sprites, with their captions.csv: a family's own, or one that holds the family's.
    #[param(default = "data/emoji")]
    pub path: FilePath,
    /// The drawing family that the things are taken from.
    #[param(default = "fluent-3d")]
    pub family: String,
    /// The only things shown, with commas between; empty shows all.
    pub only: String,
    /// Rows of the pictures, and pixels a row.
    #[param(default = 128, range = 16..=1024, unit = "px")]
    pub size: u32,
    /// How many scenes there are; they are made when asked for, so more cost nothing.
    #[param(default = 1_000_000, range = 1..=4_000_000_000_u64)]
    pub count: u64,
    /// Which pairs of things are shown together.
    pub split: Split,
    /// Decides which pairs are held out.
    #[param(default = "smalto")]
    pub salt: String,
    /// Same seed, same scenes.
    pub seed: Seed,
}

/// Which pairs of things scenes show together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Split {
    /// All pairs but those held out.
    Train,
    /// Only pairs held out; the kinds of scenes come in turn.
    HeldOut,
}

/// What comes out.
#[derive(Ports)]
pub struct Outputs {
    /// The scenes.
    pub dataset: Dataset,
}

impl Node for ComposedScenes {
    const ID: &'static str = "input.scenes";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let scenes = Scenes::open(self, run)?;
        run.note(scenes.describe());
        Ok(Outputs {
            dataset: Dataset::new(scenes),
        })
    }
}

/// The source of composed scenes.
pub struct Scenes {
    sprites: Sprites,
    countable: Vec<u32>,
    holdout: Holdout,
    held_out: bool,
    size: usize,
    count: usize,
    stream: Stream,
}

impl Scenes {
    /// Reads the sprites that `node` names.
    ///
    /// Errors: they cannot be read, or are too few to part their pairs.
    pub fn open(node: &ComposedScenes, run: &Run) -> Result<Self, NodeError> {
        let size = node.size as usize;
        let lengths = LENGTHS.map(|share| (share * size as f32).ceil() as usize);
        let path = run.resolve(&node.path);
        let sprites = Sprites::open(&path, &node.family, &node.only, lengths, run)?;
        let names: Vec<&str> = sprites
            .nouns
            .iter()
            .map(|noun| noun.name.as_str())
            .collect();
        let holdout = Holdout::new(&names, &node.salt);
        let held_out = node.split == Split::HeldOut;
        let countable: Vec<u32> = (0..sprites.count() as u32)
            .filter(|sprite| sprites.nouns[*sprite as usize].plural.is_some())
            .collect();
        let pairs_left = if held_out {
            !holdout.pairs().is_empty()
        } else {
            holdout.leaves_pairs()
        };
        if !pairs_left || countable.is_empty() {
            return Err(NodeError::file(
                path,
                format!("{} things are too few for scenes", sprites.count()),
                "add pictures to the folder and its captions.csv, name more things in `only`, or change `salt`",
            ));
        }
        Ok(Self {
            sprites,
            countable,
            holdout,
            held_out,
            size,
            count: node.count as usize,
            // The two splits share no scene, not even of a single thing.
            stream: run.random(node.seed).stream(u32::from(held_out)),
        })
    }

    /// The scene at `index`, not yet drawn.
    pub fn scene(&self, index: usize) -> layout::Scene {
        Composer {
            sprites: &self.sprites,
            countable: &self.countable,
            holdout: &self.holdout,
            held_out: self.held_out,
            size: self.size,
        }
        .scene(self.stream, index as u32)
    }

    /// Which pairs are held out.
    pub fn holdout(&self) -> &Holdout {
        &self.holdout
    }

    /// The things that scenes show.
    pub fn sprites(&self) -> &Sprites {
        &self.sprites
    }
}

impl Samples for Scenes {
    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Example, NodeError> {
        if index >= self.count {
            return Err(NodeError::failed(
                format!("there is no scene {index}"),
                format!("`count` of input.scenes is {}", self.count),
            ));
        }
        let scene = self.scene(index);
        let (bytes, foreground) = render::render(&scene, &self.sprites, self.size);
        Ok(Example {
            caption: scene.caption,
            pixels: Pixels::Raw {
                height: self.size,
                width: self.size,
                bytes,
                foreground,
            },
            family: "scenes".into(),
            truth: Some(scene.truth),
        })
    }

    fn describe(&self) -> String {
        let pairs = self.sprites.count() * (self.sprites.count() - 1) / 2;
        let held_out = self.holdout.pairs().len();
        let shown = if self.held_out {
            held_out
        } else {
            pairs - held_out
        };
        format!(
            "{} scenes of {} things, {shown} of {pairs} pairs, {size} × {size} pixels",
            self.count,
            self.sprites.count(),
            size = self.size
        )
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.sprites.bytes())
    }
}
