//! What is wrong with the tables of a library, or happens when it is loaded.

use smalto_host::describe::Description;
use smalto_host::worker::client::{Look, look};

use crate::fixture::{compile, launch};

fn see(sin: &[&str]) -> Result<Description, Look> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let library = compile(folder.path(), "misbehave/misbehave.c", sin);
    look(&launch(), &library)
}

/// As much of a value as a person reads.
fn short(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").chars().take(1000).collect()
}

#[test]
fn a_library_without_fault_says_what_it_brings() {
    let description = see(&[]).expect("nothing is wrong with it");
    assert_eq!(description.id, "org.smalto.misbehave");
    assert_eq!(
        (description.version.as_str(), description.abi),
        ("1.0.0", (1, 1))
    );
    let node = description
        .node("example.misbehave")
        .expect("it brings one node");
    let names: Vec<&str> = node
        .descriptor
        .params
        .iter()
        .map(|spec| spec.name.as_str())
        .collect();
    assert_eq!(names, ["how", "amount"]);
    assert_eq!(node.descriptor.outputs[0].kind.name(), "image");
    assert!(node.infers && !node.reentrant);
}

/// Each sin against the tables, and a part of the message that it gets.
const TABLES: &[(&str, &str)] = &[
    (
        "SIN_NO_SYMBOL",
        "the library exports no `smalto_plugin_entry_v1`",
    ),
    ("SIN_NULL_ENTRY", "it cannot serve a host of ABI 1.1"),
    (
        "SIN_WRONG_MAJOR",
        "abi_major is 2, but this program knows 1",
    ),
    (
        "SIN_SIZE_ZERO",
        "its smalto_plugin has the struct_size 0; expected from",
    ),
    (
        "SIN_SIZE_SMALL",
        "its smalto_plugin has the struct_size 16; expected from",
    ),
    (
        "SIN_SIZE_HUGE",
        "its smalto_plugin has the struct_size 4294967295",
    ),
    (
        "SIN_NODE_SIZE_ZERO",
        "its smalto_node has the struct_size 0",
    ),
    (
        "SIN_PORT_SIZE_HUGE",
        "its smalto_port has the struct_size 4294967295",
    ),
    (
        "SIN_NULL_NAME",
        "`id` is null although it should be 20 bytes long",
    ),
    ("SIN_BAD_TEXT", "`doc` is no UTF-8 from byte 0 on"),
    ("SIN_BAD_ID", "`id` is `../misbehave`"),
    ("SIN_BAD_KIND", "`kind` is `Misbehave!`"),
    ("SIN_BAD_KEY", "`key` is `the image`"),
    (
        "SIN_NULL_NODES",
        "there should be 1 of its smalto_node, but the array is null",
    ),
    (
        "SIN_NULL_NODE",
        "the library, number 1: its smalto_node is null",
    ),
    (
        "SIN_COUNT_HUGE",
        "there are 4294967295 of its smalto_node; at most 65536",
    ),
    ("SIN_DUPLICATE_KINDS", "the plugin brings this kind twice"),
    (
        "SIN_DUPLICATE_PORTS",
        "two of its ports and parameters are called `image`",
    ),
    (
        "SIN_DUPLICATE_KEYS",
        "two of its ports and parameters are called `note`",
    ),
    (
        "SIN_UNKNOWN_WIRE_KIND",
        "`kind` is `denoiser`; expected one of text, number",
    ),
    ("SIN_FOREIGN_WIRE_KIND", "`kind` is `org.acme.thing`"),
    (
        "SIN_POLICY_INPUT",
        "it takes a policy, which plugins can only hand out",
    ),
    (
        "SIN_POLICY_WITHOUT_TABLE",
        "the plugin does not offer `smalto.policy/1`",
    ),
    (
        "SIN_PORT_BOTH_FLAGS",
        "it is SMALTO_PORT_OPTIONAL and SMALTO_PORT_VARIADIC",
    ),
    ("SIN_OUTPUT_OPTIONAL", "an output has no flags"),
    (
        "SIN_UNKNOWN_PARAM_TYPE",
        "`type` is 99; expected one of SMALTO_PARAM_",
    ),
    ("SIN_NAN_RANGE", "its range is from 0 to NaN"),
    ("SIN_REVERSED_RANGE", "its range is from 2 to 1"),
    (
        "SIN_DEFAULT_OUTSIDE",
        "its default is not allowed: parameter `amount` must be a number from 0 to 1, but is 7.0",
    ),
    ("SIN_DEFAULT_OF_ANOTHER_TYPE", "its default is not allowed"),
    ("SIN_NO_CHOICES", "it is a choice of nothing"),
    (
        "SIN_SEEDED_WITHOUT_SEED",
        "it is SMALTO_NODE_SEEDED and has no parameter",
    ),
    (
        "SIN_VERSION_ZERO",
        "`version` is 0; versions are counted from 1",
    ),
    ("SIN_NO_RUN", "`run` is null"),
    ("SIN_NO_CREATE", "`create` is null"),
];

#[test]
fn every_fault_of_the_tables_is_told() {
    for (sin, expected) in TABLES {
        match see(&[sin]) {
            Err(Look::Findings(findings)) => {
                let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
                assert!(
                    told.iter().any(|line| line.contains(expected)),
                    "{sin}: {told:#?}"
                );
            }
            other => panic!("{sin}: {}", short(&other)),
        }
    }
}

#[test]
fn what_crashes_while_it_is_looked_at_takes_nothing_along() {
    for (sin, expected) in [
        ("SIN_GARBAGE_ENTRY", "SIGSEGV"),
        ("SIN_ENTRY_SEGFAULT", "SIGSEGV"),
        ("SIN_LOAD_SEGFAULT", "SIGSEGV"),
        ("SIN_ENTRY_ABORT", "SIGABRT"),
    ] {
        match see(&[sin]) {
            Err(Look::Died(reason)) => assert!(reason.contains(expected), "{sin}: {reason}"),
            other => panic!("{sin}: {}", short(&other)),
        }
    }
}

#[test]
fn a_library_that_never_answers_is_given_up() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let library = compile(folder.path(), "misbehave/misbehave.c", &["SIN_ENTRY_SPIN"]);
    let mut launch = launch();
    launch.patience = std::time::Duration::from_secs(1);
    let reason = match look(&launch, &library) {
        Err(Look::Died(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason.contains("it did not answer within 1 s"), "{reason}");
}

#[test]
fn what_the_header_allows_is_taken() {
    let many = see(&["SIN_MANY_NODES"]).expect("10,000 nodes are allowed");
    assert_eq!(many.nodes.len(), 10_000);
    let grown = see(&["SIN_GROWN"]).expect("tables of a later version are allowed");
    assert_eq!(grown.nodes.len(), 1);
}

#[test]
fn what_is_no_library_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("libtext.so");
    std::fs::write(&path, "no library").expect("a file can be written");
    match look(&launch(), &path) {
        Err(Look::Findings(findings)) => {
            let told = findings[0].to_string();
            let expected = "the library cannot be loaded: ";
            assert!(told.contains(expected), "{told}");
            assert!(told.contains("file too short"), "{told}");
        }
        other => panic!("{other:?}"),
    }
}
