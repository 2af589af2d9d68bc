//! The examples in C: that every compiler takes them, and that they touch no memory that is not theirs.

use std::path::PathBuf;
use std::process::Command;

use crate::compilers::workshop;
use crate::header::folder;

/// The source of an example.
fn example(name: &str) -> PathBuf {
    let examples = folder().join("../../examples");
    examples.join(name).join(format!("{name}.c"))
}

/// Compiles with all warnings into `to`.
fn compiled(flags: &[&str], sources: &[PathBuf], to: &PathBuf) {
    let output = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(flags)
        .arg("-I")
        .arg(folder())
        .args(sources)
        .arg("-o")
        .arg(to)
        .output()
        .expect("there is a C compiler");
    assert!(
        output.status.success(),
        "{flags:?}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_examples_in_c_compile_without_a_warning() {
    for name in ["invert", "invert_cuda", "misbehave"] {
        for standard in ["-std=c99", "-std=c11"] {
            let library = workshop("examples").join(format!("lib{name}{standard}.so"));
            compiled(
                &[standard, "-O2", "-shared", "-fPIC"],
                &[example(name)],
                &library,
            );
        }
    }
}

/// A sin that only stands in the manual would make tests that test nothing.
#[test]
fn every_sin_of_the_manual_is_committed_by_the_code() {
    let source = std::fs::read_to_string(example("misbehave")).expect("the example is there");
    let (manual, code) = source
        .split_once("#define _GNU_SOURCE")
        .expect("the manual stands at the top");
    let sins: Vec<&str> = manual
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("SIN_"))
        .collect();
    assert!(sins.len() > 40, "only {} sins were found", sins.len());
    for sin in sins {
        let asked = [format!("defined({sin})"), format!("#ifdef {sin}\n")];
        assert!(
            asked.iter().any(|asked| code.contains(asked)),
            "the code does not know {sin}"
        );
    }
}

/// A host of a hundred lines that runs the example, watched by the sanitizers: leaks, overruns and undefined behaviour end it.
#[test]
fn the_example_in_c_is_clean_under_the_sanitizers() {
    let driver = folder().join("../tests/abi/driver.c");
    let program = workshop("examples").join("driver");
    let flags = [
        "-std=c11",
        "-g",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    ];
    compiled(&flags, &[driver, example("invert")], &program);
    let output = Command::new(&program)
        .env("ASAN_OPTIONS", "detect_leaks=1")
        .output()
        .expect("what was compiled can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{said}", output.status);
    let printed = String::from_utf8_lossy(&output.stdout);
    let expected = "plain 0.75 0.50 0.00\n\
                    hue 1.00 0.75 0.25\n\
                    hue 0.90 0.80 0.60\n\
                    cancelled 3\n\
                    no input 2 image\n\
                    no memory 4\n";
    assert_eq!(printed, expected, "{said}");
}
