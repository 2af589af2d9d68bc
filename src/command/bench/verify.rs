//! `smalto bench verify`

use std::io::Write;

use clap::Args;
use clap::builder::PossibleValuesParser;
use kernels::Report;
use nodes::compute::Compute;
use serde_json::json;

use super::{Target, device};
use crate::failure::Failure;

/// What to compare; without a choice all there is.
#[derive(Debug, Args)]
pub struct Verify {
    /// Compare this kernel; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(kernels::verified()))]
    kernel: Vec<String>,
    /// Compare those cases whose description holds this text, such as `BF16`.
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Verify {
    /// Writes every comparison to standard output; fails where a kernel is wrong.
    pub fn compare(&self) -> Result<(), Failure> {
        let compute = device(&self.target.device)?;
        let reports = kernels::verify(compute.device(), |kernel, case| self.wants(kernel, case));
        for report in &reports {
            let line = if self.target.json {
                as_json(report, &compute)
            } else {
                as_text(report)
            };
            let _ = writeln!(std::io::stdout(), "{line}");
            if let Some(reason) = &report.failure {
                let _ = writeln!(std::io::stderr(), "      {reason}");
            }
        }
        if reports.is_empty() {
            return Err(Failure::invalid(
                "no case of these kernels holds the text of `--case`",
                "give a part of a description as `smalto bench verify` writes it",
            ));
        }
        let wrong = reports.iter().filter(|report| !report.passed).count();
        if wrong > 0 {
            let total = reports.len();
            return Err(Failure::Unequal(format!(
                "{wrong} of {total} comparisons on {} are beyond their tolerance",
                compute.name()
            )));
        }
        Ok(())
    }

    fn wants(&self, kernel: &str, case: &str) -> bool {
        let named = self.kernel.is_empty() || self.kernel.iter().any(|name| name == kernel);
        named && self.case.as_ref().is_none_or(|text| case.contains(text))
    }
}

fn as_json(report: &Report, compute: &Compute) -> String {
    json!({
        "device": compute.name(), "kernel": report.kernel, "case": report.case, "what": report.what,
        "error": report.error, "tolerance": report.tolerance, "passed": report.passed,
    })
    .to_string()
}

fn as_text(report: &Report) -> String {
    format!(
        "{} {:24} {:20} error {:7.1e}, allowed {:7.1e}  {}",
        if report.passed { "ok   " } else { "WRONG" },
        report.kernel,
        report.what,
        report.error,
        report.tolerance,
        report.case
    )
}
