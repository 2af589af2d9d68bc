//! `smalto plugins`: which plugins there are, which of them are trusted, and what is wrong with one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use graph::exchange::Exchange;
use graph::registry::Registry;
use serde::Serialize;
use smalto_host::consent::{self, ConsentError};
use smalto_host::describe::{Description, Finding};
use smalto_host::plugins::{Plugin, Plugins as Found};
use smalto_host::project::{self, Language};
use smalto_host::search::Places;
use smalto_host::worker::Launch;
use smalto_host::{check, listing};

use crate::failure::Failure;

/// Plugins: native libraries that bring nodes of their own.
#[derive(Debug, Subcommand)]
pub enum Plugins {
    List(List),
    Check(Check),
    Trust(Trust),
    Untrust(Untrust),
    New(New),
    Scan(Scan),
}

/// Lists the plugins on this machine, and what keeps those that cannot be used.
#[derive(Debug, Args)]
pub struct List {
    /// Write them as JSON.
    #[arg(long)]
    json: bool,
}

/// Finds what is wrong with a plugin: its manifest, its tables, and each node on made-up inputs, in processes of their own.
///
/// It runs the plugin's code, trusted or not: check what you wrote yourself, or what you would trust.
#[derive(Debug, Args)]
pub struct Check {
    /// The folder of the plugin, or its id.
    #[arg(default_value = ".")]
    plugin: String,
    /// How long a run on small inputs may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    limit: u64,
    /// Write the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Lets the code of a plugin run on this machine, as it is now; a later build is trusted anew.
#[derive(Debug, Args)]
pub struct Trust {
    /// The id of the plugin, or its folder.
    plugin: String,
    /// Run it in the program itself: a little faster, and when it crashes so does the program.
    #[arg(long)]
    in_process: bool,
}

/// Lets the code of a plugin run no more.
#[derive(Debug, Args)]
pub struct Untrust {
    /// The id of the plugin, or its folder.
    plugin: String,
}

/// Writes a new plugin that builds without a network.
#[derive(Debug, Args)]
pub struct New {
    /// Its name: lower-case letters, digits and `-`. The folder is called so.
    name: String,
    /// In C, with the header alone; else in Rust.
    #[arg(long)]
    c: bool,
}

/// Looks at plugins anew, also at those that crashed when they were looked at.
#[derive(Debug, Args)]
pub struct Scan {
    /// The id of the plugin, or its folder; all where it is left out.
    plugin: Option<String>,
    /// Write them as JSON.
    #[arg(long)]
    json: bool,
}

/// Lets the nodes of the plugins on this machine enter `registry`; what is wrong with a plugin shows where it is used.
pub fn register(registry: &mut Registry, exchange: &Exchange) {
    match Found::standard() {
        Ok(mut found) => found.register(registry, exchange),
        // Without plugins everything else still works.
        Err(error) => {
            let failure = Failure::invalid(error.to_string(), "no plugin is used until then");
            let _ = failure.report();
        }
    }
}

/// The plugins as a run meets them: beside the nodes that are built in.
fn met(mut found: Found) -> Vec<Plugin> {
    found.register(&mut built_in(), &Exchange::default());
    found.found
}

fn built_in() -> Registry {
    let mut registry = Registry::default();
    ::nodes::register(&mut registry);
    registry
}

/// The kinds that a plugin brings although they are built in.
fn claims(description: Option<&Description>) -> Vec<Finding> {
    let registry = built_in();
    let nodes = description.into_iter().flat_map(|found| &found.nodes);
    let kinds = nodes.map(|node| &node.descriptor.id);
    let claimed = kinds.filter(|kind| registry.get(kind).is_some());
    let findings = claimed.map(|kind| {
        let problem = "this kind is built in";
        Finding::new(format!("node `{kind}`"), problem, "give it another name")
    });
    findings.collect()
}

impl From<ConsentError> for Failure {
    fn from(error: ConsentError) -> Self {
        Self::invalid(
            error.to_string(),
            "`smalto plugins list` says what there is",
        )
    }
}

fn write(text: &str) {
    // A reader that has seen enough closes the pipe: no failure.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

fn write_json(value: &impl Serialize) {
    write(&serde_json::to_string_pretty(value).unwrap_or_default());
}

impl Plugins {
    /// Does what was asked for.
    pub fn execute(self) -> Result<(), Failure> {
        let places = Places::standard();
        match self {
            Self::List(list) => list.execute(&places),
            Self::Check(check) => check.execute(&places),
            Self::Trust(trust) => trust.execute(&places),
            Self::Untrust(untrust) => untrust.execute(&places),
            Self::New(new) => new.execute(),
            Self::Scan(scan) => scan.execute(&places),
        }
    }
}

impl List {
    fn execute(self, places: &Places) -> Result<(), Failure> {
        let found = Found::find(places, &Launch::this_program());
        let found = met(found.map_err(ConsentError::from)?);
        if self.json {
            write_json(&found);
        } else {
            write(&listing::plugins(&found, places));
        }
        Ok(())
    }
}

impl Check {
    fn execute(self, places: &Places) -> Result<(), Failure> {
        let folder = consent::folder(places, &self.plugin)?;
        let mut report = check::check(
            &folder,
            &Launch::this_program(),
            Duration::from_secs(self.limit),
        );
        report.findings.extend(claims(report.description.as_ref()));
        if self.json {
            write_json(&report);
        } else {
            write(&listing::report(&report));
        }
        match report.findings.len() {
            0 => Ok(()),
            count => Err(Failure::Unequal(format!(
                "{count} {} in `{}`",
                if count == 1 { "finding" } else { "findings" },
                folder.display()
            ))),
        }
    }
}

impl Trust {
    fn execute(self, places: &Places) -> Result<(), Failure> {
        let consent = consent::trust(places, &self.plugin, self.in_process)?;
        write(&format!(
            "trusted {} {}\n  {}\n  sha256 {}",
            consent.trusted.id,
            consent.trusted.version,
            consent.library.display(),
            consent.sha256
        ));
        Ok(())
    }
}

impl Untrust {
    fn execute(self, places: &Places) -> Result<(), Failure> {
        match consent::untrust(places, &self.plugin)? {
            0 => Err(Failure::invalid(
                format!("nothing of the plugin `{}` is trusted", self.plugin),
                "`smalto plugins list` says what is",
            )),
            _ => {
                write(&format!("{} is trusted no more", self.plugin));
                Ok(())
            }
        }
    }
}

impl New {
    fn execute(self) -> Result<(), Failure> {
        let language = if self.c { Language::C } else { Language::Rust };
        let folder: PathBuf =
            project::write(Path::new("."), &self.name, language).map_err(|error| {
                Failure::invalid(error.to_string(), "`smalto plugins new --help` says more")
            })?;
        write(&format!(
            "wrote {}\n  its README.md says how to build and use it",
            folder.display()
        ));
        Ok(())
    }
}

impl Scan {
    fn execute(self, places: &Places) -> Result<(), Failure> {
        let found = consent::scan(places, &Launch::this_program(), self.plugin.as_deref())?;
        let found = met(found);
        if self.json {
            write_json(&found);
        } else {
            write(&listing::plugins(&found, places));
        }
        Ok(())
    }
}
