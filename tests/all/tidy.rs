//! What holds of the repository's files: who imports whom, how large they are, what words stand in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{files, files_ending, read, root};

/// Who may import what, besides the crates of the first column of DESIGN's table: see ARCHITECTURE.md.
const IMPORTS: &[(&str, &[&str])] = &[
    (
        "graph",
        &[
            "blake3",
            "graph-derive",
            "miette",
            "petgraph",
            "ron",
            "serde",
            "serde_json",
            "tempfile",
            "thiserror",
        ],
    ),
    ("graph/derive", &["proc-macro2", "quote", "syn"]),
    (
        "kernels",
        &[
            "burn",
            "burn-cubecl",
            "cubecl",
            "cubecl-common",
            "cubecl-environment",
            "cubecl-server",
            "cudarc",
            "gemm",
            "half",
            "libloading",
            "rayon",
            "safetensors",
            "serde",
            "serde_json",
            "thiserror",
        ],
    ),
    ("plugins/abi", &[]),
    (
        "plugins/host",
        &[
            "graph",
            "libloading",
            "memmap2",
            "rustix",
            "serde",
            "serde_json",
            "sha2",
            "smalto-abi",
            // Its tests hold the kit to what the graph does.
            "smalto-sdk",
            "smalto-template",
            "tempfile",
            "thiserror",
            "toml",
        ],
    ),
    // A plugin builds where no registry can be reached.
    ("plugins/sdk", &["smalto-abi", "smalto-sdk-derive"]),
    ("plugins/sdk/derive", &[]),
    ("plugins/template", &[]),
    ("plugins/examples/blur", &["smalto-sdk"]),
    ("plugins/examples/despeckle", &["smalto-sdk"]),
    ("plugins/examples/halton", &["smalto-sdk"]),
    ("plugins/examples/panic", &["smalto-sdk"]),
    (
        "editor",
        &[
            "clap",
            "euclid",
            "graph",
            "iced",
            "iced_test",
            "image",
            "nodes",
            "nucleo-matcher",
            "png",
            "proptest",
            "rfd",
            "ron",
            "serde",
            "smalto-host",
            "tempfile",
            "thiserror",
        ],
    ),
];

/// Crates that may not appear among the direct imports of a crate.
const NEVER: &[(&str, &[&str])] = &[
    (
        "nodes",
        &[
            "iced",
            "editor",
            "smalto-abi",
            "smalto-host",
            "smalto-sdk",
            "clap",
            "rand",
        ],
    ),
    (".", &["iced", "editor", "burn", "rand"]),
];

#[test]
fn imports_follow_the_table() {
    for (folder, allowed) in IMPORTS {
        let found = imports(folder);
        assert_eq!(
            found.is_empty(),
            allowed.is_empty(),
            "{folder}/Cargo.toml imports {found:?}"
        );
        for name in found {
            assert!(
                allowed.contains(&name.as_str()),
                "{folder}/Cargo.toml imports `{name}`, which the table in tests/all/tidy.rs does not allow"
            );
        }
    }
    for (folder, forbidden) in NEVER {
        let found = imports(folder);
        assert!(!found.is_empty(), "{folder}/Cargo.toml imports nothing");
        for name in found {
            assert!(
                !forbidden.contains(&name.as_str()),
                "{folder}/Cargo.toml must not import `{name}`"
            );
        }
    }
}

/// The editor asks descriptors: only its program, which registers the nodes, may name their crate.
#[test]
fn the_editor_names_no_node() {
    let manifest = read("editor/Cargo.toml");
    assert!(
        manifest.contains("nodes = { workspace = true, optional = true }"),
        "the editor's library must build without nodes"
    );
    let own = files_ending("rs")
        .into_iter()
        .filter(|path| path.starts_with("editor/src") && !path.ends_with("editor/src/main.rs"));
    let mut seen = 0;
    for path in own {
        seen += 1;
        let text = read(&path);
        for word in [
            concat!("nodes", "::"),
            concat!("use bu", "rn"),
            concat!("ker", "nels::"),
        ] {
            let named = text.match_indices(word).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                !before.is_some_and(|letter| {
                    letter.is_alphanumeric() || letter == '_' || letter == ':'
                })
            });
            assert!(!named, "{} names `{word}`", path.display());
        }
    }
    assert!(seen > 0, "no source of the editor was found");
}

/// All that a crate imports, for itself, its tests and its build.
fn imports(folder: &str) -> BTreeSet<String> {
    let manifest = read(format!("{folder}/Cargo.toml"));
    let mut names = BTreeSet::new();
    let mut listing = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            listing = section.ends_with("dependencies") && !section.starts_with("workspace");
        } else if listing && line.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
            let _ = names.insert(line[..end].to_owned());
        }
    }
    names
}

