//! Tests of the whole, in one binary: `cargo test -p smalto`.

// Read this first: ten tests that show the whole system.
mod tiny;

// The program as its users meet it: exit codes, messages, files.
mod bad_input;
mod command_line;
mod golden;
mod metadata;
mod models;
mod plugins;
mod policy;
mod program;
#[cfg(unix)]
mod signals;
mod training;

// Every workflow file that the repository carries.
mod workflows;

// What the repository promises about itself.
mod node_pages;
mod repository;
mod tidy;
