//! Whether pictures of scenes show what their captions say.

pub mod checker;
pub mod components;
pub mod judge;

#[cfg(test)]
mod tests;

use graph::prelude::*;
use rayon::prelude::*;
use serde::Serialize;

use self::checker::Checker;
use self::judge::{Score, judge};
use crate::value::{Dataset, Image, Pixels, Truth};

/// Judges pictures of composed scenes by their captions: objects, counts, relations, sizes, backgrounds.
///
/// The checker tells objects apart by the nearest sprite, without any network.
/// How it does on the true pictures, and where wired on those that went through the tokenizer, stands beside every score: nothing can do better than that.
#[derive(Clone, Debug, Params)]
pub struct EvaluateScenes {
    /// The folder of the sprites, as that of the scenes.
    #[param(default = "data/emoji")]
    pub path: FilePath,
    /// The drawing family, as that of the scenes.
    #[param(default = "fluent-3d")]
    pub family: String,
    /// The only things there are, with commas between, as for the scenes; empty means all.
    pub only: String,
    /// How many captions there are; 0 means as many as the first wire brings pictures.
    #[param(default = 0, range = 0..=1_000_000)]
    pub count: u32,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// The scenes whose captions the pictures were made from, beginning with the first.
    pub dataset: Dataset,
    /// The pictures, in the order of the captions; once through all captions, they begin anew.
    pub image: Vec<Image>,
    /// The true pictures after the tokenizer's round trip, in the order of the captions.
    pub reconstructed: Option<Image>,
}

/// What comes out.
#[derive(Ports)]
pub struct Outputs {
    /// All scores as JSON.
    pub report: String,
    /// The share of pictures of which everything said holds.
    pub score: f64,
}

/// The report: the pictures' score, and what bounds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Report {
    captions: usize,
    pictures: usize,
    score: Score,
    checker_on_true_pictures: Score,
    #[serde(skip_serializing_if = "Option::is_none")]
    checker_on_reconstructions: Option<Score>,
}

/// A caption's truth, with the true picture.
struct TrueScene {
    truth: Truth,
    bytes: Vec<u8>,
    height: usize,
    width: usize,
}

/// Pictures as bytes.
struct Batch {
    bytes: Vec<u8>,
    height: usize,
    width: usize,
}

impl Node for EvaluateScenes {
    const ID: &'static str = "evaluate.scenes";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let Some(first) = inputs.image.first() else {
            return Err(NodeError::input("image", "pictures", "nothing"));
        };
        let captions = match self.count as usize {
            0 => first.batch(),
            count => count,
        };
        let pictures: usize = inputs.image.iter().map(Image::batch).sum();
        if !pictures.is_multiple_of(captions) {
            return Err(NodeError::input(
                "image",
                format!("whole rounds of {captions} pictures"),
                format!("{pictures} pictures"),
            ));
        }
        let scenes = true_scenes(&inputs.dataset, captions)?;
        let checker = Checker::open(&run.resolve(&self.path), &self.family, &self.only, run)?;

        let truly = |at: usize| {
            let scene: &TrueScene = &scenes[at];
            (scene.bytes.as_slice(), scene.height, scene.width)
        };
        let checker_on_true_pictures = score(&checker, &scenes, captions, truly, run)?;
        let batches: Vec<Batch> = inputs.image.iter().map(Batch::of).collect();
        let made = |at: usize| picture(&batches, at);
        let made = score(&checker, &scenes, pictures, made, run)?;
        let checker_on_reconstructions = inputs
            .reconstructed
            .map(|image| {
                if image.batch() != captions {
                    return Err(NodeError::input(
                        "reconstructed",
                        format!("{captions} pictures, one for each caption"),
                        format!("{} pictures", image.batch()),
                    ));
                }
                let batch = [Batch::of(&image)];
                score(&checker, &scenes, captions, |at| picture(&batch, at), run)
            })
            .transpose()?;

        let report = Report {
            captions,
            pictures,
            score: made,
            checker_on_true_pictures,
            checker_on_reconstructions,
        };
        run.note(summary(&report));
        let text = serde_json::to_string_pretty(&report)
            .map_err(|error| NodeError::failed(error, "this is a mistake of the program"))?;
        Ok(Outputs {
            report: text,
            score: report.score.overall.score,
        })
    }
}

impl Batch {
    fn of(image: &Image) -> Self {
        Self {
            bytes: image.to_bytes(),
            height: image.height(),
            width: image.width(),
        }
    }

    fn length(&self) -> usize {
        self.height * self.width * 3
    }
}

/// The picture at `at`, counted through all batches.
fn picture(batches: &[Batch], mut at: usize) -> (&[u8], usize, usize) {
    for batch in batches {
        let count = batch.bytes.len() / batch.length();
        if at < count {
            let from = at * batch.length();
            return (
                &batch.bytes[from..from + batch.length()],
                batch.height,
                batch.width,
            );
        }
        at -= count;
    }
    (&[], 0, 0)
}

/// The first `count` scenes of the dataset.
fn true_scenes(dataset: &Dataset, count: usize) -> Result<Vec<TrueScene>, NodeError> {
    if dataset.len() < count {
        return Err(NodeError::input(
            "dataset",
            format!("at least {count} scenes, one for each picture"),
            format!("{} scenes", dataset.len()),
        ));
    }
    let scene = |index: usize| {
        let example = dataset.get(index)?;
        match (example.truth, example.pixels) {
            (
                Some(truth),
                Pixels::Raw {
                    height,
                    width,
                    bytes,
                    ..
                },
            ) => Ok(TrueScene {
                truth,
                bytes,
                height,
                width,
            }),
            (None, _) => Err(NodeError::input(
                "dataset",
                "composed scenes, whose content is known",
                "pictures without truth",
            )),
            (_, Pixels::Codes { .. }) => Err(NodeError::input(
                "dataset",
                "composed scenes as pictures",
                "encoded ones",
            )),
        }
    };
    (0..count).into_par_iter().map(scene).collect()
}

/// Judges `count` pictures; the one at `at` belongs to the caption at `at mod captions`.
fn score<'a>(
    checker: &Checker,
    scenes: &[TrueScene],
    count: usize,
    picture: impl Fn(usize) -> (&'a [u8], usize, usize) + Sync,
    run: &Run,
) -> Result<Score, NodeError> {
    let judgements = (0..count)
        .into_par_iter()
        .map(|at| {
            run.check()?;
            let scene = &scenes[at % scenes.len()];
            let (bytes, height, width) = picture(at);
            let seen = checker.look(bytes, height, width);
            let true_side = scene.height.min(scene.width);
            Ok(judge(&seen, height.min(width), &scene.truth, true_side))
        })
        .collect::<Result<Vec<_>, NodeError>>()?;
    let mut score = Score::default();
    for (at, judgement) in judgements.iter().enumerate() {
        score.add(&scenes[at % scenes.len()].truth.category, judgement);
    }
    Ok(score)
}

/// One line for the log.
fn summary(report: &Report) -> String {
    let categories: Vec<String> = report
        .score
        .categories
        .iter()
        .map(|(name, share)| format!("{name} {:.3}", share.score))
        .collect();
    let ceiling = report.checker_on_true_pictures.overall.score;
    let reconstructed = report
        .checker_on_reconstructions
        .as_ref()
        .map(|score| format!(", on reconstructions {:.3}", score.overall.score))
        .unwrap_or_default();
    format!(
        "{:.3} of {} pictures show what their captions say ({}); the checker itself on true pictures {ceiling:.3}{reconstructed}",
        report.score.overall.score,
        report.pictures,
        categories.join(", ")
    )
}
