//! The editor with all of Smalto's nodes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use editor::host::{Folders, Host};
use editor::plugins::Shelf;
use graph::engine::{Engine, Settings};
use graph::registry::Registry;
use graph::run::Resources;
use graph::value::Footprint;
use nodes::compute::Compute;
use smalto_host::search::Places;
use smalto_host::worker::{self, Launch};

/// How much memory the results of runs may hold, so that only what has changed runs again.
const CACHE: Footprint = Footprint {
    host: 2 << 30,
    device: 4 << 30,
};

/// Composes workflows of masked discrete diffusion image synthesis, and runs them.
#[derive(Debug, Parser)]
#[command(name = "smalto-editor", version, about)]
struct Arguments {
    /// The workflow files, or pictures that carry one; without any, the editor starts with an empty workflow.
    #[arg(value_name = "WORKFLOW")]
    workflows: Vec<PathBuf>,
    /// Where to run: auto, cpu, cuda, or cuda:I for the card I.
    #[arg(long, default_value = "auto")]
    device: String,
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // A worker does nothing else in its life, and opens no window.
    if worker::is_asked_for(&arguments) {
        return worker::main();
    }
    let arguments = Arguments::parse_from(arguments);
    let mut registry = Registry::default();
    nodes::register(&mut registry);
    let plugins = Shelf {
        places: Places::standard(),
        launch: Launch::this_program(),
        exchange: nodes::exchange::exchange(),
    };
    let device = arguments.device;
    let host = Host {
        registry: Arc::new(registry),
        plugins,
        device: device.clone(),
        engine: Arc::new(move || open(&device)),
        folders: Folders::standard(),
        examples: examples(),
    };
    match editor::run(host, arguments.workflows) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the window cannot be opened: {error}");
            eprintln!(
                "  help: the editor needs a display; `smalto run` runs workflows without one"
            );
            ExitCode::FAILURE
        }
    }
}

/// An engine on the device called `name`.
fn open(name: &str) -> Result<Engine, String> {
    let compute = Compute::named(name).map_err(|error| error.to_string())?;
    Ok(Engine::new(Settings {
        workers: compute.nodes_at_once(),
        budget: CACHE,
        device_class: compute.name().into(),
        resources: Resources::default().with(compute),
    }))
}

/// The folder of example workflows: `workflows` in the current folder, or in one that the program lies below.
fn examples() -> PathBuf {
    let beside = std::env::current_exe().unwrap_or_default();
    let folders = std::iter::once(PathBuf::from("."))
        .chain(beside.ancestors().skip(1).map(ToOwned::to_owned))
        .map(|folder| folder.join("workflows"));
    let mut there = folders.filter(|folder| folder.is_dir());
    let found = there.next().unwrap_or_else(|| PathBuf::from("workflows"));
    std::path::absolute(&found).unwrap_or(found)
}
