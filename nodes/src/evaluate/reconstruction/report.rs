//! The figures of a tokenizer, for each family of pictures and overall.

use std::collections::BTreeMap;

use serde::Serialize;

use super::similarity::structural_similarity;
use crate::tokenizer::figures::{Usage, psnr};
use crate::value::{Dataset, Example, Pixels, Tokenizer};

/// One picture beside what became of it.
pub(super) struct Round {
    family: String,
    psnr: f64,
    psnr_foreground: Option<f64>,
    ssim: f64,
}

impl Round {
    /// Compares `example`, which is made of pixels, with the bytes that became of it.
    pub(super) fn compare(example: &Example, made: &[u8]) -> Self {
        let (bytes, foreground, width) = match &example.pixels {
            Pixels::Raw {
                bytes,
                foreground,
                width,
                ..
            } => (bytes.as_slice(), foreground.as_slice(), *width),
            Pixels::Codes { .. } => (&[][..], &[][..], 0),
        };
        let squares: Vec<f64> = bytes
            .chunks(3)
            .zip(made.chunks(3))
            .map(|(a, b)| {
                let square = |(a, b): (&u8, &u8)| {
                    let difference = (f64::from(*a) - f64::from(*b)) / 255.0;
                    difference * difference
                };
                a.iter().zip(b).map(square).sum::<f64>() / 3.0
            })
            .collect();
        let inside: Vec<f64> = squares
            .iter()
            .zip(foreground)
            .filter(|(_, inside)| **inside)
            .map(|(square, _)| *square)
            .collect();
        Self {
            family: example.family.clone(),
            psnr: psnr(mean(&squares)),
            psnr_foreground: (!inside.is_empty()).then(|| psnr(mean(&inside))),
            ssim: structural_similarity(bytes, made, width),
        }
    }
}

/// The figures of many pictures.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Family {
    pub(super) pictures: usize,
    pub(super) psnr: f64,
    pub(super) psnr_foreground: Option<f64>,
    pub(super) ssim: f64,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    tokenizer: String,
    hash: String,
    dataset: String,
    psnr_is: &'static str,
    pub(super) overall: Family,
    families: BTreeMap<String, Family>,
    codes: u32,
    codes_used: usize,
    pub(super) code_usage: f64,
    code_perplexity: f64,
}

impl Report {
    pub(super) fn new(
        rounds: &[Round],
        usage: &Usage,
        tokenizer: &Tokenizer,
        dataset: &Dataset,
    ) -> Self {
        let mut families: BTreeMap<String, Vec<&Round>> = BTreeMap::new();
        for round in rounds {
            let name = match round.family.as_str() {
                "" => "unknown",
                name => name,
            };
            families.entry(name.into()).or_default().push(round);
        }
        let all: Vec<&Round> = rounds.iter().collect();
        Self {
            tokenizer: tokenizer.codec().describe(),
            hash: tokenizer.codec().hash(),
            dataset: dataset.samples().describe(),
            psnr_is: "that of each picture in dB, values from 0 to 1, then averaged over pictures",
            overall: Family::of(&all),
            families: families
                .into_iter()
                .map(|(name, rounds)| (name, Family::of(&rounds)))
                .collect(),
            codes: tokenizer.codec().codebook(),
            codes_used: usage.used(),
            code_usage: usage.share(),
            code_perplexity: usage.perplexity(),
        }
    }

    /// The most important figures.
    pub(super) fn line(&self) -> String {
        let foreground = match self.overall.psnr_foreground {
            Some(psnr) => format!(" ({psnr:.2} dB in the foreground)"),
            None => String::new(),
        };
        format!(
            "{} pictures: PSNR {:.2} dB{foreground}, SSIM {:.3}, {} of {} codes used ({:.0} %)",
            self.overall.pictures,
            self.overall.psnr,
            self.overall.ssim,
            self.codes_used,
            self.codes,
            self.code_usage * 100.0
        )
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl Family {
    fn of(rounds: &[&Round]) -> Self {
        let all = |figure: fn(&Round) -> f64| {
            mean(&rounds.iter().map(|round| figure(round)).collect::<Vec<_>>())
        };
        let inside: Vec<f64> = rounds
            .iter()
            .filter_map(|round| round.psnr_foreground)
            .collect();
        Self {
            pictures: rounds.len(),
            psnr: all(|round| round.psnr),
            psnr_foreground: (!inside.is_empty()).then(|| mean(&inside)),
            ssim: all(|round| round.ssim),
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
