//! Sheets of pictures that show what a denoiser paints while it learns.

use std::path::{Path, PathBuf};

use graph::prelude::*;
use graph::value::WireValue;

use super::TrainGce;
use crate::decoder::DecodeTokens;
use crate::image::sheet::{Backdrop, Layout};
use crate::output::{file, png};
use crate::sample::{EditSampler, Start};
use crate::value::{Dataset, Denoiser, MicroConditions, Prompt, Scorer, Tokenizer, Tokens};

/// How many captions of a dataset a sheet shows.
const FROM_DATASET: usize = 16;

/// What share of the likeliest token's probability guidance asks of the tokens of a sheet, as the workflows that paint do:
/// without it, large codebooks look worse than what was learnt.
const PLAUSIBILITY: f32 = 0.01;

/// How the pictures of a sheet lie.
const LAYOUT: Layout = Layout {
    columns: 0,
    gap: 4,
    backdrop: Backdrop::White,
};

/// What paints sheets: the same captions with the same draws each time, so that sheets differ by what was learnt alone.
pub(super) struct Sheets {
    folder: PathBuf,
    every: u32,
    captions: Vec<String>,
    start: Start,
    sampler: EditSampler,
    decoder: DecodeTokens,
    tokenizer: Tokenizer,
    /// The step of the last one.
    painted: Option<u32>,
}

impl Sheets {
    /// Those that `node` asks for, where it does; makes their folder.
    ///
    /// Errors: no tokenizer can draw them, a caption does not fit the denoiser, or the folder cannot be made.
    pub(super) fn of(
        node: &TrainGce,
        denoiser: &Denoiser,
        dataset: &Dataset,
        tokenizer: Option<&Tokenizer>,
        run: &Run,
    ) -> Result<Option<Self>, NodeError> {
        if node.sheets.0.is_empty() {
            return Ok(None);
        }
        let scorer = denoiser.scorer();
        let tokenizer = drawing(tokenizer, scorer)?;
        let captions = captions(node, dataset, scorer)?;
        let plain = MicroConditions::default();
        let ids = captions.iter().map(|text| {
            scorer
                .read(text, &plain)
                .map_err(|error| unread(text, &error))
        });
        let ids = ids.collect::<Result<_, _>>()?;
        let tokens = Tokens::masked(captions.len(), scorer.grid(), scorer.codebook())
            .map_err(|error| NodeError::failed(error, "take a denoiser with a grid"))?;
        let folder = run.resolve(&node.sheets);
        make(&folder)?;
        Ok(Some(Self {
            folder,
            every: node.sheet_every,
            start: Start {
                prompt: Prompt::new(captions.clone(), ids),
                negative: None,
                tokens,
                policy: None,
            },
            captions,
            sampler: EditSampler {
                steps: node.sheet_steps,
                guidance: node.sheet_guidance,
                plausibility: PLAUSIBILITY,
                seed: node.seed,
                ..usual()?
            },
            decoder: usual()?,
            tokenizer,
            painted: None,
        }))
    }

    /// Whether a sheet is due after `step` steps, `last` being whether no more follow.
    pub(super) fn is_due(&self, step: u32, last: bool) -> bool {
        self.painted != Some(step) && (last || step.is_multiple_of(self.every))
    }

    /// Paints what `denoiser` has learnt after `step` steps, shows it, and writes it to a file that tells the step.
    ///
    /// Errors: it cannot be painted or written, or the run is cancelled.
    pub(super) fn paint(
        &mut self,
        step: u32,
        denoiser: &Denoiser,
        run: &Run,
    ) -> Result<(), NodeError> {
        let quiet = run.silent();
        let (tokens, _) = self.sampler.sample(denoiser, &self.start, &quiet)?;
        let pictures = self.decoder.decode(&self.tokenizer, &tokens, &quiet)?;
        let sheet = LAYOUT.sheet(&[pictures])?;
        run.preview(sheet.preview());
        let path = self.folder.join(format!("step-{step:08}.png"));
        let texts = [("Description".to_owned(), self.captions.join("\n"))];
        let bytes = png::encode(&sheet, 0, &texts).map_err(|error| {
            NodeError::file(
                &path,
                format!("a sheet cannot be made into a PNG file: {error}"),
                "take other `sheet_captions`",
            )
        })?;
        file::write(&path, &bytes).map_err(|error| unwritten(error, &path))?;
        self.painted = Some(step);
        Ok(())
    }
}

