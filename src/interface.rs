//! The parameters that a workflow offers, as flags of `smalto run`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use graph::document::{Graph, PortRef};
use graph::param::{ParamKind, ParamSpec, ParamValue};
use graph::registry::Registry;

/// A parameter that a workflow offers.
#[derive(Clone, Debug)]
pub struct Flag {
    /// What the workflow calls it.
    pub name: String,
    /// The parameter that it sets.
    pub target: PortRef,
    /// What may be set.
    pub spec: ParamSpec,
    /// What it is unless set: what the workflow says, else the default.
    pub now: Option<ParamValue>,
}

impl Flag {
    /// How it is written on the command line, without the dashes.
    pub fn long(&self) -> String {
        self.name.replace('_', "-")
    }
}

/// The workflow that `smalto run …` names, found before the flags that this workflow brings are known.
///
/// Any other flag than the built-in ones is taken to have a value.
pub fn workflow_of(parser: &Command, arguments: &[OsString]) -> Option<PathBuf> {
    // A copy: what is added to a parser once it is built, it takes no notice of.
    let mut parser = parser.clone();
    parser.build();
    let run = parser.find_subcommand("run")?;
    let mut words = arguments.iter().skip(1);
    if words.next()? != "run" {
        return None;
    }
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--" {
            return words.next().map(PathBuf::from);
        }
        let Some(flag) = text.strip_prefix('-').filter(|flag| !flag.is_empty()) else {
            return Some(PathBuf::from(word));
        };
        let has_value = !text.contains('=') && takes_value(run, flag);
        if has_value {
            let _ = words.next();
        }
    }
    None
}

fn takes_value(run: &Command, flag: &str) -> bool {
    let known = run.get_arguments().find(|argument| {
        let long = flag.strip_prefix('-');
        let short = flag.chars().next().filter(|_| flag.len() == 1);
        (long.is_some() && argument.get_long() == long)
            || (short.is_some() && argument.get_short() == short)
    });
    known.is_none_or(|argument| argument.get_action().takes_values())
}

/// The parameters that `graph` offers, by name; those that do not exist are left to the plan's checks.
pub fn flags(graph: &Graph, registry: &Registry) -> Vec<Flag> {
    let params = graph.interface().params.iter();
    params
        .filter_map(|(name, target)| {
            let placed = graph.node(&target.node)?;
            let entry = registry.get(&placed.kind)?;
            let spec = entry.descriptor.param(&target.port)?.clone();
            let now = placed.params.get(&target.port).or(spec.default.as_ref());
            Some(Flag {
                name: name.clone(),
                target: target.clone(),
                now: now.cloned(),
                spec,
            })
        })
        .collect()
}

/// Adds the flags of a workflow to those of `run`.
///
/// A name that cannot be a flag, or is one already, is left to the plan's checks.
pub fn add(run: Command, flags: &[Flag]) -> Command {
    let mut taken: BTreeSet<String> = run
        .get_arguments()
        .filter_map(|argument| argument.get_long().map(Into::into))
        .collect();
    let is_plain = |name: &str| {
        name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    };
    flags.iter().fold(run, |run, flag| {
        let long = flag.long();
        // `--seed` is built in: it sets every seed, the one offered among them.
        if !is_plain(&long) || !taken.insert(long) {
            return run;
        }
        run.arg(argument(flag))
    })
}

fn argument(flag: &Flag) -> Arg {
    let now = match &flag.now {
        Some(now) => format!(" [unless set: {now}]"),
        None => String::new(),
    };
    Arg::new(flag.name.clone())
        .long(flag.long())
        .value_name(value_name(&flag.spec.kind))
        .help(format!("{} ({}){now}", flag.spec.doc, flag.target))
        .help_heading("What this workflow offers")
        .allow_hyphen_values(true)
        .action(ArgAction::Set)
}

fn value_name(kind: &ParamKind) -> &'static str {
    match kind {
        ParamKind::Bool => "true|false",
        ParamKind::Int { .. } | ParamKind::Float { .. } | ParamKind::Seed => "N",
        ParamKind::Text { .. } => "TEXT",
        ParamKind::Choice { .. } => "NAME",
        ParamKind::Path { .. } => "PATH",
    }
}

/// The flags that were given, with their values.
pub fn given(flags: Vec<Flag>, matches: &ArgMatches) -> Vec<(Flag, String)> {
    flags
        .into_iter()
        .filter_map(|flag| {
            let value = matches
                .try_get_one::<String>(&flag.name)
                .ok()
                .flatten()?
                .clone();
            Some((flag, value))
        })
        .collect()
}
