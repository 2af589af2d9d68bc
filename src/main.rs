//! The command line of Smalto: runs, checks and explains workflow files without a window.
//!
//! | part | modules |
//! |---|---|
//! | what can be asked for, a file for each command | [`command`] |
//! | what a user may set | [`interface`], [`overrides`] |
//! | where a workflow comes from and where results go | [`source`], [`results`], [`provenance`] |
//! | what a model folder holds, and where they lie | [`checkpoint`], [`model_folders`] |
//! | what is said on the way | [`show`], [`failure`], [`signals`] |

mod checkpoint;
mod command;
mod failure;
mod interface;
mod model_folders;
mod overrides;
mod pipeline;
mod provenance;
mod results;
mod show;
mod signals;
mod source;

use std::ffi::OsString;
use std::process::ExitCode;

use smalto_host::worker;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // A worker does nothing else in its life, and reads no workflow.
    if worker::is_asked_for(&arguments) {
        return worker::main();
    }
    match command::execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