/// Invariant 1.
#[test]
fn graph_needs_neither_tensors_nor_windows() {
    let lock = read("Cargo.lock");
    let mut packages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package
            .lines()
            .find_map(|line| line.strip_prefix("name = \""))
            .map(|rest| rest.trim_end_matches('"'))
            .expect("every package has a name");
        let listed = package
            .split_once("dependencies = [")
            .map_or("", |(_, list)| list);
        let wanted = listed
            .lines()
            .map(|line| line.trim().trim_matches(['"', ',']))
            .filter_map(|line| line.split(' ').next())
            .filter(|line| !line.is_empty() && *line != "]");
        packages.entry(name).or_default().extend(wanted);
    }
    let mut reached = BTreeSet::new();
    let mut open = vec!["graph"];
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(&packages[name]);
        }
    }
    assert!(reached.contains("petgraph"), "the walk goes nowhere");
    for name in reached {
        let wrong = ["burn", "cubecl", "iced", "wgpu", "cudarc"];
        assert!(
            !wrong.iter().any(|wrong| name.starts_with(wrong)),
            "graph needs `{name}`"
        );
    }
}

#[test]
fn files_are_small() {
    for path in files_ending("rs") {
        let lines = read(&path).lines().count();
        assert!(
            lines <= 600,
            "{} has {lines} lines, more than 600: split it where a part has a good name",
            path.display()
        );
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for path in files_ending("rs") {
        let text = read(&path);
        let tests =
            path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests");
        assert!(
            text.starts_with("//!") || tests,
            "{} does not begin with a `//!` sentence",
            path.display()
        );
    }
}

#[test]
fn no_file_is_named_after_nothing() {
    let empty = [
        "utils", "util", "common", "misc", "helpers", "helper", "mod", "base", "stuff",
    ];
    for path in files_ending("rs") {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_default();
        assert!(
            !empty.contains(&stem.as_str()),
            "{}: name it after what it holds",
            path.display()
        );
    }
}

/// Written in two halves, so that this file may speak of them.
const WORDS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("lorem", " ipsum"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("claude", ".ai"),
    concat!("#[ig", "nore"),
];

#[test]
fn nothing_is_left_unfinished_and_nothing_speaks_of_a_machine() {
    for path in files() {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        let is_text = ["rs", "toml", "md", "py", "sh", "ron", "cu"].contains(&ending.as_ref());
        if !is_text && !path.ends_with(".ci/run") {
            continue;
        }
        let text = read(&path);
        for word in WORDS {
            assert!(
                !text.contains(word),
                "`{word}` stands in {}",
                path.display()
            );
        }
    }
}

#[test]
fn a_clone_is_quick() {
    let sizes = files().into_iter().map(|path| {
        let found = root().join(&path).metadata();
        (found.map_or(0, |found| found.len()), path)
    });
    let mut sizes: Vec<_> = sizes.collect();
    let total: u64 = sizes.iter().map(|(size, _)| size).sum();
    sizes.sort();
    let largest: Vec<_> = sizes.iter().rev().take(5).collect();
    assert!(
        total <= 48 << 20,
        "all files together have {total} bytes, more than 48 MiB; the largest are {largest:?}"
    );
}

/// Invariants 5 and 10: the method draws from `Run::random` and asks no clock.
#[test]
fn nodes_draw_only_from_the_seeds_and_ask_no_calendar() {
    let foreign = [
        "Tensor::random(",
        "SystemTime",
        "thread_rng",
        "rand::",
        "Device::default()",
    ];
    for path in files_ending("rs") {
        let is_method = path.starts_with("nodes/src") || path.starts_with("kernels/src");
        if !is_method || path.ends_with("tests.rs") {
            continue;
        }
        let text = read(&path);
        for word in foreign {
            let found = text
                .lines()
                .find(|line| line.contains(word) && !line.trim_start().starts_with("//"));
            assert!(found.is_none(), "{}: {found:?}", path.display());
        }
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut links = 0;
    for path in files_ending("md") {
        let folder = root().join(&path).parent().map(ToOwned::to_owned);
        let folder = folder.expect("a file lies in a folder");
        for part in read(&path).split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            assert!(
                folder.join(file).exists(),
                "{} links to `{target}`, which is not there",
                path.display()
            );
        }
    }
    assert!(links > 5, "only {links} links were found");
}

/// ARCHITECTURE.md names a test for each invariant: the tests must be there.
#[test]
fn every_invariant_has_its_test() {
    let page = read("ARCHITECTURE.md");
    let sources: String = files_ending("rs").iter().map(read).collect();
    let mut named = 0;
    let invariants = page
        .split_once("## Invariants")
        .and_then(|(_, rest)| rest.split_once("\n## "))
        .map_or("", |(section, _)| section);
    for line in invariants.lines().filter(|line| line.contains("Tests:")) {
        let (_, tests) = line
            .split_once("Tests:")
            .expect("the line was chosen for it");
        for name in tests.split('`').skip(1).step_by(2) {
            named += 1;
            assert!(
                sources.contains(&format!("fn {name}(")),
                "ARCHITECTURE.md names the test `{name}`, which is not there"
            );
        }
    }
    assert!(
        named >= 10,
        "only {named} tests were found in ARCHITECTURE.md"
    );
}
