//! `smalto golden`: what official implementations computed against what this build computes.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use nodes::golden::{self, Family, GoldenError, Report, Row, Verdict};

use super::run::device;
use crate::failure::Failure;

/// Computes what golden folders hold, and compares.
///
/// Such a folder holds a small model as its authors publish it, and `case.safetensors`: what went into their program and
/// what came out. Its `config.json` decides what it is about: emu3_5_vq, ibq_vq, llamagen_vq,
/// diffusers_vq, amused, nld_image, loss.
#[derive(Debug, Args)]
pub struct Golden {
    /// The golden folders.
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// Where to compute: auto, cpu, cuda, or cuda:I for the card I; always in f32.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

impl Golden {
    /// Compares every array of every folder; fails where one is not as it should be.
    pub fn execute(self) -> Result<(), Failure> {
        let compute = device(&self.device)?;
        let mut failures = Vec::new();
        for folder in &self.folders {
            let report =
                golden::run(folder, compute.device()).map_err(|error| unusable(folder, &error))?;
            let text = if self.json {
                serde_json::to_string_pretty(&report).unwrap_or_default()
            } else {
                table(folder, &report)
            };
            // A reader that has seen enough closes the pipe: no failure.
            let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
            if !report.holds() {
                let wrong = report.rows.iter().filter(|row| !row.ok).count();
                let of = report.rows.len();
                let folder = folder.display();
                failures.push(format!("`{folder}`: {wrong} of {of}"));
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        Err(Failure::Unequal(format!(
            "{} arrays are not as they should be",
            failures.join(", ")
        )))
    }
}

/// What to do about a folder that cannot be compared.
fn unusable(folder: &Path, error: &GoldenError) -> Failure {
    Failure::invalid(
        format!("`{}` cannot be compared: {error}", folder.display()),
        format!(
            "a golden folder holds config.json, README.md, case.safetensors and weights; known are {}",
            Family::names()
        ),
    )
}

fn table(folder: &Path, report: &Report) -> String {
    let width = report.rows.iter().map(|row| row.name.chars().count());
    let width = width.max().unwrap_or(0);
    let mut text = format!("{}, {}\n", report.family, folder.display());
    for row in &report.rows {
        let sign = if row.ok { "ok   " } else { "WRONG" };
        text.push_str(&format!("{sign} {:width$}  {}\n", row.name, finding(row)));
    }
    text
}

fn finding(row: &Row) -> String {
    match &row.verdict {
        Verdict::Numbers {
            largest_error,
            tolerance,
            relative,
        } => {
            let way = if *relative { " of the number" } else { "" };
            match largest_error {
                Some(error) => {
                    format!("largest error {error:.1e}{way}, allowed {tolerance:.1e}")
                }
                None => "some are not numbers".into(),
            }
        }
        Verdict::Integers { different, of } => format!("{different} of {of} differ"),
        Verdict::Unknown => "nobody computes this array".into(),
        Verdict::Misshapen { expected, found } => {
            format!("{expected} values of another type or number were expected, {found} came out")
        }
        Verdict::Absent => "the case lacks this array".into(),
    }
}
