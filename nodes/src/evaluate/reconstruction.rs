//! `evaluate.reconstruction`

mod report;
mod similarity;

use graph::prelude::*;
use rayon::prelude::*;

use self::report::{Report, Round};
use crate::compute::Compute;
use crate::tokenizer::figures::Usage;
use crate::value::{Dataset, Example, Image, Pixels, Tokenizer};

/// How many pictures are encoded and decoded at a time.
const BATCH: usize = 64;

/// How many pictures the sheet shows in a row, and at most.
const ACROSS: usize = 8;
const SHOWN: usize = 32;

/// Measures what a tokenizer loses: pictures are encoded, decoded and compared.
///
/// PSNR (in dB, of values from 0 to 1) and SSIM (of luma, Gaussian windows of 11 × 11 pixels) are those of each picture,
/// then averaged. PSNR of the foreground counts the pixels alone that show something rather than background.
#[derive(Clone, Debug, Params)]
pub struct EvaluateReconstruction {
    /// How many pictures are compared, spread evenly over the dataset; 0 takes all of them.
    #[param(default = 256)]
    pub count: usize,
}

/// What comes in.
#[derive(Ports)]
pub struct Inputs {
    /// What is measured.
    pub tokenizer: Tokenizer,
    /// The pictures; take some that the tokenizer was not trained on.
    pub dataset: Dataset,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// All figures, for each family and overall, as JSON.
    pub report: String,
    /// The mean PSNR, in dB.
    pub psnr: f64,
    /// The mean PSNR of the foreground, in dB; that of whole pictures where no foreground is known.
    pub psnr_foreground: f64,
    /// The share of all codes that the pictures used.
    pub usage: f64,
    /// A few pictures, each row above what became of it.
    pub image: Image,
}

impl Node for EvaluateReconstruction {
    const ID: &'static str = "evaluate.reconstruction";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, run: &mut Run) -> Result<Outputs, NodeError> {
        let available = inputs.dataset.len();
        if available == 0 {
            return Err(NodeError::input("dataset", "pictures", "an empty dataset"));
        }
        let count = match self.count {
            0 => available,
            count => count.min(available),
        };
        let device = Compute::of(run)?.device().clone();
        let mut usage = Usage::new(inputs.tokenizer.codec().codebook() as usize);
        let mut rounds: Vec<Round> = Vec::new();
        let mut sheet = Vec::new();
        for first in (0..count).step_by(BATCH) {
            run.check()?;
            let last = (first + BATCH).min(count);
            let examples: Vec<Example> = (first..last)
                .into_par_iter()
                .map(|at| inputs.dataset.get(at * available / count))
                .collect::<Result<_, _>>()?;
            let (bytes, size) = side_by_side(&examples)?;
            let image = Image::from_bytes(&bytes, size, &device)
                .map_err(|error| NodeError::input("dataset", "pictures", error))?;
            let tokens = inputs.tokenizer.codec().encode(&image)?;
            usage.count(tokens.codes().iter().copied());
            let made = inputs.tokenizer.codec().decode(&tokens)?.to_bytes();

            let picture = size[1] * size[2] * 3;
            rounds.par_extend(
                examples
                    .par_iter()
                    .zip(made.par_chunks(picture))
                    .map(|(example, made)| Round::compare(example, made)),
            );
            let room = (SHOWN.saturating_sub(sheet.len())).min(examples.len());
            let pairs = bytes.chunks(picture).zip(made.chunks(picture));
            sheet.extend(pairs.take(room).map(|(a, b)| (a.to_vec(), b.to_vec())));
            run.progress(last as u64, count as u64);
        }

        let report = Report::new(&rounds, &usage, &inputs.tokenizer, &inputs.dataset);
        run.note(report.line());
        let side = side_of(&inputs.dataset.get(0)?)?;
        let image = pairs(&sheet, side, &device)?;
        Ok(Outputs {
            psnr: report.overall.psnr,
            psnr_foreground: report
                .overall
                .psnr_foreground
                .unwrap_or(report.overall.psnr),
            usage: report.code_usage,
            report: report.to_json(),
            image,
        })
    }
}

fn side_of(example: &Example) -> Result<[usize; 2], NodeError> {
    match example.pixels {
        Pixels::Raw { height, width, .. } => Ok([height, width]),
        Pixels::Codes { .. } => Err(NodeError::input(
            "dataset",
            "pictures made of pixels",
            "pictures that were encoded already",
        )),
    }
}

