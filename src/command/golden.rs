//! `smalto golden`: what official implementations computed against what this build computes.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use nodes::golden::{self, Family, Report, Row, Verdict};

use super::run::device;
use crate::failure::Failure;

/// Computes what a golden folder holds, and compares.
///
/// The folder holds a small model as its authors publish it, and `case.safetensors`: what went into their program and
/// what came out. Its `config.json` decides what it is about: emu3_5_vq, ibq_vq, llamagen_vq,
/// diffusers_vq, amused, nld_image, loss.
#[derive(Debug, Args)]
pub struct Golden {
    /// The golden folder.
    folder: PathBuf,
    /// Where to compute: auto, cpu, cuda, or cuda:I for the card I; always in f32.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

impl Golden {
    /// Compares every array; fails where one is not as it should be.
    pub fn execute(self) -> Result<(), Failure> {
        let compute = device(&self.device)?;
        let report = golden::run(&self.folder, compute.device()).map_err(|error| {
            Failure::invalid(
                format!("`{}` cannot be compared: {error}", self.folder.display()),
                format!(
                    "a golden folder holds config.json, README.md, case.safetensors and weights; known are {}",
                    Family::names()
                ),
            )
        })?;
        let text = if self.json {
            serde_json::to_string_pretty(&report).unwrap_or_default()
        } else {
            table(&report)
        };
        // A reader that has seen enough closes the pipe: no failure.
        let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
        if report.holds() {
            return Ok(());
        }
        let wrong = report.rows.iter().filter(|row| !row.ok).count();
        Err(Failure::Unequal(format!(
            "`{}`: {wrong} of {} arrays are not as they should be",
            self.folder.display(),
            report.rows.len()
        )))
    }
}

fn table(report: &Report) -> String {
    let width = report.rows.iter().map(|row| row.name.chars().count());
    let width = width.max().unwrap_or(0);
    let mut text = format!("{}\n", report.family);
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
