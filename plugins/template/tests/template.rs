//! New plugins, written and built as a user would.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use smalto_template::{Language, Name, files};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes a new plugin and returns its folder.
fn written(name: &str, language: Language) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let name = Name::new(name).expect("the name is allowed");
    for file in files(&name, language) {
        let path = folder.join(file.path);
        let parent = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(parent).expect("the folder can be made");
        std::fs::write(path, file.text).expect("the file can be written");
    }
    folder
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Cargo where no registry can be reached and nothing was fetched before.
fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let home = folder.join("empty-home");
    std::fs::create_dir_all(&home).expect("the folder can be made");
    Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(folder)
        .env("CARGO_HOME", home)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .expect("cargo runs this test, so that it is there")
}

/// The symbols that a library exports, by the linker's own listing.
fn exports(library: &Path, symbol: &str) -> bool {
    let listed = Command::new("nm").arg("-D").arg(library).output();
    let listed = listed.expect("a C compiler comes with `nm`");
    assert!(listed.status.success(), "{}", told(&listed));
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .any(|line| line.ends_with(&format!(" T {symbol}")))
}

#[test]
fn a_new_plugin_in_rust_is_built_and_tested_without_a_registry() {
    let folder = written("my-plugin", Language::Rust);
    let tested = cargo(&folder, &["test", "--quiet"]);
    assert!(tested.status.success(), "{}", told(&tested));
    let built = cargo(&folder, &["build"]);
    assert!(built.status.success(), "{}", told(&built));
    assert!(!told(&built).contains("warning"), "{}", told(&built));
    let library = folder.join("target/debug/libmy_plugin.so");
    assert!(exports(&library, "smalto_plugin_entry_v1"));
    let manifest = std::fs::read_to_string(folder.join("plugin.toml"));
    let manifest = manifest.expect("it was written");
    assert!(
        manifest.contains("target/release/libmy_plugin.so"),
        "{manifest}"
    );

    let refused = cargo(
        &folder,
        &["check", "--config", "profile.dev.panic=\"abort\""],
    );
    assert!(!refused.status.success());
    let said = told(&refused);
    assert!(said.contains("must be able to catch its panics"), "{said}");
}

/// Each mistake, where it is made, and what the compiler says of it.
const MISTAKES: &[(&str, &str)] = &[
    (
        "#[derive(Params)] pub struct Tuple(f32);",
        "give every field a name",
    ),
    (
        "#[derive(Params)] pub struct Hint { #[param(defualt = 1)] pub of: u32 }",
        "expected `default`, `range`, `unit`, `multiline` or `written`",
    ),
    (
        "#[derive(Ports)] pub struct Generic<T> { pub of: T }",
        "derive this on a type without generics",
    ),
    (
        "#[derive(Clone, Copy, Choice)] pub enum Full { Of(u32) }",
        "a choice has no fields",
    ),
    (
        "#[derive(Clone, Copy, Choice)] pub enum Empty {}",
        "a choice needs a variant",
    ),
    (
        "#[derive(Ports)] pub enum Either { Image }",
        "derive this on a struct",
    ),
    (
        "#[derive(Params)] pub struct Foreign { pub of: Vec<u8> }",
        "the trait bound `Vec<u8>: ParamField` is not satisfied",
    ),
];

#[test]
fn a_mistake_is_told_where_it_is_made() {
    let folder = written("mistaken", Language::Rust);
    let mut source = String::from("//! Mistakes.\nuse smalto_sdk::prelude::*;\n");
    for (mistake, _) in MISTAKES {
        source.push_str(mistake);
        source.push('\n');
    }
    std::fs::write(folder.join("src/lib.rs"), source).expect("the file can be written");
    let refused = cargo(&folder, &["check"]);
    assert!(!refused.status.success());
    let said = told(&refused);
    for (at, (mistake, message)) in MISTAKES.iter().enumerate() {
        let line = format!("src/lib.rs:{}:", at + 3);
        let told = said
            .split("\n\n")
            .any(|part| part.contains(message) && part.contains(&line));
        assert!(told, "{mistake} is not told:\n{said}");
    }
}

#[test]
fn a_new_plugin_in_c_is_built_with_the_compiler_alone() {
    let folder = written("mine", Language::C);
    let readme = std::fs::read_to_string(folder.join("README.md")).expect("it was written");
    let command = readme.lines().find(|line| line.starts_with("cc "));
    let command = command.expect("the page says how it is built");
    let built = Command::new("sh")
        .args(["-c", &format!("{command} -Wpedantic -Werror")])
        .current_dir(&folder)
        .output()
        .expect("there is a shell");
    assert!(built.status.success(), "{}", told(&built));
    assert!(exports(
        &folder.join("libmine.so"),
        "smalto_plugin_entry_v1"
    ));
}

/// What is embedded is what lies there, tests left out.
#[test]
fn the_kit_is_whole() {
    let mut lying = BTreeSet::new();
    let mut open = vec![plugins().join("abi"), plugins().join("sdk")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("the kit is there") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                if !path.ends_with("tests") {
                    open.push(path);
                }
            } else {
                let place = path.strip_prefix(plugins()).expect("it lies there");
                let _ = lying.insert(format!("smalto/{}", place.display()));
            }
        }
    }
    let name = Name::new("any").expect("the name is allowed");
    let embedded: BTreeSet<String> = files(&name, Language::Rust)
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.starts_with("smalto/"))
        .collect();
    assert_eq!(embedded, lying);
}

#[test]
fn nothing_is_left_to_fill_in() {
    let name = Name::new("a1-b_c").expect("the name is allowed");
    for language in [Language::Rust, Language::C] {
        for file in files(&name, language) {
            if file.path.starts_with("smalto") {
                continue;
            }
            for word in [
                "{name}",
                "{group}",
                "{library}",
                "{source}",
                "{target}",
                "{abi}",
            ] {
                assert!(!file.text.contains(word), "{} holds {word}", file.path);
            }
        }
    }
}

#[test]
fn names_that_no_library_can_have_are_refused() {
    for name in [
        "",
        "Blur",
        "1blur",
        "../blur",
        "a b",
        "ünlü",
        &"a".repeat(65),
    ] {
        let error = Name::new(name).expect_err("it is no name").to_string();
        assert!(error.starts_with("a plugin cannot be called"), "{error}");
    }
}
