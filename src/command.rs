//! The commands, each a file of the same shape: its arguments, and what it does.

mod bench;
mod check;
mod edit;
mod fmt;
mod golden;
mod models;
mod nodes;
mod plugins;
mod run;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use graph::registry::Registry;

use crate::failure::Failure;
use crate::interface;
use crate::source::Source;

/// Makes pictures out of discrete tokens: runs workflow files of the Smalto node editor.
#[derive(Debug, Parser)]
#[command(name = "smalto", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Check(check::Check),
    Fmt(fmt::Fmt),
    Nodes(nodes::Nodes),
    #[command(subcommand)]
    Models(models::Models),
    #[command(subcommand)]
    Bench(bench::Bench),
    Golden(golden::Golden),
    #[command(subcommand)]
    Plugins(plugins::Plugins),
    Edit(edit::Edit),
}

/// Does what the command line asks for.
///
/// Errors: whatever kept it from being done; misuse of the arguments ends the program here.
pub fn execute(arguments: Vec<OsString>) -> Result<(), Failure> {
    let mut registry = Registry::default();
    ::nodes::register(&mut registry);
    if !is_about_plugins(&arguments) {
        plugins::register(&mut registry, &::nodes::exchange::exchange());
    }

    // The flags of `run` depend on the workflow, so the workflow is found and opened first.
    let mut parser = Arguments::command();
    let mut source = None;
    let mut flags = Vec::new();
    if let Some(path) = interface::workflow_of(&parser, &arguments) {
        let opened = Source::open(&path, &registry)?;
        flags = interface::flags(&opened.workflow.graph, &registry);
        if flags.len() < opened.workflow.graph.interface().params.len() {
            // Else a flag that the workflow means to offer would be called unknown, and not what is wrong.
            let _ = opened.workflow.plan(&registry)?;
        }
        parser = parser.mut_subcommand("run", |run| interface::add(run, &flags));
        source = Some(opened);
    }

    let matches = parser.get_matches_from(arguments);
    let parsed = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match parsed.command {
        Command::Run(run) => {
            let source = match source {
                Some(source) => source,
                None => Source::open(&run.workflow, &registry)?,
            };
            let given = matches
                .subcommand_matches("run")
                .map(|matches| interface::given(flags, matches))
                .unwrap_or_default();
            run.execute(source, &given, &registry)
        }
        Command::Check(check) => check.execute(&registry),
        Command::Fmt(fmt) => fmt.execute(&registry),
        Command::Nodes(nodes) => nodes.execute(&registry),
        Command::Golden(golden) => golden.execute(),
        Command::Models(models) => models.execute(),
        Command::Bench(bench) => bench.execute(),
        Command::Plugins(plugins) => plugins.execute(),
        Command::Edit(edit) => edit.execute(),
    }
}

/// Whether the command line asks for a command that looks for plugins by itself, and says more of them.
fn is_about_plugins(arguments: &[OsString]) -> bool {
    let mut arguments = arguments.iter().skip(1);
    arguments.next().is_some_and(|command| command == "plugins")
}