/// All bytes one behind the other, and their batch, height and width.
fn side_by_side(examples: &[Example]) -> Result<(Vec<u8>, [usize; 3]), NodeError> {
    let mut all = Vec::new();
    let mut size = None;
    for example in examples {
        let found = side_of(example)?;
        let [height, width] = *size.get_or_insert(found);
        let Pixels::Raw { bytes, .. } = &example.pixels else {
            continue;
        };
        if found != [height, width] {
            return Err(NodeError::input(
                "dataset",
                format!("pictures of one size, {height} × {width} pixels"),
                format!("`{}` with {} × {}", example.caption, found[0], found[1]),
            ));
        }
        all.extend_from_slice(bytes);
    }
    let [height, width] = size.unwrap_or_default();
    Ok((all, [examples.len(), height, width]))
}

/// Rows of pictures, each above the row of what became of them.
fn pairs(
    sheet: &[(Vec<u8>, Vec<u8>)],
    [height, width]: [usize; 2],
    device: &burn::tensor::Device,
) -> Result<Image, NodeError> {
    let across = ACROSS.min(sheet.len());
    let rows = sheet.len().div_ceil(across);
    let line = across * width * 3;
    let mut bytes = vec![255; rows * 2 * height * line];
    for (at, (picture, made)) in sheet.iter().enumerate() {
        let (row, column) = (at / across, at % across);
        for (below, pixels) in [picture, made].into_iter().enumerate() {
            for (y, from) in pixels.chunks(width * 3).enumerate() {
                let top = ((row * 2 + below) * height + y) * line;
                bytes[top + column * width * 3..][..width * 3].copy_from_slice(from);
            }
        }
    }
    Image::from_bytes(&bytes, [1, rows * 2 * height, across * width], device)
        .map_err(|error| NodeError::failed(error, "this is a mistake of the program"))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use graph::node::Node;
    use graph::param::Seed;
    use graph::random::Random;
    use graph::run::{Resources, Run};

    use super::{EvaluateReconstruction, Inputs};
    use crate::compute::Compute;
    use crate::network::layers::Init;
    use crate::network::tokenizer::{
        QuantiserConfig, Stage, TokenizerConfig, TokenizerNetwork, TrainedTokenizer,
    };
    use crate::tokenizer::tests::Gradients;
    use crate::value::{Dataset, Tokenizer};

    #[test]
    fn families_are_told_apart_and_averaged_by_picture() {
        let stage = Stage {
            channels: 6,
            encoder_blocks: 0,
            decoder_blocks: 0,
        };
        let levels = vec![4, 4];
        let config = TokenizerConfig::new(4, vec![stage], QuantiserConfig::Scalar { levels });
        let device = Device::flex();
        let mut init = Init::new(Random::new(Seed(3)), 0, &device);
        let network = TokenizerNetwork::new(&config, &mut init);
        let inputs = Inputs {
            tokenizer: Tokenizer::new(TrainedTokenizer::new(config, network, &device)),
            dataset: Dataset::new(Gradients { count: 9, side: 16 }),
        };
        let mut run = Run::alone(Resources::default().with(Compute::cpu()));
        let node = EvaluateReconstruction { count: 0 };
        let outputs = node.run(inputs, &mut run).expect("the pictures are fine");

        let report: serde_json::Value =
            serde_json::from_str(&outputs.report).expect("the report is JSON");
        let of = |family: &str, key: &str| {
            report["families"][family][key]
                .as_f64()
                .expect("the figure is there")
        };
        assert_eq!(of("down", "pictures"), 5.0);
        assert_eq!(of("across", "pictures"), 4.0);
        let mean = (5.0 * of("down", "psnr") + 4.0 * of("across", "psnr")) / 9.0;
        assert!((mean - outputs.psnr).abs() < 1e-9);
        assert!(
            outputs.psnr > 3.0 && outputs.psnr < 30.0,
            "{}",
            outputs.psnr
        );
        assert!(outputs.usage > 0.0 && outputs.usage <= 1.0);
        // Nine pictures: a row of eight and one of one, each with its reconstructions.
        assert_eq!(outputs.image.pixels().dims(), [1, 64, 128, 3]);
    }
}
