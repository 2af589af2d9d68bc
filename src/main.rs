//! The command line of Smalto: runs, checks and explains workflow files without a window.
//!
//! | part | modules |
//! |---|---|
//! | what can be asked for, a file for each command | [`command`] |
//! | what a user may set | [`interface`], [`overrides`] |
//! | where a workflow comes from and where results go | [`source`], [`results`], [`provenance`] |
//! | what a model folder holds | [`checkpoint`] |
//! | what is said on the way | [`show`], [`failure`], [`signals`] |

mod checkpoint;
mod command;
mod failure;
mod interface;
mod overrides;
mod provenance;
mod results;
mod show;
mod signals;
mod source;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::execute(std::env::args_os().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
