//! What compilers say of the header, and small programs that are made with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::header::folder;

/// A folder of this test's own, where what it makes may lie.
pub fn workshop(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).expect("the folder for what tests make can be made");
    path
}

/// Compiles `source` and returns where the program lies.
pub fn compile(compiler: &str, flags: &[&str], source: &str, name: &str) -> PathBuf {
    let ending = if compiler == "c++" { "cpp" } else { "c" };
    let file = workshop(name).join(format!("main.{ending}"));
    let program = workshop(name).join("main");
    std::fs::write(&file, source).expect("the source can be written");
    let output = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(flags)
        .arg("-I")
        .arg(folder())
        .arg(&file)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap_or_else(|error| panic!("{compiler} does not start: {error}"));
    assert!(
        output.status.success(),
        "{compiler} {flags:?}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    program
}

/// What a program prints.
pub fn printed(program: &Path) -> String {
    let output = Command::new(program)
        .output()
        .expect("what was compiled can be run");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("the program prints plain text")
}

/// The smallest plugin there is, its tables made when it is compiled.
const SMALLEST: &str = r#"
#include "smalto_plugin.h"
#include <stdio.h>

static const smalto_plugin plugin = {
    sizeof(smalto_plugin), SMALTO_ABI_MAJOR, SMALTO_ABI_MINOR,
    SMALTO_STR("org.acme.nothing"), SMALTO_STR("Nothing"), SMALTO_STR("1.0.0"), SMALTO_STR("MIT"),
    0, NULL, NULL, NULL, NULL
};

const smalto_plugin *smalto_plugin_entry_v1(uint16_t host_minor) {
    (void)host_minor;
    return &plugin;
}

int main(void) {
    const smalto_plugin *found = smalto_plugin_entry_v1(0);
    int known = SMALTO_HAS(found, smalto_plugin, get_extension);
    printf("%d %d %d", smalto_is(found->name, "Nothing"), (int)smalto_text("four").length, known);
    return 0;
}
"#;

#[test]
fn the_header_compiles_as_every_c_and_cpp_that_it_promises() {
    for (compiler, standard) in [
        ("cc", "-std=c99"),
        ("cc", "-std=c11"),
        ("c++", "-std=c++17"),
    ] {
        let program = compile(compiler, &[standard], SMALLEST, &standard[5..]);
        assert_eq!(printed(&program), "1 4 1", "{compiler} {standard}");
    }
}

#[test]
fn a_program_that_breaks_the_header_is_not_compiled() {
    let source = SMALLEST.replace("uint16_t host_minor", "const char *host_minor");
    let refused = std::panic::catch_unwind(|| compile("cc", &["-std=c99"], &source, "broken"));
    assert!(refused.is_err(), "the entry was taken with another type");
}