/// The tokenizer that draws what a denoiser paints.
///
/// Errors: there is none, or it has other codes.
fn drawing(tokenizer: Option<&Tokenizer>, scorer: &dyn Scorer) -> Result<Tokenizer, NodeError> {
    let Some(tokenizer) = tokenizer else {
        return Err(NodeError::failed(
            "`sheets` names a folder, but no tokenizer is wired that could draw them",
            "wire the tokenizer, or leave `sheets` empty",
        ));
    };
    let (own, wanted) = (tokenizer.codec().codebook(), scorer.codebook());
    if own != wanted {
        return Err(NodeError::input(
            "tokenizer",
            format!("{wanted} codes, as the denoiser has, to draw `sheets`"),
            format!("{own} codes"),
        ));
    }
    Ok(tokenizer.clone())
}

/// The captions of all sheets: those of `node`, or some from all over the dataset that the denoiser can read.
///
/// Errors: a picture of the dataset cannot be read, or no caption is short enough.
fn captions(
    node: &TrainGce,
    dataset: &Dataset,
    scorer: &dyn Scorer,
) -> Result<Vec<String>, NodeError> {
    let lines = node.sheet_captions.lines().map(str::trim);
    let given: Vec<String> = lines
        .filter(|line| !line.is_empty())
        .map(Into::into)
        .collect();
    if !given.is_empty() {
        return Ok(given);
    }
    let (available, plain) = (dataset.len(), MicroConditions::default());
    let count = available.min(FROM_DATASET);
    let mut found = Vec::with_capacity(count);
    for number in 0..count {
        let caption = dataset.get(number * available / count)?.caption;
        let caption = caption.replace(['\n', '\r'], " ");
        if scorer.read(&caption, &plain).is_ok() && !found.contains(&caption) {
            found.push(caption);
        }
    }
    if found.is_empty() {
        return Err(NodeError::failed(
            format!("none of {count} captions of the dataset is short enough for a sheet"),
            "give some as `sheet_captions`, one a line",
        ));
    }
    Ok(found)
}

/// What to do about a caption that the denoiser cannot read.
fn unread(text: &str, error: &NodeError) -> NodeError {
    NodeError::failed(
        format!(
            "the caption `{text}` of `sheet_captions` does not fit: {}",
            error.problem()
        ),
        "shorten it or leave it out",
    )
}

/// Makes the folder now rather than at the first sheet.
fn make(folder: &Path) -> Result<(), NodeError> {
    std::fs::create_dir_all(folder).map_err(|error| {
        NodeError::file(
            folder,
            format!("cannot make the folder of the sheets: {error}"),
            "choose another folder for `sheets`, or leave it empty",
        )
    })
}

/// What to do about a sheet that cannot be written.
fn unwritten(error: NodeError, path: &Path) -> NodeError {
    match error {
        NodeError::File { problem, .. } => NodeError::file(
            path,
            format!("the sheet cannot be written, {problem}"),
            "make room or choose another folder for `sheets`, and go on from the last checkpoint with `resume`",
        ),
        other => other,
    }
}

/// A node's parameters as they usually are.
fn usual<P: Params>() -> Result<P, NodeError> {
    P::from_values(&ParamValues::new()).map_err(|_| {
        NodeError::failed(
            format!("`{}` lacks a default", P::TITLE),
            "this is a mistake of the program, please report it",
        )
    })
}
