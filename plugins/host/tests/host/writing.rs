//! New plugins, from the command that writes one to a validator that finds nothing wrong.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use smalto_host::check::{Report, check};
use smalto_host::project::{ProjectError, write};
use smalto_template::Language;

use crate::fixture::{compile, launch, root};

fn checked(folder: &Path) -> Report {
    check(folder, &launch(), Duration::from_secs(2))
}

#[test]
fn nothing_is_wrong_with_a_new_plugin() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let project = write(folder.path(), "soft-light", Language::C).expect("it can be written");
    // As its README says, but for what is a warning there.
    let flags = [
        "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
    ];
    let output = Command::new("cc")
        .args(flags)
        .args(["soft_light.c", "-o", "libsoft_light.so"])
        .current_dir(&project)
        .output()
        .expect("there is a C compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report = checked(&project);
    assert_eq!(report.findings, []);
    let description = report.description.expect("its tables are right");
    assert_eq!(description.nodes[0].descriptor.id, "soft_light.brighten");
    assert!(report.notes[0].contains("sha256 = "), "{:?}", report.notes);

    let again = write(folder.path(), "soft-light", Language::Rust);
    assert!(matches!(again, Err(ProjectError::Exists(_))));
    let nameless = write(folder.path(), "../blur", Language::Rust);
    assert!(matches!(nameless, Err(ProjectError::Name(_))));
}

#[test]
fn the_validator_finds_what_only_shows_when_a_node_runs() {
    let check = |from: &str, to: &str, expected: &str| {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let example = root().join("plugins/examples/misbehave");
        let text = std::fs::read_to_string(example.join("misbehave.c")).expect("it is there");
        assert!(text.contains(from), "{from}");
        let source = folder.path().join("misbehave.c");
        std::fs::write(&source, text.replace(from, to)).expect("a file can be written");
        let manifest = folder.path().join("plugin.toml");
        let _ = std::fs::copy(example.join("plugin.toml"), manifest).expect("it can be copied");
        let include = root().join("plugins/abi/include");
        let _ = crate::fixture::compile_with(folder.path(), &source, &include, &[]);
        let report = checked(folder.path());
        let told: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|line| line.contains(expected)),
            "{to}: {told:#?}"
        );
    };
    let default = r#"SMALTO_STR("nothing"), NULL, NULL, NULL, NULL, 0"#;
    for (how, expected) in [
        (
            "segfault",
            "it crashed: it was ended by signal 11 (SIGSEGV)",
        ),
        ("spin", "it did not come back within 2 s"),
        (
            "wrong_channels",
            "expected f32 [batch, height, width, 3], found f32 [1, 2, 1, 4]",
        ),
        ("no_output", "laid nothing at its output `image`"),
    ] {
        check(default, &default.replace("nothing", how), expected);
    }
    check(
        "memcpy(to->tensor.data, (const char *)from->data + from->byte_offset, bytes);",
        "memset(to->tensor.data, ++deeper, bytes);",
        "it gave another result the second time",
    );
}

#[test]
fn the_validator_compares_the_manifest_with_the_library() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let example = root().join("plugins/examples/invert");
    let text = std::fs::read_to_string(example.join("plugin.toml")).expect("it is there");
    let _ = compile(folder.path(), "invert/invert.c", &[]);
    let found = |text: &str| {
        std::fs::write(folder.path().join("plugin.toml"), text).expect("a file can be written");
        let findings = checked(folder.path()).findings;
        findings
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(found(&text), "");
    let library = folder.path().join("libinvert.so");
    let hash = smalto_host::trust::sha256(&library).expect("it was compiled");
    let hashed = format!("{}\nsha256 = \"{hash}\"\n", text.trim_end());
    let elsewhere = "\n[libraries.plan9-mips]\npath = \"invert.so\"\n";
    assert_eq!(found(&format!("{hashed}{elsewhere}")), "");
    let notes = checked(folder.path()).notes;
    assert_eq!(notes, Vec::<String>::new(), "this machine's is known");
    let other = found(&text.replace("1.0.0", "1.0.1"));
    assert!(
        other.contains("its version is `1.0.0`, but its manifest says `1.0.1`"),
        "{other}"
    );
    let other = found(&text.replace("example.invert", "example.evert"));
    assert!(
        other.contains("set `nodes` in plugin.toml to [\"example.invert\"]"),
        "{other}"
    );
    let other = found(&text.replace("\"1.1\"", "\"1.7\""));
    assert!(
        other.contains("its abi is `1.1`, but its manifest says `1.7`"),
        "{other}"
    );
    let elsewhere = tempfile::tempdir().expect("a folder can be made");
    let moved = elsewhere.path().join("libinvert.so");
    let _ = std::fs::copy(&library, &moved).expect("it can be copied");
    let outside = text.replace("libinvert.so", &moved.to_string_lossy());
    assert_eq!(
        found(&outside),
        "",
        "it may lie elsewhere while it is written"
    );
    let notes = checked(folder.path()).notes;
    assert!(
        notes[1].contains("lay the library beside its manifest"),
        "{notes:?}"
    );
    let other = found(&text.replace("libinvert", "libevert"));
    assert!(other.contains("the library cannot be read"), "{other}");
    let other = found(&text.replace("linux-", "plan9-"));
    assert!(other.contains("lists no library for"), "{other}");
}
